use crate::catalogue::{PackFile, load, tests::pack};
use crate::diagnostic::{SourceMap, human};

const FACTS: &str = "
{ fact: own.jobs, about: a, key: item.name, type: { map_of: { name: text, state: text, folder: path } },
  probes: [{ tds: { query: 'SELECT 1' } }] },
{ fact: own.mode, about: a, type: text, probes: [{ registry: { key: 'HKLM\\A', value: B }, value: row.value }] }";

/// What is told about a fix, whose rule gives it the name of a job and the place of its state.
fn told(fix: &str, with: &str) -> (Vec<&'static str>, String) {
    let rule = format!(
        "{{ id: own/stops, title: a, section: a, for_each: target.own.jobs, expect: 'item.state == \"on\"', severity: error,
            message: a, why: a, remedy: a, fix: {{ use: own/mend, with: {{ {with} }} }} }}"
    );
    let mut own = pack("own", "owns: [own]", FACTS, &rule);
    own.files.push(PackFile::new(
        "fixes/all.yaml",
        "fixes/all.yaml",
        format!("fixes:\n{fix}"),
    ));
    let mut sources = SourceMap::new();
    let loaded = load(&[own], &mut sources);
    let codes = loaded.diagnostics.sorted().iter().map(|told| told.code).collect();
    (codes, human(&loaded.diagnostics, &sources, false))
}

const HEAD: &str = "  - fix: own/mend\n    about: a\n    inputs: { job: text, place: place }\n    on: target\n    safety: confirm\n    would: start {{ job }}\n";
const WHOLE: &str = "    sets: { place: '\"on\"' }\n    actions: [{ tds: { batch: 'EXEC start {{ job | lit }}' } }]\n    no_undo: a\n";

fn codes(rest: &str) -> Vec<&'static str> {
    told(&format!("{HEAD}{rest}"), "job: item.name, place: item.state").0
}

#[test]
fn a_fix_says_what_it_changes_and_how_it_is_taken_back() {
    assert_eq!(codes(WHOLE), Vec::<&str>::new());
    for (rest, expected) in [
        (
            "    actions: [{ service: { stop: a } }]\n",
            vec!["missing-key", "missing-key"],
        ),
        ("    sets: { place: any }\n    undo: []\n", vec!["missing-key"]),
        (
            "    sets: { place: any }\n    actions: [{ service: { stop: a } }]\n    undo: []\n    no_undo: a\n",
            vec!["keys-exclude-each-other"],
        ),
    ] {
        assert_eq!(codes(rest), expected, "{rest}");
    }
    let guided =
        "  - { fix: own/mend, about: a, inputs: { job: text, place: place }, on: target, safety: guided }\n";
    assert_eq!(
        told(guided, "job: item.name, place: item.state").0,
        ["missing-key"]
    );
}

#[test]
fn a_fix_that_forgot_its_keys_is_no_other_packs() {
    let (codes, told) = told(
        &format!("  - fix: own/mend\n{WHOLE}"),
        "job: item.name, place: item.state",
    );
    assert_eq!(codes, ["missing-key"; 3], "{told}");
    for key in ["about", "on", "safety"] {
        assert!(told.contains(&format!("`{key}`")), "{told}");
    }
}

#[test]
fn mistakes_in_a_fix_are_told_at_once_and_in_their_places() {
    let fix = "    needs: { 'target.own.jobs[job].stat': any, target.own.jobs: any, '1 + 1': any }\n    sets: { 'target.own.mode': '1' }\n    actions:\n      - tds: { batch: 'EXEC start {{ job }}' }\n      - tds: { batch: 'EXEC start {{ jop | lit }}' }\n      - ldap: { modify: '{{ job }}' }\n      - ldap: { modify: '{{ job }}', replace: { '1x': job } }\n      - service: { set_start: '{{ job }}', to: 1 }\n      - registry: { set: 'A\\B', value: C, data: job, kind: text }\n      - on: directory\n        service: { stop: '{{ job }}' }\n      - tds: { batch: a, dtabase: job }\n    no_undo: a\n";
    let (codes, text) = told(&format!("{HEAD}{fix}"), "job: item.name, place: item.state");
    assert_eq!(codes.len(), 12, "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn rules_give_a_fix_what_it_takes() {
    let fix = format!("{HEAD}{WHOLE}");
    for (with, expected) in [
        ("job: item.name, place: item.state", vec![]),
        ("job: item.name", vec!["missing-input"]),
        ("job: item.folder, place: item.state", vec!["wrong-type"]),
        ("job: item.name, place: 'item.state + \"\"'", vec!["wrong-type"]),
        (
            "job: item.name, place: item.state, jobb: item.name",
            vec!["unknown-input"],
        ),
    ] {
        assert_eq!(told(&fix, with).0, expected, "{with}");
    }
    let here = fix.replace("on: target", "on: here");
    assert_eq!(told(&here, "job: item.name, place: item.state").0, ["no-server"]);
}

#[test]
fn a_helper_can_be_found_and_taken_back() {
    let helper = |sets: &str, undo: &str| {
        format!(
            "{HEAD}{WHOLE}  - fix: own/hold\n    about: a\n    inputs: {{ job: text }}\n    on: target\n    safety: safe\n    would: hold\n    sets: {{ {sets} }}\n    actions: [{{ service: {{ start: a }} }}]\n    {undo}\n"
        )
    };
    let found = "'target.own.jobs[job].state': '\"on\"'";
    for (sets, undo, expected) in [
        (found, "undo: []", vec![]),
        (found, "no_undo: never", vec!["missing-key"]),
        ("'target.own.mode': '\"on\"'", "undo: []", vec!["unbound-input"]),
    ] {
        assert_eq!(
            told(&helper(sets, undo), "job: item.name, place: item.state").0,
            expected,
            "{sets}"
        );
    }
}

#[test]
fn one_step_of_many_findings_has_what_they_share() {
    let one_per = |action: &str| {
        let head = HEAD.replace("    on: target", "    one_per: [job]\n    on: target");
        let fix = format!("{head}    sets: {{ place: any }}\n    actions: [{action}]\n    no_undo: a\n");
        told(&fix, "job: item.name, place: item.state").0
    };
    for (action, expected) in [
        (
            "{ for_each: asked, tds: { batch: 'EXEC start {{ job | lit }}, {{ item.place | lit }}' } }",
            vec![],
        ),
        (
            "{ tds: { batch: 'EXEC start {{ place | lit }}' } }",
            vec!["bad-expression"],
        ),
        (
            "{ for_each: asked, tds: { batch: 'EXEC start {{ item.job | lit }}' } }",
            vec!["bad-expression"],
        ),
    ] {
        assert_eq!(one_per(action), expected, "{action}");
    }
}

#[test]
fn a_secret_that_is_written_over_wants_a_confirmation() {
    let fix = "    read: { old: { type: bytes, secret: true, probe: { on: target, tds: { query: 'SELECT 1' }, value: row.a } } }\n    sets: { place: any }\n    actions: [{ tds: { batch: 'EXEC start {{ job | lit }}' } }]\n    undo: [{ tds: { batch: 'EXEC back {{ old | hex }}' } }]\n";
    assert_eq!(codes(fix), Vec::<&str>::new());
    let safe = format!("{HEAD}{fix}").replace("safety: confirm", "safety: safe");
    assert_eq!(
        told(&safe, "job: item.name, place: item.state").0,
        ["unsafe-secret"]
    );
    let told_secret = format!("{HEAD}{fix}").replace("would: start {{ job }}", "would: use {{ old }}");
    assert_eq!(
        told(&told_secret, "job: item.name, place: item.state").0[0],
        "bad-expression"
    );
}

#[test]
fn rights_are_given_to_nobody_unasked() {
    let grant = "    sets: { place: any }\n    actions: [{ on: directory, ldap: { grant: '{{ job }}', to: 'sid(\"S-1-5-18\")', rights: '[\"write a\"]' } }]\n    no_undo: a\n";
    assert_eq!(codes(grant), Vec::<&str>::new());
    let safe = format!("{HEAD}{grant}").replace("safety: confirm", "safety: safe");
    assert_eq!(
        told(&safe, "job: item.name, place: item.state").0,
        ["unsafe-grant"]
    );
}

#[test]
fn nothing_that_lets_people_in_is_taken_away_unasked() {
    for (action, is_grave) in [
        ("modify: '{{ job }}', remove: { member: job }", true),
        (
            "modify: '{{ job }}', replace: { UserAccountControl: '\"2\"' }",
            true,
        ),
        ("modify: '{{ job }}', replace: { description: job }", false),
        (
            "revoke: '{{ job }}', to: 'sid(\"S-1-5-18\")', rights: '[\"write a\"]'",
            true,
        ),
        ("delete: '{{ job }}'", true),
    ] {
        let fix = format!(
            "    sets: {{ place: any }}\n    actions: [{{ on: directory, ldap: {{ {action} }} }}]\n    no_undo: a\n"
        );
        let expected = if is_grave { vec!["unsafe-taking"] } else { vec![] };
        assert_eq!(codes(&fix), expected, "{action}");
        let destructive = format!("{HEAD}{fix}").replace("safety: confirm", "safety: destructive");
        assert_eq!(
            told(&destructive, "job: item.name, place: item.state").0,
            Vec::<&str>::new(),
            "{action}"
        );
    }
}

#[test]
fn guards_name_fixes_and_facts_that_are_there() {
    let told = |guard: &str| {
        let mut own = pack("own", "owns: [own]", FACTS, "");
        let text = format!("guards:\n  - {{ {guard}, about: a, else: a }}");
        own.files.push(PackFile::new("guards.yaml", "guards.yaml", text));
        let loaded = load(&[own], &mut SourceMap::new());
        let codes = loaded.diagnostics.sorted().iter().map(|told| told.code).collect();
        let codes: Vec<&str> = codes;
        codes
    };
    let holds = "holds: target.own.mode == \"on\"";
    assert_eq!(
        told(&format!("guard: own/a, {holds}, for: all")),
        Vec::<&str>::new()
    );
    assert_eq!(told("guard: own/a, holds: target.own.mode"), ["wrong-type"]);
    assert_eq!(
        told("guard: own/a, holds: target.own.mod == \"on\""),
        ["bad-expression"]
    );
    assert_eq!(
        told("guard: own/a, holds: here.own.mode == \"on\""),
        ["bad-expression"]
    );
    assert_eq!(told(&format!("guard: other/a, {holds}")), ["bad-id"]);
    assert_eq!(
        told(&format!("guard: own/a, {holds}, for: [own/no]")),
        ["unknown-fix"]
    );
    assert_eq!(told(&format!("guard: own/a, {holds}, for: []")), ["wrong-value"]);
    let twice = format!("guard: own/a, {holds}, about: a, else: a }}\n  - {{ guard: own/a, {holds}");
    assert_eq!(told(&twice), ["duplicate-name"]);
}
