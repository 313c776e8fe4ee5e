//! Plans are done and taken back; what is not as it was planned is refused before anything is changed.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;

use crate::run::{Run, ended, program, put};

/// A pack about two settings of the pair file, so that no server is needed.
const PACK: &[(&str, &str)] = &[
    (
        "packs/acme/pack.yaml",
        "name: acme\nversion: 1.0.0\nabout: Shields and doors.\nowns: [acme]\n",
    ),
    (
        "packs/acme/settings.yaml",
        "settings:
  acme.shield: { type: bool, default: false, about: Whether the shield is up. }
  acme.door: { type: text, default: open, about: How the door is. }
",
    ),
    (
        "packs/acme/rules/acme.yaml",
        r#"rules:
  - id: acme/shield-down
    title: The shield is down
    section: Acme
    expect: setting.acme.shield
    severity: error
    message: the shield is down
    why: Whatever flies comes in.
    remedy: Raise it.
    fix: { use: acme/raise, with: { setting: setting.acme.shield } }
    examples:
      - { name: up, setting: { acme.shield: true }, expect: good }
      - { name: down, setting: { acme.shield: false }, expect: error, fix: acme/raise }
  - id: acme/door-open
    title: The door is open
    section: Acme
    expect: setting.acme.door == "shut"
    severity: warning
    message: the door is {{ setting.acme.door }}
    why: Whatever walks comes in.
    remedy: Shut it.
    fix: { use: acme/shut }
    examples:
      - { name: shut, setting: { acme.door: shut }, expect: good }
      - { name: open, setting: { acme.door: open }, expect: warning, fix: acme/shut }
"#,
    ),
    (
        "packs/acme/fixes/acme.yaml",
        r#"fixes:
  - fix: acme/raise
    about: Raises the shield.
    inputs: { setting: place }
    on: local
    safety: safe
    would: turn on {{ setting }}
    sets: { setting: "true" }
    actions: [{ setting: { set: setting, to: "true" } }]
    undo: [{ setting: { set: setting, to: was } }]
  - fix: acme/shut
    about: Shuts the door, behind the shield only.
    on: local
    safety: confirm
    would: shut the door
    needs: { setting.acme.shield: "true" }
    sets: { setting.acme.door: '"shut"' }
    actions: [{ setting: { set: '"setting.acme.door"', to: '"shut"' } }]
    undo: [{ setting: { set: '"setting.acme.door"', to: was } }]
"#,
    ),
    ("pair/pair.yaml", PAIR),
];

const PAIR: &str = "# No server is asked.
pair: demo
packs: [acme]
source: { name: A, address: 192.0.2.1 }   # the old one
target: { name: B, address: 192.0.2.2 }
settings:
  acme:
    shield: false
    door: open   # somebody left it so
";

const SECURED: &str = "# No server is asked.
pair: demo
packs: [acme]
source: { name: A, address: 192.0.2.1 }   # the old one
target: { name: B, address: 192.0.2.2 }
settings:
  acme:
    shield: true
    door: shut   # somebody left it so
";

/// A folder with the pack, and the program in it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), PACK);
        let place = Self(folder);
        let words = ["trust", "packs", "--yes"];
        let trusted = ended(
            program(&place.path().join("state"))
                .current_dir(place.path())
                .args(words),
        );
        assert_eq!(trusted.code, Some(0), "{}", trusted.err);
        place
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, words: &[&str]) -> Run {
        let state = self.path().join("state");
        ended(
            program(&state)
                .current_dir(self.path())
                .args(words)
                .args(["--rules", "packs"]),
        )
    }

    fn pair(&self) -> String {
        fs::read_to_string(self.path().join("pair/pair.yaml")).unwrap()
    }

    fn plan(&self) {
        let plan = self.run(&["plan", "pair", "--out", "plan.json", "--force"]);
        assert_eq!(plan.code, Some(0), "{}{}", plan.out, plan.err);
    }
}

#[test]
fn a_plan_is_done_and_taken_back() {
    let place = Place::new();
    place.plan();
    let done = place.run(&["apply", "plan.json", "--confirm", "acme/shut"]);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    assert_snapshot!("apply-done", done.out);
    assert_eq!(place.pair(), SECURED);
    let again = place.run(&["fix", "pair", "--yes", "--confirm", "all"]);
    assert_eq!(
        (again.code, again.out.as_str()),
        (Some(0), "There is nothing to do on the pair demo.\n")
    );
    let back = place.run(&["undo", "2"]);
    assert_eq!(back.code, Some(0), "{}{}", back.out, back.err);
    assert_snapshot!("undo-done", back.out);
    assert_eq!(place.pair(), PAIR);
    let again = place.run(&["undo", "2"]);
    assert_eq!(again.code, Some(0), "{}{}", again.out, again.err);
    assert_eq!(place.pair(), PAIR);
    let verified = ended(program(&place.path().join("state")).args(["history", "verify"]));
    assert_eq!(verified.code, Some(0), "{}", verified.out);
}

#[test]
fn programs_are_told_the_same() {
    let place = Place::new();
    let done = place.run(&["fix", "pair", "--yes", "--confirm", "all", "--format", "json"]);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    let told = done.json();
    let schema = fs::read_to_string("src/report/run.schema.json").unwrap();
    let validator = jsonschema::draft202012::new(&serde_json::from_str(&schema).unwrap()).unwrap();
    assert!(validator.is_valid(&told), "{told}");
    assert_eq!(told["end"], "done");
    assert_eq!(told["findings"]["good"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_to_be_confirmed_is_not_done_unasked() {
    let place = Place::new();
    place.plan();
    for words in [
        &["apply", "plan.json"][..],
        &["fix", "pair"],
        &["fix", "pair", "--yes"],
    ] {
        let refused = place.run(words);
        assert_eq!(refused.code, Some(2), "{words:?}: {}", refused.out);
        assert!(refused.err.contains("--confirm"), "{}", refused.err);
    }
    assert_eq!(place.pair(), PAIR);
}

#[test]
fn a_plan_that_was_edited_is_refused() {
    let place = Place::new();
    place.plan();
    let plan = place.path().join("plan.json");
    let text = fs::read_to_string(&plan).unwrap();
    for (from, to) in [
        ("\"safety\": \"confirm\"", "\"safety\": \"safe\""),
        ("\"setting.acme.door\"", "\"setting.acme.shield\""),
        ("\"fix\": \"acme/shut\"", "\"fix\": \"acme/raise\""),
    ] {
        let edited = text.replace(from, to);
        assert_ne!(edited, text, "{from}");
        fs::write(&plan, edited).unwrap();
        let refused = place.run(&["apply", "plan.json", "--confirm", "all"]);
        assert_eq!(refused.code, Some(2), "{from}: {}", refused.out);
        assert!(refused.err.contains("plan anew"), "{}", refused.err);
    }
    assert_eq!(place.pair(), PAIR);
}

#[test]
fn a_plan_of_facts_that_are_others_now_is_refused() {
    let place = Place::new();
    place.plan();
    let by_hand = PAIR.replace("door: open", "door: ajar");
    fs::write(place.path().join("pair/pair.yaml"), &by_hand).unwrap();
    let refused = place.run(&["apply", "plan.json", "--confirm", "all"]);
    assert_eq!(refused.code, Some(2), "{}", refused.out);
    assert!(
        refused.err.contains("setting.acme.door is not as it was"),
        "{}",
        refused.err
    );
    assert_eq!(place.pair(), by_hand);
}

#[test]
fn what_was_changed_since_is_not_taken_back() {
    let place = Place::new();
    let done = place.run(&["fix", "pair", "--yes", "--confirm", "all"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let by_hand = place.pair().replace("door: shut", "door: walled up");
    fs::write(place.path().join("pair/pair.yaml"), &by_hand).unwrap();
    let back = place.run(&["undo", "1"]);
    assert_eq!(back.code, Some(5), "{}{}", back.out, back.err);
    assert_snapshot!("undo-third-state", back.out);
    // The shield stays up as long as the door, which needs it, is not as it was.
    assert_eq!(place.pair(), by_hand);
}

#[test]
fn a_pack_that_nobody_trusts_changes_nothing() {
    let place = Place::new();
    fs::remove_dir_all(place.path().join("state")).unwrap();
    let refused = place.run(&["fix", "pair", "--yes", "--confirm", "all"]);
    assert_eq!(refused.code, Some(2), "{}", refused.out);
    assert!(
        refused.err.contains("the pack of acme/shut is not trusted"),
        "{}",
        refused.err
    );
    assert_eq!(place.pair(), PAIR);
}

#[test]
fn files_that_are_no_plans_are_refused() {
    let place = Place::new();
    for (text, told) in [
        ("{", "it is no JSON"),
        ("{}", "it is no plan"),
        (r#"{"schema": "standin/plan/9"}"#, "its layout is standin/plan/9"),
    ] {
        fs::write(place.path().join("plan.json"), text).unwrap();
        let refused = place.run(&["apply", "plan.json"]);
        assert_eq!(refused.code, Some(2));
        assert!(refused.err.contains(told), "{}", refused.err);
    }
    let missing = place.run(&["undo", "7"]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.err.contains("there is no run 7"), "{}", missing.err);
}
