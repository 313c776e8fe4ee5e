//! Text that may be looked at: made only by [`super::Look::show`], which lets nothing through that a screen obeys.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::diagnostic::visible;

/// One line of text without control, bidi or unseen characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    text: String,
    unicode: bool,
}

impl Shown {
    pub(super) fn new(text: &str, unicode: bool) -> Self {
        let seen = visible(text);
        let text = if unicode || seen.is_ascii() {
            seen.into_owned()
        } else {
            ascii(&seen)
        };
        Self { text, unicode }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The columns that it takes.
    pub(super) fn width(&self) -> usize {
        self.text.width()
    }

    fn part(&self, text: &str) -> Self {
        Self {
            text: text.to_owned(),
            unicode: self.unicode,
        }
    }

    const fn ellipsis(&self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    /// The beginning of the text in at most `columns`.
    pub(super) fn clipped(&self, columns: usize) -> Self {
        if self.width() <= columns {
            return self.clone();
        }
        let room = columns.saturating_sub(self.ellipsis().width());
        let mut text = self.text[..fitting(&self.text, room)].to_owned();
        text.push_str(self.ellipsis());
        self.part(&text)
    }

    /// The text without its beginning, of which `bytes` say no more than the text beside it.
    fn without_beginning(&self, bytes: usize) -> Self {
        self.part(&format!("{}{}", self.ellipsis(), &self.text[bytes..]))
    }

    /// Lines of at most `first` and then `rest` columns, broken at spaces; a longer word stays whole, to be copied.
    pub(super) fn wrapped(&self, first: usize, rest: usize) -> Vec<Self> {
        let mut lines: Vec<String> = vec![String::new()];
        let mut used = 0;
        for word in self.text.split(' ').filter(|word| !word.is_empty()) {
            let columns = if lines.len() == 1 { first } else { rest };
            let wide = word.width();
            // A word may take no column at all, so the columns do not tell whether the line has one.
            let begun = lines.last().is_some_and(|line| !line.is_empty());
            // Behind a head that leaves too little room, a long word begins the next line.
            let moves = !begun && lines.len() == 1 && wide > first && wide <= rest;
            let breaks = begun && used + 1 + wide > columns;
            if moves || breaks {
                lines.push(String::new());
                used = 0;
            }
            let line = lines.last_mut().expect("there is always a line");
            if begun && !breaks {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += wide;
        }
        lines.iter().map(|line| self.part(line)).collect()
    }
}

/// Two values beside each other in `columns` each, clipped so that where they differ can be seen.
pub(super) fn clip_both(one: &Shown, other: &Shown, columns: usize) -> (Shown, Shown) {
    if one.width() <= columns && other.width() <= columns {
        return (one.clone(), other.clone());
    }
    let same = common_beginning(&one.text, &other.text);
    let differs = same < one.text.len() || same < other.text.len();
    if !differs || one.text[..same].width() < columns / 2 {
        return (one.clipped(columns), other.clipped(columns));
    }
    // A few columns before the difference tell where in the value one is.
    let skip = one.text[..same]
        .char_indices()
        .rev()
        .nth(columns / 4)
        .map_or(0, |(at, _)| at);
    let cut = |text: &Shown| text.without_beginning(skip).clipped(columns);
    (cut(one), cut(other))
}

/// The bytes with which both texts begin.
fn common_beginning(one: &str, other: &str) -> usize {
    one.char_indices()
        .zip(other.chars())
        .find(|((_, a), b)| a != b)
        .map_or(one.len().min(other.len()), |((at, _), _)| at)
}

/// The bytes of the longest beginning that fits.
fn fitting(text: &str, columns: usize) -> usize {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += character.width().unwrap_or(0);
        if used > columns {
            return at;
        }
    }
    text.len()
}

/// Every character beyond ASCII as an escape.
fn ascii(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            plain.push(character);
        } else {
            let written = write!(plain, "\\u{{{:x}}}", u32::from(character));
            written.expect("writing to a string succeeds");
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> Shown {
        Shown::new(text, true)
    }

    #[test]
    fn values_are_cut_where_they_are_equal() {
        let columns = 20;
        let (one, other) = clip_both(
            &shown("CN=Mailbox Store,CN=First Storage Group,DC=one"),
            &shown("CN=Mailbox Store,CN=First Storage Group,DC=two"),
            columns,
        );
        assert_eq!((one.as_str(), other.as_str()), ("…up,DC=one", "…up,DC=two"));
        let (one, other) = clip_both(&shown("short"), &shown(&"x".repeat(30)), columns);
        assert_eq!((one.as_str(), other.width()), ("short", columns));
    }

    #[test]
    fn an_old_screen_gets_ascii() {
        assert_eq!(
            Shown::new("größe 🙂", false).as_str(),
            "gr\\u{f6}\\u{df}e \\u{1f642}"
        );
        assert_eq!(Shown::new("abcdef", false).clipped(5).as_str(), "ab...");
    }

    #[test]
    fn words_are_wrapped() {
        let lines = shown("one two three C:\\a\\very\\long\\path four").wrapped(8, 12);
        let lines: Vec<&str> = lines.iter().map(Shown::as_str).collect();
        assert_eq!(lines, ["one two", "three", "C:\\a\\very\\long\\path", "four"]);
        let marks = shown("\u{b82} A").wrapped(1, 1);
        let marks: Vec<&str> = marks.iter().map(Shown::as_str).collect();
        assert_eq!(marks, ["\u{b82}", "A"], "a word without width is one");
    }

    proptest! {
        #[test]
        fn clipping_keeps_to_its_columns(text in any::<String>(), other in any::<String>(), columns in 4_usize..60) {
            prop_assert!(shown(&text).clipped(columns).width() <= columns);
            let (one, two) = clip_both(&shown(&text), &shown(&other), columns);
            prop_assert!(one.width() <= columns && two.width() <= columns);
        }

        #[test]
        fn wrapping_loses_no_word(text in any::<String>(), columns in 1_usize..60) {
            let shown = shown(&text);
            let lines = shown.wrapped(columns, columns);
            let words = |text: &str| text.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect::<Vec<_>>();
            let again: Vec<String> = lines.iter().flat_map(|line| words(line.as_str())).collect();
            prop_assert_eq!(again, words(shown.as_str()));
        }
    }
}
