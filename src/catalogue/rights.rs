//! The least rights that the account of a check needs: what it must be allowed, which facts need that, and how one
//! sees whether it is so.

use std::sync::Arc;

use super::context::expression;
use super::types::dotted_name;
use super::{Ask, Catalogue, FactDef, Pack};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::facts::{FactPath, FactSchema, Side};
use crate::predicate::{Expression, Names};
use crate::yaml::decode::{boolean, items, list_of, nonempty, one_of, one_or_many, spanned};
use crate::yaml::{Fields, Node};

/// A right without which facts cannot be read.
#[derive(Clone, Debug)]
pub struct NeededRight {
    pub id: Arc<str>,
    pub pack: Arc<str>,
    /// What the account must be allowed to do.
    pub about: String,
    /// What whoever grants it does.
    pub grant: String,
    /// The questions that need it.
    pub protocols: Vec<&'static str>,
    /// Only where the server is asked over one of these; empty means any.
    pub over: Vec<&'static str>,
    /// Only these facts of that protocol; empty means all.
    pub facts: Vec<Arc<str>>,
    /// A check does well without it; few answers stay unknown.
    pub optional: bool,
    /// Items of the guide's list of rights that it stands for.
    pub guide: Vec<Arc<str>>,
    /// Known and not false: the account has it.
    pub has: Option<Expression>,
    pub span: Span,
}

/// A right of the guide's list that nobody needs any more.
#[derive(Clone, Debug)]
pub struct FormerRight {
    pub guide: Arc<str>,
    pub pack: Arc<str>,
    pub was: String,
    pub now: String,
}

/// Ways to reach a server, as pair files name them.
const OVER: &[(&str, &str)] = &[
    ("ldap", "ldap"),
    ("dns", "dns"),
    ("tds", "tds"),
    ("rpc", "rpc"),
    ("winrm", "winrm"),
    ("ssh", "ssh"),
];

impl NeededRight {
    /// Whether this way to read a fact needs the right.
    pub fn is_for(&self, fact: &FactDef, ask: &Ask) -> bool {
        self.protocols.contains(&ask.protocol()) && (self.facts.is_empty() || self.facts.contains(&fact.name))
    }

    /// The facts that show whether it is there, of this server where they are of one.
    pub fn shown_by(&self, side: Option<Side>) -> Vec<FactPath> {
        let read = self.has.iter().flat_map(Expression::facts);
        read.filter_map(|fact| fact.path(side)).collect()
    }
}

/// Reads `rights:` and `former:` of a pack; its facts are read with all others.
pub(super) fn rights(
    node: &Node,
    pack: &Pack,
    schema: &FactSchema,
    sink: &mut Diagnostics,
) -> (Vec<NeededRight>, Vec<FormerRight>) {
    let Some(mut fields) = Fields::of(node, sink, "this file") else {
        return (Vec::new(), Vec::new());
    };
    fields.or("facts", &[][..], items);
    let needed = fields.required("rights", list_of(|n, s| right(n, pack, schema, s)));
    let former = fields.or("former", Vec::new(), list_of(|n, s| former(n, pack, s)));
    fields.finish();
    (needed.unwrap_or_default(), former.unwrap_or_default())
}

fn right(node: &Node, pack: &Pack, schema: &FactSchema, sink: &mut Diagnostics) -> Option<NeededRight> {
    let mut fields = Fields::of(node, sink, "a right")?;
    let id = fields.required("id", spanned(nonempty));
    let about = fields.required("about", nonempty);
    let grant = fields.required("grant", nonempty);
    let protocols = fields.required("protocol", one_or_many(protocol));
    let optional = fields.or("optional", false, boolean);
    let over = fields.or("over", Vec::new(), list_of(one_of(OVER)));
    let facts = fields.or("facts", Vec::new(), list_of(dotted_name));
    let guide = fields.or("guide", Vec::new(), list_of(|n, s| nonempty(n, s).map(Arc::from)));
    // What hides from an account is what it may not see, so absence may be asked for.
    let mut names = Names::new(schema).with_here(true);
    names.judges_absence = true;
    let has = fields.or("has", None, |n, s| expression(n, &names, s).map(Some));
    fields.finish();
    let id = id?;
    if id
        .value
        .strip_prefix(&*pack.name)
        .is_none_or(|rest| !rest.starts_with('/'))
    {
        let message = format!(
            "the name of a right begins with that of its pack: `{}/...`",
            pack.name
        );
        sink.push(Diagnostic::error("foreign-name", message).at(id.span, ""));
        return None;
    }
    Some(NeededRight {
        id: id.value.into(),
        pack: pack.name.clone(),
        about: about?,
        grant: grant?,
        protocols: protocols?,
        optional: optional?,
        over: over?,
        facts: facts?,
        guide: guide?,
        has: has?,
        span: node.span,
    })
}

/// A protocol of probes that asks somebody.
fn protocol(node: &Node, sink: &mut Diagnostics) -> Option<&'static str> {
    let word = nonempty(node, sink)?;
    let asking = || {
        Ask::PROTOCOLS
            .into_iter()
            .filter(|known| !matches!(*known, "setting" | "derive"))
    };
    let found = asking().find(|known| *known == word);
    if found.is_none() {
        let unknown = Diagnostic::error("unknown-word", format!("there is no protocol `{word}`"));
        sink.push(unknown.at(node.span, "").did_you_mean(&word, asking()));
    }
    found
}

fn former(node: &Node, pack: &Pack, sink: &mut Diagnostics) -> Option<FormerRight> {
    let mut fields = Fields::of(node, sink, "a right of former days")?;
    let guide = fields.required("guide", nonempty);
    let was = fields.required("was", nonempty);
    let now = fields.required("now", nonempty);
    fields.finish();
    Some(FormerRight {
        guide: guide?.into(),
        pack: pack.name.clone(),
        was: was?,
        now: now?,
    })
}

/// Checks what a right says of facts, and that no name is given twice.
pub(super) fn check(catalogue: &Catalogue, sink: &mut Diagnostics) {
    for (place, right) in catalogue.rights.iter().enumerate() {
        if let Some(first) = catalogue.rights[..place]
            .iter()
            .find(|first| first.id == right.id)
        {
            sink.push(super::checks::duplicate(
                "right", &right.id, right.span, first.span,
            ));
        }
        for name in &right.facts {
            match catalogue.facts.get(name) {
                Some(fact) if fact.probes.iter().any(|probe| right.is_for(fact, &probe.ask)) => {}
                Some(_) => {
                    let message = format!("`{name}` is not read over {}", right.protocols.join(" or "));
                    sink.push(Diagnostic::error("wrong-protocol", message).at(right.span.start(), ""));
                }
                None => {
                    let unknown = Diagnostic::error("unknown-fact", format!("no pack declares `{name}`"));
                    let known = catalogue.facts.keys().map(AsRef::as_ref);
                    sink.push(unknown.at(right.span.start(), "").did_you_mean(name, known));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
