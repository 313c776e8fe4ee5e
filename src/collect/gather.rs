//! One fact: its probes in order, for each record of `for_each` where it has one.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::StreamExt as _;

use super::probe::{Answer, Asking};
use super::row::Made;
use super::{Origin, Run};
use crate::catalogue::{Ask, FactDef};
use crate::facts::{Absence, Cause, FactMap, FactPath, FactType, FactValue, Key, Lookup, Reading, Root};
use crate::predicate::{Budget, Expression, Fault, Seen, key_of};

/// So many records of a `for_each` are asked for at a time; connections have limits of their own.
const AT_A_TIME: usize = 64;

/// A fact as it was read, and from where.
pub(super) struct Gathered {
    pub(super) value: Result<FactValue, Absence>,
    pub(super) provenance: Origin,
}

/// Reads one fact.
pub(super) async fn fact(run: &Run<'_>, path: &FactPath) -> Gathered {
    let Some(fact) = run.request.catalogue.facts.get(&path.name) else {
        return Gathered {
            value: Err(Absence::not_collected(&path.to_string())),
            provenance: Origin::default(),
        };
    };
    let mut gathered = match &fact.for_each {
        None => probes(run, fact, path, None).await,
        Some(_) => each(run, fact, path).await,
    };
    if let Ok(FactValue::Absent(why)) = &gathered.value {
        gathered.value = Err(Absence::clone(why));
    }
    gathered
}

/// Reads a fact of one value, or of one collection.
pub(super) async fn one(run: &Run<'_>, fact: &FactDef, path: &FactPath) -> Gathered {
    probes(run, fact, path, None).await
}

/// Tries the probes in order.
async fn probes(run: &Run<'_>, fact: &FactDef, path: &FactPath, outer: Option<&Seen>) -> Gathered {
    let mut tried: Vec<Reading> = Vec::new();
    for probe in &fact.probes {
        let asking = Asking {
            run,
            fact,
            probe,
            path,
            outer,
            budget: Budget::for_rows(),
        };
        let name = asking.described();
        let why = match asking.applies() {
            Ok(false) => continue,
            Ok(true) => match asking.answer().await {
                Ok(Answer { value, server }) => {
                    return Gathered {
                        value: Ok(value),
                        provenance: Origin {
                            probe: name,
                            server,
                            tried,
                        },
                    };
                }
                Err(why) => why,
            },
            Err(why) => why,
        };
        if !probe.next_on.contains(&why.cause) {
            let server = asking.server();
            return Gathered {
                value: Err(why),
                provenance: Origin {
                    probe: name,
                    server,
                    tried,
                },
            };
        }
        tried.push(Reading { probe: name, why });
    }
    let why = tried
        .last()
        .map_or_else(|| does_not_apply(run, fact, path), |last| last.why.clone());
    Gathered {
        value: Err(why),
        provenance: Origin {
            tried,
            ..Origin::default()
        },
    }
}

/// Why nobody was asked: mostly because the pair file says so, or does not say what it could.
fn does_not_apply(run: &Run<'_>, fact: &FactDef, path: &FactPath) -> Absence {
    if fact.probes.is_empty() {
        let word = path.name.split('.').next().unwrap_or_default();
        let detail = format!(
            "no pack of this pair says how {path} is read; add one to `packs` that implements `{word}`"
        );
        return Absence::new(Cause::NotConfigured, format!("packs for {word}"), detail);
    }
    let conditions = fact.probes.iter().filter_map(|probe| probe.when.as_ref());
    let settings: BTreeSet<FactPath> = conditions
        .flat_map(Expression::facts)
        .filter_map(|read| read.path(path.root.side()))
        .filter(|read| read.root == Root::Setting)
        .collect();
    if settings.is_empty() {
        let detail = format!("{path} is not read: no probe of it applies");
        return Absence::new(Cause::NotCollected, path.to_string(), detail);
    }
    let (words, meanings): (Vec<String>, Vec<&str>) =
        settings.iter().map(|setting| could_be_said(run, setting)).unzip();
    let detail = format!(
        "{path} is not read; it would be with {} under `settings`. {}",
        words.join(" or "),
        meanings.join(" ")
    );
    Absence::new(Cause::NotConfigured, path.to_string(), detail.trim_end())
}

/// What the pair file could say instead of what it says, and what that would mean.
fn could_be_said<'r>(run: &Run<'r>, setting: &FactPath) -> (String, &'r str) {
    let word = match run.request.said.get(setting) {
        Ok(FactValue::Bool(now)) => format!("`{}: {}`", setting.name, !now),
        _ => format!("`{}`", setting.name),
    };
    let declared = run.request.catalogue.settings.get(&setting.name);
    (word, declared.map_or("", |setting| setting.about.as_str()))
}

/// Runs the probes for each record; where one fails, the collection has a hole.
async fn each(run: &Run<'_>, fact: &FactDef, path: &FactPath) -> Gathered {
    let outer = match super::row::outer_records(run, fact, path) {
        Ok(records) => records,
        Err(why) => {
            return Gathered {
                value: Err(why),
                provenance: Origin::default(),
            };
        }
    };
    let read = outer.iter().map(|(key, record)| async move {
        match record {
            Ok(seen) => (key, probes(run, fact, path, Some(seen)).await),
            Err(why) => (
                key,
                Gathered {
                    value: Err(why.clone()),
                    provenance: Origin::default(),
                },
            ),
        }
    });
    let mut parts: Vec<(&Key, Gathered)> = futures_util::stream::iter(read)
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    parts.sort_by(|a, b| a.0.cmp(b.0));
    let mut origin = Origin::default();
    let mut map = FactMap::new(fact.exact_keys);
    for (key, part) in parts {
        if origin.probe.is_empty() {
            origin = part.provenance;
        }
        add_part(&mut map, fact, key, part.value);
    }
    map.sort();
    Gathered {
        value: Ok(FactValue::Map(Arc::new(map))),
        provenance: origin,
    }
}

/// Adds what was read for one outer record under its key.
fn add_part(map: &mut FactMap, fact: &FactDef, outer: &Key, value: Result<FactValue, Absence>) {
    match value {
        Err(why) => map.add_hole(outer, why),
        Ok(FactValue::Map(inner)) => {
            for entry in inner.iter() {
                let key = match fact.key {
                    None => outer.clone(),
                    Some(_) => Key::new(outer.parts().iter().chain(entry.key.parts()).cloned()),
                };
                map.insert(key, entry.value.clone());
            }
            for (prefix, why) in inner.holes() {
                map.add_hole(
                    &Key::new(outer.parts().iter().chain(prefix.parts()).cloned()),
                    why.clone(),
                );
            }
        }
        Ok(record) => map.insert(outer.clone(), record),
    }
}

/// Makes the collection of a fact out of its records.
fn keyed(asking: &Asking<'_>, records: Vec<Made>) -> FactValue {
    let mut map = FactMap::new(asking.fact.exact_keys);
    let derived = matches!(asking.probe.ask, Ask::Derive(_));
    for Made { value: record, hole } in records {
        let key = match &asking.fact.key {
            None => Ok(Key::new(["record"])),
            Some(key) => asking.run_key(key, &record).and_then(|value| key_of(&value)),
        };
        match key {
            // What several entries of a `derive` give alike is one record.
            Ok(key) if derived && hole.is_none() && holds(&map, &key, &record) => {}
            Ok(key) => map.insert(key, hole.map_or(record, FactValue::absent)),
            Err(Fault::Absent(why)) => map.add_hole(&Key::new::<Arc<str>>([]), why),
            Err(fault) => {
                let why = Absence::new(
                    Cause::Malformed,
                    asking.path.to_string(),
                    format!("{}: {fault}", asking.path),
                );
                map.add_hole(&Key::new::<Arc<str>>([]), why);
            }
        }
    }
    map.sort();
    FactValue::Map(Arc::new(map))
}

/// Whether the collection has this very record already.
fn holds(map: &FactMap, key: &Key, record: &FactValue) -> bool {
    matches!(map.get(key), Lookup::Found(entry) if entry.value == *record)
}

/// Makes the fact of what its rows gave, as its type wants it.
pub(super) fn shaped(asking: &Asking<'_>, made: Vec<Made>) -> Result<FactValue, Absence> {
    let malformed = |detail: String| Absence::new(Cause::Malformed, asking.path.to_string(), detail);
    let ty = &asking.fact.ty;
    if matches!(ty, FactType::Map(_)) {
        return Ok(keyed(asking, made));
    }
    let mut values: Vec<FactValue> = made.into_iter().map(|made| made.value).collect();
    let whole = match ty {
        FactType::List(_) | FactType::Set(_) => FactValue::list(values),
        _ => match (values.len(), values.pop()) {
            (1, Some(one)) => one,
            (0, _) => {
                let detail = format!("nothing was found for {}", asking.path);
                return Err(Absence::new(Cause::NotFound, asking.path.to_string(), detail));
            }
            (n, _) => {
                let detail = format!("{n} answers were found for {} where one is wanted", asking.path);
                return Err(Absence::new(Cause::Ambiguous, asking.path.to_string(), detail));
            }
        },
    };
    ty.coerce(whole)
        .map_err(|misfit| malformed(format!("{}: {misfit}", asking.path)))
}
