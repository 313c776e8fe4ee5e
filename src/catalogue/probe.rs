//! How a fact is read, over one of the protocols.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Phrase;
use crate::diagnostic::Span;
use crate::facts::{Cause, FactValue};
use crate::predicate::Expression;

/// Places of the names in a probe's expressions.
pub mod local {
    /// The row that the protocol gave.
    pub const ROW: usize = 0;
    /// The element of `each`.
    pub const VALUE: usize = 1;
    /// The record of the fact's `for_each`.
    pub const OUTER: usize = 2;
    /// The item of a `derive` entry's `for_each`.
    pub const ITEM: usize = 3;
}

/// One way to read a fact; a fact's probes are tried in order.
#[derive(Clone, Debug)]
pub struct Probe {
    /// False: the next probe is tried.
    pub when: Option<Expression>,
    /// The endpoint of the pair file; `here` is the server in question.
    pub on: Arc<str>,
    pub ask: Ask,
    /// One record for each element of this list.
    pub each: Option<Expression>,
    pub gives: Gives,
    /// What a proven not-found becomes.
    pub not_found: Option<FactValue>,
    /// Causes after which the next probe is tried.
    pub next_on: Vec<Cause>,
    /// It would change something and needs consent.
    pub writes: bool,
    /// How long it may take, in seconds.
    pub deadline: Option<Expression>,
    pub span: Span,
}

/// What the rows become.
#[derive(Clone, Debug)]
pub enum Gives {
    /// Same-named columns.
    Columns,
    Fields(Vec<(Arc<str>, Field)>),
    Value(Box<Field>),
}

impl Gives {
    /// Every expression over the rows.
    pub fn expressions(&self) -> Vec<&Expression> {
        let fields: Vec<&Field> = match self {
            Self::Columns => Vec::new(),
            Self::Fields(fields) => fields.iter().map(|(_, field)| field).collect(),
            Self::Value(field) => vec![field.as_ref()],
        };
        fields
            .into_iter()
            .flat_map(|field| std::iter::once(&field.from).chain(&field.proof))
            .collect()
    }
}

/// How one value is made of a row.
#[derive(Clone, Debug)]
pub struct Field {
    pub from: Expression,
    /// What a proven not-found becomes.
    pub not_found: Option<FactValue>,
    /// Proves that what is not there could have been seen.
    pub proof: Option<Expression>,
}

/// The question, in the words of its protocol.
#[derive(Clone, Debug)]
pub enum Ask {
    Ldap(LdapAsk),
    Dns(DnsAsk),
    Tcp {
        host: Phrase,
        port: Phrase,
    },
    Local(LocalAsk),
    /// A setting of the pair file.
    Setting(Arc<str>),
    /// Other facts.
    Derive(Vec<Derivation>),
}

impl Ask {
    /// The protocol's name in files.
    pub const fn protocol(&self) -> &'static str {
        match self {
            Self::Ldap(_) => "ldap",
            Self::Dns(_) => "dns",
            Self::Tcp { .. } => "tcp",
            Self::Local(_) => "local",
            Self::Setting(_) => "setting",
            Self::Derive(_) => "derive",
        }
    }

    /// The program that is started to get the answer, as its pack writes it.
    pub fn program(&self) -> Option<String> {
        match self {
            Self::Ldap(_)
            | Self::Dns(_)
            | Self::Tcp { .. }
            | Self::Local(_)
            | Self::Setting(_)
            | Self::Derive(_) => None,
        }
    }

    /// The templates of the question.
    pub fn phrases(&self) -> Vec<&Phrase> {
        match self {
            Self::Ldap(ask) => vec![&ask.base, &ask.filter],
            Self::Dns(DnsAsk::Query { name, .. } | DnsAsk::ZoneOf { name })
            | Self::Local(LocalAsk::Resolve { name }) => vec![name],
            Self::Dns(DnsAsk::Transfer { zone }) => vec![zone],
            Self::Dns(DnsAsk::UpdateTest { name, zone }) => vec![name, zone],
            Self::Tcp { host, port } => vec![host, port],
            Self::Dns(DnsAsk::Server | DnsAsk::Contact)
            | Self::Local(_)
            | Self::Setting(_)
            | Self::Derive(_) => Vec::new(),
        }
    }

    /// Every protocol, as probes name them.
    pub const PROTOCOLS: [&'static str; 6] = ["ldap", "dns", "tcp", "local", "setting", "derive"];
}

/// How deep a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    Base,
    One,
    Sub,
}

#[derive(Clone, Debug)]
pub struct LdapAsk {
    pub base: Phrase,
    pub depth: Depth,
    pub filter: Phrase,
    /// The attributes that the probe's expressions read.
    pub attributes: Vec<String>,
    /// Those whose values are bytes.
    pub binary: BTreeSet<String>,
    /// Ask for security descriptors too.
    pub descriptors: bool,
}

#[derive(Clone, Debug)]
pub enum DnsAsk {
    Query {
        name: Phrase,
        kind: String,
        recurse: bool,
    },
    Transfer {
        zone: Phrase,
    },
    /// The nearest zone around a name for which the server is authoritative.
    ZoneOf {
        name: Phrase,
    },
    UpdateTest {
        name: Phrase,
        zone: Phrase,
    },
    /// The endpoint itself; nobody is asked.
    Server,
    /// Whether it answers at all.
    Contact,
}

#[derive(Clone, Debug)]
pub enum LocalAsk {
    /// The DNS servers that this machine asks.
    Resolvers,
    /// The addresses that this machine finds for a name.
    Resolve { name: Phrase },
    /// This machine's time.
    Clock,
}

/// Records made of other facts.
#[derive(Clone, Debug)]
pub struct Derivation {
    pub for_each: Option<Expression>,
    pub when: Option<Expression>,
    pub gives: Gives,
    pub span: Span,
}
