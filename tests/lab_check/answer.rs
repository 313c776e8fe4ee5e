//! One live check, and its answer as text that can be compared.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use standin::collect::{Digests, Progress, Silent};
use standin::diagnostic::SourceMap;
use standin::evaluate::Selection;
use standin::facts::{Digest, Snapshot};
use standin::pair::Secrets;
use standin::pipeline::{self, Answer, Opened};
use standin::report::{self, Origin};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::answers::{Place, outcome, place};
use super::live::{Base, EXCHANGE, Edit};
use super::pair_file;

/// What a check gave.
pub(crate) struct Checked {
    pub(crate) opened: Opened,
    pub(crate) snapshot: Snapshot,
    pub(crate) answer: Answer,
}

/// As of when everything here is read and judged; as a fixed clock it keeps answers equal.
pub(crate) fn now() -> Timestamp {
    "2026-11-22T03:00:00Z".parse().unwrap()
}

/// The lab's pair with these edits of its file.
pub(crate) fn open(edits: &[Edit<'_>]) -> Opened {
    open_in(&EXCHANGE, edits)
}

/// A pair of the lab with these edits of its file.
pub(crate) fn open_in(base: &Base, edits: &[Edit<'_>]) -> Opened {
    let folder = pair_file::with(base, edits);
    let mut sources = SourceMap::new();
    pipeline::open(folder.path(), &[], now(), &mut sources).unwrap_or_else(|why| panic!("{why:?}"))
}

/// Everything that can be asked of the pair.
pub(crate) fn all() -> Selection {
    Selection::default()
}

/// What is asked of the directory and the name servers, and of no host of the pair.
pub(crate) fn of_network() -> Selection {
    let skip = [
        "Connection",
        "Exchange clusters",
        "Helper programs",
        "Operating system",
        "Replication engine",
        "Replication set",
        "Services",
        "common/share-unreachable",
    ];
    Selection {
        skip: skip.map(str::to_owned).to_vec(),
        ..Selection::default()
    }
}

/// Reads and judges the lab's pair with these edits of its file.
pub(crate) fn check(edits: &[Edit<'_>]) -> Checked {
    Runtime::new().unwrap().block_on(check_beside(&all(), edits))
}

/// The same for a pair of the lab.
pub(crate) fn check_in(base: &Base, edits: &[Edit<'_>]) -> Checked {
    Runtime::new()
        .unwrap()
        .block_on(check_in_beside(base, &all(), edits))
}

/// The same without the pair's hosts.
pub(crate) fn check_network(edits: &[Edit<'_>]) -> Checked {
    Runtime::new()
        .unwrap()
        .block_on(check_beside(&of_network(), edits))
}

/// The same with a choice of rules, beside other work.
pub(crate) async fn check_beside(chosen: &Selection, edits: &[Edit<'_>]) -> Checked {
    check_in_beside(&EXCHANGE, chosen, edits).await
}

/// The same for a pair of the lab.
pub(crate) async fn check_in_beside(base: &Base, chosen: &Selection, edits: &[Edit<'_>]) -> Checked {
    let opened = open_in(base, edits);
    let (limit, token) = (Duration::from_mins(1), CancellationToken::new());
    let snapshot = read(&opened, chosen, limit, &Silent, token).await;
    judged_by(chosen, opened, snapshot)
}

/// Reads everything that the chosen rules need.
pub(crate) async fn read(
    opened: &Opened,
    chosen: &Selection,
    timeout: Duration,
    progress: &dyn Progress,
    cancelled: CancellationToken,
) -> Snapshot {
    let mut secrets = Secrets::default();
    let means = pipeline::Means {
        timeout,
        clock: &now,
        progress,
        cancelled,
        digests: Some(Digests {
            key: "lab",
            make: &digest,
        }),
    };
    pipeline::live(opened, chosen, means, &mut secrets).await
}

/// Tells secrets apart without hiding them: those of the lab are none.
fn digest(secret: &[u8]) -> Digest {
    Digest {
        key: "lab".into(),
        mac: format!("{secret:02x?}").into(),
    }
}

pub(crate) fn judged(opened: Opened, snapshot: Snapshot) -> Checked {
    judged_by(&all(), opened, snapshot)
}

fn judged_by(chosen: &Selection, opened: Opened, snapshot: Snapshot) -> Checked {
    let answer = pipeline::judge(&opened, &snapshot, chosen, snapshot.taken_at).unwrap();
    Checked {
        opened,
        snapshot,
        answer,
    }
}

impl Checked {
    /// The answer for programs.
    pub(crate) fn text(&self, origin: Origin) -> String {
        report::json(&self.opened.report(&self.snapshot, &self.answer, origin, now()))
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text(Origin::Live)).unwrap()
    }
}

/// How each subject of each rule stands, in the words of [`outcome`].
pub(crate) fn outcomes(answer: &Value) -> BTreeMap<Place, String> {
    let findings = answer["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| (place(finding), outcome(finding)))
        .collect()
}
