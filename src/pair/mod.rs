//! `pair.yaml`: which two servers, how they are reached, and what is waived.
//!
//! Reading it tells all mistakes at once, each with its place. Secrets are only referred to: a file with a
//! password in it is refused. Settings and parameters stay trees, since packs declare what they may hold and
//! `catalogue` binds them. Nothing here knows a product, and nothing here connects anywhere.

mod credential;
mod edit;
mod endpoint;
mod file;
mod pattern;
mod protocol;
mod rewrite;
mod secret;
mod servers;
mod values;
mod waiver;

pub use credential::{Credential, SecretRef, SecretSource};
pub use edit::{EditError, edit};
pub use endpoint::{Endpoint, Protocol, Security, TsigRef};
pub use pattern::Pattern;
pub use rewrite::{PairFile, RewriteError};
pub use secret::{SecretError, Secrets};
pub use values::parse_duration;
pub use waiver::Waiver;

use crate::diagnostic::{Diagnostics, SourceId, SourceMap};
use crate::yaml::decode::Spanned;
use crate::yaml::{self, Limits, Node};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One source and one target server with all that a check needs to know of them.
#[derive(Clone, Debug)]
pub struct Pair {
    pub name: Spanned<String>,
    /// The folder of the pair file; relative paths of this machine start there.
    pub folder: PathBuf,
    /// The packs that judge it, by name.
    pub packs: Vec<Spanned<String>>,
    pub source: Server,
    pub target: Server,
    pub endpoints: BTreeMap<String, Endpoint>,
    /// A map that packs understand.
    pub settings: Option<Node>,
    /// A map that packs understand.
    pub params: Option<Node>,
    /// Services that packs are told about.
    pub services: Vec<Node>,
    pub waivers: Vec<Waiver>,
    /// The snapshot that stands in for the servers.
    pub recorded: Option<PathBuf>,
    pub collect: Collect,
    /// Facts older than this are not known.
    pub max_age: Option<Duration>,
}

/// One of the two servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub name: Spanned<String>,
    pub address: Spanned<IpAddr>,
    /// All its addresses, `address` among them.
    pub addresses: Vec<IpAddr>,
    pub domain: Option<String>,
}

/// What a collection may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collect {
    /// For all facts together.
    pub timeout: Duration,
    /// At a time, for each server.
    pub connections: usize,
}

impl Default for Collect {
    fn default() -> Self {
        Self {
            timeout: Duration::from_mins(2),
            connections: 4,
        }
    }
}

impl Pair {
    /// Reads a pair file; `name` is what people know it by.
    pub fn load(path: &Path, name: &str, sources: &mut SourceMap, sink: &mut Diagnostics) -> Option<Self> {
        let id = yaml::read(path, name, Limits::default().bytes, sources, sink)?;
        Self::parse(id, path.parent().unwrap_or(Path::new("")), sources, sink)
    }

    /// Reads a pair file that is in the map already; its relative paths start in `folder`.
    ///
    /// Nothing is returned when there is an error in it.
    pub fn parse(id: SourceId, folder: &Path, sources: &SourceMap, sink: &mut Diagnostics) -> Option<Self> {
        let before = sink.error_count();
        let tree = yaml::parse(id, sources, &Limits::default(), sink)?;
        let pair = file::pair(&tree, folder, sink);
        pair.filter(|_| sink.error_count() == before)
    }

    /// Returns the endpoint of this name.
    pub fn endpoint(&self, name: &str) -> Option<&Endpoint> {
        self.endpoints.get(name)
    }

    /// How a server's Windows is asked; `side` is `source` or `target`.
    pub fn host(&self, side: &str) -> Option<&Endpoint> {
        let named = |kind: &&str| self.endpoint(&format!("{side}.{kind}"));
        servers::HOST.iter().find_map(named)
    }

    /// The endpoint of the host that asks in place of this one's own protocol.
    pub fn through<'p>(&'p self, endpoint: &Endpoint) -> Option<&'p Endpoint> {
        match &endpoint.protocol {
            Protocol::Tds {
                through: Some(host), ..
            } => self.endpoint(host),
            _ => None,
        }
    }

    /// How a server's databases are asked; `side` is `source` or `target`.
    pub fn tds(&self, side: &str) -> Option<&Endpoint> {
        self.endpoint(&format!("{side}.tds"))
    }
}

#[cfg(test)]
mod tests;
