//! Text and what is written as text.

use super::{Fault, Function, Outcome, Param, Ty, as_text, wrong};
use crate::facts::{FactType, FactValue};
use crate::predicate::whole::text_of;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "lower",
        call: "lower(text)",
        about: "The text in lower case.",
        params: &[Param::Text],
        optional: 0,
        result: |_| Ty::TEXT,
        run: |budget, args| budget.text([as_text(&args[0])?.to_lowercase()]),
    },
    Function {
        name: "upper",
        call: "upper(text)",
        about: "The text in upper case.",
        params: &[Param::Text],
        optional: 0,
        result: |_| Ty::TEXT,
        run: |budget, args| budget.text([as_text(&args[0])?.to_uppercase()]),
    },
    Function {
        name: "trim",
        call: "trim(text)",
        about: "The text without white space at its ends.",
        params: &[Param::Text],
        optional: 0,
        result: |_| Ty::TEXT,
        run: |budget, args| budget.text([as_text(&args[0])?.trim()]),
    },
    Function {
        name: "starts_with",
        call: "starts_with(text, start)",
        about: "Whether the text starts so; case counts.",
        params: &[Param::Text, Param::Text],
        optional: 0,
        result: |_| Ty::BOOL,
        run: |_, args| Ok(as_text(&args[0])?.starts_with(as_text(&args[1])?).into()),
    },
    Function {
        name: "ends_with",
        call: "ends_with(text, end)",
        about: "Whether the text ends so; case counts.",
        params: &[Param::Text, Param::Text],
        optional: 0,
        result: |_| Ty::BOOL,
        run: |_, args| Ok(as_text(&args[0])?.ends_with(as_text(&args[1])?).into()),
    },
    Function {
        name: "has",
        call: "has(text, part)",
        about: "Whether the part occurs in the text; case counts.",
        params: &[Param::Text, Param::Text],
        optional: 0,
        result: |_| Ty::BOOL,
        run: |_, args| Ok(as_text(&args[0])?.contains(as_text(&args[1])?).into()),
    },
    Function {
        name: "same_text",
        call: "same_text(a, b)",
        about: "Whether two texts are equal when case does not count.",
        params: &[Param::Text, Param::Text],
        optional: 0,
        result: |_| Ty::BOOL,
        run: |_, args| Ok((as_text(&args[0])?.to_lowercase() == as_text(&args[1])?.to_lowercase()).into()),
    },
    Function {
        name: "split",
        call: "split(text, separator)",
        about: "The parts of the text between the separators.",
        params: &[Param::Text, Param::Text],
        optional: 0,
        result: |_| Ty::list(Ty::TEXT),
        run: split,
    },
    Function {
        name: "join",
        call: "join(list, separator)",
        about: "One text of all items with the separator between them.",
        params: &[Param::List, Param::Text],
        optional: 0,
        result: |_| Ty::TEXT,
        run: join,
    },
    Function {
        name: "text",
        call: "text(value)",
        about: "The value as it is shown to people.",
        params: &[Param::Anything],
        optional: 0,
        result: |_| Ty::TEXT,
        run: |budget, args| text_of(budget, vec![&args[0]]),
    },
    Function {
        name: "int",
        call: "int(text)",
        about: "The whole number that the text is.",
        params: &[Param::Anything],
        optional: 0,
        result: |_| Ty::INT,
        run: |_, args| parsed(&FactType::Int, &args[0]),
    },
    Function {
        name: "version",
        call: "version(text)",
        about: "The version that the text is.",
        params: &[Param::Anything],
        optional: 0,
        result: |_| Ty::Is(FactType::Version),
        run: |_, args| parsed(&FactType::Version, &args[0]),
    },
];

fn join(budget: &super::Budget, args: &[FactValue]) -> Outcome {
    let (items, separator) = (super::items_of(budget, &args[0])?, &args[1]);
    as_text(separator)?;
    let mut parts = Vec::with_capacity(items.len() * 2);
    for item in items {
        if !parts.is_empty() {
            parts.push(separator);
        }
        parts.push(item);
    }
    text_of(budget, parts)
}

fn split(budget: &super::Budget, args: &[FactValue]) -> Outcome {
    let (text, separator) = (as_text(&args[0])?, as_text(&args[1])?);
    if separator.is_empty() {
        return Err(Fault::mixed("split wants a separator"));
    }
    budget.build(text.matches(separator).count() + 1)?;
    budget.build_text(text.len())?;
    Ok(FactValue::list(text.split(separator).map(FactValue::from)))
}

/// Reads a value of another type from a text; text that is none is malformed, never a default.
pub(super) fn parsed(ty: &FactType, value: &FactValue) -> Outcome {
    match value {
        FactValue::Nothing | FactValue::Absent(_) => Err(wrong(&format!("a {ty}"), value)),
        other => ty
            .coerce(other.clone())
            .map_err(|misfit| Fault::mixed(misfit.to_string())),
    }
}
