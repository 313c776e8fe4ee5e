//! Two changes of one text into one, by lines.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Merged {
    pub(super) lines: Vec<String>,
    /// Where both changed the same lines in different ways: the lines of the marked text, from 1 on, marks included.
    pub(super) conflicts: Vec<Range<usize>>,
}

/// Puts what was changed by hand and what is written anew into one text. Where they contradict each other, all three
/// texts stand there, between marks that no language takes for its own.
pub(super) fn merge(was: &[&str], mine: &[&str], new: &[&str]) -> Merged {
    let (in_mine, in_new) = (matches(was, mine), matches(was, new));
    let (mut merged, mut at) = (Merged::default(), (0, 0, 0));
    for (place, line) in was.iter().enumerate() {
        let (Some(of_mine), Some(of_new)) = (in_mine[place], in_new[place]) else {
            continue;
        };
        merged.take(&was[at.0..place], &mine[at.1..of_mine], &new[at.2..of_new]);
        merged.lines.push((*line).to_owned());
        at = (place + 1, of_mine + 1, of_new + 1);
    }
    merged.take(&was[at.0..], &mine[at.1..], &new[at.2..]);
    merged
}

/// The line of the other text that each line is.
fn matches(was: &[&str], other: &[&str]) -> Vec<Option<usize>> {
    let mut matches = vec![None; was.len()];
    for op in capture_diff_slices(Algorithm::Myers, was, other) {
        if let DiffOp::Equal {
            old_index,
            new_index,
            len,
        } = op
        {
            for step in 0..len {
                matches[old_index + step] = Some(new_index + step);
            }
        }
    }
    matches
}

impl Merged {
    /// Takes lines of which nothing is the same in all three.
    fn take(&mut self, was: &[&str], mine: &[&str], new: &[&str]) {
        if mine == was || mine == new {
            return self.put(new);
        }
        if new == was {
            return self.put(mine);
        }
        let from = self.lines.len() + 1;
        self.put(&["<<<<<<< edited"]);
        self.put(mine);
        self.put(&["||||||| as it was written"]);
        self.put(was);
        self.put(&["======="]);
        self.put(new);
        self.put(&[">>>>>>> as it is written now"]);
        self.conflicts.push(from..self.lines.len() + 1);
    }

    fn put(&mut self, lines: &[&str]) {
        self.lines.extend(lines.iter().map(|line| (*line).to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn merged(was: &[&str], mine: &[&str], new: &[&str]) -> (Vec<String>, usize) {
        let merged = merge(was, mine, new);
        (merged.lines, merged.conflicts.len())
    }

    #[test]
    fn changes_of_different_lines_come_together_and_others_are_marked() {
        let was = ["a", "b", "c", "d"];
        let both = merged(&was, &["a", "mine", "c", "d"], &["a", "b", "c", "new"]);
        assert_eq!(both, (["a", "mine", "c", "new"].map(str::to_owned).to_vec(), 0));
        let marked = merge(&was, &["a", "mine", "c", "d"], &["a", "new", "c", "d"]);
        assert_eq!(marked.conflicts.first(), Some(&(2..9)));
        assert_eq!(
            marked.lines.join(" "),
            "a <<<<<<< edited mine ||||||| as it was written b ======= new >>>>>>> as it is written now c d"
        );
    }

    fn words(lines: &[String]) -> Vec<&str> {
        lines.iter().map(String::as_str).collect()
    }

    /// A text whose lines are all different, without some of them, and with others between.
    fn changed(sign: char) -> impl Strategy<Value = Vec<String>> {
        let line = (any::<bool>(), 0..3_usize);
        prop::collection::vec(line, 12).prop_map(move |lines| {
            let of = |(place, (stays, more)): (usize, &(bool, usize))| {
                let own = (0..*more / 2).map(move |number| format!("{sign}{place}.{number}"));
                let stays = *stays || place % 3 == 0;
                stays
                    .then(|| place.to_string())
                    .into_iter()
                    .chain(own)
                    .collect::<Vec<_>>()
            };
            lines.iter().enumerate().flat_map(of).collect()
        })
    }

    proptest! {
        #[test]
        fn no_change_is_lost(mine in changed('m'), new in changed('n')) {
            let was: Vec<String> = (0..12).map(|place| place.to_string()).collect();
            let of = |lines: &[String]| lines.to_vec();
            let (w, m, n) = (words(&was), words(&mine), words(&new));
            prop_assert_eq!(merged(&w, &m, &w), (of(&mine), 0));
            prop_assert_eq!(merged(&w, &w, &n), (of(&new), 0));
            prop_assert_eq!(merged(&w, &m, &m), (of(&mine), 0));
            let both = merge(&w, &m, &n);
            // Every own line of either is there, in its order, marked or not.
            for (own, sign) in [(&mine, 'm'), (&new, 'n')] {
                let is_own = |line: &&String| line.starts_with(sign);
                let found: Vec<&String> = both.lines.iter().filter(is_own).collect();
                prop_assert_eq!(found, own.iter().filter(is_own).collect::<Vec<_>>());
            }
            for line in &was {
                let is_there = both.lines.contains(line);
                let stays = mine.contains(line) && new.contains(line);
                prop_assert!(is_there == stays || !both.conflicts.is_empty(), "{}", line);
            }
        }
    }
}
