//! What runbooks look at.

use std::collections::BTreeSet;
use std::net::IpAddr;

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
        witnesses: witnesses(pair),
    }
}

/// The hosts of the pair file that are neither of the two servers, by whatever name, nor the machine that asks.
fn witnesses(pair: &Pair) -> BTreeSet<String> {
    // `source.rpc` and its like are the servers themselves.
    let others = pair.endpoints.iter().filter(|(name, _)| !name.contains('.'));
    let hosts = others.map(|(_, endpoint)| {
        let (host, _) = endpoint.protocol.address();
        host.trim_end_matches('.').to_ascii_lowercase()
    });
    hosts
        .filter(|host| !is_local(host) && !is(&pair.source, host) && !is(&pair.target, host))
        .collect()
}

fn is_local(host: &str) -> bool {
    host.parse::<IpAddr>().map_or(host == "localhost", |address| {
        address.is_loopback() || address.is_unspecified()
    })
}

/// A host of the same first label counts as the server itself, whatever domain it is said to be in.
fn is(server: &Server, host: &str) -> bool {
    let label = host.split('.').next().unwrap_or(host);
    host.parse::<IpAddr>().map_or_else(
        |_| label.eq_ignore_ascii_case(&server.name.value),
        |address| server.addresses.contains(&address),
    )
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
        addresses: server.addresses.clone(),
        database,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::diagnostic::{Diagnostics, SourceMap};

    const PAIR: &str = "\
pair: a
packs: [common]
source: { name: ONE, address: 192.0.2.1, addresses: [192.0.2.11] }
target: { name: two, address: 192.0.2.2 }
endpoints:
  directory: { ldap: { server: DC1.corp.example. }, credential: { kerberos: {} } }
  dns: { dns: { server: dc1.corp.example } }
  by_address: { tcp: { server: 192.0.2.7, port: 25 } }
  second_card: { tcp: { server: 192.0.2.11, port: 25 } }
  by_name: { tcp: { server: one.corp.example, port: 25 } }
  by_label: { tcp: { server: TWO, port: 25 } }
  here: { tcp: { server: 127.0.0.1, port: 25 } }
  this: { tcp: { server: localhost, port: 25 } }
  servers: { rpc: {}, credential: { kerberos: {} } }
  target: { rpc: { server: alias.corp.example } }
";

    #[test]
    fn others_can_tell_that_the_network_is_there() {
        let (mut sources, mut sink) = (SourceMap::new(), Diagnostics::new());
        let id = sources.add("pair.yaml", PAIR);
        let pair = Pair::parse(id, Path::new(""), &sources, &mut sink);
        let pair = pair.unwrap_or_else(|| panic!("{}", crate::diagnostic::human(&sink, &sources, false)));
        let found: Vec<String> = witnesses(&pair).into_iter().collect();
        assert_eq!(found, ["192.0.2.7", "dc1.corp.example"]);
    }
}
