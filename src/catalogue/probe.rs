//! How a fact is read, over one of the protocols.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::Phrase;
use crate::diagnostic::Span;
use crate::facts::{Cause, FactValue, Side};
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
    /// The pack that says so; not that of the fact where another one implements it.
    pub pack: Arc<str>,
    /// False: the next probe is tried.
    pub when: Option<Expression>,
    /// Who is asked.
    pub on: On,
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

/// Who is asked, or does something.
#[derive(Clone, Debug)]
pub enum On {
    /// This machine.
    Local,
    /// An endpoint of the pair file.
    Endpoint(Arc<str>),
    /// The server in question.
    Here,
    Side(Side),
    /// Another host, in the way in which the server in question is asked.
    Host(Phrase),
}

impl fmt::Display for On {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Endpoint(name) => f.write_str(name),
            Self::Here => f.write_str("here"),
            Self::Side(side) => write!(f, "{side}"),
            Self::Host(_) => f.write_str("host"),
        }
    }
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
        /// Whether a database server is to say what it is.
        greeting: bool,
    },
    Browser(BrowserAsk),
    Local(LocalAsk),
    Tds(TdsAsk),
    Host(HostAsk),
    Shell(ShellAsk),
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
            Self::Browser(_) => "browser",
            Self::Local(_) => "local",
            Self::Tds(_) => "tds",
            Self::Host(ask) => ask.word(),
            Self::Shell(_) => "shell",
            Self::Setting(_) => "setting",
            Self::Derive(_) => "derive",
        }
    }

    /// The program that is started to get the answer, as its pack writes it.
    pub fn program(&self) -> Option<String> {
        let Self::Shell(ask) = self else {
            return None;
        };
        Some(ask.command.to_string())
    }

    /// The templates of the question.
    pub fn phrases(&self) -> Vec<&Phrase> {
        match self {
            Self::Ldap(ask) => vec![&ask.base, &ask.filter],
            Self::Dns(DnsAsk::Query { name, .. } | DnsAsk::ZoneOf { name })
            | Self::Local(LocalAsk::Resolve { name } | LocalAsk::Files { folder: name, .. }) => vec![name],
            Self::Dns(DnsAsk::Transfer { zone }) => vec![zone],
            Self::Dns(DnsAsk::UpdateTest { name, zone }) => vec![name, zone],
            Self::Tcp { host, port, .. } => vec![host, port],
            Self::Browser(BrowserAsk::Host { host, port }) => std::iter::once(host).chain(port).collect(),
            Self::Tds(ask) => vec![&ask.query],
            Self::Host(ask) => ask.phrases(),
            Self::Dns(DnsAsk::Server | DnsAsk::Contact)
            | Self::Browser(BrowserAsk::Everybody)
            | Self::Local(_)
            | Self::Shell(_)
            | Self::Setting(_)
            | Self::Derive(_) => Vec::new(),
        }
    }

    /// The values that go into the question beside its templates.
    pub fn values(&self) -> Vec<&Expression> {
        match self {
            Self::Tds(ask) => ask.params.iter().chain(&ask.database).collect(),
            Self::Shell(ask) => ask.input.iter().map(|(_, value)| value).collect(),
            _ => Vec::new(),
        }
    }

    /// Every protocol, as probes name them.
    pub const PROTOCOLS: [&'static str; 15] = [
        "ldap", "dns", "tcp", "browser", "tds", "service", "registry", "file", "share", "disk", "group",
        "shell", "local", "setting", "derive",
    ];
}

/// A word of a command line, in quotes where it would look like several.
fn shown(word: &str) -> Cow<'_, str> {
    let plain = |c: char| !c.is_whitespace() && c != '"';
    if !word.is_empty() && word.chars().all(plain) {
        word.into()
    } else {
        format!("{word:?}").into()
    }
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

/// Which instances of database servers there are.
#[derive(Clone, Debug)]
pub enum BrowserAsk {
    /// Those of a host.
    Host { host: Phrase, port: Option<Phrase> },
    /// Those that answer a question to all.
    Everybody,
}

/// A query of a database server.
#[derive(Clone, Debug)]
pub struct TdsAsk {
    pub query: Phrase,
    /// Bound to `@P1`, `@P2` and so on.
    pub params: Vec<Expression>,
    /// Where the query runs, if not where the log-on lands.
    pub database: Option<Expression>,
}

/// What a Windows host can be asked; names and paths are templates.
#[derive(Clone, Debug)]
pub enum HostAsk {
    /// All services, or one.
    Service {
        name: Option<Phrase>,
    },
    Registry {
        key: Phrase,
        what: RegistryAsk,
        /// The view of 32-bit programs.
        view32: bool,
    },
    File {
        path: Phrase,
        /// The columns that the probe's expressions read.
        columns: BTreeSet<String>,
    },
    /// All shares, or one and what may be done there.
    Share {
        name: Option<Phrase>,
    },
    Disk,
    /// The members of a local group.
    Group {
        name: Phrase,
    },
}

#[derive(Clone, Debug)]
pub enum RegistryAsk {
    Value(Phrase),
    Values,
    Keys,
}

impl HostAsk {
    /// The protocol's name in files.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Service { .. } => "service",
            Self::Registry { .. } => "registry",
            Self::File { .. } => "file",
            Self::Share { .. } => "share",
            Self::Disk => "disk",
            Self::Group { .. } => "group",
        }
    }

    fn phrases(&self) -> Vec<&Phrase> {
        match self {
            Self::Service { name } | Self::Share { name } => name.iter().collect(),
            Self::Registry {
                key,
                what: RegistryAsk::Value(value),
                ..
            } => vec![key, value],
            Self::Registry { key, .. } => vec![key],
            Self::File { path, .. } => vec![path],
            Self::Group { name } => vec![name],
            Self::Disk => Vec::new(),
        }
    }
}

/// A command that reads JSON and prints JSON.
#[derive(Clone, Debug)]
pub struct ShellAsk {
    pub command: Command,
    /// What it is given, by name.
    pub input: Vec<(Arc<str>, Expression)>,
}

/// The text of a command; nothing is ever filled into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    PowerShell(Arc<str>),
    /// A program and its arguments.
    Run(Vec<String>),
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PowerShell(text) => f.write_str(text),
            Self::Run(words) => {
                let words: Vec<_> = words.iter().map(|word| shown(word)).collect();
                f.write_str(&words.join(" "))
            }
        }
    }
}

#[derive(Clone, Debug)]
pub enum LocalAsk {
    /// The DNS servers that this machine asks.
    Resolvers,
    /// The addresses that this machine finds for a name.
    Resolve { name: Phrase },
    /// This machine's time.
    Clock,
    /// The files in a folder of this machine and in the folders right below it.
    Files {
        folder: Phrase,
        /// How their names end, in lower case and without the dot; all, if there are none.
        endings: Vec<String>,
    },
}

/// Records made of other facts.
#[derive(Clone, Debug)]
pub struct Derivation {
    pub for_each: Option<Expression>,
    pub when: Option<Expression>,
    pub gives: Gives,
    pub span: Span,
}
