//! The servers of a pair, as one JSON text: what is read of them, and what an action does to them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use standin::catalogue::Catalogue;
use standin::facts::{
    Absence, FactPath, FactValue, Facts, Observation, Provenance, Root, from_json, to_json,
};
use standin::plan::{Detail, Doing};

/// Collections by their keys.
const COLLECTIONS: &[&str] = &["jobs", "members", "grades", "entries", "relics", "accounts"];

/// Both servers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Peer {
    pub(crate) source: Value,
    pub(crate) target: Value,
}

impl Peer {
    /// A pair with something to mend for every kind of fix that can be taken back after a crash.
    pub(crate) fn broken() -> Self {
        Self {
            source: json!({
                "vault": "V", "retention": "9", "engine": "up", "ledger": [],
                "members": { "ann": { "mode": "rw" }, "bob": { "mode": "ro" } },
                "grades": { "A": { "level": "3" }, "B": { "level": "3" }, "C": { "level": "5" } },
                "entries": { "e1": {}, "e2": {} },
            }),
            target: json!({
                "vault": "W", "retention": "7", "engine": "up", "ledger": ["e0"],
                "jobs": {
                    "A": { "state": "off", "mode": "y" },
                    "B": { "state": "on", "mode": "y" },
                    "C": { "state": "paused", "mode": "x" },
                },
                "grades": { "A": { "level": "1" }, "B": { "level": "2" }, "C": { "level": "2" } },
            }),
        }
    }

    /// A pair with so many members missing on the target: a wave that adds them, and one that sets their mode.
    pub(crate) fn wide(members: usize) -> Self {
        let members = (0..members).map(|number| (format!("m{number}"), json!({ "mode": "rw" })));
        let mut peer = Self {
            source: json!({ "vault": "V", "retention": "9", "engine": "up", "ledger": [] }),
            target: json!({ "vault": "V", "retention": "9", "engine": "up", "ledger": [] }),
        };
        peer.source["members"] = Value::Object(members.collect());
        peer
    }

    fn side(&self, root: Root) -> &Value {
        if root == Root::Source {
            &self.source
        } else {
            &self.target
        }
    }

    /// These facts as they are now.
    pub(crate) fn facts(&self, catalogue: &Catalogue, wanted: &BTreeSet<FactPath>) -> Facts {
        let mut facts = Facts::default();
        for path in wanted {
            let ty = catalogue.schema.type_at(path).unwrap();
            let name = path.name.strip_prefix("own.").unwrap();
            let value = from_json(ty, &shown(name, &self.side(path.root)[name])).unwrap();
            let provenance = Provenance {
                probe: String::new(),
                server: String::new(),
                at: jiff::Timestamp::UNIX_EPOCH,
                took_ms: 0,
                tried: Vec::new(),
            };
            facts.insert(
                path.clone(),
                Observation {
                    value: Ok(value),
                    provenance,
                },
            );
        }
        facts
    }

    /// The secret of an account: the new one on the source, the old one on the target.
    pub(crate) fn secret(&self, reading: &str, account: &str) -> Result<FactValue, Absence> {
        let server = if reading == "fresh" {
            &self.source
        } else {
            &self.target
        };
        let secret = server["accounts"][account]["secret"].as_str();
        secret
            .map(FactValue::text)
            .ok_or_else(|| Absence::not_collected(account))
    }

    /// Does what these words say.
    pub(crate) fn act(&mut self, words: &[Value]) -> Result<(), String> {
        let text = |place: usize| words[place].as_str().unwrap_or_default().to_owned();
        let target = self.target.as_object_mut().unwrap();
        match (text(0).as_str(), words.len()) {
            ("SET", 3) => {
                target.insert(text(1), words[2].clone());
            }
            ("SET", 5) => {
                let collection = target.entry(text(1)).or_insert_with(|| json!({}));
                if text(1) != "hidden" && collection.get(text(2)).is_none() {
                    return Err(format!("there is no {}", text(2)));
                }
                collection[text(2)][text(3)] = words[4].clone();
            }
            ("UNSET", 3) => {
                let Some(collection) = target.get_mut(&text(1)) else {
                    return Ok(());
                };
                collection.as_object_mut().unwrap().remove(&text(2));
                if collection == &json!({}) {
                    target.remove(&text(1));
                }
            }
            ("ADD", 2) => {
                let collection = target.entry("members").or_insert_with(|| json!({}));
                if collection.get(text(1)).is_some() {
                    target.insert("doubled".to_owned(), words[1].clone());
                } else {
                    collection[text(1)] = json!({ "mode": "" });
                }
            }
            ("APPEND", 2) => target["ledger"].as_array_mut().unwrap().push(words[1].clone()),
            ("STRIKE", 2) => {
                let ledger = target["ledger"].as_array_mut().unwrap();
                let last = ledger.iter().rposition(|entry| *entry == words[1]);
                ledger.remove(last.ok_or("it is not in the ledger")?);
            }
            ("SECRET", 3) => {
                target["accounts"][text(1)] =
                    json!({ "secret": words[2], "digest": format!("d:{}", text(2)) });
            }
            ("stop", 2) => target["engine"] = json!("down"),
            ("start", 2) => target["engine"] = json!("up"),
            other => return Err(format!("what is {other:?}")),
        }
        Ok(())
    }
}

/// A fact as a probe gives it.
fn shown(name: &str, value: &Value) -> Value {
    if !COLLECTIONS.contains(&name) {
        return value.clone();
    }
    let records = value.as_object().into_iter().flatten().map(|(key, record)| {
        let mut record = record.clone();
        record["name"] = json!(key);
        record.as_object_mut().unwrap().remove("secret");
        (key.clone(), record)
    });
    Value::Object(records.collect())
}

/// An action as the peer takes it.
pub(crate) fn words(doing: &Doing) -> Vec<Value> {
    let details = doing.details.iter().enumerate();
    let word = |(place, (slot, detail)): (usize, &(String, Detail))| match detail {
        // The object of a service is its name; a batch is its first word.
        Detail::Text(text) if place == 0 && doing.protocol == "service" => {
            vec![json!(slot), json!(text)]
        }
        Detail::Text(text) => vec![json!(text.trim())],
        Detail::Value(value) => vec![to_json(value)],
        Detail::Later(what) => panic!("{what} is not known when it is done"),
    };
    details.flat_map(word).collect()
}

/// What an action touches: the beginning of a path in the target.
pub(crate) fn touched(words: &[Value]) -> Vec<String> {
    let text = |place: usize| words[place].as_str().unwrap_or_default().to_owned();
    match text(0).as_str() {
        "ADD" => vec!["members".to_owned(), text(1)],
        "APPEND" | "STRIKE" => vec!["ledger".to_owned()],
        "SECRET" => vec!["accounts".to_owned(), text(1)],
        "stop" | "start" => vec!["engine".to_owned()],
        _ => (1..words.len().min(4)).map(text).take(words.len() - 2).collect(),
    }
}
