//! The words of SDDL: inheritance flags, rights and aliases of SIDs.

use super::{SddlError, start};
use crate::facts::Sid;

/// Inheritance flags; a flag without a word cannot be written.
const FLAGS: [(u8, &str); 7] = [
    (0x01, "OI"),
    (0x02, "CI"),
    (0x04, "NP"),
    (0x08, "IO"),
    (0x10, "ID"),
    (0x40, "SA"),
    (0x80, "FA"),
];

/// Rights on directory objects, standard rights, generic rights.
const RIGHTS: [(u32, &str); 17] = [
    (0x0000_0001, "CC"),
    (0x0000_0002, "DC"),
    (0x0000_0004, "LC"),
    (0x0000_0008, "SW"),
    (0x0000_0010, "RP"),
    (0x0000_0020, "WP"),
    (0x0000_0040, "DT"),
    (0x0000_0080, "LO"),
    (0x0000_0100, "CR"),
    (0x0001_0000, "SD"),
    (0x0002_0000, "RC"),
    (0x0004_0000, "WD"),
    (0x0008_0000, "WO"),
    (0x1000_0000, "GA"),
    (0x2000_0000, "GX"),
    (0x4000_0000, "GW"),
    (0x8000_0000, "GR"),
];

/// Accounts and groups of a domain that the text does not name.
pub(super) const OF_A_DOMAIN: [&str; 17] = [
    "AP", "CA", "CN", "DA", "DC", "DD", "DG", "DU", "EA", "EK", "KA", "LA", "LG", "PA", "RO", "RS", "SA",
];

/// Identities that are the same everywhere.
pub(super) static ALIASES: [(&str, Sid); 44] = [
    ("AA", Sid::well_known(5, &[32, 579])),
    ("AC", Sid::well_known(15, &[2, 1])),
    ("AN", Sid::well_known(5, &[7])),
    ("AO", Sid::well_known(5, &[32, 548])),
    ("AS", Sid::well_known(18, &[1])),
    ("AU", Sid::AUTHENTICATED_USERS),
    ("BA", Sid::ADMINISTRATORS),
    ("BG", Sid::well_known(5, &[32, 546])),
    ("BO", Sid::well_known(5, &[32, 551])),
    ("BU", Sid::well_known(5, &[32, 545])),
    ("CD", Sid::well_known(5, &[32, 574])),
    ("CG", Sid::well_known(3, &[1])),
    ("CO", Sid::CREATOR_OWNER),
    ("CY", Sid::well_known(5, &[32, 569])),
    ("ED", Sid::well_known(5, &[9])),
    ("ER", Sid::well_known(5, &[32, 573])),
    ("ES", Sid::well_known(5, &[32, 576])),
    ("HA", Sid::well_known(5, &[32, 578])),
    ("IS", Sid::well_known(5, &[32, 568])),
    ("IU", Sid::well_known(5, &[4])),
    ("LS", Sid::well_known(5, &[19])),
    ("LU", Sid::well_known(5, &[32, 559])),
    ("MS", Sid::well_known(5, &[32, 577])),
    ("MU", Sid::well_known(5, &[32, 558])),
    ("NO", Sid::well_known(5, &[32, 556])),
    ("NS", Sid::well_known(5, &[20])),
    ("NU", Sid::well_known(5, &[2])),
    ("OW", Sid::OWNER_RIGHTS),
    ("PO", Sid::well_known(5, &[32, 550])),
    ("PS", Sid::PRINCIPAL_SELF),
    ("PU", Sid::well_known(5, &[32, 547])),
    ("RA", Sid::well_known(5, &[32, 575])),
    ("RC", Sid::well_known(5, &[12])),
    ("RD", Sid::well_known(5, &[32, 555])),
    ("RE", Sid::well_known(5, &[32, 552])),
    ("RM", Sid::well_known(5, &[32, 580])),
    ("RU", Sid::well_known(5, &[32, 554])),
    ("SO", Sid::well_known(5, &[32, 549])),
    ("SS", Sid::well_known(18, &[2])),
    ("SU", Sid::well_known(5, &[6])),
    ("SY", Sid::LOCAL_SYSTEM),
    ("UD", Sid::well_known(5, &[84, 0, 0, 0, 0, 0])),
    ("WD", Sid::EVERYONE),
    ("WR", Sid::well_known(5, &[33])),
];

/// Writes inheritance flags; `None` when one of them has no word.
pub(super) fn flags(bits: u8) -> Option<String> {
    let known = FLAGS.iter().fold(0, |known, (bit, _)| known | bit);
    let set = FLAGS.iter().filter(|(bit, _)| bits & bit != 0);
    (bits & !known == 0).then(|| set.map(|(_, word)| *word).collect())
}

/// Reads inheritance flags; none is written as nothing.
pub(super) fn read_flags(text: &str) -> Result<u8, SddlError> {
    read_words(text, &FLAGS).ok_or_else(|| SddlError::Flags(start(text)))
}

/// Writes rights as words, or as a number where a bit has no word.
pub(super) fn rights(bits: u32) -> String {
    let known = RIGHTS.iter().fold(0, |known, (bit, _)| known | bit);
    if bits == 0 || bits & !known != 0 {
        return format!("{bits:#x}");
    }
    RIGHTS
        .iter()
        .filter(|(bit, _)| bits & bit != 0)
        .map(|(_, word)| *word)
        .collect()
}

/// Reads rights as words or as a number.
pub(super) fn read_rights(text: &str) -> Result<u32, SddlError> {
    let number = text.strip_prefix("0x").filter(|hex| !hex.starts_with('+'));
    let bits = match number {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None if text.is_empty() => None,
        None => read_words(text, &RIGHTS),
    };
    bits.ok_or_else(|| SddlError::Rights(start(text)))
}

/// Reads words of two letters each.
fn read_words<T: Copy + Default + std::ops::BitOr<Output = T>>(text: &str, words: &[(T, &str)]) -> Option<T> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bits = pairs
        .iter()
        .map(|pair| words.iter().find(|(_, word)| word.as_bytes() == pair));
    let bits = bits.collect::<Option<Vec<_>>>().filter(|_| rest.is_empty())?;
    Some(bits.iter().fold(T::default(), |set, (bit, _)| set | *bit))
}

/// Reads a SID or its alias.
pub(super) fn sid(text: &str) -> Result<Sid, SddlError> {
    if text.starts_with("S-") {
        return Ok(text.parse()?);
    }
    if OF_A_DOMAIN.contains(&text) {
        return Err(SddlError::DomainAlias(text.to_owned()));
    }
    let known = ALIASES.iter().find(|(alias, _)| *alias == text);
    known
        .map(|(_, sid)| sid.clone())
        .ok_or_else(|| SddlError::Alias(start(text)))
}
