use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::json;

use super::*;

const FILE: &str = "\
# The mail servers of the second floor
pair: mail   # as everybody calls it
packs: [common]

settings:
  # switched off while the line is rebuilt
  options: { create_monitor: false, create_scripts: true } # until May
  failover.enabled: true

  helper:
    used: false
    # where the programs lie
    folder: 'C:\\Tools'
waivers: []
# the end
";

#[track_caller]
fn edited(text: &str, name: &str, value: &Value) -> String {
    edit(text, name, Some(value)).unwrap()
}

#[test]
fn one_value_changes_and_nothing_else() {
    for (name, value, old, new) in [
        (
            "options.create_monitor",
            json!(true),
            "create_monitor: false",
            "create_monitor: true",
        ),
        (
            "failover.enabled",
            json!(false),
            "failover.enabled: true",
            "failover.enabled: false",
        ),
        ("helper.used", json!(true), "used: false", "used: true"),
        (
            "helper.folder",
            json!("D:\\x: #y"),
            "folder: 'C:\\Tools'",
            "folder: \"D:\\\\x: #y\"",
        ),
    ] {
        assert_eq!(edited(FILE, name, &value), FILE.replacen(old, new, 1), "{name}");
    }
}

#[test]
fn what_is_so_already_stays_as_it_is_written() {
    assert_eq!(edited(FILE, "helper.folder", &json!("C:\\Tools")), FILE);
    assert_eq!(edit(FILE, "helper.no", None).unwrap(), FILE);
}

#[test]
fn what_is_missing_is_added_and_goes_again() {
    for (name, behind, new) in [
        (
            "options.create_connection",
            "create_scripts: true",
            ", create_connection: true",
        ),
        ("helper.other", "folder: 'C:\\Tools'", "\n    other: true"),
        ("drive", "folder: 'C:\\Tools'", "\n  drive: true"),
        (
            "failover.monitor.missed",
            "folder: 'C:\\Tools'",
            "\n  failover.monitor.missed: true",
        ),
    ] {
        let added = edited(FILE, name, &json!(true));
        assert_eq!(
            added,
            FILE.replacen(behind, &format!("{behind}{new}"), 1),
            "{name}"
        );
        assert_eq!(edit(&added, name, None).unwrap(), FILE, "{name}");
    }
}

#[test]
fn files_of_every_layout_take_a_setting() {
    for (text, added) in [
        ("pair: x\n", "pair: x\nsettings:\n  a.b: 1\n"),
        ("pair: x", "pair: x\nsettings:\n  a.b: 1"),
        (
            "pair: x # c\r\nsettings:\r\n  c: 2\r\n",
            "pair: x # c\r\nsettings:\r\n  c: 2\r\n  a.b: 1\r\n",
        ),
        ("{ pair: x }\n", "{ pair: x, settings: { a.b: 1 } }\n"),
        (
            "pair: x\nsettings: {}\nmore: y\n",
            "pair: x\nsettings: { a.b: 1 }\nmore: y\n",
        ),
        (
            "pair: x\nsettings: {c: 2, # c\n  d: 3, }\n",
            "pair: x\nsettings: {c: 2, # c\n  d: 3, a.b: 1, }\n",
        ),
        (
            "pair: x\nsettings: # nothing yet\nmore: y\n",
            "pair: x\nsettings: # nothing yet\n  a.b: 1\nmore: y\n",
        ),
        (
            "pair: x\nsettings: ~\nmore: y\n",
            "pair: x\nsettings: { a.b: 1 }\nmore: y\n",
        ),
        (
            "settings:\n  c:\n    - 1\n    - 2 # two\n  # last\npair: x\n",
            "settings:\n  c:\n    - 1\n    - 2 # two\n  a.b: 1\n  # last\npair: x\n",
        ),
        (
            "settings:\n  c: |\n    # text\n\npair: x\n",
            "settings:\n  c: |\n    # text\n  a.b: 1\n\npair: x\n",
        ),
        (
            "settings:\n  a: { }\npair: x\n",
            "settings:\n  a: { b: 1  }\npair: x\n",
        ),
    ] {
        assert_eq!(edited(text, "a.b", &json!(1)), added);
        let back = edit(added, "a.b", None).unwrap();
        let same = |text: &str| said(&read(text).unwrap().to_json());
        assert_eq!(same(&back), same(text), "{back}");
    }
}

#[test]
fn lists_and_records_are_written_on_one_line() {
    let list = json!([{ "name": "W3SVC", "stop_on_target": false }]);
    assert_eq!(
        edited("settings: { s: [] }", "s", &list),
        "settings: { s: [{ name: W3SVC, stop_on_target: false }] }"
    );
    assert_eq!(
        edited("settings:\n  s:\n    - a\n    - b\n  t: 1\n", "s", &json!(["a"])),
        "settings:\n  s:\n    [a]\n  t: 1\n"
    );
    assert_eq!(
        edited("settings:\n  s:\n  t: 1\n", "s", &json!("x")),
        "settings:\n  s: x\n  t: 1\n"
    );
}

#[test]
fn what_cannot_be_done_faithfully_is_refused() {
    for (text, error) in [
        ("a: [", EditError::Unreadable),
        ("- a", EditError::Unreadable),
        (
            "settings:\n  a.b: 1\n  a: { b: 2 }\n",
            EditError::Several("a.b".to_owned()),
        ),
        (
            "settings:\n  a:\n    b:\n      - 1\n      # two\n      - 2\n",
            EditError::Comments("a.b".to_owned()),
        ),
        ("settings: [1]\n", EditError::Layout("a.b".to_owned())),
        (
            "settings: { a.b: 1, a.b.c: 2 }\n",
            EditError::Layout("a.b".to_owned()),
        ),
    ] {
        assert_eq!(edit(text, "a.b", Some(&json!(7))).unwrap_err(), error, "{text}");
    }
}

/// A pair file with comments and blank lines wherever they may stand.
fn files() -> impl Strategy<Value = String> {
    let gap = prop::sample::select(vec!["", "\n", "# a note: { } [ ]\n", "\n    # 'deep'\n\n"]);
    let behind = prop::sample::select(vec!["", " # behind: it", "   "]);
    let value = prop::sample::select(vec![
        "1",
        "true",
        "'it''s # no comment'",
        "\"a: b\"",
        "[a, 'b, c', { d: e }]",
        "{ b: 1, c.d: [2] }",
        "\n    - one\n    # of two\n    - two",
        "\n    b: 1\n    c:\n      d: x",
        "|\n    # text\n    more",
        ">-\n    folded\n    text",
        "",
    ]);
    let key = prop::sample::select(vec!["a", "b", "a.b", "c", "c.d", "e"]);
    let entry = (gap.clone(), key, value, behind);
    let entries = prop::collection::vec(entry, 0..5);
    let ends = prop::sample::select(vec!["", "\n", "\n# the end\n", "\nmore: [x]\n", "\nmore: x # y"]);
    (gap, entries, ends, any::<bool>()).prop_map(|(head, entries, end, windows)| {
        let mut text = format!("{head}pair: x\n");
        let mut seen = Vec::new();
        for (gap, key, value, behind) in entries {
            if seen.is_empty() {
                text.push_str("settings:\n");
            }
            if !seen.contains(&key) {
                // behind a block scalar there is no room for a comment
                let behind = if value.starts_with(['|', '>']) { "" } else { behind };
                let _ = writeln!(text, "{gap}  {key}: {value}{behind}");
                seen.push(key);
            }
        }
        let text = format!("{}{end}", text.strip_suffix('\n').unwrap_or(&text));
        if windows { text.replace('\n', "\r\n") } else { text }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_rest_of_a_file_stays_as_it_is(
        text in files(),
        name in prop::sample::select(vec!["a", "a.b", "a.b.c", "c.d", "c.x", "e", "f.g"]),
        value in prop::sample::select(vec![json!(true), json!(7), json!("x # y"), json!(["p", { "q": null }])]),
    ) {
        prop_assert!(read(&text).is_some(), "{text}");
        let Ok(set) = edit(&text, name, Some(&value)) else {
            return Ok(());
        };
        // the same text before and behind one span
        let same = text.bytes().zip(set.bytes()).take_while(|(a, b)| a == b).count();
        let left = text.len().min(set.len()) - same;
        let behind = text.bytes().rev().zip(set.bytes().rev()).take(left).take_while(|(a, b)| a == b).count();
        let gone = &text[same..text.len() - behind];
        let new = &set[same..set.len() - behind];
        prop_assert!(!(gone.contains('\n') && gone.contains("# of two")), "{gone}");
        prop_assert!(new.matches('\n').count() <= 2, "{new}");
        prop_assert!(read(&set).is_some());
        // and back
        let was = Place::of(&read(&text).unwrap(), name).unwrap().said.is_some();
        if !was {
            let back = edit(&set, name, None).unwrap();
            let says = |text: &str| said(&read(text).unwrap().to_json());
            prop_assert_eq!(says(&back), says(&text));
            let settings = text.contains("settings:");
            prop_assert!(back == text || !settings || text.contains("settings:\n\n"), "{text:?} {back:?}");
        }
    }
}
