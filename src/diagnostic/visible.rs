//! Text from servers and files made safe to look at.
//!
//! A terminal obeys control characters, and an eye does not see bidi marks or zero-width ones: either can
//! make a screen say what a file does not. They are shown as escapes. This protects what is displayed; it
//! is not an encoding and cannot be taken back (a backslash stays as it is, for Windows paths).

use std::borrow::Cow;
use std::fmt::Write as _;

/// Shows control, bidi, zero-width and other unseen characters as escapes, on one line.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        push(&mut shown, character);
    }
    Cow::Owned(shown)
}

/// Shows the beginning of a text that may be very long.
pub fn excerpt(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", visible(&text[..end])),
        None => visible(text).into_owned(),
    }
}

/// Appends one character as it is shown.
pub(super) fn push(shown: &mut String, character: char) {
    match character {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        _ if !hidden(character) => shown.push(character),
        _ => {
            let code = u32::from(character);
            let written = if code < 0x100 {
                write!(shown, "\\x{code:02x}")
            } else {
                write!(shown, "\\u{{{code:x}}}")
            };
            written.expect("writing to a string succeeds");
        }
    }
}

/// Says whether a terminal would obey a character or an eye miss it.
fn hidden(character: char) -> bool {
    let code = u32::from(character);
    if (0x20..0x7f).contains(&code) {
        return false;
    }
    let noncharacter = code & 0xfffe == 0xfffe;
    let after = HIDDEN.partition_point(|(first, _)| *first <= code);
    noncharacter || after.checked_sub(1).is_some_and(|at| code <= HIDDEN[at].1)
}

/// Ranges of what is shown as an escape, in order.
const HIDDEN: [(u32, u32); 31] = [
    (0x00, 0x1f),           // controls, escape
    (0x7f, 0x9f),           // delete, second set of controls
    (0xad, 0xad),           // soft hyphen
    (0x34f, 0x34f),         // grapheme joiner
    (0x61c, 0x61c),         // Arabic letter mark (bidi)
    (0x115f, 0x1160),       // blank letters
    (0x17b4, 0x17b5),       // unseen vowels
    (0x180b, 0x180f),       // Mongolian selectors
    (0x200b, 0x200f),       // zero width, bidi marks
    (0x2028, 0x202e),       // line and paragraph separators, bidi embeddings
    (0x2060, 0x206f),       // word joiner, unseen operators, bidi isolates
    (0x2800, 0x2800),       // blank pattern
    (0x3164, 0x3164),       // blank letter
    (0xe000, 0xf8ff),       // private use: every font shows another sign
    (0xfdd0, 0xfdef),       // noncharacters
    (0xfe00, 0xfe0f),       // variation selectors
    (0xfeff, 0xfeff),       // zero width, byte order mark
    (0xffa0, 0xffa0),       // blank letter
    (0xfff0, 0xfffc),       // unassigned, annotation marks, object replacement
    (0x1107f, 0x1107f),     // number joiner
    (0x13430, 0x1343f),     // hieroglyph format controls
    (0x1bca0, 0x1bca3),     // shorthand format controls
    (0x1d173, 0x1d17a),     // musical format controls
    (0x2fe00, 0x2ffff),     // unassigned
    (0x323b0, 0x3ffff),     // unassigned
    (0x40000, 0x7ffff),     // unassigned planes
    (0x80000, 0xdffff),     // unassigned planes
    (0xe0000, 0xe0fff),     // tags, variation selectors
    (0xe1000, 0xeffff),     // unassigned
    (0xf0000, 0xfffff),     // private use
    (0x10_0000, 0x10_ffff), // private use
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shows_what_hides() {
        let rows = [
            ("plain größe 日本 🙂 C:\\new", "plain größe 日本 🙂 C:\\new"),
            ("a\nb\tc\r", "a\\nb\\tc\\r"),
            ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
            ("\u{9b}2J\x7f\u{85}", "\\x9b2J\\x7f\\x85"),
            ("user\u{202e}txt.exe", "user\\u{202e}txt.exe"),
            (
                "\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}",
                "\\u{2066}\\u{2069}\\u{200e}\\u{200f}\\u{61c}",
            ),
            (
                "a\u{200b}\u{200d}\u{feff}\u{2060}b",
                "a\\u{200b}\\u{200d}\\u{feff}\\u{2060}b",
            ),
            (
                "\u{2028}\u{2029}\u{e0041}\u{fffe}",
                "\\u{2028}\\u{2029}\\u{e0041}\\u{fffe}",
            ),
            ("\u{1fffe}\u{10ffff}\u{e000}", "\\u{1fffe}\\u{10ffff}\\u{e000}"),
        ];
        for (text, shown) in rows {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn ranges_are_in_order() {
        assert!(HIDDEN.is_sorted_by(|one, next| one.1 < next.0));
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(excerpt(&"ä".repeat(61)), format!("{}...", "ä".repeat(60)));
        assert_eq!(excerpt("short"), "short");
    }

    proptest! {
        #[test]
        fn what_is_shown_hides_nothing(text in any::<String>()) {
            let shown = visible(&text).into_owned();
            prop_assert!(!shown.chars().any(|c| c.is_control() || hidden(c)));
            prop_assert_eq!(visible(&shown), shown.as_str());
        }
    }
}
