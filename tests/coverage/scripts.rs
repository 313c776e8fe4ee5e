//! Scripts of the shipped packs, which no server here can run.

use standin::catalogue::{Arg, Ask, Command, Fix};
use tree_sitter::{Node, Parser};

use super::shipped::catalogue;

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

#[test]
fn every_script_is_one() {
    let of_facts = catalogue().facts.values().flat_map(|fact| &fact.probes);
    let of_facts = of_facts.filter_map(|probe| match &probe.ask {
        Ask::Shell(ask) => Some(&ask.command),
        _ => None,
    });
    let of_fixes = catalogue().fixes.values().flat_map(Fix::done);
    let of_fixes = of_fixes.filter_map(|action| match &action.object {
        Arg::Program(command) => Some(command),
        _ => None,
    });
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_powershell::LANGUAGE.into())
        .unwrap();
    let mut scripts = 0;
    for command in of_facts.chain(of_fixes) {
        let Command::PowerShell(text) = command else {
            continue;
        };
        let mut found = Vec::new();
        faults(
            parser.parse(text.as_bytes(), None).unwrap().root_node(),
            &mut found,
        );
        assert!(found.is_empty(), "{found:?} in\n{text}");
        scripts += 1;
    }
    assert!(scripts > 5, "only {scripts} scripts were found");
}
