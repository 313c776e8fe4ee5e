//! What programs read.

use std::path::Path;
use std::{env, fs};

use insta::assert_snapshot;
use serde_json::Value;

use super::sample::Sample;
use crate::evaluate::Status;
use crate::report::{
    Origin, applied_schema, facts_json, json, plan_schema, rules_json, schema, settings_json,
};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn assert_valid(answer: &str) {
    let validator = jsonschema::draft202012::new(&parsed(&schema())).unwrap();
    let answer = parsed(answer);
    let errors: Vec<String> = validator
        .iter_errors(&answer)
        .map(|e| format!("{}: {e}", e.instance_path))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn an_answer_has_its_published_layout() {
    let sample = Sample::new();
    let recorded = json(&sample.report(Origin::Recorded));
    assert_valid(&recorded);
    assert_valid(&json(&sample.report(Origin::Live)));
    assert_eq!(
        recorded,
        json(&Sample::new().report(Origin::Recorded)),
        "the same input gives the same bytes"
    );
    // A new version of Standin is no other answer.
    assert_snapshot!("answer", recorded.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

#[test]
fn every_rule_has_its_finding_with_what_is_promised() {
    let sample = Sample::new();
    let answer = parsed(&json(&sample.report(Origin::Live)));
    let findings = answer["findings"].as_array().unwrap();
    for rule in &sample.catalogue.rules {
        assert!(
            findings.iter().any(|finding| finding["rule"] == *rule.id),
            "{}",
            rule.id
        );
    }
    for finding in findings {
        for name in [
            "rule", "guide", "subject", "status", "message", "evidence", "fixable",
        ] {
            assert!(!finding[name].is_null(), "{name}: {finding}");
        }
        let status = finding["status"].as_str().unwrap();
        assert!(Status::ALL.iter().any(|known| known.word() == status), "{status}");
    }
}

#[test]
fn the_counts_are_those_of_the_findings() {
    let answer = parsed(&json(&Sample::new().report(Origin::Live)));
    let count = |is: &dyn Fn(&Value) -> bool| {
        let own = |f: &&Value| f["rollup"] == false && is(f);
        answer["findings"].as_array().unwrap().iter().filter(own).count()
    };
    let bad = |f: &Value| f["status"] == "error" || f["status"] == "warning";
    for status in ["good", "error", "warning", "not_applicable", "waived"] {
        assert_eq!(
            answer["summary"][status],
            count(&|f| f["status"] == status),
            "{status}"
        );
    }
    assert_eq!(
        answer["summary"]["fixable"],
        count(&|f| bad(f) && f["fixable"] == true)
    );
    assert_eq!(
        answer["summary"]["unknown"],
        answer["unknowns"].as_array().unwrap().len()
    );
}

#[test]
fn the_published_schema_is_what_is_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/report.schema.json");
    if env::var_os("STANDIN_UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, schema()).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        published,
        schema(),
        "run this test with STANDIN_UPDATE=1 and look at what changed"
    );
}

#[test]
fn the_published_schema_of_plans_is_what_is_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/plan.schema.json");
    if env::var_os("STANDIN_UPDATE").is_some() {
        fs::write(&path, plan_schema()).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        published,
        plan_schema(),
        "run this test with STANDIN_UPDATE=1 and look at what changed"
    );
}

#[test]
fn the_published_schema_of_runs_is_what_is_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/run.schema.json");
    if env::var_os("STANDIN_UPDATE").is_some() {
        fs::write(&path, applied_schema()).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        published,
        applied_schema(),
        "run this test with STANDIN_UPDATE=1 and look at what changed"
    );
}

#[test]
fn lists_are_for_programs_too() {
    let catalogue = Sample::new().catalogue;
    let rules = parsed(&rules_json(&catalogue, &crate::evaluate::Selection::default()));
    assert_snapshot!(
        "rule_of_the_list",
        serde_json::to_string_pretty(&rules[5]).unwrap()
    );
    let rollup = &rules[7];
    assert_eq!(
        (&rollup["id"], &rollup["fixable"]),
        (&"depot/shelves".into(), &true.into())
    );
    let facts = parsed(&facts_json(&catalogue));
    assert_snapshot!(
        "fact_of_the_list",
        serde_json::to_string_pretty(&facts[3]).unwrap()
    );
    let settings = parsed(&settings_json(&catalogue));
    assert_snapshot!("settings", serde_json::to_string_pretty(&settings).unwrap());
}

#[test]
fn the_recorded_answers_have_the_published_layout() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let answers = fs::read_dir(fixtures)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("expected/report.json"));
    let answers: Vec<_> = answers.filter(|path| path.is_file()).collect();
    assert!(!answers.is_empty());
    for answer in answers {
        assert_valid(&fs::read_to_string(answer).unwrap());
    }
}
