//! The recorded pairs under `fixtures/`, opened and judged as the program does it.

use std::path::{Path, PathBuf};

use serde_json::Value;
use standin::catalogue;
use standin::diagnostic::{Diagnostics, SourceMap, human};
use standin::evaluate::Selection;
use standin::facts::Snapshot;
use standin::pair::Pair;
use standin::pipeline::{self, Answer, Failure, Opened};
use standin::report::{self, Origin};

/// Pairs in which nothing is wrong: what is changed in them is alone.
pub(crate) const HEALTHY: &[&str] = &[
    "exchange-healthy",
    "exchange-clustered",
    "sql-healthy",
    "sql-database-mode",
];

/// A recorded pair.
pub(crate) struct Scenario {
    pub(crate) folder: PathBuf,
    pub(crate) opened: Opened,
    pub(crate) snapshot: Snapshot,
}

impl Scenario {
    /// Opens the pair in this folder of `fixtures/`.
    pub(crate) fn open(name: &str) -> Self {
        let folder = Path::new("fixtures").join(name);
        let mut sources = SourceMap::new();
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let opened = pipeline::open(&folder, &[], now, &mut sources).unwrap_or_else(|why| match why {
            Failure::Files(wrong) => panic!("{}", human(&wrong, &sources, false)),
            why => panic!("{name}: {why}"),
        });
        let snapshot = pipeline::recorded(&folder.join("snapshot.json"), &opened.catalogue).unwrap();
        Self {
            folder,
            opened,
            snapshot,
        }
    }

    pub(crate) fn judge(&self, snapshot: &Snapshot) -> Answer {
        pipeline::judge(&self.opened, snapshot, &Selection::default(), snapshot.taken_at).unwrap()
    }

    /// The answer for programs.
    pub(crate) fn json(&self, snapshot: &Snapshot) -> Value {
        let answer = self.judge(snapshot);
        let report = self
            .opened
            .report(snapshot, &answer, Origin::Recorded, snapshot.taken_at);
        serde_json::from_str(&report::json(&report)).unwrap()
    }

    /// Lets the pair file be this text; the packs stay.
    pub(crate) fn say(&mut self, text: &str) {
        let (mut sources, mut sink) = (SourceMap::new(), Diagnostics::new());
        let id = sources.add("changed pair.yaml", text);
        let pair = Pair::parse(id, &self.folder, &sources, &mut sink);
        let told = |sink: &Diagnostics| human(sink, &sources, false);
        self.opened.pair = pair.unwrap_or_else(|| panic!("{}", told(&sink)));
        let now = self.snapshot.taken_at;
        self.opened.said = catalogue::bind(&self.opened.catalogue, &self.opened.pair, now, &mut sink);
        assert!(!sink.has_errors(), "{}", told(&sink));
    }
}
