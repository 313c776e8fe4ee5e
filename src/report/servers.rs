//! Servers that were found: who they are, whether they answer, which pairs name them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::look::{Look, Style};
use super::page::Page;
use super::table::Table;
use crate::catalogue::Discovery;
use crate::evaluate::{Candidate, Found, Status};
use crate::facts::{Absence, Cause, FactValue, to_json};
use crate::pair::Pair;

/// What was looked for, and what was found.
#[derive(Clone, Copy, Debug)]
pub struct Servers<'a> {
    pub ways: &'a [&'a Discovery],
    pub found: &'a Found,
    /// Pair files that may name them.
    pub pairs: &'a [(PathBuf, Pair)],
    pub complete: bool,
}

/// The columns: the title, and the field that it shows.
const COLUMNS: [(&str, &str); 9] = [
    ("server", "name"),
    ("instance", "instance"),
    ("port", "port"),
    ("version", "version"),
    ("edition", "edition"),
    ("cluster", "clustered"),
    ("group", "group"),
    ("address", "addresses"),
    ("answers", "milliseconds"),
];

/// Why a server does not answer, rather than why that is not known.
fn is_silence(why: &Absence) -> bool {
    matches!(why.cause, Cause::Unreachable | Cause::Timeout)
}

/// What a person does about it; where there is no pair file yet, the detail has to say it.
fn next_step(why: &Absence) -> &'static str {
    match why.cause {
        Cause::NotConfigured => "",
        cause => cause.hint(),
    }
}

impl<'a> Servers<'a> {
    fn applications(&self) -> Vec<&'a Arc<str>> {
        let mut words: Vec<&Arc<str>> = self.ways.iter().map(|way| &way.application).collect();
        words.dedup();
        words
    }

    fn of(&self, application: &str) -> Vec<&'a Candidate> {
        let all = self.found.candidates.iter();
        all.filter(|candidate| *candidate.application == *application)
            .collect()
    }

    fn unread(&self, application: &str) -> Vec<&'a Absence> {
        let all = self.found.unread.iter();
        all.filter(|(of, _)| **of == *application)
            .map(|(_, why)| why)
            .collect()
    }

    /// The pairs that name a server: file, name and side.
    fn mentions(&self, candidate: &Candidate) -> Vec<(&'a PathBuf, &'a Pair, &'static str)> {
        let named = |(file, pair): &'a (PathBuf, Pair)| {
            let sides = candidate.named_by([pair]);
            sides
                .into_iter()
                .map(move |named| (file, pair, named.side.word()))
        };
        self.pairs.iter().flat_map(named).collect()
    }
}

/// The servers of each application as a table, and what could not be told.
pub fn servers_text(servers: &Servers<'_>, look: Look) -> String {
    let mut page = Page::new(look);
    for application in servers.applications() {
        let candidates = servers.of(application);
        page.gap();
        let line = page.line(0).add(Style::Strong, application);
        let line = match candidates.len() {
            0 => line.faint("  none was found"),
            1 => line.faint("  1 server"),
            n => line.faint(format!("  {n} servers")),
        };
        page.put(&line);
        if !candidates.is_empty() {
            put_table(&mut page, servers, &candidates);
        }
        let mut reasons = Reasons::default();
        for candidate in &candidates {
            reasons.gather(candidate);
        }
        for why in servers.unread(application) {
            reasons.add(why, "servers that may be missing".to_owned());
        }
        reasons.put(&mut page);
    }
    page.finish()
}

fn put_table(page: &mut Page, servers: &Servers<'_>, candidates: &[&Candidate]) {
    let is_told = |field: &str| candidates.iter().any(|one| *one.get(field) != FactValue::Nothing);
    let shown: Vec<(&'static str, &str)> = COLUMNS.into_iter().filter(|(_, field)| is_told(field)).collect();
    let mut titles: Vec<&'static str> = shown.iter().map(|(title, _)| *title).collect();
    titles.push("pairs");
    let mut table = Table::new(page, &titles);
    for candidate in candidates {
        let cells: Vec<String> = shown.iter().map(|(_, field)| cell(candidate, field)).collect();
        let mentions = servers.mentions(candidate);
        let mentions = mentions
            .iter()
            .map(|(_, pair, side)| format!("{} ({side})", pair.name.value));
        let mentions = mentions.collect::<Vec<_>>().join(", ");
        let cells = cells.iter().map(|cell| (Style::Plain, cell.as_str()));
        table.row(page, cells.chain([(Style::Plain, mentions.as_str())]));
    }
    table.put(page);
}

fn cell(candidate: &Candidate, field: &str) -> String {
    match (field, candidate.get(field)) {
        (_, FactValue::Nothing) => "-".to_owned(),
        ("milliseconds", FactValue::Absent(why)) if is_silence(why) => "no".to_owned(),
        (_, FactValue::Absent(_)) => "?".to_owned(),
        ("milliseconds", taken) => format!("{taken} ms"),
        ("addresses", list) => {
            let all: Vec<String> = list
                .items()
                .unwrap_or_default()
                .iter()
                .map(ToString::to_string)
                .collect();
            match all.as_slice() {
                [] => "none".to_owned(),
                [one] => one.clone(),
                [first, rest @ ..] => format!("{first} +{}", rest.len()),
            }
        }
        (_, value) => value.to_string(),
    }
}

/// Why something is not known, with all that it is the reason for.
#[derive(Default)]
struct Reasons<'a>(BTreeMap<(&'a str, &'a str), Vec<String>>);

impl<'a> Reasons<'a> {
    fn add(&mut self, why: &'a Absence, what: String) {
        let reason = self.0.entry((next_step(why), &why.detail)).or_default();
        if !reason.contains(&what) {
            reason.push(what);
        }
    }

    fn gather(&mut self, candidate: &'a Candidate) {
        for (title, field) in COLUMNS {
            if let FactValue::Absent(why) = candidate.get(field) {
                let instance = candidate
                    .text("instance")
                    .map_or_else(String::new, |name| format!("\\{name}"));
                self.add(why, format!("{title} of {}{instance}", candidate.name()));
            }
        }
    }

    fn put(self, page: &mut Page) {
        const SHOWN: usize = 3;
        for ((hint, detail), what) in self.0 {
            let mut told = what.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
            if what.len() > SHOWN && !page.look.verbose {
                told = format!("{told} and {} more", what.len() - SHOWN);
            } else if what.len() > SHOWN {
                told = what.join(", ");
            }
            let line = page.line(2).add(Style::Of(Status::Unknown), "? ");
            page.wrap(line, 4, Style::Plain, format!("{told}: {detail}"));
            if !hint.is_empty() {
                let line = page.line(4);
                page.wrap(line, 4, Style::Faint, hint);
            }
        }
    }
}

/// The same for programs.
pub fn servers_json(servers: &Servers<'_>) -> Value {
    let applications = servers.applications().into_iter().map(|application| {
        let unread = servers.unread(application).into_iter().map(absence);
        let servers = servers
            .of(application)
            .into_iter()
            .map(|one| server(servers, one));
        json!({
            "application": &**application,
            "servers": servers.collect::<Vec<_>>(),
            "not_told": unread.collect::<Vec<_>>(),
        })
    });
    json!({ "complete": servers.complete, "applications": applications.collect::<Vec<_>>() })
}

fn server(servers: &Servers<'_>, candidate: &Candidate) -> Value {
    let mut told = Map::new();
    let mut unknown = Map::new();
    told.insert("pack".to_owned(), json!(&*candidate.pack));
    for (field, _) in Discovery::FIELDS {
        match candidate.get(field) {
            FactValue::Absent(why) => {
                told.insert(field.to_owned(), Value::Null);
                unknown.insert(field.to_owned(), absence(why));
            }
            value => {
                told.insert(field.to_owned(), to_json(value));
            }
        }
    }
    let answers = match candidate.get("milliseconds") {
        FactValue::Absent(why) if is_silence(why) => false.into(),
        FactValue::Absent(_) | FactValue::Nothing => Value::Null,
        _ => true.into(),
    };
    told.insert("answers".to_owned(), answers);
    told.insert("unknown".to_owned(), unknown.into());
    let pairs = servers.mentions(candidate).into_iter();
    let pairs = pairs.map(|(file, pair, side)| {
        json!({ "pair": pair.name.value, "side": side, "file": file.display().to_string() })
    });
    told.insert("pairs".to_owned(), pairs.collect());
    told.into()
}

fn absence(why: &Absence) -> Value {
    json!({ "cause": why.cause.word(), "detail": &*why.detail, "next_step": next_step(why) })
}
