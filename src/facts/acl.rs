//! Access lists of directory objects: who owns an object and what its DACL says.
//!
//! An [`Acl`] is what a security descriptor tells about rights, not the descriptor itself: the system list
//! (auditing, labels) and bookkeeping such as "defaulted" are dropped. Every entry of the DACL is kept, also
//! one that is not understood, since it may decide. Bytes are read and written in `descriptor`, text in
//! `sddl`; what the entries add up to is worked out in `rights`.

use std::sync::Arc;

use super::{Guid, Sid};

/// The owner, the group and the DACL of a directory object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Acl {
    pub(super) owner: Option<Sid>,
    pub(super) group: Option<Sid>,
    pub(super) dacl: Dacl,
}

/// The list that decides about access.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Dacl {
    /// The descriptor carries none; it may only not have been read.
    Absent,
    /// There is none, on purpose: everybody may do everything.
    Null,
    /// The entries, in the order in which they are evaluated; no entry allows nothing.
    Entries {
        /// [`PROTECTED`], [`AUTO_INHERIT_REQUESTED`] and [`AUTO_INHERITED`].
        control: u16,
        /// At most [`LARGEST_DACL`] bytes in their binary form.
        aces: Arc<[Ace]>,
    },
}

/// Entries of the parent are not inherited.
pub(super) const PROTECTED: u16 = 0x1000;
/// Inheritance is asked for.
pub(super) const AUTO_INHERIT_REQUESTED: u16 = 0x0100;
/// Inheritance was carried out.
pub(super) const AUTO_INHERITED: u16 = 0x0400;

/// Bytes of the largest DACL: its length is a 16-bit number.
pub(super) const LARGEST_DACL: usize = u16::MAX as usize;

/// One entry of a DACL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ace {
    /// Allows or denies.
    Plain(Access),
    /// Allows or denies under a condition, which is not evaluated.
    Conditional(Access, RawAce),
    /// Anything else, known or not.
    Other(RawAce),
}

/// What an entry allows or denies to whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Access {
    pub effect: Effect,
    /// Inheritance; see [`INHERIT_ONLY`].
    pub flags: u8,
    pub mask: u32,
    /// The attribute, property set, class or right that the entry is limited to.
    pub object: Option<Guid>,
    /// The class of objects that inherit the entry; it says nothing about this object.
    pub inherited: Option<Guid>,
    pub sid: Sid,
}

/// The two things that an entry can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    Allow,
    Deny,
}

/// The entry is for children only.
pub(super) const INHERIT_ONLY: u8 = 0x08;

/// The bytes of a whole entry, at least its header.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RawAce(pub(super) Arc<[u8]>);

impl RawAce {
    pub fn kind(&self) -> u8 {
        self.0[0]
    }

    pub fn flags(&self) -> u8 {
        self.0[1]
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Ace {
    /// Says whether the entry applies to children only.
    pub fn is_inherit_only(&self) -> bool {
        let flags = match self {
            Self::Plain(access) | Self::Conditional(access, _) => access.flags,
            Self::Other(raw) => raw.flags(),
        };
        flags & INHERIT_ONLY != 0
    }
}

impl Acl {
    pub fn owner(&self) -> Option<&Sid> {
        self.owner.as_ref()
    }

    pub fn group(&self) -> Option<&Sid> {
        self.group.as_ref()
    }

    pub fn dacl(&self) -> &Dacl {
        &self.dacl
    }
}
