//! Lists, sets, records and keyed collections.
//!
//! Joins live here, as functions over whole collections: they cost what a look-up costs, not a loop in a loop.

use std::collections::HashSet;

use super::{Budget, Fault, Function, Outcome, Param, Ty, as_record, as_text, field_of, items_of, wrong};
use crate::facts::{Absence, Comparable, FactValue};
use crate::predicate::whole::whole;
use crate::predicate::{compare, key_of};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "contains",
        call: "x in list",
        about: "Whether the list has the value.",
        params: &[Param::List, Param::Anything],
        optional: 0,
        result: |_| Ty::BOOL,
        run: contains,
    },
    Function {
        name: "len",
        call: "len(x)",
        about: "How many items a list or collection has, how many characters a text.",
        params: &[Param::Anything],
        optional: 0,
        result: |_| Ty::INT,
        run: |budget, args| match &args[0] {
            FactValue::Text(text) => Ok(count(text.chars().count())),
            other => Ok(count(items_of(budget, other)?.len())),
        },
    },
    Function {
        name: "is_empty",
        call: "is_empty(x)",
        about: "Whether a list or collection has no items.",
        params: &[Param::Collection],
        optional: 0,
        result: |_| Ty::BOOL,
        run: |budget, args| Ok(items_of(budget, &args[0])?.is_empty().into()),
    },
    Function {
        name: "list",
        call: "list(x)",
        about: "A list: of one value, the list itself, or none for ().",
        params: &[Param::Anything],
        optional: 0,
        result: |args| match &args[0] {
            Ty::List(_) => args[0].clone(),
            Ty::Nothing => Ty::list(Ty::Any),
            other => Ty::list(other.clone()),
        },
        run: |_, args| match &args[0] {
            FactValue::Nothing => Ok(FactValue::list([])),
            list @ FactValue::List(_) => Ok(list.clone()),
            FactValue::Set(items) => Ok(FactValue::List(items.clone())),
            one => Ok(FactValue::list([one.clone()])),
        },
    },
    Function {
        name: "first",
        call: "first(list)",
        about: "The first item; () when there is none.",
        params: &[Param::Collection],
        optional: 0,
        result: |args| args[0].item().unwrap_or(Ty::Any),
        run: |budget, args| {
            Ok(items_of(budget, &args[0])?
                .first()
                .map_or(FactValue::Nothing, |v| (*v).clone()))
        },
    },
    Function {
        name: "keys",
        call: "keys(collection)",
        about: "The keys of a collection, as the server writes them.",
        params: &[Param::Map],
        optional: 0,
        result: |_| Ty::list(Ty::TEXT),
        run: keys,
    },
    Function {
        name: "pluck",
        call: "pluck(collection, \"field\")",
        about: "That field of every record.",
        params: &[Param::Collection, Param::Text],
        optional: 0,
        result: |_| Ty::list(Ty::Any),
        run: |budget, args| {
            let field = as_text(&args[1])?;
            let items = items_of(budget, &args[0])?;
            let values: Result<Vec<FactValue>, Fault> = items
                .into_iter()
                .map(|r| field_of(as_record(r)?, field).cloned())
                .collect();
            budget.list(values?)
        },
    },
    Function {
        name: "where",
        call: "where(collection, \"field\", value)",
        about: "The records whose field has that value.",
        params: &[Param::Collection, Param::Text, Param::Anything],
        optional: 0,
        result: |args| Ty::list(args[0].item().unwrap_or(Ty::Any)),
        run: filter,
    },
    Function {
        name: "beneath",
        call: "beneath(collection, key)",
        about: "The records whose key begins with these parts, such as those that belong to one record of a `for_each`.",
        params: &[Param::Map, Param::Anything],
        optional: 0,
        result: |args| Ty::list(args[0].item().unwrap_or(Ty::Any)),
        run: beneath,
    },
    Function {
        name: "missing",
        call: "missing(a, b)",
        about: "The items of a that are not in b.",
        params: &[Param::List, Param::List],
        optional: 0,
        result: |args| args[0].clone(),
        run: |budget, args| against(budget, args, false),
    },
    Function {
        name: "common",
        call: "common(a, b)",
        about: "The items of a that are in b too.",
        params: &[Param::List, Param::List],
        optional: 0,
        result: |args| args[0].clone(),
        run: |budget, args| against(budget, args, true),
    },
    Function {
        name: "differing",
        call: "differing(a, b, fields)",
        about: "The names of those fields in which two records differ.",
        params: &[Param::Record, Param::Record, Param::List],
        optional: 0,
        result: |_| Ty::list(Ty::TEXT),
        run: differing,
    },
    Function {
        name: "max",
        call: "max(list)",
        about: "The greatest item; () when there is none.",
        params: &[Param::List],
        optional: 0,
        result: |args| args[0].item().unwrap_or(Ty::Any),
        run: |budget, args| extreme(budget, args, std::cmp::Ordering::Greater),
    },
    Function {
        name: "min",
        call: "min(list)",
        about: "The least item; () when there is none.",
        params: &[Param::List],
        optional: 0,
        result: |args| args[0].item().unwrap_or(Ty::Any),
        run: |budget, args| extreme(budget, args, std::cmp::Ordering::Less),
    },
    Function {
        name: "sum",
        call: "sum(list)",
        about: "The sum of whole numbers.",
        params: &[Param::List],
        optional: 0,
        result: |_| Ty::INT,
        run: |budget, args| {
            let mut sum = 0_i64;
            for item in items_of(budget, &args[0])? {
                sum = sum
                    .checked_add(super::as_int(item)?)
                    .ok_or_else(|| Fault::mixed("the number is too large"))?;
            }
            Ok(sum.into())
        },
    },
];

fn count(n: usize) -> FactValue {
    FactValue::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

fn contains(budget: &Budget, args: &[FactValue]) -> Outcome {
    for item in items_of(budget, &args[0])? {
        if compare::equal(budget, item, &args[1])? {
            return Ok(true.into());
        }
    }
    Ok(false.into())
}

fn keys(budget: &Budget, args: &[FactValue]) -> Outcome {
    budget.build(items_of(budget, &args[0])?.len())?;
    let FactValue::Map(map) = &args[0] else {
        return Err(wrong("a collection", &args[0]));
    };
    Ok(FactValue::list(map.iter().map(|entry| match entry.key.parts() {
        [one] => FactValue::Text(one.clone()),
        _ => FactValue::text(entry.key.to_string()),
    })))
}

fn filter(budget: &Budget, args: &[FactValue]) -> Outcome {
    let field = as_text(&args[1])?;
    let mut kept = Vec::new();
    for item in items_of(budget, &args[0])? {
        if compare::equal(budget, field_of(as_record(item)?, field)?, &args[2])? {
            kept.push(item.clone());
        }
    }
    budget.list(kept)
}

/// The records under one key; only a hole that could hold one of them is a fault.
fn beneath(budget: &Budget, args: &[FactValue]) -> Outcome {
    let FactValue::Map(map) = &args[0] else {
        return Err(wrong("a collection", &args[0]));
    };
    let start = key_of(&args[1])?;
    budget.spend(map.len() as u64)?;
    let found: Result<Vec<FactValue>, Fault> = map
        .beneath(&start)
        .map_err(|why| Fault::Absent(why.clone()))?
        .into_iter()
        .map(|record| match record {
            FactValue::Absent(why) => Err(Fault::Absent(Absence::clone(why))),
            known => Ok(known.clone()),
        })
        .collect();
    budget.list(found?)
}

fn against(budget: &Budget, args: &[FactValue], keep_common: bool) -> Outcome {
    let (a, b) = (items_of(budget, &args[0])?, items_of(budget, &args[1])?);
    if let (Some(x), Some(y)) = (a.first(), b.first())
        && x.kind() != y.kind()
    {
        return Err(Fault::mixed(format!(
            "a list of {} and a list of {} have nothing in common",
            x.kind(),
            y.kind()
        )));
    }
    for item in a.iter().chain(&b) {
        whole(budget, item)?;
    }
    budget.build(b.len())?;
    let known: HashSet<Comparable<'_>> = b.into_iter().map(Comparable).collect();
    let kept = a
        .into_iter()
        .filter(|item| known.contains(&Comparable(item)) == keep_common);
    budget.list(kept.cloned().collect())
}

fn differing(budget: &Budget, args: &[FactValue]) -> Outcome {
    let (a, b) = (as_record(&args[0])?, as_record(&args[1])?);
    let mut differing = Vec::new();
    for field in items_of(budget, &args[2])? {
        let name = as_text(field)?;
        if !compare::equal(budget, field_of(a, name)?, field_of(b, name)?)? {
            differing.push(field.clone());
        }
    }
    budget.list(differing)
}

fn extreme(budget: &Budget, args: &[FactValue], wanted: std::cmp::Ordering) -> Outcome {
    let mut best: Option<&FactValue> = None;
    for item in items_of(budget, &args[0])? {
        if match best {
            None => true,
            Some(b) => compare::order(item, b)? == wanted,
        } {
            best = Some(item);
        }
    }
    Ok(best.map_or(FactValue::Nothing, Clone::clone))
}
