//! Patterns of subjects: `*` stands for any text, `?` for one character; case does not matter.

/// A pattern ready to match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    folded: Vec<char>,
}

impl Pattern {
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let folded = text.to_lowercase().chars().collect();
        Self { text, folded }
    }

    /// Returns the pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn matches(&self, subject: &str) -> bool {
        let subject: Vec<char> = subject.to_lowercase().chars().collect();
        let (mut at, mut in_subject) = (0, 0);
        // After a mismatch, the last `*` takes one character more.
        let mut last_star: Option<(usize, usize)> = None;
        while in_subject < subject.len() {
            match self.folded.get(at) {
                Some('*') => {
                    last_star = Some((at, in_subject));
                    at += 1;
                }
                Some(wanted) if *wanted == '?' || *wanted == subject[in_subject] => {
                    at += 1;
                    in_subject += 1;
                }
                _ => {
                    let Some((star, taken)) = last_star else {
                        return false;
                    };
                    last_star = Some((star, taken + 1));
                    at = star + 1;
                    in_subject = taken + 1;
                }
            }
        }
        self.folded[at..].iter().all(|rest| *rest == '*')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_whole_subjects() {
        let rows = [
            ("*", "", true),
            ("*", "target / First", true),
            ("target*", "TARGET / First", true),
            ("*first", "target / First", true),
            ("*a*b", "xaxbxb", true),
            ("*a*b", "xaxbxc", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("", "a", false),
            ("", "", true),
            ("größe?", "GRÖßE1", true),
        ];
        for (pattern, subject, expected) in rows {
            assert_eq!(
                Pattern::new(pattern).matches(subject),
                expected,
                "{pattern} on {subject}"
            );
        }
    }

    #[test]
    fn many_stars_end_soon() {
        assert!(!Pattern::new("*a".repeat(40)).matches(&"a".repeat(39)));
        assert!(!Pattern::new("*a".repeat(200) + "b").matches(&"a".repeat(5000)));
    }
}
