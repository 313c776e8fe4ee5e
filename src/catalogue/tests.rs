use std::path::Path;

use jiff::Timestamp;

use super::*;
use crate::diagnostic::{Diagnostics, SourceMap, human};
use crate::facts::{FactPath, Root, to_json};
use crate::pair::Pair;
use crate::yaml;

#[test]
fn the_shipped_packs_load() {
    let mut sources = SourceMap::new();
    let loaded = load(&embedded_packs(), &mut sources);
    assert!(
        loaded.catalogue.is_some(),
        "{}",
        human(&loaded.diagnostics, &sources, false)
    );
}

#[test]
fn what_the_build_wrote_down_of_a_file_is_what_the_parser_says_of_it() {
    let (mut sources, mut sink) = (SourceMap::new(), Diagnostics::new());
    for file in embedded_packs().into_iter().flat_map(|pack| pack.files) {
        let id = sources.add(file.shown.as_str(), file.text.clone());
        let parsed = yaml::parse(id, &sources, &yaml::Limits::default(), &mut sink);
        let thawed = yaml::parse_frozen(id, &sources, file.events, None, &mut sink);
        assert!(!file.events.is_empty(), "{}", file.shown);
        assert!(parsed.is_some() && parsed == thawed, "{}", file.shown);
    }
    assert!(!sink.has_errors());
}

#[test]
fn only_the_examples_are_missing_from_what_judges() {
    let packs = embedded_packs();
    let whole = load(&packs, &mut SourceMap::new()).catalogue.unwrap();
    let judging = load_to_judge(&packs, &mut SourceMap::new()).catalogue.unwrap();
    assert!(whole.rules.iter().any(|rule| !rule.examples.is_empty()));
    assert!(judging.rules.iter().all(|rule| rule.examples.is_empty()));
    let without = |rule: &Rule| Rule {
        examples: Vec::new(),
        span: rule.span.start(),
        ..rule.clone()
    };
    for (whole, judging) in whole.rules.iter().zip(&judging.rules) {
        assert_eq!(format!("{:?}", without(whole)), format!("{:?}", without(judging)));
    }
    assert_eq!(whole.digest, judging.digest);
}

/// A pack with this manifest beside its name, these facts and rules.
pub(in crate::catalogue) fn pack(name: &str, manifest: &str, facts: &str, rules: &str) -> PackFiles {
    let file = |path: &str, text: String| PackFile::new(path, path, text);
    let manifest = format!("{{ name: {name}, version: '1', about: a, {manifest} }}");
    PackFiles {
        folder: name.to_owned(),
        origin: PackSource::Embedded,
        files: vec![
            file("pack.yaml", manifest),
            file("facts/all.yaml", format!("facts: [{facts}]")),
            file("rules/all.yaml", format!("rules: [{rules}]")),
        ],
    }
}

/// The codes of what is told about these packs.
pub(super) fn told_of(packs: &[PackFiles]) -> Vec<&'static str> {
    let loaded = load(packs, &mut SourceMap::new());
    loaded.diagnostics.sorted().iter().map(|d| d.code).collect()
}

/// The codes of what is told about a pack `own` with these facts and rules.
fn told(facts: &str, rules: &str) -> Vec<&'static str> {
    told_of(&[pack("own", "owns: [own]", facts, rules)])
}

#[test]
fn another_pack_says_how_an_open_fact_is_read() {
    let open = "{ fact: own.a, type: text, about: a, probes: [] }";
    let closed = "{ fact: own.a, type: text, about: a, probes: [{ derive: [{ value: '\"x\"' }] }] }";
    let read = "{ fact: own.a, probes: [{ registry: { key: 'HKLM\\SOFTWARE\\A', value: B } }] }";
    for (declared, manifest, implemented, codes) in [
        (open, "implements: [own]", read, &[][..]),
        (open, "implements: [other]", read, &["foreign-name"]),
        (closed, "implements: [own]", read, &["not-open"]),
        (
            open,
            "implements: [own]",
            "{ fact: own.b, probes: [] }",
            &["unknown-fact"],
        ),
    ] {
        let own = pack("own", "owns: [own]", declared, "");
        let other = pack("other", manifest, implemented, "");
        // The order of packs says nothing.
        assert_eq!(told_of(&[own.clone(), other.clone()]), codes);
        assert_eq!(told_of(&[other, own]), codes);
    }
}

const SAYS_HOW: &str =
    "actions: [{ registry: { set: 'HKLM\\A', value: B, data: '\"x\"', kind: text } }], no_undo: a";

/// A pack with a fix that it leaves to others, or not, and one that says this of it.
fn left_and_supplied(left_to: &str, manifest: &str, said: &str) -> [PackFiles; 2] {
    let mode = "{ fact: own.mode, type: text, about: a, probes: [{ registry: { key: 'HKLM\\A', value: B }, value: row.value }] }";
    let rule = "{ id: own/wrong, title: a, section: a, expect: 'target.own.mode == \"x\"', severity: error, message: a, why: a,
        remedy: a, fix: { use: own/mend, with: {} } }";
    let mut own = pack("own", "owns: [own]", mode, rule);
    let fix = format!(
        "fixes: [{{ fix: own/mend, about: a, on: target, safety: safe, would: a, sets: {{ target.own.mode: any }}, {left_to} }}]"
    );
    own.files.push(PackFile::new("fixes/a.yaml", "fixes/a.yaml", fix));
    let mut other = pack("other", manifest, "", "");
    let said = format!("fixes: [{said}]");
    other
        .files
        .push(PackFile::new("fixes/a.yaml", "fixes/a.yaml", said));
    [own, other]
}

#[test]
fn another_pack_says_how_a_fix_is_done_that_is_left_to_it() {
    let (left, implements) = ("left_to: own", "implements: [own], requires: [own]");
    let how = format!("{{ fix: own/mend, {SAYS_HOW} }}");
    let reason = "{ fix: own/mend, because: nobody can }".to_owned();
    let both = format!("{{ fix: own/mend, because: nobody can, {SAYS_HOW} }}");
    for (left_to, manifest, said, codes) in [
        (left, implements, how.clone(), &[][..]),
        (left, implements, reason, &[]),
        (left, "requires: [own]", how.clone(), &["foreign-name"]),
        (SAYS_HOW, implements, how.clone(), &["not-open"]),
        (left, implements, format!("{how}, {how}"), &["duplicate-name"]),
        (left, implements, both, &["vain-actions"]),
        (left, implements, "{ fix: own/mend }".to_owned(), &["missing-key"]),
        (
            left,
            implements,
            how.replace("own/mend", "own/mens"),
            &["unknown-fix"],
        ),
        (
            left,
            implements,
            how.replace("no_undo", "would: b, no_undo"),
            &["unknown-key"],
        ),
        (
            left,
            implements,
            how.replace("no_undo: a", "undo: []").replace("'\"x\"'", "nope"),
            &["bad-expression"],
        ),
    ] {
        let [own, other] = left_and_supplied(left_to, manifest, &said);
        // The order of packs says nothing.
        assert_eq!(told_of(&[own.clone(), other.clone()]), codes, "{said}");
        assert_eq!(told_of(&[other, own]), codes, "{said}");
    }
    let twice = format!("left_to: own, {SAYS_HOW}");
    let [own, _] = left_and_supplied(&twice, implements, "");
    assert_eq!(told_of(&[own]), ["keys-exclude-each-other"]);
}

#[test]
fn a_fix_that_is_left_to_nobody_is_for_a_person() {
    let manifest = "implements: [own], requires: [own]";
    let mend = |packs: &[PackFiles]| {
        let catalogue = load(packs, &mut SourceMap::new()).catalogue.unwrap();
        catalogue.fixes["own/mend"].clone()
    };
    let said = format!("{{ fix: own/mend, {SAYS_HOW} }}");
    let [own, other] = left_and_supplied("left_to: own", manifest, &said);
    let by_nobody = mend(std::slice::from_ref(&own));
    assert_eq!(by_nobody.reach(), Reach::Guided);
    let because = by_nobody.because.unwrap();
    assert!(because.contains("implements `own`"), "{because}");
    // Somebody says why nobody does it; where packs are looked at side by side, what does most counts.
    let [_, mut guided] = left_and_supplied("", manifest, "{ fix: own/mend, because: nobody can }");
    guided.folder = "guided".to_owned();
    let manifest_file = guided
        .files
        .iter_mut()
        .find(|file| file.path == "pack.yaml")
        .unwrap();
    *manifest_file = PackFile::new(
        "pack.yaml",
        "pack.yaml",
        manifest_file.text.replace("name: other", "name: guided"),
    );
    let by_person = mend(&[own.clone(), guided.clone()]);
    assert_eq!(
        (by_person.reach(), &**by_person.done_by()),
        (Reach::Guided, "guided")
    );
    let done = mend(&[guided, own, other]);
    assert_eq!(
        (done.reach(), &**done.done_by(), &*done.pack),
        (Reach::Automatic, "other", "own")
    );
}

#[test]
fn packs_add_to_the_open_facts_of_others() {
    let open =
        "{ fact: own.a, of: pair, open: true, type: { list_of: text }, about: a, probes: [{ derive: [] }] }";
    let closed = "{ fact: own.a, of: pair, type: { list_of: text }, about: a, probes: [{ derive: [] }] }";
    let asked = "{ fact: own.a, of: pair, open: true, type: { list_of: text }, about: a, probes: [] }";
    let adds = "{ fact: own.a, adds: [{ value: '\"x\"' }] }";
    for (declared, manifest, added, codes) in [
        (open, "requires: [own]", adds, &[][..]),
        (open, "requires: []", adds, &["missing-requirement"]),
        (closed, "requires: [own]", adds, &["not-open"]),
        (asked, "requires: [own]", adds, &["open-without-derive"]),
        (
            open,
            "requires: [own]",
            "{ fact: own.b, adds: [] }",
            &["unknown-fact"],
        ),
        (
            open,
            "requires: [own]",
            "{ fact: own.a, adds: [{ value: setting.nope }] }",
            &["bad-expression"],
        ),
    ] {
        let own = pack("own", "owns: [own]", declared, "");
        let other = pack("other", manifest, added, "");
        assert_eq!(told_of(&[own.clone(), other.clone()]), codes);
        assert_eq!(told_of(&[other, own]), codes);
    }
}

#[test]
fn probes_ask_whom_they_can_ask() {
    let fact = |of: &str, probe: &str| {
        format!(
            "{{ fact: own.a, of: {of}, type: {{ list_of: text }}, about: a, probes: [ {{ {probe}, value: row.name }} ] }}"
        )
    };
    for (of, probe, codes) in [
        ("server", "service: {}", &[][..]),
        ("server", "service: { name: '{{ here.name }}' }", &[]),
        ("server", "on: { host: '{{ here.name }}.example' }, disk: {}", &[]),
        ("server", "on: target, share: { name: C$ }", &[]),
        ("pair", "on: source, group: { name: Users }", &[]),
        ("server", "on: local, shell: { run: [date, -u] }", &[]),
        (
            "server",
            "tds: { query: 'SELECT 1 AS name', params: [here.name], database: '\"a\"' }",
            &[],
        ),
        ("server", "file: { path: 'C:\\a\\{{ here.name }}' }", &[]),
        (
            "server",
            "registry: { key: 'HKLM\\A', keys: true, view: 32 }",
            &[],
        ),
        ("pair", "service: {}", &["wrong-endpoint"]),
        ("server", "on: local, service: {}", &["wrong-endpoint"]),
        ("server", "on: here, ldap: { base: '' }", &["wrong-endpoint"]),
        ("server", "registry: { key: 'A\\B', value: C }", &["wrong-value"]),
        ("server", "registry: { key: 'HKLM\\B' }", &["missing-key"]),
        ("server", "shell: { run: [] }", &["wrong-value"]),
        ("server", "disk: { drive: C }", &["unknown-key"]),
    ] {
        assert_eq!(told(&fact(of, probe), ""), codes, "{probe}");
    }
}

#[test]
fn names_of_facts_are_told_apart() {
    let fact =
        |name: &str| format!("{{ fact: {name}, type: bool, about: a, probes: [{{ setting: own.on }}] }}");
    let pair = |name: &str| fact(name).replacen('{', "{ of: pair,", 1);
    for (facts, code) in [
        ([fact("own.a"), fact("own.a")], "duplicate-name"),
        ([fact("own.a"), pair("own.a")], "duplicate-name"),
        ([fact("own.a"), fact("own.a.b")], "name-inside-name"),
        ([fact("own.a.b"), fact("own.a")], "name-inside-name"),
        ([fact("own.a"), fact("other.a")], "foreign-name"),
    ] {
        assert!(told(&facts.join(","), "").contains(&code), "{facts:?}");
    }
    for facts in [[fact("own.a"), fact("own.ab")], [fact("own.a.b"), pair("own.a")]] {
        let told = told(&facts.join(","), "");
        assert!(told.iter().all(|code| *code == "unknown-setting"), "{told:?}");
    }
}

#[test]
fn two_rules_with_one_id_are_told() {
    let rule =
        "{ id: own/a, title: t, section: s, expect: 'true', severity: error, message: m, why: w, remedy: r }";
    assert_eq!(told("", &format!("{rule}, {rule}")), ["duplicate-name"]);
}

/// What the parameter `list` is for a pair file that says this of it, or the codes of what is told.
fn list_with(said: &str) -> Result<String, Vec<&'static str>> {
    let manifest = "params: { list: { about: a, type: { list_of: { record: \
                    { name: text, stop: { type: bool, default: true } } } }, default: [{ name: A }, { name: B, stop: false }] } }";
    let catalogue = load(&[pack("own", manifest, "", "")], &mut SourceMap::new())
        .catalogue
        .unwrap();
    let text = format!(
        "{{ pair: p, packs: [own], source: {{ name: A, address: 192.0.2.1 }}, target: {{ name: B, address: 192.0.2.2 }}, \
         params: {{ {said} }} }}"
    );
    let (mut sources, mut sink) = (SourceMap::new(), Diagnostics::new());
    let id = sources.add("pair.yaml", text);
    let pair = Pair::parse(id, Path::new(""), &sources, &mut sink).unwrap();
    let facts = bind(&catalogue, &pair, Timestamp::UNIX_EPOCH, &mut sink);
    if sink.has_errors() {
        return Err(sink.sorted().iter().map(|d| d.code).collect());
    }
    let value = facts.get(&FactPath::new(Root::Param, "list")).unwrap();
    Ok(to_json(value).to_string())
}

#[test]
fn fields_have_their_defaults_wherever_a_record_is_written() {
    let a = r#"{"name":"A","stop":true}"#;
    let b = r#"{"name":"B","stop":false}"#;
    assert_eq!(list_with(""), Ok(format!("[{a},{b}]")));
    assert_eq!(list_with("list: [{ name: A }]"), Ok(format!("[{a}]")));
    let added = r#"{"name":"C","stop":true}"#;
    assert_eq!(
        list_with("list: { add: [{ name: C }] }"),
        Ok(format!("[{a},{b},{added}]"))
    );
}

#[test]
fn items_are_taken_away_by_what_is_said_of_them() {
    let a = r#"{"name":"A","stop":true}"#;
    assert_eq!(list_with("list: { remove: [{ name: B }] }"), Ok(format!("[{a}]")));
    assert_eq!(
        list_with("list: { remove: [{ name: C }] }"),
        Err(vec!["unknown-item"])
    );
    assert_eq!(
        list_with("list: { remove: [{ name: B, stop: true }] }"),
        Err(vec!["unknown-item"])
    );
}
