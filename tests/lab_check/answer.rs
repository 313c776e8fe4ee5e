//! One live check, and its answer as text that can be compared.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use standin::collect::{Progress, Silent};
use standin::diagnostic::SourceMap;
use standin::evaluate::Selection;
use standin::facts::Snapshot;
use standin::pair::Secrets;
use standin::pipeline::{self, Answer, Opened};
use standin::report::{self, Origin};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::answers::{Place, outcome, place};
use super::live::Edit;
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
    let folder = pair_file::with(edits);
    let mut sources = SourceMap::new();
    pipeline::open(folder.path(), &[], now(), &mut sources).unwrap_or_else(|why| panic!("{why:?}"))
}

/// Reads and judges the lab's pair with these edits of its file.
pub(crate) fn check(edits: &[Edit<'_>]) -> Checked {
    Runtime::new().unwrap().block_on(check_beside(edits))
}

/// The same beside other work.
pub(crate) async fn check_beside(edits: &[Edit<'_>]) -> Checked {
    let opened = open(edits);
    let snapshot = read(&opened, Duration::from_mins(1), &Silent, CancellationToken::new()).await;
    judged(opened, snapshot)
}

/// Reads everything that the pair's rules need.
pub(crate) async fn read(
    opened: &Opened,
    timeout: Duration,
    progress: &dyn Progress,
    cancelled: CancellationToken,
) -> Snapshot {
    let (all, mut secrets) = (Selection::default(), Secrets::default());
    let means = pipeline::Means {
        timeout,
        clock: &now,
        progress,
        cancelled,
        digests: None,
    };
    pipeline::live(opened, &all, means, &mut secrets).await
}

pub(crate) fn judged(opened: Opened, snapshot: Snapshot) -> Checked {
    let answer = pipeline::judge(&opened, &snapshot, &Selection::default(), snapshot.taken_at).unwrap();
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
