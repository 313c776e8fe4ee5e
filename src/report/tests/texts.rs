//! Lists, explanations and changes as people read them.

use insta::assert_snapshot;
use serde_json::json;

use super::sample::{Sample, facts};
use crate::evaluate::Selection;
use crate::report::{
    Before, Look, Origin, changes, fact_text, facts_table, rule_json, rule_text, rules_table, settings_table,
};

#[test]
fn rules_stand_in_columns() {
    let catalogue = Sample::new().catalogue;
    let wide = rules_table(&catalogue, &Selection::default(), Look::default());
    assert_snapshot!("rules", wide);
    let only = Selection {
        only: vec!["Options".into()],
        skip: Vec::new(),
    };
    let narrow = rules_table(
        &catalogue,
        &only,
        Look {
            width: 50,
            ..Look::default()
        },
    );
    assert_snapshot!("rules_narrow", narrow);
}

#[test]
fn facts_and_settings_stand_in_columns() {
    let catalogue = Sample::new().catalogue;
    assert_snapshot!("facts", facts_table(&catalogue, Look::default()));
    assert_snapshot!("settings_table", settings_table(&catalogue, Look::default()));
}

#[test]
fn a_rule_is_explained_in_its_own_words() {
    let sample = Sample::new();
    let text = |id: &str| {
        rule_text(
            &sample.catalogue,
            sample.catalogue.rule(id).unwrap(),
            &sample.sources,
            Look::default(),
        )
    };
    assert_snapshot!("rule_path_differs", text("depot/path-differs"));
    assert_snapshot!("rule_lights_off", text("depot/lights-off"));
    let json = rule_json(
        &sample.catalogue,
        sample.catalogue.rule("depot/lights-off").unwrap(),
        &sample.sources,
    );
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["expect"], "setting.lights");
    assert!(!json["text"].as_str().unwrap().contains("examples"));
}

#[test]
fn a_fact_is_told_with_who_looks_at_it() {
    let sample = Sample::new();
    let fact = &sample.catalogue.facts["depot.shelves"];
    assert_snapshot!(
        "fact",
        fact_text(&sample.catalogue, fact, &sample.sources, Look::default())
    );
}

#[test]
fn changes_tell_findings_and_values() {
    let before = Sample::new();
    let mut facts = facts();
    facts["target.depot.server"] = facts["source.depot.server"].clone();
    facts["pair.depot.clerk"] = json!({ "value": "nobody" });
    facts["target.depot.label"] = json!({ "absent": { "cause": "denied", "detail": "no", "root": "door" } });
    let shelf = json!({ "key": ["Soap"], "value": { "name": "Soap", "path": r"E:\Soap", "size": 40 } });
    facts["source.depot.shelves"]["value"]
        .as_array_mut()
        .unwrap()
        .push(shelf);
    facts["source.depot.shelves"]["value"]
        .as_array_mut()
        .unwrap()
        .remove(0);
    facts["source.depot.shelves"]["value"][1]["value"]["size"] = 11.into();
    let mut now = Sample::of(&facts);
    now.snapshot.taken_at = "2026-11-22T09:00:00Z".parse().unwrap();
    let then = Before {
        judged: &before.judged,
        snapshot: &before.snapshot,
    };
    assert_snapshot!(
        "changes",
        changes(&then, &now.report(Origin::Live), Look::default())
    );
    let same = changes(&then, &before.report(Origin::Live), Look::default());
    assert_eq!(
        same,
        "Nothing has changed since the last check, 2026-11-22 03:07:55 UTC (0 s ago).\n"
    );
}

#[test]
fn what_is_not_known_any_more_has_not_gone() {
    let before = Sample::new();
    let mut facts = facts();
    let hole =
        json!({ "under": ["Rope"], "?": { "cause": "truncated", "detail": "broke off", "root": "door" } });
    facts["target.depot.shelves"]["value"][2] = hole;
    let now = Sample::of(&facts);
    let then = Before {
        judged: &before.judged,
        snapshot: &before.snapshot,
    };
    let told = |before: &Before<'_>, now: &Sample| {
        let told = changes(before, &now.report(Origin::Live), Look::default());
        told.lines()
            .skip_while(|line| !line.contains("shelves[Rope]"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let lost = [
        "  • target.depot.shelves[Rope]",
        "    was      there",
        "    is       not known: broke off (truncated)",
    ];
    assert_eq!(told(&then, &now), lost);
    let then = Before {
        judged: &now.judged,
        snapshot: &now.snapshot,
    };
    let found = [
        "  • target.depot.shelves[Rope]",
        "    was      not known: broke off (truncated)",
        "    is       there",
    ];
    assert_eq!(told(&then, &before), found);
    assert!(changes(&then, &now.report(Origin::Live), Look::default()).starts_with("Nothing has changed"));
}
