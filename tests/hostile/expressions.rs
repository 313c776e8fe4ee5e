//! Rules that are made to take for ever, or all memory.

use std::path::Path;

use crate::run::{hostile, pack_at};

/// A rule of the pack `evil` with these keys.
fn rule(keys: &str) -> String {
    format!(
        "rules:\n  - id: evil/r\n    title: x\n    section: x\n    severity: error\n    {keys}\n    \
         examples: [{{ name: one, expect: good }}]\n"
    )
}

fn with_texts(keys: &str) -> String {
    rule(&format!("{keys}\n    message: m\n    why: w\n    remedy: r"))
}

fn quoted(expression: &str) -> String {
    format!("'{}'", expression.replace('\'', "''"))
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
        let rule = with_texts(&format!("expect: {}", quoted(&expression)));
        pack_at(&evil, &[("rules/r.yaml", &rule)], "common");
        let shown: String = expression.chars().take(40).collect();
        let run = hostile(&shown, &["rules", "lint", evil.to_str().unwrap()]);
        assert!(matches!(run.code, Some(1 | 2)), "{shown}");
        let told = run.out + &run.err;
        assert!(told.contains("rules/r.yaml:6:"), "{shown}: no place");
    }
}

/// The most items that a file may list.
const ITEMS: usize = 40_000;

/// A list of many names, and a long text.
fn settings() -> String {
    let items: Vec<String> = (0..ITEMS).map(|i| format!("name{i:06}")).collect();
    format!(
        "settings:\n  evil.list: {{ type: {{ list_of: text }}, default: [{}], about: x }}\n  \
         evil.text: {{ type: text, default: {}, about: x }}\n",
        items.join(","),
        "x".repeat(15_000)
    )
}

/// Many conditions, each the expression ten times.
fn again_and_again(expression: &str) -> String {
    let line = [expression; 10].join(" && ");
    let lines = format!("\n      - {}", quoted(&line)).repeat(150);
    with_texts(&format!("expect:{lines}"))
}

/// Each name is twice the one before.
fn doubled(first: &str) -> String {
    let lets: Vec<String> = (1..40)
        .map(|i| format!(", a{i}: a{p} + a{p}", p = i - 1))
        .collect();
    with_texts(&format!(
        "let: {{ a0: {first}{} }}\n    expect: a39 == a0",
        lets.concat()
    ))
}

/// Many patterns, each another one.
fn patterns(pattern: &str) -> String {
    let one = |i: usize| {
        format!(
            "capture(setting.evil.text, \"{}\") == ()",
            pattern.replace('N', &i.to_string())
        )
    };
    let lines: Vec<String> = (0..1_000)
        .map(|line| {
            let parts: Vec<String> = (0..10).map(|i| one(10 * line + i)).collect();
            format!("\n      - {}", quoted(&parts.join(" && ")))
        })
        .collect();
    with_texts(&format!("expect:{}", lines.concat()))
}

/// For each of the many names something that is bad and says this.
fn saying(message: &str, why: &str) -> String {
    rule(&format!(
        "for_each: setting.evil.list\n    expect: 'false'\n    message: {}\n    why: {}\n    remedy: r",
        quoted(message),
        quoted(why)
    ))
}

/// Rules that load, and do more than a rule may.
fn greedy() -> Vec<(&'static str, String)> {
    let list = "setting.evil.list";
    vec![
        (
            "joins",
            again_and_again(&format!("missing({list}, {list}) == []")),
        ),
        (
            "lists as text",
            again_and_again(&format!("join({list}, \"x\") != \"\"")),
        ),
        ("comparing lists", again_and_again(&format!("{list} == {list}"))),
        ("the greatest", again_and_again(&format!("max({list}) != \"\""))),
        (
            "parts of a text",
            again_and_again("split(setting.evil.text, \"x\") != []"),
        ),
        (
            "joins for each",
            with_texts(&format!(
                "for_each: {list}\n    expect: not(item + \"x\" in {list})"
            )),
        ),
        ("a text doubled", doubled("setting.evil.text")),
        ("a list doubled", doubled(list)),
        (
            "one heavy pattern",
            again_and_again("capture(setting.evil.text, \"(x{1,100}y)\") == ()"),
        ),
        (
            "a heavier pattern",
            again_and_again("capture(setting.evil.text, \"(([a-x]{1,30}){1,30}y)\") == ()"),
        ),
        ("many light patterns", patterns("(yN)")),
        ("many heavy patterns", patterns("(x{1,900}yN)")),
        ("many large classes", patterns("(\\\\w\\\\sN)")),
        (
            "loops in messages",
            saying(&format!("{{% for a in {list} %}}{{{{ a }}}}{{% endfor %}}"), "w"),
        ),
        (
            "silent loops",
            saying(&format!("{{% for a in {list} %}}{{% endfor %}}"), "w"),
        ),
        (
            "long messages",
            saying(&format!("{{{{ item }}}}{}", "x".repeat(60_000)), "w"),
        ),
    ]
}

fn pack(folder: &Path, rule: &str) {
    pack_at(
        folder,
        &[("settings.yaml", &settings()), ("rules/r.yaml", rule)],
        "common",
    );
}

#[test]
fn greedy_rules_are_stopped() {
    for (what, rule) in greedy() {
        let folder = tempfile::tempdir().unwrap();
        let evil = folder.path().join("evil");
        pack(&evil, &rule);
        let run = hostile(what, &["rules", "test", evil.to_str().unwrap()]);
        assert_eq!(run.code, Some(1), "{what}: {}{}", run.out, run.err);
        assert!(
            run.out.contains("does too much work and was stopped"),
            "{what}: {}",
            run.out
        );
    }
}

#[test]
fn a_check_names_the_greedy_rule() {
    let folder = tempfile::tempdir().unwrap();
    let evil = folder.path().join("evil");
    pack(&evil, &doubled("setting.evil.list"));
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/exchange-healthy");
    let pair = std::fs::read_to_string(fixture.join("pair.yaml")).unwrap();
    let pair = pair
        .replace("packs: [", "packs: [evil, ")
        .replace("snapshot.json", fixture.join("snapshot.json").to_str().unwrap());
    let file = folder.path().join("pair.yaml");
    std::fs::write(&file, pair).unwrap();
    let words = ["check", file.to_str().unwrap(), "--rules", evil.to_str().unwrap()];
    let run = hostile("a check", &words);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{}", run.err);
    assert!(run.err.contains("evil/r does too much work"), "{}", run.err);
}

#[test]
fn long_texts_that_are_the_same_for_all_are_kept_once() {
    let folder = tempfile::tempdir().unwrap();
    let evil = folder.path().join("evil");
    pack(&evil, &saying("m", &"y".repeat(60_000)));
    let run = hostile("a long reason", &["rules", "test", evil.to_str().unwrap()]);
    assert_eq!(run.code, Some(1), "{}", run.err);
    assert!(run.out.contains("expected good, got error"), "{}", run.out);
}
