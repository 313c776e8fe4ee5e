//! Fixes: so far what they are for and what they take; actions come with the planner.

use std::sync::Arc;

use indexmap::IndexMap;

use super::types::{fact_type, field_name, input_name};
use super::{Fix, Safety};
use crate::diagnostic::Diagnostics;
use crate::facts::FactType;
use crate::yaml::decode::{list_of, map_of, name, nonempty, one_of};
use crate::yaml::{Fields, Node};

const SAFETIES: &[(&str, Safety)] = &[
    ("safe", Safety::Safe),
    ("confirm", Safety::Confirm),
    ("destructive", Safety::Destructive),
    ("guided", Safety::Guided),
];

pub(super) fn fix(node: &Node, pack: &Arc<str>, sink: &mut Diagnostics) -> Option<Fix> {
    let mut fields = Fields::of(node, sink, "a fix")?;
    let id = fields.required("fix", |n, s| identity(n, pack, s));
    let about = fields.required("about", nonempty);
    let inputs = fields.or("inputs", IndexMap::new(), inputs);
    let on = fields.required("on", |n, s| name(n, s).map(Arc::from));
    let safety = fields.required("safety", one_of(SAFETIES));
    let one_per = fields.or("one_per", Vec::new(), list_of(input_name));
    fields.finish();
    Some(Fix {
        id: id?,
        pack: pack.clone(),
        about: about?,
        inputs: inputs?,
        on: on?,
        safety: safety?,
        one_per: one_per?,
        span: node.span,
    })
}

fn inputs(node: &Node, sink: &mut Diagnostics) -> Option<IndexMap<Arc<str>, FactType>> {
    let entries = map_of(fact_type)(node, sink)?;
    entries
        .into_iter()
        .map(|(key, ty)| Some((field_name(&key, sink)?, ty)))
        .collect()
}

/// The id of a rule or fix: the pack, a slash, and a name in kebab case.
pub(super) fn identity(node: &Node, pack: &Arc<str>, sink: &mut Diagnostics) -> Option<Arc<str>> {
    use crate::diagnostic::{Diagnostic, excerpt};
    let id = nonempty(node, sink)?;
    let kebab = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    if id
        .split_once('/')
        .is_some_and(|(owner, name)| owner == pack.as_ref() && kebab(name))
    {
        return Some(id.into());
    }
    let message = format!("`{}` is no id of this pack", excerpt(&id));
    let wrong = Diagnostic::error("bad-id", message).at(node.span, "");
    sink.push(wrong.help(format!("write `{pack}/` and a name in lower case with hyphens")));
    None
}
