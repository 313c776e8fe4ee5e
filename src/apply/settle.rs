//! What is there, compared with what was and with what a step was to bring about: pure.

use super::state::Values;
use super::task::Goal;
use crate::facts::{Absence, Cause, FactValue};
use crate::predicate::Trail;

/// How the places of a step stand.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stands {
    /// Each as before the step.
    AsBefore,
    /// Each as the step left it, or was to leave it.
    AsDone,
    /// Some as before, the others as the step was to leave them.
    Between,
    /// Changed, and whether by the step cannot be told from the place alone.
    Changed,
    /// Neither: somebody else was there.
    Otherwise(Absence),
}

/// Compares places now with what was there before, and what was seen there when the step was done.
pub(super) fn stands(before: &Values, done: Option<&Values>, now: &Values, goals: &[Goal]) -> Stands {
    let places = before.iter().flatten().zip(now.iter().flatten());
    let done: Vec<_> = done.into_iter().flatten().flatten().collect();
    let (mut as_before, mut as_done, mut is_unclear) = (true, true, false);
    for (at, ((place, was), (_, is))) in places.enumerate() {
        let is = match is {
            Ok(is) => is,
            Err(why) => return Stands::Otherwise(why.clone()),
        };
        let was_so = was.as_ref() == Ok(is);
        let seen = done.get(at).and_then(|(_, seen)| seen.as_ref().ok());
        let goal = goals.iter().find(|goal| goal.place == *place);
        let is_met = goal.is_some_and(|goal| goal.is_met_by(is));
        let is_known = goal.is_some_and(|goal| goal.new.is_some());
        // What was not there and is there now came by the step, which was announced under the lock.
        let is_made = was.as_ref() == Ok(&FactValue::Nothing);
        let is_new = seen.map_or(is_met && (is_known || is_made), |seen| seen == is);
        match (was_so, is_new) {
            (false, false) if seen.is_none() && is_met => is_unclear = true,
            (false, false) => return Stands::Otherwise(third(place, is)),
            // One that was as it is to be counts for either.
            _ => {}
        }
        as_before &= was_so;
        as_done &= is_new;
    }
    match (as_before, as_done) {
        (true, _) => Stands::AsBefore,
        (_, true) => Stands::AsDone,
        _ if is_unclear => Stands::Changed,
        _ => Stands::Between,
    }
}

fn third(place: &Trail, is: &FactValue) -> Absence {
    let detail = format!("{place} is {is} now: neither what was there before nor what was to be there");
    Absence::new(Cause::Ambiguous, place.to_string(), detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{FactPath, Root};

    fn place(name: &str) -> Trail {
        Trail::fact(FactPath::new(Root::Target, name))
    }

    /// What is at two places; a dot: nothing, a question mark: nobody knows.
    fn at(words: [&str; 2]) -> Values {
        let value = |word: &str| match word {
            "." => Ok(FactValue::Nothing),
            "?" => Err(Absence::not_collected("it")),
            word => Ok(FactValue::text(word)),
        };
        let [a, b] = words;
        vec![vec![(place("a"), value(a)), (place("b"), value(b))]]
    }

    /// Before, as it was done if that was seen, as it is to be (a star: anything), now, and how that stands.
    type Row = (
        [&'static str; 2],
        Option<[&'static str; 2]>,
        [&'static str; 2],
        [&'static str; 2],
        &'static str,
    );

    const ROWS: &[Row] = &[
        (["old", "old"], None, ["new", "new"], ["old", "old"], "AsBefore"),
        (["old", "old"], None, ["new", "new"], ["new", "new"], "AsDone"),
        (["old", "old"], None, ["new", "new"], ["new", "old"], "Between"),
        (["old", "old"], None, ["new", "new"], ["new", "odd"], "Otherwise"),
        (["old", "old"], None, ["new", "new"], ["new", "?"], "Otherwise"),
        // One place was as it is to be before.
        (["old", "new"], None, ["new", "new"], ["new", "new"], "AsDone"),
        (["old", "new"], None, ["new", "new"], ["old", "new"], "AsBefore"),
        (["old", "new"], None, ["new", "new"], ["new", "old"], "Otherwise"),
        // Nobody knows before what comes.
        ([".", "old"], None, ["*", "new"], ["rec", "new"], "AsDone"),
        ([".", "old"], None, ["*", "new"], ["rec", "old"], "Between"),
        (["one", "old"], None, ["*", "new"], ["two", "new"], "Changed"),
        (["one", "old"], None, ["*", "new"], [".", "new"], "Otherwise"),
        // What was seen when it was done counts, not what was to be.
        (
            ["old", "old"],
            Some(["new", "x"]),
            ["new", "*"],
            ["new", "x"],
            "AsDone",
        ),
        (
            ["old", "old"],
            Some(["new", "x"]),
            ["new", "*"],
            ["new", "y"],
            "Otherwise",
        ),
        (
            ["old", "old"],
            Some(["new", "x"]),
            ["new", "*"],
            ["old", "x"],
            "Between",
        ),
    ];

    #[test]
    fn what_is_there_tells_how_far_a_step_came() {
        for (before, done, goal, now, stands) in ROWS {
            let goals = ["a", "b"].into_iter().zip(goal).map(|(name, new)| Goal {
                place: place(name),
                old: Ok(FactValue::Nothing),
                new: (*new != "*").then(|| FactValue::text(*new)),
            });
            let goals: Vec<Goal> = goals.collect();
            let found = super::stands(&at(*before), done.map(at).as_ref(), &at(*now), &goals);
            let told = format!("{found:?}");
            assert!(told.starts_with(stands), "{before:?} {now:?}: {told}");
        }
    }
}
