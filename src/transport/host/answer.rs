//! What comes back, line by line, and what rows it makes.
//!
//! The programs on the other side are ours, but what they are given by a host is not, and a host may answer in their
//! place. So each field is checked: one that is missing or of another kind is a hole, and no field is made up.

use std::sync::Arc;

use data_encoding::BASE64;
use serde_json::{Map, Value};

use super::question::{FilePart, Question, RegistryPart};
use crate::facts::{Absence, Cause, FactValue, Record};
use crate::transport::{Trouble, clip};

/// One line from the other side.
#[derive(Debug, PartialEq)]
pub(super) enum Line {
    /// The log-on is done, questions may come.
    Ready,
    /// There will be no session.
    Refused(Trouble),
    Rows {
        id: u64,
        rows: Vec<Value>,
    },
    /// What a command printed.
    Printed {
        id: u64,
        text: String,
    },
    Absent {
        id: u64,
        trouble: Trouble,
        /// Whether something may have been changed before that.
        begun: bool,
    },
    /// The session ended before the answer.
    Lost {
        trouble: Trouble,
        begun: bool,
    },
    /// Something that is not of this conversation.
    Noise,
}

impl Line {
    /// The number of what it answers.
    pub(super) const fn id(&self) -> Option<u64> {
        match self {
            Self::Rows { id, .. } | Self::Printed { id, .. } | Self::Absent { id, .. } => Some(*id),
            Self::Ready | Self::Refused(_) | Self::Lost { .. } | Self::Noise => None,
        }
    }
}

/// Reads a line; what looks like an answer and is none is an error.
pub(super) fn read(line: &[u8]) -> Result<Line, Trouble> {
    if !line.trim_ascii_start().starts_with(b"{") {
        return Ok(Line::Noise);
    }
    let malformed = |why: String| Trouble::new(Cause::Malformed, why);
    let mut answer: Map<String, Value> = serde_json::from_slice(line).map_err(|error| {
        let what = if std::str::from_utf8(line).is_err() {
            "is not UTF-8"
        } else {
            "is not JSON"
        };
        malformed(format!("the answer {what}: {}", clip(&error.to_string())))
    })?;
    if answer.get("ready").and_then(Value::as_u64) == Some(1) {
        return Ok(Line::Ready);
    }
    // what is not said to be untouched is not known to be
    let begun = answer.get("begun") != Some(&Value::Bool(false));
    if let Some(Value::String(why)) = answer.get("lost") {
        let trouble = Trouble::new(Cause::Unreachable, clip(why));
        return Ok(Line::Lost { trouble, begun });
    }
    let id = answer.get("id").and_then(Value::as_u64);
    if let (Some(id), Some(Value::String(text))) = (id, answer.get_mut("printed")) {
        let text = std::mem::take(text);
        return Ok(Line::Printed { id, text });
    }
    match (id, answer.remove("rows"), trouble(&answer)) {
        (Some(id), Some(Value::Array(rows)), None) => Ok(Line::Rows { id, rows }),
        (Some(id), None, Some(trouble)) => Ok(Line::Absent { id, trouble, begun }),
        (None, None, Some(trouble)) => Ok(Line::Refused(trouble)),
        _ => Err(malformed(
            "the answer has neither rows nor a reason for having none".to_owned(),
        )),
    }
}

/// The reason for having no value, when there is one.
fn trouble(object: &Map<String, Value>) -> Option<Trouble> {
    let cause = object.get("absent")?.as_str()?.parse::<Cause>().ok()?;
    let detail = object.get("detail").and_then(Value::as_str).unwrap_or_default();
    Some(Trouble::new(cause, clip(detail)))
}

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    /// A text, or proven nothing.
    TextOrNone,
    Texts,
    Int,
    Bool,
    Any,
}

/// The fields of each row that this question's answer has.
fn fields(question: &Question) -> Vec<(&'static str, Kind)> {
    use Kind::{Any, Bool, Int, Text, TextOrNone, Texts};
    match question {
        Question::Service { .. } => vec![
            ("name", Text),
            ("display", Text),
            ("state", Text),
            ("start", Text),
            ("delayed", Bool),
            ("account", TextOrNone),
            ("command", TextOrNone),
            ("depends_on", Texts),
        ],
        Question::Registry { what, .. } => match what {
            RegistryPart::Value(_) => vec![("value", Any), ("kind", Text)],
            RegistryPart::Values => vec![("name", Text), ("value", Any), ("kind", Text)],
            RegistryPart::Keys => vec![("name", Text)],
        },
        Question::File { want, .. } => {
            let kind = |part| if part == FilePart::Size { Int } else { Text };
            let wanted = want.iter().map(|part| (part.field(), kind(*part)));
            [("path", Text), ("kind", Text)]
                .into_iter()
                .chain(wanted)
                .collect()
        }
        Question::Share { name: None } => vec![("name", Text), ("kind", Text), ("comment", Text)],
        Question::Share { name: Some(_) } => vec![("name", Text), ("readable", Bool), ("writable", Bool)],
        Question::Disk => vec![
            ("drive", Text),
            ("kind", Text),
            ("size", Int),
            ("free", Int),
            ("label", TextOrNone),
        ],
        Question::Group { .. } => vec![("name", Text), ("sid", Text)],
        Question::Shell { .. } => Vec::new(),
    }
}

/// Makes records of the rows that answer `question`; holes are rooted in `endpoint`.
pub(super) fn records(
    question: &Question,
    rows: Vec<Value>,
    max_rows: usize,
    endpoint: &Arc<str>,
) -> Result<Vec<Record>, Trouble> {
    if rows.len() > max_rows {
        let detail = format!("the answer has more than {max_rows} rows");
        return Err(Trouble::new(Cause::Truncated, detail));
    }
    if question.is_of_one() && rows.len() != 1 {
        let detail = format!("the answer has {} rows instead of one", rows.len());
        return Err(Trouble::new(Cause::Malformed, detail));
    }
    // one text for each name, however many rows there are
    let fields: Vec<(Arc<str>, Kind)> = fields(question)
        .into_iter()
        .map(|(name, kind)| (name.into(), kind))
        .collect();
    let free = matches!(question, Question::Shell { .. });
    let record = |row| match row {
        Value::Object(object) if free => Ok(free_record(object, endpoint)),
        Value::Object(object) => Ok(checked_record(object, &fields, endpoint)),
        _ => Err(Trouble::new(
            Cause::Malformed,
            "the answer has a row without fields",
        )),
    };
    rows.into_iter().map(record).collect()
}

fn checked_record(
    mut object: Map<String, Value>,
    fields: &[(Arc<str>, Kind)],
    endpoint: &Arc<str>,
) -> Record {
    let mut value = |name: &str, kind| match object.remove(name) {
        None => Err(format!("the answer does not say `{name}`")),
        Some(Value::Object(hole)) if trouble(&hole).is_some() => Ok(hole_or_bytes(hole, endpoint)),
        Some(value) if fits(kind, &value) => Ok(fact(value, endpoint)),
        Some(_) => Err(format!(
            "`{name}` in the answer is of another kind than it should be"
        )),
    };
    let hole = |why| FactValue::absent(Absence::new(Cause::Malformed, Arc::clone(endpoint), why));
    let field = |(name, kind): &(Arc<str>, Kind)| (Arc::clone(name), value(name, *kind).unwrap_or_else(hole));
    fields.iter().map(field).collect()
}

fn fits(kind: Kind, value: &Value) -> bool {
    match kind {
        Kind::Text => value.is_string(),
        Kind::TextOrNone => value.is_string() || value.is_null(),
        Kind::Texts => value
            .as_array()
            .is_some_and(|items| items.iter().all(Value::is_string)),
        Kind::Int => value.is_number(),
        Kind::Bool => value.is_boolean(),
        Kind::Any => true,
    }
}

fn free_record(object: Map<String, Value>, endpoint: &Arc<str>) -> Record {
    let field = |(name, value): (String, Value)| (name, fact(value, endpoint));
    object.into_iter().map(field).collect()
}

/// A value as a fact's; the type of the fact decides later whether it fits.
fn fact(value: Value, endpoint: &Arc<str>) -> FactValue {
    match value {
        Value::Null => FactValue::Nothing,
        Value::Bool(value) => FactValue::Bool(value),
        Value::Number(number) => number.as_i64().map_or_else(
            || {
                let why = format!("{number} is not a whole number, or too large for one; print it as text");
                FactValue::absent(Absence::new(Cause::Malformed, Arc::clone(endpoint), why))
            },
            FactValue::Int,
        ),
        Value::String(text) => FactValue::text(text),
        Value::Array(items) => FactValue::list(items.into_iter().map(|item| fact(item, endpoint))),
        Value::Object(object) => hole_or_bytes(object, endpoint),
    }
}

fn hole_or_bytes(object: Map<String, Value>, endpoint: &Arc<str>) -> FactValue {
    if let Some(trouble) = trouble(&object) {
        return FactValue::absent(trouble.at(endpoint));
    }
    let encoded = object.get("base64").filter(|_| object.len() == 1);
    match encoded.map(|text| text.as_str().and_then(|text| BASE64.decode(text.as_bytes()).ok())) {
        Some(Some(bytes)) => FactValue::Bytes(bytes.into()),
        Some(None) => {
            let why = "bytes in the answer are not base 64";
            FactValue::absent(Absence::new(Cause::Malformed, Arc::clone(endpoint), why))
        }
        None => FactValue::Record(Arc::new(free_record(object, endpoint))),
    }
}

/// The rows that a command's JSON makes: an object is one, a list of objects is several, nothing is none.
pub(super) fn printed(text: &[u8]) -> Result<Vec<Value>, Trouble> {
    if text.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let value: Value = serde_json::from_slice(text).map_err(|error| {
        let why = format!(
            "what the command printed is not JSON: {}",
            clip(&error.to_string())
        );
        Trouble::new(Cause::Malformed, why)
    })?;
    match value {
        Value::Object(object) => match trouble(&object) {
            Some(trouble) => Err(trouble),
            None => Ok(vec![Value::Object(object)]),
        },
        Value::Array(rows) => Ok(rows),
        Value::Null => Ok(Vec::new()),
        _ => Err(Trouble::new(
            Cause::Malformed,
            "the command printed neither an object nor a list of objects",
        )),
    }
}
