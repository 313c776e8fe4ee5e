//! Values as natural JSON, read back by their type.
//!
//! An absence inside a value is `{"?": {"cause", "detail", "root"}}`: `?` is no field name, so nothing collides.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{Absence, Cause, FactMap, FactType, FactValue, Fields, Key, Misfit, Record};

/// Writes a value so that [`from_json`] with its type gives it back.
pub fn to_json(value: &FactValue) -> Value {
    serde_json::to_value(Written(value)).expect("a value always becomes JSON")
}

/// A value as it is written.
pub(super) struct Written<'a>(pub(super) &'a FactValue);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            FactValue::Nothing => out.serialize_unit(),
            FactValue::Bool(b) => out.serialize_bool(*b),
            FactValue::Int(n) => out.serialize_i64(*n),
            FactValue::List(items) | FactValue::Set(items) => out.collect_seq(items.iter().map(Written)),
            FactValue::Record(record) => {
                out.collect_map(record.iter().map(|(name, value)| (&**name, Written(value))))
            }
            FactValue::Map(map) => {
                let entries = map.iter().map(|entry| Row::Entry {
                    key: entry.key.parts(),
                    value: Written(&entry.value),
                });
                let holes = map.holes().map(|(prefix, why)| Row::Hole {
                    under: prefix.parts(),
                    why: why.into(),
                });
                out.collect_seq(entries.chain(holes))
            }
            FactValue::Absent(why) => out.collect_map([("?", Why::from(&**why))]),
            scalar => out.collect_str(scalar),
        }
    }
}

/// One row of a keyed collection.
#[derive(Serialize)]
#[serde(untagged)]
enum Row<'a> {
    Entry {
        key: &'a [Arc<str>],
        value: Written<'a>,
    },
    Hole {
        under: &'a [Arc<str>],
        #[serde(rename = "?")]
        why: Why<'a>,
    },
}

/// An absence as it is written.
#[derive(Serialize)]
pub(super) struct Why<'a> {
    cause: &'static str,
    detail: &'a str,
    root: &'a str,
}

impl<'a> From<&'a Absence> for Why<'a> {
    fn from(why: &'a Absence) -> Self {
        Self {
            cause: why.cause.word(),
            detail: &why.detail,
            root: &why.root,
        }
    }
}

/// Reads what [`Why`] writes.
pub(super) fn absence_from_json(value: &Value) -> Result<Absence, Misfit> {
    let text = |field: &str| value.get(field).and_then(Value::as_str);
    let cause = text("cause").and_then(|word| word.parse::<Cause>().ok());
    match (cause, text("detail"), text("root")) {
        (Some(cause), Some(detail), Some(root)) => Ok(Absence::new(cause, root, detail)),
        _ => Err(Misfit::new(
            "an absence with cause, detail and root",
            shown(value),
        )),
    }
}

/// Reads a value of type `ty`; what does not fit is refused with its place.
pub fn from_json(ty: &FactType, value: &Value) -> Result<FactValue, Misfit> {
    if let Some(hole) = as_hole(value) {
        return absence_from_json(hole).map(FactValue::absent);
    }
    match (ty, value) {
        (_, Value::Null) => Ok(FactValue::Nothing),
        (FactType::List(item), Value::Array(items)) => read_items(item, items).map(FactValue::list),
        (FactType::Set(item), Value::Array(items)) => read_items(item, items).map(FactValue::set),
        (FactType::Record(fields), Value::Object(object)) => read_record(fields, object),
        (FactType::Map(fields), Value::Array(entries)) => read_entries(fields, entries),
        (FactType::Map(fields), Value::Object(object)) => read_named(fields, object),
        (_, Value::Bool(b)) => ty.coerce(FactValue::Bool(*b)),
        (_, Value::Number(n)) => match n.as_i64() {
            Some(n) => ty.coerce(FactValue::Int(n)),
            None => Err(Misfit::new(ty.to_string(), format!("the number {n}"))),
        },
        (_, Value::String(text)) => ty.coerce(FactValue::text(text.as_str())),
        _ => Err(Misfit::new(ty.to_string(), shown(value))),
    }
}

fn as_hole(value: &Value) -> Option<&Value> {
    let object = value.as_object()?;
    if object.len() == 1 { object.get("?") } else { None }
}

fn shown(value: &Value) -> String {
    let text: String = value.to_string().chars().take(80).collect();
    format!("`{text}`")
}

fn read_items(item: &FactType, items: &[Value]) -> Result<Vec<FactValue>, Misfit> {
    let read = |(i, v)| from_json(item, v).map_err(|m| m.within(format_args!("[{i}]")));
    items.iter().enumerate().map(read).collect()
}

/// Reads a record; a field that is not given is a hole: nobody collected it.
fn read_record(fields: &Fields, object: &Map<String, Value>) -> Result<FactValue, Misfit> {
    let mut record = Record::with_capacity(fields.len());
    for (name, value) in object {
        let Some((field, ty)) = fields.get_key_value(name.as_str()) else {
            let names: Vec<&str> = fields.keys().map(AsRef::as_ref).collect();
            return Err(Misfit::new(
                format!("the fields {}", names.join(", ")),
                format!("the field `{name}`"),
            ));
        };
        let value = from_json(ty, value).map_err(|m| m.within(format_args!(".{name}")))?;
        record.set(field.clone(), value);
    }
    for name in fields.keys() {
        if record.get(name).is_none() {
            let why = Absence::not_collected(&format!("field {name}"));
            record.set(name.clone(), FactValue::absent(why));
        }
    }
    Ok(FactValue::Record(Arc::new(record)))
}

fn read_entries(fields: &Fields, entries: &[Value]) -> Result<FactValue, Misfit> {
    let mut map = FactMap::new(false);
    for (i, entry) in entries.iter().enumerate() {
        let within = |m: Misfit| m.within(format_args!("[{i}]"));
        if let (Some(under), Some(why)) = (entry.get("under"), entry.get("?")) {
            map.add_hole(
                &read_key(under).map_err(within)?,
                absence_from_json(why).map_err(within)?,
            );
            continue;
        }
        let (Some(key), Some(value)) = (entry.get("key"), entry.get("value")) else {
            return Err(within(Misfit::new("an entry with key and value", shown(entry))));
        };
        let record = read_entry(fields, value).map_err(|m| m.within(format_args!("[{i}].value")))?;
        map.insert(read_key(key).map_err(within)?, record);
    }
    map.sort();
    Ok(FactValue::Map(Arc::new(map)))
}

/// Reads a collection that people write as nested objects, one level for each part of the key.
fn read_named(fields: &Fields, object: &Map<String, Value>) -> Result<FactValue, Misfit> {
    let mut map = FactMap::new(false);
    read_level(fields, object, &[], &mut map)?;
    map.sort();
    Ok(FactValue::Map(Arc::new(map)))
}

fn read_level(
    fields: &Fields,
    level: &Map<String, Value>,
    outer: &[&str],
    map: &mut FactMap,
) -> Result<(), Misfit> {
    for (name, value) in level {
        let parts: Vec<&str> = outer.iter().copied().chain([name.as_str()]).collect();
        let within = |m: Misfit| m.within(format_args!(".{name}"));
        match value {
            Value::Object(inner) if as_hole(value).is_none() && is_level(fields, inner) => {
                read_level(fields, inner, &parts, map).map_err(within)?;
            }
            _ => map.insert(Key::new(parts), read_entry(fields, value).map_err(within)?),
        }
    }
    Ok(())
}

/// Whether the object is one more level of keys and not a record: it holds objects under names that are no fields.
fn is_level(fields: &Fields, object: &Map<String, Value>) -> bool {
    !object.is_empty()
        && object
            .iter()
            .all(|(name, value)| value.is_object() && !fields.contains_key(name.as_str()))
}

fn read_entry(fields: &Fields, value: &Value) -> Result<FactValue, Misfit> {
    match (as_hole(value), value) {
        (Some(hole), _) => absence_from_json(hole).map(FactValue::absent),
        (None, Value::Object(object)) => read_record(fields, object),
        _ => Err(Misfit::new("a record", shown(value))),
    }
}

fn read_key(value: &Value) -> Result<Key, Misfit> {
    let parts: Option<Vec<&str>> = match value {
        Value::String(one) => Some(vec![one]),
        Value::Array(parts) => parts.iter().map(Value::as_str).collect(),
        _ => None,
    };
    parts
        .map(Key::new)
        .ok_or_else(|| Misfit::new("a key: a list of texts", shown(value)))
}
