//! What can go wrong with each protocol, what is told then, and which test proves it: `table.yaml` has a cell for each,
//! a test or the reason why it cannot arise. Written from it are the tables of trouble in `rules/protocols`, and the page
//! of proofs there: `STANDIN_UPDATE=1 cargo test --test trouble`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod pages;

use std::fs;

use indexmap::IndexMap;
use serde::Deserialize;
use standin::facts::Cause;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// Each trouble, and what it is.
    troubles: IndexMap<String, String>,
    protocols: IndexMap<String, Row>,
}

/// What goes wrong with one protocol.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// The page that tells of it.
    page: String,
    /// What can be asked, where some of the troubles depend on it.
    #[serde(default)]
    questions: Vec<String>,
    cells: IndexMap<String, Cell>,
    /// Cells of single questions, in place of those of all.
    #[serde(default)]
    except: IndexMap<String, IndexMap<String, Cell>>,
}

#[derive(Clone, Deserialize, PartialEq)]
#[serde(untagged, deny_unknown_fields)]
enum Cell {
    Told {
        cause: String,
        /// A piece of what is told, where it is always the same; tests look for it.
        says: Option<String>,
        /// What to do, where the cause's own hint is not all.
        #[serde(rename = "do")]
        next: Option<String>,
        /// `FILE::FUNCTION`
        tests: Vec<String>,
    },
    /// Nothing goes wrong.
    Fine { fine: String, tests: Vec<String> },
    /// As with the protocols that carry it.
    As {
        #[serde(rename = "as")]
        carriers: Vec<String>,
    },
    /// It cannot arise.
    None { none: String },
}

impl Row {
    fn cell(&self, question: Option<&str>, trouble: &str) -> Option<&Cell> {
        let own = question.and_then(|question| self.except.get(question)?.get(trouble));
        own.or_else(|| self.cells.get(trouble))
    }

    /// Every question, or the one that has no name.
    fn questions(&self) -> Vec<Option<&str>> {
        if self.questions.is_empty() {
            return vec![None];
        }
        self.questions
            .iter()
            .map(|question| Some(question.as_str()))
            .collect()
    }
}

fn table() -> Table {
    serde_yaml::from_str(&fs::read_to_string("tests/trouble/table.yaml").unwrap()).unwrap()
}

#[test]
fn every_cell_is_there() {
    let table = table();
    for (protocol, row) in &table.protocols {
        for question in row.questions() {
            for trouble in table.troubles.keys() {
                let cell = row.cell(question, trouble);
                assert!(cell.is_some(), "{protocol} {question:?}: {trouble} has no cell");
            }
        }
        let of_questions = row.except.iter().flat_map(|(question, cells)| {
            assert!(
                row.questions.contains(question),
                "{protocol} has no question {question}"
            );
            cells.keys()
        });
        for trouble in row.cells.keys().chain(of_questions) {
            assert!(
                table.troubles.contains_key(trouble),
                "{protocol}: {trouble} is no trouble"
            );
        }
    }
}

#[test]
fn every_cell_is_proved() {
    let table = table();
    for (protocol, row) in &table.protocols {
        let cells = row.except.values().flatten().chain(&row.cells);
        for (trouble, cell) in cells {
            let place = format!("{protocol}: {trouble}");
            match cell {
                Cell::Told {
                    cause, says, tests, ..
                } => {
                    let cause = cause
                        .parse::<Cause>()
                        .unwrap_or_else(|()| panic!("{place}: {cause} is no cause"));
                    let sources = sources(&place, tests);
                    let told = [format!("Cause::{cause:?}"), cause.word().to_owned()];
                    assert!(
                        told.iter().any(|word| sources.contains(word)),
                        "{place}: no test speaks of {cause}"
                    );
                    if let Some(says) = says {
                        assert!(sources.contains(says), "{place}: no test looks for `{says}`");
                    }
                }
                Cell::Fine { tests, .. } => drop(sources(&place, tests)),
                Cell::As { carriers } => {
                    for carrier in carriers {
                        let found = table.protocols[carrier].cells.get(trouble);
                        let own = !matches!(found, None | Some(Cell::As { .. }));
                        assert!(own, "{place}: {carrier}");
                    }
                }
                Cell::None { none } => assert!(none.len() > 20, "{place}: that is no reason"),
            }
        }
    }
}

/// The files of the tests, which are there.
fn sources(place: &str, tests: &[String]) -> String {
    assert!(!tests.is_empty(), "{place}: no test");
    let mut all = String::new();
    for test in tests {
        let (file, function) = test.split_once("::").unwrap_or_else(|| panic!("{place}: {test}"));
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{place}: {file}: {error}"));
        let before = text
            .split_once(&format!("fn {function}("))
            .map(|(before, _)| before);
        let before = before.unwrap_or_else(|| panic!("{place}: {file} has no {function}"));
        let mut lines = before.lines().rev().take(3);
        assert!(
            lines.any(|line| line.contains("::test") || line.contains("#[test]")),
            "{place}: {function} is no test"
        );
        all += &text;
    }
    all
}

#[test]
fn pages_say_what_the_table_says() {
    pages::compare(&table());
}
