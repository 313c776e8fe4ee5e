//! Servers that could be a pair: the packs' facts of discovery, read and put together.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Means;
use crate::catalogue::{self, Catalogue, Discovery};
use crate::collect;
use crate::diagnostic::Diagnostics;
use crate::evaluate::{self, Found};
use crate::facts::{FactPath, FactValue, Facts, Observation, Provenance, Root};
use crate::pair::{Pair, Secrets};

/// What is looked for, and where.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    pub catalogue: &'a Catalogue,
    /// Says how the directory is reached; its two servers mean nothing.
    pub pair: &'a Pair,
    pub ways: &'a [&'a Discovery],
    /// Servers that are named.
    pub servers: &'a [String],
    /// Whether browsers are looked for by a question to all of the network.
    pub everybody: bool,
    /// Digests of the packs from folders whose programs may run.
    pub trusted: &'a BTreeSet<String>,
}

impl Sought<'_> {
    /// Every fact that has to be read.
    pub fn wanted(&self) -> BTreeSet<FactPath> {
        let servers = self.ways.iter().map(|way| way.servers.clone());
        let facts = servers.map(|name| FactPath::new(Root::Pair, name));
        collect::needed_for(self.catalogue, facts)
    }

    fn said(&self, at: Timestamp) -> Facts {
        let mut said = catalogue::bind(self.catalogue, self.pair, at, &mut Diagnostics::new());
        let names = self.servers.iter().map(|name| FactValue::text(name.as_str()));
        let asked = [FactValue::list(names), self.everybody.into()];
        for ((name, _), value) in catalogue::ASKED.into_iter().zip(asked) {
            let provenance = Provenance {
                probe: "command line".to_owned(),
                server: "command line".to_owned(),
                at,
                took_ms: 0,
                tried: Vec::new(),
            };
            let observation = Observation {
                value: Ok(value),
                provenance,
            };
            said.insert(FactPath::new(Root::Pair, name), observation);
        }
        said
    }
}

/// Looks for servers; also tells whether it came to its end.
pub async fn discover(sought: Sought<'_>, means: Means<'_>, secrets: &mut Secrets) -> (Found, bool) {
    let wanted = sought.wanted();
    let said = sought.said((means.clock)());
    let request = collect::Request {
        catalogue: sought.catalogue,
        pair: sought.pair,
        said: &said,
        wanted: &wanted,
        trusted: sought.trusted,
        timeout: means.timeout,
        clock: means.clock,
        digests: means.digests,
        progress: means.progress,
        cancelled: means.cancelled,
    };
    let snapshot = collect::collect(&request, secrets).await;
    let found = evaluate::discovered(sought.ways, &snapshot.facts);
    (found, snapshot.complete)
}
