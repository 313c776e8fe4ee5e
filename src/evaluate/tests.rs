//! Rules in a few lines of YAML, facts in a few lines of JSON, statuses out.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::date;
use serde_json::{Value, json};

use super::*;
use crate::catalogue::{Catalogue, PackFile, PackFiles, PackSource, load};
use crate::diagnostic::{Diagnostics, SourceMap, human};
use crate::facts::{Absence, Cause, FactPath, Facts, Observation, Provenance, from_json};
use crate::pair::Pair;

const FACTS: &str = "
facts:
  - { fact: t.a, type: bool, about: x, probes: [ { setting: a } ] }
  - { fact: t.b, type: bool, about: x, probes: [ { setting: a } ] }
  - { fact: t.n, of: pair, type: int, about: x, probes: [ { setting: a } ] }
  - fact: t.boxes
    type: { map_of: { name: text, size: int } }
    about: x
    key: item.name
    probes: [ { derive: [ { fields: { name: setting.a, size: '1' } } ] } ]
";

fn catalogue(rules: &str) -> Catalogue {
    let file = |path: &str, text: &str| PackFile::new(path, path, text);
    let rule = |rule: &str| {
        let head = rule.trim();
        format!("  - {head}\n    title: a title\n    section: s\n    message: m\n    why: w\n    remedy: r\n")
    };
    let rules: Vec<String> = rules.split("---").map(rule).collect();
    let rules = rules.concat();
    let pack = PackFiles {
        folder: "t".into(),
        origin: PackSource::Embedded,
        files: vec![
            file("pack.yaml", "{ name: t, version: '1', about: x, owns: [t] }"),
            file(
                "settings.yaml",
                "settings: { a: { type: text, default: x, about: x } }",
            ),
            file("facts/f.yaml", FACTS),
            file(
                "fixes/f.yaml",
                "fixes: [ { fix: t/mend, about: x, inputs: { n: int }, on: target, safety: safe } ]",
            ),
            file("rules/r.yaml", &format!("rules:\n{rules}")),
        ],
    };
    let mut sources = SourceMap::new();
    let loaded = load(&[pack], &mut sources);
    loaded
        .catalogue
        .unwrap_or_else(|| panic!("{}", human(&loaded.diagnostics, &sources, false)))
}

fn facts(catalogue: &Catalogue, given: &Value) -> Facts {
    let mut facts = Facts::default();
    for (name, json) in given.as_object().unwrap() {
        let path: FactPath = name.parse().unwrap();
        let value = match json.get("absent").and_then(Value::as_str) {
            Some(cause) => Err(Absence::new(cause.parse::<Cause>().unwrap(), "root", "gone")),
            None => Ok(from_json(catalogue.schema.type_at(&path).unwrap(), json).unwrap()),
        };
        let provenance = Provenance {
            probe: "test".into(),
            server: "test".into(),
            at: Timestamp::UNIX_EPOCH,
            took_ms: 0,
            tried: vec![],
        };
        facts.insert(path, Observation { value, provenance });
    }
    facts
}

/// Each finding as `rule subject status`.
fn found(rules: &str, given: &Value) -> Vec<String> {
    let catalogue = catalogue(rules);
    let judged = judge(
        &catalogue,
        &facts(&catalogue, given),
        &Selection::default(),
        &[],
        date(2026, 1, 1),
    )
    .unwrap();
    judged
        .findings
        .iter()
        .map(|f| format!("{} {} {}", f.rule, f.subject, f.status))
        .collect()
}

fn one(rule: &str, given: &Value) -> String {
    let found = found(&format!("id: t/r\n    severity: error\n    {rule}"), given);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].rsplit(' ').next().unwrap().to_owned()
}

#[test]
fn a_list_is_false_if_any_is_false_else_unknown_if_any_is_unknown() {
    let both = "expect: [source.t.a, source.t.b]";
    let absent = json!({ "absent": "denied" });
    for (a, b, wanted) in [
        (json!(true), json!(true), "good"),
        (json!(true), json!(false), "error"),
        (absent.clone(), json!(false), "error"),
        (json!(false), absent.clone(), "error"),
        (absent.clone(), json!(true), "unknown"),
        (json!(true), absent.clone(), "unknown"),
    ] {
        assert_eq!(
            one(both, &json!({ "source.t.a": a, "source.t.b": b })),
            wanted,
            "{a} {b}"
        );
    }
    assert_eq!(one(both, &json!({})), "unknown");
}

#[test]
fn when_decides_whether_a_rule_applies() {
    let rule = "when: source.t.a\n    expect: source.t.b";
    assert_eq!(one(rule, &json!({ "source.t.a": false })), "not_applicable");
    assert_eq!(one(rule, &json!({ "source.t.b": true })), "unknown");
    assert_eq!(
        one(rule, &json!({ "source.t.a": true, "source.t.b": false })),
        "error"
    );
}

#[test]
fn severity_may_depend_on_facts() {
    let rule =
        "id: t/r\n    severity: [ { when: source.t.a, is: warning }, { is: error } ]\n    expect: 'false'";
    let status = |given: Value| found(rule, &given)[0].rsplit(' ').next().unwrap().to_owned();
    assert_eq!(status(json!({ "source.t.a": true })), "warning");
    assert_eq!(status(json!({ "source.t.a": false })), "error");
    assert_eq!(status(json!({})), "unknown");
}

#[test]
fn a_collection_is_judged_record_by_record() {
    let rule = "id: t/r\n    severity: error\n    for_each: source.t.boxes\n    expect: [ 'twin != ()', 'item.size == twin.size' ]";
    let boxes = |list: Value| list;
    assert_eq!(found(rule, &json!({})), ["t/r source unknown"]);
    assert_eq!(
        found(rule, &json!({ "source.t.boxes": [] })),
        ["t/r source not_applicable"]
    );
    let source = boxes(json!([
        { "key": ["A"], "value": { "name": "A", "size": 1 } },
        { "key": ["B"], "value": { "name": "B", "size": 1 } },
        { "key": ["C"], "value": { "?": { "cause": "denied", "detail": "no", "root": "x" } } },
        { "key": ["D"], "value": { "name": "D", "size": 1 } },
    ]));
    let target = boxes(json!([
        { "key": ["a"], "value": { "name": "a", "size": 1 } },
        { "key": ["d"], "value": { "name": "d", "size": 2 } },
    ]));
    assert_eq!(
        found(
            rule,
            &json!({ "source.t.boxes": source, "target.t.boxes": target })
        ),
        [
            "t/r source/A good",
            "t/r source/B error",
            "t/r source/C unknown",
            "t/r source/D error"
        ]
    );
    // Without the other side nothing is missing: it is not known.
    let found = found(rule, &json!({ "source.t.boxes": source }));
    assert!(found.iter().all(|f| f.ends_with("unknown")), "{found:?}");
}

#[test]
fn what_does_not_apply_is_not_unknown_for_want_of_its_records() {
    let rule = "id: t/r\n    severity: error\n    for_each: source.t.boxes\n    when: [ source.t.a, item.size > 0 ]\n    \
                expect: 'true'";
    assert_eq!(
        found(rule, &json!({ "source.t.a": false })),
        ["t/r source not_applicable"]
    );
    assert_eq!(
        found(rule, &json!({ "source.t.a": true })),
        ["t/r source unknown"]
    );
}

#[test]
fn what_rests_on_a_bad_finding_waits_for_it() {
    let rules = "id: t/first\n    severity: error\n    sides: [source, target]\n    expect: here.t.a\n---
        id: t/second\n    severity: error\n    sides: [source, target]\n    requires: [t/first]\n    expect: here.t.b\n---
        id: t/third\n    severity: error\n    requires: [ { rule: t/second, side: source } ]\n    expect: 'pair.t.n == 1'";
    let rules = rules.replace("\n        id", "\n  id");
    let given = json!({ "source.t.a": false, "target.t.a": true, "target.t.b": false, "pair.t.n": 1 });
    assert_eq!(
        found(&rules, &given),
        [
            "t/first source error",
            "t/first target good",
            "t/second source unknown",
            "t/second target error",
            "t/third pair unknown"
        ]
    );
    let catalogue = catalogue(&rules);
    let judged = judge(
        &catalogue,
        &facts(&catalogue, &given),
        &Selection::default(),
        &[],
        date(2026, 1, 1),
    )
    .unwrap();
    let because: Vec<_> = judged.findings.iter().filter_map(|f| f.because.clone()).collect();
    assert!(
        because.iter().all(|b| &*b.rule == "t/first"),
        "the root is told, not what is between"
    );
    let summary = Summary::of(&judged.findings);
    assert_eq!((summary.errors, summary.unknown, summary.good), (2, 0, 1));
}

#[test]
fn a_rollup_sums_up_and_does_not_count() {
    let rules = "id: t/child\n    severity: error\n    expect: source.t.a\n    fix: { use: t/mend, with: { n: '1' } }\n---
  id: t/sum\n    severity: warning\n    rollup_of: [t/child]";
    for (a, wanted) in [
        (json!(true), "good"),
        (json!(false), "warning"),
        (json!({ "absent": "timeout" }), "unknown"),
    ] {
        let given = json!({ "source.t.a": a });
        assert_eq!(found(rules, &given)[1], format!("t/sum pair {wanted}"));
    }
    let catalogue = catalogue(rules);
    let given = facts(&catalogue, &json!({ "source.t.a": false }));
    let judged = judge(&catalogue, &given, &Selection::default(), &[], date(2026, 1, 1)).unwrap();
    assert_eq!(judged.findings[1].fixable(), Fixable::Yes);
    let summary = Summary::of(&judged.findings);
    assert_eq!((summary.errors, summary.warnings, summary.fixable), (1, 0, 1));
}

#[test]
fn a_waiver_covers_what_is_bad_until_its_day_and_never_what_is_unknown() {
    let catalogue =
        catalogue("id: t/r\n    severity: error\n    sides: [source, target]\n    expect: here.t.a");
    let pair = "pair: p\npacks: [t]\nsource: { name: A, address: 127.0.0.1 }\ntarget: { name: B, address: 127.0.0.2 }\n\
                waivers: [ { rule: t/r, subject: source, reason: known, owner: me, until: 2026-06-30 } ]\n";
    let mut sources = SourceMap::new();
    let id = sources.add("pair.yaml", pair);
    let pair = Pair::parse(id, std::path::Path::new(""), &sources, &mut Diagnostics::new()).unwrap();
    let status = |given: &Value, today| {
        let judged = judge(
            &catalogue,
            &facts(&catalogue, given),
            &Selection::default(),
            &pair.waivers,
            today,
        )
        .unwrap();
        let words: Vec<_> = judged.findings.iter().map(|f| f.status.word()).collect();
        (words, judged.unused_waivers)
    };
    let bad = json!({ "source.t.a": false, "target.t.a": false });
    assert_eq!(status(&bad, date(2026, 6, 30)), (vec!["waived", "error"], vec![]));
    assert_eq!(status(&bad, date(2026, 7, 1)), (vec!["error", "error"], vec![]));
    assert_eq!(
        status(&json!({}), date(2026, 6, 30)),
        (vec!["unknown", "unknown"], vec![0])
    );
}

#[test]
fn only_asked_rules_are_told_but_what_they_rest_on_is_judged() {
    let rules = "id: t/first\n    severity: error\n    expect: source.t.a\n---
  id: t/second\n    severity: error\n    requires: [t/first]\n    expect: source.t.b\n    tags: [late]";
    let catalogue = catalogue(rules);
    let given = facts(&catalogue, &json!({ "source.t.a": false, "source.t.b": true }));
    let selection = Selection {
        only: vec!["late".into()],
        skip: vec![],
    };
    let judged = judge(&catalogue, &given, &selection, &[], date(2026, 1, 1)).unwrap();
    assert_eq!(judged.findings.len(), 1);
    assert_eq!(judged.findings[0].status, Status::Unknown);
    let skip = Selection {
        only: vec![],
        skip: vec!["T/FIRST".to_lowercase(), "nothing".into()],
    };
    assert_eq!(skip.unmatched(&catalogue.rules).collect::<Vec<_>>(), ["nothing"]);
}

#[test]
fn old_facts_are_not_known() {
    let catalogue = catalogue("id: t/r\n    severity: error\n    expect: source.t.a");
    let mut given = facts(&catalogue, &json!({ "source.t.a": true }));
    let hour = jiff::SignedDuration::from_hours(1);
    expire(&mut given, Timestamp::UNIX_EPOCH + hour, hour);
    assert!(given.get(&"source.t.a".parse().unwrap()).is_ok());
    expire(&mut given, Timestamp::UNIX_EPOCH + hour + hour, hour);
    let why = given.get(&"source.t.a".parse().unwrap()).unwrap_err();
    assert_eq!((why.cause, &*why.root), (Cause::NotCollected, "max_age"));
}

#[test]
fn a_mistake_while_running_is_unknown_and_names_the_rule() {
    let catalogue = catalogue("id: t/r\n    severity: error\n    let: { x: 'first([])' }\n    expect: x > 1");
    let judged = judge(
        &catalogue,
        &Facts::default(),
        &Selection::default(),
        &[],
        date(2026, 1, 1),
    )
    .unwrap();
    let why = judged.findings[0].absence.clone().unwrap();
    assert_eq!(
        (judged.findings[0].status, why.cause, why.root),
        (Status::Unknown, Cause::Malformed, Arc::from("t/r"))
    );
}

#[test]
fn a_rollup_brings_what_it_sums_up() {
    let rules = "id: t/child\n    severity: error\n    expect: source.t.a\n---\n  id: t/sum\n    severity: error\n    rollup_of: [t/child]";
    let catalogue = catalogue(rules);
    let facts = facts(&catalogue, &json!({ "source.t.a": false }));
    let only = Selection {
        only: vec!["t/sum".into()],
        skip: Vec::new(),
    };
    let judged = judge(&catalogue, &facts, &only, &[], date(2026, 1, 1)).unwrap();
    assert_eq!(judged.findings.len(), 2);
    assert_eq!(
        Summary::of(&judged.findings).errors,
        1,
        "an error is never shown and not counted"
    );
}
