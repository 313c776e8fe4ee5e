//! What packs say of each other: duplicates, owners, cycles, and names that must exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::sync::Arc;

use super::{Ask, Catalogue, FactDef, Fix, Gives, On, Probe, RequiredSide, Rule, Rules, Setting};
use super::{check_fix, discovery, guard, rights};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::facts::{FactPath, Root, Side};
use crate::ordering::{Cycle, Dag};
use crate::predicate::{Expression, FactRef, Place};

pub(super) fn add_settings(
    all: &mut BTreeMap<Arc<str>, Setting>,
    own: Vec<Setting>,
    what: &str,
    span: Span,
    sink: &mut Diagnostics,
) {
    for setting in own {
        if let Some(first) = all.get(&setting.name) {
            let message = format!(
                "the packs `{}` and `{}` both declare the {what} `{}`",
                first.pack, setting.pack, setting.name
            );
            sink.push(Diagnostic::error("duplicate-name", message).at(span.start(), ""));
            continue;
        }
        all.insert(setting.name.clone(), setting);
    }
}

pub(super) fn add_fixes(all: &mut BTreeMap<Arc<str>, Fix>, own: Vec<Fix>, sink: &mut Diagnostics) {
    for fix in own {
        if let Some(first) = all.get(&fix.id) {
            sink.push(duplicate("fix", &fix.id, fix.span, first.span));
            continue;
        }
        all.insert(fix.id.clone(), fix);
    }
}

pub(super) fn add_rules(all: &mut Rules, own: Vec<Rule>, sink: &mut Diagnostics) {
    for rule in own {
        match all.place(&rule.id) {
            None => all.add(rule),
            Some(place) => sink.push(duplicate("rule", &rule.id, rule.span, all[place].span)),
        }
    }
}

pub(super) fn duplicate(what: &str, name: &str, second: Span, first: Span) -> Diagnostic {
    Diagnostic::error("duplicate-name", format!("the {what} `{name}` is declared twice"))
        .at(second.start(), "again here")
        .also(first.start(), "first here")
}

/// Checks the catalogue as a whole; fixes that are wrong themselves are not told again by those who use them.
pub(super) fn check(catalogue: &Catalogue, wrong_fixes: &BTreeSet<&str>, sink: &mut Diagnostics) {
    requires_of_packs(catalogue, sink);
    cycles_of_facts(catalogue, sink);
    for rule in &catalogue.rules {
        for requirement in &rule.requires {
            requirement_exists(catalogue, rule, requirement, sink);
        }
        for child in &rule.rollup_of {
            if catalogue.rule(child).is_none() {
                sink.push(unknown_rule(catalogue, child, rule.span.start()));
            }
        }
    }
    cycles_of_rules(catalogue, sink);
    for way in &catalogue.discoveries {
        discovery::check(way, catalogue, sink);
    }
    rights::check(catalogue, sink);
    check_fix::check(catalogue, wrong_fixes, sink);
    guard::check(catalogue, wrong_fixes, sink);
}

fn requires_of_packs(catalogue: &Catalogue, sink: &mut Diagnostics) {
    for pack in &catalogue.packs {
        for needed in &pack.requires {
            if !catalogue.packs.iter().any(|p| p.name == *needed) {
                let message = format!(
                    "the pack `{}` needs the pack `{needed}`, which is not active",
                    pack.name
                );
                sink.push(
                    Diagnostic::error("missing-pack", message).help(format!("add `{needed}` to `packs`")),
                );
            }
        }
    }
}

fn unknown_rule(catalogue: &Catalogue, id: &str, span: Span) -> Diagnostic {
    Diagnostic::error("unknown-rule", format!("there is no rule `{id}`"))
        .at(span, "")
        .did_you_mean(id, catalogue.rules.iter().map(|r| r.id.as_ref()))
}

fn requirement_exists(
    catalogue: &Catalogue,
    rule: &Rule,
    requirement: &super::Requirement,
    sink: &mut Diagnostics,
) {
    let Some(required) = catalogue.rule(&requirement.rule) else {
        sink.push(unknown_rule(catalogue, &requirement.rule, requirement.span));
        return;
    };
    let theirs = subject_sides(required);
    let mine = subject_sides(rule);
    let meets = theirs.is_empty()
        || match requirement.side {
            RequiredSide::Same => mine.iter().any(|side| theirs.contains(side)),
            RequiredSide::One(side) => theirs.contains(&side),
            RequiredSide::Both => true,
        };
    if !meets {
        let message = format!(
            "`{}` never has a finding about the subjects of `{}`",
            required.id, rule.id
        );
        let help = "say whose finding is meant: `{ rule: ID, side: source }`, `target` or `both`";
        sink.push(
            Diagnostic::error("requirement-never-met", message)
                .at(requirement.span, "")
                .help(help),
        );
    }
}

/// The servers that a rule's findings are about; none when they are about the pair.
pub(crate) fn subject_sides(rule: &Rule) -> Vec<Side> {
    if !rule.sides.is_empty() {
        return rule.sides.clone();
    }
    let each = rule.for_each.as_ref().and_then(Expression::as_fact);
    match each.map(|fact| fact.place) {
        Some(Place::At(root)) => root.side().into_iter().collect(),
        _ => Vec::new(),
    }
}

fn cycles_of_facts(catalogue: &Catalogue, sink: &mut Diagnostics) {
    let facts: Vec<&FactDef> = catalogue.facts.values().collect();
    // A server fact stands twice, once for each side, for it may read the same fact of the other server.
    let nodes: Vec<FactPath> = facts
        .iter()
        .flat_map(|fact| {
            fact.roots()
                .iter()
                .map(|root| FactPath::new(*root, fact.name.clone()))
        })
        .collect();
    let number: BTreeMap<&FactPath, usize> = nodes.iter().enumerate().map(|(i, path)| (path, i)).collect();
    let mut dag = Dag::new(nodes.len());
    for (i, path) in nodes.iter().enumerate() {
        let fact = &catalogue.facts[&path.name];
        for read in reads_of_fact(fact) {
            let read = read.path(path.root.side());
            if let Some(before) = read.and_then(|read| number.get(&read).copied()) {
                dag.add(before, i);
            }
        }
    }
    for Cycle(members) in dag.order().err().unwrap_or_default() {
        let message = format!(
            "these facts wait for each other: {}",
            chain(&members, |i| &nodes[i])
        );
        let span = catalogue.facts[&nodes[members[0]].name].span.start();
        sink.push(Diagnostic::error("fact-cycle", message).at(span, ""));
    }
}

/// The members of a cycle by their names, as many as a person reads.
fn chain<'a, T: fmt::Display + 'a>(members: &[usize], name: impl Fn(usize) -> &'a T) -> String {
    const SHOWN: usize = 20;
    let shown = members.iter().take(SHOWN).map(|i| format!("`{}`", name(*i)));
    let mut chain = shown.collect::<Vec<_>>().join(" -> ");
    if let Some(more) = members.len().checked_sub(SHOWN + 1) {
        let _ = write!(chain, " -> {} more", more + 1);
    }
    chain
}

/// Every fact that reading this one needs.
pub(crate) fn reads_of_fact(fact: &FactDef) -> Vec<FactRef> {
    let mut reads: Vec<FactRef> = Vec::new();
    let own = fact.for_each.iter().chain(fact.key.iter());
    reads.extend(own.flat_map(|e| e.facts().cloned()));
    for probe in &fact.probes {
        reads.extend(reads_of_probe(probe));
    }
    reads.sort();
    reads.dedup();
    reads
}

pub(super) fn reads_of_probe(probe: &Probe) -> Vec<FactRef> {
    let mut reads: Vec<FactRef> = Vec::new();
    let host = match &probe.on {
        On::Host(host) => Some(host),
        _ => None,
    };
    for phrase in probe.ask.phrases().into_iter().chain(host) {
        reads.extend(phrase.facts.iter().cloned());
    }
    let mut gives: Vec<&Gives> = vec![&probe.gives];
    let mut expressions: Vec<&Expression> = probe
        .when
        .iter()
        .chain(&probe.each)
        .chain(&probe.deadline)
        .chain(probe.ask.values())
        .collect();
    match &probe.ask {
        Ask::Derive(entries) => {
            gives = entries.iter().map(|entry| &entry.gives).collect();
            expressions.extend(
                entries
                    .iter()
                    .flat_map(|entry| entry.for_each.iter().chain(&entry.when)),
            );
        }
        Ask::Setting(name) => reads.push(FactRef {
            place: Place::At(Root::Setting),
            name: name.clone(),
        }),
        _ => {}
    }
    expressions.extend(gives.into_iter().flat_map(Gives::expressions));
    reads.extend(expressions.into_iter().flat_map(|e| e.facts().cloned()));
    reads
}

fn cycles_of_rules(catalogue: &Catalogue, sink: &mut Diagnostics) {
    let Err(cycles) = rule_order(catalogue) else {
        return;
    };
    for Cycle(members) in cycles {
        let names = chain(&members, |i| &catalogue.rules[i].id);
        let message = format!("these rules wait for each other: {names}");
        sink.push(Diagnostic::error("rule-cycle", message).at(catalogue.rules[members[0]].span.start(), ""));
    }
}

/// The order in which rules are judged: what a rule rests on comes before it.
pub(crate) fn rule_order(catalogue: &Catalogue) -> Result<Vec<usize>, Vec<Cycle>> {
    let mut dag = Dag::new(catalogue.rules.len());
    for (i, rule) in catalogue.rules.iter().enumerate() {
        let before = rule.requires.iter().map(|r| &r.rule).chain(&rule.rollup_of);
        for before in before.filter_map(|id| catalogue.rules.place(id)) {
            dag.add(before, i);
        }
    }
    dag.order()
}
