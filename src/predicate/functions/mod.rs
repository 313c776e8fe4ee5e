//! The functions that expressions may call: pure, listed here, and nothing else.

mod directory;
mod lists;
mod network;
mod paths;
mod text;

use std::sync::Arc;

use super::budget::Budget;
use super::fault::Fault;
use super::ty::Ty;
use crate::facts::{Absence, Cause, FactType, FactValue, Record};

type Outcome = Result<FactValue, Fault>;

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Param {
    Anything,
    Text,
    Int,
    /// A path, or the text of one.
    Path,
    Dn,
    Ip,
    Subnet,
    Acl,
    Sid,
    Record,
    /// A list or set.
    List,
    /// A list, a set or a keyed collection.
    Collection,
    Map,
}

impl Param {
    fn takes(self, ty: &Ty) -> bool {
        let is = |wanted: &FactType| ty.meets(&Ty::Is(wanted.clone()));
        match (self, ty) {
            (_, Ty::Any)
            | (Self::Anything, _)
            | (Self::Record, Ty::Is(FactType::Record(_)))
            | (Self::List | Self::Collection, Ty::List(_))
            | (Self::Collection | Self::Map, Ty::Is(FactType::Map(_))) => true,
            (_, Ty::Nothing) => false,
            (Self::Text, _) => ty.is_text(),
            (Self::Int, _) => is(&FactType::Int),
            (Self::Path, _) => is(&FactType::Path) || ty.is_text(),
            (Self::Dn, _) => is(&FactType::Dn),
            (Self::Ip, _) => is(&FactType::Ip),
            (Self::Subnet, _) => is(&FactType::Subnet),
            (Self::Acl, _) => is(&FactType::Acl),
            (Self::Sid, _) => is(&FactType::Sid),
            _ => false,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Anything => "anything",
            Self::Text => "a text",
            Self::Int => "a whole number",
            Self::Path => "a path",
            Self::Dn => "a dn",
            Self::Ip => "an ip",
            Self::Subnet => "a subnet",
            Self::Acl => "an acl",
            Self::Sid => "a sid",
            Self::Record => "a record",
            Self::List => "a list",
            Self::Collection => "a list or collection",
            Self::Map => "a collection",
        }
    }
}

/// A function of the expression language.
#[derive(Debug)]
pub struct Function {
    pub name: &'static str,
    /// How it is called, for people: `same_path(a, b[, drive_map])`.
    pub call: &'static str,
    pub about: &'static str,
    params: &'static [Param],
    /// How many of the last parameters may be left out.
    optional: usize,
    pub(super) result: fn(&[Ty]) -> Ty,
    pub(super) run: fn(&Budget, &[FactValue]) -> Outcome,
}

impl Function {
    /// Refuses arguments of a number or type that the function does not take.
    pub(super) fn accepts(&self, args: &[Ty]) -> Result<(), String> {
        let least = self.params.len() - self.optional;
        if args.len() < least || args.len() > self.params.len() {
            return Err(format!("{} is called as {}", self.name, self.call));
        }
        for (i, (param, ty)) in self.params.iter().zip(args).enumerate() {
            if !param.takes(ty) {
                return Err(format!(
                    "{}: argument {} is {ty}, wanted is {}",
                    self.call,
                    i + 1,
                    param.word()
                ));
            }
        }
        Ok(())
    }
}

/// Every function, by domain.
pub fn all() -> impl Iterator<Item = &'static Function> {
    [
        text::FUNCTIONS,
        lists::FUNCTIONS,
        paths::FUNCTIONS,
        network::FUNCTIONS,
        directory::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
}

pub(super) fn find(name: &str) -> Option<&'static Function> {
    all().find(|f| f.name == name)
}

/// The type of `cause(x)`: one of the causes.
pub(super) fn cause_type() -> FactType {
    FactType::OneOf(Cause::ALL.iter().map(|c| Arc::from(c.word())).collect())
}

// What arguments are, with a fault for what slipped past the static check.

fn wrong(wanted: &str, found: &FactValue) -> Fault {
    match found {
        FactValue::Absent(why) => Fault::Absent(Absence::clone(why)),
        other => Fault::mixed(format!("{wanted} is wanted, not a {}", other.kind())),
    }
}

fn as_text(value: &FactValue) -> Result<&str, Fault> {
    match value {
        FactValue::Text(text) | FactValue::Host(text) => Ok(text),
        FactValue::Path(path) => Ok(path.as_str()),
        other => Err(wrong("a text", other)),
    }
}

fn as_int(value: &FactValue) -> Result<i64, Fault> {
    match value {
        FactValue::Int(n) => Ok(*n),
        other => Err(wrong("a whole number", other)),
    }
}

fn as_record(value: &FactValue) -> Result<&Record, Fault> {
    match value {
        FactValue::Record(record) => Ok(record),
        other => Err(wrong("a record", other)),
    }
}

/// The items of a list, set or collection; a hole in it is a fault.
fn items_of<'a>(budget: &Budget, value: &'a FactValue) -> Result<Vec<&'a FactValue>, Fault> {
    let items: Vec<&FactValue> = match value {
        FactValue::List(items) | FactValue::Set(items) => items.iter().collect(),
        FactValue::Map(map) => {
            if let Some((_, why)) = map.holes().next() {
                return Err(Fault::Absent(why.clone()));
            }
            map.iter().map(|entry| &entry.value).collect()
        }
        other => return Err(wrong("a list", other)),
    };
    budget.spend(items.len() as u64)?;
    match items.iter().find_map(|item| {
        if let FactValue::Absent(why) = item {
            Some(why)
        } else {
            None
        }
    }) {
        Some(why) => Err(Fault::Absent(Absence::clone(why))),
        None => Ok(items),
    }
}

/// A field of a record, or why it is not known.
fn field_of<'a>(record: &'a Record, field: &str) -> Result<&'a FactValue, Fault> {
    match record.get(field) {
        Some(FactValue::Absent(why)) => Err(Fault::Absent(Absence::clone(why))),
        Some(value) => Ok(value),
        None => Err(Fault::mixed(format!("the record has no field `{field}`"))),
    }
}
