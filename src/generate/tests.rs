//! Scripts of a made-up pack: every order of the graph holds in the text, and names from servers stay names.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Language, Script, Site, Sites, Templates, Unwritten, scripts};
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
    let file = |path: &str, text: &str| PackFile::new(path, path, text.to_owned());
    let own = PackFiles {
        folder: "own".to_owned(),
        origin: PackSource::Embedded,
        files: vec![
            file("pack.yaml", "{ name: own, version: '1', about: a, owns: [own] }"),
            file("facts/all.yaml", &format!("facts:{FACTS}")),
            file("runbooks/all.yaml", STEPS),
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
        address: address.to_owned(),
        database: name.to_owned(),
    };
    Sites {
        pair: "pair".to_owned(),
        source: site("ONE", "192.0.2.1"),
        target: site("TWO", "192.0.2.2"),
        endpoints: BTreeMap::from([("directory".to_owned(), "dc1.example".to_owned())]),
    }
}

/// What comes of a runbook over these names.
fn with<T>(names: &[&str], look: impl FnOnce(&PairRunbook<'_>, &[Script], &[Unwritten]) -> T) -> T {
    let catalogue = catalogue();
    let facts = facts(&catalogue, names);
    let basis = Basis {
        catalogue: &catalogue,
        facts: &facts,
        findings: &[],
    };
    let made = runbook(&basis, "failover").unwrap().unwrap();
    assert_eq!(made.unknown(), 0, "{:?}", made.apart);
    let templates = Templates::with(&BTreeMap::new()).unwrap();
    let (written, unwritten) = scripts(&made, &sites(), &templates);
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

#[test]
fn scripts_are_the_same_bytes_and_keep_every_order_of_the_graph() {
    let names = ["one", "two", "three"];
    let first = with(&names, |made, written, unwritten| {
        assert_eq!(unwritten, []);
        assert_eq!(written.len(), 3);
        for language in Language::ALL {
            let text = text(written, language);
            let begins = begins(text, language, made.steps.len());
            for joint in &made.joints {
                for (before, after) in joint
                    .before
                    .iter()
                    .flat_map(|b| joint.after.iter().map(move |a| (b, a)))
                {
                    assert!(begins[*before] < begins[*after], "{joint:?}");
                }
            }
        }
        written.to_vec()
    });
    assert_eq!(first, with(&names, |_, written, _| written.to_vec()));
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

/// The string literals of PowerShell in a text, quotes included.
fn literals(text: &str) -> Vec<String> {
    let (mut found, mut letters) = (Vec::new(), text.chars().peekable());
    while let Some(letter) = letters.next() {
        if letter == '#' && found.is_empty() {
            continue;
        }
        if letter != '\'' {
            continue;
        }
        let mut literal = String::new();
        while let Some(letter) = letters.next() {
            let is_quote = |c: char| matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}');
            if is_quote(letter) {
                match letters.peek() {
                    Some(next) if is_quote(*next) => drop(letters.next()),
                    _ => break,
                }
            }
            literal.push(letter);
        }
        found.push(literal);
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_name_from_a_server_stays_one_literal_or_is_refused(name in "[ -~\u{2018}\u{2019}\u{202e}é`$%!^&\"'(){};|<>]{1,24}") {
        prop_assume!(!name.trim().is_empty());
        with(&[name.as_str()], |_, written, unwritten| {
            let powershell = text(written, Language::PowerShell);
            assert!(!powershell.is_empty(), "{unwritten:?}");
            let (_, steps) = powershell.split_once("function Step-1 ").unwrap();
            let (steps, _) = steps.split_once("$DoneBefore").unwrap();
            let hidden = name.contains('\u{202e}');
            assert!(!steps.contains('\u{202e}'));
            if !hidden {
                assert!(literals(steps).contains(&name), "{name}: {:?}", literals(steps));
            }
            let cmd = text(written, Language::Cmd);
            let is_plain = name.chars().all(|c| c.is_ascii() && c != '"' && !c.is_control());
            assert_eq!(!cmd.is_empty(), is_plain, "{name}: {unwritten:?}");
            if is_plain {
                let doubled = name.replace('%', "%%");
                assert!(cmd.contains(&doubled), "{name}: {cmd}");
            }
        });
    }
}

#[test]
fn many_steps_are_written_in_linear_size() {
    let size = |number: usize| {
        let names: Vec<String> = (0..number).map(|number| format!("job{number:04}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        with(&names, |_, written, _| {
            written.iter().map(|script| script.text.len()).sum::<usize>()
        })
    };
    let (some, twice) = (size(50), size(100));
    assert!(twice < 2 * some, "{some} {twice}");
}
