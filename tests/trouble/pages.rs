//! The table as pages.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use indexmap::IndexMap;
use standin::facts::Cause;

use super::{Cell, Row, Table};

const FOLDER: &str = "rules/protocols";
const PROOFS: &str = "rules/protocols/PROOFS.md";
const BEGIN: &str = "<!-- trouble: written by tests/trouble from its table.yaml -->\n";
const END: &str = "<!-- end of trouble -->\n";

/// Compares the pages with what the table makes of them, or writes them.
pub(super) fn compare(table: &Table) {
    let pages: BTreeSet<&str> = table.protocols.values().map(|row| row.page.as_str()).collect();
    for page in pages {
        let path = format!("{FOLDER}/{page}");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let (before, rest) = text
            .split_once(BEGIN)
            .unwrap_or_else(|| panic!("{path} has no table of trouble"));
        let (_, after) = rest.split_once(END).unwrap();
        same(
            &path,
            &format!("{before}{BEGIN}{}{END}{after}", troubles(table, page)),
        );
    }
    same(PROOFS, &proofs(table));
}

fn same(path: &str, wanted: &str) {
    if fs::read_to_string(path).is_ok_and(|found| found == wanted) {
        return;
    }
    assert!(
        std::env::var_os("STANDIN_UPDATE").is_some(),
        "{path} is not what the table says: STANDIN_UPDATE=1 cargo test --test trouble"
    );
    fs::write(path, wanted).unwrap();
}

/// What is told of each trouble of a page.
fn troubles(table: &Table, page: &str) -> String {
    let mut text =
        String::from("| what is wrong | cause, and a piece of what is told | what to do |\n|---|---|---|\n");
    let rows: Vec<_> = table
        .protocols
        .iter()
        .filter(|(_, row)| row.page == page)
        .collect();
    for (trouble, about) in &table.troubles {
        let mut told: IndexMap<String, Vec<&str>> = IndexMap::new();
        let mut asked = 0;
        for (protocol, row) in &rows {
            for (cell, questions) in cells(row, trouble) {
                let questions = if questions.is_empty() {
                    vec![protocol.as_str()]
                } else {
                    questions
                };
                asked += questions.len();
                if let Some(columns) = columns(cell) {
                    told.entry(columns).or_default().extend(questions);
                }
            }
        }
        for (columns, questions) in told {
            let which = if questions.len() == asked {
                String::new()
            } else {
                format!(" ({})", questions.join(", "))
            };
            let _ = writeln!(text, "| {about}{which} | {columns} |");
        }
    }
    text
}

/// What is told, and what to do; nothing where it cannot arise.
fn columns(cell: &Cell) -> Option<String> {
    Some(match cell {
        Cell::Told {
            cause, says, next, ..
        } => {
            let says = says
                .as_ref()
                .map_or(String::new(), |says| format!(": ... {} ...", says.trim()));
            let hint = cause.parse::<Cause>().unwrap().hint();
            format!("`{cause}`{says} | {}", next.as_deref().unwrap_or(hint))
        }
        Cell::Fine { fine, .. } => format!("nothing: {fine} |"),
        Cell::As { carriers } => format!("as over {} |", carriers.join(" and ")),
        Cell::None { .. } => return None,
    })
}

/// The different cells of a trouble, each with the questions that it is for.
fn cells<'r>(row: &'r Row, trouble: &str) -> Vec<(&'r Cell, Vec<&'r str>)> {
    let mut cells: Vec<(&Cell, Vec<&str>)> = Vec::new();
    for question in row.questions() {
        let cell = row.cell(question, trouble).unwrap();
        match cells.iter_mut().find(|(known, _)| *known == cell) {
            Some((_, questions)) => questions.extend(question),
            None => cells.push((cell, question.into_iter().collect())),
        }
    }
    cells
}

/// Which test proves what, and what cannot arise.
fn proofs(table: &Table) -> String {
    let mut text = String::from(
        "# Trouble and its proofs\n\n\
         Written by `tests/trouble` from its `table.yaml`; a test fails when a cell is empty, or names a test that is not\n\
         there or never looks for the cause and the words in question. *Live* is a test in the lab, whose servers others\n\
         wrote, but for those that misbehave on purpose and what [its page](../../tests/lab/README.md) names as ours; *own* is one\n\
         against a server of our own, which does what no real one can be made to do.\n",
    );
    for (protocol, row) in &table.protocols {
        let _ = write!(text, "\n## {protocol}\n\nPage: [{0}]({0})\n\n", row.page);
        for (trouble, about) in &table.troubles {
            for (cell, questions) in cells(row, trouble) {
                let which = if questions.len() == row.questions.len() {
                    String::new()
                } else {
                    format!(" ({})", questions.join(", "))
                };
                let _ = writeln!(text, "- **{about}**{which}: {}", proof(cell));
            }
        }
    }
    text
}

fn proof(cell: &Cell) -> String {
    match cell {
        Cell::None { none } => none.clone(),
        Cell::As { carriers } => format!("as over {}", carriers.join(" and ")),
        Cell::Fine { fine, tests } => format!("{fine}; {}", shown(tests)),
        Cell::Told { cause, tests, .. } => format!("`{cause}`; {}", shown(tests)),
    }
}

fn shown(tests: &[String]) -> String {
    let kind = |test: &str| {
        if test.starts_with("tests/lab") {
            "live"
        } else {
            "own"
        }
    };
    let tests = tests.iter().map(|test| format!("`{test}` ({})", kind(test)));
    tests.collect::<Vec<_>>().join(", ")
}
