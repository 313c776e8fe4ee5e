//! What fixes say of their neighbours in the order, as marks that steps carry.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalogue::{Fix, Neighbour, On};
use crate::facts::{Side, to_json};
use crate::plan::Basis;
use crate::plan::draft::{Asking, Draft};
use crate::plan::fill::Filled;
use crate::plan::model::Role;

/// What a step is called by its neighbours, and which ones it wants before and after itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    pub(super) own: Vec<Arc<str>>,
    pub(super) after: Vec<(Arc<str>, Arc<str>)>,
    pub(super) before: Vec<(Arc<str>, Arc<str>)>,
}

/// What the fixes of a plan say of neighbours.
pub(super) struct Specs<'a> {
    /// By the fix that is spoken of: the name of the sentence, and the inputs that have to be equal.
    of_others: BTreeMap<&'a str, Vec<(String, &'a Neighbour, bool)>>,
}

impl<'a> Specs<'a> {
    pub(super) fn of(basis: &Basis<'a>, kept: &[(Filled<'a>, Role)]) -> Self {
        let fixes: BTreeMap<&str, &'a Fix> = kept
            .iter()
            .map(|(one, _)| (one.draft.fix.id.as_ref(), one.draft.fix))
            .collect();
        let mut of_others: BTreeMap<&str, Vec<(String, &Neighbour, bool)>> = BTreeMap::new();
        for fix in fixes.values() {
            for (name, neighbour) in named(fix) {
                let other = basis.catalogue.fixes.get(&neighbour.fix);
                let by_server = other.is_some_and(|other| on_here(other) && on_here(fix));
                of_others
                    .entry(&neighbour.fix)
                    .or_default()
                    .push((name, neighbour, by_server));
            }
        }
        Self { of_others }
    }

    pub(super) fn marks(&self, draft: &Draft<'_>) -> Marks {
        let mut marks = Marks::default();
        for (name, neighbour, by_server) in self.of_others.get(draft.fix.id.as_ref()).into_iter().flatten() {
            marks.own.extend(values(draft, name, neighbour, *by_server));
        }
        for (name, neighbour) in named(draft.fix) {
            let specs = self.of_others.get(neighbour.fix.as_ref());
            let by_server = specs
                .into_iter()
                .flatten()
                .any(|(known, _, by_server)| *known == name && *by_server);
            let because: Arc<str> = neighbour.because.as_str().into();
            let asked = values(draft, &name, neighbour, by_server);
            let asked = asked.into_iter().map(|mark| (mark, because.clone()));
            if name.ends_with('<') {
                marks.before.extend(asked);
            } else {
                marks.after.extend(asked);
            }
        }
        marks
    }
}

fn on_here(fix: &Fix) -> bool {
    matches!(fix.on, On::Here)
}

/// Every sentence of a fix about a neighbour with a name; `<` ends those of which it comes before.
fn named(fix: &Fix) -> impl Iterator<Item = (String, &Neighbour)> {
    let name = |place: usize, word: char| format!("{}/{place}{word}", fix.id);
    let after = fix
        .after
        .iter()
        .enumerate()
        .map(move |(place, said)| (name(place, '>'), said));
    let before = fix
        .before
        .iter()
        .enumerate()
        .map(move |(place, said)| (name(place, '<'), said));
    after.chain(before)
}

/// The marks of a step for one sentence: one for each combination of the values that have to be equal.
fn values(draft: &Draft<'_>, name: &str, neighbour: &Neighbour, by_server: bool) -> BTreeSet<Arc<str>> {
    let here = if by_server { draft.here } else { None };
    let value = |asking: &Asking, input: &Arc<str>| {
        let place = draft.fix.inputs.get_index_of(input)?;
        Some(to_json(&asking.given.get(place)?.value()))
    };
    let mark = |asking: &Asking| {
        let same = neighbour
            .same
            .iter()
            .map(|input| value(asking, input).unwrap_or_default());
        let same: Vec<serde_json::Value> = same.collect();
        let side = here.map_or("", Side::word);
        format!("{name} {side} {}", serde_json::Value::Array(same)).into()
    };
    draft.asked.iter().map(mark).collect()
}
