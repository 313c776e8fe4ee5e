use super::*;
use crate::diagnostic::{SourceMap, human};

#[test]
fn the_shipped_packs_load() {
    let mut sources = SourceMap::new();
    let loaded = load(&embedded_packs(), &mut sources);
    assert!(
        loaded.catalogue.is_some(),
        "{}",
        human(&loaded.diagnostics, &sources, false)
    );
}

/// The codes of what is told about a pack `own` with these facts and rules.
fn told(facts: &str, rules: &str) -> Vec<&'static str> {
    let file = |path: &str, text: String| PackFile {
        path: path.to_owned(),
        shown: path.to_owned(),
        text: text.into(),
    };
    let pack = PackFiles {
        folder: "own".to_owned(),
        origin: PackSource::Embedded,
        files: vec![
            file(
                "pack.yaml",
                "{ name: own, version: '1', about: a, owns: [own] }".to_owned(),
            ),
            file("facts/all.yaml", format!("facts: [{facts}]")),
            file("rules/all.yaml", format!("rules: [{rules}]")),
        ],
    };
    let loaded = load(&[pack], &mut SourceMap::new());
    loaded.diagnostics.sorted().iter().map(|d| d.code).collect()
}

#[test]
fn names_of_facts_are_told_apart() {
    let fact =
        |name: &str| format!("{{ fact: {name}, type: bool, about: a, probes: [{{ setting: own.on }}] }}");
    let pair = |name: &str| fact(name).replacen('{', "{ of: pair,", 1);
    for (facts, code) in [
        ([fact("own.a"), fact("own.a")], "duplicate-name"),
        ([fact("own.a"), pair("own.a")], "duplicate-name"),
        ([fact("own.a"), fact("own.a.b")], "name-inside-name"),
        ([fact("own.a.b"), fact("own.a")], "name-inside-name"),
        ([fact("own.a"), fact("other.a")], "foreign-name"),
    ] {
        assert!(told(&facts.join(","), "").contains(&code), "{facts:?}");
    }
    for facts in [[fact("own.a"), fact("own.ab")], [fact("own.a.b"), pair("own.a")]] {
        let told = told(&facts.join(","), "");
        assert!(told.iter().all(|code| *code == "unknown-setting"), "{told:?}");
    }
}

#[test]
fn two_rules_with_one_id_are_told() {
    let rule =
        "{ id: own/a, title: t, section: s, expect: 'true', severity: error, message: m, why: w, remedy: r }";
    assert_eq!(told("", &format!("{rule}, {rule}")), ["duplicate-name"]);
}
