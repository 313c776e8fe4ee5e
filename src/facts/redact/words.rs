//! Words, and what else stands in a text that must not be taken for one.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::Redaction;
use crate::facts::{FactValue, Guid};

/// Attribute types of names in a directory: they are no names themselves.
const ATTRIBUTES: [&str; 6] = ["cn", "ou", "dc", "uid", "st", "dns"];

pub(super) fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The stand-ins of words; those that differ in case only have stand-ins that do.
#[derive(Debug)]
pub(super) struct Words {
    public: BTreeSet<String>,
    /// By the word in lower case: its number, and spellings that are neither all lower nor all upper case.
    known: BTreeMap<String, (usize, Vec<String>)>,
}

impl Words {
    pub(super) fn new(mut public: BTreeSet<String>) -> Self {
        public.extend(ATTRIBUTES.map(str::to_owned));
        Self {
            public,
            known: BTreeMap::new(),
        }
    }

    fn stand_in(&mut self, word: &str) -> String {
        let folded = word.to_lowercase();
        if !word.contains(char::is_alphabetic) || folded.chars().count() < 2 || self.public.contains(&folded)
        {
            return word.to_owned();
        }
        let next = self.known.len() + 1;
        let is_lower = word == folded;
        let (number, mixed) = self.known.entry(folded).or_insert((next, Vec::new()));
        let letters = match word {
            _ if is_lower => "name".to_owned(),
            _ if word == word.to_uppercase() => "NAME".to_owned(),
            _ => {
                let place = mixed.iter().position(|spelling| spelling == word);
                mixed_case(place.unwrap_or_else(|| {
                    mixed.push(word.to_owned());
                    mixed.len() - 1
                }))
            }
        };
        format!("{letters}{number}")
    }
}

/// The spelling of this number: `Name`, `nAme`, `NAme`, ...
fn mixed_case(number: usize) -> String {
    // All lower (0) and all upper case (15) are taken.
    let bits = number % 14 + 1;
    let letter = |(place, c): (usize, char)| {
        if bits >> place & 1 == 1 {
            c.to_ascii_uppercase()
        } else {
            c
        }
    };
    "name".chars().enumerate().map(letter).collect()
}

impl Redaction {
    /// Replaces the words and addresses in a text; what stands between them stays.
    pub fn text(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let length = if is_of_word(first) || first == ':' {
                self.token(rest, &mut out)
            } else {
                0
            };
            if length == 0 {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            } else {
                rest = &rest[length..];
            }
        }
        out
    }

    /// Writes what stands for the beginning of the text, and returns how long that beginning is.
    fn token(&mut self, rest: &str, out: &mut String) -> usize {
        if let Some(guid) = rest.get(..36).filter(|text| text.parse::<Guid>().is_ok()) {
            // Those of the schema are public, those of objects name nobody.
            out.push_str(guid);
            return 36;
        }
        if rest.starts_with("S-1-5-21-") {
            let length = sid(rest);
            out.push_str(&self.sid_text(&rest[..length]));
            return length;
        }
        if let Some(length) = self.address(rest, out) {
            return length;
        }
        let length = run(rest, is_of_word);
        if length > 0 {
            let word = &rest[..length];
            match bytes(word) {
                Some(bytes) => out.push_str(&FactValue::Bytes(self.bytes(&bytes)).to_string()),
                None => out.push_str(&self.words.stand_in(word)),
            }
        }
        length
    }

    /// An address, a subnet, or the name under which DNS keeps an address.
    fn address(&mut self, rest: &str, out: &mut String) -> Option<usize> {
        let quad = run(rest, |c| c.is_ascii_digit() || c == '.');
        let six = run(rest, |c| c.is_ascii_hexdigit() || c == ':' || c == '.');
        for (name, length) in [("in-addr.arpa", quad), ("ip6.arpa", six)] {
            let whole = length + name.len();
            // The words of such a name are public wherever there are such names.
            let Some(words) = rest
                .get(length..whole)
                .filter(|words| words.eq_ignore_ascii_case(name))
            else {
                continue;
            };
            let shown = match name {
                "ip6.arpa" => self.addresses.reversed_digits(&rest[..length]),
                _ => self.addresses.reversed(&rest[..length]),
            };
            if let Some(shown) = shown {
                out.push_str(&shown);
                out.push_str(words);
                return Some(whole);
            }
        }
        let quad = rest[..quad].trim_end_matches('.').len();
        let six = rest[..six].trim_end_matches('.').len();
        let (ip, length) = match (rest[..quad].parse::<Ipv4Addr>(), rest[..six].parse::<Ipv6Addr>()) {
            (_, Ok(ip)) => (IpAddr::V6(ip), six),
            (Ok(ip), _) => (IpAddr::V4(ip), quad),
            _ => return None,
        };
        if rest[length..].starts_with(is_of_word) {
            return None;
        }
        if let Some((net, more)) = network(ip, &rest[length..]) {
            out.push_str(&self.addresses.subnet(net).to_string());
            return Some(length + more);
        }
        out.push_str(&self.addresses.ip(ip).to_string());
        Some(length)
    }
}

/// The subnet that an address and what follows it are, and how long that is.
fn network(ip: IpAddr, rest: &str) -> Option<(IpNet, usize)> {
    let digits = run(rest.strip_prefix('/')?, |c| c.is_ascii_digit());
    let net = IpNet::new(ip, rest[1..=digits].parse().ok()?).ok()?;
    // An address with its network's length has bits beyond it.
    (net.trunc() == net).then_some((net, digits + 1))
}

/// The bytes that a word of hexadecimal digits behind `0x` is.
fn bytes(word: &str) -> Option<Vec<u8>> {
    let digits = word.strip_prefix("0x").filter(|digits| !digits.is_empty())?;
    data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()
}

/// The length of the SID with which a text begins.
pub(super) fn sid(text: &str) -> usize {
    1 + run(&text[1..], |c| c.is_ascii_digit() || c == '-')
}

/// The length of the beginning that has only such characters.
fn run(text: &str, is: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is(c)).unwrap_or(text.len())
}
