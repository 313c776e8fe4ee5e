//! Rows and other facts to the values of a fact.

use std::cell::RefCell;
use std::sync::Arc;

use super::Run;
use super::probe::Asking;
use crate::catalogue::{Derivation, FactDef, Field, Gives};
use crate::facts::{Absence, Cause, FactPath, FactType, FactValue, Key, Record};
use crate::predicate::{Budget, Fault, Locals, Scope, Seen};

/// A value of a fact, or a record of which only its key is known.
pub(super) struct Made {
    pub(super) value: FactValue,
    pub(super) hole: Option<Absence>,
}

impl From<FactValue> for Made {
    fn from(value: FactValue) -> Self {
        Self { value, hole: None }
    }
}

/// The values that the rows of a protocol become.
pub(super) fn values(asking: &Asking<'_>, rows: Vec<Record>) -> Result<Vec<Made>, Absence> {
    let mut values = Vec::new();
    for row in rows {
        let row = Seen::computed(FactValue::Record(Arc::new(row)));
        match &asking.probe.each {
            None => {
                let locals = asking.locals(Some(&row), None);
                values.push(value(asking, &asking.probe.gives, &locals, Some(&row))?.into());
            }
            Some(each) => {
                let list = asking
                    .evaluate(each, &asking.locals(Some(&row), None))
                    .map_err(|f| asking.absence(f))?;
                let elements = list.items().map_or_else(|| vec![list.clone()], <[_]>::to_vec);
                for element in elements {
                    let element = Seen::computed(element);
                    let locals = asking.locals(Some(&row), Some(&element));
                    values.push(value(asking, &asking.probe.gives, &locals, Some(&row))?.into());
                }
            }
        }
    }
    Ok(values)
}

/// One value or record out of a row; a field that is not known is a hole in the record.
fn value(
    asking: &Asking<'_>,
    gives: &Gives,
    locals: &Locals,
    row: Option<&Seen>,
) -> Result<FactValue, Absence> {
    match gives {
        Gives::Value(one) => field(asking, one, element_type(&asking.fact.ty), locals),
        Gives::Columns => row.map_or(Ok(FactValue::Nothing), |row| columns(asking, &row.value)),
        Gives::Fields(fields) => {
            let (FactType::Record(types) | FactType::Map(types)) = element_type(&asking.fact.ty) else {
                return Err(asking.malformed("only records have fields"));
            };
            let mut record = Record::with_capacity(fields.len());
            for (name, given) in fields {
                let Some(ty) = types.get(name) else { continue };
                let value = field(asking, given, ty, locals).unwrap_or_else(FactValue::absent);
                record.set(name.clone(), value);
            }
            Ok(FactValue::Record(Arc::new(record)))
        }
    }
}

/// The type of what one row gives.
fn element_type(ty: &FactType) -> &FactType {
    match ty {
        FactType::List(item) | FactType::Set(item) => item,
        other => other,
    }
}

/// The columns of a row that have the names of the type's fields; of a fact without fields, the column `value`.
fn columns(asking: &Asking<'_>, row: &FactValue) -> Result<FactValue, Absence> {
    let FactValue::Record(row) = row else {
        return Ok(row.clone());
    };
    let ty = element_type(&asking.fact.ty);
    let column = |name: &str, ty: &FactType| match row.get(name) {
        Some(value) => typed(asking, ty, value.clone()),
        None => Err(not_in_row(asking, name)),
    };
    let (FactType::Record(types) | FactType::Map(types)) = ty else {
        return column("value", ty);
    };
    let columns = types
        .iter()
        .map(|(name, ty)| (name.clone(), column(name, ty).unwrap_or_else(FactValue::absent)));
    Ok(FactValue::Record(Arc::new(columns.collect())))
}

fn not_in_row(asking: &Asking<'_>, name: &str) -> Absence {
    let detail = format!(
        "{}: there is no `{name}`, or the account may not read it",
        asking.path
    );
    Absence::new(Cause::NotFound, asking.path.to_string(), detail)
}

/// One field: its expression, what a proven not-found becomes, and its type.
fn field(asking: &Asking<'_>, given: &Field, ty: &FactType, locals: &Locals) -> Result<FactValue, Absence> {
    let why = match asking.evaluate(&given.from, locals) {
        Ok(value) => return typed(asking, ty, value),
        Err(Fault::Absent(why)) => rooted(asking, why),
        Err(fault) => return Err(asking.absence(fault)),
    };
    let (Cause::NotFound, Some(instead)) = (why.cause, &given.not_found) else {
        return Err(why);
    };
    let Some(proof) = &given.proof else {
        return Ok(instead.clone());
    };
    let proven = asking
        .evaluate(proof, locals)
        .map_err(|fault| asking.absence(fault))?;
    if proven == FactValue::Bool(true) {
        return Ok(instead.clone());
    }
    let detail = format!("{}; the account may not have the right to see it", why.detail);
    Err(Absence::new(Cause::Denied, why.root, detail))
}

/// What a row does not have is rooted in the fact, not in the name of a column.
fn rooted(asking: &Asking<'_>, why: Absence) -> Absence {
    if why.cause == Cause::NotFound && !why.root.contains('.') {
        return Absence::new(
            why.cause,
            asking.path.to_string(),
            format!("{}: {}", why.root, why.detail),
        );
    }
    why
}

fn typed(asking: &Asking<'_>, ty: &FactType, value: FactValue) -> Result<FactValue, Absence> {
    if *ty == FactType::Digest {
        return digested(asking, &value);
    }
    ty.coerce(value)
        .map_err(|misfit| asking.malformed(&misfit.to_string()))
}

/// The digest that stands for a secret; the secret itself goes no further.
fn digested(asking: &Asking<'_>, secret: &FactValue) -> Result<FactValue, Absence> {
    let bytes: &[u8] = match secret {
        FactValue::Nothing | FactValue::Digest(_) => return Ok(secret.clone()),
        FactValue::Bytes(bytes) => bytes,
        FactValue::Text(text) => text.as_bytes(),
        // Its value would be shown by the message.
        other => return Err(asking.malformed(&format!("a {} is no secret", other.kind()))),
    };
    let Some(digests) = &asking.run.request.digests else {
        let detail = "there is no key to digest secrets with; give Standin a state folder (--state)";
        return Err(Absence::new(Cause::NotConfigured, "digest key", detail));
    };
    Ok(FactValue::Digest((digests.make)(bytes)))
}

/// The union of what the entries make of other facts.
///
/// Where it is not known whether an entry applies, a keyed collection has a hole at its key; any other fact is absent.
pub(super) fn derived(asking: &Asking<'_>, entries: &[Derivation]) -> Result<Vec<Made>, Absence> {
    let mut values = Vec::new();
    for entry in entries {
        let base = asking.locals(None, None);
        let items = match &entry.for_each {
            None => vec![None],
            Some(each) => {
                let collection = asking
                    .evaluate(each, &base)
                    .map_err(|fault| asking.absence(fault))?;
                records(&collection)?
                    .into_iter()
                    .map(|(_, record)| Some(record))
                    .collect()
            }
        };
        for item in items {
            let mut locals = base.clone();
            locals.0.extend(item.map(|record| record.map_err(Fault::Absent)));
            let hole = match applies(asking, entry, &locals) {
                Ok(false) => continue,
                Ok(true) => None,
                Err(why) if matches!(asking.fact.ty, FactType::Map(_)) => Some(why),
                Err(why) => return Err(why),
            };
            values.push(Made {
                value: value(asking, &entry.gives, &locals, None)?,
                hole,
            });
        }
    }
    Ok(values)
}

fn applies(asking: &Asking<'_>, entry: &Derivation, locals: &Locals) -> Result<bool, Absence> {
    let Some(when) = &entry.when else {
        return Ok(true);
    };
    match asking
        .evaluate(when, locals)
        .map_err(|fault| asking.absence(fault))?
    {
        FactValue::Bool(applies) => Ok(applies),
        other => Err(asking.malformed(&format!("`when` gave a {}", other.kind()))),
    }
}

type Keyed = Vec<(Key, Result<Seen, Absence>)>;

/// The records of a collection, or the items of a list; a hole is one that is not known.
fn records(collection: &FactValue) -> Result<Keyed, Absence> {
    let seen = |value: &FactValue| match value {
        FactValue::Absent(why) => Err(Absence::clone(why)),
        value => Ok(Seen::computed(value.clone())),
    };
    Ok(match collection {
        FactValue::Map(map) => {
            let entries = map.iter().map(|entry| (entry.key.clone(), seen(&entry.value)));
            entries
                .chain(
                    map.holes()
                        .map(|(prefix, why)| (prefix.clone(), Err(why.clone()))),
                )
                .collect()
        }
        FactValue::List(items) | FactValue::Set(items) => items
            .iter()
            .map(|item| (Key::new([item.to_string()]), seen(item)))
            .collect(),
        FactValue::Nothing => Vec::new(),
        FactValue::Absent(why) => return Err(Absence::clone(why)),
        one => vec![(Key::new([one.to_string()]), seen(one))],
    })
}

/// The records of a fact's `for_each`, with their keys.
pub(super) fn outer_records(run: &Run<'_>, fact: &FactDef, path: &FactPath) -> Result<Keyed, Absence> {
    let Some(each) = &fact.for_each else {
        return Ok(Vec::new());
    };
    let facts = run.facts.borrow();
    let scope = Scope {
        facts: &facts,
        here: path.root.side(),
    };
    match each.run(
        &scope,
        &Locals::default(),
        &Budget::default(),
        &RefCell::default(),
    ) {
        Ok(seen) => records(&seen.value),
        Err(Fault::Absent(why)) => Err(why),
        Err(fault) => Err(Absence::new(
            Cause::Malformed,
            path.to_string(),
            format!("{path}: {fault}"),
        )),
    }
}
