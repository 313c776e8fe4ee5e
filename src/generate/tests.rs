//! Scripts of a made-up pack: every order of the graph holds in the text, and names from servers stay names.

mod cmd;
mod fence;
#[cfg(target_os = "linux")]
mod growth;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tree_sitter::{Node, Parser};

use super::{
    Existing, Fate, Language, Manifest, Script, Site, Sites, Templates, Unwritten, assemble, scripts, settle,
};
use crate::catalogue::{Catalogue, PackFile, PackFiles, PackSource, load};
use crate::diagnostic::{SourceMap, human};
use crate::facts::{FactPath, Facts, Observation, Provenance, Root, from_json};
use crate::plan::{Basis, PairRunbook, runbook};

const FACTS: &str = "
- { fact: own.jobs, about: a, key: item.name, type: { map_of: { name: text, state: text } }, probes: [{ tds: { query: 'SELECT 1' } }] }
- { fact: own.out, about: a, of: pair, type: bool, probes: [] }
- { fact: own.named, about: a, of: pair, type: bool, probes: [] }";

const STEPS: &str = r#"
runbooks: [{ runbook: failover, title: a, about: a, script: { name: post-failover, also: [post_failover.bat], on: target } }]
steps:
  - { step: own/a-start, of: failover, about: a, each: { job: target.own.jobs }, on: target, would: "start {{ job.name }}", expect: a,
      needs: { pair.own.out: "true" }, sets: { 'target.own.jobs[job.name].state': '"on"' },
      actions: [{ service: { start: "{{ job.name }}" } }], undo: [{ service: { stop: "{{ job.name }}" } }] }
  - { step: own/b-stop, of: failover, about: a, each: { job: source.own.jobs }, on: source, fence: true, would: "stop {{ job.name }}", expect: a,
      sets: { 'source.own.jobs[job.name].state': '"off"', pair.own.out: "true" },
      actions: [{ service: { stop: "{{ job.name }}" } }], undo: [{ service: { start: "{{ job.name }}" } }] }
  - { step: own/c-name, of: failover, about: a, each: { job: target.own.jobs }, on: directory, would: "name {{ job.name }}", expect: a,
      needs: { 'target.own.jobs[job.name].state': '"on"' }, sets: { pair.own.named: "true" },
      actions: [{ ldap: { modify: "CN=A,DC=b", remove: { cn: job.name } } }, { ldap: { modify: "CN=B,DC=b", insert: { cn: job.name } } }], no_undo: a }
  - { step: own/d-run, of: failover, about: a, each: { job: target.own.jobs }, on: target, would: "run {{ job.name }}", expect: a,
      needs: { pair.own.named: "true" }, sets: { pair.own.named: "true" },
      actions: [{ tds: { batch: "EXEC go {{ job.name | lit }};" } }], no_undo: a }
  - { step: own/e-ask, of: failover, about: a, would: look, who: somebody, gate: { check: [all is well] }, expect: a, needs: { pair.own.named: "true" } }
  - { step: own/f-tell, of: failover, about: a, would: tell, who: somebody, outside: people tell people, gate: { check: [a] }, expect: a,
      after: [{ step: own/e-ask, because: a }] }
"#;

fn catalogue() -> Catalogue {
    catalogue_with(STEPS)
}

fn catalogue_with(steps: &str) -> Catalogue {
    let file = |path: &str, text: &str| PackFile::new(path, path, text.to_owned());
    let own = PackFiles {
        folder: "own".to_owned(),
        origin: PackSource::Embedded,
        files: vec![
            file("pack.yaml", "{ name: own, version: '1', about: a, owns: [own] }"),
            file("facts/all.yaml", &format!("facts:{FACTS}")),
            file("runbooks/all.yaml", steps),
        ],
    };
    let mut sources = SourceMap::new();
    let loaded = load(&[own], &mut sources);
    let told = human(&loaded.diagnostics, &sources, false);
    loaded.catalogue.unwrap_or_else(|| panic!("{told}"))
}

fn facts(catalogue: &Catalogue, names: &[&str]) -> Facts {
    let mut facts = Facts::default();
    let jobs: serde_json::Map<String, serde_json::Value> = names
        .iter()
        .map(|name| {
            (
                (*name).to_owned(),
                serde_json::json!({ "name": name, "state": "off" }),
            )
        })
        .collect();
    for root in [Root::Source, Root::Target] {
        let path = FactPath::new(root, "own.jobs");
        let value = from_json(catalogue.schema.type_at(&path).unwrap(), &jobs.clone().into()).unwrap();
        let provenance = Provenance {
            probe: String::new(),
            server: String::new(),
            at: jiff::Timestamp::UNIX_EPOCH,
            took_ms: 0,
            tried: Vec::new(),
        };
        let value = Ok(value);
        facts.insert(path, Observation { value, provenance });
    }
    facts
}

fn sites() -> Sites {
    let site = |name: &str, address: &str| Site {
        name: name.to_owned(),
        addresses: vec![address.parse().unwrap()],
        database: name.to_owned(),
    };
    Sites {
        pair: "pair".to_owned(),
        source: site("ONE", "192.0.2.1"),
        target: site("TWO", "192.0.2.2"),
        endpoints: BTreeMap::from([("directory".to_owned(), "dc1.example".to_owned())]),
        witnesses: BTreeSet::from(["dc1.example".to_owned()]),
    }
}

/// What comes of a runbook over these names.
fn with<T>(names: &[&str], look: impl FnOnce(&PairRunbook<'_>, &[Script], &[Unwritten]) -> T) -> T {
    of(&catalogue(), names, look)
}

fn of<T>(
    catalogue: &Catalogue,
    names: &[&str],
    look: impl FnOnce(&PairRunbook<'_>, &[Script], &[Unwritten]) -> T,
) -> T {
    with_sites(catalogue, &sites(), names, look)
}

fn with_sites<T>(
    catalogue: &Catalogue,
    sites: &Sites,
    names: &[&str],
    look: impl FnOnce(&PairRunbook<'_>, &[Script], &[Unwritten]) -> T,
) -> T {
    let facts = facts(catalogue, names);
    let basis = Basis {
        catalogue,
        facts: &facts,
        findings: &[],
    };
    let made = runbook(&basis, "failover").unwrap().unwrap();
    assert_eq!(made.unknown(), 0, "{:?}", made.apart);
    let templates = Templates::with(&BTreeMap::new()).unwrap();
    let (written, unwritten) = scripts(&made, sites, &templates);
    look(&made, &written, &unwritten)
}

fn text(written: &[Script], language: Language) -> &str {
    let name = format!("post-failover.{}", language.ending());
    let found = written.iter().find(|script| script.name == name);
    found.map_or("", |script| script.text.as_str())
}

/// Where each step begins in a script.
fn begins(text: &str, language: Language, steps: usize) -> Vec<usize> {
    let line = |number: usize| match language {
        Language::PowerShell => format!("\r\nStep-{number}\r\n"),
        Language::Cmd => format!("\r\nset STEP={number}\r\n"),
    };
    let begin = |number| {
        text.find(&line(number))
            .unwrap_or_else(|| panic!("no step {number}: {text}"))
    };
    (1..=steps).map(begin).collect()
}

/// Every order of the graph holds in the text of both languages.
fn assert_orders(made: &PairRunbook<'_>, written: &[Script]) {
    for language in Language::ALL {
        let begins = begins(text(written, language), language, made.steps.len());
        for joint in &made.joints {
            for before in &joint.before {
                for after in &joint.after {
                    assert!(begins[*before] < begins[*after], "{joint:?}");
                }
            }
        }
    }
}

#[test]
fn scripts_are_the_same_bytes_and_keep_every_order_of_the_graph() {
    let names = ["one", "two", "three"];
    let first = with(&names, |made, written, unwritten| {
        assert_eq!(unwritten, []);
        assert_eq!(written.len(), 3);
        assert_orders(made, written);
        written.to_vec()
    });
    assert_eq!(first, with(&names, |_, written, _| written.to_vec()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Steps whose names tell nothing about their order, each after some of those before it.
    #[test]
    fn whatever_the_graph_the_text_keeps_its_orders(
        names in Just((0..9).collect::<Vec<usize>>()).prop_shuffle(),
        after in prop::collection::vec(prop::collection::vec(any::<bool>(), 9), 9),
    ) {
        let step = |place: usize| {
            let before = (0..place).filter(|before| after[place][*before]);
            let before: Vec<String> = before.map(|before| format!("{{ step: own/s{}, because: a }}", names[before])).collect();
            let number = names[place];
            format!("  - {{ step: own/s{number}, of: failover, about: a, on: target, would: do {number}, expect: a, sets: {{ pair.own.named: \"true\" }}, after: [{}], \
                actions: [{{ service: {{ start: s{number} }} }}], no_undo: a }}\n", before.join(", "))
        };
        let steps: String = (0..9).map(step).collect();
        let head = STEPS.split_inclusive("steps:\n").next().unwrap();
        of(&catalogue_with(&format!("{head}{steps}")), &[], |made, written, _| {
            assert_eq!(made.steps.len(), 9);
            let place = |number: usize| made.steps.iter().position(|step| **step.of.id() == *format!("own/s{number}"));
            for (step, row) in after.iter().enumerate() {
                for before in (0..step).filter(|before| row[*before]) {
                    assert!(place(names[before]) < place(names[step]));
                }
            }
            assert_orders(made, written);
        });
    }
}

#[test]
fn the_scripts_read_as_they_should() {
    with(&["Job A"], |_, written, _| {
        let steps = |text: &str, from: &str, to: &str| {
            let text = text.replace("\r\n", "\n");
            let (_, rest) = text.split_once(from).unwrap();
            rest.split_once(to).unwrap().0.to_owned()
        };
        let mut all = steps(
            text(written, Language::PowerShell),
            "function Step-1 ",
            "\n$DoneBefore = ",
        );
        all += &steps(
            text(written, Language::Cmd),
            "rem <<< yours: before\n",
            "rem >>> yours: after",
        );
        insta::assert_snapshot!(all);
    });
}

/// What the published grammar of PowerShell makes of a text: its nodes without what stands in them, and its literals.
fn parsed(text: &str) -> (String, Vec<String>) {
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_powershell::LANGUAGE.into())
        .unwrap();
    let tree = parser.parse(text, None).unwrap();
    let mut literals = Vec::new();
    gather(tree.root_node(), text, &mut literals);
    (tree.root_node().to_sexp(), literals)
}

fn gather(node: Node<'_>, text: &str, literals: &mut Vec<String>) {
    assert!(
        !node.is_error() && !node.is_missing(),
        "{}",
        &text[node.byte_range()]
    );
    if node.kind() == "verbatim_string_characters" {
        let inner = text[node.byte_range()]
            .strip_prefix('\'')
            .and_then(|text| text.strip_suffix('\''));
        literals.push(unquoted(inner.unwrap()));
    }
    for index in 0..node.child_count() {
        if let Some(child) = node.child(index) {
            gather(child, text, literals);
        }
    }
}

/// What PowerShell reads between two single quotes. It takes typographic ones for quotes, which the grammar does not: a
/// quote that is not doubled would end the literal.
fn unquoted(text: &str) -> String {
    let is_quote = |c: &char| matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}');
    let (mut all, mut letters) = (String::new(), text.chars().peekable());
    while let Some(letter) = letters.next() {
        if is_quote(&letter) {
            assert!(letters.next_if(is_quote).is_some(), "{text}");
        }
        all.push(letter);
    }
    all
}

/// The steps of a script of PowerShell.
fn steps_of(written: &[Script]) -> &str {
    let (_, steps) = text(written, Language::PowerShell)
        .split_once("function Step-1 ")
        .unwrap();
    let (steps, _) = steps.split_once("$Passed = ").unwrap();
    steps
}

/// Every service that the script for cmd starts, stops or asks for, as programs get its name.
fn services(script: &str) -> Vec<String> {
    let mut batch = cmd::Batch::default();
    let (_, routines) = script.split_once(":service_start").unwrap();
    let calls: Vec<&str> = routines
        .lines()
        .filter(|line| line.contains("%SERVICE%"))
        .collect();
    let mut services = Vec::new();
    for line in script.lines().map(str::trim_end) {
        let line = batch.read(line);
        if line == "call :service_start" || line == "call :service_stop" {
            for call in &calls {
                let call = batch.read(call);
                let (call, _) = call.rsplit_once(" >").unwrap_or((&call, ""));
                assert!(cmd::is_plain(call), "{call}");
                let words = cmd::words(call);
                let verb = words
                    .iter()
                    .position(|word| ["query", "start", "stop"].contains(&word.as_str()));
                services.push(words[verb.unwrap() + 1].clone());
            }
        }
    }
    services
}

#[test]
fn the_model_of_cmd_reads_as_cmd_does() {
    let mut batch = cmd::Batch::default();
    assert_eq!(batch.read("set A=\"x%%y\""), "set A=\"x%y\"");
    assert_eq!(batch.read("do %A% %A:\"=% %B%%%B%%"), "do \"x%y\" x%y %B%");
    assert!(cmd::is_plain("do \"a & b\"") && !cmd::is_plain("do a & b"));
    assert_eq!(cmd::words(r#"a "b c\\" "" \\d"#), ["a", "b c\\", "", "\\\\d"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_name_from_a_server_stays_one_literal_or_is_refused(
        name in "[ -~\u{2018}-\u{201f}\u{202e}\u{2066}é`$%!^&\"'(){};|<>]{1,24}",
    ) {
        prop_assume!(!name.trim().is_empty());
        let plain = with(&["plain"], |_, written, _| parsed(steps_of(written)));
        with(&[name.as_str()], |_, written, unwritten| {
            let (nodes, literals) = parsed(steps_of(written));
            let hidden = |c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{2066}');
            if name.contains(hidden) {
                // Within [regex]::Unescape('...').
                assert!(!steps_of(written).replace("\r\n", "").contains(hidden));
            } else {
                assert_eq!(nodes, plain.0);
                let count = |literals: &[String], name: &str| literals.iter().filter(|text| *text == name).count();
                assert_eq!(count(&literals, &name), count(&plain.1, "plain"), "{name}: {literals:?}");
            }
            let script = text(written, Language::Cmd);
            let can = name.chars().all(|c| c.is_ascii() && c != '"' && !c.is_control());
            assert_eq!(!script.is_empty(), can, "{name}: {unwritten:?}");
            if can {
                let services = services(script);
                assert!(services.len() > 8 && services.iter().all(|service| *service == name), "{name}: {services:?}");
            }
        });
    }
}
