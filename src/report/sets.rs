//! What has to be replicated.

use serde_json::json;

use super::look::{Look, Style};
use super::page::Page;
use super::pretty::pretty;
use super::words::count;
use crate::evaluate::Status;
use crate::facts::Absence;
use crate::pair::Pair;

/// The replication sets of a pair.
#[derive(Clone, Debug)]
pub struct Sets {
    pub names: Vec<String>,
    pub paths: Vec<SetPath>,
    /// What the pair file adds or takes out.
    pub rules: Vec<SetRule>,
    /// Why something may be missing.
    pub unknown: Option<Absence>,
}

/// A folder or file that is needed, with all below it.
#[derive(Clone, Debug)]
pub struct SetPath {
    pub set: String,
    pub path: String,
    pub reasons: Vec<String>,
}

/// A rule of the pair file.
#[derive(Clone, Debug)]
pub struct SetRule {
    pub path: String,
    pub include: bool,
    pub recursive: bool,
}

/// Renders the sets for people.
pub fn sets_text(pair: &Pair, sets: &Sets, look: Look) -> String {
    let mut page = Page::new(look);
    let head = page.line(0).add(Style::Strong, &pair.name.value);
    page.put(&head.plain(format!(
        ": what {} sends to {}",
        pair.source.name.value, pair.target.name.value
    )));
    for name in &sets.names {
        page.gap();
        let paths: Vec<&SetPath> = sets.paths.iter().filter(|path| path.set == *name).collect();
        let line = page.line(0).add(Style::Strong, format!("Replication set {name}"));
        page.put(&line.plain(format!(": {}", count(paths.len(), "path", "paths"))));
        for path in paths {
            let line = page
                .line(2)
                .plain("include  ")
                .add(Style::Strong, &path.path)
                .faint("  and all below");
            page.put(&line);
            let head = page.line(11);
            page.wrap(head, 11, Style::Faint, path.reasons.join("; "));
        }
    }
    if !sets.rules.is_empty() {
        page.gap();
        let line = page.line(0).add(Style::Strong, "Of the pair file, for every set");
        page.put(&line.faint("  (whether these paths exist is not checked)"));
        for rule in &sets.rules {
            let word = if rule.include { "include  " } else { "exclude  " };
            let below = if rule.recursive {
                "  and all below"
            } else {
                "  without what lies below"
            };
            let line = page
                .line(2)
                .plain(word)
                .add(Style::Strong, &rule.path)
                .faint(below);
            page.put(&line);
        }
    }
    if let Some(why) = &sets.unknown {
        page.gap();
        let head = page.line(0).add(Style::Of(Status::Unknown), "Not known");
        page.wrap(
            head.plain(": "),
            2,
            Style::Plain,
            format!("something may be missing: {why}"),
        );
    }
    page.finish()
}

/// The same for programs.
pub fn sets_json(pair: &Pair, sets: &Sets) -> String {
    let of = |name: &String| {
        let paths = sets.paths.iter().filter(|path| path.set == *name);
        let paths = paths.map(
            |path| json!({ "path": path.path, "include": true, "recursive": true, "reasons": path.reasons }),
        );
        let own = sets
            .rules
            .iter()
            .map(|rule| json!({ "path": rule.path, "include": rule.include, "recursive": rule.recursive }));
        json!({ "name": name, "paths": paths.collect::<Vec<_>>(), "own": own.collect::<Vec<_>>() })
    };
    pretty(&json!({
        "pair": pair.name.value,
        "source": pair.source.name.value,
        "target": pair.target.name.value,
        "sets": sets.names.iter().map(of).collect::<Vec<_>>(),
        "unknown": sets.unknown.as_ref().map(ToString::to_string),
    }))
}
