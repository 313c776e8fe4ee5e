//! Fixes that one pack declares and leaves to another one: what that says of how they are done.

use std::sync::Arc;

use indexmap::IndexMap;

use super::decode_fix::{Doing, Scopes, one_way_back, way_back};
use super::{Catalogue, Fix, Pack, Safety, checks};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::facts::FactSchema;
use crate::yaml::decode::nonempty;
use crate::yaml::{Fields, Node};

/// Whether an entry of `fixes:` of a pack speaks of a fix that another pack declares: it bears the name of that one, and
/// says nothing that only declares.
pub(super) fn is_supply(node: &Node, pack: &str) -> bool {
    let id = node.get("fix").and_then(Node::text);
    let is_of_others = id.is_some_and(|id| id.split_once('/').is_none_or(|(owner, _)| owner != pack));
    is_of_others
        && ["about", "on", "safety"]
            .iter()
            .all(|key| node.get(key).is_none())
}

/// Joins what packs say of the fixes that others leave to them, and tells of those that are left to nobody.
///
/// A pair has one pack for each of them. Where more are loaded side by side, to be looked at, what does most counts.
pub(super) fn join(catalogue: &mut Catalogue, said: &[(&Pack, &Node)], sink: &mut Diagnostics) {
    for (pack, node) in said {
        let Some(declared) = declared(catalogue, pack, node, sink) else {
            continue;
        };
        let first = catalogue
            .supplied
            .iter()
            .find(|first| first.id == declared.id && first.done_by() == &pack.name);
        if let Some(first) = first {
            sink.push(checks::duplicate("fix", &first.id, node.span, first.span));
            continue;
        }
        let supplied = supplied(declared, pack, node, &catalogue.schema, sink);
        catalogue.supplied.extend(supplied);
    }
    let mut most: IndexMap<Arc<str>, &Fix> = IndexMap::new();
    for fix in &catalogue.supplied {
        let best = most.entry(fix.id.clone()).or_insert(fix);
        if fix.reach() < best.reach() {
            *best = fix;
        }
    }
    for fix in catalogue.fixes.values_mut() {
        match (most.get(&fix.id), &fix.left_to) {
            (Some(most), _) => *fix = Fix::clone(most),
            (None, Some(word)) => {
                let because =
                    format!("no pack of this pair says how; add one to `packs` that implements `{word}`");
                *fix = fix.guided(because);
            }
            (None, None) => {}
        }
    }
}

/// The fix that is spoken of, when this pack may speak of it.
fn declared<'c>(
    catalogue: &'c Catalogue,
    pack: &Pack,
    node: &Node,
    sink: &mut Diagnostics,
) -> Option<&'c Fix> {
    let named = node.get("fix")?;
    let id = named.text().unwrap_or_default();
    let Some(fix) = catalogue.fixes.get(id) else {
        let unknown = Diagnostic::error("unknown-fix", format!("no pack declares the fix `{id}`"));
        let known = catalogue.fixes.keys().map(AsRef::as_ref);
        sink.push(unknown.at(named.span, "").did_you_mean(id, known));
        return None;
    };
    let Some(word) = &fix.left_to else {
        let message = format!("the pack `{}` says itself how `{id}` is done", fix.pack);
        let refused = Diagnostic::error("not-open", message).at(named.span, "");
        sink.push(refused.also(fix.span.start(), "it would say `left_to` here"));
        return None;
    };
    if !pack.implements.contains(word) {
        let message = format!("the pack `{}` does not implement `{word}`", pack.name);
        let help = format!("add `{word}` to `implements` in pack.yaml");
        sink.push(
            Diagnostic::error("foreign-name", message)
                .at(named.span, "")
                .help(help),
        );
        return None;
    }
    Some(fix)
}

/// The fix with what the pack says of it.
fn supplied(
    declared: &Fix,
    pack: &Pack,
    node: &Node,
    schema: &FactSchema,
    sink: &mut Diagnostics,
) -> Option<Fix> {
    let mut fields = Fields::of(node, sink, "a fix that another pack declares")?;
    fields.required("fix", nonempty);
    let no_undo = fields.or("no_undo", None, |n, s| nonempty(n, s).map(Some));
    let because = fields.or("because", None, |n, s| nonempty(n, s).map(Some));
    let doing = Doing::of_supply(&mut fields);
    fields.finish();
    let scopes = Scopes::of(schema, &declared.inputs, &declared.one_per, &declared.on);
    let done = scopes.done(&doing, &pack.name, &declared.on, sink)?;
    let (no_undo, because) = (no_undo?, because?);
    one_way_back(&declared.id, done.undo.as_ref(), no_undo.as_ref(), node, sink)?;
    let mut fix = Fix {
        read: done.read,
        actions: done.actions,
        undo: way_back(done.undo, no_undo),
        supplied_by: Some(pack.name.clone()),
        span: node.span,
        ..declared.clone()
    };
    fix.when.extend(done.when);
    fix.sets.extend(done.sets);
    fix.restart.extend(done.restart);
    fix.check.extend(done.check);
    Some(match because {
        Some(because) => fix.guided(because),
        None => fix,
    })
}

impl Fix {
    /// The same for a person, and why.
    fn guided(&self, because: String) -> Self {
        Self {
            safety: Safety::Guided,
            because: Some(because),
            would: None,
            ..self.clone()
        }
    }
}
