use super::*;
use crate::diagnostic::Diagnostics;
use crate::diagnostic::SourceMap;
use crate::yaml::{Fields, Limits, parse};

#[derive(Debug, PartialEq)]
struct Fact {
    name: String,
    sides: Vec<bool>,
    size: i64,
}

fn fact(node: &Node, sink: &mut Diagnostics) -> Option<Fact> {
    let mut fields = Fields::of(node, sink, "a fact")?;
    let name = fields.required("fact", identifier);
    let sides = fields.required("sides", list_of(one_of(&[("source", false), ("target", true)])));
    let size = fields.or("size", 3, integer_in(1, 9));
    fields.finish();
    Some(Fact {
        name: name?,
        sides: sides?,
        size: size?,
    })
}

fn decode<T>(text: &str, decoder: impl Fn(&Node, &mut Diagnostics) -> Option<T>) -> (Option<T>, Vec<String>) {
    let mut sources = SourceMap::new();
    let id = sources.add("a.yaml", text);
    let mut sink = Diagnostics::new();
    let tree = parse(id, &sources, &Limits::default(), &mut sink).unwrap();
    let value = decoder(&tree, &mut sink);
    let told = sink.sorted().into_iter().map(|error| {
        let place = sources.place(error.primary.as_ref().unwrap().span);
        let help = error
            .help
            .first()
            .map_or(String::new(), |help| format!(" ({help})"));
        format!("{}:{} {}{help}", place.line, place.column, error.message)
    });
    (value, told.collect())
}

#[test]
fn decodes_what_is_right() {
    let (value, told) = decode("fact: engine\nsides: [target, source]\n", fact);
    assert_eq!(
        value,
        Some(Fact {
            name: "engine".into(),
            sides: vec![true, false],
            size: 3
        })
    );
    assert_eq!(told, [""; 0]);
}

#[test]
fn tells_all_mistakes_at_once() {
    let (value, told) = decode(
        "fcat: x\nsides: [target, sorce, [1], 2]\nsize: 10\n'no\\x': 1",
        fact,
    );
    assert_eq!(value, None);
    let expected = [
        "1:1 a fact lacks `fact`",
        "1:1 unknown key `fcat` in a fact (did you mean `fact`?)",
        "2:17 `sorce` is not one of `source`, `target` (did you mean `source`?)",
        "2:24 expected one of `source`, `target`, found a list",
        "2:29 `2` is not one of `source`, `target`",
        "3:7 10 is not between 1 and 9",
        "4:1 unknown key `no\\x` in a fact (a fact may have `fact`, `sides`, `size`)",
    ];
    assert_eq!(told, expected);
}

#[test]
fn says_what_was_found() {
    let one = |text: &str| decode(text, fact).1.remove(0);
    assert_eq!(one("[x]"), "1:1 expected a fact (a map), found a list");
    assert_eq!(one(""), "1:1 expected a fact (a map), found nothing");
    assert_eq!(
        one("fact:\nsides: []"),
        "1:5 expected a name (letters, digits and `_`), found nothing"
    );
    assert_eq!(
        one("fact: a.b\nsides: []"),
        "1:7 `a.b` is not a name (letters, digits and `_`)"
    );
    assert_eq!(
        one("fact: a\nsides: source"),
        "2:8 expected a list, found `source`"
    );
    assert_eq!(
        one("fact: a\nsides: []\nsize: 4.0"),
        "3:7 expected a whole number, found `4.0`"
    );
    assert_eq!(
        one("fact: a\nsides: []\nsize: '4'"),
        "3:7 expected a whole number, found a text"
    );
}

#[test]
fn one_or_many_and_maps() {
    assert_eq!(decode("a", one_or_many(text)).0, Some(vec!["a".to_owned()]));
    assert_eq!(
        decode("[a, 4.40]", one_or_many(text)).0,
        Some(vec!["a".to_owned(), "4.40".to_owned()])
    );
    let (map, told) = decode("x: true\ny: yes\nz: 1", map_of(boolean));
    assert_eq!(map, None);
    assert_eq!(
        told,
        [
            "2:4 expected `true` or `false`, found `yes`",
            "3:4 expected `true` or `false`, found `1`"
        ]
    );
}

#[test]
fn keys_may_exclude_each_other() {
    let which = |node: &Node, sink: &mut Diagnostics| {
        let mut fields = Fields::of(node, sink, "a password")?;
        let found = fields.one_key_of(&["env", "file"]).map(|(key, _)| key);
        fields.finish();
        found
    };
    assert_eq!(decode("file: x", which), (Some("file"), vec![]));
    assert_eq!(
        decode("file: x\nenv: y", which).1,
        ["2:1 a password has both `file` and `env`"]
    );
    assert_eq!(
        decode("{}", which).1,
        ["1:1 a password needs one of `env`, `file`"]
    );
}

#[test]
fn spans_and_raw_nodes_are_kept() {
    let (value, _) = decode("x: [a]", map_of(spanned(list_of(raw))));
    let (key, value) = value.unwrap().remove(0);
    assert_eq!(
        (key.text.as_str(), value.span.start, value.value[0].text()),
        ("x", 3, Some("a"))
    );
    assert_eq!(decode("' '", nonempty).1, ["1:1 this text is empty"]);
    assert_eq!(decode("a-b", name).0, Some("a-b".to_owned()));
}
