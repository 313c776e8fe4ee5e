//! One rule explained: what it expects in its own words, why, what to do, and what it reads.

use serde_json::json;

use super::facts::kind;
use super::look::{Look, Style};
use super::page::Page;
use super::pretty::pretty;
use super::rules::{Mends, fixable, summary};
use super::source::{key_lines, key_text, part_lines};
use super::words::count;
use crate::catalogue::{Catalogue, Of, Reach, Rule};
use crate::diagnostic::SourceMap;
use crate::evaluate::Status;
use crate::facts::Root;
use crate::predicate::{Expression, FactRef, Place};

/// Where the texts of a rule begin.
const TEXT: usize = 12;

/// Where the names of examples begin.
const EXAMPLE: usize = 20;

/// The keys under which a rule says how it judges.
const JUDGING: [&str; 7] = [
    "sides",
    "for_each",
    "when",
    "requires",
    "let",
    "expect",
    "rollup_of",
];

/// Everything that is to be known of one rule.
pub fn rule_text(catalogue: &Catalogue, rule: &Rule, sources: &SourceMap, look: Look) -> String {
    let mut page = Page::new(look);
    let head = page.line(0).add(Style::Strong, &rule.id).plain("  ");
    page.wrap(head, 2, Style::Plain, &rule.title);
    let head = page.line(2);
    page.wrap(head, 2, Style::Faint, place(catalogue, rule));
    page.gap();
    let line = page.line(2).faint("what it judges, in the words of its pack");
    page.put(&line);
    for text in judging(rule, sources) {
        let line = page.line(4).plain(text);
        page.put(&line);
    }
    page.gap();
    told(&mut page, "severity", &severity(rule));
    told(&mut page, "says", rule.message.template.text());
    told(&mut page, "why", rule.why.template.text());
    told(&mut page, "do", rule.remedy.template.text());
    put_fixes(&mut page, catalogue, rule);
    told(&mut page, "note", rule.note.as_deref().unwrap_or_default());
    put_reads(&mut page, catalogue, rule);
    put_relatives(&mut page, catalogue, rule);
    put_examples(&mut page, rule);
    page.finish()
}

/// The same for programs.
pub fn rule_json(catalogue: &Catalogue, rule: &Rule, sources: &SourceMap) -> String {
    let mut whole = summary(catalogue, rule);
    whole["expect"] = key_text(sources, rule.span, "expect").into();
    whole["message"] = rule.message.template.text().into();
    whole["why"] = rule.why.template.text().into();
    whole["remedy"] = rule.remedy.template.text().into();
    whole["note"] = rule.note.clone().into();
    whole["examples"] = examples(rule)
        .into_iter()
        .map(|(name, expect)| json!({ "name": name, "expect": expect }))
        .collect();
    whole["text"] = part_lines(sources, rule.span, &["examples"]).join("\n").into();
    pretty(&whole)
}

fn told(page: &mut Page, label: &str, text: &str) {
    // Folded text of YAML ends with a line break.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if !text.is_empty() {
        let head = page.line(2).faint(label).pad_to(TEXT);
        page.wrap(head, TEXT, Style::Plain, text);
    }
}

/// Pack, section, rows of the guide and tags, on one line.
fn place(catalogue: &Catalogue, rule: &Rule) -> String {
    let version = catalogue
        .packs
        .iter()
        .find(|pack| pack.name == rule.pack)
        .map(|pack| pack.version.as_str());
    let mut parts = vec![
        format!("pack {} {}", rule.pack, version.unwrap_or_default()),
        format!("section {}", rule.section),
    ];
    let rows = rule.guide.every();
    if !rows.is_empty() {
        parts.push(format!("guide {}", rows.join(", ")));
    }
    if !rule.tags.is_empty() {
        parts.push(format!("tags {}", rule.tags.join(", ")));
    }
    parts.join("; ")
}

fn judging(rule: &Rule, sources: &SourceMap) -> Vec<String> {
    // One severity is told in words; alternatives depend on conditions.
    let alternatives = (rule.severity.len() > 1).then_some("severity");
    let lines: Vec<String> = JUDGING
        .into_iter()
        .chain(alternatives)
        .flat_map(|key| key_lines(sources, rule.span, key))
        .collect();
    if lines.is_empty() {
        // A rule that is written on one line cannot be taken apart.
        return part_lines(sources, rule.span, &["examples"]);
    }
    lines
}

fn severity(rule: &Rule) -> String {
    let mut words: Vec<&str> = rule
        .severity
        .iter()
        .map(|(_, severity)| severity.word())
        .collect();
    words.dedup();
    words.join(", or ")
}

fn put_fixes(page: &mut Page, catalogue: &Catalogue, rule: &Rule) {
    if fixable(catalogue, rule) == Mends::No {
        told(page, "fix", "by hand");
        return;
    }
    if rule.fix.is_empty() {
        told(page, "fix", "by the fixes of the rules that it sums up");
    }
    for used in &rule.fix {
        let Some(fix) = catalogue.fixes.get(&used.fix) else {
            continue;
        };
        let how = match fix.reach() {
            Reach::Guided => "guided: a person does it".to_owned(),
            Reach::Declared => format!("{}, not yet appliable", fix.safety.word()),
            Reach::Automatic | Reach::Confirmed => fix.safety.word().to_owned(),
        };
        told(page, "fix", &format!("{} ({how}): {}", fix.id, fix.about));
    }
}

/// The facts that its conditions read, with their types and how they are read.
fn put_reads(page: &mut Page, catalogue: &Catalogue, rule: &Rule) {
    let mut facts: Vec<&FactRef> = rule.expressions().flat_map(Expression::facts).collect();
    facts.sort();
    facts.dedup();
    for (number, fact) in facts.into_iter().enumerate() {
        let label = if number == 0 { "reads" } else { "" };
        let ty = catalogue.schema.type_of(fact.place.schema_root(), &fact.name);
        let of = match fact.place {
            Place::At(Root::Pair) => Of::Pair,
            _ => Of::Server,
        };
        let is_said = matches!(fact.place, Place::At(Root::Setting | Root::Param));
        let def = catalogue
            .facts
            .get(&fact.name)
            .filter(|def| def.of == of && !is_said);
        let by = match def {
            Some(def) => def
                .probes
                .iter()
                .map(|probe| probe.ask.protocol())
                .collect::<Vec<_>>()
                .join(", then "),
            // Settings, and what every server has: its name and address.
            None => "the pair file".to_owned(),
        };
        let head = page.line(2).faint(label).pad_to(TEXT);
        let ty = ty.map(kind).unwrap_or_default();
        page.wrap(head, TEXT + 2, Style::Plain, format!("{fact}: {ty}, from {by}"));
    }
}

/// The rules that it rests on, and those that rest on it.
fn put_relatives(page: &mut Page, catalogue: &Catalogue, rule: &Rule) {
    let names = |rules: Vec<&str>| rules.join(", ");
    told(
        page,
        "sums up",
        &names(rule.rollup_of.iter().map(AsRef::as_ref).collect()),
    );
    told(
        page,
        "waits for",
        &names(rule.requires.iter().map(|needed| needed.rule.as_ref()).collect()),
    );
    let waiting = catalogue
        .rules
        .iter()
        .filter(|other| other.requires.iter().any(|needed| needed.rule == rule.id));
    told(
        page,
        "holds up",
        &names(waiting.map(|other| other.id.as_ref()).collect()),
    );
}

fn put_examples(page: &mut Page, rule: &Rule) {
    let examples = examples(rule);
    if examples.is_empty() {
        return;
    }
    page.gap();
    let line = page.line(2).faint(count(examples.len(), "example", "examples"));
    page.put(&line);
    for (name, expect) in examples {
        let status = Status::ALL.into_iter().find(|status| status.word() == expect);
        let head = page
            .line(4)
            .add(status.map_or(Style::Plain, Style::Of), &expect)
            .plain("  ")
            .pad_to(EXAMPLE);
        page.wrap(head, EXAMPLE, Style::Plain, name);
    }
}

/// Name and expected status of each example.
fn examples(rule: &Rule) -> Vec<(String, String)> {
    let text = |node: &crate::yaml::Node| node.text().map(str::to_owned);
    let expected = |node: &crate::yaml::Node| {
        text(node).unwrap_or_else(|| {
            let subjects = node.entries().unwrap_or_default().iter();
            let words = subjects
                .map(|(key, status)| format!("{} for {}", text(status).unwrap_or_default(), key.text));
            words.collect::<Vec<_>>().join(", ")
        })
    };
    rule.examples
        .iter()
        .map(|example| {
            let name = example.get("name").and_then(text).unwrap_or_default();
            (name, example.get("expect").map(expected).unwrap_or_default())
        })
        .collect()
}
