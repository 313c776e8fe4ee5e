//! Runbooks for people, programs and paper, and as drawings.

mod answer;
mod human;
mod list;
mod markdown;

pub use answer::{runbook_json, runbook_schema};
pub use human::runbook_text;
pub use list::{runbooks_json, runbooks_table};
pub use markdown::runbook_markdown;

use super::Report;
use super::plan::draw;
use crate::plan::{Held, PairRunbook, PairStep};

/// A runbook with the pair that it is for.
#[derive(Clone, Copy, Debug)]
pub struct RunbookReport<'a> {
    pub report: Report<'a>,
    pub runbook: &'a PairRunbook<'a>,
}

/// Draws the runbook in the language of Graphviz.
pub fn runbook_dot(told: &RunbookReport<'_>) -> String {
    draw::dot("runbook", &labels(told), &told.runbook.joints)
}

/// Draws the runbook in the language of Mermaid.
pub fn runbook_mermaid(told: &RunbookReport<'_>) -> String {
    draw::mermaid(&labels(told), &told.runbook.joints)
}

fn labels(told: &RunbookReport<'_>) -> Vec<String> {
    let steps = told.runbook.steps.iter().enumerate();
    steps
        .map(|(place, step)| format!("{}. {} ({})", place + 1, step.step.would, by(step)))
        .collect()
}

/// Who does a step.
fn by<'s>(step: &'s PairStep<'_>) -> &'s str {
    match &step.who {
        Some(who) => who,
        None => "the script",
    }
}

/// The first letter as a sentence begins.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Why a step stands apart.
pub fn why_apart(held: &Held) -> String {
    match held {
        Held::Condition(reason) | Held::Refused(reason) => reason.clone(),
        Held::Unknown(absence) => format!("not known: {absence}"),
        Held::NeedUnknown(place, absence) => format!("{place} is not known: {absence}"),
        Held::NeedUnmet(unmet) => format!("{} is {}", unmet.place, unmet.found),
        Held::Contradiction(place) => format!("it wants {place} to be two things"),
    }
}
