//! Judges every rule for every subject.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::finding::{Because, Finding, OfferedFix, Status, Subject, SubjectRoot};
use super::subjects::{Candidate, candidates};
use super::{Evidence, Selection, waive};
use crate::catalogue::{Catalogue, FixUse, PhraseScope, RequiredSide, Rule, rule_order};
use crate::facts::{Absence, Cause, FactValue, Facts, Side};
use crate::pair::Waiver;
use crate::predicate::{Budget, Expression, FactRead, Fault, Locals, Scope, Seen};

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
    let asked: BTreeSet<&str> = catalogue
        .rules
        .iter()
        .filter(|r| selection.takes(r))
        .map(|r| r.id.as_ref())
        .collect();
    let needed = with_foundations(catalogue, &asked);
    let mut judging = Judging {
        catalogue,
        facts,
        found: BTreeMap::new(),
        waivers: waive::Waivers::new(waivers, today),
    };
    let order = rule_order(catalogue).unwrap_or_default();
    for place in order {
        let rule = &catalogue.rules[place];
        if needed.contains(rule.id.as_ref()) {
            let findings = judging.rule(rule).map_err(|()| rule.id.clone())?;
            judging.found.insert(rule.id.clone(), findings);
        }
    }
    let unused_waivers = judging.waivers.unused();
    let mut found = judging.found;
    let shown = catalogue
        .rules
        .iter()
        .filter(|rule| asked.contains(rule.id.as_ref()));
    let findings = shown
        .flat_map(|rule| found.remove(&rule.id).unwrap_or_default().into_values())
        .collect();
    Ok(Judged {
        findings,
        unused_waivers,
    })
}

/// The selected rules, and those that they rest on.
pub fn selected<'a>(catalogue: &'a Catalogue, selection: &Selection) -> Vec<&'a Rule> {
    let asked = catalogue
        .rules
        .iter()
        .filter(|r| selection.takes(r))
        .map(|r| r.id.as_ref())
        .collect();
    let needed = with_foundations(catalogue, &asked);
    catalogue
        .rules
        .iter()
        .filter(|rule| needed.contains(rule.id.as_ref()))
        .collect()
}

/// Judges one rule by itself, as if everything that it requires were good; `Err` when it is out of budget.
pub(super) fn judge_alone(catalogue: &Catalogue, rule: &Rule, facts: &Facts) -> Result<Vec<Finding>, ()> {
    let mut judging = Judging {
        catalogue,
        facts,
        found: BTreeMap::new(),
        waivers: waive::Waivers::new(&[], jiff::civil::Date::ZERO),
    };
    Ok(judging.rule(rule)?.into_values().collect())
}

/// The asked rules and those whose findings they look at.
fn with_foundations<'a>(catalogue: &'a Catalogue, asked: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let mut needed: BTreeSet<&str> = BTreeSet::new();
    let mut queue: Vec<&str> = asked.iter().copied().collect();
    while let Some(id) = queue.pop() {
        if needed.insert(id)
            && let Some(rule) = catalogue.rule(id)
        {
            queue.extend(
                rule.requires
                    .iter()
                    .map(|r| r.rule.as_ref())
                    .chain(rule.rollup_of.iter().map(AsRef::as_ref)),
            );
        }
    }
    needed
}

type Found = BTreeMap<Subject, Finding>;

struct Judging<'a> {
    catalogue: &'a Catalogue,
    facts: &'a Facts,
    found: BTreeMap<Arc<str>, Found>,
    waivers: waive::Waivers<'a>,
}

/// What a list of conditions says.
enum Verdict {
    Yes,
    No,
    Unknown(Absence),
}

/// One subject of one rule while it is judged.
struct Case<'a> {
    rule: &'a Rule,
    scope: Scope<'a>,
    locals: Locals,
    budget: &'a Budget,
    reads: RefCell<Vec<FactRead>>,
}

impl Judging<'_> {
    /// The findings of one rule; `Err` when an expression is out of budget.
    fn rule(&mut self, rule: &Rule) -> Result<Found, ()> {
        if !rule.rollup_of.is_empty() {
            let finding = self.rollup(rule);
            return Ok([(finding.subject.clone(), finding)].into());
        }
        let budget = Budget::default();
        let mut found = Found::new();
        for candidate in candidates(rule, self.facts, &budget) {
            let mut finding = self.candidate(rule, candidate, &budget)?;
            self.waivers.cover(&mut finding);
            found.insert(finding.subject.clone(), finding);
        }
        if found.is_empty() {
            let root = crate::catalogue::subject_sides(rule)
                .first()
                .map_or(SubjectRoot::Pair, |s| SubjectRoot::Of(*s));
            let mut finding = blank(rule, Subject::of(root), Status::NotApplicable);
            "nothing to check".clone_into(&mut finding.message);
            found.insert(finding.subject.clone(), finding);
        }
        Ok(found)
    }

    fn candidate(&self, rule: &Rule, candidate: Candidate, budget: &Budget) -> Result<Finding, ()> {
        let scope = Scope {
            facts: self.facts,
            here: candidate.here,
        };
        let bound = match candidate.bound {
            Ok(bound) => bound,
            Err(Fault::Budget) => return Err(()),
            Err(fault) => {
                let outcome = match self.blocked(rule, &candidate.subject) {
                    Some(because) => Outcome::Blocked(because),
                    None => Outcome::Unknown(absence(rule, fault.clone())),
                };
                let locals = Locals(vec![Err(fault); names_of(rule).len()]);
                let case = Case {
                    rule,
                    scope,
                    locals,
                    budget,
                    reads: RefCell::default(),
                };
                return case.finding(self.catalogue, candidate.subject, outcome);
            }
        };
        let mut case = Case {
            rule,
            scope,
            locals: Locals(bound),
            budget,
            reads: RefCell::default(),
        };
        case.bind_lets();
        let outcome = self.outcome(&case, &candidate.subject)?;
        case.finding(self.catalogue, candidate.subject, outcome)
    }

    fn outcome(&self, case: &Case<'_>, subject: &Subject) -> Result<Outcome, ()> {
        match case.all(&case.rule.when)? {
            Verdict::No => return Ok(Outcome::Status(Status::NotApplicable)),
            Verdict::Unknown(why) => return Ok(Outcome::Unknown(why)),
            Verdict::Yes => {}
        }
        if let Some(because) = self.blocked(case.rule, subject) {
            return Ok(Outcome::Blocked(because));
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
            let Some(found) = self.found.get(&requirement.rule) else {
                continue;
            };
            for wanted in required_subjects(subject, requirement.side) {
                let blocking = wanted
                    .prefixes()
                    .chain([Subject::of(SubjectRoot::Pair)])
                    .filter_map(|s| found.get(&s))
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
    fn rollup(&self, rule: &Rule) -> Finding {
        let children = || {
            rule.rollup_of
                .iter()
                .filter_map(|id| self.found.get(id))
                .flat_map(BTreeMap::values)
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
        Case {
            rule,
            scope,
            locals: Locals::default(),
            budget: &budget,
            reads: RefCell::default(),
        }
        .speak(self.catalogue, &mut finding);
        finding
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

enum Outcome {
    Status(Status),
    Unknown(Absence),
    Blocked(Because),
}

impl Case<'_> {
    fn run(&self, expression: &Expression) -> Result<Seen, Fault> {
        expression.run(&self.scope, &self.locals, self.budget, &self.reads)
    }

    fn bind_lets(&mut self) {
        for (_, expression) in &self.rule.lets {
            let value = self.run(expression);
            self.locals.0.push(value);
        }
    }

    /// All of the conditions: false if any is false, else unknown if any is unknown, whatever the order.
    fn all(&self, conditions: &[Expression]) -> Result<Verdict, ()> {
        let mut unknown = None;
        let mut no = false;
        for condition in conditions {
            match self.run(condition) {
                Ok(Seen {
                    value: FactValue::Bool(true),
                    ..
                }) => {}
                Ok(Seen {
                    value: FactValue::Bool(false),
                    ..
                }) => no = true,
                Ok(other) => {
                    let fault = Fault::Malformed {
                        at: crate::predicate::At { line: 1, column: 1 },
                        message: format!("yes or no is wanted, this is a {}", other.value.kind()),
                    };
                    unknown = unknown.or(Some(absence(self.rule, fault)));
                }
                Err(Fault::Budget) => return Err(()),
                Err(fault) => unknown = unknown.or(Some(absence(self.rule, fault))),
            }
        }
        Ok(match (no, unknown) {
            (true, _) => Verdict::No,
            (false, Some(why)) => Verdict::Unknown(why),
            (false, None) => Verdict::Yes,
        })
    }

    fn severity(&self) -> Result<Outcome, ()> {
        for (when, severity) in &self.rule.severity {
            match when {
                None => return Ok(Outcome::Status((*severity).into())),
                Some(when) => match self.all(std::slice::from_ref(when))? {
                    Verdict::Yes => return Ok(Outcome::Status((*severity).into())),
                    Verdict::No => {}
                    Verdict::Unknown(why) => return Ok(Outcome::Unknown(why)),
                },
            }
        }
        Ok(Outcome::Status(Status::Good))
    }

    fn finding(self, catalogue: &Catalogue, subject: Subject, outcome: Outcome) -> Result<Finding, ()> {
        let status = match &outcome {
            Outcome::Status(status) => *status,
            Outcome::Unknown(_) | Outcome::Blocked(_) => Status::Unknown,
        };
        let mut finding = blank(self.rule, subject, status);
        // What only the fix would be given is no evidence of the finding.
        finding.evidence = Evidence::of(self.reads.take());
        if status.is_bad() {
            finding.fix = self.offered_fix(catalogue)?;
        }
        match outcome {
            Outcome::Status(_) => {}
            Outcome::Unknown(why) => finding.absence = Some(why),
            Outcome::Blocked(because) => finding.because = Some(because),
        }
        self.speak(catalogue, &mut finding);
        Ok(finding)
    }

    /// The first fix whose condition holds; one that is not known to hold is not offered.
    fn offered_fix(&self, catalogue: &Catalogue) -> Result<Option<OfferedFix>, ()> {
        for used in &self.rule.fix {
            let holds = match &used.when {
                None => true,
                Some(when) => matches!(self.all(std::slice::from_ref(when))?, Verdict::Yes),
            };
            if holds {
                return Ok(catalogue.fixes.get(&used.fix).map(|fix| OfferedFix {
                    fix: fix.id.clone(),
                    safety: fix.safety,
                    inputs: self.inputs(used),
                }));
            }
        }
        Ok(None)
    }

    fn inputs(&self, used: &FixUse) -> Vec<(Arc<str>, Result<FactValue, Absence>)> {
        let value = |e: &Expression| {
            self.run(e)
                .map(|seen| seen.value)
                .map_err(|fault| absence(self.rule, fault))
        };
        used.with
            .iter()
            .map(|(name, expression)| (name.clone(), value(expression)))
            .collect()
    }

    /// Fills in what the finding says.
    fn speak(&self, catalogue: &Catalogue, finding: &mut Finding) {
        let names = names_of(self.rule);
        let scope = PhraseScope {
            schema: &catalogue.schema,
            scope: self.scope,
            names: &names,
            locals: &self.locals,
        };
        let say = |phrase: &crate::catalogue::Phrase| match phrase.render(&scope) {
            Ok(text) => one_line(&text),
            Err(error) => format!("({error})"),
        };
        finding.message = match (finding.status, &finding.absence, &finding.because) {
            // A title names the problem, so that alone it would say the opposite of what is so.
            (Status::Good, ..) => format!("ruled out: {}", self.rule.title),
            (Status::NotApplicable, ..) => format!("does not apply: {}", self.rule.title),
            (Status::Unknown, _, Some(because)) => {
                format!("{}: not judged because of {}", self.rule.title, because.rule)
            }
            (Status::Unknown, Some(why), None) => format!("{}: {why}", self.rule.title),
            _ => say(&self.rule.message),
        };
        if finding.status.is_bad() || finding.status == Status::Unknown {
            finding.why = say(&self.rule.why);
            finding.remedy = say(&self.rule.remedy);
        }
    }
}

/// Folded text of YAML as one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The names of a rule's expressions, in the order of their places.
fn names_of(rule: &Rule) -> Vec<&str> {
    let mut names = Vec::new();
    if rule.locals.item {
        names.push("item");
    }
    if rule.locals.twin {
        names.push("twin");
    }
    names.extend(rule.lets.iter().map(|(name, _)| name.as_ref()));
    names
}

/// Why a rule could not be judged; a fault of the expression itself names the rule.
fn absence(rule: &Rule, fault: Fault) -> Absence {
    match fault {
        Fault::Absent(why) => why,
        other => Absence::new(
            Cause::Malformed,
            rule.id.clone(),
            format!("rule {}: {other}", rule.id),
        ),
    }
}

fn blank(rule: &Rule, subject: Subject, status: Status) -> Finding {
    Finding {
        rule: rule.id.clone(),
        guide: rule.guide.rows(subject.root.side()),
        section: rule.section.clone(),
        subject,
        status,
        message: rule.title.clone(),
        why: String::new(),
        remedy: String::new(),
        evidence: Vec::new(),
        absence: None,
        because: None,
        waived: None,
        fix: None,
        is_rollup: false,
        child_fixable: false,
    }
}
