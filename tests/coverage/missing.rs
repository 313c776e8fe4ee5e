//! Rows that nothing covers yet: lists that only become shorter.

use std::collections::BTreeSet;
use std::fs;

/// Compares a list of missing rows with what is missing; a row that is covered meanwhile has to go.
///
/// An update shortens the list and never makes it longer.
pub(crate) fn only_shrinks(file: &str, missing: &BTreeSet<&str>) {
    let path = format!("tests/coverage/{file}");
    let text = fs::read_to_string(&path).unwrap_or_default();
    let known: BTreeSet<&str> = text.split_whitespace().collect();
    let new: Vec<_> = missing.difference(&known).collect();
    assert!(new.is_empty(), "{path}: these were covered before: {new:?}");
    let covered: Vec<_> = known.difference(missing).collect();
    if covered.is_empty() {
        return;
    }
    assert!(
        super::is_update(),
        "{path}: these are covered now: {covered:?}; STANDIN_UPDATE=1 cargo test --test coverage takes them out"
    );
    let rows: Vec<&str> = missing.iter().copied().collect();
    let lines: Vec<String> = rows.chunks(16).map(|rows| rows.join(" ") + "\n").collect();
    fs::write(&path, lines.concat()).unwrap();
}
