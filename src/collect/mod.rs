//! Probes through transports to a snapshot.
//!
//! A fact is read as soon as the facts that its probe mentions are there: there are no phases, and a dead server
//! delays nothing but what is asked of it. Only what the chosen rules need is read. Whatever fails becomes an
//! absence with its cause; nothing fails the run.

mod doctor;
mod find;
mod gather;
mod here;
mod needs;
mod network;
mod order;
mod peers;
mod probe;
mod progress;
mod row;
mod server;
mod transports;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::catalogue::Catalogue;
use crate::facts::{Absence, Cause, Digest, FactPath, Facts, Observation, Provenance, Snapshot};
use crate::pair::{Pair, Secrets};
use crate::predicate::Seen;

pub use doctor::{Health, Look, examine};
pub use find::{directory_of, primary_of};
use order::Order;

pub use here::{files_here, place_here};
pub use needs::{made_of, needed, needed_for, needed_with_fixes};
pub use peers::{For, Peers};
pub use progress::{Progress, Silent};
pub use transports::{endpoint_of, endpoints_of};

/// What is to be collected, and what it may take.
pub struct Request<'a> {
    pub catalogue: &'a Catalogue,
    pub pair: &'a Pair,
    /// Settings, parameters and the servers' names.
    pub said: &'a Facts,
    /// The facts that are wanted; see [`needed`].
    pub wanted: &'a BTreeSet<FactPath>,
    /// Digests of the packs from folders whose programs may run; those of the binary always may.
    pub trusted: &'a BTreeSet<String>,
    /// For all facts together.
    pub timeout: Duration,
    pub clock: &'a dyn Fn() -> Timestamp,
    /// Makes the digests that stand for secrets.
    pub digests: Option<Digests<'a>>,
    pub progress: &'a dyn Progress,
    /// Ends the run early; what was not read by then is not collected.
    pub cancelled: CancellationToken,
}

/// Digests of secrets under one key.
#[derive(Clone, Copy)]
pub struct Digests<'a> {
    /// Names the key.
    pub key: &'a str,
    pub make: &'a dyn Fn(&[u8]) -> Digest,
}

/// Reads the wanted facts; what could not be read is absent with its cause.
///
/// Secrets are fetched first, for they may ask a person.
pub async fn collect(request: &Request<'_>, secrets: &mut Secrets) -> Snapshot {
    let endpoints = endpoints_of(request.catalogue, request.pair, request.wanted);
    Peers::open(request.pair, &endpoints, secrets)
        .snapshot(request)
        .await
}

/// One collection while it runs.
struct Run<'a> {
    request: &'a Request<'a>,
    transports: &'a transports::Transports,
    facts: RefCell<Facts>,
    deadline: Instant,
    /// What a fix is given that reads something for itself, by name.
    given: &'a [(Arc<str>, Seen)],
}

impl<'a> Run<'a> {
    fn new(
        request: &'a Request<'a>,
        transports: &'a transports::Transports,
        given: &'a [(Arc<str>, Seen)],
    ) -> Self {
        Self {
            request,
            transports,
            facts: RefCell::new(request.said.clone()),
            deadline: Instant::now() + request.timeout,
            given,
        }
    }

    /// Reads every wanted fact, each as soon as what it rests on is there.
    async fn all(&self) {
        let mut order = Order::new(self.request.catalogue, self.request.wanted);
        self.request.progress.started(self.request.wanted.len());
        let mut reading = FuturesUnordered::new();
        reading.extend(order.first.iter().map(|path| self.read(path)));
        while let Some((path, observation)) = reading.next().await {
            self.request
                .progress
                .read(&path, observation.value.as_ref().err());
            self.facts.borrow_mut().insert(path.clone(), observation);
            reading.extend(order.read(&path).into_iter().map(|path| self.read(path)));
        }
        self.request.progress.finished();
    }

    /// Reads one fact within the run's time.
    async fn read(&self, path: &FactPath) -> (FactPath, Observation) {
        let start = Instant::now();
        let reading = gather::fact(self, path);
        let outcome = tokio::select! {
            biased;
            () = self.request.cancelled.cancelled() => Err(interrupted(path)),
            outcome = tokio::time::timeout_at(self.deadline, reading) => outcome.map_err(|_| self.out_of_time()),
        };
        let (value, mut provenance) = match outcome {
            Ok(gathered) => (gathered.value, gathered.provenance),
            Err(why) => (Err(why), Origin::default()),
        };
        if provenance.probe.is_empty() {
            "none".clone_into(&mut provenance.probe);
        }
        let provenance = Provenance {
            probe: provenance.probe,
            server: provenance.server,
            at: (self.request.clock)(),
            took_ms: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
            tried: provenance.tried,
        };
        (path.clone(), Observation { value, provenance })
    }

    fn out_of_time(&self) -> Absence {
        let seconds = self.request.timeout.as_secs();
        Absence::new(
            Cause::Timeout,
            "timeout",
            format!("not read within the {seconds} s that the whole run may take"),
        )
    }
}

fn interrupted(path: &FactPath) -> Absence {
    Absence::new(
        Cause::NotCollected,
        "interruption",
        format!("{path} was not read: the run was interrupted"),
    )
}

/// Where a value comes from, without the time.
#[derive(Clone, Debug, Default)]
struct Origin {
    probe: String,
    server: String,
    tried: Vec<crate::facts::Reading>,
}

#[cfg(test)]
mod tests;
