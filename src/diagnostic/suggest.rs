//! "Did you mean": the nearest of the words that would have been right.

/// Returns the candidate nearest to a word when it is near enough to be meant.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 64;
    let folded: Vec<char> = word.to_lowercase().chars().take(LONGEST + 1).collect();
    if folded.is_empty() || folded.len() > LONGEST {
        return None;
    }
    // A third of the letters may be wrong: `fliter` for `filter`, but not `to` for `on`.
    let allowed = (folded.len() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let letters: Vec<char> = candidate.to_lowercase().chars().take(LONGEST).collect();
        let distance = distance(&folded, &letters);
        let near = distance <= allowed && distance < letters.len().max(2) - 1 && candidate != word;
        if near && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Counts the letters to insert, remove, replace or swap with their neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let above = &rows[i - 1];
            let replaced = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_near_word() {
        let words = ["filter", "base", "scope", "binary", "on", "not_found"];
        let rows = [
            ("fliter", Some("filter")),
            ("Filter", Some("filter")),
            ("notfound", Some("not_found")),
            ("scopes", Some("scope")),
            ("to", None),
            ("", None),
            ("completely", None),
            ("filter", None),
        ];
        for (word, near) in rows {
            assert_eq!(suggest(word, words), near, "{word}");
        }
    }

    #[test]
    fn a_huge_word_costs_nothing() {
        assert_eq!(suggest(&"a".repeat(1_000_000), ["a"]), None);
    }
}
