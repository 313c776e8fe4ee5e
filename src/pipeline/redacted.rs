//! A recording and its pair file, to be shown to strangers.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{Failure, Opened, all_packs, judge};
use crate::diagnostic::Diagnostics;
use crate::evaluate::Selection;
use crate::facts::{self, Redaction, Snapshot};
use crate::report;

/// What replays like the original, with stand-ins for names and addresses.
#[derive(Debug)]
pub struct Redacted {
    pub snapshot: Snapshot,
    pub pair_file: String,
    /// What stands for what.
    pub redaction: Redaction,
}

/// Replaces every name that does not stand in the packs themselves; the pair file names the recording `recorded`.
pub fn redacted(
    opened: &Opened,
    snapshot: &Snapshot,
    recorded: &str,
    folders: &[PathBuf],
) -> Result<Redacted, Failure> {
    let mut redaction = Redaction::new(public_words(folders));
    // Waivers are about those whom the rules name.
    let answer = judge(opened, snapshot, &Selection::default(), snapshot.taken_at)?;
    let pair_file = report::redacted_pair(
        &opened.pair,
        &opened.catalogue,
        &opened.said,
        &answer.judged,
        recorded,
        &mut redaction,
    );
    Ok(Redacted {
        snapshot: redaction.snapshot(snapshot),
        pair_file,
        redaction,
    })
}

/// The words of all packs there are, in lower case.
fn public_words(folders: &[PathBuf]) -> BTreeSet<String> {
    let packs = all_packs(folders, &mut Diagnostics::new());
    let texts = packs
        .iter()
        .flat_map(|pack| &pack.files)
        .map(|file| without_examples(&file.text));
    // Names that stand in texts as examples are anybody's too.
    let told = |text: &str| {
        let tokens = text.split_whitespace();
        let told = tokens.filter(|token| !token.contains(".example"));
        told.collect::<Vec<_>>().join(" ")
    };
    texts.flat_map(|text| facts::words(&told(&text))).collect()
}

/// The text of a pack's file without its examples and comments, whose names are anybody's.
fn without_examples(text: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let belongs = |line: &str, outer: usize| {
        let item = line.trim_start().starts_with("- ");
        line.trim().is_empty() || indent(line) > outer || item && indent(line) == outer
    };
    let mut inside: Option<usize> = None;
    let kept = text.lines().filter(|line| {
        if inside.is_some_and(|outer| belongs(line, outer)) {
            return false;
        }
        if line.trim_start().starts_with('#') {
            return false;
        }
        inside = line.trim_start().starts_with("examples:").then(|| indent(line));
        inside.is_none()
    });
    kept.collect::<Vec<_>>().join("\n")
}
