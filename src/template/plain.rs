//! Messages and scripts that only insert values, as most do: filled without the engine.

use super::Scope;
use super::context::{Context, fact_written};
use crate::facts::FactValue;
use std::fmt::Write as _;

/// A piece of a template.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Text(Box<str>),
    /// The dotted path of a value.
    Value(Box<str>),
}

/// The text of a template that inserts nothing.
pub(super) fn constant(parts: &[Part]) -> Option<String> {
    let plain = parts.iter().map(|part| match part {
        Part::Text(text) => Some(&**text),
        Part::Value(_) => None,
    });
    plain.collect()
}

/// How long values are, about.
const USUAL: usize = 32;

/// Fills in the values; nothing when there is one that the engine must look at, or more text than `most` bytes.
pub(super) fn fill(parts: &[Part], context: Context, most: usize, scope: &dyn Scope) -> Option<String> {
    let raw = parts.iter().map(|part| match part {
        Part::Text(raw) => raw.len(),
        Part::Value(_) => USUAL,
    });
    let mut text = String::with_capacity(raw.sum());
    for part in parts {
        if text.len() > most {
            return None;
        }
        match part {
            Part::Text(raw) => text.push_str(raw),
            Part::Value(path) if context == Context::Text => write!(text, "{}", value(path, scope)?).ok()?,
            Part::Value(path) => text += &fact_written(context, &value(path, scope)?).ok()?,
        }
    }
    Some(text)
}

/// The fact or bound name that the path begins with, and the field of it that the rest names.
fn value(path: &str, scope: &dyn Scope) -> Option<FactValue> {
    let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
    let found = |end: usize| Some((scope.find(&path[..end])?, &path[end..]));
    let (found, rest) = ends.into_iter().find_map(found)?;
    let mut value = found.unwrap_or_else(FactValue::absent);
    for field in rest.split('.').skip(1) {
        value = match &value {
            FactValue::Record(record) => record.get(field)?.clone(),
            FactValue::Absent(_) => value,
            _ => return None,
        };
    }
    Some(value)
}
