use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

fn tree(text: impl Into<std::sync::Arc<str>>) -> (Option<Node>, Vec<(&'static str, usize)>, SourceMap) {
    let mut sources = SourceMap::new();
    let id = sources.add("a.yaml", text.into());
    let mut sink = Diagnostics::new();
    let tree = parse(id, &sources, &Limits::default(), &mut sink);
    let errors = sink
        .sorted()
        .iter()
        .map(|error| (error.code, error.primary.as_ref().unwrap().span.start))
        .collect();
    (tree, errors, sources)
}

fn errors(text: &str) -> Vec<(&'static str, usize)> {
    tree(text).1
}

#[test]
fn nodes_know_their_place() {
    let (tree, errors, sources) =
        tree("\u{feff}a: one\nb:\n- x\n- [y, z]\nc: |\n  l1\n  l2\n\nd: {e: 'f'}\n");
    assert_eq!(errors, []);
    let tree = tree.unwrap();
    let slice = |key: &str| sources.slice(tree.get(key).unwrap().span);
    assert_eq!(slice("a"), "one");
    assert_eq!(slice("b"), "x\n- [y, z]");
    assert_eq!(slice("c"), "l1\n  l2");
    assert_eq!(slice("d"), "{e: 'f'}");
    assert_eq!(
        sources.slice(tree.get("d").unwrap().get("e").unwrap().span),
        "'f'"
    );
    assert_eq!(sources.slice(tree.entries().unwrap()[3].0.span), "d");
}

#[test]
fn an_empty_file_is_null() {
    for text in ["", "# only words\n", "---\n", "~"] {
        assert!(tree(text).0.unwrap().is_null(), "{text:?}");
    }
}

#[test]
fn what_is_not_plain_is_refused() {
    let rows: [(&str, &[(&str, usize)]); 22] = [
        ("a: !(x in b)", &[("tag", 3)]),
        ("a: !x", &[("tag", 3)]),
        ("a: !source.x[1] in b", &[("tag", 3)]),
        ("a: !!str 1\nb: ! 2", &[("tag", 3), ("tag", 14)]),
        (
            "a: &x 1\nb: *x\nc: *y",
            &[("anchor", 3), ("anchor", 11), ("anchor", 17)],
        ),
        ("a: *", &[("anchor", 3)]),
        (
            "a: 1\nb: 2\na: 3\nb: 4",
            &[("duplicate-key", 10), ("duplicate-key", 15)],
        ),
        (
            "a: {{ x }}\nb: {{ y }}",
            &[("key-is-no-text", 4), ("key-is-no-text", 15)],
        ),
        ("? [a]\n: 1", &[("key-is-no-text", 2)]),
        (": 1", &[("key-is-no-text", 0)]),
        ("a: 1\n---\nb: 1", &[("several-documents", 5)]),
        ("%YAML 1.2\n---\na: 1", &[("bad-yaml", 0)]),
        ("a: \"x\" == y", &[("bad-yaml", 7)]),
        ("a: b: c", &[("bad-yaml", 4)]),
        ("a: @x", &[("bad-yaml", 3)]),
        ("a: `x`", &[("bad-yaml", 3)]),
        ("a: [x, y", &[("bad-yaml", 3)]),
        ("a: 'x", &[("bad-yaml", 3)]),
        ("a:\n\tb: c", &[("bad-yaml", 4)]),
        ("a: x\0", &[("bad-yaml", 4)]),
        ("a: {b: 1, b: 2}", &[("duplicate-key", 10)]),
        ("<<: {a: 1}\n", &[]),
    ];
    for (text, expected) in rows {
        assert_eq!(errors(text), expected, "{text:?}");
    }
}

#[test]
fn a_quoted_bang_is_text() {
    assert_eq!(tree("a: '!x'").0.unwrap().get("a").unwrap().text(), Some("!x"));
}

#[test]
fn hostile_files_end_soon() {
    let laughs = (1..30).fold("a0: &a0 [x]\n".to_owned(), |text, n| {
        let previous = format!("*a{}, ", n - 1).repeat(9);
        format!("{text}a{n}: &a{n} [{previous}]\n")
    });
    let size = 4_000_000;
    let stairs: Vec<String> = (0..2000).map(|n| " ".repeat(n) + "a:\n").collect();
    let rows = [
        ("ten million bytes on a line", "a".repeat(10_000_000)),
        ("laughs", laughs),
        ("brackets", "[".repeat(size)),
        ("braces", "{".repeat(size)),
        ("braces with keys", "{a: ".repeat(size / 4)),
        ("dashes", "- ".repeat(size / 2)),
        ("questions", "? ".repeat(size / 2)),
        ("colons", ": ".repeat(size / 2)),
        ("stairs", stairs.concat()),
        ("many values", format!("[{}", "[a],".repeat(size / 5))),
        ("many keys", "a: 1\n".repeat(size / 5)),
        ("many tags", "- !x\n".repeat(size / 5)),
        ("many anchors", "- &x\n".repeat(size / 5)),
        ("tag", format!("a: !{}", "x".repeat(size))),
        ("anchor", format!("a: &{}", "x".repeat(size))),
        ("open quote", format!("a: \"{}", "x\n".repeat(size / 2))),
        ("escapes", format!("a: \"{}\\q", "\\n".repeat(size / 2))),
        ("key", format!("{}: 1\n- a", "k".repeat(size))),
        ("tabs", format!("a:\n{}b: 1", "\t".repeat(size))),
        (
            "second document",
            format!("a: {}\n---\n", "x ".repeat(size / 2 - 10)),
        ),
        ("directive", format!("%{}", "x".repeat(size))),
    ];
    for (name, text) in rows {
        let begun = Instant::now();
        let errors = errors(&text);
        assert!(!errors.is_empty(), "{name} was accepted");
        let took = begun.elapsed();
        // Half a second on an idle machine and without debug assertions.
        assert!(took < Duration::from_secs(3), "{name} took {took:?}");
    }
}

proptest! {
    #[test]
    fn never_panics_and_always_explains(text in "[-a-c:{}\\[\\],!&*#|> '\"\\n\\t?%@`~0é]{0,60}") {
        let (tree, errors, _) = tree(text);
        prop_assert!(tree.is_some() || !errors.is_empty());
    }

    #[test]
    fn texts_survive_quotes(raw in "[^\\p{C}\u{2028}\u{2029}]{0,40}") {
        let (tree, ..) = tree(format!("a: '{}'", raw.replace('\'', "''")));
        let tree = tree.unwrap();
        let text = tree.get("a").unwrap().text();
        prop_assert_eq!(text, Some(raw.as_str()));
    }
}
