//! All facts of a pair at one time, as a file that replays offline.
//!
//! A snapshot comes from outside: its size, version, names and types are checked, and what does not fit is an
//! error or an absence, never a verdict. Facts that the catalogue does not declare are left out and counted.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use thiserror::Error;

use super::json::{Why, Written, absence_from_json};
use super::{Absence, Cause, FactPath, FactType, Facts, Observation, Provenance, Reading, from_json};

/// The version of the layout that this build writes, and the newest that it reads.
pub const SNAPSHOT_VERSION: u64 = 1;

/// Why a text is no snapshot.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SnapshotError {
    #[error("the snapshot is larger than {} MiB", Snapshot::LARGEST / 1024 / 1024)]
    TooLarge,
    #[error("not JSON: {0}")]
    Json(String),
    #[error("not a snapshot: {0}")]
    Layout(String),
    #[error("the snapshot has layout {found}, this build reads up to {SNAPSHOT_VERSION}: use a newer build")]
    TooNew { found: u64 },
}

/// All facts of a pair at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub pair: String,
    /// When collecting ended.
    pub taken_at: Timestamp,
    /// Whether collecting ran to its end; not so after an interruption.
    pub complete: bool,
    /// The key under which digests of secrets were made.
    pub digest_key: Option<String>,
    pub facts: Facts,
    /// Facts in the file that the catalogue does not declare.
    pub undeclared: BTreeSet<String>,
}

impl Snapshot {
    /// The largest snapshot that is read, in bytes.
    pub const LARGEST: usize = 256 * 1024 * 1024;

    /// Writes the snapshot; equal snapshots are equal byte for byte.
    pub fn to_json(&self) -> String {
        let document = Document {
            standin_snapshot: SNAPSHOT_VERSION,
            pair: &self.pair,
            taken_at: self.taken_at.to_string(),
            complete: self.complete,
            digest_key: self.digest_key.as_deref(),
            facts: Everything(&self.facts),
        };
        serde_json::to_string_pretty(&document).expect("values of this shape always become JSON") + "\n"
    }

    /// Reads a snapshot; `type_of` tells the declared type of each fact.
    pub fn from_json(
        text: &str,
        type_of: impl Fn(&FactPath) -> Option<FactType>,
    ) -> Result<Self, SnapshotError> {
        if text.len() > Self::LARGEST {
            return Err(SnapshotError::TooLarge);
        }
        let document: Value = serde_json::from_str(text).map_err(|e| SnapshotError::Json(e.to_string()))?;
        let layout = |what: &str| SnapshotError::Layout(what.to_owned());
        let version = document.get("standin_snapshot").and_then(Value::as_u64);
        match version {
            None => {
                return Err(layout(
                    "`standin_snapshot` with the version of the layout is missing",
                ));
            }
            Some(found) if found > SNAPSHOT_VERSION => return Err(SnapshotError::TooNew { found }),
            Some(0) => return Err(layout("`standin_snapshot` is 0; layouts count from 1")),
            Some(_) => {}
        }
        let facts = document
            .get("facts")
            .and_then(Value::as_object)
            .ok_or_else(|| layout("`facts` is missing"))?;
        let mut snapshot = Self {
            pair: text_field(&document, "pair")?.to_owned(),
            taken_at: time_field(&document, "taken_at")?,
            complete: document
                .get("complete")
                .and_then(Value::as_bool)
                .ok_or_else(|| layout("`complete` is missing"))?,
            digest_key: document
                .get("digest_key")
                .and_then(Value::as_str)
                .map(str::to_owned),
            facts: Facts::default(),
            undeclared: BTreeSet::new(),
        };
        for (name, value) in facts {
            let declared = name
                .parse::<FactPath>()
                .ok()
                .and_then(|path| type_of(&path).map(|ty| (path, ty)));
            match declared {
                Some((path, ty)) => {
                    let observation = observation_from_json(&path, &ty, value)?;
                    snapshot.facts.insert(path, observation);
                }
                None => {
                    snapshot.undeclared.insert(name.clone());
                }
            }
        }
        Ok(snapshot)
    }
}

fn text_field<'a>(object: &'a Value, field: &str) -> Result<&'a str, SnapshotError> {
    object
        .get(field)
        .and_then(Value::as_str)
        .ok_or_else(|| SnapshotError::Layout(format!("the text `{field}` is missing")))
}

fn time_field(object: &Value, field: &str) -> Result<Timestamp, SnapshotError> {
    text_field(object, field)?
        .parse()
        .map_err(|_| SnapshotError::Layout(format!("`{field}` is not a time such as 2026-11-22T03:00:00Z")))
}

/// The file as it is written.
#[derive(Serialize)]
struct Document<'a> {
    standin_snapshot: u64,
    pair: &'a str,
    taken_at: String,
    complete: bool,
    digest_key: Option<&'a str>,
    facts: Everything<'a>,
}

struct Everything<'a>(&'a Facts);

impl Serialize for Everything<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_map(
            self.0
                .iter()
                .map(|(path, o)| (path.to_string(), Observed::from(o))),
        )
    }
}

#[derive(Serialize)]
struct Observed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Written<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    absent: Option<Why<'a>>,
    probe: &'a str,
    server: &'a str,
    at: String,
    took_ms: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tried: Vec<Tried<'a>>,
}

#[derive(Serialize)]
struct Tried<'a> {
    probe: &'a str,
    absent: Why<'a>,
}

impl<'a> From<&'a Observation> for Observed<'a> {
    fn from(observation: &'a Observation) -> Self {
        let from = &observation.provenance;
        let tried = from.tried.iter().map(|tried| Tried {
            probe: &tried.probe,
            absent: (&tried.why).into(),
        });
        Self {
            value: observation.value.as_ref().ok().map(Written),
            absent: observation.value.as_ref().err().map(Why::from),
            probe: &from.probe,
            server: &from.server,
            at: from.at.to_string(),
            took_ms: from.took_ms,
            tried: tried.collect(),
        }
    }
}

/// Reads one fact; a value that does not fit its type is the absence "malformed".
fn observation_from_json(
    path: &FactPath,
    ty: &FactType,
    object: &Value,
) -> Result<Observation, SnapshotError> {
    let layout = |what: String| SnapshotError::Layout(format!("{path}: {what}"));
    let value = match (object.get("value"), object.get("absent")) {
        (Some(value), None) => from_json(ty, value)
            .map_err(|misfit| Absence::new(Cause::Malformed, path.to_string(), format!("{path}: {misfit}"))),
        (None, Some(why)) => Err(absence_from_json(why).map_err(|m| layout(m.to_string()))?),
        _ => return Err(layout("needs either `value` or `absent`".into())),
    };
    let tried = object
        .get("tried")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let provenance = Provenance {
        probe: text_field(object, "probe")
            .map_err(|e| layout(e.to_string()))?
            .to_owned(),
        server: text_field(object, "server")
            .map_err(|e| layout(e.to_string()))?
            .to_owned(),
        at: time_field(object, "at").map_err(|e| layout(e.to_string()))?,
        took_ms: object.get("took_ms").and_then(Value::as_u64).unwrap_or(0),
        tried: tried
            .iter()
            .map(|t| reading_from_json(t).map_err(|e| layout(e.to_string())))
            .collect::<Result<_, _>>()?,
    };
    Ok(Observation { value, provenance })
}

fn reading_from_json(object: &Value) -> Result<Reading, SnapshotError> {
    let why = object.get("absent").map(absence_from_json);
    match why {
        Some(Ok(why)) => Ok(Reading {
            probe: text_field(object, "probe")?.to_owned(),
            why,
        }),
        _ => Err(SnapshotError::Layout("`tried` needs `probe` and `absent`".into())),
    }
}
