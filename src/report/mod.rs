//! What people and programs read: renders, judges nothing.
//!
//! Values in, text out: no file, no terminal, no clock. Colour, width and how much is told are a [`Look`]. Whatever
//! comes from a server, a pack or a file reaches a page only as text in which control, escape and bidi characters
//! are shown as escapes. [`json()`] follows the published schema that [`schema()`] writes.

mod answer;
mod applied;
mod changes;
mod copied;
mod facts;
mod history;
mod human;
mod look;
mod notes;
mod page;
mod pair_file;
mod plan;
mod pretty;
mod rights;
mod rule_text;
mod rules;
mod runbook;
mod servers;
mod sets;
mod shown;
mod source;
mod steps;
mod table;
mod times;
mod words;

use jiff::Timestamp;

use crate::catalogue::Catalogue;
use crate::evaluate::{Judged, Summary};
use crate::facts::Snapshot;
use crate::pair::Pair;

pub use answer::{json, schema};
pub use applied::{AppliedReport, Turned, applied_json, applied_schema, applied_text};
pub use changes::{Before, changes};
pub use copied::{Copied, CopiedMachine, CopiedScript, copied_json, copied_text};
pub use facts::{fact_json, fact_text, facts_json, facts_table, settings_json, settings_table};
pub use history::{run_json, run_text, runs_json, runs_table, summary_words, verified_json, verified_text};
pub use human::{human, in_a_line, not_checked, rule_findings};
pub use look::Look;
pub use pair_file::redacted_pair;
pub use plan::{PlanReport, Tally, plan_dot, plan_json, plan_mermaid, plan_schema, plan_text};
pub use pretty::{compact, pretty};
pub use rights::{Rights, rights_json, rights_text};
pub use rule_text::{rule_json, rule_text};
pub use rules::{rules_json, rules_table};
pub use runbook::{
    RunbookReport, runbook_dot, runbook_json, runbook_markdown, runbook_mermaid, runbook_schema,
    runbook_text, runbooks_json, runbooks_table, why_apart,
};
pub use servers::{Servers, servers_json, servers_text};
pub use sets::{SetPath, SetRule, Sets, sets_json, sets_text};

/// Whether servers were asked, or a recording stands in for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Live,
    Recorded,
}

/// Everything that an answer tells.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    pub pair: &'a Pair,
    pub catalogue: &'a Catalogue,
    pub snapshot: &'a Snapshot,
    pub origin: Origin,
    pub judged: &'a Judged,
    pub summary: &'a Summary,
    /// As of when it was judged.
    pub now: Timestamp,
}

#[cfg(test)]
mod tests;
