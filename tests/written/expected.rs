//! Scripts are those that a person has read, PowerShell by its published grammar, and keep every order of their runbook.
//! `STANDIN_UPDATE=1 cargo test --test written` writes them anew, to be read before they are committed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tree_sitter::{Node, Parser};

use crate::pairs::{all, scripts, standin};

/// One of each kind: stand-alone and clustered with DNS failover, with an identity and a server beside it that has to
/// notice, an instance, single databases; and one in which much is wrong.
const READ: [&str; 6] = [
    "exchange-healthy",
    "exchange-clustered",
    "exchange-identity",
    "sql-healthy",
    "sql-database-mode",
    "exchange-broken",
];

#[test]
fn scripts_are_those_that_were_read() {
    let update = std::env::var_os("STANDIN_UPDATE").is_some_and(|value| value == "1");
    let mut differing = Vec::new();
    for pair in READ {
        let pair = Path::new("fixtures").join(pair);
        let folder = pair.join("expected/scripts");
        let written = scripts(&pair);
        assert_eq!(written.len(), 9, "{}", pair.display());
        if update {
            fs::create_dir_all(&folder).unwrap();
        }
        for (name, text) in written {
            let file = folder.join(name);
            if update {
                fs::write(&file, text).unwrap();
            } else if fs::read_to_string(&file).unwrap_or_default() != text {
                differing.push(file.display().to_string());
            }
        }
    }
    assert!(
        differing.is_empty(),
        "differ, or are not there: {}",
        differing.join(", ")
    );
}

/// The places that the grammar does not know.
fn faults(node: Node<'_>, found: &mut Vec<String>) {
    if node.is_error() || node.is_missing() {
        found.push(format!(
            "line {}: {}",
            node.start_position().row + 1,
            node.to_sexp()
        ));
    }
    for index in 0..node.child_count() {
        if let Some(child) = node.child(index) {
            faults(child, found);
        }
    }
}

fn is_powershell(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending == "ps1")
}

/// Where each step begins.
fn begins(text: &str, is_powershell: bool) -> BTreeMap<u64, usize> {
    let sign = if is_powershell { "Step-" } else { "set STEP=" };
    let (mut begins, mut at) = (BTreeMap::new(), 0);
    for line in text.split_inclusive('\n') {
        if let Some(number) = line
            .strip_prefix(sign)
            .and_then(|rest| rest.trim_end().parse().ok())
        {
            begins.entry(number).or_insert(at);
        }
        at += line.len();
    }
    begins
}

#[test]
fn every_script_is_powershell_and_keeps_every_order() {
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_powershell::LANGUAGE.into())
        .unwrap();
    let (mut read, mut orders) = (0, 0);
    for pair in all() {
        let written = scripts(&pair);
        for (name, text) in written.iter().filter(|(name, _)| is_powershell(name)) {
            let text = text.trim_start_matches('\u{feff}');
            let mut found = Vec::new();
            faults(parser.parse(text, None).unwrap().root_node(), &mut found);
            assert!(found.is_empty(), "{} {name}: {found:?}", pair.display());
            read += 1;
        }
        for (runbook, script) in [
            ("failover", "post-failover"),
            ("failback", "pre-failback"),
            ("restore", "post-restore"),
        ] {
            let shown = standin(&["runbook", "show", runbook], &pair, &["--format", "json"]);
            let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
            for (ending, is_powershell) in [("ps1", true), ("cmd", false)] {
                let Some(text) = written.get(&format!("{script}.{ending}")) else {
                    continue;
                };
                let begins = begins(text, is_powershell);
                let place = |step: &serde_json::Value| begins[&step.as_u64().unwrap()];
                for order in shown["order"].as_array().unwrap() {
                    for before in order["before"].as_array().unwrap() {
                        for after in order["after"].as_array().unwrap() {
                            assert!(
                                place(before) < place(after),
                                "{} {script}.{ending}: {order}",
                                pair.display()
                            );
                            orders += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(
        read > 20 && orders > 1000,
        "only {read} scripts and {orders} orders were seen"
    );
}
