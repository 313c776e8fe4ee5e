//! The text of a rule or fact as its pack says it.

use crate::diagnostic::{SourceMap, Span};

/// The lines of what is declared there, moved to the left; without the keys named by `without`.
pub(super) fn part_lines(sources: &SourceMap, span: Span, without: &[&str]) -> Vec<String> {
    let text = sources.slice(span);
    let indent = indent_of(text);
    let mut kept = Vec::new();
    let mut is_out = false;
    for (number, line) in text.lines().enumerate() {
        // The first line starts at the key itself, behind the dash of the list.
        let line = if number == 0 {
            line
        } else {
            line.get(indent.min(lead(line))..).unwrap_or_default()
        };
        if let Some(key) = key_of(line) {
            is_out = without.contains(&key);
        }
        if !is_out {
            kept.push(line.trim_end().to_owned());
        }
    }
    while kept
        .last()
        .is_some_and(|line| line.is_empty() || line.trim_start().starts_with('#'))
    {
        kept.pop();
    }
    kept
}

/// What stands under one key of a declaration, as lines; nothing when it is not said.
pub(super) fn key_lines(sources: &SourceMap, span: Span, key: &str) -> Vec<String> {
    let mut taken = Vec::new();
    let mut is_in = false;
    for line in part_lines(sources, span, &[]) {
        if let Some(found) = key_of(&line) {
            is_in = found == key;
        }
        if is_in {
            taken.push(line);
        }
    }
    taken
}

/// The same as one text, without the key itself.
pub(super) fn key_text(sources: &SourceMap, span: Span, key: &str) -> String {
    let text = key_lines(sources, span, key).join("\n");
    text.strip_prefix(key)
        .and_then(|rest| rest.strip_prefix(':'))
        .map_or_else(String::new, |rest| rest.trim().to_owned())
}

/// The key that a line without indent begins with.
fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.split_once(':')?;
    let right = |c: char| c.is_ascii_lowercase() || c == '_';
    (!key.is_empty() && key.chars().all(right)).then_some(key)
}

/// The spaces before the keys that follow the first.
fn indent_of(text: &str) -> usize {
    text.lines()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .map(lead)
        .min()
        .unwrap_or(0)
}

fn lead(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}
