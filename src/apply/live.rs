//! The servers of a pair, over their protocols.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::World;
use super::deed::{Deed, dns, host, ldap, setting, tds};
use crate::catalogue::{Action, Catalogue, Fix, On, Reading};
use crate::collect::{Digests, For, Peers, Request, Silent, endpoint_of};
use crate::facts::{Absence, Cause, FactPath, FactValue, Facts, Root, Side};
use crate::pair::{Pair, PairFile};
use crate::plan::{At, Doing};
use crate::transport::Unwritten;

/// What a run reaches servers with.
pub struct Live<'a> {
    pub peers: &'a Peers,
    pub catalogue: &'a Catalogue,
    pub pair: &'a Pair,
    /// Where settings are written.
    pub file: &'a PairFile,
    /// What the pair file says now.
    pub said: &'a dyn Fn() -> Facts,
    pub trusted: &'a BTreeSet<String>,
    /// For all facts that are read at once.
    pub timeout: Duration,
    pub clock: &'a dyn Fn() -> Timestamp,
    pub digests: Option<Digests<'a>>,
}

impl Live<'_> {
    fn request<'r>(&'r self, known: &'r Facts, wanted: &'r BTreeSet<FactPath>) -> Request<'r> {
        Request {
            catalogue: self.catalogue,
            pair: self.pair,
            said: known,
            wanted,
            trusted: self.trusted,
            timeout: self.timeout,
            clock: self.clock,
            digests: self.digests,
            progress: &Silent,
            // A step that is under way comes to its end.
            cancelled: CancellationToken::new(),
        }
    }

    fn side(doing: &Doing) -> Result<Side, Unwritten> {
        match &doing.at {
            At::Server(side) | At::Host(side, _) => Ok(*side),
            At::Local | At::Endpoint(_) => Err(misplaced(doing)),
        }
    }

    fn endpoint(doing: &Doing) -> Result<&str, Unwritten> {
        match &doing.at {
            At::Endpoint(name) => Ok(name),
            At::Local | At::Server(_) | At::Host(..) => Err(misplaced(doing)),
        }
    }
}

fn misplaced(doing: &Doing) -> Unwritten {
    let detail = format!("{} does nothing on {}", doing.protocol, doing.on);
    Unwritten::refused(Absence::new(Cause::NotConfigured, doing.protocol, detail))
}

impl World for Live<'_> {
    async fn read(&self, known: &Facts, wanted: &BTreeSet<FactPath>) -> Facts {
        let (said, asked): (BTreeSet<FactPath>, BTreeSet<FactPath>) = wanted
            .iter()
            .cloned()
            .partition(|path| path.root == Root::Setting);
        let mut known = known.clone();
        let mut facts = Facts::default();
        if !said.is_empty() {
            for (path, observation) in (self.said)()
                .iter()
                .filter(|(path, _)| path.root == Root::Setting)
            {
                known.insert(path.clone(), observation.clone());
                facts.insert(path.clone(), observation.clone());
            }
        }
        if !asked.is_empty() {
            let read = self.peers.read(&self.request(&known, &asked)).await;
            for (path, observation) in read.iter() {
                facts.insert(path.clone(), observation.clone());
            }
        }
        facts
    }

    async fn read_for(&self, known: &Facts, reading: &Reading, of: For<'_>) -> Result<FactValue, Absence> {
        let none = BTreeSet::new();
        self.peers
            .read_for(&self.request(known, &none), reading, of)
            .await
    }

    async fn act(&self, doing: &Doing) -> Result<(), Unwritten> {
        let deed = Deed::new(doing);
        match doing.protocol {
            "ldap" => {
                let endpoint = self.peers.ldap(Self::endpoint(doing)?);
                ldap::run(deed, endpoint.map_err(Unwritten::refused)?).await
            }
            "dns" => {
                let endpoint = self.peers.dns(Self::endpoint(doing)?);
                dns::run(deed, endpoint.map_err(Unwritten::refused)?).await
            }
            "tds" => {
                let endpoint = self.peers.tds(self.pair, Self::side(doing)?);
                let (server, through) = endpoint.map_err(Unwritten::refused)?;
                tds::run(deed, server, through.as_ref()).await
            }
            "setting" => setting::run(deed, self.file),
            "shell" if doing.at == At::Local => host::run_here(deed, self.timeout).await,
            _ => {
                let other = match &doing.at {
                    At::Host(_, host) => Some(host.as_ref()),
                    _ => None,
                };
                let host = self.peers.host(self.pair, Self::side(doing)?, other);
                host::run(deed, &host.map_err(Unwritten::refused)?, &self.pair.folder).await
            }
        }
    }
}

/// The endpoints that doing these fixes, and taking them back, talks to.
pub fn endpoints<'f>(pair: &Pair, fixes: impl IntoIterator<Item = &'f Fix>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for fix in fixes {
        for action in fix.done() {
            names.extend(endpoints_of_action(pair, action));
        }
        for reading in &fix.read {
            for side in Side::BOTH {
                let asked = endpoint_of(pair, &reading.probe.on, &reading.probe.ask, Some(side));
                let asked = asked.ok().flatten();
                let through = asked.and_then(|endpoint| pair.through(endpoint));
                names.extend([asked, through].into_iter().flatten().map(|one| one.name.clone()));
            }
        }
    }
    names
}

fn endpoints_of_action(pair: &Pair, action: &Action) -> Vec<String> {
    let sides: &[Side] = match &action.on {
        On::Endpoint(name) => {
            return pair
                .endpoint(name)
                .map(|one| one.name.clone())
                .into_iter()
                .collect();
        }
        On::Local => &[],
        On::Here | On::Host(_) => &Side::BOTH,
        On::Side(side) => std::slice::from_ref(side),
    };
    let of_side = |side: &Side| {
        let asked = match action.verb.protocol {
            "tds" => pair.tds(side.word()),
            _ => pair.host(side.word()),
        };
        let through = asked.and_then(|endpoint| pair.through(endpoint));
        [asked, through]
            .into_iter()
            .flatten()
            .map(|one| one.name.clone())
            .collect::<Vec<_>>()
    };
    sides.iter().flat_map(of_side).collect()
}
