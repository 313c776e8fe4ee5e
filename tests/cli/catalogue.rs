//! Commands on packs: the shipped ones, and one of our own with mistakes.

use crate::run::{put, standin};

#[test]
fn the_list_tells_what_auditors_ask_for() {
    let rules = standin(["rules", "list", "--format", "json"]).json();
    let rules = rules.as_array().unwrap();
    assert!(rules.len() > 40);
    for rule in rules {
        for key in [
            "id", "pack", "version", "section", "severity", "fixable", "guide", "facts",
        ] {
            assert!(!rule[key].is_null(), "{rule}: {key}");
        }
    }
    let dns = standin(["rules", "list", "--only", "dns", "--format", "json"]).json();
    assert!(dns.as_array().unwrap().len() < rules.len());
    let sql = standin(["rules", "list", "rules/sql", "--format", "json"]).json();
    assert!(sql.as_array().unwrap().len() > 30);
    let none = standin(["rules", "list", "rules/engine-recorded", "--format", "json"]).json();
    assert_eq!(none, serde_json::json!([]));
}

#[test]
fn everything_that_is_listed_can_be_explained() {
    let rules = standin(["rules", "list", "--format", "json"]).json();
    let rule = rules[0]["id"].as_str().unwrap();
    let row = rules[0]["guide"][0].as_str().unwrap();
    let fact = standin(["facts", "list", "--format", "json"]).json()[0]["fact"]
        .as_str()
        .unwrap()
        .to_owned();
    for id in [
        rule,
        row,
        &fact,
        "dns.map",
        "setting.dns.map",
        "param.dns_test_limit",
        "common/grant",
    ] {
        for format in ["human", "json"] {
            let run = standin(["explain", id, "--format", format]);
            assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{id}");
        }
    }
    let found = standin(["explain", "C-82", "fixtures/exchange-broken"]);
    assert!(
        found.out.contains("MAIL1 runs the Enterprise edition"),
        "{}",
        found.out
    );
}

#[test]
fn exported_packs_are_as_good_as_the_shipped_ones() {
    let folder = tempfile::tempdir().unwrap();
    let packs = folder.path().join("packs");
    let packs = packs.to_str().unwrap();
    assert_eq!(standin(["rules", "export", packs]).code, Some(0));
    let refused = standin(["rules", "export", packs]);
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    let linted = standin(["rules", "lint", packs]);
    assert_eq!(linted.code, Some(0), "{}", linted.out);
    let shipped = standin(["check", "fixtures/exchange-broken"]).out;
    assert_eq!(
        standin(["check", "fixtures/exchange-broken", "--rules", packs]).out,
        shipped
    );
}

const PACK: &str = "\
name: acme
version: 1.0.0
about: Rules of our own.
owns: [acme]
requires: [common]
";

const FACTS: &str = "\
facts:
  - fact: acme.limit
    type: int
    of: pair
    about: A number.
    probes: [ { local: clock, on: local, value: '1' } ]
";

/// Loads, but its examples prove little: one fails, one gives what nothing reads, none is unknown.
const RULES: &str = "\
rules:
  - id: acme/limit-too-low
    title: The limit is too low
    section: Acme
    expect: pair.acme.limit >= 10
    severity: error
    message: \"The limit is {{ pair.acme.limit }}\"
    why: It has to be ten.
    remedy: Raise it.
    examples:
      - { name: ten, pair: { acme.limit: 10 }, expect: good }
      - { name: nine, pair: { acme.limit: 9 }, expect: warning }
      - { name: nine, pair: { acme.limit: 9 }, source: { network.subnet: 10.0.0.0/8 }, expect: error }
  - id: acme/bare
    title: Has no example
    section: Acme
    expect: pair.acme.limit >= 1
    severity: warning
    message: \"\"
    why: Why not.
    remedy: Nothing.
";

#[test]
fn the_lint_tells_what_proves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    put(
        folder.path(),
        &[
            ("acme/pack.yaml", PACK),
            ("acme/facts/limit.yaml", FACTS),
            ("acme/rules/limit.yaml", RULES),
        ],
    );
    let pack = folder.path().join("acme");
    let pack = pack.to_str().unwrap();
    insta::assert_snapshot!("lint", standin(["rules", "lint", pack]).told(folder.path()));
    insta::assert_snapshot!("test", standin(["rules", "test", pack]).told(folder.path()));
    let json = standin(["rules", "lint", pack, "--format", "json"]).json();
    assert_eq!(json["summary"]["packs"], 1);
    assert_eq!(
        json["diagnostics"].as_array().unwrap().len(),
        usize::try_from(json["summary"]["errors"].as_u64().unwrap()).unwrap()
    );
    let json = standin(["rules", "test", pack, "--format", "json"]).json();
    assert_eq!(json["summary"]["failed"], 1);
}

#[test]
fn a_pack_that_does_not_load_is_told_with_places() {
    let folder = tempfile::tempdir().unwrap();
    let rules = RULES.replace("pair.acme.limit >= 10", "pair.acme.limt >= 10");
    put(
        folder.path(),
        &[
            ("acme/pack.yaml", PACK),
            ("acme/facts/limit.yaml", FACTS),
            ("acme/rules/limit.yaml", &rules),
        ],
    );
    let pack = folder.path().join("acme");
    let pack = pack.to_str().unwrap();
    insta::assert_snapshot!("lint-load", standin(["rules", "lint", pack]).told(folder.path()));
    assert_eq!(standin(["rules", "test", pack]).code, Some(2));
}
