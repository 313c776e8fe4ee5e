//! Facts as minijinja sees them, with a note of every absent one that was read.

use super::Mention;
use crate::facts::{Absence, FactMap, FactValue, Key, Lookup};
use minijinja::value::{Enumerator, Object, ObjectRepr, ValueKind};
use minijinja::{Error, ErrorKind, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What a path of a template means.
pub type Found = Result<FactValue, Absence>;

/// Where a template finds its values.
pub trait Scope {
    /// Looks up a fact or a bound name: `source.engine.version`, `item`.
    ///
    /// Nothing means that the path is neither; a longer one may be. Fields of records are not asked for.
    fn find(&self, path: &str) -> Option<Found>;
}

impl<F: Fn(&str) -> Option<Found>> Scope for F {
    fn find(&self, path: &str) -> Option<Found> {
        self(path)
    }
}

/// Notes the absent values that were read, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Reads(Arc<Mutex<Vec<Absence>>>);

impl Reads {
    pub(super) fn first(&self) -> Option<Absence> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .first()
            .cloned()
    }

    fn note(&self, why: &Absence) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(why.clone());
    }

    /// Turns a fact into a value; from here on it counts as read.
    fn value(&self, fact: &FactValue) -> Value {
        match fact {
            FactValue::Nothing => Value::from(()),
            FactValue::Bool(value) => Value::from(*value),
            FactValue::Int(value) => Value::from(*value),
            FactValue::Text(text) | FactValue::Host(text) => Value::from(text),
            FactValue::Absent(why) => {
                self.note(why);
                Value::from_object(Fact {
                    fact: fact.clone(),
                    reads: self.clone(),
                })
            }
            _ => Value::from_object(Fact {
                fact: fact.clone(),
                reads: self.clone(),
            }),
        }
    }
}

/// The words before a fact: `source`, `source.engine`; and, with no words, all that a template reads.
#[derive(Debug)]
pub(super) struct Names {
    prefix: String,
    found: Arc<BTreeMap<String, FactValue>>,
    reads: Reads,
}

impl Names {
    /// Finds what the template mentions; only what is used of it counts as read.
    pub(super) fn root(mentions: &[Mention], scope: &dyn Scope, reads: &Reads) -> Self {
        let mut found = BTreeMap::new();
        let mut unknown = Vec::new();
        for Mention { path, .. } in mentions {
            let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
            let mut prefixes = ends.map(|end| &path[..end]);
            match prefixes.find_map(|prefix| Some((prefix, scope.find(prefix)?))) {
                Some((prefix, fact)) => {
                    found.insert(prefix.to_owned(), fact.unwrap_or_else(FactValue::absent));
                }
                None => unknown.push(path),
            }
        }
        for path in unknown {
            // Words before a fact that is there are no fact of their own.
            let longer = format!("{path}.");
            let is_prefix = found
                .range(longer.clone()..)
                .next()
                .is_some_and(|(next, _)| next.starts_with(&longer));
            if !is_prefix {
                found.insert(path.clone(), FactValue::absent(Absence::not_collected(path)));
            }
        }
        Self {
            prefix: String::new(),
            found: Arc::new(found),
            reads: reads.clone(),
        }
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl Object for Names {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let word = key.as_str()?;
        let path = if self.prefix.is_empty() {
            word.to_owned()
        } else {
            format!("{}.{word}", self.prefix)
        };
        if let Some(fact) = self.found.get(&path) {
            return Some(self.reads.value(fact));
        }
        let longer = format!("{path}.");
        let (next, _) = self.found.range(longer.clone()..).next()?;
        next.starts_with(&longer).then(|| {
            Value::from_object(Self {
                prefix: path,
                found: self.found.clone(),
                reads: self.reads.clone(),
            })
        })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.prefix)
    }
}

/// A fact that is more than a text, a number or a truth.
#[derive(Debug)]
pub(super) struct Fact {
    fact: FactValue,
    reads: Reads,
}

impl Fact {
    pub(super) fn value(&self) -> &FactValue {
        &self.fact
    }

    pub(super) fn is_absent(&self) -> bool {
        matches!(self.fact, FactValue::Absent(_))
    }

    fn entry(&self, map: &FactMap, key: &Value) -> Option<Value> {
        let key = match key.kind() {
            ValueKind::Seq => Key::new(key.try_iter().ok()?.map(|part| part.to_string())),
            _ => Key::new([key.to_string()]),
        };
        Some(match map.get(&key) {
            Lookup::Found(entry) => self.reads.value(&entry.value),
            Lookup::Hole(why) => self.reads.value(&FactValue::absent(why.clone())),
            Lookup::Missing => self.reads.value(&FactValue::Nothing),
        })
    }
}

impl Object for Fact {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        match &self.fact {
            FactValue::Record(_) | FactValue::Map(_) => ObjectRepr::Map,
            FactValue::List(_) | FactValue::Set(_) | FactValue::Absent(_) => ObjectRepr::Seq,
            _ => ObjectRepr::Plain,
        }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match &self.fact {
            FactValue::Record(record) => record.get(key.as_str()?).map(|field| self.reads.value(field)),
            FactValue::Map(map) => self.entry(map, key),
            FactValue::List(items) | FactValue::Set(items) => {
                items.get(key.as_usize()?).map(|item| self.reads.value(item))
            }
            // An absence stays one whatever is asked of it.
            FactValue::Absent(_) => Some(self.reads.value(&self.fact)),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match &self.fact {
            FactValue::List(items) | FactValue::Set(items) => Enumerator::Seq(items.len()),
            FactValue::Absent(_) => Enumerator::Seq(1),
            FactValue::Record(record) => {
                Enumerator::Values(record.iter().map(|(name, _)| Value::from(name)).collect())
            }
            FactValue::Map(map) => Enumerator::Values(
                map.iter()
                    .map(|entry| Value::from(entry.key.to_string()))
                    .collect(),
            ),
            _ => Enumerator::NonEnumerable,
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.fact)
    }
}

/// The filter `length`: of a text in characters, of a collection in items; an absence has none.
pub(super) fn length(value: &Value) -> Result<Value, Error> {
    if value.downcast_object_ref::<Fact>().is_some_and(Fact::is_absent) {
        return Ok(value.clone());
    }
    let length = value
        .len()
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "this has no length"))?;
    Ok(Value::from(length))
}
