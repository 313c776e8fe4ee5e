//! Evil packs, pair files and snapshots end in a clear error, at once and without filling the memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Address space of the program in KiB: its own code, stacks of its threads, and 64 MiB for what it reads.
const MEMORY: u64 = 400 * 1024;

/// Runs the program with little memory; it must not panic, be killed or hang for long.
fn run(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_standin");
    let script = format!("ulimit -v {MEMORY}; exec timeout 60 \"$0\" \"$@\"");
    let output = Command::new("bash")
        .args(["-c", &script, program])
        .args(arguments)
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(
        !talk.contains("panicked") && !talk.contains("memory allocation"),
        "{talk}"
    );
    assert!(
        output.status.code().is_some_and(|code| code < 100),
        "{:?}: {talk}",
        output.status
    );
    assert!(
        talk.len() < 200_000,
        "the error itself is too long: {}",
        talk.len()
    );
    output
}

fn pack(folder: &Path, rule: &str) {
    fs::create_dir_all(folder.join("rules")).unwrap();
    fs::write(
        folder.join("pack.yaml"),
        "{ name: evil, version: '1', about: x, owns: [evil], requires: [common] }\n",
    )
    .unwrap();
    fs::write(folder.join("rules/r.yaml"), rule).unwrap();
}

fn rule_with(expect: &str) -> String {
    let quoted = expect.replace('\'', "''");
    format!(
        "rules:\n  - id: evil/r\n    title: x\n    section: x\n    severity: error\n    expect: '{quoted}'\n    message: m\n    \
         why: w\n    remedy: r\n"
    )
}

#[test]
fn evil_yaml_is_refused() {
    let bomb: String = std::iter::once("a0: &a0 [x, x]\n".to_owned())
        .chain((1..40).map(|i| format!("a{i}: &a{i} [*a{p}, *a{p}]\n", p = i - 1)))
        .collect();
    let texts = [
        ("a bomb of aliases", bomb),
        ("deep lists", format!("rules: {}", "[".repeat(100_000))),
        ("deep maps", (0..2000).map(|i| " ".repeat(i) + "a:\n").collect()),
        ("a long line", format!("rules: [ {} ]", "x".repeat(10_000_000))),
        (
            "a quote without end",
            format!("rules: \"{}", "y".repeat(1_900_000)),
        ),
        (
            "many keys",
            (0..150_000)
                .flat_map(|i| ["k".to_owned(), i.to_string(), ": 1\n".to_owned()])
                .collect(),
        ),
        ("a tag", "rules: !evil []\n".to_owned()),
        ("a key twice", "rules: []\nrules: []\n".to_owned()),
        ("no text", "\u{0}\u{1}\u{2}".to_owned()),
    ];
    for (what, text) in texts {
        let folder = tempfile::tempdir().unwrap();
        let evil = folder.path().join("evil");
        pack(&evil, &text);
        let output = run(&["rules", "lint", evil.to_str().unwrap()]);
        assert!(
            matches!(output.status.code(), Some(1 | 2)),
            "{what}: {:?}",
            output.status
        );
        let pair = folder.path().join("pair.yaml");
        fs::write(&pair, &text).unwrap();
        assert_eq!(
            run(&["check", pair.to_str().unwrap()]).status.code(),
            Some(2),
            "{what}"
        );
    }
}

#[test]
fn evil_expressions_are_refused() {
    let expressions = [
        "while true {}".to_owned(),
        "loop {}".to_owned(),
        "eval(\"1\")".to_owned(),
        "sleep(1000000)".to_owned(),
        "print(\"x\")".to_owned(),
        format!("{}true", "true && ".repeat(100_000)),
        format!("{}1{}", "(".repeat(50_000), ")".repeat(50_000)),
        format!("\"{}\" == \"\"", "x".repeat(1_000_000)),
        "capture(source.name, \"(((a{1,1000}){1,1000}){1,1000})\") == ()".to_owned(),
        format!("{}true", "!".repeat(20_000)),
        "let x = 1; x == 1".to_owned(),
        "import \"x\" as y".to_owned(),
    ];
    for expression in expressions {
        let folder = tempfile::tempdir().unwrap();
        let evil = folder.path().join("evil");
        pack(&evil, &rule_with(&expression));
        let output = run(&["rules", "lint", evil.to_str().unwrap()]);
        let shown: String = expression.chars().take(40).collect();
        assert!(matches!(output.status.code(), Some(1 | 2)), "{shown}");
        let told = [output.stdout, output.stderr].concat();
        assert!(
            String::from_utf8_lossy(&told).contains("rules/r.yaml:6:"),
            "{shown}: no place"
        );
    }
}

#[test]
fn evil_snapshots_give_errors_and_no_verdicts() {
    let snapshots = [
        "{".to_owned(),
        "[".repeat(1_000_000),
        "{\"standin_snapshot\": 99}".to_owned(),
        "{\"standin_snapshot\": 1, \"pair\": 7}".to_owned(),
        "\u{0}".repeat(1000),
        "null".to_owned(),
    ];
    for text in snapshots {
        let folder = tempfile::tempdir().unwrap();
        let snapshot = folder.path().join("snapshot.json");
        fs::write(&snapshot, &text).unwrap();
        let output = run(&[
            "check",
            "fixtures/exchange-healthy",
            "--snapshot",
            snapshot.to_str().unwrap(),
        ]);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{}",
            text.chars().take(30).collect::<String>()
        );
        assert!(output.stdout.is_empty(), "an evil snapshot is no answer");
    }
}
