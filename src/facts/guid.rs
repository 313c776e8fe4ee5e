//! Globally unique identifiers as a directory stores them.
//!
//! A directory keeps the first three fields of a GUID little-endian; the text form is big-endian throughout.
//! A [`Guid`] holds the number that the text shows, so it sorts as its text does.

use std::fmt;
use std::str::FromStr;

/// A 128-bit identifier of a schema object, a right or a directory object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid(u128);

/// Says why something is not a GUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuidError {
    /// The bytes are not 16.
    #[error("a GUID has 16 bytes, not {0}")]
    Length(usize),
    /// The text has another form.
    #[error("a GUID looks like 00112233-4455-6677-8899-aabbccddeeff, with or without braces")]
    Text,
}

/// Where the text form has its hyphens.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

impl Guid {
    /// Reads the 16 bytes of a directory's binary form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, GuidError> {
        let wire: [u8; 16] = bytes.try_into().map_err(|_| GuidError::Length(bytes.len()))?;
        Ok(Self::from_wire(wire))
    }

    pub(super) fn from_wire(wire: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(swap(wire)))
    }

    /// Returns the 16 bytes of a directory's binary form.
    pub fn to_bytes(self) -> [u8; 16] {
        swap(self.0.to_be_bytes())
    }
}

/// Turns the three leading fields round; its own inverse.
fn swap(mut bytes: [u8; 16]) -> [u8; 16] {
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    bytes
}

impl FromStr for Guid {
    type Err = GuidError;

    fn from_str(text: &str) -> Result<Self, GuidError> {
        let braced = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let bare = braced.unwrap_or(text).as_bytes();
        if bare.len() != 36 {
            return Err(GuidError::Text);
        }
        let mut number = 0;
        for (place, byte) in bare.iter().enumerate() {
            if HYPHENS.contains(&place) {
                if *byte != b'-' {
                    return Err(GuidError::Text);
                }
                continue;
            }
            let digit = char::from(*byte).to_digit(16).ok_or(GuidError::Text)?;
            number = number << 4 | u128::from(digit);
        }
        Ok(Self(number))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        write!(
            f,
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        )
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "f3a64788-5306-11d1-a9c5-0000f80367c1";
    const WIRE: [u8; 16] = [
        0x88, 0x47, 0xa6, 0xf3, 0x06, 0x53, 0xd1, 0x11, 0xa9, 0xc5, 0, 0, 0xf8, 0x03, 0x67, 0xc1,
    ];

    #[test]
    fn text_and_bytes_say_the_same() {
        let guid: Guid = TEXT.parse().unwrap();
        assert_eq!(guid.to_bytes(), WIRE);
        assert_eq!(Guid::from_bytes(&WIRE), Ok(guid));
        assert_eq!(guid.to_string(), TEXT);
    }

    #[test]
    fn braces_and_case_do_not_matter() {
        let plain: Guid = TEXT.parse().unwrap();
        for text in [format!("{{{TEXT}}}"), TEXT.to_uppercase()] {
            assert_eq!(text.parse(), Ok(plain), "{text}");
        }
    }

    #[test]
    fn other_forms_are_refused() {
        let one_brace = format!("{{{TEXT}");
        let no_hyphens = TEXT.replace('-', "");
        let moved = "f3a6478-85306-11d1-a9c5-0000f80367c1";
        let signed = "+3a64788-5306-11d1-a9c5-0000f80367c1";
        for text in ["", "{}", one_brace.as_str(), no_hyphens.as_str(), moved, signed] {
            assert_eq!(text.parse::<Guid>(), Err(GuidError::Text), "{text}");
        }
        assert_eq!(Guid::from_bytes(&WIRE[..15]), Err(GuidError::Length(15)));
    }

    proptest! {
        #[test]
        fn any_guid_survives_text_and_bytes(wire: [u8; 16]) {
            let guid = Guid::from_bytes(&wire).unwrap();
            prop_assert_eq!(guid.to_bytes(), wire);
            prop_assert_eq!(guid.to_string().parse::<Guid>(), Ok(guid));
            prop_assert_eq!(windows_sddl::Guid::from_bytes(&wire).unwrap().to_string(), guid.to_string());
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = text.parse::<Guid>();
        }
    }
}
