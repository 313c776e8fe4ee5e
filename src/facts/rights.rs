//! Rights on directory objects, as rules ask for them: `write offLineABServer`, `create msExchRoutingGroup`.
//!
//! Here are the words and what they mean as bits of an access mask; which GUID a name stands for is the
//! schema's business, and whether an account has the right is worked out in `check`. A verb is one bit:
//! `write X` is the plain right to write, `validated X` the right to write what the directory finds fitting.
//! Neither includes the other, though a directory lets either change the attribute; who accepts either asks
//! for both, one by one.

mod check;

use std::str::FromStr;

use super::Guid;

pub use check::Undecidable;

/// One right that somebody may have on an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Right {
    /// Bits of an access mask; all of them are wanted.
    pub mask: u32,
    /// The attribute, class or extended right; `None` is the object as a whole.
    pub object: Option<Guid>,
    /// The property set that the attribute is a member of; `None` says that there is none.
    pub property_set: Option<Guid>,
}

/// A right in a rule's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedRight {
    /// A right on the object as a whole, ready to be checked.
    Whole(Right),
    /// A right on something that the schema names.
    Named(NamedRight),
}

/// A right on something that the schema names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedRight {
    pub verb: Verb,
    pub name: String,
}

/// What is to be done with the named thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Read an attribute.
    Read,
    /// Write any value to an attribute.
    Write,
    /// Write to an attribute what the directory accepts.
    Validated,
    /// Create objects of a class in this object.
    Create,
    /// Delete objects of a class from this object.
    Delete,
    /// Do what an extended right allows.
    Control,
}

/// Says why a text is not a right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RightError {
    #[error("`{0}` is not a verb of a right; known are read, write, validated, create, delete, control")]
    Verb(String),
    #[error(
        "`{0}` is not a right on the whole object; known are write-dacl, write-owner, delete, \
         read-control, list"
    )]
    Whole(String),
    #[error("a right is one or two words, not {0}")]
    Words(usize),
}

const CREATE_CHILD: u32 = 0x1;
const DELETE_CHILD: u32 = 0x2;
const LIST_CONTENTS: u32 = 0x4;
const VALIDATED_WRITE: u32 = 0x8;
const READ_PROPERTY: u32 = 0x10;
const WRITE_PROPERTY: u32 = 0x20;
const CONTROL_ACCESS: u32 = 0x100;
const DELETE: u32 = 0x0001_0000;
const READ_CONTROL: u32 = 0x0002_0000;
const WRITE_DACL: u32 = 0x0004_0000;
const WRITE_OWNER: u32 = 0x0008_0000;

impl Verb {
    const fn mask(self) -> u32 {
        match self {
            Self::Read => READ_PROPERTY,
            Self::Write => WRITE_PROPERTY,
            Self::Validated => VALIDATED_WRITE,
            Self::Create => CREATE_CHILD,
            Self::Delete => DELETE_CHILD,
            Self::Control => CONTROL_ACCESS,
        }
    }
}

impl NamedRight {
    /// Returns the name where it is a GUID and needs no schema.
    pub fn guid(&self) -> Option<Guid> {
        self.name.parse().ok()
    }

    /// Puts in what the schema says of the name; a property set counts only for reading and writing.
    pub fn resolve(&self, object: Guid, property_set: Option<Guid>) -> Right {
        let of_attributes = matches!(self.verb, Verb::Read | Verb::Write);
        let property_set = property_set.filter(|_| of_attributes);
        Right {
            mask: self.verb.mask(),
            object: Some(object),
            property_set,
        }
    }
}

impl FromStr for WantedRight {
    type Err = RightError;

    fn from_str(text: &str) -> Result<Self, RightError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words[..] {
            [word] => whole(word).map(Self::Whole),
            [word, name] => Ok(Self::Named(NamedRight {
                verb: verb(word)?,
                name: name.to_owned(),
            })),
            _ => Err(RightError::Words(words.len())),
        }
    }
}

fn whole(word: &str) -> Result<Right, RightError> {
    let mask = match word {
        "write-dacl" => WRITE_DACL,
        "write-owner" => WRITE_OWNER,
        "delete" => DELETE,
        "read-control" => READ_CONTROL,
        "list" => LIST_CONTENTS,
        other => return Err(RightError::Whole(other.to_owned())),
    };
    Ok(Right {
        mask,
        object: None,
        property_set: None,
    })
}

fn verb(word: &str) -> Result<Verb, RightError> {
    Ok(match word {
        "read" => Verb::Read,
        "write" => Verb::Write,
        "validated" => Verb::Validated,
        "create" => Verb::Create,
        "delete" => Verb::Delete,
        "control" => Verb::Control,
        other => return Err(RightError::Verb(other.to_owned())),
    })
}

#[cfg(test)]
mod tests;
