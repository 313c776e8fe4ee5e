//! JSON that a screen may show.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Serialize;

use crate::diagnostic::visible;

/// Writes a value with line breaks; what a terminal would obey, or an eye miss, is written as JSON escapes.
pub fn pretty(value: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(value).expect("values of this shape always become JSON");
    escaped(&text)
}

/// Writes a value on one line, as safe to show.
pub fn compact(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).expect("values of this shape always become JSON");
    escaped(&text)
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        if character == '\n' || !is_hidden(character) {
            safe.push(character);
            continue;
        }
        // Such characters stand in texts only, where an escape means the same.
        for unit in character.encode_utf16(&mut [0; 2]) {
            write!(safe, "\\u{unit:04x}").expect("writing to a string succeeds");
        }
    }
    safe.push('\n');
    safe
}

fn is_hidden(character: char) -> bool {
    !(' '..='~').contains(&character) && matches!(visible(character.encode_utf8(&mut [0; 4])), Cow::Owned(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn nothing_in_it_moves_a_cursor() {
        let shown = pretty(&json!([
            "a\u{9b}2J",
            "b\u{202e}",
            "\u{e0041}",
            "größe",
            "\u{1b}[2J\u{7f}"
        ]));
        let items = [
            r#""a\u009b2J""#,
            r#""b\u202e""#,
            r#""\udb40\udc41""#,
            "\"größe\"",
            r#""\u001b[2J\u007f""#,
        ];
        assert_eq!(shown, format!("[\n  {}\n]\n", items.join(",\n  ")));
    }

    proptest! {
        #[test]
        fn it_reads_back_the_same(text in any::<String>()) {
            let shown = pretty(&json!({ "a": text }));
            prop_assert!(shown.lines().all(|line| visible(line) == line));
            prop_assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), json!({ "a": text }));
        }
    }
}
