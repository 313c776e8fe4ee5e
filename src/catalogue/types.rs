//! Types as packs write them: `text`, `{ list_of: ip }`, `{ map_of: { name: text } }`, `{ one_of: [a, b] }`.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, excerpt};
use crate::facts::{FactType, FactValue, Fields, from_json};
use crate::predicate::is_keyword;
use crate::yaml::decode::{identifier, list_of, listed, nonempty, wrong_type, wrong_value};
use crate::yaml::{Key, Node};

const COMPOSITE: [&str; 5] = ["list_of", "set_of", "record", "map_of", "one_of"];

/// How deep types nest at most.
const MAX_DEPTH: usize = 6;

/// Reads a type.
pub(super) fn fact_type(node: &Node, sink: &mut Diagnostics) -> Option<FactType> {
    nested(node, sink, 0)
}

fn nested(node: &Node, sink: &mut Diagnostics, depth: usize) -> Option<FactType> {
    if depth > MAX_DEPTH {
        sink.push(wrong_value(node, "types nest too deep"));
        return None;
    }
    if let Some(word) = node.text() {
        return scalar(word, node, sink);
    }
    let [(key, inner)] = node.entries().unwrap_or_default() else {
        sink.push(wrong_type(node, "a type"));
        return None;
    };
    match key.text.as_str() {
        "list_of" => nested(inner, sink, depth + 1).map(|item| FactType::List(Arc::new(item))),
        "set_of" => nested(inner, sink, depth + 1).map(|item| FactType::Set(Arc::new(item))),
        "record" => fields(inner, sink, depth).map(|fields| FactType::Record(Arc::new(fields))),
        "map_of" => fields(inner, sink, depth).map(|fields| FactType::Map(Arc::new(fields))),
        "one_of" => {
            let words = list_of(nonempty)(inner, sink)?;
            Some(FactType::OneOf(words.into_iter().map(Arc::from).collect()))
        }
        other => {
            let unknown = Diagnostic::error("unknown-type", format!("there is no type `{}`", excerpt(other)));
            sink.push(
                unknown
                    .at(key.span, "")
                    .help(format!("types with parts are {}", listed(&COMPOSITE))),
            );
            None
        }
    }
}

fn scalar(word: &str, node: &Node, sink: &mut Diagnostics) -> Option<FactType> {
    let ty = FactType::scalar(word);
    if ty.is_none() {
        let unknown = Diagnostic::error("unknown-type", format!("there is no type `{}`", excerpt(word)));
        let known = FactType::SCALARS.into_iter().chain(COMPOSITE);
        sink.push(unknown.at(node.span, "").did_you_mean(word, known).help(format!(
            "types are {}, and with parts {}",
            listed(&FactType::SCALARS),
            listed(&COMPOSITE)
        )));
    }
    ty
}

fn fields(node: &Node, sink: &mut Diagnostics, depth: usize) -> Option<Fields> {
    let Some(entries) = node.entries() else {
        sink.push(wrong_type(node, "a map of fields and their types"));
        return None;
    };
    let mut fields = Some(Fields::new());
    for (key, ty) in entries {
        let name = field_name(key, sink);
        let ty = nested(field_type(ty), sink, depth + 1);
        match (name, ty, &mut fields) {
            (Some(name), Some(ty), Some(fields)) => {
                fields.insert(name, ty);
            }
            _ => fields = None,
        }
    }
    fields
}

/// The type of a field, which may stand beside a default: `{ type: int, default: 5 }`.
fn field_type(node: &Node) -> &Node {
    node.get("type").unwrap_or(node)
}

/// The name of a field or of a part of a fact's name: an identifier that is no keyword.
pub(super) fn field_name(key: &Key, sink: &mut Diagnostics) -> Option<Arc<str>> {
    let starts = key.text.starts_with(|c: char| c.is_ascii_lowercase());
    let rest = key
        .text
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !(starts && rest) {
        let message = format!(
            "`{}` is no name: lower-case letters, digits and `_`, first a letter",
            excerpt(&key.text)
        );
        sink.push(Diagnostic::error("bad-name", message).at(key.span, ""));
        return None;
    }
    if is_keyword(&key.text) {
        let message = format!(
            "`{}` is a word of the expression language and cannot be a name",
            key.text
        );
        sink.push(Diagnostic::error("keyword-as-name", message).at(key.span, ""));
        return None;
    }
    Some(key.text.as_str().into())
}

/// The dotted name of a fact or setting.
pub(super) fn dotted_name(node: &Node, sink: &mut Diagnostics) -> Option<Arc<str>> {
    let text = nonempty(node, sink)?;
    dotted(
        &Key {
            text,
            span: node.span,
        },
        sink,
    )
}

/// Checks each part of a dotted name.
pub(super) fn dotted(key: &Key, sink: &mut Diagnostics) -> Option<Arc<str>> {
    let parts: Vec<Option<Arc<str>>> = key
        .text
        .split('.')
        .map(|part| {
            field_name(
                &Key {
                    text: part.to_owned(),
                    span: key.span,
                },
                sink,
            )
        })
        .collect();
    parts
        .iter()
        .all(Option::is_some)
        .then(|| key.text.as_str().into())
}

/// Reads a literal value of this type.
pub(super) fn value_of(ty: &FactType, node: &Node, sink: &mut Diagnostics) -> Option<FactValue> {
    match from_json(ty, &node.to_json()) {
        Ok(value) => Some(value),
        Err(misfit) => {
            sink.push(wrong_value(node, &misfit.to_string()));
            None
        }
    }
}

/// A tag: a name in kebab case.
pub(super) fn tag(node: &Node, sink: &mut Diagnostics) -> Option<Arc<str>> {
    crate::yaml::decode::name(node, sink).map(Arc::from)
}

/// A name of an input of a fix.
pub(super) fn input_name(node: &Node, sink: &mut Diagnostics) -> Option<Arc<str>> {
    identifier(node, sink).map(Arc::from)
}
