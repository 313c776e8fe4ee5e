//! Patterns of `capture`: weighed when a pack is loaded, made ready when they are used.
//!
//! Matching takes time in proportion to the text and to the places that a pattern has, counted with all repetitions;
//! making it ready takes time and memory in proportion to what its classes hold. Both are counted before anything
//! is built, so that a short pattern cannot cost much, and few patterns are kept ready.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};

use super::budget::Budget;
use super::fault::Fault;

/// The longest pattern, in bytes.
const MAX_PATTERN: usize = 256;
/// The most that the places and classes of a pattern may come to.
const MAX_WEIGHT: u64 = 2_000;
/// The most that a pattern may take when it is ready, in bytes; what weighs little enough fits.
const MAX_READY: usize = 256 * 1024;
/// So many patterns are kept ready.
const KEPT: usize = 32;
/// The longest text that is matched, in bytes.
const MAX_TEXT: usize = 16 * 1024;

thread_local! {
    static READY: RefCell<BTreeMap<Arc<str>, Regex>> = RefCell::default();
}

/// A pattern that is known to be one and to have a group.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    text: Arc<str>,
    weight: Weight,
}

impl Pattern {
    /// Checks a pattern; the error says what is wrong with it.
    pub(super) fn new(text: &Arc<str>) -> Result<Self, String> {
        if text.len() > MAX_PATTERN {
            return Err(format!("a pattern is not longer than {MAX_PATTERN} bytes"));
        }
        let parsed = regex_syntax::parse(text).map_err(|error| format!("the pattern is not one: {error}"))?;
        if parsed.properties().explicit_captures_len() == 0 {
            return Err("the pattern has no group `( )` to be captured".to_owned());
        }
        let weight = Weight::of(&parsed);
        if weight.whole > MAX_WEIGHT {
            return Err(
                "the pattern says too much; repeat less, or use smaller classes such as `[0-9A-Za-z]`"
                    .to_owned(),
            );
        }
        Ok(Self {
            text: text.clone(),
            weight,
        })
    }

    /// What the first group matches, if the pattern does.
    pub(super) fn capture(&self, budget: &Budget, text: &str) -> Result<Option<Arc<str>>, Fault> {
        if text.len() > MAX_TEXT {
            let message = format!("capture looks at texts of up to {MAX_TEXT} bytes");
            return Err(Fault::mixed(message));
        }
        budget.spend(text.len() as u64 * self.weight.steps_a_byte())?;
        let regex = self.ready(budget)?;
        let group = regex.captures(text).and_then(|found| found.get(1));
        Ok(group.map(|group| group.as_str().into()))
    }

    /// The pattern, ready to match; making it ready is work too.
    fn ready(&self, budget: &Budget) -> Result<Regex, Fault> {
        if let Some(regex) = READY.with_borrow(|ready| ready.get(&self.text).cloned()) {
            return Ok(regex);
        }
        budget.spend(self.weight.steps_to_make())?;
        let mut builder = RegexBuilder::new(&self.text);
        let built = builder.size_limit(MAX_READY).dfa_size_limit(MAX_READY).build();
        let regex = built.map_err(|error| Fault::mixed(error.to_string()))?;
        READY.with_borrow_mut(|ready| {
            if ready.len() >= KEPT {
                ready.clear();
            }
            ready.insert(self.text.clone(), regex.clone());
        });
        Ok(regex)
    }
}

/// What a pattern comes to with all its repetitions written out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Weight {
    /// Places at which the match of a text may be, all at a time.
    places: u64,
    /// Places, and what their classes hold.
    whole: u64,
}

impl Weight {
    fn of(pattern: &Hir) -> Self {
        match pattern.kind() {
            HirKind::Empty | HirKind::Look(_) => Self::places(1),
            HirKind::Literal(literal) => Self::places(literal.0.len() as u64),
            HirKind::Class(class) => Self::class(class),
            HirKind::Repetition(repeated) => {
                let most = repeated.max.unwrap_or(repeated.min);
                Self::of(&repeated.sub).times(u64::from(most.max(1)))
            }
            HirKind::Capture(group) => Self::places(2).and(Self::of(&group.sub)),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => {
                parts.iter().map(Self::of).fold(Self::places(1), Self::and)
            }
        }
    }

    const fn places(places: u64) -> Self {
        Self {
            places,
            whole: places,
        }
    }

    /// A class beyond ASCII is many sequences of bytes.
    fn class(class: &Class) -> Self {
        let ranges = match class {
            _ if class.is_utf8() && class.maximum_len() <= Some(1) => return Self::places(1),
            Class::Unicode(class) => class.ranges().len(),
            Class::Bytes(class) => class.ranges().len(),
        };
        Self {
            places: 2,
            whole: 8 + ranges as u64,
        }
    }

    const fn and(self, other: Self) -> Self {
        Self {
            places: self.places.saturating_add(other.places),
            whole: self.whole.saturating_add(other.whole),
        }
    }

    const fn times(self, times: u64) -> Self {
        Self {
            places: self.places.saturating_mul(times),
            whole: self.whole.saturating_mul(times),
        }
    }

    /// Looking at one byte takes about half as long as a step, for each place; it is charged whole.
    const fn steps_a_byte(self) -> u64 {
        1 + self.places
    }

    const fn steps_to_make(self) -> u64 {
        600 + 6 * self.whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> Result<Pattern, String> {
        Pattern::new(&text.into())
    }

    #[test]
    fn what_packs_need_is_light() {
        for text in [
            r"^([0-9.]+)",
            r"(?i)build ([0-9]+)",
            r"(\w+)@(\w+)",
            r"^(?:[^\\]*\\)?(.+)$",
            r"([^,]{1,64})",
        ] {
            let pattern = pattern(text).unwrap();
            assert!(pattern.weight.steps_a_byte() < 200, "{text}: {pattern:?}");
            pattern.ready(&Budget::default()).unwrap();
        }
    }

    #[test]
    fn what_is_short_and_heavy_is_refused() {
        for text in [
            r"(((a{1,1000}){1,1000}){1,1000})",
            r"(\w{1,10})",
            r"((x?){1,4000})",
            r"(.{300})",
        ] {
            assert!(pattern(text).unwrap_err().contains("says too much"), "{text}");
        }
        assert!(pattern("x").unwrap_err().contains("no group"));
        assert!(pattern("(").unwrap_err().contains("not one"));
    }

    #[test]
    fn work_is_paid_for() {
        let text = "x".repeat(MAX_TEXT / 8);
        for heavy in ["(x{1,1900}y)", "(([abx]{1,30}){1,30}y)"] {
            let pattern = pattern(heavy).unwrap();
            let budget = Budget::new(3_000_000);
            let done = (0..10)
                .take_while(|_| pattern.capture(&budget, &text).is_ok())
                .count();
            assert!(done <= 4, "{heavy} ran {done} times");
        }
        let rare = pattern("(a)").unwrap();
        READY.with_borrow_mut(BTreeMap::clear);
        assert_eq!(rare.capture(&Budget::new(50), "a"), Err(Fault::Budget));
    }

    /// Patterns with groups, classes, repetitions and alternatives.
    fn patterns() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            "[a-z]{1,4}",
            Just(r"\w".to_owned()),
            Just(r"\d".to_owned()),
            Just(".".to_owned()),
            Just("[^a]".to_owned()),
            Just(r"\pL".to_owned()),
            Just("ä".to_owned()),
            Just(r"\b".to_owned()),
        ];
        leaf.prop_recursive(4, 16, 3, |inner| {
            prop_oneof![
                (inner.clone(), 0..40_u32, 0..40_u32)
                    .prop_map(|(p, min, more)| format!("(?:{p}){{{min},{}}}", min + more)),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}{b}")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(?:{a}|{b})")),
                inner.clone().prop_map(|p| format!("({p})")),
                inner.prop_map(|p| format!("(?:{p})+")),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        #[test]
        fn what_weighs_little_enough_can_be_made_ready(inner in patterns()) {
            if let Ok(pattern) = pattern(&format!("({inner})")) {
                let made = pattern.ready(&Budget::default());
                prop_assert!(made.is_ok(), "{inner}: {made:?}");
            }
        }
    }
}
