//! How it is proved that a rule finds what its row asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use standin::catalogue::Rule;

use super::peers::{PEERS, Peer};
use super::{live, mutations, shipped};

/// The rows that a rule was seen to be bad under.
pub(crate) type Seen = BTreeSet<(String, String)>;

/// How a rule is proved for a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Only the examples that stand beside the rule.
    Examples,
    /// A change of a recorded pair makes it bad.
    Recorded,
    /// A live check finds it, against peers some of which were written for the tests.
    Simulated(String),
    /// A live check finds it, against peers that others wrote.
    Live(String),
}

impl Level {
    pub(crate) fn word(&self) -> String {
        match self {
            Self::Examples => "examples only".to_owned(),
            Self::Recorded => "recorded".to_owned(),
            Self::Simulated(peers) => format!("simulated ({peers})"),
            Self::Live(peers) => format!("live ({peers})"),
        }
    }
}

/// How well this rule is proved for this row.
pub(crate) fn level(row: &str, rule: &Rule) -> Level {
    let place = (row.to_owned(), rule.id.to_string());
    if let Some(ours) = changed_live().get(&place) {
        return against(rule, ours);
    }
    if mutations::made_bad().contains(&place) {
        return Level::Recorded;
    }
    Level::Examples
}

/// Whom a live check of this rule asks, beside what of ours takes part.
fn against(rule: &Rule, ours: &str) -> Level {
    let protocols = shipped::protocols(&shipped::facts(rule));
    let peers: Vec<&Peer> = protocols.iter().map(|protocol| peer(rule, protocol)).collect();
    let names = peers.iter().map(|peer| peer.name);
    let names: BTreeSet<&str> = names.chain((!ours.is_empty()).then_some(ours)).collect();
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    if names.is_empty() {
        Level::Live("the pair file alone".to_owned())
    } else if !ours.is_empty() || peers.iter().any(|peer| peer.ours) {
        Level::Simulated(names)
    } else {
        Level::Live(names)
    }
}

fn peer(rule: &Rule, protocol: &str) -> &'static Peer {
    PEERS
        .iter()
        .find(|peer| peer.protocol == protocol)
        .unwrap_or_else(|| {
            panic!(
                "{}: `tests/live/peers.rs` does not say who answers `{protocol}`",
                rule.id
            )
        })
}

/// What the changes of the live tests make bad, and what of ours has to take part for it.
fn changed_live() -> &'static BTreeMap<(String, String), &'static str> {
    static SEEN: LazyLock<BTreeMap<(String, String), &'static str>> = LazyLock::new(|| {
        let mut seen = BTreeMap::new();
        for change in live::all() {
            for (rule, subject, _) in change.expect.iter().filter(|(_, _, outcome)| is_bad(outcome)) {
                for place in rows_of(rule, subject) {
                    let ours = seen.entry(place).or_insert(change.ours);
                    if change.ours.is_empty() {
                        *ours = "";
                    }
                }
            }
        }
        seen
    });
    &SEEN
}

/// Whether a finding with this outcome tells of something.
pub(crate) fn is_bad(outcome: &str) -> bool {
    outcome.starts_with("error") || outcome.starts_with("warning")
}

/// The rows under which a finding of this rule about this subject is told, each with the rule.
pub(crate) fn rows_of(rule: &str, subject: &str) -> Vec<(String, String)> {
    let found = shipped::catalogue().rule(rule);
    let found = found.unwrap_or_else(|| panic!("a test expects something of `{rule}`, which is no rule"));
    let side = match subject.split('/').next() {
        Some("source") => Some(standin::facts::Side::Source),
        Some("target") => Some(standin::facts::Side::Target),
        _ => None,
    };
    let rows = found.guide.rows(side);
    rows.iter()
        .map(|row| (row.to_string(), rule.to_owned()))
        .collect()
}
