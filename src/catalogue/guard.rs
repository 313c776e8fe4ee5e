//! What must hold before a plan is carried out at all.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::context::{condition, phrase};
use super::decode_fix::identity;
use super::{Catalogue, Pack, Phrase, checks};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::facts::{FactPath, FactSchema};
use crate::predicate::{Expression, Names};
use crate::template::Context;
use crate::yaml::decode::{Spanned, items, list_of, nonempty, one_or_many, spanned};
use crate::yaml::{Fields, Node};

/// A condition of every fix, or of some, that has nothing to do with what they mend.
#[derive(Clone, Debug)]
pub struct Guard {
    pub id: Arc<str>,
    pub pack: Arc<str>,
    pub about: String,
    pub stops: Stops,
    /// All of them.
    pub holds: Vec<Expression>,
    /// What is told where one does not.
    pub otherwise: Phrase,
    /// Decoded when they are run.
    pub examples: Vec<Node>,
    pub span: Span,
    /// Where it names fixes.
    named: Vec<Span>,
}

/// The fixes that a guard stops.
#[derive(Clone, Debug)]
pub struct Stops {
    /// Empty means all.
    only: Vec<Arc<str>>,
    except: Vec<Arc<str>>,
}

impl Stops {
    pub fn has(&self, fix: &str) -> bool {
        let among = |fixes: &[Arc<str>]| fixes.iter().any(|named| named.as_ref() == fix);
        (self.only.is_empty() || among(&self.only)) && !among(&self.except)
    }
}

impl Guard {
    /// The facts that it looks at.
    pub fn reads(&self) -> BTreeSet<FactPath> {
        let mentioned = self.holds.iter().flat_map(Expression::facts);
        let mentioned = mentioned.chain(&self.otherwise.facts);
        mentioned.filter_map(|fact| fact.path(None)).collect()
    }
}

/// Reads `guards:` of a pack.
pub(super) fn guards(node: &Node, pack: &Pack, schema: &FactSchema, sink: &mut Diagnostics) -> Vec<Guard> {
    let Some(mut fields) = Fields::of(node, sink, "this file") else {
        return Vec::new();
    };
    let guards = fields.required("guards", list_of(|n, s| guard(n, pack, schema, s)));
    fields.finish();
    guards.unwrap_or_default()
}

fn guard(node: &Node, pack: &Pack, schema: &FactSchema, sink: &mut Diagnostics) -> Option<Guard> {
    let names = Names::new(schema);
    let mut fields = Fields::of(node, sink, "a guard")?;
    let id = fields.required("guard", |n, s| identity(n, &pack.name, s));
    let about = fields.required("about", nonempty);
    let fixes = fields.or("for", Vec::new(), stopped);
    let except = fields.or("except", Vec::new(), list_of(spanned(nonempty)));
    let holds = fields.required("holds", one_or_many(|n, s| condition(n, &names, s)));
    let otherwise = fields.required("else", |n, s| phrase(n, Context::Text, &names, s));
    let examples = fields.or("examples", &[][..], items);
    fields.finish();
    let (fixes, except) = (fixes?, except?);
    Some(Guard {
        id: id?,
        pack: pack.name.clone(),
        about: about?,
        named: fixes.iter().chain(&except).map(|fix| fix.span).collect(),
        stops: Stops {
            only: fixes.into_iter().map(|fix| fix.value.into()).collect(),
            except: except.into_iter().map(|fix| fix.value.into()).collect(),
        },
        holds: holds?,
        otherwise: otherwise?,
        examples: examples?.to_vec(),
        span: node.span,
    })
}

/// `all`, or a list of fixes that is not empty.
fn stopped(node: &Node, sink: &mut Diagnostics) -> Option<Vec<Spanned<String>>> {
    if node.plain() == Some("all") {
        return Some(Vec::new());
    }
    let fixes = list_of(spanned(nonempty))(node, sink)?;
    if fixes.is_empty() {
        let vain = Diagnostic::error("wrong-value", "a guard for no fix guards nothing");
        sink.push(vain.at(node.span, "").help("write `all`, or name fixes"));
        return None;
    }
    Some(fixes)
}

/// Checks that the fixes are there, and that no name is given twice.
pub(super) fn check(catalogue: &Catalogue, wrong: &BTreeSet<&str>, sink: &mut Diagnostics) {
    for (place, guard) in catalogue.guards.iter().enumerate() {
        let before = &catalogue.guards[..place];
        if let Some(first) = before.iter().find(|first| first.id == guard.id) {
            sink.push(checks::duplicate("guard", &guard.id, guard.span, first.span));
        }
        for (fix, span) in guard
            .stops
            .only
            .iter()
            .chain(&guard.stops.except)
            .zip(&guard.named)
        {
            if !catalogue.fixes.contains_key(fix) && !wrong.contains(fix.as_ref()) {
                let unknown = Diagnostic::error("unknown-fix", format!("there is no fix `{fix}`"));
                let known = catalogue.fixes.keys().map(AsRef::as_ref);
                sink.push(unknown.at(*span, "").did_you_mean(fix, known));
            }
        }
    }
}
