//! Whether the account of a check has the rights that it needs: read off facts that were collected for it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::catalogue::NeededRight;
use crate::facts::{Absence, Cause, FactPath, FactValue, Facts, Side};
use crate::pair::Endpoint;
use crate::predicate::{Budget, Fault, Locals, Scope};

/// A right that an endpoint's account needs for this pair.
#[derive(Clone, Debug)]
pub struct RightRow<'a> {
    pub right: &'a NeededRight,
    /// Who is asked; none when nobody but this machine is.
    pub endpoint: Option<&'a Endpoint>,
    /// The server that it is about, if it is about one.
    pub side: Option<Side>,
    /// What cannot be read without it.
    pub facts: BTreeSet<FactPath>,
    /// The rules that need those.
    pub rules: BTreeSet<Arc<str>>,
    /// Nothing when nobody was asked.
    pub standing: Option<Standing>,
}

impl RightRow<'_> {
    /// Whether it is needed and not there; one that a check does well without is never missing.
    pub fn is_missing(&self) -> bool {
        matches!(self.standing, Some(Standing::Lacks(_))) && !self.right.optional
    }

    /// Whether it is needed, and nobody can tell whether it is there.
    pub fn is_unknown(&self) -> bool {
        matches!(self.standing, Some(Standing::CannotTell(_))) && !self.right.optional
    }
}

/// Whether the account has a right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Has,
    /// With what was seen, where a refusal shows it.
    Lacks(Option<Absence>),
    CannotTell(Absence),
}

impl Standing {
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Has => "has",
            Self::Lacks(_) => "lacks",
            Self::CannotTell(_) => "unknown",
        }
    }
}

/// How the account stands with a right, by what was read: a refusal, or a "no", shows that it lacks it.
///
/// `before` are the facts that had to be read first: who was refused there was not even asked here.
pub fn standing(
    right: &NeededRight,
    side: Option<Side>,
    before: &BTreeSet<FactPath>,
    facts: &Facts,
) -> Standing {
    let standing = seen(right, side, facts);
    if let Standing::Lacks(Some(why)) = &standing
        && before.iter().any(|path| facts.get(path).as_ref() == Err(why))
    {
        return Standing::CannotTell(why.clone());
    }
    standing
}

fn seen(right: &NeededRight, side: Option<Side>, facts: &Facts) -> Standing {
    let Some(has) = &right.has else {
        let detail = "nothing shows this without using it";
        return Standing::CannotTell(Absence::new(Cause::Unsupported, &*right.id, detail));
    };
    let scope = Scope { facts, here: side };
    let seen = has.run(
        &scope,
        &Locals::default(),
        &Budget::default(),
        &RefCell::default(),
    );
    match seen.map(|seen| seen.value) {
        Ok(FactValue::Bool(false)) => Standing::Lacks(None),
        Ok(FactValue::Absent(why)) => refused(&why),
        Ok(_) => Standing::Has,
        Err(Fault::Absent(why)) => refused(&why),
        Err(fault) => Standing::CannotTell(Absence::new(Cause::Malformed, &*right.id, fault.to_string())),
    }
}

fn refused(why: &Absence) -> Standing {
    if why.cause == Cause::Denied {
        Standing::Lacks(Some(why.clone()))
    } else {
        Standing::CannotTell(why.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{PackFile, PackFiles, PackSource, load};
    use crate::diagnostic::{SourceMap, human};
    use crate::facts::{Observation, Provenance, Record};

    /// The right of a pack whose only fact is `t.a`, of a server, with this expression.
    fn right(has: &str) -> NeededRight {
        let file = |path: &str, text: String| PackFile::new(path, path, text);
        let facts = "facts: [{ fact: t.a, type: { record: { yes: bool, text: text } }, about: a, probes: [{ service: {} }] }]";
        let rights = format!(
            "rights: [{{ id: t/a, about: a, grant: a, protocol: service, over: [rpc], facts: [t.a], {has} }}]"
        );
        let pack = PackFiles {
            folder: "t".to_owned(),
            origin: PackSource::Embedded,
            files: vec![
                file(
                    "pack.yaml",
                    "{ name: t, version: '1', about: a, owns: [t] }".to_owned(),
                ),
                file("facts/a.yaml", facts.to_owned()),
                file("rights.yaml", rights),
            ],
        };
        let mut sources = SourceMap::new();
        let loaded = load(&[pack], &mut sources);
        let told = human(&loaded.diagnostics, &sources, false);
        loaded
            .catalogue
            .unwrap_or_else(|| panic!("{told}"))
            .rights
            .remove(0)
    }

    fn gone(cause: Cause) -> Absence {
        Absence::new(cause, "x", "x")
    }

    fn stands(has: &str, value: Result<FactValue, Absence>) -> &'static str {
        let mut facts = Facts::default();
        let provenance = Provenance {
            probe: String::new(),
            server: String::new(),
            at: jiff::Timestamp::UNIX_EPOCH,
            took_ms: 0,
            tried: Vec::new(),
        };
        facts.insert(
            FactPath::new(Side::Source, "t.a"),
            Observation { value, provenance },
        );
        standing(&right(has), Some(Side::Source), &BTreeSet::new(), &facts).word()
    }

    #[test]
    fn who_was_refused_before_is_not_known_to_lack_what_comes_after() {
        let provenance = Provenance {
            probe: String::new(),
            server: String::new(),
            at: jiff::Timestamp::UNIX_EPOCH,
            took_ms: 0,
            tried: Vec::new(),
        };
        let mut facts = Facts::default();
        for name in ["t.a", "t.b"] {
            let observation = Observation {
                value: Err(gone(Cause::Denied)),
                provenance: provenance.clone(),
            };
            facts.insert(FactPath::new(Side::Source, name), observation);
        }
        let right = right("has: here.t.a");
        let before = |names: &[&str]| {
            names
                .iter()
                .map(|name| FactPath::new(Side::Source, *name))
                .collect()
        };
        let stands = |names: &[&str]| standing(&right, Some(Side::Source), &before(names), &facts).word();
        assert_eq!(
            [stands(&[]), stands(&["t.b"]), stands(&["t.c"])],
            ["lacks", "unknown", "lacks"]
        );
    }

    #[test]
    fn only_a_refusal_or_a_no_shows_that_a_right_is_missing() {
        let record = |yes: FactValue| {
            let fields = [("yes", yes), ("text", FactValue::absent(gone(Cause::NotFound)))];
            let record: Record = fields.into_iter().collect();
            Ok(FactValue::Record(Arc::new(record)))
        };
        let rows = [
            ("has: here.t.a", record(true.into()), "has"),
            ("has: here.t.a.yes", record(true.into()), "has"),
            ("has: here.t.a.yes", record(false.into()), "lacks"),
            ("has: here.t.a.yes", record(FactValue::Nothing), "has"),
            (
                "has: here.t.a.yes",
                record(FactValue::absent(gone(Cause::Denied))),
                "lacks",
            ),
            ("has: here.t.a.text", record(true.into()), "unknown"),
            (
                "has: here.t.a.yes && known(here.t.a.text)",
                record(true.into()),
                "lacks",
            ),
            (
                "has: here.t.a.yes && known(here.t.a.text)",
                Err(gone(Cause::Timeout)),
                "unknown",
            ),
            ("has: here.t.a", Err(gone(Cause::Denied)), "lacks"),
            ("has: here.t.a", Err(gone(Cause::BadCredentials)), "unknown"),
            ("has: here.t.a", Err(gone(Cause::Unreachable)), "unknown"),
            ("guide: [A-4]", record(true.into()), "unknown"),
        ];
        for (has, value, expected) in rows {
            assert_eq!(stands(has, value.clone()), expected, "{has} {value:?}");
        }
    }
}
