//! The binary form of a security descriptor (MS-DTYP 2.4.6, self-relative).
//!
//! Input is not trusted: every length is checked against what holds it, and work is bounded by the input's
//! size. Writing gives the plainest form of the same meaning, which need not be the bytes that were read.

use super::acl::{
    AUTO_INHERIT_REQUESTED, AUTO_INHERITED, Access, Ace, Acl, Dacl, Effect, LARGEST_DACL, PROTECTED, RawAce,
};
use super::sid::SidError;
use super::{Guid, Sid};

mod edit;

pub use edit::{DaclEdit, DaclError};

/// Says why bytes are not a security descriptor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescriptorError {
    #[error("the {0} is cut short")]
    CutShort(&'static str),
    #[error("a {what} of revision {found} is not known")]
    Revision { what: &'static str, found: u8 },
    #[error("the security descriptor is not self-relative")]
    Absolute,
    #[error("an entry of the DACL is shorter than its header")]
    EntrySize,
    #[error("{0} bytes follow the entry")]
    Trailing(usize),
    #[error(transparent)]
    Sid(#[from] SidError),
}

use DescriptorError::CutShort;

const DACL_PRESENT: u16 = 0x0004;
const SELF_RELATIVE: u16 = 0x8000;
const DESCRIPTOR_HEADER: usize = 20;
pub(super) const ACL_HEADER: usize = 8;
const ACE_HEADER: usize = 4;
/// The list has entries that are limited to attributes, classes or rights.
const REVISION_WITH_OBJECTS: u8 = 4;
const REVISION: u8 = 2;

const HAS_OBJECT: u32 = 1;
const HAS_INHERITED: u32 = 2;

/// Types of entries that allow or deny: effect, limited to an object, under a condition.
const KINDS: [(u8, Effect, bool, bool); 8] = [
    (0x00, Effect::Allow, false, false),
    (0x01, Effect::Deny, false, false),
    (0x05, Effect::Allow, true, false),
    (0x06, Effect::Deny, true, false),
    (0x09, Effect::Allow, false, true),
    (0x0a, Effect::Deny, false, true),
    (0x0b, Effect::Allow, true, true),
    (0x0c, Effect::Deny, true, true),
];

impl Acl {
    /// Reads a self-relative security descriptor.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DescriptorError> {
        let (header, _) = bytes
            .split_first_chunk::<DESCRIPTOR_HEADER>()
            .ok_or(CutShort("security descriptor"))?;
        let [revision, _, control_low, control_high, offsets @ ..] = *header;
        if revision != 1 {
            return Err(DescriptorError::Revision {
                what: "security descriptor",
                found: revision,
            });
        }
        let control = u16::from_le_bytes([control_low, control_high]);
        if control & SELF_RELATIVE == 0 {
            return Err(DescriptorError::Absolute);
        }
        let [owner, group, _system, dacl] = [0, 4, 8, 12].map(|at| {
            let [a, b, c, d] = [0, 1, 2, 3].map(|byte| offsets[at + byte]);
            u32::from_le_bytes([a, b, c, d]) as usize
        });
        let dacl = match dacl {
            _ if control & DACL_PRESENT == 0 => Dacl::Absent,
            0 => Dacl::Null,
            at => Dacl::Entries {
                control: control & (PROTECTED | AUTO_INHERIT_REQUESTED | AUTO_INHERITED),
                aces: read_list(tail(bytes, at, "DACL")?)?.into(),
            },
        };
        Ok(Self {
            owner: read_sid(bytes, owner)?,
            group: read_sid(bytes, group)?,
            dacl,
        })
    }

    /// Writes a self-relative security descriptor.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut control = SELF_RELATIVE;
        let list = match &self.dacl {
            Dacl::Absent => Vec::new(),
            Dacl::Null => {
                control |= DACL_PRESENT;
                Vec::new()
            }
            Dacl::Entries {
                control: inherit,
                aces,
            } => {
                control |= DACL_PRESENT | inherit;
                write_list(aces)
            }
        };
        let [owner, group] =
            [&self.owner, &self.group].map(|sid| sid.as_ref().map(Sid::to_bytes).unwrap_or_default());
        let mut body = Vec::new();
        // Owner, group, system list (never written), DACL; an offset of 0 says "none".
        let offsets = [owner, group, Vec::new(), list].map(|part| {
            let at = if part.is_empty() {
                0
            } else {
                DESCRIPTOR_HEADER + body.len()
            };
            body.extend(part);
            u32::try_from(at).expect("two SIDs and a DACL are small")
        });
        let mut bytes = vec![1, 0];
        bytes.extend(control.to_le_bytes());
        bytes.extend(offsets.map(u32::to_le_bytes).concat());
        bytes.extend(body);
        bytes
    }
}

fn tail<'a>(bytes: &'a [u8], at: usize, what: &'static str) -> Result<&'a [u8], DescriptorError> {
    bytes.get(at..).ok_or(CutShort(what))
}

fn read_sid(bytes: &[u8], at: usize) -> Result<Option<Sid>, DescriptorError> {
    if at == 0 {
        return Ok(None);
    }
    Ok(Some(Sid::read(tail(bytes, at, "SID")?)?.0))
}

fn read_list(bytes: &[u8]) -> Result<Vec<Ace>, DescriptorError> {
    let (header, _) = bytes.split_first_chunk::<ACL_HEADER>().ok_or(CutShort("DACL"))?;
    let [revision, _, size_low, size_high, count_low, count_high, ..] = *header;
    if !(REVISION..=REVISION_WITH_OBJECTS).contains(&revision) {
        return Err(DescriptorError::Revision {
            what: "DACL",
            found: revision,
        });
    }
    let size = usize::from(u16::from_le_bytes([size_low, size_high]));
    // What follows the entries inside the list is room to grow.
    let mut rest = bytes.get(ACL_HEADER..size).ok_or(CutShort("DACL"))?;
    let mut aces = Vec::new();
    for _ in 0..u16::from_le_bytes([count_low, count_high]) {
        let (ace, after) = read_ace(rest)?;
        aces.push(ace);
        rest = after;
    }
    Ok(aces)
}

/// Reads one entry from the beginning of `bytes`, and returns what follows it.
pub(super) fn read_ace(bytes: &[u8]) -> Result<(Ace, &[u8]), DescriptorError> {
    let [kind, flags, low, high] = *bytes
        .first_chunk::<ACE_HEADER>()
        .ok_or(CutShort("entry of the DACL"))?;
    let size = usize::from(u16::from_le_bytes([low, high]));
    if size < ACE_HEADER {
        return Err(DescriptorError::EntrySize);
    }
    let (whole, rest) = bytes
        .split_at_checked(size)
        .ok_or(CutShort("entry of the DACL"))?;
    let Some((_, effect, limited, conditional)) = KINDS.iter().find(|known| known.0 == kind) else {
        return Ok((Ace::Other(RawAce(whole.into())), rest));
    };
    let access = read_access(&whole[ACE_HEADER..], *effect, flags, *limited)?;
    let ace = if *conditional {
        Ace::Conditional(access, RawAce(whole.into()))
    } else {
        Ace::Plain(access)
    };
    Ok((ace, rest))
}

fn read_access(bytes: &[u8], effect: Effect, flags: u8, limited: bool) -> Result<Access, DescriptorError> {
    let (mask, bytes) = read_u32(bytes)?;
    let (has, bytes) = if limited { read_u32(bytes)? } else { (0, bytes) };
    let (object, bytes) = read_guid(bytes, has & HAS_OBJECT != 0)?;
    let (inherited, bytes) = read_guid(bytes, has & HAS_INHERITED != 0)?;
    let (sid, _) = Sid::read(bytes)?;
    Ok(Access {
        effect,
        flags,
        mask,
        object,
        inherited,
        sid,
    })
}

fn read_u32(bytes: &[u8]) -> Result<(u32, &[u8]), DescriptorError> {
    let (number, rest) = bytes
        .split_first_chunk::<4>()
        .ok_or(CutShort("entry of the DACL"))?;
    Ok((u32::from_le_bytes(*number), rest))
}

fn read_guid(bytes: &[u8], there: bool) -> Result<(Option<Guid>, &[u8]), DescriptorError> {
    if !there {
        return Ok((None, bytes));
    }
    let (guid, rest) = bytes
        .split_first_chunk::<16>()
        .ok_or(CutShort("entry of the DACL"))?;
    Ok((Some(Guid::from_wire(*guid)), rest))
}

fn write_list(aces: &[Ace]) -> Vec<u8> {
    let entries: Vec<u8> = aces.iter().flat_map(write_ace).collect();
    let limited = |ace: &Ace| {
        !matches!(
            ace,
            Ace::Plain(Access {
                object: None,
                inherited: None,
                ..
            })
        )
    };
    let revision = if aces.iter().any(limited) {
        REVISION_WITH_OBJECTS
    } else {
        REVISION
    };
    let size = u16::try_from(ACL_HEADER + entries.len()).expect("a DACL is kept below its largest size");
    let count = u16::try_from(aces.len()).expect("an entry has at least four bytes");
    let mut bytes = vec![revision, 0];
    bytes.extend(size.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(entries);
    bytes
}

/// Writes one entry.
pub(super) fn write_ace(ace: &Ace) -> Vec<u8> {
    let access = match ace {
        Ace::Plain(access) => access,
        Ace::Conditional(_, raw) | Ace::Other(raw) => return raw.bytes().to_vec(),
    };
    let limited = access.object.is_some() || access.inherited.is_some();
    let kind = KINDS
        .iter()
        .find(|kind| (kind.1, kind.2, kind.3) == (access.effect, limited, false))
        .expect("every unconditional form has its type")
        .0;
    let mut body = access.mask.to_le_bytes().to_vec();
    if limited {
        let object = if access.object.is_some() { HAS_OBJECT } else { 0 };
        let inherited = if access.inherited.is_some() {
            HAS_INHERITED
        } else {
            0
        };
        body.extend((object | inherited).to_le_bytes());
        [access.object, access.inherited]
            .iter()
            .flatten()
            .for_each(|guid| body.extend(guid.to_bytes()));
    }
    body.extend(access.sid.to_bytes());
    let size = u16::try_from(ACE_HEADER + body.len()).expect("an entry of two GUIDs and a SID is small");
    let [low, high] = size.to_le_bytes();
    let mut bytes = vec![kind, access.flags, low, high];
    bytes.extend(body);
    bytes
}

/// Says whether these entries fit into one DACL.
pub(super) fn fits(aces: &[Ace]) -> bool {
    ACL_HEADER + aces.iter().map(|ace| write_ace(ace).len()).sum::<usize>() <= LARGEST_DACL
}

#[cfg(test)]
pub(super) mod tests;
