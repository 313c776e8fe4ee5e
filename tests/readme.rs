//! The documents are followed to the letter: commands give the exit codes that stand beside them, the worked pack is
//! linted and run, tables say what the code says. `STANDIN_UPDATE=1 cargo test --test readme` writes the tables anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use standin::catalogue::{Kind, Slot, VERBS};
use standin::facts::Cause;
use standin::predicate::functions;

const README: &str = "README.md";
const WRITING: &str = "rules/WRITING.md";
const PROTOCOLS: &str = "rules/protocols";

/// Every document for readers.
fn documents() -> Vec<String> {
    let mut documents = [README, WRITING, "rules/README.md", "tests/lab/README.md"]
        .map(str::to_owned)
        .to_vec();
    let pages = fs::read_dir(PROTOCOLS).unwrap().map(|page| page.unwrap().path());
    documents.extend(pages.map(|page| page.to_str().unwrap().to_owned()));
    documents.sort();
    documents
}

/// The targets of a document's links, but for those to the network.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://")).collect()
}

/// What a heading is linked by.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.collect::<String>().replace(' ', "-")
        })
        .collect()
}

/// The fenced blocks of a document that are in this language.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let text = fs::read_to_string(document).unwrap();
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in text.lines() {
        match (&mut block, line.strip_prefix("```")) {
            (None, Some(begun)) if begun == language => block = Some(String::new()),
            (Some(_), Some("")) => blocks.extend(block.take()),
            (Some(inside), _) => {
                inside.push_str(line);
                inside.push('\n');
            }
            _ => {}
        }
    }
    assert!(block.is_none(), "{document}: a block does not end");
    blocks
}

/// The files of the worked pack: blocks that begin with their path.
fn pack_files() -> BTreeMap<String, String> {
    blocks(WRITING, "yaml")
        .into_iter()
        .filter_map(|block| {
            let path = block.lines().next()?.strip_prefix("# acme/")?;
            Some((format!("acme/{path}"), block.clone()))
        })
        .collect()
}

/// A folder in which the documents' commands work: the fixtures and the worked pack.
fn workplace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in pack_files() {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    for fixture in fs::read_dir("fixtures").unwrap() {
        let fixture = fixture.unwrap();
        let copy = folder.path().join("fixtures").join(fixture.file_name());
        fs::create_dir_all(&copy).unwrap();
        for file in ["pair.yaml", "snapshot.json"] {
            fs::copy(fixture.path().join(file), copy.join(file)).unwrap();
        }
    }
    folder
}

/// The words of a command line; quotes keep words together.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    let mut words = Vec::new();
    for (place, part) in parts {
        if place % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

fn run(line: &str, folder: &Path) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_standin"))
        .args(words(line))
        .current_dir(folder)
        .env_clear()
        .env("LANG", "C.UTF-8")
        .env("STANDIN_STATE", folder.join("state"))
        .output()
        .unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&told).into_owned())
}

#[test]
fn commands_exit_as_the_documents_say() {
    let folder = workplace();
    let mut count = 0;
    for document in [README, WRITING] {
        for line in blocks(document, "sh").iter().flat_map(|block| block.lines()) {
            let (command, comment) = line.split_once(" # ").unwrap_or((line, ""));
            let command = command.strip_prefix("standin ").expect(line);
            let expected = comment.strip_prefix("exit ").map(|rest| {
                let digits = rest.split(|c: char| !c.is_ascii_digit()).next();
                digits.unwrap_or_default().parse::<i32>().expect(line)
            });
            let expected = expected.unwrap_or_else(|| panic!("{document}: no exit code beside `{line}`"));
            let (code, told) = run(command, folder.path());
            assert_eq!(code, Some(expected), "{document}: {line}\n{told}");
            count += 1;
        }
    }
    assert!(count > 20, "only {count} commands were found");
}

#[test]
fn the_worked_pack_is_sound() {
    let files = pack_files();
    assert_eq!(files.len(), 6, "{:?}", files.keys());
    let folder = workplace();
    let (code, told) = run("rules lint acme", folder.path());
    assert_eq!((code, told.lines().count()), (Some(0), 1), "{told}");
    let short = blocks(README, "yaml")
        .into_iter()
        .find(|block| block.starts_with("rules:"));
    fs::write(folder.path().join("acme/rules/servers.yaml"), short.unwrap()).unwrap();
    let (code, told) = run("rules lint acme", folder.path());
    assert_eq!(code, Some(0), "the rule of the README: {told}");
}

#[test]
fn the_discovery_is_sound() {
    let folder = workplace();
    let blocks = blocks(WRITING, "yaml");
    let mut found = blocks
        .iter()
        .filter(|block| block.starts_with("# in acme/discovery.yaml"));
    fs::write(folder.path().join("acme/discovery.yaml"), found.next().unwrap()).unwrap();
    let (code, told) = run("rules lint acme", folder.path());
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = run(
        "discover --rules acme --server 127.0.0.1 --application gateway --timeout 5s",
        folder.path(),
    );
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("the directory was not asked"), "{told}");
}

#[test]
fn a_pack_that_is_given_in_vain_is_told() {
    let folder = workplace();
    let check = "check fixtures/exchange-healthy --rules";
    let (_, told) = run(&format!("{check} acme"), folder.path());
    assert!(told.contains("the pair names no pack of acme"), "{told}");
    run("rules export exported", folder.path());
    let (_, told) = run(&format!("{check} exported"), folder.path());
    assert!(!told.contains("names no pack"), "{told}");
}

#[test]
fn the_pair_file_is_one() {
    let folder = workplace();
    let pair = blocks(README, "yaml")
        .into_iter()
        .find(|block| block.starts_with("# pair.yaml"));
    let recorded = format!(
        "{}recorded: fixtures/exchange-healthy/snapshot.json\n",
        pair.unwrap()
    );
    // That the recording is of another pair is only seen when the file is in order.
    fs::write(folder.path().join("pair.yaml"), recorded).unwrap();
    let (_, told) = run("check pair.yaml", folder.path());
    assert!(
        told.contains("was recorded from the pair `exchange-healthy`"),
        "{told}"
    );
}

#[test]
fn links_lead_somewhere() {
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for link in links(&text) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => Path::new(&document).to_path_buf(),
                file => Path::new(&document).parent().unwrap().join(file),
            };
            assert!(target.exists(), "{document}: {link} leads nowhere");
            if !anchor.is_empty() {
                let text = fs::read_to_string(&target).unwrap();
                assert!(
                    anchors(&text).iter().any(|known| known == anchor),
                    "{document}: {link} has no heading"
                );
            }
        }
    }
}

#[test]
fn endpoints_of_the_pages_are_good_ones() {
    let folder = workplace();
    let mut count = 0;
    for document in documents()
        .iter()
        .filter(|document| document.starts_with(PROTOCOLS))
    {
        for block in blocks(document, "yaml") {
            let pair = format!(
                "pair: sample\npacks: [common, exchange, sql, engine-carbonite]\n\
                 source: {{ name: MAIL1, address: 192.0.2.1 }}\ntarget: {{ name: MAIL2, address: 192.0.2.2 }}\n{block}"
            );
            fs::write(folder.path().join("pair.yaml"), pair).unwrap();
            let (code, told) = run("rights pair.yaml --offline", folder.path());
            assert_eq!(code, Some(0), "{document}:\n{block}\n{told}");
            assert!(!told.contains("warning"), "{document}:\n{block}\n{told}");
            count += 1;
        }
    }
    assert!(count >= 8, "only {count} samples were found");
}

#[test]
fn every_protocol_has_its_page() {
    let writing = fs::read_to_string(WRITING).unwrap();
    let index = fs::read_to_string(format!("{PROTOCOLS}/README.md")).unwrap();
    let rows = fs::read_to_string(README).unwrap();
    let rows = rows
        .lines()
        .skip_while(|line| *line != "| endpoint | keys |")
        .skip(2);
    let endpoints = rows
        .take_while(|line| line.starts_with("| `"))
        .filter_map(|line| line.split('`').nth(1));
    for protocol in endpoints.chain(["browser", "local", "shell"]) {
        let page = format!("{protocol}.md");
        assert!(Path::new(PROTOCOLS).join(&page).exists(), "{page} is not there");
        assert!(index.contains(&format!("]({page})")), "the index lacks {page}");
        assert!(
            writing.contains(&format!("](protocols/{page})")),
            "{WRITING} lacks {page}"
        );
    }
}

#[test]
fn the_excerpt_is_of_the_report() {
    let folder = workplace();
    let (code, report) = run(
        "check fixtures/exchange-broken fixtures/sql-broken",
        folder.path(),
    );
    assert_eq!(code, Some(1), "{report}");
    let excerpt = blocks(README, "text").remove(0);
    let mut rest = report.as_str();
    for part in excerpt.split("...\n") {
        let at = rest
            .find(part)
            .unwrap_or_else(|| panic!("not in the report, or not there:\n{part}"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn exit_codes_are_those_of_the_help() {
    let readme = fs::read_to_string(README).unwrap();
    let (_, help) = run("check --help", Path::new("."));
    let (_, table) = help.split_once("Exit codes:\n").unwrap();
    for line in table.lines().filter(|line| line.starts_with("  ")) {
        let (code, meaning) = line.trim().split_once(' ').unwrap();
        let row = format!("| {code} | {} |", meaning.trim());
        assert!(readme.contains(&row), "{README} lacks {row}");
    }
}

#[test]
fn every_module_is_in_the_table() {
    let readme = fs::read_to_string(README).unwrap();
    let code = fs::read_to_string("src/lib.rs").unwrap();
    for module in code.lines().filter_map(|line| line.strip_prefix("pub mod ")) {
        let module = module.trim_end_matches(';');
        assert!(
            readme.contains(&format!("| `{module}` |")),
            "{README} lacks `{module}`"
        );
    }
}

#[test]
fn tables_say_what_the_code_says() {
    let mut table = String::from("| function | gives |\n|---|---|\n");
    for function in functions::all() {
        let call = function.call.replace('|', "\\|");
        let _ = writeln!(table, "| `{call}` | {} |", function.about.replace('|', "\\|"));
    }
    same(WRITING, "functions", &table);
    let mut table = String::from("| cause | what a person does next |\n|---|---|\n");
    for cause in Cause::ALL {
        let _ = writeln!(table, "| `{}` | {} |", cause.word(), cause.hint());
    }
    same(WRITING, "causes", &table);
    let mut table = String::from("| protocol | verb | with | does |\n|---|---|---|---|\n");
    for verb in VERBS {
        let slot = |slot: &Slot| {
            if slot.needed {
                format!("`{}`", slot.name)
            } else {
                format!("`{}`?", slot.name)
            }
        };
        let slots: Vec<String> = verb.slots.iter().map(slot).collect();
        let (protocol, name) = (verb.protocol, verb.name);
        let _ = writeln!(
            table,
            "| `{protocol}` | `{name}: {}` | {} | {} |",
            kind(verb.object),
            slots.join(", "),
            verb.reads
        );
    }
    same(WRITING, "verbs", &table);
}

#[test]
fn the_worked_steps_come_into_their_order() {
    let folder = workplace();
    let is_ours = |block: &String| block.starts_with("# in acme/runbooks/switch.yaml");
    let block = blocks(WRITING, "yaml").into_iter().find(is_ours).unwrap();
    fs::create_dir_all(folder.path().join("acme/runbooks")).unwrap();
    fs::write(folder.path().join("acme/runbooks/switch.yaml"), block).unwrap();
    let pair = folder.path().join("fixtures/exchange-healthy/pair.yaml");
    let text = fs::read_to_string(&pair).unwrap();
    fs::write(&pair, text.replace("packs: [", "packs: [acme, ")).unwrap();
    let (code, told) = run(
        "runbook show failover fixtures/exchange-healthy --rules acme",
        folder.path(),
    );
    assert_eq!(code, Some(0), "{told}");
    let mut rest = told.as_str();
    for step in [
        "Pause the alarms of MAIL1",
        "Stop the service MSExchangeIS of MAIL1",
        "Wait until the stores of MAIL2 are mounted",
        "Start AcmeBackup on MAIL2",
    ] {
        let found = rest.split_once(step);
        rest = found.unwrap_or_else(|| panic!("{step}: {told}")).1;
    }
}

/// What stands beside a verb.
fn kind(object: Kind) -> &'static str {
    match object {
        Kind::Text(_) => "TEMPLATE",
        Kind::Script => "SCRIPT",
        Kind::Program => "[PROGRAM, ARGUMENT]",
        _ => "EXPRESSION",
    }
}

#[test]
fn the_worked_fix_is_planned_with_its_helper() {
    let folder = workplace();
    for part in ["facts", "rules", "fixes"] {
        let begin = format!("# in acme/{part}/backup.yaml");
        let block = blocks(WRITING, "yaml")
            .into_iter()
            .find(|block| block.starts_with(&begin));
        fs::create_dir_all(folder.path().join("acme").join(part)).unwrap();
        fs::write(
            folder.path().join(format!("acme/{part}/backup.yaml")),
            block.unwrap(),
        )
        .unwrap();
    }
    let (code, told) = run("rules lint acme", folder.path());
    assert_eq!(code, Some(0), "{told}");
    let healthy = folder.path().join("fixtures/exchange-healthy");
    let pair = fs::read_to_string(healthy.join("pair.yaml")).unwrap();
    fs::write(
        healthy.join("pair.yaml"),
        pair.replace("packs: [", "packs: [acme, "),
    )
    .unwrap();
    let mut snapshot: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(healthy.join("snapshot.json")).unwrap()).unwrap();
    let from = snapshot["facts"]["target.os.folder"].clone();
    for (fact, value) in [
        ("source.acme.vault", serde_json::json!("\\\\vault\\mail")),
        ("target.acme.vault", serde_json::json!("D:\\")),
        (
            "target.acme.services",
            serde_json::json!({ "AcmeBackup": { "name": "AcmeBackup", "state": "running" } }),
        ),
    ] {
        let mut observation = from.clone();
        observation["value"] = value;
        snapshot["facts"][fact] = observation;
    }
    fs::write(healthy.join("snapshot.json"), snapshot.to_string()).unwrap();
    let (code, told) = run(
        "plan fixtures/exchange-healthy --rules acme --only acme/vault-differs",
        folder.path(),
    );
    assert_eq!(code, Some(0), "{told}");
    let mut rest = told.as_str();
    for step in [
        "1.  would stop AcmeBackup of MAIL2 for a while",
        "2.  would let AcmeBackup of MAIL2 write into \\\\vault\\mail",
        "3.  would take back: stop AcmeBackup of MAIL2 for a while",
    ] {
        rest = rest
            .split_once(step)
            .unwrap_or_else(|| panic!("{step} is not there: {told}"))
            .1;
    }
}

/// Compares what stands between the marks of this name, or writes it.
fn same(document: &str, name: &str, wanted: &str) {
    let text = fs::read_to_string(document).unwrap();
    let (before, rest) = text.split_once(&format!("<!-- {name}: ")).unwrap();
    let (mark, rest) = rest.split_once("-->\n").unwrap();
    let end = format!("<!-- end of {name} -->");
    let (found, after) = rest.split_once(&end).unwrap();
    if found == wanted {
        return;
    }
    assert!(
        std::env::var_os("STANDIN_UPDATE").is_some(),
        "{document}: the table of {name} is not that of the code: STANDIN_UPDATE=1 cargo test --test readme"
    );
    let text = format!("{before}<!-- {name}: {mark}-->\n{wanted}{end}{after}");
    fs::write(document, text).unwrap();
}
