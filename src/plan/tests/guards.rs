//! Guards of a pack, as they stop fixes.

use super::*;
use crate::facts::{Absence, Cause, Side};

fn nobody() -> Provenance {
    Provenance {
        probe: String::new(),
        server: String::new(),
        at: jiff::Timestamp::UNIX_EPOCH,
        took_ms: 0,
        tried: Vec::new(),
    }
}

/// A pack with two guards, one for a single fix.
fn guarded_pack() -> Catalogue {
    let text = "\
guards:
  - guard: own/quiet
    about: Nobody is at work.
    holds: [target.own.quiet, target.own.calm]
    else: somebody is at work on {{ target.name }}
  - guard: own/calm
    about: The sea is calm.
    for: [own/sail]
    holds: target.own.calm
    else: it is not calm
";
    let facts = "\
facts:
  - { fact: own.quiet, about: Quiet., type: bool, probes: [{ derive: [{ value: 'true' }] }] }
  - { fact: own.calm, about: Calm., type: bool, probes: [{ derive: [{ value: 'true' }] }] }
";
    let fixes = "\
fixes:
  - { fix: own/sail, about: Sails., on: target, safety: guided, because: nobody else can }
";
    let file = |path: &str, text: &str| PackFile::new(path, path, text.to_owned());
    let pack = PackFiles {
        folder: "own".to_owned(),
        origin: PackSource::Embedded,
        files: vec![
            file("pack.yaml", "name: own\nversion: '1'\nabout: Own.\nowns: [own]\n"),
            file("facts/a.yaml", facts),
            file("fixes/a.yaml", fixes),
            file("guards.yaml", text),
        ],
    };
    let mut sources = SourceMap::new();
    let loaded = load(&[pack], &mut sources);
    let told = human(&loaded.diagnostics, &sources, false);
    loaded.catalogue.expect(&told)
}

#[test]
fn a_guard_that_does_not_hold_or_is_not_known_stops_its_fixes() {
    let catalogue = guarded_pack();
    let stopping = |quiet: Option<bool>, calm: Option<bool>| {
        let mut facts = Facts::default();
        let name = FactPath::new(Side::Target, "name");
        facts.insert(
            name,
            Observation {
                value: Ok("TARGET".into()),
                provenance: nobody(),
            },
        );
        for (name, value) in [("own.quiet", quiet), ("own.calm", calm)] {
            let path = FactPath::new(Side::Target, name);
            let value = value.map(FactValue::Bool);
            let value = value.ok_or_else(|| Absence::new(Cause::Denied, "target.host", "not allowed"));
            facts.insert(
                path,
                Observation {
                    value,
                    provenance: nobody(),
                },
            );
        }
        let basis = Basis {
            catalogue: &catalogue,
            facts: &facts,
            findings: &[],
        };
        let told = |one: &Guarded| match &one.because {
            Stopped::Broken(why) => format!("{}: {why}", one.guard),
            Stopped::Unknown(why) => format!("{}? {why}", one.guard),
        };
        let all = guarded(&basis);
        let sail = all.iter().filter(|one| one.stops("own/sail")).map(told);
        let other = all.iter().filter(|one| one.stops("own/other")).map(told);
        (sail.collect::<Vec<_>>(), other.collect::<Vec<_>>())
    };
    assert_eq!(stopping(Some(true), Some(true)), (vec![], vec![]));
    let (sail, other) = stopping(Some(true), Some(false));
    assert_eq!(sail.len(), 2);
    assert_eq!(other, ["own/quiet: somebody is at work on TARGET"]);
    let (_, other) = stopping(None, Some(false));
    assert_eq!(
        other,
        ["own/quiet: somebody is at work on TARGET"],
        "what is false is so whatever else is not known"
    );
    let (_, other) = stopping(None, Some(true));
    assert_eq!(other, ["own/quiet? not allowed (denied)"]);
}
