//! Recorded pairs made large: whatever bears one name is there many times over.

use std::path::Path;

use serde_json::Value;
use standin::diagnostic::SourceMap;
use standin::facts::{Facts, Snapshot};
use standin::generate::{self, Existing, Manifest, Script, Templates};
use standin::pipeline::{self, Opened};
use standin::plan::{self, Basis, PairRunbook};
use standin::report::{self, Look, Origin, RunbookReport};

/// A recorded pair, and the name in it that is multiplied.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) things: &'static str,
    fixture: &'static str,
    name: &'static str,
}

pub(crate) const DATABASES: Kind = Kind {
    things: "databases",
    fixture: "fixtures/sql-database-mode",
    name: "Orders",
};
pub(crate) const STORAGE_GROUPS: Kind = Kind {
    things: "storage groups",
    fixture: "fixtures/exchange-healthy",
    name: "Executives",
};

/// A pair, and the text of its snapshot.
pub(crate) struct Large {
    pub(crate) opened: Opened,
    pub(crate) snapshot: String,
}

/// What is known of it.
pub(crate) struct Known<'l> {
    opened: &'l Opened,
    snapshot: Snapshot,
    facts: Facts,
}

impl Kind {
    /// The recorded pair with this many more of its things.
    pub(crate) fn large(self, count: usize) -> Large {
        let fixture = Path::new(self.fixture);
        let taken = "2026-11-20T22:00:00Z".parse().expect("this is a time");
        let opened = pipeline::open(fixture, &[], taken, &mut SourceMap::new());
        let text = std::fs::read_to_string(fixture.join("snapshot.json")).expect("it is recorded");
        let mut snapshot: Value = serde_json::from_str(&text).expect("it is a snapshot");
        let facts = snapshot["facts"].as_object_mut().expect("it has facts");
        for list in facts
            .values_mut()
            .filter_map(|fact| fact.get_mut("value")?.as_array_mut())
        {
            *list = list.iter().flat_map(|entry| self.many(entry, count)).collect();
        }
        Large {
            opened: opened.expect("the pair is right"),
            snapshot: snapshot.to_string(),
        }
    }

    /// The record, and its copies where the name is in its key; a hole of a map lies under a key.
    fn many(self, entry: &Value, count: usize) -> Vec<Value> {
        let key = ["key", "under"]
            .iter()
            .find_map(|word| entry.get(word)?.as_array());
        let bears = key.is_some_and(|key| key.iter().any(|part| part == self.name));
        let copies = (0..if bears { count } else { 0 })
            .map(|number| renamed(entry, self.name, &format!("{}{number:05}", self.name)));
        std::iter::once(entry.clone()).chain(copies).collect()
    }
}

fn renamed(value: &Value, from: &str, to: &str) -> Value {
    match value {
        Value::String(text) => text.replace(from, to).into(),
        Value::Array(items) => items.iter().map(|item| renamed(item, from, to)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            fields
                .map(|(name, value)| (name.clone(), renamed(value, from, to)))
                .collect()
        }
        other => other.clone(),
    }
}

impl Large {
    pub(crate) fn known(&self) -> Known<'_> {
        let snapshot = pipeline::replayed("snapshot", &self.snapshot, &self.opened.catalogue);
        let snapshot = snapshot.expect("it is a snapshot");
        Known {
            facts: pipeline::said_and_read(&self.opened, &snapshot, snapshot.taken_at),
            opened: &self.opened,
            snapshot,
        }
    }

    /// The whole way of `standin scripts`, but for the catalogue and the disk; how many bytes would be written.
    pub(crate) fn scripted(&self, templates: &Templates) -> usize {
        let known = self.known();
        let scripts = known.scripts(&known.runbooks(), templates);
        let mut manifest = Manifest::new("pair", &self.opened.catalogue.digest, templates.texts());
        let settled = generate::settle(&scripts, &Existing::default(), &mut manifest, false);
        let written = settled.iter().filter_map(|one| one.write.as_ref());
        written.map(|(_, text)| text.len()).sum()
    }
}

impl Known<'_> {
    /// All that are written as scripts.
    pub(crate) fn runbooks(&self) -> Vec<PairRunbook<'_>> {
        let basis = Basis {
            catalogue: &self.opened.catalogue,
            facts: &self.facts,
            findings: &[],
        };
        let runbooks = self.opened.catalogue.runbooks.values();
        let made = runbooks
            .filter(|runbook| runbook.script.is_some())
            .filter_map(|of| plan::runbook(&basis, &of.name));
        made.map(|made| made.expect("it has an order")).collect()
    }

    pub(crate) fn scripts(&self, runbooks: &[PairRunbook<'_>], templates: &Templates) -> Vec<Script> {
        let sites = pipeline::sites(self.opened);
        let made = runbooks.iter().flat_map(|runbook| {
            let (written, unwritten) = generate::scripts(runbook, &sites, templates);
            assert!(unwritten.is_empty(), "{unwritten:?}");
            written
        });
        made.collect()
    }

    /// What `standin runbook show` prints of these.
    pub(crate) fn shown(&self, runbooks: &[PairRunbook<'_>]) -> usize {
        let answer = pipeline::nothing_judged();
        let look = Look {
            colour: false,
            unicode: true,
            width: 100,
            verbose: false,
        };
        let shown = runbooks.iter().map(|runbook| {
            let told = RunbookReport {
                report: self
                    .opened
                    .report(&self.snapshot, &answer, Origin::Recorded, self.snapshot.taken_at),
                runbook,
            };
            report::runbook_text(&told, look).len()
        });
        shown.sum()
    }
}
