//! Entries of the journal, and the hash that ties each to the one before.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::hexadecimal;

/// The number of an entry; the first is 1.
pub type Seq = i64;

/// What an entry tells. Those of a change need the lock of the pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The pair was checked.
    Checked,
    /// Its facts were written to a file.
    Collected,
    /// A plan was made.
    Planned,
    /// A run got the lock.
    Locked,
    /// A run gave the lock back.
    Unlocked,
    /// A plan is carried out from here on.
    Began,
    /// A step is about to be done; the body has the value before.
    Intent,
    /// A step was done, or failed.
    Result,
    /// What a step was to bring about was read back.
    Verified,
    /// A step was taken back.
    Undone,
    /// Anything else that whoever reads this must know.
    Note,
    /// The run is over.
    Ended,
}

impl Kind {
    const ALL: &[(Self, &str)] = &[
        (Self::Checked, "checked"),
        (Self::Collected, "collected"),
        (Self::Planned, "planned"),
        (Self::Locked, "locked"),
        (Self::Unlocked, "unlocked"),
        (Self::Began, "began"),
        (Self::Intent, "intent"),
        (Self::Result, "result"),
        (Self::Verified, "verified"),
        (Self::Undone, "undone"),
        (Self::Note, "note"),
        (Self::Ended, "ended"),
    ];

    pub fn word(self) -> &'static str {
        let found = Self::ALL.iter().find(|(kind, _)| *kind == self);
        found.map_or("note", |(_, word)| word)
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, other)| *other == word)
            .map(|(kind, _)| *kind)
    }

    /// Whether only the holder of the pair's lock may write it.
    pub const fn needs_lock(self) -> bool {
        !matches!(self, Self::Checked | Self::Collected | Self::Planned)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The hash of an entry: SHA-256.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What the first entry follows.
    pub(super) const NONE: Self = Self([0; 32]);

    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(super) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hexadecimal(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// An entry as it lies in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub seq: Seq,
    pub at: Timestamp,
    /// The id of its pair.
    pub pair: String,
    /// The run that it belongs to: the number of the run's first entry.
    pub run: Seq,
    /// The number of the lock under which it was written; 0: without.
    pub fence: i64,
    pub kind: Kind,
    pub body: Value,
}

/// An entry as text, which is what is hashed: the same bytes are the same entry.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) seq: Seq,
    pub(super) at: String,
    pub(super) pair: String,
    pub(super) run: Seq,
    pub(super) fence: i64,
    pub(super) kind: String,
    pub(super) body: String,
}

impl Written {
    /// The hash over the one before and every field, each with its length in front: no two entries give the same bytes.
    pub(super) fn hash(&self, prev: &[u8]) -> Hash {
        let mut hash = Sha256::new();
        let (seq, run, fence) = (
            self.seq.to_be_bytes(),
            self.run.to_be_bytes(),
            self.fence.to_be_bytes(),
        );
        let fields: [&[u8]; 9] = [
            b"standin entry 1",
            prev,
            &seq,
            self.at.as_bytes(),
            self.pair.as_bytes(),
            &run,
            &fence,
            self.kind.as_bytes(),
            self.body.as_bytes(),
        ];
        for field in fields {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field);
        }
        Hash(hash.finalize().into())
    }

    /// The entry that the text tells, or what of it cannot be read.
    pub(super) fn read(&self) -> Result<Entry, &'static str> {
        Ok(Entry {
            seq: self.seq,
            at: self.at.parse().map_err(|_| "its time is none")?,
            pair: self.pair.clone(),
            run: self.run,
            fence: self.fence,
            kind: Kind::of(&self.kind).ok_or("its kind is unknown")?,
            body: serde_json::from_str(&self.body).map_err(|_| "its body is no JSON")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Written {
        Written {
            seq: 1,
            at: "2026-11-22T03:00:00Z".to_owned(),
            pair: "ab".to_owned(),
            run: 1,
            fence: 0,
            kind: "note".to_owned(),
            body: "{}".to_owned(),
        }
    }

    #[test]
    fn every_kind_has_its_word() {
        for (kind, word) in Kind::ALL {
            assert_eq!((kind.word(), Kind::of(word)), (*word, Some(*kind)));
        }
    }

    #[test]
    fn the_layout_of_what_is_hashed_stays() {
        let told = written().hash(Hash::NONE.bytes()).to_string();
        assert_eq!(
            told,
            "f0c27344e6522789da83f713becf32523b619b98fe597aec892124402a19f620"
        );
    }

    #[test]
    fn every_field_counts_and_none_flows_into_the_next() {
        let one = written().hash(Hash::NONE.bytes());
        let others = [
            Written { seq: 2, ..written() },
            Written {
                at: "2026-11-22T03:00:01Z".to_owned(),
                ..written()
            },
            Written {
                pair: "a".to_owned(),
                ..written()
            },
            Written { run: 2, ..written() },
            Written {
                fence: 1,
                ..written()
            },
            Written {
                kind: "ended".to_owned(),
                ..written()
            },
            Written {
                body: "{} ".to_owned(),
                ..written()
            },
            Written {
                kind: "note{".to_owned(),
                body: "}".to_owned(),
                ..written()
            },
        ];
        for other in others {
            assert_ne!(other.hash(Hash::NONE.bytes()), one, "{other:?}");
        }
        assert_ne!(written().hash(one.bytes()), one);
    }
}
