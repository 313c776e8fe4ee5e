//! What a step is made of, as the journal keeps it: everything else of a step follows from the catalogue and the facts.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Step;
use super::draft::{Asking, Draft};
use crate::catalogue::{Catalogue, Input};
use crate::evaluate::Given;
use crate::facts::{FactPath, Key, Side, from_json, to_json};
use crate::predicate::Trail;

/// A fix with what it is given, on one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    pub fix: Arc<str>,
    pub here: Option<Side>,
    /// What each finding gives it, in the order of the fix's inputs.
    pub given: Vec<Vec<Given>>,
}

impl From<&Step> for Spec {
    fn from(step: &Step) -> Self {
        Self {
            fix: step.fix.clone(),
            here: step.here,
            given: step.given.clone(),
        }
    }
}

impl Spec {
    pub fn to_json(&self) -> Value {
        let given = |given: &Given| match given {
            Given::Value(value) => json!({ "value": to_json(value) }),
            Given::Place(place) => json!({ "place": trail_json(place) }),
        };
        let each = |one: &Vec<Given>| one.iter().map(given).collect::<Vec<Value>>();
        json!({
            "fix": self.fix,
            "here": self.here.map(Side::word),
            "given": self.given.iter().map(each).collect::<Vec<_>>(),
        })
    }

    /// Reads what [`Spec::to_json`] writes, by the types that the catalogue has; `Err` says what does not fit.
    pub fn from_json(value: &Value, catalogue: &Catalogue) -> Result<Self, String> {
        let name = value["fix"].as_str().ok_or("a step without a fix")?;
        let fix = catalogue
            .fixes
            .get(name)
            .ok_or_else(|| format!("there is no fix {name} any more"))?;
        let here = value["here"].as_str();
        let here = here.and_then(|word| Side::BOTH.into_iter().find(|side| side.word() == word));
        let given = |(input, value): (&Input, &Value)| match input {
            Input::Value(ty) => from_json(ty, &value["value"])
                .map(Given::Value)
                .map_err(|misfit| format!("{name}: {misfit}")),
            Input::Place => trail_from_json(&value["place"]).map(Given::Place),
        };
        let each = |one: &Value| {
            let values = one.as_array().map(Vec::as_slice).unwrap_or_default();
            if values.len() != fix.inputs.len() {
                return Err(format!("{name} is given {} values", values.len()));
            }
            fix.inputs.values().zip(values).map(given).collect()
        };
        let all = value["given"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(Self {
            fix: fix.id.clone(),
            here,
            given: all.iter().map(each).collect::<Result<_, String>>()?,
        })
    }

    /// The draft that it was, with no finding.
    pub(super) fn draft<'a>(&self, catalogue: &'a Catalogue) -> Option<Draft<'a>> {
        let asking = |given: &Vec<Given>| Asking { given: given.clone() };
        Some(Draft {
            fix: catalogue.fixes.get(&self.fix)?,
            here: self.here,
            asked: self.given.iter().map(asking).collect(),
            findings: Vec::new(),
        })
    }
}

/// A place as the journal keeps it.
pub fn trail_json(place: &Trail) -> Value {
    json!({
        "fact": place.fact.to_string(),
        "key": place.key.as_ref().map(Key::parts),
        "field": place.field,
    })
}

/// Reads what [`trail_json`] writes.
pub fn trail_from_json(value: &Value) -> Result<Trail, String> {
    let fact = value["fact"].as_str().ok_or("a place without a fact")?;
    let fact: FactPath = fact.parse().map_err(|()| format!("{fact} is no place"))?;
    let key = match &value["key"] {
        Value::Null => None,
        Value::Array(parts) => {
            let parts: Option<Vec<&str>> = parts.iter().map(Value::as_str).collect();
            Some(Key::new(parts.ok_or("a key has texts only")?))
        }
        _ => return Err("a key is a list".to_owned()),
    };
    Ok(Trail {
        fact,
        key,
        field: value["field"].as_str().map(Arc::from),
    })
}
