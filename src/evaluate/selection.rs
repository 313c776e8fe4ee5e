//! Which rules are judged.

use crate::catalogue::Rule;

/// Rules by id, section or tag; nothing named means all.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    pub only: Vec<String>,
    pub skip: Vec<String>,
}

impl Selection {
    /// Whether the rule is asked for.
    pub fn takes(&self, rule: &Rule) -> bool {
        let named = |words: &[String]| words.iter().any(|word| matches(rule, word));
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }

    /// Whether the rule is left out by name.
    pub(super) fn skips(&self, rule: &Rule) -> bool {
        self.skip.iter().any(|word| matches(rule, word))
    }

    /// The words that name no rule at all.
    pub fn unmatched<'a>(&'a self, rules: &'a [Rule]) -> impl Iterator<Item = &'a str> {
        let words = self.only.iter().chain(&self.skip);
        words
            .map(String::as_str)
            .filter(|word| !rules.iter().any(|rule| matches(rule, word)))
    }
}

/// Whether the word is the rule's id, pack, row, section or one of its tags.
fn matches(rule: &Rule, word: &str) -> bool {
    rule.id.as_ref() == word
        || rule.pack.as_ref() == word
        || rule.section.eq_ignore_ascii_case(word)
        || rule.tags.iter().any(|tag| tag.as_ref() == word)
        || rule
            .guide
            .every()
            .iter()
            .any(|row| row.eq_ignore_ascii_case(word))
}
