//! The workload of the benches: a generated pack and the facts that it judges.
//!
//! 200 scalar facts and collections of 50, 40 and 30 records a side; a quarter of the rules each compares versions, looks
//! for what the target lacks, looks for what differs, tests a flag. About one finding in eight is bad, as on a
//! pair that somebody works on.

pub(crate) mod many;
pub(crate) mod pairs;

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::Date;
use standin::catalogue::{Catalogue, PackFile, PackFiles, PackSource, load};
use standin::diagnostic::{SourceMap, human};
use standin::evaluate::{Judged, Selection, judge};
use standin::facts::{FactMap, FactPath, FactValue, Facts, Key, Observation, Provenance, Record, Side};

/// How rules look at collections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joins {
    /// In one expression: one finding a rule.
    Whole,
    /// With `for_each` and `twin`: one finding a record.
    ByRecord,
}

const SCALARS: usize = 200;
const COLLECTIONS: [(&str, usize); 3] = [("logins", 50), ("databases", 40), ("jobs", 30)];
const RULES_A_FILE: usize = 500;

/// A pack with this many rules.
pub(crate) fn pack(rules: usize, joins: Joins) -> PackFiles {
    let manifest = "name: bench\nversion: 1.0.0\nabout: Generated.\nowns: [bench]\n".to_owned();
    let mut files = vec![file("facts/all.yaml", facts_file()), file("pack.yaml", manifest)];
    for first in (0..rules).step_by(RULES_A_FILE) {
        let mut text = String::from("rules:\n");
        for number in first..rules.min(first + RULES_A_FILE) {
            text += &rule(number, joins);
        }
        files.push(file(&format!("rules/{first:05}.yaml"), text));
    }
    pack_of(files)
}

/// A pack of these files.
pub(crate) fn pack_of(files: Vec<PackFile>) -> PackFiles {
    PackFiles {
        folder: "bench".to_owned(),
        origin: PackSource::Embedded,
        files,
    }
}

/// A file of the pack.
pub(crate) fn file(path: &str, text: String) -> PackFile {
    PackFile::new(path, path, text)
}

/// The declaration of a fact that a directory would give.
pub(crate) fn fact(name: &str, ty: &str, rest: &str) -> String {
    format!(
        "  - fact: bench.{name}\n    type: {ty}\n    about: Generated.\n{rest}    probes: [{{ ldap: {{ base: \"DC=example\" }} }}]\n"
    )
}

fn facts_file() -> String {
    let mut text = String::from("facts:\n");
    for number in 0..SCALARS {
        let (kind, ty) = scalar(number);
        text += &fact(&format!("{kind}_{number:03}"), ty, "");
    }
    for (name, _) in COLLECTIONS {
        let fields = "{ name: text, value: text, size: int }";
        text += &fact(name, &format!("{{ map_of: {fields} }}"), "    key: item.name\n");
        text += &fact(
            &format!("{name}_list"),
            &format!("{{ list_of: {{ record: {fields} }} }}"),
            "",
        );
    }
    text
}

fn scalar(number: usize) -> (&'static str, &'static str) {
    if number.is_multiple_of(2) {
        ("version", "version")
    } else {
        ("flag", "bool")
    }
}

fn rule(number: usize, joins: Joins) -> String {
    let scalar = number % (SCALARS / 2) * 2;
    let (collection, _) = COLLECTIONS[number % COLLECTIONS.len()];
    let (source, target) = (
        format!("source.bench.{collection}"),
        format!("target.bench.{collection}"),
    );
    let (judged, message) = match (number % 4, joins) {
        (0, _) => (
            format!("    expect: target.bench.version_{scalar:03} >= source.bench.version_{scalar:03}\n"),
            format!(
                "{{{{ target.name }}}} has {{{{ target.bench.version_{scalar:03} }}}}, older than {{{{ source.bench.version_{scalar:03} }}}}"
            ),
        ),
        (1, _) => (
            format!("    expect: target.bench.flag_{:03}\n", scalar + 1),
            "The flag is not set on {{ target.name }}".to_owned(),
        ),
        (2, Joins::Whole) => (
            format!("    expect: missing(keys({source}), keys({target})) == []\n"),
            format!("Some {collection} are missing on {{{{ target.name }}}}"),
        ),
        (_, Joins::Whole) => (
            format!("    expect: missing({source}_list, {target}_list) == []\n"),
            format!("Some {collection} differ on {{{{ target.name }}}}"),
        ),
        (2, Joins::ByRecord) => (
            format!("    for_each: {source}\n    expect: twin != ()\n"),
            "{{ item.name }} is missing on {{ target.name }}".to_owned(),
        ),
        (_, Joins::ByRecord) => (
            format!("    for_each: {source}\n    when: twin != ()\n    expect: item.value == twin.value\n"),
            "{{ item.name }} is {{ twin.value }} on {{ target.name }}".to_owned(),
        ),
    };
    format!(
        "  - id: bench/rule-{number:05}\n    title: Rule {number} of many\n    guide: R-{number}\n    section: Section {}\n{judged}    severity: {}\n    message: \"{message}\"\n    why: What the source has and the target lacks is lost when the target takes over.\n    remedy: Make {{{{ target.name }}}} like {{{{ source.name }}}}, and check again.\n",
        number % 20,
        if number.is_multiple_of(3) {
            "warning"
        } else {
            "error"
        },
    )
}

/// The facts of both servers.
pub(crate) fn facts() -> Facts {
    let mut facts = Facts::default();
    for side in Side::BOTH {
        add(
            &mut facts,
            side,
            "name",
            side.word().to_uppercase().as_str().into(),
        );
        for number in 0..SCALARS {
            let (kind, _) = scalar(number);
            let behind = side == Side::Target && number % 20 < 2;
            let value = match kind {
                "version" => FactValue::Version(
                    format!("6.5.{}.{}", 7638 - usize::from(behind), number)
                        .parse()
                        .expect("this is a version"),
                ),
                _ => (!behind).into(),
            };
            add(&mut facts, side, &format!("bench.{kind}_{number:03}"), value);
        }
        for (name, count) in COLLECTIONS {
            let differs = side == Side::Target && name == "logins";
            let records = records(count, differs);
            add(
                &mut facts,
                side,
                &format!("bench.{name}_list"),
                FactValue::list(records.iter().cloned()),
            );
            add(&mut facts, side, &format!("bench.{name}"), keyed(&records));
        }
    }
    facts
}

/// Records with a name of their own each; those that differ lack the first and have another value in the second.
pub(crate) fn records(count: usize, differ: bool) -> Vec<FactValue> {
    (usize::from(differ)..count)
        .map(|number| {
            let value = if differ && number == 1 { "other" } else { "same" };
            let record: Record = [
                ("name", FactValue::text(format!("CORP\\User{number:06}"))),
                ("value", value.into()),
                ("size", FactValue::Int(i64::try_from(number).unwrap_or(i64::MAX))),
            ]
            .into_iter()
            .collect();
            FactValue::Record(record.into())
        })
        .collect()
}

/// The records by their names.
pub(crate) fn keyed(records: &[FactValue]) -> FactValue {
    let mut map = FactMap::new(false);
    for record in records {
        let FactValue::Record(fields) = record else {
            continue;
        };
        let name = fields.get("name").map(ToString::to_string).unwrap_or_default();
        map.insert(Key::new([name]), record.clone());
    }
    map.sort();
    FactValue::Map(map.into())
}

/// Adds a fact that was read.
pub(crate) fn add(facts: &mut Facts, side: Side, name: &str, value: FactValue) {
    let provenance = Provenance {
        probe: "bench".to_owned(),
        server: side.word().to_owned(),
        at: Timestamp::UNIX_EPOCH,
        took_ms: 0,
        tried: Vec::new(),
    };
    facts.insert(
        FactPath::new(side, name),
        Observation {
            value: Ok(value),
            provenance,
        },
    );
}

/// The checked catalogue of these packs.
pub(crate) fn catalogue(packs: &[PackFiles]) -> Catalogue {
    let mut sources = SourceMap::new();
    let loaded = load(packs, &mut sources);
    let Some(catalogue) = loaded.catalogue else {
        let mut told = String::from("the generated pack is wrong:\n");
        let _ = write!(told, "{}", human(&loaded.diagnostics, &sources, false));
        panic!("{told}");
    };
    catalogue
}

/// Judges all rules by these facts.
pub(crate) fn judged(catalogue: &Catalogue, facts: &Facts) -> Judged {
    judge(
        catalogue,
        facts,
        &Selection::default(),
        &[],
        Date::constant(2026, 11, 22),
    )
    .expect("no rule is out of budget")
}
