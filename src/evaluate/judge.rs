//! Judges every rule for every subject.

use std::sync::Arc;

use super::case::{Case, Outcome, Verdict, absence, blank, names_of};
use super::finding::{Because, Finding, Status, Subject, SubjectRoot};
use super::found::Found;
use super::subjects::{Candidate, candidates};
use super::{Selection, waive};
use crate::catalogue::{Catalogue, RequiredSide, Rule, rule_order};
use crate::facts::{Facts, Side};
use crate::pair::Waiver;
use crate::predicate::{Budget, Fault, Locals, Scope};

/// All findings, in the order of the catalogue's rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    pub findings: Vec<Finding>,
    /// The waivers that covered nothing, by their place in the pair file.
    pub unused_waivers: Vec<usize>,
}

/// Judges the selected rules, and those that they rest on, by these facts.
///
/// Returns `Err` with the rule's id when an expression does more work than its budget allows.
pub fn judge(
    catalogue: &Catalogue,
    facts: &Facts,
    selection: &Selection,
    waivers: &[Waiver],
    today: jiff::civil::Date,
) -> Result<Judged, Arc<str>> {
    let asked = asked(catalogue, selection);
    let needed = with_foundations(catalogue, &asked);
    let mut judging = Judging::new(catalogue, facts, waive::Waivers::new(waivers, today));
    for place in rule_order(catalogue).unwrap_or_default() {
        if needed[place] {
            let rule = &catalogue.rules[place];
            let findings = judging.rule(rule).map_err(|()| rule.id.clone())?;
            judging.found[place] = Some(findings);
        }
    }
    let unused_waivers = judging.waivers.unused();
    let shown = judging.found.into_iter().zip(asked);
    let findings = shown
        .filter_map(|(found, asked)| found.filter(|_| asked))
        .flat_map(Found::into_vec)
        .collect();
    Ok(Judged {
        findings,
        unused_waivers,
    })
}

/// The selected rules, and those that they rest on.
pub fn selected<'a>(catalogue: &'a Catalogue, selection: &Selection) -> Vec<&'a Rule> {
    let asked = asked(catalogue, selection);
    let needed = with_foundations(catalogue, &asked);
    let rules = catalogue.rules.iter().zip(needed);
    rules
        .filter_map(|(rule, needed)| needed.then_some(rule))
        .collect()
}

/// Judges one rule by itself, as if everything that it requires were good; `Err` with its id when it is out of budget.
pub fn judge_alone(catalogue: &Catalogue, rule: &Rule, facts: &Facts) -> Result<Vec<Finding>, Arc<str>> {
    let waivers = waive::Waivers::new(&[], jiff::civil::Date::ZERO);
    let found = Judging::new(catalogue, facts, waivers)
        .rule(rule)
        .map_err(|()| rule.id.clone())?;
    Ok(found.into_vec())
}

/// The rules that the selection takes; a roll-up counts for nothing itself, so it brings what it sums up.
fn asked(catalogue: &Catalogue, selection: &Selection) -> Vec<bool> {
    let mut asked: Vec<bool> = catalogue.rules.iter().map(|rule| selection.takes(rule)).collect();
    let mut queue: Vec<usize> = (0..asked.len()).filter(|place| asked[*place]).collect();
    while let Some(place) = queue.pop() {
        for child in &catalogue.rules[place].rollup_of {
            let Some(child) = catalogue.rules.place(child) else {
                continue;
            };
            if !asked[child] && !selection.skips(&catalogue.rules[child]) {
                asked[child] = true;
                queue.push(child);
            }
        }
    }
    asked
}

/// The asked rules and those whose findings they look at.
fn with_foundations(catalogue: &Catalogue, asked: &[bool]) -> Vec<bool> {
    let mut needed = vec![false; asked.len()];
    let mut queue: Vec<usize> = (0..asked.len()).filter(|place| asked[*place]).collect();
    while let Some(place) = queue.pop() {
        if !std::mem::replace(&mut needed[place], true) {
            let rule = &catalogue.rules[place];
            let ids = rule.requires.iter().map(|r| &r.rule).chain(&rule.rollup_of);
            queue.extend(ids.filter_map(|id| catalogue.rules.place(id)));
        }
    }
    needed
}

struct Judging<'a> {
    catalogue: &'a Catalogue,
    facts: &'a Facts,
    /// By the rules' places in the catalogue.
    found: Vec<Option<Found>>,
    waivers: waive::Waivers<'a>,
}

impl<'a> Judging<'a> {
    fn new(catalogue: &'a Catalogue, facts: &'a Facts, waivers: waive::Waivers<'a>) -> Self {
        let found = catalogue.rules.iter().map(|_| None).collect();
        Self {
            catalogue,
            facts,
            found,
            waivers,
        }
    }

    /// What was found by a rule that was judged before.
    fn found(&self, rule: &str) -> Option<&Found> {
        self.found[self.catalogue.rules.place(rule)?].as_ref()
    }

    /// The findings of one rule; `Err` when an expression is out of budget.
    fn rule(&self, rule: &Rule) -> Result<Found, ()> {
        if !rule.rollup_of.is_empty() {
            return Ok(Found::of(vec![self.rollup(rule)?]));
        }
        let budget = Budget::default();
        let mut findings = Vec::new();
        for candidate in candidates(rule, self.facts, &budget) {
            let mut finding = self.candidate(rule, candidate, &budget)?;
            self.waivers.cover(&mut finding);
            findings.push(finding);
        }
        if findings.is_empty() {
            let side = crate::catalogue::subject_sides(rule).first().copied();
            let root = side.map_or(SubjectRoot::Pair, SubjectRoot::Of);
            let mut finding = blank(rule, Subject::of(root), Status::NotApplicable);
            "nothing to check".clone_into(&mut finding.message);
            findings.push(finding);
        }
        Ok(Found::of(findings))
    }

    fn candidate(&self, rule: &Rule, candidate: Candidate, budget: &Budget) -> Result<Finding, ()> {
        budget.spend(1 + rule.requires.len() as u64).map_err(|_| ())?;
        let scope = Scope {
            facts: self.facts,
            here: candidate.here,
        };
        let bound = match candidate.bound {
            Ok(bound) => bound,
            Err(Fault::Budget) => return Err(()),
            Err(fault) => {
                let locals = Locals(vec![Err(fault.clone()); names_of(rule).len()]);
                let case = Case::new(rule, scope, locals, budget);
                // What need not be looked at is not unknown: a `when` without the item may rule it out.
                let outcome = match (case.all(&rule.when)?, self.blocked(rule, &candidate.subject)) {
                    (Verdict::No, _) => Outcome::Status(Status::NotApplicable),
                    (_, Some(because)) => Outcome::Blocked(because),
                    (_, None) => Outcome::Unknown(absence(rule, fault)),
                };
                return case.finding(self.catalogue, candidate.subject, outcome);
            }
        };
        let mut case = Case::new(rule, scope, Locals(bound), budget);
        case.bind_lets();
        let outcome = self.outcome(&case, &candidate.subject)?;
        case.finding(self.catalogue, candidate.subject, outcome)
    }

    fn outcome(&self, case: &Case<'_>, subject: &Subject) -> Result<Outcome, ()> {
        let applies = case.all(&case.rule.when)?;
        if matches!(applies, Verdict::No) {
            return Ok(Outcome::Status(Status::NotApplicable));
        }
        if let Some(because) = self.blocked(case.rule, subject) {
            return Ok(Outcome::Blocked(because));
        }
        if let Verdict::Unknown(why) = applies {
            return Ok(Outcome::Unknown(why));
        }
        match case.all(&case.rule.expect)? {
            Verdict::Yes => Ok(Outcome::Status(Status::Good)),
            Verdict::Unknown(why) => Ok(Outcome::Unknown(why)),
            Verdict::No => case.severity(),
        }
    }

    /// The first finding that the rule requires to be good and that is not.
    fn blocked(&self, rule: &Rule, subject: &Subject) -> Option<Because> {
        for requirement in &rule.requires {
            let Some(found) = self.found(&requirement.rule) else {
                continue;
            };
            for wanted in required_subjects(subject, requirement.side) {
                let blocking = found
                    .about(&wanted)
                    .find(|f| !matches!(f.status, Status::Good | Status::NotApplicable));
                if let Some(finding) = blocking {
                    // The root of a chain is what a person mends.
                    return Some(finding.because.clone().unwrap_or_else(|| Because {
                        rule: finding.rule.clone(),
                        subject: finding.subject.clone(),
                        status: finding.status,
                    }));
                }
            }
        }
        None
    }

    /// Bad when a child is, else unknown when one is; waived children do not count.
    fn rollup(&self, rule: &Rule) -> Result<Finding, ()> {
        let children = || {
            rule.rollup_of
                .iter()
                .filter_map(|id| self.found(id))
                .flat_map(Found::iter)
        };
        let any = |wanted: fn(&Finding) -> bool| children().any(wanted);
        let status = if any(|f| f.status.is_bad()) {
            Status::from(rule.worst())
        } else if any(|f| f.status == Status::Unknown) {
            Status::Unknown
        } else if any(|f| f.status == Status::Good) {
            Status::Good
        } else {
            Status::NotApplicable
        };
        let mut finding = blank(rule, Subject::of(SubjectRoot::Pair), status);
        finding.absence = children()
            .find(|f| f.status == Status::Unknown)
            .and_then(|f| f.absence.clone());
        finding.child_fixable = children().any(|f| f.status.is_bad() && f.fixable() == super::Fixable::Yes);
        finding.is_rollup = true;
        let budget = Budget::default();
        let scope = Scope {
            facts: self.facts,
            here: None,
        };
        Case::new(rule, scope, Locals::default(), &budget).speak(self.catalogue, &mut finding)?;
        Ok(finding)
    }
}

fn required_subjects(subject: &Subject, side: RequiredSide) -> Vec<Subject> {
    let on = |side: Side| Subject {
        root: SubjectRoot::Of(side),
        key: subject.key.clone(),
    };
    match side {
        RequiredSide::Same => vec![subject.clone()],
        RequiredSide::One(side) => vec![on(side)],
        RequiredSide::Both => Side::BOTH.map(on).to_vec(),
    }
}
