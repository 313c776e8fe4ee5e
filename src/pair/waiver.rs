//! Waivers: who accepts which finding, why, and until when.

use super::Pattern;
use crate::diagnostic::{Diagnostics, Span, excerpt};
use crate::yaml::decode::{Spanned, borrowed, nonempty, spanned, wrong_value};
use crate::yaml::{Fields, Node};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// One accepted finding, or several of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// `pack/problem`; whether there is such a rule, `catalogue` knows.
    pub rule: Spanned<String>,
    pub subject: Pattern,
    pub reason: String,
    pub owner: String,
    /// The last day on which it holds, in UTC.
    pub until: Date,
    pub span: Span,
}

impl Waiver {
    /// Says whether its last day is over.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now.to_zoned(TimeZone::UTC).date() > self.until
    }
}

pub(super) fn waiver(node: &Node, sink: &mut Diagnostics) -> Option<Waiver> {
    let mut fields = Fields::of(node, sink, "a waiver")?;
    let rule = fields.required("rule", spanned(rule));
    let subject = fields.or("subject", "*".to_owned(), nonempty);
    let reason = fields.required("reason", nonempty);
    let owner = fields.required("owner", nonempty);
    let until = fields.required("until", day);
    fields.finish();
    Some(Waiver {
        rule: rule?,
        subject: Pattern::new(subject?),
        reason: reason?,
        owner: owner?,
        until: until?,
        span: node.span,
    })
}

fn rule(node: &Node, sink: &mut Diagnostics) -> Option<String> {
    let text = borrowed(node, "the name of a rule", sink)?;
    let word = |word: &str| {
        let right = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        !word.is_empty() && word.chars().all(right)
    };
    if text
        .split_once('/')
        .is_some_and(|(pack, problem)| word(pack) && word(problem))
    {
        return Some(text.to_owned());
    }
    let wrong = wrong_value(node, &format!("`{}` is not the name of a rule", excerpt(text)));
    sink.push(wrong.help("rules are named `pack/problem`; a waiver holds for one rule"));
    None
}

/// A day, and nothing that could mean another one elsewhere.
fn day(node: &Node, sink: &mut Diagnostics) -> Option<Date> {
    let text = borrowed(node, "a day (YYYY-MM-DD)", sink)?;
    let digits = |at: &[usize]| at.iter().all(|at| text.as_bytes()[*at].is_ascii_digit());
    let right = text.len() == 10 && digits(&[0, 1, 2, 3, 5, 6, 8, 9]);
    let parsed = if right { text.parse().ok() } else { None };
    if parsed.is_none() {
        let wrong = wrong_value(node, &format!("`{}` is not a day (YYYY-MM-DD)", excerpt(text)));
        sink.push(wrong.help(
            "write the last day on which the waiver holds, such as 2027-03-31; it ends with that day in UTC",
        ));
    }
    parsed
}
