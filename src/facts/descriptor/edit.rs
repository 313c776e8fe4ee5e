//! Changes to a DACL that leave everything else in it as it stands, byte for byte.
//!
//! What is added are explicit entries that allow something on this object alone. Taking back looks for nothing
//! but such entries, so that what others allow, deny, inherit or make conditional stays.

use super::{ACL_HEADER, DACL_PRESENT, DESCRIPTOR_HEADER, read_ace, tail, write_ace};
use super::{CutShort, Dacl, DescriptorError, KINDS, REVISION_WITH_OBJECTS, SELF_RELATIVE};
use crate::facts::acl::{Access, Ace, Acl, Effect, LARGEST_DACL};
use crate::facts::{Guid, Right, Sid};

/// Says why a DACL cannot be changed so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DaclError {
    #[error(transparent)]
    Read(#[from] DescriptorError),
    /// It may only not have been shown.
    #[error("the security descriptor carries no DACL")]
    Absent,
    /// One with entries would take from everybody what it does not name.
    #[error(
        "there is no DACL, so that everybody may do everything; with one entry nobody else might do anything"
    )]
    Null,
    /// Its length is a 16-bit number.
    #[error("the DACL would be larger than 65535 bytes")]
    TooLarge,
    /// The new entry would come too late.
    #[error("an entry that denies it comes first")]
    Denied,
}

/// The bits of a descriptor's control that speak of its DACL.
const OF_DACL: u16 = 0x154c;
/// The entry comes from the parent.
const INHERITED: u8 = 0x10;

/// A DACL as it was read, entry by entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaclEdit {
    control: u16,
    revision: u8,
    entries: Vec<Entry>,
}

/// An entry and the bytes that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    ace: Ace,
    bytes: Vec<u8>,
}

impl DaclEdit {
    /// Reads the DACL of a self-relative security descriptor.
    pub fn read(descriptor: &[u8]) -> Result<Self, DaclError> {
        match Acl::from_bytes(descriptor)?.dacl() {
            Dacl::Absent => return Err(DaclError::Absent),
            Dacl::Null => return Err(DaclError::Null),
            Dacl::Entries { .. } => {}
        }
        let number = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|byte| descriptor[at + byte]));
        let at = usize::try_from(number(16)).map_err(|_| CutShort("DACL"))?;
        let list = tail(descriptor, at, "DACL")?;
        let count = u16::from_le_bytes([list[4], list[5]]);
        let mut rest = &list[ACL_HEADER..];
        let mut entries = Vec::new();
        for _ in 0..count {
            let (ace, after) = read_ace(rest)?;
            let bytes = rest[..rest.len() - after.len()].to_vec();
            entries.push(Entry { ace, bytes });
            rest = after;
        }
        Ok(Self {
            control: u16::from_le_bytes([descriptor[2], descriptor[3]]) & OF_DACL,
            revision: list[0],
            entries,
        })
    }

    /// Allows an account these rights, so far as no explicit entry for it does; entries that are there stay as they
    /// are. Whether it then has them is checked as far as entries for the account itself and for everybody go.
    pub fn grant(&mut self, to: &Sid, rights: &[Right]) -> Result<(), DaclError> {
        for (object, mask) in by_object(rights) {
            let missing = mask & !allowed(self.aces(), to, object);
            if missing != 0 {
                let at = self.place(object);
                self.entries.insert(at, Entry::allowing(to, object, missing));
            }
        }
        if self.size() > LARGEST_DACL {
            return Err(DaclError::TooLarge);
        }
        let acl = Acl::from_bytes(&self.to_bytes())?;
        match acl.lacking(std::slice::from_ref(to), None, rights) {
            Ok(lacking) if !lacking.is_empty() => Err(DaclError::Denied),
            // what hangs on a condition is seen when the rights are read back
            _ => Ok(()),
        }
    }

    /// Takes back what explicit entries allow the account of these rights, but for what `before` allows it so.
    pub fn revoke(&mut self, to: &Sid, rights: &[Right], before: Option<&Acl>) {
        let before = match before.map(Acl::dacl) {
            Some(Dacl::Entries { aces, .. }) => aces.as_ref(),
            _ => &[],
        };
        for (object, mask) in by_object(rights) {
            let unwanted = mask & !allowed(before.iter(), to, object);
            self.entries.retain_mut(|entry| {
                let mask = granted(&entry.ace, to, object);
                let left = mask & !unwanted;
                if left != mask {
                    *entry = Entry::allowing(to, object, left);
                }
                left != 0 || left == mask
            });
        }
    }

    /// Writes a self-relative security descriptor with the DACL alone.
    pub fn to_bytes(&self) -> Vec<u8> {
        let limited = self.entries.iter().any(|entry| {
            let kind = KINDS.iter().find(|kind| kind.0 == entry.bytes[0]);
            kind.is_some_and(|kind| kind.2)
        });
        let revision = if limited { REVISION_WITH_OBJECTS } else { 0 };
        let size = u16::try_from(self.size()).unwrap_or(u16::MAX);
        let count = u16::try_from(self.entries.len()).unwrap_or(u16::MAX);
        let mut bytes = vec![1, 0];
        bytes.extend((self.control | DACL_PRESENT | SELF_RELATIVE).to_le_bytes());
        bytes.extend([0; 12]);
        bytes.extend([20, 0, 0, 0]);
        debug_assert_eq!(bytes.len(), DESCRIPTOR_HEADER, "the DACL follows the header");
        bytes.extend([revision.max(self.revision), 0]);
        bytes.extend(size.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend([0, 0]);
        bytes.extend(self.entries.iter().flat_map(|entry| &entry.bytes));
        bytes
    }

    fn aces(&self) -> impl Iterator<Item = &Ace> {
        self.entries.iter().map(|entry| &entry.ace)
    }

    fn size(&self) -> usize {
        ACL_HEADER + self.entries.iter().map(|entry| entry.bytes.len()).sum::<usize>()
    }

    /// Where a new entry stands: behind the explicit ones, and one for the whole object before those for parts of it.
    fn place(&self, object: Option<Guid>) -> usize {
        let comes_after = |entry: &Entry| {
            let limited = matches!(&entry.ace, Ace::Plain(access)
                if access.effect == Effect::Allow && access.object.is_some());
            entry.bytes[1] & INHERITED != 0 || (object.is_none() && limited)
        };
        let found = self.entries.iter().position(comes_after);
        found.unwrap_or(self.entries.len())
    }
}

impl Entry {
    /// An explicit entry for this object alone.
    fn allowing(to: &Sid, object: Option<Guid>, mask: u32) -> Self {
        let ace = Ace::Plain(Access {
            effect: Effect::Allow,
            flags: 0,
            mask,
            object,
            inherited: None,
            sid: to.clone(),
        });
        let bytes = write_ace(&ace);
        Self { ace, bytes }
    }
}

/// What an entry allows the account on this part of this object alone, explicitly and under no condition.
fn granted(ace: &Ace, to: &Sid, object: Option<Guid>) -> u32 {
    match ace {
        Ace::Plain(access)
            if access.effect == Effect::Allow
                && access.flags == 0
                && access.inherited.is_none()
                && access.object == object
                && access.sid == *to =>
        {
            access.mask
        }
        _ => 0,
    }
}

fn allowed<'a>(aces: impl Iterator<Item = &'a Ace>, to: &Sid, object: Option<Guid>) -> u32 {
    aces.fold(0, |mask, ace| mask | granted(ace, to, object))
}

/// The bits that are wanted of each part of the object, in the order in which the parts are first named.
fn by_object(rights: &[Right]) -> Vec<(Option<Guid>, u32)> {
    let mut masks: Vec<(Option<Guid>, u32)> = Vec::new();
    for right in rights {
        match masks.iter_mut().find(|(object, _)| *object == right.object) {
            Some((_, mask)) => *mask |= right.mask,
            None => masks.push((right.object, right.mask)),
        }
    }
    masks
}

#[cfg(test)]
mod tests;
