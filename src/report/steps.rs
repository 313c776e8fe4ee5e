//! What plans and runbooks tell alike of their steps.

use crate::plan::{Detail, Doing, Joint};

/// How many numbers are named before the rest is a number.
const FEW: usize = 6;

/// What comes before a step and why, each once.
pub(super) fn order(place: usize, joints: &[&Joint]) -> Vec<String> {
    let mut told = Vec::new();
    for text in joints.iter().map(|joint| comes_after(place, joint)) {
        if !told.contains(&text) {
            told.push(text);
        }
    }
    told
}

/// A joint may have thousands of steps on both its sides, so no more is looked at than is told.
fn comes_after(place: usize, joint: &Joint) -> String {
    let before = joint.before.iter().filter(|before| **before != place);
    let numbers: Vec<String> = before.take(FEW).map(|step| (step + 1).to_string()).collect();
    let is_in = joint.before.binary_search(&place).is_ok();
    let more = match joint.before.len() - usize::from(is_in) - numbers.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}: {}", numbers.join(", "), joint.reason)
}

/// What an action does to what, and its details.
pub(super) fn doing(doing: &Doing) -> (String, Vec<String>) {
    let mut details = doing.details.iter();
    let object = details
        .next()
        .map(|(_, detail)| shown(detail))
        .unwrap_or_default();
    let what = format!("{} on {}: {} {object}", doing.protocol, doing.on, doing.reads);
    let details = details.map(|(name, detail)| format!("{name}: {}", shown(detail)));
    (what, details.collect())
}

fn shown(detail: &Detail) -> String {
    match detail {
        Detail::Text(text) => text.trim_end().to_owned(),
        Detail::Value(value) => value.to_string(),
        Detail::Later(text) => format!("{text} (filled in when it is done)"),
    }
}
