//! The PowerShell program that answers on the host itself, whichever carrier brings it there.
//!
//! `powershell -Command -` reads commands from its input; the first line there holds the whole program, because a
//! PowerShell that reads commands takes a longer one apart at its blank lines. The program then reads the lines
//! behind it: limits, then questions. All of it is ASCII, so no code page on the way can change it.
//!
//! A test checks the grammar of the program. No PowerShell was at hand to run it: what is known of its behaviour comes
//! from its documentation.

use data_encoding::BASE64;
use serde_json::json;

use super::HostConfig;

/// The parts of the program in their order.
pub(super) const PARTS: [(&str, &str); 8] = [
    ("talk", include_str!("powershell/talk.ps1")),
    ("registry", include_str!("powershell/registry.ps1")),
    ("services", include_str!("powershell/services.ps1")),
    ("files", include_str!("powershell/files.ps1")),
    ("shares", include_str!("powershell/shares.ps1")),
    ("groups", include_str!("powershell/groups.ps1")),
    ("commands", include_str!("powershell/commands.ps1")),
    ("main", include_str!("powershell/main.ps1")),
];
/// What is started on the host; no shell there finds anything in it to change.
pub(super) const COMMAND: [&str; 5] = ["powershell", "-NoProfile", "-NonInteractive", "-Command", "-"];

/// The program and its limits, two lines; `server` when another machine than the one that runs it is asked.
pub(super) fn opening(config: &HostConfig, server: Option<&str>) -> String {
    let program: String = PARTS.iter().map(|(_, text)| *text).collect();
    let program = BASE64.encode(program.as_bytes());
    let hello = json!({ "server": server, "rows": config.max_rows, "bytes": config.max_bytes });
    format!(
        "& ([scriptblock]::Create([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('{program}'))))\n{hello}\n"
    )
}

/// Whether this is what a shell says when it finds no PowerShell.
pub(super) fn is_missing(complaints: &str) -> bool {
    let complaints = complaints.to_lowercase();
    complaints.contains("powershell")
        && ["not recognized", "not found"]
            .iter()
            .any(|sign| complaints.contains(sign))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use tree_sitter::{Node, Parser};

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

    fn check(text: &str) -> Vec<String> {
        let mut parser = Parser::new();
        parser
            .set_language(&tree_sitter_powershell::LANGUAGE.into())
            .unwrap();
        let mut found = Vec::new();
        faults(parser.parse(text, None).unwrap().root_node(), &mut found);
        found
    }

    /// The texts of all nodes of this kind.
    fn texts<'a>(text: &'a str, node: Node<'_>, kind: &str, found: &mut BTreeSet<&'a str>) {
        if node.kind() == kind {
            found.insert(&text[node.byte_range()]);
        }
        for index in 0..node.child_count() {
            if let Some(child) = node.child(index) {
                texts(text, child, kind, found);
            }
        }
    }

    /// What PowerShell 3 has by itself, as far as it is used.
    const CMDLETS: [&str; 12] = [
        "Add-Type",
        "ConvertFrom-Json",
        "ForEach-Object",
        "Get-CimInstance",
        "Invoke-CimMethod",
        "New-CimSession",
        "New-CimSessionOption",
        "New-Object",
        "Select-Object",
        "Set-StrictMode",
        "Start-Sleep",
        "Where-Object",
    ];

    #[test]
    fn what_is_called_is_there_and_what_is_read_was_set() {
        let program: String = PARTS.iter().map(|(_, text)| *text).collect();
        let mut parser = Parser::new();
        parser
            .set_language(&tree_sitter_powershell::LANGUAGE.into())
            .unwrap();
        let tree = parser.parse(&program, None).unwrap();
        let all = |kind| {
            let mut found = BTreeSet::new();
            texts(&program, tree.root_node(), kind, &mut found);
            found
        };
        let (defined, called) = (all("function_name"), all("command_name"));
        let unknown = |name: &&&str| !defined.contains(**name) && !CMDLETS.contains(*name);
        assert_eq!(called.iter().filter(unknown).collect::<Vec<_>>(), [&""; 0]);
        assert_eq!(
            defined
                .iter()
                .filter(|name| !called.contains(**name))
                .collect::<Vec<_>>(),
            [&""; 0]
        );
        assert!(called.len() > 20 && defined.len() > 20, "{called:?} {defined:?}");
        for variable in all("variable").iter().filter(|name| name.starts_with("$script:")) {
            assert!(program.contains(&format!("{variable} = ")), "{variable}");
        }
    }

    #[test]
    fn the_program_is_powershell() {
        let through = ("through", include_str!("../tds/through.ps1"));
        for (name, text) in PARTS.into_iter().chain([through]) {
            assert_eq!(check(text), [""; 0], "{name}.ps1");
            assert!(text.is_ascii(), "{name}.ps1");
            assert!(!text.contains("Invoke-Expression"), "{name}.ps1");
        }
        // the check itself finds something
        assert!(!check("function x { if ( }").is_empty());
    }
}
