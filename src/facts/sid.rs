//! Security identifiers: who an entry of an access list speaks of.
//!
//! Reads and writes the binary form (`objectSid`, entries of a DACL) and the text form (`S-1-5-...`). It
//! knows the identities that mean the same everywhere; names of accounts are the directory's business.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A security identifier; ordered by authority, then by its parts from the left.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid {
    /// 48 bits.
    authority: u64,
    /// At most [`MOST_PARTS`].
    parts: Cow<'static, [u32]>,
}

/// Says why something is not a SID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SidError {
    /// The bytes end before the SID does.
    #[error("the SID is cut short")]
    CutShort,
    /// Bytes follow the SID.
    #[error("{0} bytes follow the SID")]
    Trailing(usize),
    /// Only revision 1 exists.
    #[error("a SID of revision {0} is not known")]
    Revision(u8),
    /// No SID is that long.
    #[error("a SID has at most 15 parts, not {0}")]
    Parts(usize),
    /// The text has another form.
    #[error("a SID looks like S-1-5-21-1-2-3-500")]
    Text,
}

const MOST_PARTS: usize = 15;
const HEADER: usize = 8;
/// From here on the authority is written as hexadecimal.
const HEX_AUTHORITY: u64 = 1 << 32;

impl Sid {
    /// Everyone who has logged on.
    pub const EVERYONE: Self = Self::well_known(1, &[0]);
    /// Placeholder for the owner in inheritable entries.
    pub const CREATOR_OWNER: Self = Self::well_known(3, &[0]);
    /// Whoever owns the object; its presence replaces the owner's implied rights.
    pub const OWNER_RIGHTS: Self = Self::well_known(3, &[4]);
    /// The account that the object itself stands for.
    pub const PRINCIPAL_SELF: Self = Self::well_known(5, &[10]);
    /// Everyone who has logged on with a name.
    pub const AUTHENTICATED_USERS: Self = Self::well_known(5, &[11]);
    /// The operating system.
    pub const LOCAL_SYSTEM: Self = Self::well_known(5, &[18]);
    /// The built-in group of administrators.
    pub const ADMINISTRATORS: Self = Self::well_known(5, &[32, 544]);

    /// Names an identity that is the same everywhere.
    pub(super) const fn well_known(authority: u64, parts: &'static [u32]) -> Self {
        Self {
            authority,
            parts: Cow::Borrowed(parts),
        }
    }

    /// Reads a binary SID that fills `bytes`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SidError> {
        let (sid, rest) = Self::read(bytes)?;
        if rest.is_empty() {
            Ok(sid)
        } else {
            Err(SidError::Trailing(rest.len()))
        }
    }

    /// Reads a binary SID from the beginning of `bytes`, and returns what follows it.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, &[u8]), SidError> {
        let (header, rest) = bytes.split_first_chunk::<HEADER>().ok_or(SidError::CutShort)?;
        let [revision, count, authority @ ..] = *header;
        if revision != 1 {
            return Err(SidError::Revision(revision));
        }
        let count = usize::from(count);
        if count > MOST_PARTS {
            return Err(SidError::Parts(count));
        }
        let (parts, rest) = rest.split_at_checked(count * 4).ok_or(SidError::CutShort)?;
        let parts = parts
            .as_chunks::<4>()
            .0
            .iter()
            .map(|part| u32::from_le_bytes(*part))
            .collect();
        let authority = authority
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte));
        Ok((
            Self {
                authority,
                parts: Cow::Owned(parts),
            },
            rest,
        ))
    }

    /// Returns the binary form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let count = u8::try_from(self.parts.len()).expect("a SID has at most 15 parts");
        let mut bytes = vec![1, count];
        bytes.extend(&self.authority.to_be_bytes()[2..]);
        for part in self.parts.iter() {
            bytes.extend(part.to_le_bytes());
        }
        bytes
    }

    /// Says whether an account holds this identity or not by the way it logs on, not by what it is.
    pub(super) fn depends_on_logon(&self) -> bool {
        match self.authority {
            2 | 18 => true,
            5 => matches!(self.parts.first(), Some(1..=6 | 13..=15 | 64 | 1000)),
            _ => false,
        }
    }
}

impl FromStr for Sid {
    type Err = SidError;

    fn from_str(text: &str) -> Result<Self, SidError> {
        let mut fields = text.split('-');
        if !fields.next().is_some_and(|lead| lead.eq_ignore_ascii_case("s")) || fields.next() != Some("1") {
            return Err(SidError::Text);
        }
        let authority = authority_from_text(fields.next().ok_or(SidError::Text)?)?;
        let parts = fields
            .map(|field| digits(field, 10).and_then(|part| u32::try_from(part).map_err(|_| SidError::Text)))
            .collect::<Result<Vec<_>, _>>()?;
        if parts.len() > MOST_PARTS {
            return Err(SidError::Parts(parts.len()));
        }
        Ok(Self {
            authority,
            parts: Cow::Owned(parts),
        })
    }
}

fn authority_from_text(field: &str) -> Result<u64, SidError> {
    let number = match field.strip_prefix("0x").or_else(|| field.strip_prefix("0X")) {
        Some(hex) => digits(hex, 16)?,
        None => digits(field, 10)?,
    };
    if number < 1 << 48 {
        Ok(number)
    } else {
        Err(SidError::Text)
    }
}

/// Reads digits and nothing else; the standard parser would let a sign through.
fn digits(field: &str, radix: u32) -> Result<u64, SidError> {
    if !field.chars().all(|digit| digit.is_digit(radix)) {
        return Err(SidError::Text);
    }
    u64::from_str_radix(field, radix).map_err(|_| SidError::Text)
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.authority < HEX_AUTHORITY {
            write!(f, "S-1-{}", self.authority)?;
        } else {
            write!(f, "S-1-0x{:012x}", self.authority)?;
        }
        self.parts.iter().try_for_each(|part| write!(f, "-{part}"))
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Any SID.
    pub(in crate::facts) fn any_sid() -> impl Strategy<Value = Sid> {
        let authority = prop_oneof![4 => 0..20u64, 1 => 0..1u64 << 48];
        (authority, vec(any::<u32>(), 0..=MOST_PARTS)).prop_map(|(authority, parts)| Sid {
            authority,
            parts: Cow::Owned(parts),
        })
    }

    #[test]
    fn well_known_identities_have_their_names() {
        let names = [
            (Sid::EVERYONE, "S-1-1-0"),
            (Sid::CREATOR_OWNER, "S-1-3-0"),
            (Sid::OWNER_RIGHTS, "S-1-3-4"),
            (Sid::PRINCIPAL_SELF, "S-1-5-10"),
            (Sid::AUTHENTICATED_USERS, "S-1-5-11"),
            (Sid::LOCAL_SYSTEM, "S-1-5-18"),
            (Sid::ADMINISTRATORS, "S-1-5-32-544"),
        ];
        for (sid, name) in names {
            assert_eq!(sid.to_string(), name);
            assert_eq!(name.parse(), Ok(sid));
        }
    }

    #[test]
    fn bytes_are_read_in_both_byte_orders() {
        let bytes = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];
        assert_eq!(Sid::from_bytes(&bytes), Ok(Sid::ADMINISTRATORS));
        assert_eq!(Sid::ADMINISTRATORS.to_bytes(), bytes);
    }

    #[test]
    fn wrong_bytes_are_refused() {
        let whole = Sid::ADMINISTRATORS.to_bytes();
        for end in 0..whole.len() {
            assert_eq!(Sid::from_bytes(&whole[..end]), Err(SidError::CutShort));
        }
        let with = |place: usize, byte| {
            let mut bytes = whole.clone();
            bytes[place] = byte;
            Sid::from_bytes(&bytes)
        };
        assert_eq!(with(0, 2), Err(SidError::Revision(2)));
        assert_eq!(with(1, 1), Err(SidError::Trailing(4)));
        assert_eq!(with(1, 16), Err(SidError::Parts(16)));
    }

    #[test]
    fn big_authorities_are_hexadecimal() {
        let sid: Sid = "s-1-0x0123456789ab-7".parse().unwrap();
        assert_eq!(sid.to_string(), "S-1-0x0123456789ab-7");
        assert_eq!("S-1-0x5-18".parse(), Ok(Sid::LOCAL_SYSTEM));
    }

    #[test]
    fn other_texts_are_refused() {
        let texts = [
            "",
            "S",
            "S-1",
            "S-1-",
            "S-2-5-18",
            "S-1-5-",
            "S-1-5-+18",
            "S-1-5-4294967296",
            "S-1-281474976710656",
            "S-1-0x",
            "S-1-5-18 ",
            "S-1-5--18",
        ];
        for text in texts {
            assert_eq!(text.parse::<Sid>(), Err(SidError::Text), "{text:?}");
        }
        let long = format!("S-1-5{}", "-1".repeat(16));
        assert_eq!(long.parse::<Sid>(), Err(SidError::Parts(16)));
    }

    #[test]
    fn parts_are_ordered_as_numbers() {
        let order = ["S-1-1-0", "S-1-5-9", "S-1-5-11", "S-1-5-21-2", "S-1-5-21-10"];
        let sids = order.map(|text| text.parse::<Sid>().unwrap());
        assert!(sids.is_sorted());
    }

    proptest! {
        #[test]
        fn any_sid_survives_text_and_bytes(sid in any_sid()) {
            prop_assert_eq!(sid.to_string().parse::<Sid>(), Ok(sid.clone()));
            prop_assert_eq!(Sid::from_bytes(&sid.to_bytes()), Ok(sid.clone()));
            prop_assert_eq!(windows_sddl::Sid::from_bytes(&sid.to_bytes()).unwrap().to_bytes(), sid.to_bytes());
        }

        #[test]
        fn anything_is_read_or_refused(text: String, bytes: Vec<u8>) {
            let _ = text.parse::<Sid>();
            let _ = Sid::from_bytes(&bytes);
        }
    }
}
