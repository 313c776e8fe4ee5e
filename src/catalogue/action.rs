//! What a fix does, over one of the protocols: a verb, what it is done to, and what else it is told.
//!
//! Verbs are a table, so that reading, checking, showing and describing them is one code path each.

use std::sync::Arc;

use super::{Command, On, Phrase};
use crate::diagnostic::Span;
use crate::facts::FactType;
use crate::predicate::{Expression, FactRef, Ty};
use crate::template::Context;

/// One verb of a protocol.
#[derive(Debug, PartialEq, Eq)]
pub struct Verb {
    pub protocol: &'static str,
    pub name: &'static str,
    /// What it is done to; it stands beside the verb's name.
    pub object: Kind,
    pub slots: &'static [Slot],
    /// How it reads in a list of what would be done.
    pub reads: &'static str,
    pub access: Access,
}

/// What a verb does to who gets in, and who may do what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Kept,
    Given,
    /// Rights, members or an object are gone afterwards.
    Taken,
    /// It depends on which attributes it writes.
    ByAttribute,
}

/// What else a verb is told.
#[derive(Debug, PartialEq, Eq)]
pub struct Slot {
    pub name: &'static str,
    pub kind: Kind,
    pub needed: bool,
}

/// What may stand in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A template.
    Text(Context),
    /// An expression for a value of this kind.
    Value(Wanted),
    /// A list of expressions.
    Values,
    /// Names in lower case, each with an expression.
    Named,
    /// Attributes of a directory, each with an expression.
    Attributes,
    /// One of these words.
    Word(&'static [&'static str]),
    /// The text of a script.
    Script,
    /// A program and its arguments.
    Program,
}

/// The kind of value that an expression has to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Anything,
    Text,
    Texts,
    Sid,
}

impl Wanted {
    pub fn ty(self) -> Ty {
        match self {
            Self::Anything => Ty::Any,
            Self::Text => Ty::TEXT,
            Self::Texts => Ty::list(Ty::TEXT),
            Self::Sid => Ty::Is(FactType::Sid),
        }
    }
}

const fn needed(name: &'static str, kind: Kind) -> Slot {
    Slot {
        name,
        kind,
        needed: true,
    }
}

const fn optional(name: &'static str, kind: Kind) -> Slot {
    Slot {
        name,
        kind,
        needed: false,
    }
}

const NAME: Kind = Kind::Text(Context::Name);
const PATH: Kind = Kind::Text(Context::WinPath);
const KEY: Kind = Kind::Text(Context::RegistryKey);
const DNS: Kind = Kind::Text(Context::DnsName);
const DN: Kind = Kind::Text(Context::Dn);
const DATA: Kind = Kind::Word(&["text", "expandable", "texts", "dword", "qword", "binary"]);
const VIEW: Kind = Kind::Word(&["64", "32"]);
const RECORDS: Kind = Kind::Word(&["A", "AAAA", "CNAME", "MX", "PTR"]);
const RIGHTS: &[Slot] = &[
    needed("to", Kind::Value(Wanted::Sid)),
    needed("rights", Kind::Value(Wanted::Texts)),
];
const TAKEN_BACK: &[Slot] = &[
    needed("to", Kind::Value(Wanted::Sid)),
    needed("rights", Kind::Value(Wanted::Texts)),
    optional("before", Kind::Value(Wanted::Anything)),
];
const RECORD: &[Slot] = &[
    needed("zone", DNS),
    needed("type", RECORDS),
    needed("data", Kind::Value(Wanted::Anything)),
];

/// Every verb that there is.
pub const VERBS: &[Verb] = &[
    Verb {
        protocol: "ldap",
        name: "add",
        object: DN,
        slots: &[needed("attributes", Kind::Attributes)],
        reads: "add the object",
        access: Access::Kept,
    },
    Verb {
        protocol: "ldap",
        name: "modify",
        object: DN,
        slots: &[
            optional("replace", Kind::Attributes),
            optional("insert", Kind::Attributes),
            optional("remove", Kind::Attributes),
        ],
        reads: "change the object",
        access: Access::ByAttribute,
    },
    Verb {
        protocol: "ldap",
        name: "delete",
        object: DN,
        slots: &[],
        reads: "delete the object",
        access: Access::Taken,
    },
    Verb {
        protocol: "ldap",
        name: "grant",
        object: DN,
        slots: RIGHTS,
        reads: "add to the access list of",
        access: Access::Given,
    },
    Verb {
        protocol: "ldap",
        name: "revoke",
        object: DN,
        slots: TAKEN_BACK,
        reads: "take out of the access list of",
        access: Access::Taken,
    },
    Verb {
        protocol: "tds",
        name: "batch",
        object: Kind::Text(Context::Tsql),
        slots: &[
            optional("database", Kind::Value(Wanted::Text)),
            optional("params", Kind::Values),
        ],
        reads: "run",
        access: Access::Kept,
    },
    Verb {
        protocol: "service",
        name: "start",
        object: NAME,
        slots: &[],
        reads: "start the service",
        access: Access::Kept,
    },
    Verb {
        protocol: "service",
        name: "stop",
        object: NAME,
        slots: &[],
        reads: "stop the service, dependent ones first",
        access: Access::Kept,
    },
    Verb {
        protocol: "service",
        name: "set_start",
        object: NAME,
        slots: &[needed("to", Kind::Value(Wanted::Text))],
        reads: "set how the service starts",
        access: Access::Kept,
    },
    Verb {
        protocol: "registry",
        name: "set",
        object: KEY,
        slots: &[
            needed("value", NAME),
            needed("data", Kind::Value(Wanted::Anything)),
            needed("kind", DATA),
            optional("view", VIEW),
        ],
        reads: "write to the registry key",
        access: Access::Kept,
    },
    Verb {
        protocol: "registry",
        name: "delete",
        object: KEY,
        slots: &[needed("value", NAME), optional("view", VIEW)],
        reads: "delete a value of the registry key",
        access: Access::Kept,
    },
    Verb {
        protocol: "file",
        name: "copy",
        object: PATH,
        slots: &[needed("from", PATH), optional("keep", PATH)],
        reads: "write the file",
        access: Access::Kept,
    },
    Verb {
        protocol: "file",
        name: "remove",
        object: PATH,
        slots: &[optional("restore", PATH)],
        reads: "remove the file",
        access: Access::Kept,
    },
    Verb {
        protocol: "file",
        name: "make_folder",
        object: PATH,
        slots: &[],
        reads: "make the folder",
        access: Access::Kept,
    },
    Verb {
        protocol: "file",
        name: "remove_folder",
        object: PATH,
        slots: &[],
        reads: "remove the folder, if it is empty,",
        access: Access::Kept,
    },
    Verb {
        protocol: "dns",
        name: "add",
        object: DNS,
        slots: RECORD,
        reads: "add a record of",
        access: Access::Kept,
    },
    Verb {
        protocol: "dns",
        name: "remove",
        object: DNS,
        slots: RECORD,
        reads: "remove a record of",
        access: Access::Kept,
    },
    Verb {
        protocol: "shell",
        name: "powershell",
        object: Kind::Script,
        slots: &[optional("input", Kind::Named)],
        reads: "run the script",
        access: Access::Kept,
    },
    Verb {
        protocol: "shell",
        name: "run",
        object: Kind::Program,
        slots: &[optional("input", Kind::Named)],
        reads: "run the program",
        access: Access::Kept,
    },
    Verb {
        protocol: "setting",
        name: "set",
        object: Kind::Value(Wanted::Text),
        slots: &[needed("to", Kind::Value(Wanted::Anything))],
        reads: "set in the pair file",
        access: Access::Kept,
    },
];

impl Verb {
    /// Whether several of it that follow one another at one object are a single write.
    pub(crate) fn joins(&self) -> bool {
        self.protocol == "ldap" && matches!(self.name, "grant" | "revoke")
    }
}

/// The protocols that can change something, in the order of the table.
pub(super) fn protocols() -> Vec<&'static str> {
    let mut names: Vec<&str> = VERBS.iter().map(|verb| verb.protocol).collect();
    names.dedup();
    names
}

/// One thing that a fix does.
#[derive(Clone, Debug)]
pub struct Action {
    pub when: Option<Expression>,
    /// Done once for each item, as `item`.
    pub for_each: Option<Expression>,
    /// Who does it; as the fix says where the action says nothing.
    pub on: On,
    pub verb: &'static Verb,
    pub object: Arg,
    pub args: Vec<(&'static str, Arg)>,
    pub span: Span,
}

/// An attribute and its value; or one for each item of a list, as `item`.
#[derive(Clone, Debug)]
pub struct Attributes {
    pub for_each: Option<Expression>,
    pub name: Phrase,
    pub value: Expression,
}

/// What stands in a slot.
#[derive(Clone, Debug)]
pub enum Arg {
    Text(Phrase),
    Value(Expression),
    Values(Vec<Expression>),
    Named(Vec<(Arc<str>, Expression)>),
    Attributes(Vec<Attributes>),
    Word(&'static str),
    Program(Command),
}

impl Arg {
    fn phrases(&self) -> Vec<&Phrase> {
        match self {
            Self::Text(phrase) => vec![phrase],
            Self::Attributes(all) => all.iter().map(|attributes| &attributes.name).collect(),
            _ => Vec::new(),
        }
    }

    fn expressions(&self) -> Vec<&Expression> {
        match self {
            Self::Value(value) => vec![value],
            Self::Values(values) => values.iter().collect(),
            Self::Named(all) => all.iter().map(|(_, value)| value).collect(),
            Self::Attributes(all) => {
                let lists = all.iter().filter_map(|one| one.for_each.as_ref());
                lists.chain(all.iter().map(|one| &one.value)).collect()
            }
            Self::Text(_) | Self::Word(_) | Self::Program(_) => Vec::new(),
        }
    }
}

impl Action {
    /// Every slot that is filled, what it is done to first.
    pub fn filled(&self) -> impl Iterator<Item = (&'static str, &Arg)> {
        let object = (self.verb.name, &self.object);
        std::iter::once(object).chain(self.args.iter().map(|(name, arg)| (*name, arg)))
    }

    /// The program that it starts, as its pack writes it.
    pub fn program(&self) -> Option<String> {
        match &self.object {
            Arg::Program(command) => Some(command.to_string()),
            _ => None,
        }
    }

    /// The facts that it mentions.
    pub fn facts(&self) -> impl Iterator<Item = &FactRef> {
        let args = || self.filled().map(|(_, arg)| arg);
        let own = self.when.iter().chain(&self.for_each);
        own.chain(args().flat_map(Arg::expressions))
            .flat_map(Expression::facts)
            .chain(self.phrases().flat_map(|phrase| &phrase.facts))
    }

    /// Whether it uses the name at this place among its names.
    pub fn uses(&self, place: usize, name: &str) -> bool {
        let of_name = |phrase: &Phrase| {
            let mentions = phrase.template.mentions().iter();
            mentions
                .map(|mention| mention.path.split('.').next())
                .any(|first| first == Some(name))
        };
        let own = self.when.iter().chain(&self.for_each);
        let args = || self.filled().map(|(_, arg)| arg);
        own.chain(args().flat_map(Arg::expressions))
            .any(|expression| expression.uses_local(place))
            || self.phrases().any(of_name)
    }

    fn phrases(&self) -> impl Iterator<Item = &Phrase> {
        let host = match &self.on {
            On::Host(host) => Some(host),
            _ => None,
        };
        let args = self.filled().flat_map(|(_, arg)| Arg::phrases(arg));
        host.into_iter().chain(args)
    }
}
