//! Findings that offer the same fix with the same values become one draft of a step.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Basis;
use super::model::{Left, LeftBecause};
use crate::catalogue::{Fix, On, Reach};
use crate::evaluate::{Finding, Given, OfferedFix};
use crate::facts::{FactValue, Record, Side, to_json};

/// What one finding asks for.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    /// In the order of the fix's inputs.
    pub(super) given: Vec<Given>,
}

/// A fix with what it is given, before anything is worked out.
#[derive(Clone, Debug)]
pub(super) struct Draft<'a> {
    pub(super) fix: &'a Fix,
    pub(super) here: Option<Side>,
    /// Different values only; more than one where the fix makes one step of many findings.
    pub(super) asked: Vec<Asking>,
    /// All findings that it mends.
    pub(super) findings: Vec<usize>,
}

impl Draft<'_> {
    /// The values that the findings do not share, as a list of records.
    pub(super) fn asked_values(&self) -> FactValue {
        let own = |asking: &Asking| {
            let inputs = self.fix.inputs.keys().zip(&asking.given);
            let own = inputs.filter(|(name, _)| !self.fix.is_shared(name));
            let record: Record = own.map(|(name, given)| (name.clone(), given.value())).collect();
            FactValue::Record(Arc::new(record))
        };
        FactValue::list(self.asked.iter().map(own))
    }
}

/// By fix, server and what their findings share: drafts, each with the places of what was asked, by all values.
type Drafts<'a> = BTreeMap<(&'a str, Option<Side>, String), (Draft<'a>, BTreeMap<String, usize>)>;

/// All drafts, by fix, server and values, whatever the order of the findings; what is no step is left.
pub(super) fn drafts<'a>(basis: &Basis<'a>, left: &mut Vec<Left>) -> Vec<Draft<'a>> {
    let mut drafts: Drafts<'a> = BTreeMap::new();
    for (place, finding) in basis.findings.iter().enumerate() {
        if !finding.status.is_bad() || finding.is_rollup {
            continue;
        }
        let (fix, offered) = match mended(basis, finding) {
            Ok(mended) => mended,
            Err(because) => {
                left.push(Left {
                    finding: place,
                    because,
                });
                continue;
            }
        };
        let given = match given(fix, offered) {
            Ok(given) => given,
            Err(because) => {
                left.push(Left {
                    finding: place,
                    because,
                });
                continue;
            }
        };
        // Elsewhere than on the server in question it does not matter which one that is.
        let here = offered.here.filter(|_| matches!(fix.on, On::Here));
        let key = (
            fix.id.as_ref(),
            here,
            key(fix, &given, |name| fix.is_shared(name)),
        );
        let (draft, known) = drafts.entry(key).or_insert_with(|| {
            let draft = Draft {
                fix,
                here,
                asked: Vec::new(),
                findings: Vec::new(),
            };
            (draft, BTreeMap::new())
        });
        draft.findings.push(place);
        let next = draft.asked.len();
        known.entry(self::key(fix, &given, |_| true)).or_insert_with(|| {
            draft.asked.push(Asking { given });
            next
        });
    }
    let sorted = drafts.into_values().map(|(mut draft, known)| {
        // In the order of their values, so that the order of findings says nothing.
        draft.asked = known
            .into_values()
            .map(|place| draft.asked[place].clone())
            .collect();
        draft
    });
    sorted.collect()
}

/// The fix that mends a finding by itself.
fn mended<'a, 'f>(basis: &Basis<'a>, finding: &'f Finding) -> Result<(&'a Fix, &'f OfferedFix), LeftBecause> {
    let offered = finding.fix.as_ref().ok_or(LeftBecause::ByHand)?;
    let fix = basis
        .catalogue
        .fixes
        .get(&offered.fix)
        .ok_or(LeftBecause::ByHand)?;
    match fix.reach() {
        Reach::Guided => Err(LeftBecause::Guided {
            fix: fix.id.clone(),
            because: fix.because.as_deref().unwrap_or_default().into(),
        }),
        Reach::Declared => Err(LeftBecause::Declared { fix: fix.id.clone() }),
        Reach::Automatic | Reach::Confirmed => Ok((fix, offered)),
    }
}

fn given(fix: &Fix, offered: &OfferedFix) -> Result<Vec<Given>, LeftBecause> {
    let inputs = fix.inputs.keys().filter_map(|name| {
        let found = offered.inputs.iter().find(|(given, _)| given == name)?;
        Some((name, &found.1))
    });
    inputs
        .map(|(name, given)| {
            given.clone().map_err(|why| LeftBecause::InputUnknown {
                fix: fix.id.clone(),
                input: name.clone(),
                why,
            })
        })
        .collect()
}

/// The values of these inputs as a text that is equal where they are.
fn key(fix: &Fix, given: &[Given], counts: impl Fn(&str) -> bool) -> String {
    let inputs = fix.inputs.keys().zip(given);
    let counting = inputs.filter(|(name, _)| counts(name));
    let values = counting.map(|(_, given)| to_json(&given.value()));
    serde_json::Value::Array(values.collect()).to_string()
}
