//! A pair that is looked at and changed in one go, with the same connections.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Answer, Failure, Means, Opened, Planned, Purpose, judge, known, needed, plan};
use crate::apply;
use crate::collect::{self, Peers};
use crate::evaluate::Selection;
use crate::facts::{FactPath, Facts, Snapshot};
use crate::pair::Secrets;
use crate::plan::Refused;

/// A pair whose servers are reached for as long as a run lasts.
#[derive(Debug)]
pub struct Attended {
    pub peers: Peers,
    wanted: BTreeSet<FactPath>,
}

/// What was seen, and what it came to.
#[derive(Debug)]
pub struct Looked {
    pub snapshot: Snapshot,
    pub answer: Answer,
    pub now: Timestamp,
}

impl Attended {
    /// The endpoints that checking these rules, and doing and undoing any fix, talks to.
    pub fn endpoints(opened: &Opened, selection: &Selection) -> BTreeSet<String> {
        let wanted = needed(opened, selection, Purpose::Plan);
        let mut names = collect::endpoints_of(&opened.catalogue, &opened.pair, &wanted);
        names.extend(apply::endpoints(&opened.pair, opened.catalogue.fixes.values()));
        names
    }

    /// Fetches the secrets; opens no connection.
    pub fn open(opened: &Opened, selection: &Selection, secrets: &mut Secrets) -> Self {
        Self {
            peers: Peers::open(&opened.pair, &Self::endpoints(opened, selection), secrets),
            wanted: needed(opened, selection, Purpose::Plan),
        }
    }

    /// Reads everything anew and judges it.
    pub async fn look(
        &self,
        opened: &Opened,
        selection: &Selection,
        means: Means<'_>,
    ) -> Result<Looked, Failure> {
        let request = collect::Request {
            catalogue: &opened.catalogue,
            pair: &opened.pair,
            said: &opened.said,
            wanted: &self.wanted,
            trusted: &opened.trusted,
            timeout: means.timeout,
            clock: means.clock,
            digests: means.digests,
            progress: means.progress,
            cancelled: means.cancelled,
        };
        let snapshot = self.peers.snapshot(&request).await;
        let now = (means.clock)();
        let answer = judge(opened, &snapshot, selection, now)?;
        Ok(Looked {
            snapshot,
            answer,
            now,
        })
    }
}

impl Looked {
    /// The plan that mends what was found.
    pub fn plan(&self, opened: &Opened) -> Result<Planned, Box<Refused>> {
        plan(opened, &self.snapshot, &self.answer, self.now)
    }

    /// What is known, settings and parameters included.
    pub fn facts(&self, opened: &Opened) -> Facts {
        known(opened, &self.snapshot, self.now)
    }
}
