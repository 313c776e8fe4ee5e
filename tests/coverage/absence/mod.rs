//! Unknown is not good and not bad: every fact of the recorded pairs is taken away in turn, for every cause that makes a
//! difference, and whoever read it is unknown, whoever waits for that waits, and everybody else finds what they found.
//!
//! What has to come out is told by [`model`] from what the rules read when everything is there.

mod found;
mod loss;
mod model;

use std::collections::{BTreeMap, BTreeSet};

use standin::catalogue::Rule;
use standin::evaluate::{Finding, Selection, Status, Subject};
use standin::facts::{Cause, FactPath, Facts, Root, Side};
use standin::pipeline;
use standin::predicate::Expression;

use self::found::{Found, verdict};
use self::loss::{Loss, Whole};
use self::model::Model;
use super::scenario::{HEALTHY, Scenario};

/// How the rules that do not ask for absences are foreseen.
struct Models<'w>(BTreeMap<&'w str, Model<'w>>);

impl<'w> Models<'w> {
    fn of(whole: &'w Whole) -> Self {
        let facts = whole.facts();
        let plain = whole
            .rules()
            .filter(|(rule, _)| rule.rollup_of.is_empty() && !rule.judges_absence);
        Self(
            plain
                .map(|(rule, _)| (rule.id.as_ref(), Model::of(rule, &facts)))
                .collect(),
        )
    }

    /// What is not as it has to be without this fact, in what these rules find.
    fn complaints(
        &self,
        whole: &Whole,
        loss: &Loss<'_>,
        found: &Found,
        is_looked_at: &dyn Fn(&str) -> bool,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        for (rule, reads) in whole.rules().filter(|(rule, _)| is_looked_at(&rule.id)) {
            match self.0.get(rule.id.as_ref()) {
                Some(_) if !reads.is_disjoint(&loss.holed) => {
                    wrong.extend(holes_are_unknown(whole, rule, found));
                }
                Some(model) => wrong.extend(as_foreseen(whole, rule, model, loss, found)),
                None if rule.judges_absence => wrong.extend(judges(whole, rule, loss, found)),
                None => wrong.extend(sums_up(rule, found)),
            }
            if rule.rollup_of.is_empty() && !loss.touches(reads) {
                wrong.extend(unharmed(whole, rule, found));
            }
        }
        wrong.extend(told_once(whole, loss, found));
        wrong
    }
}

/// Rules that do not wait for the finding that tells why this fact is missing: what they can say without it counts more.
const TOLD_BESIDE: &[(&str, &str)] = &[
    // On the day of a failover the source is down, and the services that are always needed are asked for all the same.
    ("common/service-missing", "source.service.all"),
];

/// Takes away every fact of a healthy pair in turn, and looks at all rules.
fn every_fact_counts(name: &str) {
    let whole = Whole::of(name);
    let judging = whole
        .rules()
        .map(|(rule, _)| rule)
        .filter(|rule| rule.judges_absence);
    let judged: BTreeSet<FactPath> = judging.flat_map(decides).collect();
    // Why a fact is missing makes a difference only to those who ask for it.
    let causes = |fact: &FactPath| -> &'static [Cause] {
        if judged.contains(fact) {
            &Cause::ALL
        } else {
            &[Cause::Denied, Cause::NotCollected]
        }
    };
    take_away(&whole, &causes, |cause| cause == Cause::Denied);
}

/// The same in a pair that is not well, for the rules that it concerns.
fn every_fact_counts_in_trouble(name: &str) {
    take_away(&Whole::of(name), &|_| &[Cause::Denied], |_| false);
}

fn take_away(
    whole: &Whole,
    causes: &dyn Fn(&FactPath) -> &'static [Cause],
    looks_at_all: impl Fn(Cause) -> bool,
) {
    let models = Models::of(whole);
    let mut wrong = Vec::new();
    for fact in &whole.known() {
        for cause in causes(fact) {
            let loss = whole.lose(fact, *cause);
            let complaints = if looks_at_all(*cause) {
                models.complaints(whole, &loss, &whole.judge(&loss), &|_| true)
            } else {
                let concerned = whole.concerned(&loss);
                let found = whole.judge_concerned(&loss, &concerned);
                models.complaints(whole, &loss, &found, &|rule| concerned.contains(rule))
            };
            wrong.extend(complaints.iter().map(|told| format!("{fact} {cause}: {told}")));
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

/// The facts by which a rule decides; those that only its texts tell are not among them.
fn decides(rule: &Rule) -> Vec<FactPath> {
    let own = rule.lets.iter().map(|(_, value)| value);
    let own = own
        .chain(&rule.when)
        .chain(&rule.expect)
        .flat_map(Expression::facts);
    let heres = [None, Some(Side::Source), Some(Side::Target)];
    own.flat_map(|fact| heres.iter().filter_map(|here| fact.path(*here)))
        .collect()
}

/// A rule that does not ask for absences finds what its model foresees, and tells the true root.
fn as_foreseen(whole: &Whole, rule: &Rule, model: &Model<'_>, loss: &Loss<'_>, found: &Found) -> Vec<String> {
    let foreseen = model.without(&loss.missing, found);
    let found: BTreeMap<&Subject, &Finding> = found.of_rule(&rule.id).map(|f| (&f.subject, f)).collect();
    let mut wrong = Vec::new();
    let subjects: BTreeSet<&Subject> = found.keys().copied().chain(foreseen.keys()).collect();
    for subject in subjects {
        let is = found.get(subject).map(|finding| verdict(finding));
        let wanted = foreseen.get(subject);
        if is.as_ref() != wanted {
            wrong.push(format!("{} {subject}: {is:?}, foreseen {wanted:?}", rule.id));
            continue;
        }
        let before = whole.found.about(&rule.id, subject);
        let why = found.get(subject).and_then(|finding| finding.absence.as_ref());
        if let Some(why) = why.filter(|_| before.is_none_or(|before| before.absence.is_none()))
            && (*why.root != *loss.fact.to_string() || why.cause != loss.cause)
        {
            wrong.push(format!(
                "{} {subject}: rooted in {} {}",
                rule.id, why.cause, why.root
            ));
        }
    }
    wrong
}

/// Where a collection has holes, a finding is unknown or as it was.
fn holes_are_unknown(whole: &Whole, rule: &Rule, found: &Found) -> Vec<String> {
    let is_wrong = |after: &&Finding| {
        let was = whole
            .found
            .about(&rule.id, &after.subject)
            .map(|before| before.status);
        after.status != Status::Unknown && Some(after.status) != was
    };
    let wrong = found.of_rule(&rule.id).filter(is_wrong);
    wrong
        .map(|after| {
            format!(
                "{} {}: {} for want of records",
                rule.id, after.subject, after.status
            )
        })
        .collect()
}

/// A rule that asks for absences says "good" of what it read only if somebody tells the absence.
fn judges(whole: &Whole, rule: &Rule, loss: &Loss<'_>, found: &Found) -> Vec<String> {
    let read = |after: &Finding| {
        let before = whole.found.about(&rule.id, &after.subject);
        before.is_some_and(|before| {
            before
                .evidence
                .iter()
                .any(|e| loss.missing.contains(&e.place.fact))
        })
    };
    let good: Vec<&Finding> = found
        .of_rule(&rule.id)
        .filter(|after| after.status == Status::Good && read(after))
        .collect();
    if good.is_empty() || newly_bad(whole, found).count() + found.roots(&loss.fact.to_string()) > 0 {
        return Vec::new();
    }
    let silent = good.iter();
    silent
        .map(|after| format!("{} {}: good, and nobody tells", rule.id, after.subject))
        .collect()
}

/// The findings that are bad and were not.
fn newly_bad<'f>(whole: &'f Whole, found: &'f Found) -> impl Iterator<Item = &'f Finding> {
    let was_bad = |finding: &Finding| {
        let before = whole.found.about(&finding.rule, &finding.subject);
        before.is_some_and(|before| before.status.is_bad() || before.waived.is_some())
    };
    found
        .iter()
        .filter(move |finding| finding.status.is_bad() && !finding.is_rollup && !was_bad(finding))
}

/// A rule that sums up others is as bad as they are, else as unknown.
fn sums_up(rule: &Rule, found: &Found) -> Vec<String> {
    let any = |wanted: &dyn Fn(Status) -> bool| {
        let mut children = rule.rollup_of.iter().flat_map(|child| found.of_rule(child));
        children.any(|child| wanted(child.status))
    };
    let wanted = if any(&Status::is_bad) {
        Status::from(rule.worst())
    } else if any(&|status| status == Status::Unknown) {
        Status::Unknown
    } else if any(&|status| status == Status::Good) {
        Status::Good
    } else {
        Status::NotApplicable
    };
    let wrong = found.of_rule(&rule.id).filter(|finding| finding.status != wanted);
    wrong
        .map(|finding| format!("{}: {}, foreseen {wanted}", rule.id, finding.status))
        .collect()
}

/// A rule that reads nothing of what is missing says the same, word for word, if it does not have to wait.
fn unharmed(whole: &Whole, rule: &Rule, found: &Found) -> Vec<String> {
    let is_other = |after: &&Finding| {
        after.because.is_none() && whole.found.about(&rule.id, &after.subject) != Some(after)
    };
    let differ = found.of_rule(&rule.id).filter(is_other);
    differ
        .map(|after| format!("{} {}: differs, and reads nothing of it", rule.id, after.subject))
        .collect()
}

/// What is missing is told once to those who read it: by one bad finding, or as one root of what is unknown.
///
/// A rule that judges record by record tells it of each. What is made of it is not known then, beside a bad finding.
fn told_once(whole: &Whole, loss: &Loss<'_>, found: &Found) -> Option<String> {
    let bad: BTreeSet<&str> = newly_bad(whole, found)
        .map(|finding| finding.rule.as_ref())
        .collect();
    let root = loss.fact.to_string();
    let mut speaking = found.iter().filter(|after| {
        let before = whole.found.about(&after.rule, &after.subject);
        // What says that it does not apply has nothing to tell.
        after.status != Status::NotApplicable
            // Nor has what waits for another rule: that one has it.
            && (after.status != Status::Unknown || after.absence.is_some())
            && before
                .is_none_or(|before| verdict(before) != verdict(after) || before.absence != after.absence)
    });
    let has_root = |after: &Finding| after.absence.as_ref().is_some_and(|why| *why.root == *root);
    let reads_it = |after: &Finding| {
        let mut rules = whole.rules();
        let own = rules.find(|(rule, _)| rule.id == after.rule);
        own.is_some_and(|(_, reads)| reads.contains(loss.fact))
            && !TOLD_BESIDE.contains(&(&*after.rule, &*root))
    };
    let changed = speaking.next().is_some();
    let mut unknown = found.iter().filter(|after| has_root(after));
    let told = bad.len() + usize::from(unknown.any(|after| bad.is_empty() || reads_it(after)));
    (told != usize::from(changed)).then(|| format!("told {told} times, by {bad:?}"))
}

#[test]
fn exchange_healthy() {
    every_fact_counts("exchange-healthy");
}

#[test]
fn exchange_clustered() {
    every_fact_counts("exchange-clustered");
}

#[test]
fn exchange_broken() {
    every_fact_counts_in_trouble("exchange-broken");
}

#[test]
fn exchange_half_dead() {
    every_fact_counts_in_trouble("exchange-half-dead");
}

#[test]
fn exchange_identity() {
    every_fact_counts_in_trouble("exchange-identity");
}

#[test]
fn sql_healthy() {
    every_fact_counts("sql-healthy");
}

#[test]
fn sql_database_mode() {
    every_fact_counts("sql-database-mode");
}

#[test]
fn sql_broken() {
    every_fact_counts_in_trouble("sql-broken");
}

#[test]
fn sql_half_dead() {
    every_fact_counts_in_trouble("sql-half-dead");
}

#[test]
fn without_any_fact_nothing_is_good_but_what_the_pair_file_says() {
    for name in HEALTHY {
        let Scenario {
            opened,
            snapshot: mut nothing,
            ..
        } = Scenario::open(name);
        nothing.facts = Facts::default();
        let answer = pipeline::judge(&opened, &nothing, &Selection::default(), nothing.taken_at).unwrap();
        for finding in &answer.judged.findings {
            let from_pair = finding.evidence.iter().all(|e| {
                let said = matches!(e.place.fact.root, Root::Setting | Root::Param);
                said || matches!(&*e.place.fact.name, "name" | "address" | "side" | "domain")
            });
            let silent = matches!(finding.status, Status::Unknown | Status::NotApplicable);
            assert!(
                silent || from_pair,
                "{name}: {} {} is {} without facts",
                finding.rule,
                finding.subject,
                finding.status
            );
        }
        assert!(answer.summary.unknown > 0);
    }
}
