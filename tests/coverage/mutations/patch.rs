//! Changes the value of a fact at a place.

use std::sync::Arc;

use standin::facts::{
    Absence, Cause, FactMap, FactSchema, FactType, FactValue, Key, Lookup, Observation, Provenance, Record,
    Snapshot, from_json, to_json,
};

use super::file::Edit;
use super::spot::Spot;

/// What stands at a place: a value, or nothing.
type Held = Option<FactValue>;

/// Does one thing to the facts; the text says why it cannot be done.
pub(crate) fn apply(
    snapshot: &mut Snapshot,
    schema: &FactSchema,
    spot: &Spot,
    edit: &Edit,
) -> Result<(), String> {
    let ty = spot.type_in(schema)?;
    let change = |held: Held| changed(held.as_ref(), &ty, spot, edit);
    let before = snapshot.facts.observation(&spot.fact).cloned();
    let whole = spot.key.is_none() && spot.field.is_none();
    let held = before.as_ref().and_then(|seen| seen.value.clone().ok());
    let after = if whole {
        change(held)?
    } else {
        let held = held.ok_or_else(|| format!("{} is not in the recording", spot.fact))?;
        Some(inside(&held, spot, &change)?)
    };
    let mut seen = before.unwrap_or_else(|| unread(snapshot));
    seen.value = match after {
        Some(FactValue::Absent(why)) => Err(Absence::clone(&why)),
        Some(value) => Ok(value),
        None => Err(Absence::not_collected(&spot.fact.to_string())),
    };
    snapshot.facts.insert(spot.fact.clone(), seen);
    Ok(())
}

/// Where a fact comes from that the recording does not have.
fn unread(snapshot: &Snapshot) -> Observation {
    let provenance = Provenance {
        probe: "mutation".to_owned(),
        server: "mutation".to_owned(),
        at: snapshot.taken_at,
        took_ms: 0,
        tried: Vec::new(),
    };
    Observation {
        value: Ok(FactValue::Nothing),
        provenance,
    }
}

/// The value with its part changed at this place.
fn inside(
    value: &FactValue,
    spot: &Spot,
    change: &dyn Fn(Held) -> Result<Held, String>,
) -> Result<FactValue, String> {
    match (value, &spot.key) {
        (FactValue::Map(map), Some(key)) => {
            let held = match map.get(key) {
                Lookup::Found(entry) => Some(entry.value.clone()),
                Lookup::Hole(why) => Some(FactValue::absent(why.clone())),
                Lookup::Missing => None,
            };
            let new = match (&spot.field, held) {
                (None, held) => change(held)?,
                (Some(field), Some(FactValue::Record(record))) => Some(in_record(&record, field, change)?),
                (Some(_), _) => return Err(format!("there is no record {key}; there are {}", keys(map))),
            };
            Ok(with_entry(map, key, new))
        }
        (FactValue::Record(record), None) => {
            in_record(record, spot.field.as_deref().unwrap_or_default(), change)
        }
        _ => Err(format!("{} is a {} here", spot.fact, value.kind())),
    }
}

fn in_record(
    record: &Record,
    field: &str,
    change: &dyn Fn(Held) -> Result<Held, String>,
) -> Result<FactValue, String> {
    let new = change(record.get(field).cloned())?;
    let new = new.ok_or("a field cannot be removed: `absent`, or `set` to null")?;
    let mut record = record.clone();
    record.set(field, new);
    Ok(FactValue::Record(Arc::new(record)))
}

/// The collection with another record under this key, or none.
fn with_entry(map: &FactMap, key: &Key, new: Held) -> FactValue {
    let mut changed = FactMap::new(map.is_exact());
    let is_meant = |other: &Key| {
        if map.is_exact() {
            other == key
        } else {
            other.folded() == key.folded()
        }
    };
    for entry in map.iter().filter(|entry| !is_meant(&entry.key)) {
        changed.insert(entry.key.clone(), entry.value.clone());
    }
    for (prefix, why) in map.holes() {
        changed.add_hole(prefix, why.clone());
    }
    if let Some(record) = new {
        changed.insert(key.clone(), record);
    }
    changed.sort();
    FactValue::Map(Arc::new(changed))
}

fn keys(map: &FactMap) -> String {
    let keys: Vec<String> = map.iter().map(|entry| entry.key.parts().join("/")).collect();
    keys.join(", ")
}

/// What an edit makes of what stands at its place.
fn changed(held: Option<&FactValue>, ty: &FactType, spot: &Spot, edit: &Edit) -> Result<Held, String> {
    let typed = |ty: &FactType, node: &standin::yaml::Node| {
        let empty = node.is_null() && matches!(ty, FactType::Map(_));
        let json = if empty {
            serde_json::json!([])
        } else {
            node.to_json()
        };
        from_json(ty, &json).map_err(|misfit| misfit.to_string())
    };
    let new = match edit {
        Edit::Set(node) => {
            if held.is_none() && spot.key.is_some() {
                return Err("there is no such record: `add` makes one".to_owned());
            }
            Some(typed(ty, node)?)
        }
        Edit::Cut(text) => Some(without(held, ty, text)?),
        Edit::Add(node) => match (held, ty) {
            (None, FactType::Record(_)) => Some(typed(ty, node)?),
            (Some(FactValue::List(items)), FactType::List(item)) => {
                let items = items.iter().cloned().chain([typed(item, node)?]);
                Some(FactValue::list(items))
            }
            (Some(FactValue::Set(items)), FactType::Set(item)) => {
                let items = items.iter().cloned().chain([typed(item, node)?]);
                Some(FactValue::set(items))
            }
            _ => {
                return Err(
                    "nothing can be added: it is there, or it is neither a record nor a list".to_owned(),
                );
            }
        },
        Edit::Remove if held.is_some() => None,
        Edit::Remove => return Err("it is not there".to_owned()),
        Edit::Absent(cause, root) => {
            let fact = spot.fact.to_string();
            let root = root.as_deref().unwrap_or(&fact);
            Some(FactValue::absent(taken_away(*cause, root)))
        }
    };
    if new.as_ref() == held {
        return Err("nothing is changed by this".to_owned());
    }
    Ok(new)
}

/// The absence of what a test took away.
pub(crate) fn taken_away(cause: Cause, root: &str) -> Absence {
    Absence::new(cause, root, "taken away by the test")
}

/// The value without a piece of its text, as it stands in the recording.
fn without(held: Option<&FactValue>, ty: &FactType, text: &str) -> Result<FactValue, String> {
    let held = held.ok_or("it is not there")?;
    let json = to_json(held);
    let whole = json.as_str().ok_or("it is no text")?;
    let found = whole.matches(text).count();
    if found != 1 {
        return Err(format!("the piece is there {found} times in\n{whole}"));
    }
    let rest = whole.replacen(text, "", 1);
    from_json(ty, &rest.into()).map_err(|misfit| misfit.to_string())
}
