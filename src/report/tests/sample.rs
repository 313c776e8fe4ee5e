//! A small pack about a depot, a pair of them, and what was read of it.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::catalogue::{self, Catalogue, PackFile, PackFiles, PackSource};
use crate::diagnostic::{Diagnostics, SourceMap, human};
use crate::evaluate::{self, Judged, Selection, Summary};
use crate::facts::Snapshot;
use crate::pair::Pair;
use crate::report::{Origin, Report};

const FACTS: &str = r"
facts:
  - fact: depot.server
    type: { record: { version: text, build: int, motto: text } }
    about: What the server says of itself. Never its secrets.
    probes: [ { setting: name } ]
  - { fact: depot.label, type: text, about: The label on the door., probes: [ { setting: name } ] }
  - fact: depot.shelves
    type: { map_of: { name: text, path: path, size: int } }
    about: The shelves of the server.
    key: item.name
    probes: [ { derive: [ { fields: { name: here.depot.label, path: 'path(setting.name)', size: '1' } } ] } ]
  - { fact: depot.clerk, of: pair, type: text, about: Who is in., probes: [ { setting: name } ] }
";

const RULES: &str = r#"
rules:
  - id: depot/version-differs
    title: The versions differ
    guide: [X-01, X-02]
    section: Server
    let: { diff: 'differing(source.depot.server, target.depot.server, ["version", "build"])' }
    expect: is_empty(diff)
    severity: error
    message: "{{ source.name }} runs {{ source.depot.server.version }}, {{ target.name }} {{ target.depot.server.version }}"
    why: An older depot cannot read the labels of a newer one.
    remedy: Bring {{ target.name }} to version {{ source.depot.server.version }}.
    fix: { use: depot/tell, with: { server: target.name } }
  - id: depot/label-empty
    title: A server has no label
    section: Server
    sides: [source, target]
    expect: here.depot.label != ""
    severity: error
    message: "{{ here.name }} has no label"
    why: Nobody finds a door without one.
    remedy: Write one.
  - id: depot/clerk-out
    title: The clerk is out
    section: Names
    expect: pair.depot.clerk != "nobody"
    severity: warning
    message: Nobody is in
    why: Somebody has to sign.
    remedy: Call somebody.
  - id: depot/clerk-unnamed
    title: The clerk has no name
    section: Names
    expect: pair.depot.clerk != ""
    severity: warning
    message: The clerk has no name
    why: A signature needs one.
    remedy: Ask.
  - id: depot/shelf-missing
    title: A shelf is missing on the target
    guide: X-03
    section: Shelves
    for_each: source.depot.shelves
    expect: twin != ()
    severity: error
    message: "Shelf {{ item.name }} is missing on {{ target.name }}"
    why: What lay on it has no place after a failover.
    remedy: Build a shelf {{ item.name }} on {{ target.name }}.
    fix: { use: depot/build, with: { name: item.name } }
  - id: depot/path-differs
    title: The path of a shelf differs
    guide: X-04
    section: Shelves
    for_each: source.depot.shelves
    requires: [depot/shelf-missing]
    expect: same_path(item.path, twin.path)
    severity: error
    message: "Shelf {{ item.name }} is at {{ twin.path }} on {{ target.name }}, not at {{ item.path }}"
    why: What is copied arrives under the source's path.
    remedy: Move shelf {{ item.name }} to {{ item.path }}.
    fix: { use: depot/move, with: { name: item.name, to: item.path } }
  - id: depot/shelf-small
    title: A shelf is small
    section: Shelves
    for_each: source.depot.shelves
    expect: item.size > 10
    severity: warning
    message: A shelf is too small for a day's goods
    why: The rest lies on the floor.
    remedy: Build it higher.
  - id: depot/shelves
    title: The shelves are not in order
    section: Shelves
    rollup_of: [depot/shelf-missing, depot/path-differs]
    severity: error
    message: The shelves are not in order
    why: See there.
    remedy: See there.
  - id: depot/lights-off
    title: The lights stay off
    section: Options
    note: The guide says nothing of lights.
    when: setting.name != ""
    expect: setting.lights
    severity: [ { when: 'setting.name == "north-south"', is: warning }, { is: error } ]
    message: The lights stay off
    why: Nobody sees anything.
    remedy: Set `lights` to true.
    fix: { use: depot/switch, with: {} }
    examples:
      - { name: on, setting: { lights: true }, expect: good }
      - { name: off, setting: { lights: false }, expect: warning }
"#;

const FIXES: &str = "
fixes:
  - { fix: depot/tell, about: Tells., inputs: { server: text }, on: target, safety: guided, because: nobody else can }
  - { fix: depot/build, about: Builds., inputs: { name: text }, on: target, safety: confirm }
  - { fix: depot/move, about: Moves., inputs: { name: text, to: path }, on: target, safety: safe }
  - { fix: depot/switch, about: Switches., inputs: {}, on: local, safety: safe }
";

const SETTINGS: &str = "
settings:
  name: { type: text, default: north-south, about: A name. There is no more to it. }
  lights: { type: bool, default: false, about: Whether there is light. }
  owner: { type: text, about: Who owns it. }
";

const PAIR: &str = "
pair: depots
packs: [depot]
source: { name: NORTH, address: 10.0.0.1 }
target: { name: SOUTH, address: 10.0.0.2 }
waivers:
  - { rule: depot/shelf-small, subject: source/Nails, reason: Nails are small., owner: Anna, until: 2026-12-31 }
  - { rule: depot/path-differs, subject: source/Rope, reason: Rope moves in May., owner: Bert, until: 2026-05-31 }
  - { rule: depot/version-differs, subject: target, reason: Long ago., owner: Carl, until: 2027-01-01 }
";

pub(super) struct Sample {
    pub(super) pair: Pair,
    pub(super) catalogue: Catalogue,
    pub(super) sources: SourceMap,
    pub(super) snapshot: Snapshot,
    pub(super) judged: Judged,
    pub(super) summary: Summary,
}

/// What was read: one shelf is missing, two lie elsewhere, two are small, and the clerk did not answer.
pub(super) fn facts() -> Value {
    let shelf = |name: &str, path: &str, size: i64| json!({ "key": [name], "value": { "name": name, "path": path, "size": size } });
    json!({
        "source.depot.server": { "value": { "version": "4.1 (Service Pack 2)", "build": 7638, "motto": "always" } },
        "target.depot.server": { "value": { "version": "4.0 (Service Pack 1)", "build": 7226, "motto": "always" } },
        "source.depot.label": { "absent": { "cause": "denied", "detail": "door: the account may not read the label", "root": "door" } },
        "target.depot.label": { "value": "South" },
        "pair.depot.clerk": { "absent": { "cause": "timeout", "detail": "clerk:99 gave no answer within 10 s", "root": "clerk" } },
        "source.depot.shelves": { "value": [
            shelf("Cable", r"E:\Goods\Cable", 40),
            shelf("Nails", r"E:\Goods\Nails", 4),
            shelf("Rope", r"E:\Goods\Rope", 9),
            shelf("Tar / Pitch", r"E:\Goods\Tar", 20),
        ] },
        "target.depot.shelves": { "value": [
            shelf("cable", r"D:\Stuff\Cable", 40),
            shelf("Nails", r"e:\goods\nails", 4),
            shelf("Rope", r"D:\Stuff\Rope", 9),
        ] },
    })
}

impl Sample {
    pub(super) fn new() -> Self {
        Self::of(&facts())
    }

    /// The answer for these facts; all of them were read at 03:07:40, a quarter of a minute before the end.
    pub(super) fn of(facts: &Value) -> Self {
        let mut facts = facts.clone();
        for observation in facts.as_object_mut().unwrap().values_mut() {
            let object = observation.as_object_mut().unwrap();
            object.insert("probe".into(), "test".into());
            object.insert("server".into(), "door.example.net".into());
            object.entry("at").or_insert("2026-11-22T03:07:40Z".into());
        }
        let text = json!({
            "standin_snapshot": 1, "pair": "depots", "taken_at": "2026-11-22T03:07:55Z", "complete": true,
            "digest_key": null, "facts": facts,
        });
        let (pair, catalogue, sources) = opened();
        let typed = |path: &crate::facts::FactPath| catalogue.schema.type_at(path).cloned();
        let snapshot = Snapshot::from_json(&text.to_string(), typed).unwrap();
        Self::judged(pair, catalogue, sources, snapshot)
    }

    pub(super) fn judged(pair: Pair, catalogue: Catalogue, sources: SourceMap, snapshot: Snapshot) -> Self {
        let mut all = snapshot.facts.clone();
        let mut sink = Diagnostics::new();
        for (path, said) in catalogue::bind(&catalogue, &pair, snapshot.taken_at, &mut sink).iter() {
            all.insert(path.clone(), said.clone());
        }
        assert!(!sink.has_errors(), "{}", human(&sink, &sources, false));
        let today = snapshot.taken_at.to_zoned(TimeZone::UTC).date();
        let judged = evaluate::judge(&catalogue, &all, &Selection::default(), &pair.waivers, today).unwrap();
        let summary = Summary::of(&judged.findings);
        Self {
            pair,
            catalogue,
            sources,
            snapshot,
            judged,
            summary,
        }
    }

    pub(super) fn report(&self, origin: Origin) -> Report<'_> {
        Report {
            pair: &self.pair,
            catalogue: &self.catalogue,
            snapshot: &self.snapshot,
            origin,
            judged: &self.judged,
            summary: &self.summary,
            now: self.snapshot.taken_at,
        }
    }
}

fn opened() -> (Pair, Catalogue, SourceMap) {
    let mut sources = SourceMap::new();
    let mut sink = Diagnostics::new();
    let file = |path: &str, text: &str| PackFile::new(path, path, text);
    let pack = PackFiles {
        folder: "depot".into(),
        origin: PackSource::Embedded,
        files: vec![
            file(
                "pack.yaml",
                "{ name: depot, version: 1.2.0, about: Depots., owns: [depot] }",
            ),
            file("settings.yaml", SETTINGS),
            file("facts/depot.yaml", FACTS),
            file("rules/depot.yaml", RULES),
            file("fixes/depot.yaml", FIXES),
        ],
    };
    let loaded = catalogue::load(&[pack], &mut sources);
    let catalogue = loaded
        .catalogue
        .unwrap_or_else(|| panic!("{}", human(&loaded.diagnostics, &sources, false)));
    let id = sources.add("pair.yaml", PAIR);
    let pair = Pair::parse(id, std::path::Path::new(""), &sources, &mut sink);
    let pair = pair.unwrap_or_else(|| panic!("{}", human(&sink, &sources, false)));
    (pair, catalogue, sources)
}
