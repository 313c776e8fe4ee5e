//! Runs a checked expression.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::sync::Arc;

use super::budget::Budget;
use super::compare;
use super::fault::Fault;
use super::ir::{Arithmetic, Comparison, Ir, Node};
use super::seen::{FactRead, Seen, Trail};
use super::whole::text_of;
use crate::facts::{Absence, Cause, FactPath, FactValue, Facts, Key, Lookup, Side};

/// What an expression may read.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    pub facts: &'a Facts,
    /// The server in question.
    pub here: Option<Side>,
}

/// The values of the names in scope, in the order in which [`super::Names`] has them.
#[derive(Clone, Debug, Default)]
pub struct Locals(pub Vec<Result<Seen, Fault>>);

pub(super) fn run(
    node: &Node,
    scope: &Scope<'_>,
    locals: &Locals,
    budget: &Budget,
    reads: &RefCell<Vec<FactRead>>,
) -> Result<Seen, Fault> {
    Run {
        scope,
        locals,
        budget,
        reads,
    }
    .node(node)
}

struct Run<'a> {
    scope: &'a Scope<'a>,
    locals: &'a Locals,
    budget: &'a Budget,
    reads: &'a RefCell<Vec<FactRead>>,
}

impl Run<'_> {
    fn node(&self, node: &Node) -> Result<Seen, Fault> {
        self.budget.spend(1)?;
        self.ir(&node.ir).map_err(|fault| fault.located(node.at))
    }

    fn value(&self, node: &Node) -> Result<FactValue, Fault> {
        self.node(node).map(|seen| seen.value)
    }

    fn ir(&self, ir: &Ir) -> Result<Seen, Fault> {
        let value = match ir {
            Ir::Constant(value) => value.clone(),
            Ir::Local(place) => return self.local(*place),
            Ir::Fact(fact) => return self.fact(fact.path(self.scope.here)),
            Ir::Field(base, name) => return self.field(&self.node(base)?, name),
            Ir::Index(base, key) => return self.index(&self.node(base)?, &self.value(key)?),
            Ir::List(items) => {
                let items: Result<Vec<_>, _> = items.iter().map(|item| self.value(item)).collect();
                self.budget.list(items?)?
            }
            Ir::Text(parts) => {
                let parts: Result<Vec<_>, _> = parts.iter().map(|part| self.value(part)).collect();
                text_of(self.budget, parts?.iter().collect())?
            }
            Ir::All(parts) => self.all(parts, false)?,
            Ir::Any(parts) => self.all(parts, true)?,
            Ir::Not(part) => FactValue::Bool(!self.bool(part)?),
            Ir::Compare(comparison, a, b) => self.compare(*comparison, &self.value(a)?, &self.value(b)?)?,
            Ir::Arithmetic(operator, a, b) => self.arithmetic(*operator, &self.value(a)?, &self.value(b)?)?,
            Ir::Known(part) => match self.node(part) {
                Err(Fault::Absent(why)) => {
                    self.missed(part, &why);
                    false.into()
                }
                other => other.map(|_| true.into())?,
            },
            Ir::Cause(part) => match self.node(part) {
                Err(Fault::Absent(why)) => {
                    self.missed(part, &why);
                    why.cause.word().into()
                }
                other => other.map(|_| FactValue::Nothing)?,
            },
            Ir::Capture(text, pattern) => match self.value(text)? {
                FactValue::Text(text) => {
                    let group = pattern.capture(self.budget, &text)?;
                    group.map_or(FactValue::Nothing, FactValue::Text)
                }
                other => {
                    return Err(Fault::mixed(format!(
                        "capture wants a text, not a {}",
                        other.kind()
                    )));
                }
            },
            Ir::Call(function, args) => {
                let args: Result<Vec<_>, _> = args.iter().map(|arg| self.value(arg)).collect();
                let args = args?;
                for text in args.iter().filter_map(FactValue::as_str) {
                    self.budget.spend_text(text.len())?;
                }
                (function.run)(self.budget, &args)?
            }
        };
        Ok(Seen::computed(value))
    }

    fn local(&self, place: usize) -> Result<Seen, Fault> {
        match self.locals.0.get(place) {
            Some(Ok(seen)) => self.seen(seen.clone()),
            Some(Err(fault)) => Err(fault.clone()),
            None => Err(Fault::mixed("a name has no value here")),
        }
    }

    fn fact(&self, path: Option<FactPath>) -> Result<Seen, Fault> {
        let path = path.ok_or_else(|| Fault::mixed("there is no server in question here"))?;
        let value = match self.scope.facts.get(&path) {
            Ok(value) => value.clone(),
            Err(why) => return Err(Fault::Absent(why)),
        };
        self.seen(Seen {
            value,
            trail: Some(Trail::fact(path)),
        })
    }

    /// Notes that a value was read; a hole ends the expression.
    fn seen(&self, seen: Seen) -> Result<Seen, Fault> {
        if let FactValue::Absent(why) = &seen.value {
            return Err(Fault::Absent(Absence::clone(why)));
        }
        if let Some(trail) = &seen.trail {
            let read = FactRead {
                trail: trail.clone(),
                value: seen.value.clone(),
            };
            // A record and at once a field of it: only the field counts.
            let mut reads = self.reads.borrow_mut();
            match reads.last_mut() {
                Some(last) if last.trail.covers(trail) => *last = read,
                _ => reads.push(read),
            }
        }
        Ok(seen)
    }

    /// Notes that an absence was judged: it is evidence like any value.
    fn missed(&self, node: &Node, why: &Absence) {
        if let Some(trail) = self.place(node) {
            self.reads.borrow_mut().push(FactRead {
                trail,
                value: FactValue::absent(why.clone()),
            });
        }
    }

    /// The fact that an expression is, or the field of one.
    fn place(&self, node: &Node) -> Option<Trail> {
        match &node.ir {
            Ir::Fact(fact) => fact.path(self.scope.here).map(Trail::fact),
            Ir::Field(base, name) => Some(self.place(base)?.field(name)),
            _ => None,
        }
    }

    fn field(&self, base: &Seen, name: &Arc<str>) -> Result<Seen, Fault> {
        let FactValue::Record(record) = &base.value else {
            let kind = base.value.kind();
            return Err(Fault::mixed(format!("a {kind} has no field `{name}`")));
        };
        let Some(value) = record.get(name) else {
            let detail = format!("there is no `{name}`, or the account may not read it");
            return Err(Fault::Absent(Absence::new(Cause::NotFound, name.clone(), detail)));
        };
        let trail = base.trail.as_ref().map(|trail| trail.field(name));
        self.seen(Seen {
            value: value.clone(),
            trail,
        })
    }

    fn index(&self, base: &Seen, key: &FactValue) -> Result<Seen, Fault> {
        match &base.value {
            FactValue::Map(map) => {
                let key = key_of(key)?;
                match map.get(&key) {
                    Lookup::Found(entry) => {
                        let trail = base.trail.as_ref().map(|trail| trail.at(entry.key.clone()));
                        self.seen(Seen {
                            value: entry.value.clone(),
                            trail,
                        })
                    }
                    Lookup::Hole(why) => Err(Fault::Absent(why.clone())),
                    Lookup::Missing => {
                        let trail = base.trail.as_ref().map(|trail| trail.at(key));
                        self.seen(Seen {
                            value: FactValue::Nothing,
                            trail,
                        })
                    }
                }
            }
            FactValue::List(items) => {
                let FactValue::Int(place) = key else {
                    return Err(Fault::mixed("a list is indexed by a whole number"));
                };
                let item = usize::try_from(*place).ok().and_then(|i| items.get(i));
                Ok(Seen::computed(item.cloned().unwrap_or(FactValue::Nothing)))
            }
            FactValue::Record(_) => match key {
                FactValue::Text(name) => self.field(base, name),
                other => Err(Fault::mixed(format!(
                    "a record is indexed by a text, not a {}",
                    other.kind()
                ))),
            },
            other => Err(Fault::mixed(format!("a {} cannot be indexed", other.kind()))),
        }
    }

    fn bool(&self, node: &Node) -> Result<bool, Fault> {
        match self.value(node)? {
            FactValue::Bool(b) => Ok(b),
            other => Err(
                Fault::mixed(format!("yes or no is wanted here, not a {}", other.kind())).located(node.at),
            ),
        }
    }

    /// `&&` or `||`, from left to right; what is not needed is not read.
    fn all(&self, parts: &[Node], stop_at: bool) -> Result<FactValue, Fault> {
        for part in parts {
            if self.bool(part)? == stop_at {
                return Ok(stop_at.into());
            }
        }
        Ok((!stop_at).into())
    }

    fn compare(&self, comparison: Comparison, a: &FactValue, b: &FactValue) -> Result<FactValue, Fault> {
        let holds = match comparison {
            Comparison::Equal => compare::equal(self.budget, a, b)?,
            Comparison::NotEqual => !compare::equal(self.budget, a, b)?,
            Comparison::Less => compare::order(a, b)? == Ordering::Less,
            Comparison::LessOrEqual => compare::order(a, b)? != Ordering::Greater,
            Comparison::Greater => compare::order(a, b)? == Ordering::Greater,
            Comparison::GreaterOrEqual => compare::order(a, b)? != Ordering::Less,
        };
        Ok(holds.into())
    }

    fn arithmetic(&self, operator: Arithmetic, a: &FactValue, b: &FactValue) -> Result<FactValue, Fault> {
        arithmetic(self.budget, operator, a, b)
    }
}

/// The key that a value stands for: itself, or its parts when it is a list.
pub fn key_of(value: &FactValue) -> Result<Key, Fault> {
    match value {
        FactValue::List(parts) => {
            let parts: Result<Vec<Arc<str>>, Fault> = parts.iter().map(key_part).collect();
            Ok(Key::new(parts?))
        }
        one => Ok(Key::new([key_part(one)?])),
    }
}

fn key_part(value: &FactValue) -> Result<Arc<str>, Fault> {
    match value {
        FactValue::Absent(why) => Err(Fault::Absent(Absence::clone(why))),
        FactValue::Nothing
        | FactValue::Record(_)
        | FactValue::Map(_)
        | FactValue::List(_)
        | FactValue::Set(_) => Err(Fault::mixed(format!("a {} is no key", value.kind()))),
        FactValue::Text(text) => Ok(text.clone()),
        other => Ok(other.to_string().into()),
    }
}

fn arithmetic(
    budget: &Budget,
    operator: Arithmetic,
    a: &FactValue,
    b: &FactValue,
) -> Result<FactValue, Fault> {
    match (operator, a, b) {
        (_, FactValue::Int(a), FactValue::Int(b)) => {
            let result = match operator {
                Arithmetic::Add => a.checked_add(*b),
                Arithmetic::Subtract => a.checked_sub(*b),
                Arithmetic::Multiply => a.checked_mul(*b),
            };
            result
                .map(FactValue::Int)
                .ok_or_else(|| Fault::mixed("the number is too large"))
        }
        (Arithmetic::Add, FactValue::Text(a), FactValue::Text(b)) => budget.text([a, b]),
        (Arithmetic::Add, FactValue::List(a), FactValue::List(b)) => {
            budget.build(a.len() + b.len())?;
            Ok(FactValue::list(a.iter().chain(b.iter()).cloned()))
        }
        _ => Err(Fault::mixed(format!(
            "a {} and a {} do not add up",
            a.kind(),
            b.kind()
        ))),
    }
}
