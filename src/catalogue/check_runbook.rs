//! What packs say of runbooks: what a step must say, its neighbours, and that every need has somebody who meets it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Catalogue, Fix, Neighbour, PlaceValue, RunbookStep, Spot};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ordering::{Cycle, Dag};
use crate::predicate::FactRef;

pub(super) fn check(catalogue: &Catalogue, wrong: &BTreeSet<&str>, sink: &mut Diagnostics) {
    for step in catalogue.steps.values() {
        is_whole(step, sink);
        belongs(catalogue, step, sink);
        for neighbour in neighbours(&step.doing).filter(|said| !wrong.contains(said.fix.as_ref())) {
            known(catalogue, &step.doing, neighbour, sink);
        }
        if let Some(replaces) = &step.replaces
            && !catalogue.steps.contains_key(&replaces.step)
            && !wrong.contains(replaces.step.as_ref())
        {
            sink.push(unknown(catalogue, &replaces.step).at(replaces.span.start(), ""));
        }
    }
    if sink.has_errors() {
        // Whoever is missing may be the one that somebody waits for.
        return;
    }
    for runbook in catalogue.runbooks.keys() {
        let steps: Vec<&RunbookStep> = catalogue.steps_of(runbook).collect();
        needs_are_met(catalogue, runbook, &steps, sink);
        has_an_order(catalogue, runbook, &steps, sink);
    }
}

impl Catalogue {
    /// The steps of a runbook by their names; one that is replaced is none.
    pub fn steps_of<'c>(&'c self, runbook: &'c str) -> impl Iterator<Item = &'c RunbookStep> {
        let replaced: BTreeSet<&Arc<str>> = self.replacements().keys().copied().collect();
        self.steps
            .values()
            .filter(move |step| !replaced.contains(step.id()))
            .filter(move |step| step.of.iter().any(|of| of.as_ref() == runbook))
    }

    /// Each step that is replaced, with the one in its place.
    fn replacements(&self) -> BTreeMap<&Arc<str>, &Arc<str>> {
        let steps = self.steps.values();
        steps
            .filter_map(|step| Some((&step.replaces.as_ref()?.step, step.id())))
            .collect()
    }
}

/// Takes out what is replaced; whoever speaks of it speaks of what stands in its place.
pub(super) fn replace(catalogue: &mut Catalogue) {
    let replaced: BTreeMap<Arc<str>, Arc<str>> = catalogue
        .replacements()
        .into_iter()
        .map(|(old, new)| (old.clone(), new.clone()))
        .collect();
    catalogue.steps.retain(|id, _| !replaced.contains_key(id));
    for step in catalogue.steps.values_mut() {
        let doing = &mut step.doing;
        for said in doing.after.iter_mut().chain(&mut doing.before) {
            if let Some(new) = replaced.get(&said.fix) {
                said.fix = new.clone();
            }
        }
    }
}

fn neighbours(doing: &Fix) -> impl Iterator<Item = &Neighbour> {
    doing.after.iter().chain(&doing.before)
}

/// A step says what it does or what a person does, how that is told, and how it is taken back.
fn is_whole(step: &RunbookStep, sink: &mut Diagnostics) {
    let (id, doing) = (step.id(), &step.doing);
    let acts = !step.is_by_hand();
    let lacks = [
        (
            doing.would.is_none(),
            "what it would do",
            "add `would:`, as it goes on after \"would\"",
        ),
        (
            !acts && step.gate.is_none(),
            "what it does, nor what a person does",
            "add `actions:`, or `gate:` with what is to be checked",
        ),
        (
            step.gate.is_some() && step.who.is_none(),
            "who decides",
            "add `who:`",
        ),
        (
            acts && doing.sets.is_empty(),
            "what it changes, so nothing can be put in order around it",
            "add `sets:` with the facts that are otherwise afterwards",
        ),
        (
            acts && doing.undo.is_none(),
            "how it is taken back",
            "add `undo:`, or `no_undo:` with the reason",
        ),
    ];
    for (_, what, help) in lacks.into_iter().filter(|(lacks, ..)| *lacks) {
        let missing = Diagnostic::error("missing-key", format!("`{id}` does not say {what}"));
        sink.push(missing.at(doing.span.start(), "").help(help));
    }
    if step.fence && !acts {
        let message = format!("`{id}` keeps a server out, but does nothing");
        sink.push(Diagnostic::error("vain-fence", message).at(doing.span.start(), "add `actions:`"));
    }
}

fn belongs(catalogue: &Catalogue, step: &RunbookStep, sink: &mut Diagnostics) {
    let unknown = step.of.iter().filter(|of| !catalogue.runbooks.contains_key(*of));
    for of in unknown {
        let wrong = Diagnostic::error("unknown-runbook", format!("there is no runbook `{of}`"));
        let known = catalogue.runbooks.keys().map(AsRef::as_ref);
        sink.push(wrong.at(step.doing.span.start(), "").did_you_mean(of, known));
    }
}

fn unknown(catalogue: &Catalogue, id: &str) -> Diagnostic {
    Diagnostic::error("unknown-step", format!("there is no step `{id}`"))
        .did_you_mean(id, catalogue.steps.keys().map(AsRef::as_ref))
}

fn known(catalogue: &Catalogue, doing: &Fix, neighbour: &Neighbour, sink: &mut Diagnostics) {
    let Some(other) = catalogue.steps.get(&neighbour.fix) else {
        sink.push(unknown(catalogue, &neighbour.fix).at(neighbour.span.start(), ""));
        return;
    };
    for name in &neighbour.same {
        let both = [doing, &other.doing];
        for lacks in both.into_iter().filter(|doing| !doing.inputs.contains_key(name)) {
            let message = format!("the step `{}` has no `{name}` under `each`", lacks.id);
            sink.push(Diagnostic::error("unknown-input", message).at(neighbour.span.start(), ""));
        }
    }
}

/// The fact that a place lies in, and the field of it.
fn fact(place: &PlaceValue) -> Option<&FactRef> {
    match &place.spot {
        Spot::Fact(place) => place.fact_of_place(),
        Spot::Input(_) => None,
    }
}

/// Every need of a step is a place that a step of the same runbook sets. A fact without probes is one that other packs see
/// to; which ones are there is known with the pair.
fn needs_are_met(catalogue: &Catalogue, runbook: &str, steps: &[&RunbookStep], sink: &mut Diagnostics) {
    let is_left = |fact: &FactRef| {
        let fact = catalogue.facts.get(&fact.name);
        fact.is_some_and(|fact| fact.probes.is_empty())
    };
    let set: BTreeSet<&FactRef> = steps
        .iter()
        .flat_map(|step| &step.doing.sets)
        .filter_map(fact)
        .collect();
    for step in steps {
        let unmet = |need: &&PlaceValue| fact(need).is_some_and(|fact| !set.contains(fact) && !is_left(fact));
        for need in step.doing.needs.iter().filter(unmet) {
            let message = format!(
                "no step of the runbook `{runbook}` sees to what `{}` needs: {}",
                step.id(),
                need.text
            );
            let unmet = Diagnostic::error("unmet-need", message).at(need.span, "");
            sink.push(unmet.help("let a step say under `sets` that it does, or take the need away"));
        }
    }
}

/// What can be said of the order without a pair: neighbours, and places without a key.
fn has_an_order(catalogue: &Catalogue, runbook: &str, steps: &[&RunbookStep], sink: &mut Diagnostics) {
    let replaced = catalogue.replacements();
    let number = |id: &Arc<str>| {
        let id = replaced.get(id).copied().unwrap_or(id);
        steps.iter().position(|step| step.id() == id)
    };
    let mut dag = Dag::new(steps.len());
    for (place, step) in steps.iter().enumerate() {
        for before in step.doing.after.iter().filter_map(|said| number(&said.fix)) {
            dag.add(before, place);
        }
        for after in step.doing.before.iter().filter_map(|said| number(&said.fix)) {
            dag.add(place, after);
        }
        for (other, maker) in steps.iter().enumerate().filter(|(other, _)| *other != place) {
            let makes = |need: &PlaceValue| maker.doing.sets.iter().any(|set| set.text == need.text);
            if step.doing.needs.iter().any(makes) {
                dag.add(other, place);
            }
        }
    }
    for Cycle(members) in dag.order().err().unwrap_or_default() {
        let names: Vec<String> = members
            .iter()
            .map(|place| format!("`{}`", steps[*place].id()))
            .collect();
        let message = format!(
            "these steps of the runbook `{runbook}` wait for each other: {}",
            names.join(" -> ")
        );
        sink.push(Diagnostic::error("step-cycle", message).at(steps[members[0]].doing.span.start(), ""));
    }
}

#[cfg(test)]
mod tests;
