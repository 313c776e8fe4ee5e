//! Who knows less never says more: a finding with one thing less known is as it was, or unknown.
//!
//! It could not be so if a rule took something absent for a value: with another value in that place it would have said
//! the same, and so it says something that it does not know. Rules that ask for absences are left out; theirs are looked
//! at in [`super::absence`].

mod functions;
mod lesser;
mod values;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use standin::catalogue::{Example, Rule, reads_of_rule};
use standin::diagnostic::Diagnostics;
use standin::evaluate::{Finding, Status, Subject, judge_alone};
use standin::facts::{Absence, Cause, FactPath, FactType, FactValue, Facts, Observation, Provenance};

use self::lesser::{losses, without};
use super::shipped::catalogue;

/// A rule that does not ask for absences, and the facts of one of its examples.
struct Sample {
    rule: &'static Rule,
    name: String,
    facts: Facts,
}

impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.rule.id, self.name)
    }
}

/// Every example of every such rule.
fn samples() -> &'static [Sample] {
    static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
        let rules = catalogue().rules.iter().filter(|rule| !rule.judges_absence);
        let samples = rules.flat_map(|rule| {
            let mut sink = Diagnostics::new();
            let examples = rule.examples.iter();
            let examples = examples.map(|node| Example::decode(node, catalogue(), &mut sink).unwrap());
            let sample = |example: Example| Sample {
                rule,
                name: example.name,
                facts: example.facts,
            };
            examples.map(sample).collect::<Vec<_>>()
        });
        samples.collect()
    });
    &SAMPLES
}

fn judge(rule: &Rule, facts: &Facts) -> Vec<Finding> {
    judge_alone(catalogue(), rule, facts).unwrap()
}

/// The facts with another value for one of them.
fn with(facts: &Facts, path: &FactPath, value: FactValue) -> Facts {
    let mut facts = facts.clone();
    let provenance = Provenance {
        probe: "test".to_owned(),
        server: "test".to_owned(),
        at: jiff::Timestamp::UNIX_EPOCH,
        took_ms: 0,
        tried: Vec::new(),
    };
    let value = match value {
        FactValue::Absent(why) => Err(Absence::clone(&why)),
        value => Ok(value),
    };
    facts.insert(path.clone(), Observation { value, provenance });
    facts
}

/// Where a finding says more than it said when more was known, or something else.
fn says_more(before: &[Finding], after: &[Finding]) -> Option<String> {
    let by_subject: BTreeMap<&Subject, Status> = before.iter().map(|f| (&f.subject, f.status)).collect();
    let nothing_applied = before
        .iter()
        .all(|finding| finding.status == Status::NotApplicable);
    let wrong = after
        .iter()
        .find(|finding| match by_subject.get(&finding.subject) {
            _ if finding.status == Status::Unknown => false,
            Some(was) => *was != finding.status,
            // The records are not known any more: what can be said without them held for all.
            None => !(finding.status == Status::NotApplicable && nothing_applied),
        })?;
    let was = by_subject
        .get(&wrong.subject)
        .map_or("nothing", |status| status.word());
    Some(format!("{} is {} and was {was}", wrong.subject, wrong.status))
}

#[test]
fn no_example_says_more_with_less() {
    let mut wrong = Vec::new();
    for sample in samples() {
        let before = judge(sample.rule, &sample.facts);
        let reads = reads_of_rule(sample.rule);
        let known = reads
            .iter()
            .filter_map(|path| Some((path, sample.facts.get(path).ok()?)));
        for (path, value) in known {
            for loss in losses(value) {
                let facts = with(&sample.facts, path, without(value, &loss));
                if let Some(told) = says_more(&before, &judge(sample.rule, &facts)) {
                    wrong.push(format!(
                        "{} / {}: {path} without {loss:?}: {told}",
                        sample.rule.id, sample.name
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

/// What becomes of a fact of an example.
#[derive(Clone, Debug)]
enum Fate {
    Kept,
    Given(FactValue),
    Lost(Cause),
}

fn fate(ty: &FactType) -> BoxedStrategy<Fate> {
    let cause = proptest::sample::select(Cause::ALL.to_vec());
    prop_oneof![
        2 => Just(Fate::Kept),
        4 => values::any(ty).prop_map(Fate::Given),
        1 => cause.prop_map(Fate::Lost),
    ]
    .boxed()
}

/// An example, what becomes of each fact that its rule reads, and where something more is taken away.
fn worlds() -> impl Strategy<Value = (&'static Sample, Vec<(FactPath, Fate)>, Index, Index)> {
    let samples = samples();
    (0..samples.len()).prop_flat_map(move |place| {
        let sample = &samples[place];
        let typed = reads_of_rule(sample.rule)
            .into_iter()
            .filter_map(|path| Some((path.clone(), catalogue().schema.type_at(&path)?)));
        let fates: Vec<_> = typed.map(|(path, ty)| (Just(path), fate(ty))).collect();
        (Just(sample), fates, any::<Index>(), any::<Index>())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_facts_are((sample, fates, fact, loss) in worlds()) {
        let mut facts = sample.facts.clone();
        for (path, fate) in &fates {
            facts = match fate {
                Fate::Kept => facts,
                Fate::Given(value) => with(&facts, path, value.clone()),
                Fate::Lost(cause) => {
                    let why = Absence::new(*cause, path.to_string(), "taken away by the test");
                    with(&facts, path, FactValue::absent(why))
                }
            };
        }
        let known: Vec<_> = fates.iter().filter_map(|(path, _)| Some((path, facts.get(path).ok()?))).collect();
        prop_assume!(!known.is_empty());
        let (path, value) = known[fact.index(known.len())];
        let losses = losses(value);
        let loss = &losses[loss.index(losses.len())];
        let before = judge(sample.rule, &facts);
        let after = judge(sample.rule, &with(&facts, path, without(value, loss)));
        if let Some(told) = says_more(&before, &after) {
            prop_assert!(false, "{}: {path} without {loss:?}: {told}", sample.rule.id);
        }
    }
}
