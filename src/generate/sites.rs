//! Where things are done, as scripts reach it.

use std::collections::BTreeMap;

use crate::facts::Side;

/// The servers and endpoints of a pair.
#[derive(Clone, Debug, Default)]
pub struct Sites {
    pub pair: String,
    pub source: Site,
    pub target: Site,
    /// The server of each endpoint.
    pub endpoints: BTreeMap<String, String>,
}

/// One server.
#[derive(Clone, Debug, Default)]
pub struct Site {
    pub name: String,
    pub address: String,
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
