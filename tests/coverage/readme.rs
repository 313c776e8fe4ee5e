//! `rules/README.md`: every row of the guide, the rules that serve it, and how that is proved.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use standin::catalogue::{Reach, Rule};

use super::guide::{self, Row};
use super::proof::{self, Level};
use super::{missing, shipped};

const README: &str = "rules/README.md";

const HEAD: &str = "\
# The shipped rules, row by row

Written by `STANDIN_UPDATE=1 cargo test --test coverage`; that test fails when this page is not what the packs and the tests say.
How rules are written stands in [WRITING.md](WRITING.md); `standin explain RULE` tells everything of one rule.

The rows are those of the catalogue of messages in the guide of 2006: C for Exchange, D for SQL Server. `severity` is what the rule
says, `fixable` whether a fix is declared (`guided`: it tells a person what to do). Beside each fix stands how far it goes: `automatic`
is done without a question, `confirm` once somebody agreed, `guided` by a person, and `declared only` does not say yet how. The facts are those that decide, over the protocols
by which they are read; a fact that is made of others is read as they are, and what the pair file says needs no protocol.

How a row is proved, the best first. A row that several rules serve is as well proved as the worst of them; a rule that serves
rows of both applications is proved in a pair of one of them.

| proof | means |
|---|---|
| live | a change to the lab makes exactly these findings bad, in a whole check against servers that others wrote |
| simulated | the same, but a server or program that takes part was written for these tests |
| recorded | a change of a recorded healthy pair makes exactly these findings bad |
| examples only | only the examples beside the rule show it |

";

/// The rules of a row; nobody serves a row that has none.
type Served = BTreeMap<String, Vec<&'static Rule>>;

fn page() -> String {
    let (rows, served) = (guide::rows(), shipped::by_row());
    let mut page = HEAD.to_owned();
    page.push_str(&counts(&rows, &served));
    page.push_str(&reaches(&rows, &served));
    for (application, title) in [("exchange", "Exchange"), ("sql", "SQL Server")] {
        let _ = write!(
            page,
            "\n## {title}\n\n| row | rule | severity | fixable | facts | protocols | fix | proof |\n|---|---|---|---|---|---|---|---|\n"
        );
        for row in rows.iter().filter(|row| row.application == application) {
            page.push_str(&lines(row, &served));
        }
    }
    page.push_str(&deviations(&rows, &served));
    page.push_str(&beyond());
    page
}

/// How many rows are proved how.
fn counts(rows: &[Row], served: &Served) -> String {
    let mut counts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for row in rows {
        let word = match proved(row, served) {
            None => "no rule yet",
            Some(Level::Examples) => "examples only",
            Some(Level::Recorded) => "recorded",
            Some(Level::Simulated(_)) => "simulated",
            Some(Level::Live(_)) => "live",
        };
        counts.entry(word).or_default()[usize::from(row.application == "sql")] += 1;
    }
    let mut table = String::from("| rows | Exchange | SQL Server |\n|---|---|---|\n");
    for word in ["live", "simulated", "recorded", "examples only", "no rule yet"] {
        if let Some([exchange, sql]) = counts.get(word) {
            let _ = writeln!(table, "| {word} | {exchange} | {sql} |");
        }
    }
    table
}

/// How far the rows that the guide mends are mended here; a row that several fixes mend counts with the one that goes least far.
fn reaches(rows: &[Row], served: &Served) -> String {
    let mut counts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.fix != "no") {
        let rules = served.get(row.name).into_iter().flatten();
        let fixes = rules.flat_map(|rule| shipped::fixes(rule));
        let reach = fixes.map(|id| shipped::catalogue().fixes[id].reach()).max();
        let word = reach.map_or("no fix", Reach::word);
        counts.entry(word).or_default()[usize::from(row.application == "sql")] += 1;
    }
    let mut table = String::from("\n| rows that the guide mends | Exchange | SQL Server |\n|---|---|---|\n");
    for word in ["automatic", "confirm", "guided", "declared only", "no fix"] {
        if let Some([exchange, sql]) = counts.get(word) {
            let _ = writeln!(table, "| {word} | {exchange} | {sql} |");
        }
    }
    table
}

/// A row is as well proved as the worst of its rules.
fn proved(row: &Row, served: &Served) -> Option<Level> {
    let rules = served.get(row.name)?;
    rules.iter().map(|rule| proof::level(row.name, rule)).min()
}

fn lines(row: &Row, served: &Served) -> String {
    let Some(rules) = served.get(row.name) else {
        return format!("| {} | none yet | | | | | | |\n", row.name);
    };
    let line = |(place, rule): (usize, &&Rule)| {
        let name = if place == 0 { row.name } else { "" };
        let facts = shipped::facts(rule);
        let cells = [
            name.to_owned(),
            format!("`{}`", rule.id),
            severities(rule).join(" or "),
            shipped::fixable(rule).to_owned(),
            code(facts.iter().map(ToString::to_string)),
            shipped::protocols(&facts)
                .into_iter()
                .collect::<Vec<_>>()
                .join(", "),
            fixes(rule),
            proof::level(row.name, rule).word(),
        ];
        format!("| {} |\n", cells.join(" | "))
    };
    rules.iter().enumerate().map(line).collect()
}

/// The fixes of a rule, each with how far it goes.
fn fixes(rule: &Rule) -> String {
    let told = shipped::fixes(rule).into_iter().map(|id| {
        let reach = shipped::catalogue().fixes[id].reach();
        format!("`{id}` {}", reach.word())
    });
    told.collect::<Vec<_>>().join(", ")
}

fn severities(rule: &Rule) -> Vec<&'static str> {
    let words: BTreeSet<&str> = rule
        .severity
        .iter()
        .map(|(_, severity)| severity.word())
        .collect();
    words.into_iter().collect()
}

fn code(names: impl Iterator<Item = String>) -> String {
    let quoted: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// In what a rule is not as its row in the guide; nothing when it is.
fn deviation(row: &Row, rule: &Rule) -> Option<String> {
    let (severities, fixable) = (severities(rule), shipped::fixable(rule));
    let same_severity = severities.contains(&row.severity);
    // Where the guide mends some and not others, anything that mends is as good.
    let same_fix = row.fix == fixable || row.fix == "varies" && fixable != "no";
    let mut differs = Vec::new();
    if !same_severity {
        differs.push(format!(
            "{} in the guide, {} here",
            row.severity,
            severities.join(" or ")
        ));
    }
    if !same_fix {
        differs.push(format!("fixable: {} in the guide, {fixable} here", row.fix));
    }
    (!differs.is_empty()).then(|| differs.join("; "))
}

fn deviations(rows: &[Row], served: &Served) -> String {
    let mut text = String::from(
        "\n## Where a rule is not as its row\n\nThe reasons are the rules' own notes.\n\n| row | rule | difference | why |\n|---|---|---|---|\n",
    );
    for row in rows {
        for rule in served.get(row.name).into_iter().flatten() {
            if let Some(differs) = deviation(row, rule) {
                let note = one_line(rule.note.as_deref().unwrap_or_default());
                let _ = writeln!(text, "| {} | `{}` | {differs} | {note} |", row.name, rule.id);
            }
        }
    }
    text
}

/// The rules that no row of the guide asks for.
fn beyond() -> String {
    let mut text = String::from(
        "\n## Rules that the guide does not have\n\n| rule | severity | fixable | why |\n|---|---|---|---|\n",
    );
    let rules = shipped::catalogue().rules.iter();
    for rule in rules.filter(|rule| rule.guide.every().is_empty()) {
        let (severity, fixable) = (severities(rule).join(" or "), shipped::fixable(rule));
        let note = one_line(rule.note.as_deref().unwrap_or_default());
        let _ = writeln!(text, "| `{}` | {severity} | {fixable} | {note} |", rule.id);
    }
    text
}

/// Folded text of YAML as a cell of a table.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}

#[test]
fn the_page_is_what_the_packs_and_the_tests_say() {
    let page = page();
    if fs::read_to_string(README).unwrap_or_default() == page {
        return;
    }
    assert!(
        super::is_update(),
        "{README} is not what the packs and the tests say: STANDIN_UPDATE=1 cargo test --test coverage"
    );
    fs::write(README, page).unwrap();
}

#[test]
fn every_row_has_a_rule() {
    let served = shipped::by_row();
    let rows = guide::rows();
    let missing: BTreeSet<&str> = rows
        .iter()
        .map(|row| row.name)
        .filter(|name| !served.contains_key(*name))
        .collect();
    missing::only_shrinks("without_rule.txt", &missing);
    let known: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();
    let strange: Vec<_> = served
        .keys()
        .filter(|row| !known.contains(row.as_str()))
        .collect();
    assert!(strange.is_empty(), "the guide has no such rows: {strange:?}");
}

#[test]
fn whatever_is_not_as_in_the_guide_has_its_reason() {
    let served = shipped::by_row();
    let mut wrong = Vec::new();
    for row in guide::rows() {
        for rule in served.get(row.name).into_iter().flatten() {
            if let Some(differs) = deviation(&row, rule).filter(|_| rule.note.is_none()) {
                wrong.push(format!(
                    "{} {}: {differs}, and no `note` says why",
                    row.name, rule.id
                ));
            }
        }
    }
    for rule in &shipped::catalogue().rules {
        if rule.guide.every().is_empty() && rule.note.is_none() {
            wrong.push(format!(
                "{}: serves no row, and no `note` says why it is there",
                rule.id
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
