//! What the live tests do to the lab and what it makes of the answer, as data.
//!
//! The tests that do it are `tests/lab_check`. What is proved live is read off here by `tests/coverage`, so a finding
//! that no change brings about cannot be called so.
//!
//! What is expected was written from the conditions of the guide's rows, before anything was run: the rule is the one
//! that serves the row, and the row says how grave it is and whether it can be fixed. Everything that is not listed
//! has to stay as it is in the healthy pair's answer.

/// A side whose administrative share cannot be used, so that nobody can look at its files.
macro_rules! no_files {
    ($side:literal, $cause:literal, $($own:expr),+ $(,)?) => {
        &[
            ("common/share-unreachable", $side, "error"),
            ("common/dfo-missing", $side, $cause),
            ("common/dfo-outdated", $side, "unknown after common/dfo-missing"),
            ("common/dtcom-missing", $side, $cause),
            ("common/dtcom-unregistered", $side, "unknown after common/dtcom-missing"),
            ("common/dtcom-outdated", $side, "unknown after common/dtcom-missing"),
            ("common/capicom-missing", $side, $cause),
            ("common/capicom-unregistered", $side, "unknown after common/capicom-missing"),
            ("common/capicom-outdated", $side, "unknown after common/capicom-missing"),
            $($own),+
        ]
    };
}

pub(crate) mod bases;
mod cluster;
mod dns;
mod engine;
mod failover;
mod helpers;
mod hosts;
mod rights;
mod server;
mod silent;
mod sql_host;
mod sql_server;
mod storage;
mod transport;
mod zones;

pub(crate) use bases::{Base, EXCHANGE};

/// One row of the tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) name: &'static str,
    /// The pair that is changed.
    pub(crate) base: Base,
    /// The guide's rows under which something bad is to be told.
    pub(crate) rows: &'static [&'static str],
    /// What is done to the lab; the opposite is done afterwards.
    pub(crate) steps: &'static [Step],
    /// What is done to the pair file.
    pub(crate) pair: &'static [Edit<'static>],
    /// Facts, or beginnings that end with a dot, whose new values stand in the evidence of findings that stay as they are.
    pub(crate) seen: &'static [&'static str],
    /// Rule, subject, outcome: all findings that change.
    pub(crate) expect: &'static [(&'static str, &'static str, &'static str)],
    /// Words that some message of what is bad must have.
    pub(crate) says: &'static [&'static str],
    /// What takes part and was written for the tests, if something does: this is simulated.
    pub(crate) ours: &'static str,
}

/// A text of the pair file, and what stands there instead.
pub(crate) type Edit<'a> = (&'a str, &'a str);

/// One thing that is done to the lab; `$NAMES` are those of `clients::expand`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// `ldbmodify`: gives an attribute of a directory object these values instead of its own.
    Set(&'static str, &'static str, &'static [&'static str]),
    /// `ldbmodify`: makes an object with these lines of LDIF.
    Add(&'static str, &'static str),
    /// `ldbdel`.
    Delete(&'static str),
    /// `ldbrename`: gives an object this name in its place.
    Rename(&'static str, &'static str),
    /// `tests/lab/revoke`: takes the rights of an account to an attribute or class at an object away.
    Revoke(&'static str, &'static str, &'static str),
    /// `samba-tool dsacl set`: puts an entry at the head of an object's access list.
    Ace(&'static str, &'static str),
    /// `nsupdate`, with the key that may change everything.
    Update(&'static str),
    /// Takes the reverse zone out of the primary name server's configuration.
    NoReverseZone,
    /// Lets this machine ask the name server of this setting.
    Resolver(&'static str),
    /// `tests/lab/host`: changes a host of the pair.
    Host(&'static [&'static str]),
    /// `tests/lab/sql/change`: changes a database server.
    Sql(&'static [&'static str]),
    /// `tests/lab/peer stop`.
    Stop(&'static str),
}

pub(crate) const NOTHING: Change = Change {
    name: "",
    base: EXCHANGE,
    rows: &[],
    steps: &[],
    pair: &[],
    seen: &[],
    expect: &[],
    says: &[],
    ours: "",
};

const GOOD: &str = "good";
const ERROR: &str = "error";
const FIXABLE: &str = "error, fixable";
const WARNING: &str = "warning";
const WARNING_FIXABLE: &str = "warning, fixable";
const NOT_APPLICABLE: &str = "not_applicable";
/// There is no such finding.
const GONE: &str = "none";

/// Every change.
pub(crate) fn all() -> Vec<Change> {
    let tables = [
        server::CHANGES,
        storage::CHANGES,
        transport::CHANGES,
        rights::CHANGES,
        dns::CHANGES,
        zones::CHANGES,
        failover::CHANGES,
        hosts::CHANGES,
        silent::CHANGES,
        helpers::CHANGES,
        engine::CHANGES,
        cluster::CHANGES,
        sql_host::CHANGES,
        sql_server::CHANGES,
    ];
    let mut all = tables.concat();
    for change in &mut all {
        if change.ours.is_empty() {
            change.ours = change.base.ours;
        }
    }
    all
}
