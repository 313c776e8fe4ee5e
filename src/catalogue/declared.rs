//! Names of facts while packs declare them: who owns a name, and that none hides behind another.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::checks::duplicate;
use super::decode_fact::FactHead;
use super::{Of, Pack};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};

/// The names that are declared so far, and where.
#[derive(Default)]
pub(super) struct Declared(BTreeMap<Arc<str>, (Of, Span)>);

impl Declared {
    /// Whether a pack may declare this fact: it owns the first word, nobody else has the name, nothing hides behind it.
    pub(super) fn add(&mut self, head: &FactHead<'_>, pack: &Pack, sink: &mut Diagnostics) -> bool {
        let span = head.name_node.span;
        let refusal = foreign(head, pack).or_else(|| self.clash(head));
        if let Some(refusal) = refusal {
            sink.push(refusal);
            return false;
        }
        self.0.insert(head.name.clone(), (head.of, span));
        true
    }

    fn clash(&self, head: &FactHead<'_>) -> Option<Diagnostic> {
        let span = head.name_node.span;
        if let Some((_, first)) = self.0.get(&head.name) {
            return Some(duplicate("fact", &head.name, span, *first));
        }
        let (other, (_, first)) = self.around(head).or_else(|| self.inside(head))?;
        let message = format!(
            "`{other}` and `{}` cannot both be facts: one is the beginning of the other",
            head.name
        );
        let clash = Diagnostic::error("name-inside-name", message).at(span, "");
        Some(clash.also(*first, ""))
    }

    /// A declared name that is the beginning of this one.
    fn around(&self, head: &FactHead<'_>) -> Option<(&Arc<str>, &(Of, Span))> {
        let ends = head.name.match_indices('.').map(|(at, _)| at);
        ends.filter_map(|end| self.0.get_key_value(&head.name[..end]))
            .find(|(_, (of, _))| *of == head.of)
    }

    /// A declared name that this one is the beginning of.
    fn inside(&self, head: &FactHead<'_>) -> Option<(&Arc<str>, &(Of, Span))> {
        let start = format!("{}.", head.name);
        self.0
            .range(Arc::from(start.as_str())..)
            .take_while(|(name, _)| name.starts_with(&start))
            .find(|(_, (of, _))| *of == head.of)
    }
}

fn foreign(head: &FactHead<'_>, pack: &Pack) -> Option<Diagnostic> {
    let first = head.name.split('.').next().unwrap_or_default();
    if pack.owns.iter().any(|owned| owned.as_ref() == first) {
        return None;
    }
    let message = format!("the pack `{}` does not own the name `{first}`", pack.name);
    let help = format!("add `{first}` to `owns` in the pack's pack.yaml, or use a name that it owns");
    let foreign = Diagnostic::error("foreign-name", message).at(head.name_node.span, "");
    Some(foreign.help(help))
}
