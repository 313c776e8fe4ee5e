//! Trees to typed values, with all mistakes told at once.
//!
//! A decoder is a function from a [`Node`] to an `Option`; nothing means that it pushed a diagnostic. Who
//! decodes a map asks [`Fields`](super::Fields) for each key and goes on after a mistake; only at the end is it decided
//! whether there is a value. Functions that take a decoder return one, so they nest:
//! `fields.required("ports", list_of(integer))`.

use super::{Key, Kind, Node, Style};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, excerpt};

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

/// Any scalar, as written.
pub fn text(node: &Node, sink: &mut Diagnostics) -> Option<String> {
    borrowed(node, "a text", sink).map(str::to_owned)
}

/// A text that says something.
pub fn nonempty(node: &Node, sink: &mut Diagnostics) -> Option<String> {
    let text = borrowed(node, "a text", sink)?;
    if text.trim().is_empty() {
        sink.push(wrong_value(node, "this text is empty"));
        return None;
    }
    Some(text.to_owned())
}

/// A name that expressions can use: letters, digits and `_`, first a letter.
pub fn identifier(node: &Node, sink: &mut Diagnostics) -> Option<String> {
    let is_right = |c: char| c.is_ascii_alphanumeric() || c == '_';
    named(node, sink, is_right, "a name (letters, digits and `_`)")
}

/// A name of a thing: letters, digits, `_` and `-`, first a letter.
pub fn name(node: &Node, sink: &mut Diagnostics) -> Option<String> {
    let is_right = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    named(node, sink, is_right, "a name (letters, digits, `_` and `-`)")
}

fn named(
    node: &Node,
    sink: &mut Diagnostics,
    is_right: impl Fn(char) -> bool,
    wanted: &str,
) -> Option<String> {
    let text = borrowed(node, wanted, sink)?;
    if text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_right) {
        return Some(text.to_owned());
    }
    sink.push(wrong_value(node, &format!("`{}` is not {wanted}", excerpt(text))));
    None
}

/// `true` or `false`, without quotes.
pub fn boolean(node: &Node, sink: &mut Diagnostics) -> Option<bool> {
    match node.plain() {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => {
            sink.push(wrong_type(node, "`true` or `false`"));
            None
        }
    }
}

/// A decimal integer, without quotes.
pub fn integer(node: &Node, sink: &mut Diagnostics) -> Option<i64> {
    let number = match &node.kind {
        Kind::Scalar(scalar) => scalar.integer(),
        _ => None,
    };
    if number.is_none() {
        sink.push(wrong_type(node, "a whole number"));
    }
    number
}

/// An integer between two others, both allowed.
pub fn integer_in(least: i64, most: i64) -> impl Fn(&Node, &mut Diagnostics) -> Option<i64> {
    move |node, sink| {
        let number = integer(node, sink)?;
        if (least..=most).contains(&number) {
            return Some(number);
        }
        sink.push(wrong_value(
            node,
            &format!("{number} is not between {least} and {most}"),
        ));
        None
    }
}

/// One of some words, as the value that stands for it.
pub fn one_of<T: Clone>(
    words: &'static [(&'static str, T)],
) -> impl Fn(&Node, &mut Diagnostics) -> Option<T> {
    move |node, sink| {
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let text = borrowed(node, &format!("one of {}", listed(&names)), sink)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(value.clone());
        }
        let wrong = Diagnostic::error(
            "unknown-word",
            format!("`{}` is not one of {}", excerpt(text), listed(&names)),
        );
        sink.push(wrong.at(node.span, "").did_you_mean(text, names));
        None
    }
}

/// A list; an item that is wrong does not hide the mistakes of the others.
pub fn list_of<T>(
    decode: impl Fn(&Node, &mut Diagnostics) -> Option<T>,
) -> impl Fn(&Node, &mut Diagnostics) -> Option<Vec<T>> {
    move |node, sink| {
        let Some(items) = node.items() else {
            sink.push(wrong_type(node, "a list"));
            return None;
        };
        let decoded: Vec<Option<T>> = items.iter().map(|item| decode(item, sink)).collect();
        decoded.into_iter().collect()
    }
}

/// A list, or one item of it.
pub fn one_or_many<T>(
    decode: impl Fn(&Node, &mut Diagnostics) -> Option<T>,
) -> impl Fn(&Node, &mut Diagnostics) -> Option<Vec<T>> {
    move |node, sink| match &node.kind {
        Kind::Seq(items) => {
            let decoded: Vec<Option<T>> = items.iter().map(|item| decode(item, sink)).collect();
            decoded.into_iter().collect()
        }
        _ => Some(vec![decode(node, sink)?]),
    }
}

/// A map with free keys, in the order of the file.
pub fn map_of<T>(
    decode: impl Fn(&Node, &mut Diagnostics) -> Option<T>,
) -> impl Fn(&Node, &mut Diagnostics) -> Option<Vec<(Key, T)>> {
    move |node, sink| {
        let Some(entries) = node.entries() else {
            sink.push(wrong_type(node, "a map"));
            return None;
        };
        let decoded: Vec<Option<(Key, T)>> = entries
            .iter()
            .map(|(key, value)| Some((key.clone(), decode(value, sink)?)))
            .collect();
        decoded.into_iter().collect()
    }
}

/// Keeps the place beside the value.
pub fn spanned<T>(
    decode: impl Fn(&Node, &mut Diagnostics) -> Option<T>,
) -> impl Fn(&Node, &mut Diagnostics) -> Option<Spanned<T>> {
    move |node, sink| {
        Some(Spanned {
            value: decode(node, sink)?,
            span: node.span,
        })
    }
}

/// The items of a list, for what is understood later.
pub fn items<'n>(node: &'n Node, sink: &mut Diagnostics) -> Option<&'n [Node]> {
    let items = node.items();
    if items.is_none() {
        sink.push(wrong_type(node, "a list"));
    }
    items
}

/// The entries of a map, for what is understood later.
pub fn entries<'n>(node: &'n Node, sink: &mut Diagnostics) -> Option<&'n [(Key, Node)]> {
    let entries = node.entries();
    if entries.is_none() {
        sink.push(wrong_type(node, "a map"));
    }
    entries
}

/// The node itself, for what is understood later.
pub fn raw(node: &Node, _: &mut Diagnostics) -> Option<Node> {
    Some(node.clone())
}

/// Returns the text of a scalar or reports what is there instead.
pub fn borrowed<'n>(node: &'n Node, wanted: &str, sink: &mut Diagnostics) -> Option<&'n str> {
    let text = node.text();
    if text.is_none() {
        sink.push(wrong_type(node, wanted));
    }
    text
}

/// Says what was wanted and what was found instead.
pub fn wrong_type(node: &Node, wanted: &str) -> Diagnostic {
    let found = match &node.kind {
        Kind::Scalar(scalar) if scalar.style == Style::Plain => format!("`{}`", excerpt(&scalar.raw)),
        _ => node.what().to_owned(),
    };
    Diagnostic::error("wrong-type", format!("expected {wanted}, found {found}")).at(node.span, "")
}

/// Says what is wrong with a value of the right type.
pub fn wrong_value(node: &Node, message: &str) -> Diagnostic {
    Diagnostic::error("wrong-value", message).at(node.span, "")
}

/// Names words for people: "`a`, `b`".
pub fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
