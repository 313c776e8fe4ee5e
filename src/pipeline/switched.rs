//! What runbooks look at.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Answer, Opened, known};
use crate::catalogue::RunbookStep;
use crate::collect;
use crate::evaluate::{Judged, Summary};
use crate::facts::{FactPath, Facts, Side, Snapshot};
use crate::generate::{Site, Sites};
use crate::pair::{Pair, Protocol, Server};

/// The facts that putting runbooks together looks at.
pub fn wanted_by_runbooks(opened: &Opened) -> BTreeSet<FactPath> {
    let steps = opened.catalogue.steps.values();
    collect::needed_for(&opened.catalogue, steps.flat_map(RunbookStep::reads))
}

/// What is known as of `now`: what was read and is not too old, and what the pair file says.
pub fn said_and_read(opened: &Opened, snapshot: &Snapshot, now: Timestamp) -> Facts {
    known(opened, snapshot, now)
}

/// The answer of somebody who asked for no judgement.
pub fn nothing_judged() -> Answer {
    Answer {
        judged: Judged {
            findings: Vec::new(),
            unused_waivers: Vec::new(),
        },
        summary: Summary::default(),
    }
}

/// Where the steps of the pair's scripts are done.
pub fn sites(opened: &Opened) -> Sites {
    let pair = &opened.pair;
    let endpoints = pair.endpoints.iter().map(|(name, endpoint)| {
        let (server, _) = endpoint.protocol.address();
        (name.clone(), server.to_owned())
    });
    Sites {
        pair: pair.name.value.clone(),
        source: site(pair, &pair.source, Side::Source),
        target: site(pair, &pair.target, Side::Target),
        endpoints: endpoints.collect(),
    }
}

/// A server, and how its databases are asked: by the instance, or the port, that the pair file says.
fn site(pair: &Pair, server: &Server, side: Side) -> Site {
    let name = &server.name.value;
    let database = match pair.tds(side.word()).map(|endpoint| &endpoint.protocol) {
        Some(Protocol::Tds {
            instance: Some(instance),
            ..
        }) => format!("{name}\\{instance}"),
        Some(Protocol::Tds { port: Some(port), .. }) => format!("{name},{port}"),
        _ => name.clone(),
    };
    Site {
        name: name.clone(),
        address: server.address.value.to_string(),
        database,
    }
}
