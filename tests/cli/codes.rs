//! Exit codes, and what is said on which stream.

use std::io::Read as _;
use std::process::Stdio;

use crate::run::{ended, program, put, standin};

const BROKEN: &str = "fixtures/exchange-broken";
const HEALTHY: &str = "fixtures/exchange-healthy";
const HALF_DEAD: &str = "fixtures/exchange-half-dead";

/// What is asked, and how it ends.
const CODES: &[(i32, &[&str])] = &[
    (0, &["check", HEALTHY]),
    (0, &["check", HEALTHY, "--fail-on", "warning"]),
    (1, &["check", BROKEN]),
    (1, &["check", BROKEN, "--fail-on", "warning"]),
    (3, &["check", HALF_DEAD, "--fail-on", "never"]),
    (0, &["check", BROKEN, "--only", "exchange/edition-downgrade"]),
    (
        1,
        &[
            "check",
            BROKEN,
            "--only",
            "exchange/edition-downgrade",
            "--fail-on",
            "warning",
        ],
    ),
    (1, &["check", HEALTHY, BROKEN]),
    (3, &["check", HALF_DEAD, HEALTHY, "--fail-on", "never"]),
    (2, &["check", HEALTHY, BROKEN, "--save", "no/such/file"]),
    (2, &["check", "no/such/pair"]),
    (2, &["check", HEALTHY, "--snapshot", "no/such/file"]),
    (
        2,
        &[
            "check",
            HEALTHY,
            "--snapshot",
            "fixtures/exchange-broken/snapshot.json",
        ],
    ),
    (2, &["check", HEALTHY, "--only", "dnss"]),
    (2, &["check", HEALTHY, "--now", "yesterday"]),
    (2, &["check", HEALTHY, "--timeout", "0s"]),
    (2, &["check", HEALTHY, "--rules", "no/such/folder"]),
    (2, &["check", HEALTHY, "--log", "standin=loud"]),
    (2, &["check"]),
    (2, &["chek"]),
    (2, &[]),
    (0, &["help", "check"]),
    (0, &["rules", "list"]),
    (0, &["rules", "lint"]),
    (0, &["rules", "test"]),
    (2, &["rules", "test", "no/such/folder"]),
    (2, &["rules", "show", "common/no-such-rule"]),
    (2, &["facts", "show", "no.such.fact"]),
    (2, &["explain", "no-such-thing"]),
    (
        2,
        &[
            "collect",
            HEALTHY,
            "--out",
            "fixtures/exchange-healthy/snapshot.json",
        ],
    ),
    (2, &["init", "--out", HEALTHY]),
    (2, &["completions", "csh"]),
];

#[test]
fn the_table_of_exit_codes() {
    for (code, arguments) in CODES {
        let run = standin(*arguments);
        assert_eq!(run.code, Some(*code), "{arguments:?}\n{}{}", run.out, run.err);
        assert_eq!(run.out.is_empty(), *code == 2, "{arguments:?}\n{}", run.out);
        if *code == 2 {
            assert!(
                run.err.contains("error") || run.err.contains("Usage"),
                "{arguments:?}\n{}",
                run.err
            );
        }
    }
}

#[test]
fn a_mistake_is_told_with_what_to_do() {
    let rows: &[(&str, &[&str])] = &[
        (
            "unknown word",
            &["check", "fixtures/exchange-healthy", "--only", "identty"],
        ),
        ("unknown option", &["check", "--fromat", "json"]),
        ("missing pair", &["check", "no/such/pair"]),
        ("unknown rule", &["rules", "show", "common/dns-map-incomplet"]),
        ("unknown fact", &["facts", "show", "here.dns.contacts"]),
        (
            "unknown pack",
            &["init", "--out", "no/such/folder", "--packs", "comon"],
        ),
    ];
    let told: Vec<String> = rows
        .iter()
        .map(|(what, arguments)| format!("## {what}\n{}", standin(*arguments).err))
        .collect();
    insta::assert_snapshot!("mistakes", told.join("\n"));
}

#[test]
fn a_wrong_pair_file_tells_all_its_mistakes_with_their_places() {
    let folder = tempfile::tempdir().unwrap();
    let pair = "pair: mail\npacks: [comon]\nsource: { name: A, addres: 192.0.2.1 }\n\
                target: { name: B, address: 192.0.2.300 }\nendpoints:\n  directory:\n    \
                ldap: { server: dc1 }\n    credential: { user: u, password: hunter2 }\n";
    put(folder.path(), &[("pair.yaml", pair)]);
    let run = standin(["check", folder.path().to_str().unwrap()]);
    assert!(!run.err.contains("hunter2"), "{}", run.err);
    insta::assert_snapshot!("wrong-pair-file", run.told(folder.path()));
}

#[test]
fn programs_get_errors_as_json_too() {
    let rows: &[&[&str]] = &[
        &["check", "no/such/pair", "--format", "json"],
        &["check", "--format=json"],
        &["rules", "show", "common/no-such-rule", "--format", "json"],
    ];
    for arguments in rows {
        let run = standin(*arguments);
        let error: serde_json::Value = serde_json::from_str(&run.err).unwrap();
        assert!(error["error"]["message"].is_string(), "{}", run.err);
        assert!(error["error"]["next_steps"].is_array(), "{}", run.err);
        assert_eq!(run.out, "");
    }
}

#[test]
fn colour_is_for_terminals_unless_it_is_asked_for() {
    let state = tempfile::tempdir().unwrap();
    let check = |extra: &[&str], variable: Option<(&str, &str)>| {
        let mut command = program(state.path());
        command.args(["check", "fixtures/exchange-broken"]).args(extra);
        command.envs(variable);
        ended(&mut command).out.contains('\u{1b}')
    };
    assert!(!check(&[], None));
    assert!(check(&["--color", "always"], None));
    assert!(check(&["--color", "always"], Some(("NO_COLOR", "1"))));
    assert!(!check(&["--color", "never"], None));
}

#[test]
fn the_answer_is_the_same_byte_for_byte() {
    for format in ["human", "json"] {
        let one = standin(["check", "fixtures/exchange-broken", "--format", format]);
        let two = standin(["check", "fixtures/exchange-broken/pair.yaml", "--format", format]);
        assert_eq!(one.out, two.out);
    }
}

#[test]
fn quiet_leaves_the_answer_alone() {
    let loud = standin(["check", "fixtures/exchange-healthy"]);
    let quiet = standin(["check", "fixtures/exchange-healthy", "--quiet"]);
    assert_eq!((quiet.out, quiet.err.as_str()), (loud.out, ""));
    assert!(loud.err.contains("no server is asked"), "{}", loud.err);
}

#[test]
fn a_reader_that_goes_away_is_content() {
    let state = tempfile::tempdir().unwrap();
    let mut child = program(state.path())
        .args(["check", "fixtures/exchange-broken", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut talk = String::new();
    child.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{talk}");
    assert!(!talk.contains("error"), "{talk}");
}

#[test]
#[cfg(target_os = "linux")]
fn an_answer_that_cannot_be_written_is_told() {
    let state = tempfile::tempdir().unwrap();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = program(state.path())
        .args(["rules", "list"])
        .stdout(full)
        .output()
        .unwrap();
    let talk = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{talk}");
    assert!(talk.contains("cannot write the answer"), "{talk}");
}

#[test]
fn what_happens_inside_can_be_logged() {
    let text = standin(["check", "fixtures/exchange-healthy", "--log", "debug"]);
    let json = standin([
        "check",
        "fixtures/exchange-healthy",
        "--log",
        "debug",
        "--log-format",
        "json",
    ]);
    assert_eq!((text.code, json.code), (Some(0), Some(0)));
    let events = json.err.lines().filter(|line| line.starts_with('{'));
    for event in events {
        let event: serde_json::Value = serde_json::from_str(event).unwrap();
        assert!(event["timestamp"].is_string(), "{event}");
    }
}

#[test]
fn nothing_from_a_recording_reaches_the_screen_raw() {
    let folder = tempfile::tempdir().unwrap();
    let evil = r"First\u001b[2J\u001b]8;;http://x\u0007\r\u202e\u009b Group";
    let snapshot = std::fs::read_to_string("fixtures/exchange-broken/snapshot.json").unwrap();
    let snapshot = snapshot.replace("First Storage Group", evil).replacen(
        "\"facts\": {",
        &format!("\"facts\": {{ \"{evil}\": 1,"),
        1,
    );
    let pair = std::fs::read_to_string("fixtures/exchange-broken/pair.yaml").unwrap();
    put(
        folder.path(),
        &[("snapshot.json", &snapshot), ("pair.yaml", &pair)],
    );
    let pair = folder.path().to_str().unwrap();
    for arguments in [
        &["check", pair, "-v"][..],
        &["check", pair, "--format", "json"],
        &["explain", "C-69", pair],
        &["explain", "C-69", pair, "--format", "json"],
    ] {
        let run = standin(arguments);
        let shown = format!("{}{}", run.out, run.err);
        assert!(
            shown.contains("[2J") || arguments[0] == "explain",
            "{arguments:?}"
        );
        let raw = shown
            .chars()
            .find(|c| c.is_control() && *c != '\n' || matches!(c, '\u{202e}' | '\u{9b}'));
        assert_eq!(raw, None, "{arguments:?}");
    }
    let broken = snapshot.replacen("\"standin_snapshot\": 1", "\"standin_snapshot\": \u{1b}", 1);
    put(folder.path(), &[("snapshot.json", &broken)]);
    let run = standin(["check", pair]);
    assert_eq!(run.code, Some(2), "{}", run.err);
    assert!(!run.err.contains('\u{1b}'), "{}", run.err);
}

#[test]
fn several_pairs_are_each_told_and_summed_up_in_a_line() {
    let run = standin(["check", HEALTHY, "no/such/pair", BROKEN, "--only", "Connection"]);
    assert_eq!(run.code, Some(2), "{}", run.err);
    let (_, lines) = run.out.rsplit_once("\n\n").unwrap();
    insta::assert_snapshot!("several_pairs", lines);
    assert!(
        run.err.contains("there is no pair file no/such/pair"),
        "{}",
        run.err
    );

    let run = standin(["check", HEALTHY, "no/such/pair", BROKEN, "--format", "json"]);
    let list: Vec<serde_json::Value> = serde_json::from_str(&run.out).unwrap();
    assert_eq!(list.len(), 2);
    for (pair, answer) in [HEALTHY, BROKEN].iter().zip(&list) {
        let alone = standin(["check", pair, "--format", "json"]);
        assert_eq!(
            *answer,
            serde_json::from_str::<serde_json::Value>(&alone.out).unwrap()
        );
    }
}
