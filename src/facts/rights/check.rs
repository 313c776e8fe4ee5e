//! Works out whether an account has a right on an object (MS-ADTS 5.1.3.3).
//!
//! Entries are taken in stored order, and for each bit the first one that fits decides; what no entry allows
//! is not allowed. What hangs on a condition, an unknown entry or the kind of log-on is [`Undecidable`] as
//! soon as it could change the answer. Not seen here: rights that come from privileges or from the parent
//! (its "delete child"), a directory-wide ban on the owner's implied rights, and entries that name the
//! object's own class to mean all of its attributes.

use std::collections::BTreeSet;

use super::{READ_CONTROL, Right, WRITE_DACL};
use crate::facts::Sid;
use crate::facts::acl::{Ace, Acl, Dacl, Effect};

/// Says why nobody can tell whether a right is there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecidable {
    /// Every account has at least one.
    #[error("it is not known which SIDs the account holds")]
    NoSids,
    /// Objects of a directory have one, so it was not read.
    #[error("the security descriptor carries no DACL")]
    NoDacl,
    /// An entry that could decide is valid under a condition only.
    #[error("entry {entry} of the DACL depends on a condition")]
    Conditional { entry: usize },
    /// An entry could say anything.
    #[error("entry {entry} of the DACL is of the unknown type {kind:#04x}")]
    UnknownEntry { entry: usize, kind: u8 },
    /// An entry that could decide is for accounts that log on in a certain way.
    #[error("entry {entry} of the DACL is for {sid}, which depends on how the account logs on")]
    Logon { entry: usize, sid: Sid },
}

impl Acl {
    /// Returns the places in `wanted` of the rights that an account lacks, or why one cannot be decided.
    ///
    /// `sids` are the account's own SID and those of its groups; that it has logged on with a name, and so
    /// belongs to Everyone and Authenticated Users, is understood. `object_sid` is the SID of the object, if it
    /// has one.
    pub fn lacking(
        &self,
        sids: &[Sid],
        object_sid: Option<&Sid>,
        wanted: &[Right],
    ) -> Result<Vec<usize>, Undecidable> {
        let check = Check::new(self, sids, object_sid)?;
        let mut lacking = Vec::new();
        for (place, right) in wanted.iter().enumerate() {
            if !check.grants(right)? {
                lacking.push(place);
            }
        }
        Ok(lacking)
    }
}

/// An account before an object.
struct Check<'a> {
    owner: Option<&'a Sid>,
    object_sid: Option<&'a Sid>,
    sids: BTreeSet<&'a Sid>,
    /// `None` allows everything.
    aces: Option<&'a [Ace]>,
}

/// Whether the account holds a SID.
enum Holds {
    Yes,
    No,
    Perhaps,
}

/// What an entry says about a bit.
enum Says {
    Nothing,
    Surely(Effect),
    Perhaps(Effect, Undecidable),
    Anything(Undecidable),
}

impl<'a> Check<'a> {
    fn new(acl: &'a Acl, sids: &'a [Sid], object_sid: Option<&'a Sid>) -> Result<Self, Undecidable> {
        if sids.is_empty() {
            return Err(Undecidable::NoSids);
        }
        let aces = match acl.dacl() {
            Dacl::Absent => return Err(Undecidable::NoDacl),
            Dacl::Null => None,
            Dacl::Entries { aces, .. } => Some(&**aces),
        };
        Ok(Self {
            owner: acl.owner(),
            object_sid,
            sids: sids.iter().collect(),
            aces,
        })
    }

    /// One bit surely missing is an answer, whatever becomes of the others.
    fn grants(&self, right: &Right) -> Result<bool, Undecidable> {
        let Some(aces) = self.aces else { return Ok(true) };
        let mask = without_generic(right.mask);
        let bits = (0..u32::BITS)
            .map(|place| 1 << place)
            .filter(|bit| mask & bit != 0);
        let mut doubt = None;
        for bit in bits {
            match self.grants_bit(aces, bit, right) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(why) => doubt = doubt.or(Some(why)),
            }
        }
        doubt.map_or(Ok(true), Err)
    }

    /// Follows the entries until one decides, remembering what earlier ones might have decided.
    fn grants_bit(&self, aces: &[Ace], bit: u32, right: &Right) -> Result<bool, Undecidable> {
        let (mut perhaps_allowed, mut perhaps_denied) = (None, None);
        let implied = std::iter::once_with(|| self.owner_implies(aces, bit));
        let entries = (1..)
            .zip(aces)
            .map(|(entry, ace)| self.says(entry, ace, bit, right));
        for said in implied.chain(entries) {
            match said {
                Says::Nothing => {}
                Says::Surely(Effect::Allow) => return perhaps_denied.map_or(Ok(true), Err),
                Says::Surely(Effect::Deny) => return perhaps_allowed.map_or(Ok(false), Err),
                Says::Perhaps(Effect::Allow, why) => perhaps_allowed = perhaps_allowed.or(Some(why)),
                Says::Perhaps(Effect::Deny, why) => perhaps_denied = perhaps_denied.or(Some(why)),
                Says::Anything(why) => return Err(why),
            }
        }
        perhaps_allowed.map_or(Ok(false), Err)
    }

    fn says(&self, entry: usize, ace: &Ace, bit: u32, right: &Right) -> Says {
        if ace.is_inherit_only() {
            return Says::Nothing;
        }
        let access = match ace {
            Ace::Plain(access) | Ace::Conditional(access, _) => access,
            Ace::Other(raw) if is_for_the_system_list(raw.kind()) => return Says::Nothing,
            Ace::Other(raw) => {
                return Says::Anything(Undecidable::UnknownEntry {
                    entry,
                    kind: raw.kind(),
                });
            }
        };
        let fits = access
            .object
            .is_none_or(|guid| [right.object, right.property_set].contains(&Some(guid)));
        if !fits || without_generic(access.mask) & bit == 0 {
            return Says::Nothing;
        }
        match (self.holds(&access.sid), ace) {
            (Holds::No, _) => Says::Nothing,
            (_, Ace::Conditional(..)) => Says::Perhaps(access.effect, Undecidable::Conditional { entry }),
            (Holds::Yes, _) => Says::Surely(access.effect),
            (Holds::Perhaps, _) => Says::Perhaps(
                access.effect,
                Undecidable::Logon {
                    entry,
                    sid: access.sid.clone(),
                },
            ),
        }
    }

    /// The owner may read and write the list, whatever it says, unless it speaks of Owner Rights itself.
    fn owner_implies(&self, aces: &[Ace], bit: u32) -> Says {
        let held = self.owner.map_or(Holds::No, |owner| self.holds(owner));
        if bit & (READ_CONTROL | WRITE_DACL) == 0 || !matches!(held, Holds::Yes) {
            return Says::Nothing;
        }
        let mut said = Says::Surely(Effect::Allow);
        for (entry, ace) in (1..).zip(aces).filter(|(_, ace)| !ace.is_inherit_only()) {
            match ace {
                Ace::Plain(access) if access.sid == Sid::OWNER_RIGHTS => return Says::Nothing,
                Ace::Conditional(access, _) if access.sid == Sid::OWNER_RIGHTS => {
                    said = Says::Perhaps(Effect::Allow, Undecidable::Conditional { entry });
                }
                // An unknown entry might speak of the owner's rights.
                Ace::Other(raw) if !is_for_the_system_list(raw.kind()) => {
                    said = Says::Perhaps(
                        Effect::Allow,
                        Undecidable::UnknownEntry {
                            entry,
                            kind: raw.kind(),
                        },
                    );
                }
                Ace::Plain(_) | Ace::Conditional(..) | Ace::Other(_) => {}
            }
        }
        said
    }

    fn holds(&self, sid: &Sid) -> Holds {
        let meant = match sid {
            placeholder if *placeholder == Sid::PRINCIPAL_SELF => self.object_sid,
            placeholder if *placeholder == Sid::OWNER_RIGHTS => self.owner,
            other => Some(other),
        };
        match meant {
            Some(sid) if self.sids.contains(sid) => Holds::Yes,
            Some(sid) if [Sid::EVERYONE, Sid::AUTHENTICATED_USERS].contains(sid) => Holds::Yes,
            Some(sid) if sid.depends_on_logon() => Holds::Perhaps,
            Some(_) | None => Holds::No,
        }
    }
}

/// Auditing, labels, attributes and policies do not decide about access, wherever they stand.
fn is_for_the_system_list(kind: u8) -> bool {
    matches!(kind, 0x02 | 0x03 | 0x07 | 0x08 | 0x0d..=0x13)
}

/// Replaces generic rights by what they mean for objects of a directory.
fn without_generic(mask: u32) -> u32 {
    const GENERIC: [(u32, u32); 4] = [
        (0x1000_0000, 0x000f_01ff),
        (0x2000_0000, 0x0002_0004),
        (0x4000_0000, 0x0002_0028),
        (0x8000_0000, 0x0002_0094),
    ];
    GENERIC.iter().fold(mask, |mask, (generic, specific)| {
        if mask & generic == 0 {
            mask
        } else {
            mask & !generic | specific
        }
    })
}

#[cfg(test)]
mod tests;
