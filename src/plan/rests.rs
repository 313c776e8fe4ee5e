//! What a plan rests on: every place that its findings read and its steps need or change, with a digest of what was there.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::{Basis, Plan};
use crate::facts::{Absence, FactValue, to_json};
use crate::predicate::Trail;

/// The places that a plan rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rests {
    /// Each place by its name, with the SHA-256 of what was there.
    pub places: BTreeMap<String, String>,
    /// SHA-256 over all of them.
    pub digest: String,
}

/// Digests what the steps of a plan rest on.
pub fn rests(basis: &Basis<'_>, plan: &Plan) -> Rests {
    let mut trails: BTreeMap<String, &Trail> = BTreeMap::new();
    for step in &plan.steps {
        let evidence = step
            .findings
            .iter()
            .flat_map(|place| &basis.findings[*place].evidence);
        let own = step.changes.iter().map(|change| &change.place.site.trail);
        let own = own.chain(step.needs.iter().map(|need| &need.place));
        for trail in evidence.map(|seen| &seen.place).chain(own) {
            trails.entry(trail.to_string()).or_insert(trail);
        }
    }
    let places: BTreeMap<String, String> = trails
        .into_iter()
        .map(|(name, trail)| (name, of_value(&basis.catalogue.lasting(trail, basis.facts))))
        .collect();
    let mut all = Sha256::new();
    all.update(b"standin plan 1");
    for (name, digest) in &places {
        all.update(format!("\0{}\0{name}\0{digest}", name.len()));
    }
    Rests {
        digest: HEXLOWER.encode(&all.finalize()),
        places,
    }
}

/// What is there; of what is not known, the cause alone.
fn of_value(found: &Result<FactValue, Absence>) -> String {
    let text = match found {
        Ok(value) => format!("value {}", to_json(value)),
        Err(why) => format!("absent {}", why.cause.word()),
    };
    HEXLOWER.encode(&Sha256::digest(text))
}
