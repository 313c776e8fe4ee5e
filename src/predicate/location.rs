//! Places: a fact, a record of one, or a field, as a fix names what it needs and what it sets.

use std::cell::RefCell;

use super::budget::Budget;
use super::eval::{self, Locals, Scope, key_of};
use super::fault::Fault;
use super::ir::{Ir, Node};
use super::place::FactRef;
use super::seen::Trail;
use crate::facts::{Absence, Cause, FactPath, FactType, FactValue, Facts, Lookup};

/// What stands at one part of a place's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPart {
    /// A name in scope and nothing else.
    Local(usize),
    /// Anything that has to be worked out.
    Other,
}

/// Whether the expression is a fact, a record of a collection, or a field of one of these.
pub(super) fn is_place(node: &Node) -> bool {
    match &node.ir {
        Ir::Fact(_) => true,
        Ir::Index(base, _) => matches!(base.ir, Ir::Fact(_)),
        Ir::Field(base, _) => is_place(base),
        _ => false,
    }
}

/// Whether a value of the expression can be one that was read somewhere.
pub(super) fn may_be_read(node: &Node) -> bool {
    match &node.ir {
        Ir::Fact(_) | Ir::Local(_) => true,
        Ir::Index(base, _) | Ir::Field(base, _) => may_be_read(base),
        _ => false,
    }
}

/// The fact that the place lies in.
pub(super) fn fact_of(node: &Node) -> Option<&FactRef> {
    match &node.ir {
        Ir::Fact(fact) => Some(fact),
        Ir::Index(base, _) | Ir::Field(base, _) => fact_of(base),
        _ => None,
    }
}

/// The parts of the key; none where the place lies in no collection.
pub(super) fn key_parts(node: &Node) -> Vec<KeyPart> {
    let part = |node: &Node| match node.ir {
        Ir::Local(place) => KeyPart::Local(place),
        _ => KeyPart::Other,
    };
    match &node.ir {
        Ir::Index(_, key) => match &key.ir {
            Ir::List(parts) => parts.iter().map(part).collect(),
            _ => vec![part(key)],
        },
        Ir::Field(base, _) => key_parts(base),
        _ => Vec::new(),
    }
}

/// Where the place is; only what its key is made of is read.
pub(super) fn trail(
    node: &Node,
    scope: &Scope<'_>,
    locals: &Locals,
    budget: &Budget,
) -> Result<Trail, Fault> {
    match &node.ir {
        Ir::Fact(fact) => {
            let path = fact.path(scope.here);
            path.map(Trail::fact)
                .ok_or_else(|| Fault::mixed("there is no server in question here"))
        }
        Ir::Index(base, key) => {
            let key = eval::run(key, scope, locals, budget, &RefCell::default())?;
            Ok(trail(base, scope, locals, budget)?.at(key_of(&key.value)?))
        }
        Ir::Field(base, name) => Ok(trail(base, scope, locals, budget)?.field(name)),
        _ => Err(Fault::mixed("this is no place")),
    }
}

impl Trail {
    /// What is there; `()` where the collection has no such record, and why it is not known where it is not.
    pub fn read(&self, facts: &Facts) -> Result<FactValue, Absence> {
        let mut value = facts.get(&self.fact)?.clone();
        if let Some(key) = &self.key {
            let FactValue::Map(map) = &value else {
                return Err(self.odd(&value));
            };
            value = match map.get(key) {
                Lookup::Found(entry) => entry.value.clone(),
                Lookup::Hole(why) => return Err(why.clone()),
                Lookup::Missing => FactValue::Nothing,
            };
        }
        for name in self.field.iter().flat_map(|field| field.split('.')) {
            value = match &value {
                FactValue::Nothing => FactValue::Nothing,
                FactValue::Record(record) => match record.get(name) {
                    Some(value) => value.clone(),
                    None => return Err(Absence::not_collected(&self.to_string())),
                },
                other => return Err(self.odd(other)),
            };
            if let FactValue::Absent(why) = &value {
                return Err(Absence::clone(why));
            }
        }
        Ok(value)
    }

    /// The type of what is there.
    pub fn ty<'t>(&self, type_of: impl Fn(&FactPath) -> Option<&'t FactType>) -> Option<FactType> {
        let mut ty = match (type_of(&self.fact)?, &self.key) {
            (FactType::Map(fields), Some(_)) => FactType::Record(fields.clone()),
            (whole, _) => whole.clone(),
        };
        for name in self.field.iter().flat_map(|field| field.split('.')) {
            let FactType::Record(fields) = &ty else {
                return None;
            };
            ty = fields.get(name)?.clone();
        }
        Some(ty)
    }

    fn odd(&self, found: &FactValue) -> Absence {
        let detail = format!("{self}: a {} has no such part", found.kind());
        Absence::new(Cause::Malformed, self.fact.to_string(), detail)
    }
}
