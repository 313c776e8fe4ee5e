//! One subject of one rule: what its conditions say, and the finding that comes of it.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::Evidence;
use super::finding::{Because, Finding, Given, OfferedFix, Status, Subject};
use crate::catalogue::{Catalogue, Fix, FixUse, Input, PhraseScope, Rule};
use crate::facts::{Absence, Cause, FactValue};
use crate::predicate::{Budget, Expression, FactRead, Fault, Locals, Scope, Seen};

/// What a list of conditions says.
pub(super) enum Verdict {
    Yes,
    No,
    Unknown(Absence),
}

/// One subject of one rule while it is judged.
pub(super) struct Case<'a> {
    pub(super) rule: &'a Rule,
    scope: Scope<'a>,
    locals: Locals,
    budget: &'a Budget,
    reads: RefCell<Vec<FactRead>>,
}

/// What is found about the subject.
pub(super) enum Outcome {
    Status(Status),
    Unknown(Absence),
    Blocked(Because),
}

impl<'a> Case<'a> {
    pub(super) fn new(rule: &'a Rule, scope: Scope<'a>, locals: Locals, budget: &'a Budget) -> Self {
        budget.renew();
        Self {
            rule,
            scope,
            locals,
            budget,
            reads: RefCell::default(),
        }
    }

    fn run(&self, expression: &Expression) -> Result<Seen, Fault> {
        expression.run(&self.scope, &self.locals, self.budget, &self.reads)
    }

    pub(super) fn bind_lets(&mut self) {
        for (_, expression) in &self.rule.lets {
            let value = self.run(expression);
            self.locals.0.push(value);
        }
    }

    /// All of the conditions: false if any is false, else unknown if any is unknown, whatever the order.
    pub(super) fn all(&self, conditions: &[Expression]) -> Result<Verdict, ()> {
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

    pub(super) fn severity(&self) -> Result<Outcome, ()> {
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

    pub(super) fn finding(
        self,
        catalogue: &Catalogue,
        subject: Subject,
        outcome: Outcome,
    ) -> Result<Finding, ()> {
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
        self.speak(catalogue, &mut finding)?;
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
                    here: self.scope.here,
                    inputs: self.inputs(fix, used),
                }));
            }
        }
        Ok(None)
    }

    fn inputs(&self, fix: &Fix, used: &FixUse) -> Vec<(Arc<str>, Result<Given, Absence>)> {
        let given = |name: &str, expression: &Expression| {
            let seen = self.run(expression).map_err(|fault| absence(self.rule, fault))?;
            match (fix.inputs.get(name), seen.trail) {
                (Some(Input::Place), Some(place)) => Ok(Given::Place(place)),
                (Some(Input::Place), None) => {
                    let detail = format!("rule {}: `{name}` was not read from a place", self.rule.id);
                    Err(Absence::new(Cause::Malformed, self.rule.id.clone(), detail))
                }
                _ => Ok(Given::Value(seen.value)),
            }
        };
        used.with
            .iter()
            .map(|(name, expression)| (name.clone(), given(name, expression)))
            .collect()
    }

    /// Fills in what the finding says; what is well needs no more than it has.
    ///
    /// The words are part of the rule's budget: their number times that of the subjects could be any.
    pub(super) fn speak(&self, catalogue: &Catalogue, finding: &mut Finding) -> Result<(), ()> {
        let title = &self.rule.title;
        if matches!(finding.status, Status::Good | Status::NotApplicable) {
            return Ok(());
        }
        let names = names_of(self.rule);
        let scope = PhraseScope {
            schema: &catalogue.schema,
            scope: self.scope,
            names: &names,
            locals: &self.locals,
        };
        let work = Cell::new(0);
        let say = |phrase: &crate::catalogue::Phrase| phrase.say(&scope, &work);
        finding.message = match (finding.status, &finding.absence, &finding.because) {
            (Status::Unknown, _, Some(because)) => {
                format!("{title}: not judged because of {}", because.rule)
            }
            (Status::Unknown, Some(why), None) => format!("{title}: {why}"),
            _ => say(&self.rule.message).to_string(),
        };
        finding.why = say(&self.rule.why);
        finding.remedy = say(&self.rule.remedy);
        let own = |phrase: &crate::catalogue::Phrase, said: &str| match phrase.constant {
            Some(_) => 0,
            None => said.len(),
        };
        let words = finding.message.len()
            + own(&self.rule.why, &finding.why)
            + own(&self.rule.remedy, &finding.remedy);
        let paid = self.budget.spend(work.get());
        paid.and_then(|()| self.budget.say(words)).map_err(|_| ())
    }
}

/// The names of a rule's expressions, in the order of their places.
pub(super) fn names_of(rule: &Rule) -> Vec<&str> {
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
pub(super) fn absence(rule: &Rule, fault: Fault) -> Absence {
    match fault {
        Fault::Absent(why) => why,
        other => Absence::new(
            Cause::Malformed,
            rule.id.clone(),
            format!("rule {}: {other}", rule.id),
        ),
    }
}

pub(super) fn blank(rule: &Rule, subject: Subject, status: Status) -> Finding {
    // A title names the problem, so that alone it would say the opposite of what is so.
    let message = match status {
        Status::Good => format!("ruled out: {}", rule.title),
        Status::NotApplicable => format!("does not apply: {}", rule.title),
        _ => String::new(),
    };
    Finding {
        rule: rule.id.clone(),
        guide: rule.guide.rows(subject.root.side()),
        section: rule.section.clone(),
        subject,
        status,
        message,
        why: Arc::default(),
        remedy: Arc::default(),
        evidence: Vec::new(),
        absence: None,
        because: None,
        waived: None,
        fix: None,
        is_rollup: false,
        child_fixable: false,
    }
}
