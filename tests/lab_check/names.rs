//! Names in the directory that would take over a terminal.

use data_encoding::BASE64;
use standin::report::{self, Look, Origin};

use super::answer::{Checked, check, now, outcomes};
use super::clients;

/// A colour, a link by OSC 8, a return to the start of the line, and text that runs backwards.
const NAME: &str = "Sales\x1b[31m\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\\r\u{202e}dab";

/// The name as part of a distinguished name.
fn escaped() -> String {
    let mut name = NAME.replace('\\', "\\\\").replace(';', "\\;");
    name = name.replace('\r', "\\0D");
    format!("CN={name}")
}

/// Makes an object of the name; what is made is gone after a reset.
fn add(parent: &str, lines: &str) {
    let dn = format!("{},{}", escaped(), clients::expand(parent));
    let lines = clients::expand(lines);
    clients::ldbmodify(&format!(
        "dn:: {}\nchangetype: add\n{lines}",
        BASE64.encode(dn.as_bytes())
    ));
}

fn assert_harmless(what: &str, text: &str) {
    let obeyed = |c: char| {
        c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if let Some(at) = text.find(obeyed) {
        panic!("{what}: {:?}", text[at..].chars().take(40).collect::<String>());
    }
}

/// Without the colours that the report itself sets.
fn uncoloured(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        let (colour, rest) = part.strip_prefix('[').unwrap().split_once('m').unwrap();
        assert!(
            colour.chars().all(|c| c.is_ascii_digit() || c == ';'),
            "{colour:?}"
        );
        plain.push_str(rest);
    }
    plain
}

fn pages(checked: &Checked, look: Look) -> Vec<String> {
    let report = checked
        .opened
        .report(&checked.snapshot, &checked.answer, Origin::Live, now());
    let rules = [
        "exchange/storage-group-missing",
        "exchange/address-book-denied",
        "exchange/log-path-differs",
    ];
    let findings = rules.map(|rule| report::rule_findings(&report, rule, look));
    std::iter::once(report::human(&report, look))
        .chain(findings)
        .collect()
}

#[test]
fn names_that_would_take_over_a_terminal_are_shown_and_not_obeyed() {
    let Some(_lab) = super::lab() else { return };
    add(
        "CN=InformationStore,$SOURCE",
        "objectClass: msExchStorageGroup\nmsExchESEParamBaseName: E02\nmsExchESEParamLogFilePath: L:\\SG3\n\
         msExchESEParamSystemPath: L:\\SG3\n",
    );
    add(
        "CN=Offline Address Lists,$LISTS",
        "objectClass: msExchOAB\ndoOABVersion: 0\nmsExchOABFolder:: AAAAABqvDiEjRc0RqmYAAAAAAAA=\n\
         offLineABContainers: CN=Default Global Address List,CN=All Global Address Lists,$LISTS\n\
         offLineABSchedule:: AAAAAAAAAAAAAAAAAAAAAAAAAAAA\noffLineABStyle: 1\noffLineABServer: $SOURCE\n",
    );
    let checked = check(&[]);
    clients::reset("directory");
    let text = checked.text(Origin::Live);
    let (named, found) = (
        |root: &str| format!("{root}/{}", NAME.replace('\\', "\\\\").replace('/', "\\/")),
        outcomes(&checked.json()),
    );
    let outcome = |rule: &str, root: &str| found.get(&(rule.to_owned(), named(root))).map(String::as_str);
    assert_eq!(
        outcome("exchange/storage-group-missing", "source"),
        Some("error, fixable"),
        "{found:#?}"
    );
    assert_eq!(outcome("exchange/chosen-group-unknown", "pair"), Some("good"));
    for side in ["source", "target"] {
        assert_eq!(
            outcome("exchange/address-book-denied", side),
            Some("error, fixable")
        );
    }
    assert_harmless("JSON", &text);
    let is_named = |finding: &&serde_json::Value| finding["subject_path"][1] == NAME;
    assert!(
        checked.json()["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| is_named(&finding))
    );
    for verbose in [false, true] {
        for (colour, unicode) in [(false, true), (false, false), (true, true)] {
            let look = Look {
                colour,
                unicode,
                verbose,
                width: 100,
            };
            for page in pages(&checked, look) {
                let page = if colour { uncoloured(&page) } else { page };
                assert_harmless("page", &page);
                assert!(unicode || page.is_ascii());
                assert!(page.contains("Sales\\x1b[31m"), "the name is not shown:\n{page}");
            }
        }
    }
}
