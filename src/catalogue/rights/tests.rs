//! Files that say which rights are needed, right and wrong.

use crate::catalogue::PackFile;
use crate::catalogue::tests::{pack, told_of};

/// The codes of what is told about a pack with this `rights.yaml`.
fn told(rights: &str) -> Vec<&'static str> {
    let fact = "{ fact: own.a, type: text, about: a, probes: [{ registry: { key: 'HKLM\\A', value: B } }] }";
    let mut own = pack("own", "owns: [own]", fact, "");
    own.files
        .push(PackFile::new("rights.yaml", "rights.yaml", rights));
    told_of(&[own])
}

#[test]
fn what_a_pack_says_of_rights_is_checked() {
    for (rest, codes) in [
        ("id: own/a, protocol: registry", &[][..]),
        (
            "id: own/a, protocol: registry, over: [rpc, ssh], facts: [own.a], guide: [A-4], has: known(here.own.a)",
            &[],
        ),
        ("id: own/a, protocol: [service, registry], optional: true", &[]),
        ("id: other/a, protocol: registry", &["foreign-name"]),
        ("id: own/a, protocol: registri", &["unknown-word"]),
        ("id: own/a, protocol: derive", &["unknown-word"]),
        ("id: own/a, protocol: registry, over: [http]", &["unknown-word"]),
        ("id: own/a, protocol: registry, facts: [own.b]", &["unknown-fact"]),
        ("id: own/a, protocol: tds, facts: [own.a]", &["wrong-protocol"]),
        (
            "id: own/a, protocol: registry, has: here.own.b",
            &["bad-expression"],
        ),
        ("id: own/a, protocol: registry, who: me", &["unknown-key"]),
        ("id: own/a", &["missing-key"]),
    ] {
        let text = format!("rights: [{{ about: a, grant: a, {rest} }}]");
        assert_eq!(told(&text), codes, "{rest}");
    }
    let one = "{ id: own/a, about: a, grant: a, protocol: registry }";
    assert_eq!(told(&format!("rights: [{one}, {one}]")), ["duplicate-name"]);
    assert_eq!(
        told("rights: []\nformer: [{ guide: A-1, was: a, now: b }]"),
        [""; 0]
    );
    assert_eq!(
        told("rights: []\nformer: [{ guide: A-1, was: a }]"),
        ["missing-key"]
    );
    assert_eq!(told("former: []"), ["missing-key"]);
}
