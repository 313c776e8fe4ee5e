//! The text form of access lists (SDDL, MS-DTYP 2.5.1), as snapshots keep it.
//!
//! Covers owner, group and DACL; SIDs are written in full, aliases are only read, and those that stand for
//! an account of some domain are refused, since the text does not say which. An entry that SDDL cannot
//! express, or expresses only by decompiling a condition, is written in a form of our own: `(X;` the whole
//! binary entry in hexadecimal `)`. Reading what was written gives the same list; a system list (`S:`) is
//! refused.

mod words;

use std::fmt::{self, Write as _};
use std::str::FromStr;
use std::sync::Arc;

use super::Guid;
use super::acl::{AUTO_INHERIT_REQUESTED, AUTO_INHERITED, Access, Ace, Acl, Dacl, Effect, PROTECTED};
use super::descriptor::{self, DescriptorError};
use super::guid::GuidError;
use super::sid::SidError;

/// Says why a text is not an access list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SddlError {
    #[error("expected `O:`, `G:` or `D:`, in this order, at `{0}`")]
    Section(String),
    #[error("a system list (`S:`) is not kept; leave it out")]
    SystemList,
    #[error("`{0}` is not a flag of a DACL")]
    Control(String),
    #[error("the entry at `{0}` is not closed")]
    Unclosed(String),
    #[error("an entry has six fields, not {0}")]
    Fields(usize),
    #[error("entries of type `{0}` are not known")]
    Kind(String),
    #[error("a condition (`{0}`) cannot be read from text")]
    Condition(String),
    #[error("`{0}` is not a list of inheritance flags")]
    Flags(String),
    #[error("`{0}` is not a list of rights")]
    Rights(String),
    #[error("`{0}` is an account of some domain; write its SID")]
    DomainAlias(String),
    #[error("`{0}` is not the alias of a SID")]
    Alias(String),
    #[error("an entry for attributes, classes or rights is of type `OA` or `OD`")]
    Unlimited,
    #[error("`{0}` is not hexadecimal")]
    Hex(String),
    #[error("the DACL is larger than 65535 bytes")]
    TooLarge,
    #[error(transparent)]
    Sid(#[from] SidError),
    #[error(transparent)]
    Guid(#[from] GuidError),
    #[error(transparent)]
    Entry(#[from] DescriptorError),
}

/// Stands for a DACL that is not there on purpose.
const NULL_DACL: &str = "NO_ACCESS_CONTROL";
const CONTROL: [(u16, &str); 3] = [
    (PROTECTED, "P"),
    (AUTO_INHERIT_REQUESTED, "AR"),
    (AUTO_INHERITED, "AI"),
];

impl fmt::Display for Acl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(owner) = &self.owner {
            write!(f, "O:{owner}")?;
        }
        if let Some(group) = &self.group {
            write!(f, "G:{group}")?;
        }
        match &self.dacl {
            Dacl::Absent => Ok(()),
            Dacl::Null => write!(f, "D:{NULL_DACL}"),
            Dacl::Entries { control, aces } => {
                f.write_str("D:")?;
                let set = CONTROL.iter().filter(|(bit, _)| control & bit != 0);
                set.map(|(_, word)| *word)
                    .try_for_each(|word| f.write_str(word))?;
                aces.iter().try_for_each(|ace| write!(f, "({ace})"))
            }
        }
    }
}

/// Writes the entry without its parentheses.
impl fmt::Display for Ace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = match self {
            Self::Plain(access) => words::flags(access.flags).map(|flags| (access, flags)),
            Self::Conditional(..) | Self::Other(_) => None,
        };
        let Some((access, flags)) = plain else {
            f.write_str("X;")?;
            return descriptor::write_ace(self)
                .iter()
                .try_for_each(|byte| write!(f, "{byte:02x}"));
        };
        let kind = match (
            access.effect,
            access.object.is_some() || access.inherited.is_some(),
        ) {
            (Effect::Allow, false) => "A",
            (Effect::Deny, false) => "D",
            (Effect::Allow, true) => "OA",
            (Effect::Deny, true) => "OD",
        };
        write!(f, "{kind};{flags};{};", words::rights(access.mask))?;
        for guid in [access.object, access.inherited] {
            guid.map_or(Ok(()), |guid| write!(f, "{guid}"))?;
            f.write_char(';')?;
        }
        write!(f, "{}", access.sid)
    }
}

impl FromStr for Acl {
    type Err = SddlError;

    fn from_str(text: &str) -> Result<Self, SddlError> {
        let (owner, rest) = section(text.trim(), "O:");
        let (group, rest) = section(rest, "G:");
        let sid = |field: Option<&str>| field.map(words::sid).transpose();
        let dacl = match rest.strip_prefix("D:") {
            Some(list) => dacl(list)?,
            None if rest.is_empty() => Dacl::Absent,
            None if rest.starts_with("S:") => return Err(SddlError::SystemList),
            None => return Err(SddlError::Section(start(rest))),
        };
        Ok(Self {
            owner: sid(owner)?,
            group: sid(group)?,
            dacl,
        })
    }
}

/// Splits off the section that begins with `mark`; it ends before the letter of the next mark.
fn section<'a>(text: &'a str, mark: &str) -> (Option<&'a str>, &'a str) {
    let Some(rest) = text.strip_prefix(mark) else {
        return (None, text);
    };
    let next = ["O:", "G:", "D:", "S:"]
        .iter()
        .filter_map(|mark| rest.find(mark))
        .min();
    let (field, rest) = rest.split_at(next.unwrap_or(rest.len()));
    (Some(field), rest)
}

/// The first characters of what is wrong, for a message.
fn start(text: &str) -> String {
    text.chars().take(24).collect()
}

fn dacl(text: &str) -> Result<Dacl, SddlError> {
    let (mut words, mut rest) = text.split_at(text.find('(').unwrap_or(text.len()));
    if words == NULL_DACL && rest.is_empty() {
        return Ok(Dacl::Null);
    }
    let mut control = 0;
    while !words.is_empty() {
        let known = CONTROL
            .iter()
            .find_map(|(bit, word)| Some((bit, words.strip_prefix(word)?)));
        let (bit, after) = known.ok_or_else(|| match words.strip_prefix("S:") {
            Some(_) => SddlError::SystemList,
            None => SddlError::Control(start(words)),
        })?;
        control |= bit;
        words = after;
    }
    let mut aces = Vec::new();
    while let Some(open) = rest.strip_prefix('(') {
        let (fields, after) = open
            .split_once(')')
            .ok_or_else(|| SddlError::Unclosed(start(rest)))?;
        aces.push(ace(fields)?);
        rest = after;
    }
    match rest {
        "" if descriptor::fits(&aces) => Ok(Dacl::Entries {
            control,
            aces: Arc::from(aces),
        }),
        "" => Err(SddlError::TooLarge),
        system if system.starts_with("S:") => Err(SddlError::SystemList),
        other => Err(SddlError::Section(start(other))),
    }
}

fn ace(text: &str) -> Result<Ace, SddlError> {
    let (kind, fields) = text.split_once(';').ok_or(SddlError::Fields(1))?;
    let (effect, limited) = match kind {
        "A" => (Effect::Allow, false),
        "D" => (Effect::Deny, false),
        "OA" => (Effect::Allow, true),
        "OD" => (Effect::Deny, true),
        "X" => return raw_ace(fields),
        "XA" | "XD" | "ZA" => return Err(SddlError::Condition(start(text))),
        other => return Err(SddlError::Kind(start(other))),
    };
    let fields: Vec<&str> = fields.split(';').collect();
    let [flags, rights, object, inherited, sid] = fields[..] else {
        return Err(SddlError::Fields(1 + fields.len()));
    };
    let names_objects = [object, inherited].iter().any(|guid| !guid.is_empty());
    if names_objects && !limited {
        return Err(SddlError::Unlimited);
    }
    Ok(Ace::Plain(Access {
        effect,
        flags: words::read_flags(flags)?,
        mask: words::read_rights(rights)?,
        object: guid(object)?,
        inherited: guid(inherited)?,
        sid: words::sid(sid)?,
    }))
}

fn guid(field: &str) -> Result<Option<Guid>, SddlError> {
    if field.is_empty() {
        Ok(None)
    } else {
        Ok(Some(field.parse()?))
    }
}

/// Reads our own form: a whole binary entry.
fn raw_ace(hex: &str) -> Result<Ace, SddlError> {
    let wrong = || SddlError::Hex(start(hex));
    let digits = hex
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
    let digits = digits.collect::<Option<Vec<u8>>>().ok_or_else(wrong)?;
    let (pairs, []) = digits.as_chunks::<2>() else {
        return Err(wrong());
    };
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    match descriptor::read_ace(&bytes)? {
        (ace, []) => Ok(ace),
        (_, rest) => Err(SddlError::Entry(DescriptorError::Trailing(rest.len()))),
    }
}

#[cfg(test)]
mod tests;
