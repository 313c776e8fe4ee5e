//! What is done on the day of a switch: runbooks, and their steps.
//!
//! A step is a fix's kin: what it needs, sets and does is told in the same words. No finding asks for it; it belongs to
//! runbooks, for a person may have to decide, and there may be no way back.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Fix, Phrase};
use crate::diagnostic::Span;
use crate::facts::{FactPath, Side};
use crate::predicate::{Expression, FactRef};

/// An ordered list of steps; who orders them is the graph.
#[derive(Clone, Debug)]
pub struct Runbook {
    pub name: Arc<str>,
    pub pack: Arc<str>,
    pub title: String,
    pub about: String,
    pub script: Option<Script>,
    pub span: Span,
}

/// The script that does the steps of a runbook where there is no Standin.
#[derive(Clone, Debug)]
pub struct Script {
    /// Its name without an ending.
    pub name: Arc<str>,
    /// Names by which others call it, endings included.
    pub also: Vec<Arc<str>>,
    /// The server that it runs on.
    pub on: Side,
}

/// One step of one or more runbooks.
#[derive(Clone, Debug)]
pub struct RunbookStep {
    /// What it needs, sets and does, and how that is taken back.
    pub doing: Fix,
    /// The runbooks that it belongs to.
    pub of: Vec<Arc<str>>,
    /// It is one step for each of these, by this name.
    pub each: Option<(Arc<str>, Expression)>,
    /// What a person decides or does.
    pub gate: Option<Gate>,
    pub who: Option<Phrase>,
    /// What is there to see when it has worked.
    pub expect: Phrase,
    /// Why there is no way back behind it.
    pub point_of_no_return: Option<Phrase>,
    /// Why no script does it.
    pub outside: Option<String>,
    /// Nothing goes on unless it works, or the server that it is done on is silent.
    pub fence: bool,
    pub replaces: Option<Replaces>,
}

/// What a person looks at before the step counts as done.
#[derive(Clone, Debug)]
pub struct Gate {
    pub check: Vec<Phrase>,
}

/// The step in the place of which another one stands.
#[derive(Clone, Debug)]
pub struct Replaces {
    pub step: Arc<str>,
    pub because: String,
    pub span: Span,
}

impl RunbookStep {
    pub fn id(&self) -> &Arc<str> {
        &self.doing.id
    }

    /// Whether a person does it, and no program.
    pub fn is_by_hand(&self) -> bool {
        self.doing.actions.is_empty()
    }

    /// The facts that putting it into a runbook looks at.
    pub fn reads(&self) -> BTreeSet<FactPath> {
        let each = self.each.iter().flat_map(|(_, each)| each.facts());
        let checks = self.gate.iter().flat_map(|gate| &gate.check);
        let phrases = checks
            .chain(&self.who)
            .chain(&self.point_of_no_return)
            .chain([&self.expect]);
        let facts: Vec<&FactRef> = each.chain(phrases.flat_map(|phrase| &phrase.facts)).collect();
        let mut paths: BTreeSet<FactPath> = facts.into_iter().filter_map(|fact| fact.path(None)).collect();
        paths.extend(self.doing.reads(None));
        paths
    }
}
