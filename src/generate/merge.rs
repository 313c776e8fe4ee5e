//! Two changes of one text into one, by lines.

use std::collections::HashMap;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff};

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
///
/// Where a step comes in, the numbers of all behind it change, which is as many differences as there are steps. So only
/// what lies between two anchors is compared line with line.
fn matches(was: &[&str], other: &[&str]) -> Vec<Option<usize>> {
    let mut matches = vec![None; was.len()];
    let mut from = (0, 0);
    for to in anchors(was, other).into_iter().chain([(was.len(), other.len())]) {
        for op in capture_diff(Algorithm::Myers, was, from.0..to.0, other, from.1..to.1) {
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
        if let Some(line) = matches.get_mut(to.0) {
            *line = Some(to.1);
        }
        from = (to.0 + 1, to.1 + 1);
    }
    matches
}

/// Lines that are there once in each text, with their places in both; of those that have changed places, the ones that
/// say most.
fn anchors(was: &[&str], other: &[&str]) -> Vec<(usize, usize)> {
    let (once, once_there) = (once(was), once(other));
    let places = was
        .iter()
        .filter_map(|line| once[line].zip(*once_there.get(line)?));
    let common: Vec<(usize, usize)> = places.collect();
    let mut best = Heaviest::new(other.len());
    let mut before = Vec::with_capacity(common.len());
    for (at, (place, there)) in common.iter().enumerate() {
        let (weight, last) = best.ending_before(*there);
        before.push(last);
        best.end(*there, (weight + was[*place].len() + 1, Some(at)));
    }
    let (_, last) = best.ending_before(other.len());
    let chain = std::iter::successors(last, |at| before[*at]);
    let mut anchors: Vec<(usize, usize)> = chain.map(|at| common[at]).collect();
    anchors.reverse();
    anchors
}

/// Each line with its place, or nothing where it is there more than once.
fn once<'t>(lines: &[&'t str]) -> HashMap<&'t str, Option<usize>> {
    let mut places = HashMap::new();
    for (place, line) in lines.iter().enumerate() {
        let known = places.entry(*line);
        known.and_modify(|known| *known = None).or_insert(Some(place));
    }
    places
}

/// The weight of a chain of anchors, and its last one.
type Chain = (usize, Option<usize>);

/// The heaviest chain that ends before a place: a tree of which each node knows the best of the places below it.
struct Heaviest(Vec<Chain>);

impl Heaviest {
    fn new(places: usize) -> Self {
        Self(vec![(0, None); places + 1])
    }

    fn ending_before(&self, place: usize) -> Chain {
        let nodes = std::iter::successors(Some(place), |node| Some(node & node.checked_sub(1)?));
        let best = nodes.take_while(|node| *node > 0).map(|node| self.0[node]);
        best.max().unwrap_or_default()
    }

    fn end(&mut self, place: usize, chain: Chain) {
        let mut node = place + 1;
        while let Some(known) = self.0.get_mut(node) {
            *known = chain.max(*known);
            node += node & node.wrapping_neg();
        }
    }
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
