//! Files that say how servers are found, right and wrong.

use crate::catalogue::PackFile;
use crate::catalogue::tests::{pack, told_of};

/// The codes of what is told about a pack with this `discovery.yaml`.
fn told(discovery: &str) -> Vec<&'static str> {
    let mut own = pack("own", "owns: [own]", "", "");
    let settings = "settings: { own.a: { type: { record: { source: text, target: text } }, about: a }, own.b: { type: text, about: a } }";
    for (path, text) in [("settings.yaml", settings), ("discovery.yaml", discovery)] {
        own.files.push(PackFile::new(path, path, text));
    }
    told_of(&[own])
}

/// A fact of this type and key, which holds names.
fn fact(ty: &str, rest: &str) -> String {
    format!(
        "facts: [{{ fact: own.s, type: {ty}, about: a, {rest}, probes: [{{ derive: [{{ for_each: pair.discovery.servers, fields: {{ name: item }} }}] }}] }}]\n"
    )
}

#[test]
fn what_a_pack_says_of_finding_servers_is_checked() {
    let right = fact("{ map_of: { name: text } }", "of: pair, key: item.name");
    for (rest, codes) in [
        ("servers: own.s", &[][..]),
        ("servers: own.s, named: true, settings: { own.a: name }", &[]),
        ("servers: own.t", &["unknown-fact"]),
        ("servers: own.s, settings: { own.b: name }", &["wrong-type"]),
        ("servers: own.s, settings: { own.c: name }", &["unknown-setting"]),
        ("servers: own.s, settings: { own.a: edition }", &["unknown-field"]),
        ("servers: own.s, elsewhere: 1", &["unknown-key"]),
        ("named: true", &["missing-key"]),
    ] {
        let text = format!("{right}discovery: [{{ application: a, about: a, {rest} }}]");
        assert_eq!(told(&text), codes, "{rest}");
    }
    assert_eq!(told("facts: []"), ["missing-key"]);
    assert_eq!(told("discovery: 1"), ["wrong-type"]);
    assert_eq!(
        told_of(&[pack("own", "owns: [discovery]", "", "")]),
        ["wrong-value"]
    );
}

#[test]
fn a_fact_that_holds_servers_is_a_collection_with_known_names() {
    let way = "discovery: [{ application: a, about: a, servers: own.s }]";
    let of_pair = "of: pair, key: item.name";
    let nameless = "facts: [{ fact: own.s, of: pair, type: { map_of: { nam: text } }, about: a, key: item.nam, probes: [] }]\n";
    for (facts, codes) in [
        (fact("{ map_of: { name: int } }", of_pair), &["wrong-type"][..]),
        (
            fact("{ map_of: { name: text } }", "key: item.name"),
            &["wrong-type"],
        ),
        (nameless.to_owned(), &["unknown-field", "missing-field"]),
        (String::new(), &["unknown-fact"]),
    ] {
        assert_eq!(told(&format!("{facts}{way}")), codes, "{facts}");
    }
}
