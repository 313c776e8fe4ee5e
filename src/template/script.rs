//! How a value is written in a script: one literal, or not at all.

use std::fmt::Write as _;

use crate::diagnostic::{excerpt, visible};
use crate::facts::FactValue;

/// The text of a value that is one text.
type Plain = fn(&FactValue) -> Result<String, String>;

/// A value as PowerShell 5.1 and 7 read it.
pub(super) fn powershell(fact: &FactValue, plain: Plain) -> Result<String, String> {
    Ok(match fact {
        FactValue::Nothing => "$null".to_owned(),
        FactValue::Bool(true) => "$true".to_owned(),
        FactValue::Bool(false) => "$false".to_owned(),
        FactValue::Int(number) if *number < 0 => format!("({number})"),
        FactValue::Int(number) => number.to_string(),
        FactValue::List(items) | FactValue::Set(items) => {
            let items: Result<Vec<String>, String> =
                items.iter().map(|item| powershell(item, plain)).collect();
            format!("@({})", items?.join(", "))
        }
        other => powershell_text(&plain(other)?),
    })
}

/// A text in single quotes, in which nothing is expanded. What an eye would miss or a host mangle is written as an escape
/// within the one literal.
pub(super) fn powershell_text(text: &str) -> String {
    if visible(text) == text {
        return quoted(text);
    }
    let mut escaped = String::new();
    for c in text.chars() {
        let is_hidden = visible(c.encode_utf8(&mut [0; 4])) != c.to_string();
        if is_hidden {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else if c == '\\' {
            escaped.push_str("\\\\");
        } else {
            escaped.push(c);
        }
    }
    format!("([regex]::Unescape({}))", quoted(&escaped))
}

/// PowerShell takes typographic quotes for quotes.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        if matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}') {
            quoted.push(c);
        }
        quoted.push(c);
    }
    quoted.push('\'');
    quoted
}

/// A value as cmd reads it; what it has no way to quote is refused.
pub(super) fn cmd(fact: &FactValue, plain: Plain) -> Result<String, String> {
    match fact {
        FactValue::Nothing => Ok(String::new()),
        FactValue::Bool(yes) => Ok(if *yes { "1" } else { "0" }.to_owned()),
        FactValue::List(items) | FactValue::Set(items) => {
            let items: Result<Vec<String>, String> = items.iter().map(|item| cmd(item, plain)).collect();
            Ok(items?.join(" "))
        }
        other => cmd_text(&plain(other)?),
    }
}

/// A word as it is, anything else in quotes; within them nothing but `%` and `"` means anything, as long as delayed
/// expansion is off.
pub(super) fn cmd_text(text: &str) -> Result<String, String> {
    if let Some(c) = text
        .chars()
        .find(|c| *c == '"' || c.is_control() || !c.is_ascii())
    {
        let shown = excerpt(text);
        return Err(format!("cmd cannot quote {} in `{shown}`", c.escape_default()));
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || "+/=:_.-".contains(c);
    if !text.is_empty() && text.chars().all(is_word) {
        return Ok(text.to_owned());
    }
    let doubled = text.replace('%', "%%");
    // A program takes a backslash before the last quote for a part of it.
    let slashes = doubled.len() - doubled.trim_end_matches('\\').len();
    Ok(format!("\"{doubled}{}\"", "\\".repeat(slashes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_literal_of_powershell() {
        for (text, written) in [
            ("plain", "'plain'"),
            ("it's $(x) `n \"q\" %a% $b", "'it''s $(x) `n \"q\" %a% $b'"),
            ("a\u{2019}b\u{201a}", "'a\u{2019}\u{2019}b\u{201a}\u{201a}'"),
            ("a\nb\\c", "([regex]::Unescape('a\\u000ab\\\\c'))"),
            ("a\u{202e}b", "([regex]::Unescape('a\\u202eb'))"),
            ("C:\\Data\\", "'C:\\Data\\'"),
        ] {
            assert_eq!(powershell_text(text), written);
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]

        /// By the published grammar, which knows only one kind of single quote; the test above has the others.
        #[test]
        fn whatever_the_text_it_is_one_literal(text: String) {
            let mut parser = tree_sitter::Parser::new();
            parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
            let mut nodes = |text: &str| parser.parse(format!("Set-It {text} $true"), None).unwrap().root_node().to_sexp();
            let written = powershell_text(&text);
            let like = if written.starts_with('(') { "([regex]::Unescape('a'))" } else { "'a'" };
            let like = nodes(like);
            assert!(!like.contains("ERROR"));
            assert_eq!(nodes(&written), like, "{written}");
        }
    }

    #[test]
    fn cmd_quotes_or_refuses() {
        for (text, written) in [
            ("plain", "plain"),
            ("", "\"\""),
            ("a b&c|d^e!f<g>(h)", "\"a b&c|d^e!f<g>(h)\""),
            ("100%", "\"100%%\""),
            ("C:\\Data\\", "\"C:\\Data\\\\\""),
        ] {
            assert_eq!(cmd_text(text).as_deref(), Ok(written));
        }
        for text in ["a\"b", "a\nb", "a\u{202e}b", "ü"] {
            assert!(cmd_text(text).is_err(), "{text}");
        }
    }
}
