//! One action as the values that its template knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use data_encoding::BASE64;

use super::sites::Sites;
use crate::catalogue::Command;
use crate::facts::{FactValue, Record, Side, to_json};
use crate::plan::{At, Detail, Doing};

pub(super) type Values = BTreeMap<&'static str, FactValue>;

/// The names of slots that stand for themselves.
const SLOTS: [&str; 8] = ["to", "value", "data", "kind", "zone", "type", "from", "database"];

/// What the templates of this action may say, of the step of this number and which of its actions it is; `on` is the server on which the script runs.
pub(super) fn values(
    doing: &Doing,
    (number, part): (usize, usize),
    sites: &Sites,
    on: Side,
) -> Result<Values, String> {
    let mut values = Values::new();
    let host = host(&doing.at, sites, on)?;
    let mut put = |name, value| values.insert(name, value);
    put("number", number_value(number));
    put("unc", FactValue::text(format!("\\\\{host}")));
    put("host", FactValue::text(host.as_str()));
    put("file", FactValue::text(format!("standin-{number}-{part}.ldf")));
    put("server", FactValue::text(database(&doing.at, sites, on)));
    for slot in SLOTS {
        put(slot, FactValue::Nothing);
    }
    let mut details = doing.details.iter();
    let object = details.next().map(|(_, detail)| value(detail)).transpose()?;
    let object = object.unwrap_or(FactValue::Nothing);
    let (mut params, mut changes) = (Vec::new(), Vec::new());
    let mut told = serde_json::Map::new();
    for (name, detail) in details {
        let value = value(detail)?;
        match name.split_once(' ') {
            Some(("input", key)) => drop(told.insert(key.to_owned(), to_json(&value))),
            Some((mode, attribute)) => changes.push((mode.to_owned(), attribute.to_owned(), texts(&value)?)),
            None if name.starts_with("@P") => params.push(value),
            None => {
                if let Some(slot) = SLOTS.iter().find(|slot| **slot == name.as_str()) {
                    put(slot, value);
                }
            }
        }
    }
    if let Some(Command::Run(words)) = &doing.command {
        put(
            "words",
            FactValue::list(words.iter().map(|word| FactValue::text(word.as_str()))),
        );
    }
    put("params", FactValue::list(params));
    put(
        "input",
        FactValue::text(serde_json::Value::Object(told).to_string()),
    );
    put("changes", FactValue::list(changes.iter().map(change)));
    let ldif = match doing.protocol {
        "ldap" => ldif(&object.to_string(), &changes),
        _ => Vec::new(),
    };
    put("ldif", FactValue::list(ldif.into_iter().map(FactValue::text)));
    put("object", object);
    finish(&mut values);
    Ok(values)
}

/// What a program wants in another form than the protocol.
fn finish(values: &mut Values) {
    let text = |value: Option<&FactValue>| value.map(ToString::to_string).unwrap_or_default();
    let start = match text(values.get("to")).as_str() {
        "manual" => "demand",
        "automatic" => "auto",
        _ => "disabled",
    };
    values.insert("start", FactValue::text(start));
    let (object, zone) = (text(values.get("object")), text(values.get("zone")));
    let (name, zone) = (object.trim_end_matches('.'), zone.trim_end_matches('.'));
    let inside = name.len().checked_sub(zone.len() + 1);
    let node = match inside {
        _ if name.eq_ignore_ascii_case(zone) => "@",
        Some(at) if name.is_char_boundary(at) && name[at..].eq_ignore_ascii_case(&format!(".{zone}")) => {
            &name[..at]
        }
        _ => name,
    };
    values.insert("node", FactValue::text(node));
    // A name that ends in no dot would be taken for one of the zone.
    if matches!(text(values.get("type")).as_str(), "PTR" | "CNAME") {
        let data = text(values.get("data"));
        values.insert(
            "data",
            FactValue::text(format!("{}.", data.trim_end_matches('.'))),
        );
    } else if !matches!(
        values.get("data"),
        None | Some(FactValue::Nothing | FactValue::Int(_) | FactValue::List(_))
    ) {
        let data = text(values.get("data"));
        values.insert("data", FactValue::text(data));
    }
}

pub(super) fn number_value(number: usize) -> FactValue {
    FactValue::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Who is told; nobody by name where it is the machine that the script runs on.
fn host(at: &At, sites: &Sites, on: Side) -> Result<String, String> {
    match at {
        At::Server(side) if *side == on => Ok(String::new()),
        At::Server(side) => Ok(sites.of(*side).name.clone()),
        At::Host(_, host) => Ok(host.to_string()),
        At::Endpoint(name) => {
            let known = sites.endpoints.get(name.as_ref()).cloned();
            known.ok_or_else(|| format!("the pair file has no endpoint `{name}`"))
        }
        At::Local => Err("it is done where Standin runs".to_owned()),
    }
}

fn database(at: &At, sites: &Sites, on: Side) -> String {
    match at {
        At::Server(side) | At::Host(side, _) => sites.of(*side).database.clone(),
        At::Endpoint(_) | At::Local => sites.of(on).database.clone(),
    }
}

fn value(detail: &Detail) -> Result<FactValue, String> {
    match detail {
        Detail::Text(text) => Ok(FactValue::text(text.as_str())),
        Detail::Value(FactValue::Absent(why)) => Err(why.to_string()),
        Detail::Value(value) => Ok(value.clone()),
        Detail::Later(what) => Err(format!("{what} is known only when it is done")),
    }
}

/// The values of an attribute, as the directory writes them.
fn texts(value: &FactValue) -> Result<Vec<String>, String> {
    match value {
        FactValue::Nothing => Ok(Vec::new()),
        FactValue::Bool(yes) => Ok(vec![if *yes { "TRUE" } else { "FALSE" }.to_owned()]),
        FactValue::List(items) | FactValue::Set(items) => {
            let items: Result<Vec<Vec<String>>, String> = items.iter().map(texts).collect();
            Ok(items?.concat())
        }
        FactValue::Record(_) | FactValue::Map(_) | FactValue::Bytes(_) | FactValue::Absent(_) => {
            Err(format!("a {} cannot be written into a script", value.kind()))
        }
        other => Ok(vec![other.to_string()]),
    }
}

type ChangeOf = (String, String, Vec<String>);

fn change((mode, name, values): &ChangeOf) -> FactValue {
    let fields = [
        (Arc::from("mode"), FactValue::text(mode.as_str())),
        (Arc::from("name"), FactValue::text(name.as_str())),
        (
            Arc::from("values"),
            FactValue::list(values.iter().map(|value| FactValue::text(value.as_str()))),
        ),
    ];
    let record: Record = fields.into_iter().collect();
    FactValue::Record(Arc::new(record))
}

/// A change as LDIF, in words that any language can write: names and values in base 64.
fn ldif(dn: &str, changes: &[ChangeOf]) -> Vec<String> {
    let mut lines = vec![
        format!("dn::{}", BASE64.encode(dn.as_bytes())),
        "changetype:modify".to_owned(),
    ];
    for (mode, name, values) in changes {
        let word = match mode.as_str() {
            "insert" => "add",
            "remove" => "delete",
            _ => "replace",
        };
        lines.push(format!("{word}:{name}"));
        lines.extend(
            values
                .iter()
                .map(|value| format!("{name}::{}", BASE64.encode(value.as_bytes()))),
        );
        lines.push("-".to_owned());
    }
    lines
}
