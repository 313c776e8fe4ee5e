//! Plans as operators and programs meet them.

use std::fs;
use std::path::Path;

use crate::run::{Run, ended, program, put, standin};

fn run(folder: &Path, arguments: &[&str]) -> Run {
    ended(program(&folder.join("state")).current_dir(folder).args(arguments))
}

#[test]
fn a_plan_is_kept_for_its_owner_only_and_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.json");
    let plan = |more: &[&str]| {
        let words = ["plan", "fixtures/exchange-broken", "--format", "json", "--out"];
        let file = file.to_str().unwrap();
        standin(words.iter().copied().chain([file]).chain(more.iter().copied()))
    };
    let made = plan(&[]);
    assert_eq!(made.code, Some(1), "{}", made.err);
    assert!(made.err.contains("the plan is kept in"), "{}", made.err);
    assert_eq!(fs::read_to_string(&file).unwrap(), made.out);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let again = plan(&[]);
    assert_eq!((again.code, again.out.as_str()), (Some(2), ""));
    assert!(again.err.contains("is there already"), "{}", again.err);
    assert_eq!(plan(&["--force"]).code, Some(1));
}

#[test]
fn plans_have_their_published_layout() {
    let schema = fs::read_to_string("src/report/plan.schema.json").unwrap();
    let validator = jsonschema::draft202012::new(&serde_json::from_str(&schema).unwrap()).unwrap();
    for fixture in fs::read_dir("fixtures").unwrap() {
        let path = fixture.unwrap().path();
        let plan = standin(["plan", path.to_str().unwrap(), "--format", "json"]).json();
        let errors: Vec<String> = validator
            .iter_errors(&plan)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
    }
}

#[test]
fn filters_are_honoured_and_shown() {
    let words = [
        "plan",
        "fixtures/exchange-broken",
        "--only",
        "service",
        "--skip",
        "common/service-running",
    ];
    let told = standin(words);
    let shown = told
        .out
        .contains("only service\nwithout common/service-running\n");
    assert!(
        shown && told.out.contains("start only when it is told to"),
        "{}",
        told.out
    );
    assert!(!told.out.contains("would stop"), "{}", told.out);
    let unknown = standin(["plan", "fixtures/exchange-broken", "--only", "nothing-like-it"]);
    assert_eq!(unknown.code, Some(2));
}

#[test]
fn a_plan_is_drawn_and_nothing_else_is() {
    let drawn = standin(["plan", "fixtures/exchange-broken", "--format", "dot"]);
    assert_eq!(
        (drawn.code, drawn.out.starts_with("digraph plan {")),
        (Some(1), true)
    );
    let mermaid = standin(["plan", "fixtures/exchange-broken", "--format", "mermaid"]);
    assert!(mermaid.out.starts_with("flowchart LR\n"), "{}", mermaid.out);
    for (text, arrow) in [(&drawn.out, " -> "), (&mermaid.out, " --> ")] {
        assert!(
            text.lines().filter(|line| line.contains(arrow)).count() > 5,
            "{text}"
        );
    }
    let check = standin(["check", "fixtures/exchange-broken", "--format", "dot"]);
    assert_eq!((check.code, check.out.as_str()), (Some(2), ""));
    assert!(
        check.err.contains("only plans and runbooks are drawn"),
        "{}",
        check.err
    );
}

const PACK: &[(&str, &str)] = &[
    (
        "acme/pack.yaml",
        "{ name: acme, version: 1.0.0, about: Ours., owns: [acme] }\n",
    ),
    (
        "acme/settings.yaml",
        "settings:\n  acme.colour: { type: text, default: grey, about: a }\n  acme.shape: { type: text, default: flat, about: a }\n",
    ),
    (
        "pair.yaml",
        "pair: a-b\npacks: [acme]\nrecorded: snapshot.json\nsource: { name: A, address: 192.0.2.1 }\ntarget: { name: B, address: 192.0.2.2 }\n",
    ),
    (
        "snapshot.json",
        "{ \"standin_snapshot\": 1, \"pair\": \"a-b\", \"taken_at\": \"2026-11-20T22:00:00Z\", \"complete\": true, \"digest_key\": null, \"facts\": {} }",
    ),
];

/// A rule that is never content, and the fix that it offers.
fn rule(name: &str) -> String {
    format!(
        "  - {{ id: acme/{name}, title: a, section: a, expect: 'setting.acme.colour == \"none\"', severity: error, message: a, why: a, remedy: a, fix: {{ use: acme/{name} }} }}\n"
    )
}

fn fix(name: &str, rest: &str) -> String {
    format!(
        "  - fix: acme/{name}\n    about: a\n    on: local\n    safety: safe\n    would: make it {name}\n    actions: [{{ setting: {{ set: '\"acme\"', to: '1' }} }}]\n    no_undo: a\n{rest}"
    )
}

/// What is said of two steps that do not go together.
fn refused(fixes: &[String; 2]) -> String {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), PACK);
    let rules = format!("rules:\n{}{}", rule("red"), rule("blue"));
    put(
        folder.path(),
        &[
            ("acme/rules/all.yaml", &rules),
            ("acme/fixes/all.yaml", &format!("fixes:\n{}", fixes.concat())),
        ],
    );
    let told = run(folder.path(), &["plan", ".", "--rules", "acme"]);
    assert_eq!((told.code, told.out.as_str()), (Some(2), ""), "{}", told.err);
    told.err.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn steps_that_contradict_each_other_or_wait_in_a_circle_are_named() {
    let conflict = refused(&[
        fix("red", "    sets: { setting.acme.colour: '\"red\"' }\n"),
        fix("blue", "    sets: { setting.acme.colour: '\"blue\"' }\n"),
    ]);
    let expected = "acme/blue on this machine (would make it blue) and acme/red on this machine (would make it red) set \
        setting.acme.colour differently: blue and red";
    assert!(conflict.contains(expected), "{conflict}");
    let circle = refused(&[
        fix(
            "red",
            "    sets: { setting.acme.colour: '\"red\"' }\n    after: [{ fix: acme/blue, because: it is so }]\n",
        ),
        fix(
            "blue",
            "    sets: { setting.acme.shape: '\"round\"' }\n    needs: { setting.acme.colour: '\"red\"' }\n",
        ),
    ]);
    for part in [
        "these steps wait for each other",
        "it is so",
        "makes that setting.acme.colour is red",
    ] {
        assert!(circle.contains(part), "{part}: {circle}");
    }
}
