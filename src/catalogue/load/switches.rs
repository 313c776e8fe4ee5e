//! Runbooks and their steps, from the trees of their files into the catalogue.

use super::Parsed;
use crate::catalogue::{Catalogue, Pack, checks, decode_runbook};
use crate::diagnostic::Diagnostics;
use crate::yaml::{self, Fields, Node};

/// Runbooks, and steps of these or of other packs' runbooks.
pub(super) fn parsed(tree: &Node, parsed: &mut Parsed, sink: &mut Diagnostics) {
    let Some(mut fields) = Fields::of(tree, sink, "this file") else {
        return;
    };
    let runbooks = fields.or("runbooks", &[][..], yaml::decode::items);
    let steps = fields.or("steps", &[][..], yaml::decode::items);
    fields.finish();
    parsed.runbooks.extend_from_slice(runbooks.unwrap_or_default());
    parsed.steps.extend_from_slice(steps.unwrap_or_default());
}

/// The runbooks of a pack, and its steps of any runbook.
pub(super) fn add(catalogue: &mut Catalogue, parsed: &Parsed, pack: &Pack, sink: &mut Diagnostics) {
    for node in &parsed.runbooks {
        let Some(runbook) = decode_runbook::runbook(node, &pack.name, sink) else {
            continue;
        };
        match catalogue.runbooks.get(&runbook.name) {
            Some(first) => sink.push(checks::duplicate(
                "runbook",
                &runbook.name,
                runbook.span,
                first.span,
            )),
            None => drop(catalogue.runbooks.insert(runbook.name.clone(), runbook)),
        }
    }
    for node in &parsed.steps {
        let Some(step) = decode_runbook::step(node, &pack.name, &catalogue.schema, sink) else {
            continue;
        };
        match catalogue.steps.get(step.id()) {
            Some(first) => sink.push(checks::duplicate("step", step.id(), node.span, first.doing.span)),
            None => drop(catalogue.steps.insert(step.doing.id.clone(), step)),
        }
    }
}
