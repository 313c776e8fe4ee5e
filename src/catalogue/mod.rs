//! Packs on disk to a checked catalogue.
//!
//! What products are, how their facts are read and what is expected of them is data; here that data becomes typed
//! values, and everything that can be known to be wrong with it is told at once, with its place. Nothing is
//! collected or judged here.

mod action;
mod bind;
mod check_fix;
mod check_runbook;
mod checks;
mod context;
mod declared;
mod decode_action;
mod decode_fact;
mod decode_fix;
mod decode_host;
mod decode_pack;
mod decode_probe;
mod decode_rule;
mod decode_runbook;
mod discovery;
mod examples;
mod files;
mod fix;
mod guard;
mod lasting;
mod load;
mod model;
mod phrase;
mod probe;
mod reads;
mod rights;
mod rules;
mod runbook;
mod supply;
mod trust;
mod types;

pub use action::{Access, Action, Arg, Attributes, Kind, Slot, VERBS, Verb, Wanted};
pub use bind::bind;
pub(crate) use checks::{reads_of_fact, rule_order, subject_sides};
pub use discovery::{ASKED, Discovery};
pub use examples::{Example, Expected, STATUSES};
pub use files::{PackFile, PackFiles, PackSource, embedded_packs, required_packs};
pub use fix::{Condition, Fix, Input, Neighbour, Phase, PlaceValue, Reach, Reading, Safety, Spot, Undo};
pub use guard::{Guard, Stops};
pub use load::{Loaded, load, load_to_judge};
pub use model::{
    Catalogue, FactDef, FixUse, Guide, Of, Pack, RequiredSide, Requirement, Rule, RuleLocals, Setting,
    Severity,
};
pub use phrase::{Phrase, PhraseScope};
pub use probe::{
    Ask, BrowserAsk, Command, Depth, Derivation, DnsAsk, Field, Gives, HostAsk, LdapAsk, LocalAsk, On, Probe,
    RegistryAsk, ShellAsk, TdsAsk, local,
};
pub use reads::{reads_of_fixes, reads_of_rule};
pub use rights::{FormerRight, NeededRight};
pub use rules::Rules;
pub use runbook::{Gate, Replaces, Runbook, RunbookStep, Script};
pub use trust::{Does, Power};

#[cfg(test)]
mod tests;
