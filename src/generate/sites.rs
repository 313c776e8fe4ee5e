//! Where things are done, as scripts reach it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::facts::Side;

/// The servers and endpoints of a pair.
#[derive(Clone, Debug, Default)]
pub struct Sites {
    pub pair: String,
    pub source: Site,
    pub target: Site,
    /// The server of each endpoint.
    pub endpoints: BTreeMap<String, String>,
    /// Hosts other than the two: while one of them answers, a server's silence is its own and not that of our network.
    pub witnesses: BTreeSet<String>,
}

/// One server.
#[derive(Clone, Debug, Default)]
pub struct Site {
    pub name: String,
    /// All of them; a server is silent only if it is at each.
    pub addresses: Vec<IpAddr>,
    /// How its database server is named.
    pub database: String,
}

impl Sites {
    pub(super) const fn of(&self, side: Side) -> &Site {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }
}
