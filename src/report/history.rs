//! What was run, and whether the record of it is whole.

use serde_json::{Value, json};

use super::look::{Look, Style};
use super::page::Page;
use super::pretty::pretty;
use super::table::Table;
use super::times::day_and_time;
use super::words::count;
use crate::evaluate::{Status, Summary};
use crate::store::{Entry, Kind, Run, Verified};

/// What a journal keeps of what a check came to.
pub fn summary_words(summary: &Summary) -> Value {
    json!({
        "error": summary.errors,
        "warning": summary.warnings,
        "unknown": summary.unknown,
        "good": summary.good,
        "not_applicable": summary.not_applicable,
        "waived": summary.waived,
    })
}

/// Runs as a table.
pub fn runs_table(runs: &[Run], look: Look) -> String {
    let mut page = Page::new(look);
    if runs.is_empty() {
        let line = page.line(0).plain("nothing is recorded yet");
        page.put(&line);
        return page.finish();
    }
    let mut table = Table::new(&page, &["run", "when", "pair", "what", "by", "came to"]);
    for run in runs {
        let cells = [
            (Style::Strong, run.first.run.to_string()),
            (Style::Plain, day_and_time(run.first.at)),
            (Style::Plain, run.pair.clone()),
            (Style::Plain, what(run).to_owned()),
            (Style::Plain, by(&run.first).to_owned()),
            (tone(run), outcome(run)),
        ];
        table.row(&page, cells.iter().map(|(style, text)| (*style, text.as_str())));
    }
    table.put(&mut page);
    page.finish()
}

/// Runs for programs.
pub fn runs_json(runs: &[Run]) -> String {
    let runs = runs.iter().map(|run| {
        json!({
            "run": run.first.run,
            "pair": run.pair,
            "source": run.source,
            "target": run.target,
            "entries": run.entries,
            "first": entry_json(&run.first),
            "last": entry_json(&run.last),
        })
    });
    pretty(&json!({ "runs": runs.collect::<Vec<_>>() }))
}

/// The entries of a run, each with all that it holds.
pub fn run_text(entries: &[Entry], look: Look) -> String {
    let mut page = Page::new(look);
    for entry in entries {
        let line = page
            .line(0)
            .add(Style::Strong, format!("{}  {}", entry.seq, entry.kind))
            .plain(format!("  {}", day_and_time(entry.at)));
        page.put(&line);
        for (name, value) in entry.body.as_object().into_iter().flatten() {
            if value.is_null() || value.as_array().is_some_and(Vec::is_empty) {
                continue;
            }
            let told = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let head = page.line(2).faint(name).pad_to(18);
            page.wrap(head, 18, Style::Plain, told);
        }
    }
    page.finish()
}

/// The entries of a run for programs.
pub fn run_json(entries: &[Entry]) -> String {
    pretty(&json!({ "entries": entries.iter().map(entry_json).collect::<Vec<_>>() }))
}

/// What verifying came to; the last line is what to note.
pub fn verified_text(verified: &Verified, store: &str, look: Look) -> String {
    let mut page = Page::new(look);
    let entries = count(
        usize::try_from(verified.entries).unwrap_or_default(),
        "entry",
        "entries",
    );
    let (style, status, told) = if verified.damage.is_empty() {
        (
            Style::Of(Status::Good),
            Status::Good,
            format!("{entries} of {store}: as they were written"),
        )
    } else {
        let told = format!("{entries} of {store}: NOT as they were written");
        (Style::Of(Status::Error), Status::Error, told)
    };
    let head = page.line(0).add(style, look.sign(status)).plain(" ");
    page.wrap(head, 2, Style::Plain, told);
    for damage in &verified.damage {
        let place = match damage.seq {
            0 => "store".to_owned(),
            seq => format!("entry {seq}"),
        };
        let head = page.line(2).add(Style::Strong, place).plain(": ");
        page.wrap(head, 4, Style::Plain, &damage.what);
    }
    if let Some((seq, hash)) = verified.head {
        let line = page.line(0).plain(format!("last entry: {seq}:{hash}"));
        page.put(&line);
    }
    page.finish()
}

/// What verifying came to, for programs.
pub fn verified_json(verified: &Verified, store: &str) -> String {
    let damage = verified
        .damage
        .iter()
        .map(|damage| json!({ "entry": damage.seq, "what": damage.what }));
    pretty(&json!({
        "store": store,
        "entries": verified.entries,
        "last": verified.head.map(|(seq, hash)| format!("{seq}:{hash}")),
        "damage": damage.collect::<Vec<_>>(),
    }))
}

fn entry_json(entry: &Entry) -> Value {
    json!({
        "entry": entry.seq,
        "run": entry.run,
        "at": entry.at.to_string(),
        "kind": entry.kind.word(),
        "lock": Some(entry.fence).filter(|fence| *fence > 0),
        "body": entry.body,
    })
}

/// What a run is called: a run that changed something began with a lock.
fn what(run: &Run) -> &'static str {
    match run.first.kind {
        Kind::Locked => "apply",
        kind => kind.word(),
    }
}

fn by(entry: &Entry) -> &str {
    let told = entry.body.get("by").or_else(|| entry.body.pointer("/holder/who"));
    told.and_then(Value::as_str).unwrap_or_default()
}

fn outcome(run: &Run) -> String {
    let body = &run.first.body;
    if body.get("complete") == Some(&Value::Bool(false)) {
        return "interrupted".to_owned();
    }
    if let Some(summary) = body.get("summary").and_then(Value::as_object) {
        let number = |word: &str| summary.get(word).and_then(Value::as_u64).unwrap_or_default();
        let words = [
            ("error", "errors"),
            ("warning", "warnings"),
            ("unknown", "unknown"),
            ("good", "good"),
        ];
        let told = words.iter().filter(|(word, _)| number(word) > 0);
        let told =
            told.map(|(word, many)| count(usize::try_from(number(word)).unwrap_or_default(), word, many));
        return told.collect::<Vec<_>>().join(", ");
    }
    if let Some(file) = body.get("file").and_then(Value::as_str) {
        return file.to_owned();
    }
    if let Some(end) = run.ended.as_ref().and_then(|ended| ended.body["end"].as_str()) {
        return end.replace('_', " ");
    }
    match run.last.kind {
        Kind::Unlocked | Kind::Ended => "ended".to_owned(),
        kind => format!(
            "{}, not ended: the last entry is {kind}",
            count(
                usize::try_from(run.entries).unwrap_or_default(),
                "entry",
                "entries"
            )
        ),
    }
}

fn tone(run: &Run) -> Style {
    let summary = |word: &str| {
        run.first
            .body
            .pointer(&format!("/summary/{word}"))
            .and_then(Value::as_u64)
    };
    match (summary("error"), summary("unknown")) {
        (Some(errors), _) if errors > 0 => Style::Of(Status::Error),
        (_, Some(unknown)) if unknown > 0 => Style::Of(Status::Unknown),
        _ => Style::Plain,
    }
}
