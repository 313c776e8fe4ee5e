//! Which rules there are.

use serde_json::{Value, json};

use super::look::{Look, Style};
use super::page::Page;
use super::pretty::pretty;
use super::table::Table;
use super::words::count;
use crate::catalogue::{Catalogue, Rule, Safety, Severity};
use crate::evaluate::{Selection, Status};
use crate::facts::Root;
use crate::predicate::{Expression, Place};

/// The selected rules as a table.
pub fn rules_table(catalogue: &Catalogue, selection: &Selection, look: Look) -> String {
    let mut page = Page::new(look);
    let mut table = Table::new(&page, &["rule", "severity", "fix", "guide", "title"]);
    let rules: Vec<&Rule> = catalogue
        .rules
        .iter()
        .filter(|rule| selection.takes(rule))
        .collect();
    for rule in &rules {
        let severity = rule.worst();
        table.row(
            &page,
            [
                (Style::Plain, rule.id.as_ref()),
                (Style::Of(Status::from(severity)), severity.word()),
                (Style::Plain, fixable(catalogue, rule).word()),
                (Style::Faint, rule.guide.every().join(" ").as_str()),
                (Style::Plain, rule.title.as_str()),
            ],
        );
    }
    table.put(&mut page);
    page.gap();
    let line = page.line(0).plain(count(rules.len(), "rule", "rules"));
    page.put(&line);
    page.finish()
}

/// The selected rules for programs.
pub fn rules_json(catalogue: &Catalogue, selection: &Selection) -> String {
    let rules = catalogue.rules.iter().filter(|rule| selection.takes(rule));
    pretty(&rules.map(|rule| summary(catalogue, rule)).collect::<Value>())
}

/// What the list tells of one rule.
pub(super) fn summary(catalogue: &Catalogue, rule: &Rule) -> Value {
    let pack = catalogue.packs.iter().find(|pack| pack.name == rule.pack);
    let fixable = fixable(catalogue, rule);
    json!({
        "id": &*rule.id,
        "title": rule.title,
        "pack": &*rule.pack,
        "version": pack.map(|pack| pack.version.as_str()),
        "section": &*rule.section,
        "tags": rule.tags,
        "severity": rule.worst().word(),
        "severities": severities(rule),
        "fixable": fixable != Mends::No,
        "fixes": rule.fix.iter().map(|used| &*used.fix).collect::<Vec<_>>(),
        "guide": rule.guide.every(),
        "facts": reads(rule, |root| !matches!(root, Root::Setting | Root::Param)),
        "settings": reads(rule, |root| matches!(root, Root::Setting | Root::Param)),
        "requires": rule.requires.iter().map(|needed| &*needed.rule).collect::<Vec<_>>(),
        "rollup_of": rule.rollup_of,
    })
}

fn severities(rule: &Rule) -> Vec<&'static str> {
    let mut words: Vec<_> = rule.severity.iter().map(|(_, severity)| *severity).collect();
    words.sort_unstable();
    words.dedup();
    words.into_iter().map(Severity::word).collect()
}

/// The facts that the rule's conditions read, under the roots that are wanted.
pub(super) fn reads(rule: &Rule, wanted: impl Fn(Root) -> bool) -> Vec<String> {
    let mut names: Vec<String> = rule
        .expressions()
        .flat_map(Expression::facts)
        .filter(|fact| match fact.place {
            Place::At(root) => wanted(root),
            Place::Here | Place::Peer => wanted(Root::Source),
        })
        .map(ToString::to_string)
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Whether something mends what the rule finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mends {
    No,
    Guided,
    Yes,
}

impl Mends {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Guided => "guided",
            Self::Yes => "yes",
        }
    }
}

pub(super) fn fixable(catalogue: &Catalogue, rule: &Rule) -> Mends {
    let own = rule.fix.iter().filter_map(|used| catalogue.fixes.get(&used.fix));
    let own = own.map(|fix| match fix.safety {
        Safety::Guided => Mends::Guided,
        Safety::Safe | Safety::Confirm | Safety::Destructive => Mends::Yes,
    });
    let children = rule.rollup_of.iter().filter_map(|id| catalogue.rule(id));
    // A roll-up of roll-ups ends: rules that wait for each other are refused at load.
    let children = children.map(|child| fixable(catalogue, child));
    let all: Vec<Mends> = own.chain(children).collect();
    if all.contains(&Mends::Yes) {
        Mends::Yes
    } else if all.contains(&Mends::Guided) {
        Mends::Guided
    } else {
        Mends::No
    }
}
