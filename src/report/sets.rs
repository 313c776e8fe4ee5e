//! What has to be replicated.

use serde_json::json;

use super::look::{Look, Style};
use super::page::Page;
use super::pretty::pretty;
use super::words::count;
use crate::evaluate::Status;
use crate::facts::{Absence, WinPath};
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

impl Sets {
    /// What is needed and yet taken out by a rule of the pair file, wholly or in part: the rule, and the path.
    pub fn taken_out(&self) -> Vec<(&SetRule, &SetPath)> {
        let excludes = self.rules.iter().filter(|rule| !rule.include);
        let pairs = excludes.flat_map(|rule| self.paths.iter().map(move |path| (rule, path)));
        pairs.filter(|(rule, path)| self.takes_out(rule, path)).collect()
    }

    fn takes_out(&self, rule: &SetRule, path: &SetPath) -> bool {
        let (out, needed) = (WinPath::new(&rule.path), WinPath::new(&path.path));
        let is_hit = out == needed || needed.is_under(&out) && rule.recursive || out.is_under(&needed);
        // A rule that is nearer to what is needed puts it back.
        let back = self.rules.iter().filter(|rule| rule.include).any(|rule| {
            let include = WinPath::new(&rule.path);
            rule.recursive && include != out && include.is_under(&out) && needed.is_under(&include)
        });
        is_hit && !back
    }
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
    put_rules(&mut page, sets);
    put_taken_out(&mut page, sets);
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

/// What the pair file adds and takes out.
fn put_rules(page: &mut Page, sets: &Sets) {
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
}

/// What it must not take out.
fn put_taken_out(page: &mut Page, sets: &Sets) {
    let taken_out = sets.taken_out();
    if !taken_out.is_empty() {
        page.gap();
        let head = page
            .line(0)
            .add(Style::Of(Status::Error), "Needed and yet taken out");
        page.put(&head.plain(", so that the target could not take over:"));
        for (rule, path) in taken_out {
            let line = page.line(2).plain("exclude  ").add(Style::Strong, &rule.path);
            page.put(&line.plain("  of  ").add(Style::Strong, &path.path));
            let head = page.line(11);
            page.wrap(head, 11, Style::Faint, path.reasons.join("; "));
        }
    }
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
        "taken_out": sets.taken_out().iter().map(|(rule, path)| json!({ "rule": rule.path, "path": path.path })).collect::<Vec<_>>(),
        "unknown": sets.unknown.as_ref().map(ToString::to_string),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_takes_out_what_is_needed_is_told() {
        let rule = |path: &str, include: bool, recursive: bool| SetRule {
            path: path.to_owned(),
            include,
            recursive,
        };
        let out = |rules: &[SetRule]| {
            let path = |path: &str| SetPath {
                set: "a".to_owned(),
                path: path.to_owned(),
                reasons: Vec::new(),
            };
            let sets = Sets {
                names: Vec::new(),
                paths: vec![path(r"E:\Data\One"), path(r"F:\Logs")],
                rules: rules.to_vec(),
                unknown: None,
            };
            sets.taken_out()
                .iter()
                .map(|(_, path)| path.path.clone())
                .collect::<Vec<_>>()
        };
        let one = [r"E:\Data\One".to_owned()];
        assert_eq!(out(&[rule(r"e:\data", false, true)]), one);
        assert_eq!(out(&[rule(r"E:\Data\One\", false, false)]), one);
        assert_eq!(out(&[rule(r"E:\Data\One\Sub", false, true)]), one);
        assert_eq!(out(&[rule(r"E:\Data", false, false)]), [""; 0]);
        assert_eq!(
            out(&[rule(r"E:\Data\Onerous", false, true), rule(r"F:\", true, true)]),
            [""; 0]
        );
        assert_eq!(
            out(&[rule(r"E:\", false, true), rule(r"E:\Data", true, true)]),
            [""; 0]
        );
    }
}
