//! Names and record types, between text and wire.
//!
//! Names are read and shown here and not by the protocol library: zone files escape a byte as three decimal
//! digits, the library in octal, and a name that it does not like must become an error, never a panic.

use std::fmt::{Display, Write as _};
use std::net::IpAddr;
use std::str::FromStr as _;

use hickory_proto::rr::{Name, RecordType};

use super::super::clip;

/// Bytes of a name on the wire, root included.
const LONGEST_NAME: usize = 255;
const LONGEST_LABEL: usize = 63;

/// Reads a fully qualified name, with or without its last dot.
pub(super) fn parse(text: &str) -> Result<Name, String> {
    if text == "." {
        return Ok(Name::root());
    }
    let refused = |why: &dyn Display| format!("\"{}\" is not a DNS name: {why}", clip(text));
    let labels = split(text).map_err(|why| refused(&why))?;
    let mut name = Name::from_labels(labels).map_err(|error| refused(&error))?;
    name.set_fqdn(true);
    Ok(name)
}

fn split(text: &str) -> Result<Vec<Vec<u8>>, &'static str> {
    let mut labels = Vec::new();
    let mut label = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'.' => push(&mut labels, &mut label)?,
            b'\\' => label.push(escaped(&mut rest)?),
            b'!'..=b'~' => label.push(byte),
            _ if byte.is_ascii() => return Err("it holds a space or a control character"),
            _ => return Err("it is not ASCII; write its xn-- form"),
        }
    }
    if !label.is_empty() {
        push(&mut labels, &mut label)?;
    }
    let length = 1 + labels.iter().map(|label| 1 + label.len()).sum::<usize>();
    match labels.len() {
        0 => Err("it is empty"),
        _ if length > LONGEST_NAME => Err("it is longer than 255 bytes"),
        _ => Ok(labels),
    }
}

fn push(labels: &mut Vec<Vec<u8>>, label: &mut Vec<u8>) -> Result<(), &'static str> {
    match label.len() {
        0 => Err("one of its parts is empty"),
        1..=LONGEST_LABEL => {
            labels.push(std::mem::take(label));
            Ok(())
        }
        _ => Err("one of its parts is longer than 63 bytes"),
    }
}

/// The byte after a backslash: three decimal digits, or itself.
fn escaped(rest: &mut std::str::Bytes<'_>) -> Result<u8, &'static str> {
    let bad = "a backslash stands before three digits up to 255, or before one character";
    let first = rest
        .next()
        .filter(|byte| (b'!'..=b'~').contains(byte))
        .ok_or(bad)?;
    if !first.is_ascii_digit() {
        return Ok(first);
    }
    let mut value = u16::from(first - b'0');
    for _ in 0..2 {
        let digit = rest.next().filter(u8::is_ascii_digit).ok_or(bad)?;
        value = value * 10 + u16::from(digit - b'0');
    }
    u8::try_from(value).map_err(|_| bad)
}

/// A name as people write it: without its last dot, the root as ".".
pub(super) fn show(name: &Name) -> String {
    if name.is_root() {
        return ".".to_owned();
    }
    let labels: Vec<String> = name.iter().map(show_label).collect();
    labels.join(".")
}

fn show_label(label: &[u8]) -> String {
    let mut text = String::with_capacity(label.len());
    for &byte in label {
        match byte {
            b'.' | b'\\' | b'"' | b';' | b'(' | b')' | b'@' | b'$' => {
                text.push('\\');
                text.push(char::from(byte));
            }
            b'!'..=b'~' => text.push(char::from(byte)),
            _ => {
                let _ = write!(text, "\\{byte:03}");
            }
        }
    }
    text
}

/// A name as zone files write it, with its last dot.
pub(super) fn show_qualified(name: &Name) -> String {
    if name.is_root() {
        ".".to_owned()
    } else {
        format!("{}.", show(name))
    }
}

/// Reads a record type: its mnemonic in any case, or TYPE and its number.
pub(super) fn parse_type(text: &str) -> Result<RecordType, String> {
    let upper = text.to_ascii_uppercase();
    let by_number = || {
        upper
            .strip_prefix("TYPE")?
            .parse::<u16>()
            .ok()
            .map(RecordType::from)
    };
    let kind = RecordType::from_str(&upper).ok().or_else(by_number);
    match kind {
        None => Err(format!(
            "\"{text}\" is not a DNS record type; write its mnemonic, or TYPE and its number"
        )),
        Some(
            kind @ (RecordType::AXFR
            | RecordType::IXFR
            | RecordType::OPT
            | RecordType::TSIG
            | RecordType::ZERO),
        ) => Err(format!("{kind} is not a type of record that can be asked for")),
        Some(kind) => Ok(kind),
    }
}

/// The mnemonic of a record type, or TYPE and its number.
pub(super) fn show_type(kind: RecordType) -> String {
    match kind {
        RecordType::Unknown(number) => format!("TYPE{number}"),
        known => known.to_string(),
    }
}

/// The name under which the reverse record of an address stands.
pub(super) fn reverse(address: IpAddr) -> Name {
    let mut name = Name::from(address);
    name.set_fqdn(true);
    name
}

/// Whether a name lies in the trees of reverse look-ups, and below their heads.
pub(super) fn is_reverse(name: &Name) -> bool {
    let labels: Vec<&[u8]> = name.iter().collect();
    let is = |label: &[u8], word: &str| label.eq_ignore_ascii_case(word.as_bytes());
    match labels.as_slice() {
        [_, .., tree, top] => is(top, "arpa") && (is(tree, "in-addr") || is(tree, "ip6")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_read_and_shown() {
        for (text, shown) in [
            ("mail.corp.example", "mail.corp.example"),
            ("Mail.Corp.Example.", "Mail.Corp.Example"),
            (".", "."),
            (
                "_ldap._tcp.dc._msdcs.corp.example",
                "_ldap._tcp.dc._msdcs.corp.example",
            ),
            ("under_score.corp.example", "under_score.corp.example"),
            ("a\\.b.corp", "a\\.b.corp"),
            ("a\\032b.corp", "a\\032b.corp"),
            ("*.corp.example", "*.corp.example"),
        ] {
            assert_eq!(show(&parse(text).unwrap()), shown);
        }
        assert_eq!(show_qualified(&parse("a.b").unwrap()), "a.b.");
        assert_eq!(show_qualified(&Name::root()), ".");
    }

    #[test]
    fn what_is_no_name_is_refused_in_words() {
        let long_label = format!("{}.example", "a".repeat(64));
        let long_name = format!("{}example", "abcdefgh.".repeat(30));
        for (text, why) in [
            ("", "it is empty"),
            ("a..b", "one of its parts is empty"),
            (".a", "one of its parts is empty"),
            ("a b", "a space"),
            ("a\nb", "a control character"),
            ("bücher.example", "not ASCII"),
            (long_label.as_str(), "longer than 63"),
            (long_name.as_str(), "longer than 255"),
            ("a\\", "a backslash stands"),
            ("a\\25", "a backslash stands"),
            ("a\\999", "a backslash stands"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(why), "{text:?}: {error}");
        }
    }

    #[test]
    fn types() {
        for (text, shown) in [
            ("a", "A"),
            ("Aaaa", "AAAA"),
            ("TYPE15", "MX"),
            ("type65281", "TYPE65281"),
            ("any", "ANY"),
        ] {
            assert_eq!(show_type(parse_type(text).unwrap()), shown);
        }
        for text in ["", "B", "TYPE", "TYPE70000", "AXFR", "TYPE251", "OPT", "TYPE-1"] {
            assert!(parse_type(text).is_err(), "{text}");
        }
    }

    #[test]
    fn reverse_names() {
        assert_eq!(
            show(&reverse("192.0.2.17".parse().unwrap())),
            "17.2.0.192.in-addr.arpa"
        );
        let v6 = show(&reverse("2001:db8::1".parse().unwrap()));
        assert!(
            v6.starts_with("1.0.0.0.") && v6.ends_with("8.b.d.0.1.0.0.2.ip6.arpa"),
            "{v6}"
        );
        for (name, reverse) in [
            ("17.2.0.192.in-addr.arpa", true),
            ("10.IN-ADDR.ARPA", true),
            ("in-addr.arpa", false),
            ("arpa", false),
            ("corp.example", false),
        ] {
            assert_eq!(is_reverse(&parse(name).unwrap()), reverse, "{name}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_shows_what_it_read(text in "\\PC{0,80}") {
            if let Ok(name) = parse(&text) {
                prop_assert_eq!(parse(&show(&name)).unwrap(), name);
            }
        }

        #[test]
        fn any_bytes_survive(labels in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..20), 1..6)) {
            let mut name = Name::from_labels(labels).unwrap();
            name.set_fqdn(true);
            prop_assert_eq!(parse(&show_qualified(&name)).unwrap(), name);
        }
    }
}
