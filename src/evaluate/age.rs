//! Facts that are too old to judge by.

use jiff::{SignedDuration, Timestamp};

use crate::facts::{Absence, Cause, Facts, Root};

/// Replaces what was read more than `max_age` before `now` by an absence that says so.
pub fn expire(facts: &mut Facts, now: Timestamp, max_age: SignedDuration) {
    let old: Vec<_> = facts
        .iter()
        .filter(|(path, _)| !matches!(path.root, Root::Setting | Root::Param))
        .filter(|(_, observation)| now.duration_since(observation.provenance.at) > max_age)
        .map(|(path, observation)| (path.clone(), observation.clone()))
        .collect();
    for (path, mut observation) in old {
        let age = now.duration_since(observation.provenance.at);
        let detail = format!("read {age:#} ago, older than the {max_age:#} that `max_age` allows");
        observation.value = Err(Absence::new(Cause::NotCollected, "max_age", detail));
        facts.insert(path, observation);
    }
}
