//! The help of every command is a snapshot: this is the reference of the command line.

use crate::run::standin;

const COMMANDS: &[&str] = &[
    "",
    "check",
    "plan",
    "fix",
    "apply",
    "undo",
    "collect",
    "discover",
    "init",
    "doctor",
    "rights",
    "explain",
    "runbook",
    "runbook list",
    "runbook show",
    "scripts",
    "scripts status",
    "repset",
    "repset show",
    "rules",
    "rules list",
    "rules show",
    "rules settings",
    "rules lint",
    "rules test",
    "rules export",
    "facts",
    "facts list",
    "facts show",
    "history",
    "history list",
    "history show",
    "history verify",
    "trust",
    "completions",
    "man",
];

#[test]
fn every_command_teaches() {
    for command in COMMANDS {
        let words = command.split_whitespace().chain(["--help"]);
        let run = standin(words);
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{command}");
        let name = if command.is_empty() { "standin" } else { command };
        // What every command has is told once.
        let text = match run.out.split_once("General options:") {
            Some((own, general)) if !command.is_empty() => {
                let after = general.find("\nExamples:").map_or("", |at| &general[at..]);
                format!("{own}General options: as those of standin\n{after}")
            }
            _ => run.out.clone(),
        };
        insta::assert_snapshot!(format!("help {name}").replace(' ', "-"), text);
    }
}

#[test]
fn every_command_is_in_the_list() {
    let top = standin(["--help"]).out;
    let commands = top.split_once("Commands:").unwrap().1;
    let commands = commands.split_once("\n\n").unwrap().0;
    for line in commands.lines().filter(|line| !line.trim().is_empty()) {
        let name = line.split_whitespace().next().unwrap();
        assert!(name == "help" || COMMANDS.contains(&name), "{name}");
    }
}

#[test]
fn the_version_is_the_package_s() {
    let run = standin(["--version"]);
    assert_eq!(run.out, format!("standin {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn shells_and_manuals_get_what_they_want() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = standin(["completions", shell]);
        assert_eq!(run.code, Some(0), "{shell}");
        assert!(run.out.contains("doctor"), "{shell}");
    }
    let page = standin(["man"]);
    assert!(page.out.contains(".TH standin 1"), "{}", page.out);
    let folder = tempfile::tempdir().unwrap();
    let written = standin(["man", "--out", folder.path().to_str().unwrap()]);
    let pages = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(pages, COMMANDS.len());
    assert!(
        written.out.starts_with(&format!("wrote {pages} pages")),
        "{}",
        written.out
    );
}
