//! The pair file of a recording that can be shown to strangers.
//!
//! What judging needs of the operator's own file, with stand-ins for names and addresses. Endpoints and credentials
//! are left out: whoever replays a recording asks nobody.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::catalogue::Catalogue;
use crate::evaluate::{Judged, Subject};
use crate::facts::{FactValue, Facts, Redaction, Root, to_json};
use crate::pair::{Pair, Server, Waiver};

/// A pair file for the recording of this name.
pub fn redacted_pair(
    pair: &Pair,
    catalogue: &Catalogue,
    said: &Facts,
    judged: &Judged,
    recorded: &str,
    redaction: &mut Redaction,
) -> String {
    let mut text = String::from(
        "# A redacted pair: names and addresses are stand-ins, each always the same one. Endpoints and credentials are\n\
         # left out; the recording is replayed and nobody is asked.\n",
    );
    let packs: Vec<&str> = pair.packs.iter().map(|pack| pack.value.as_str()).collect();
    let _ = writeln!(text, "pair: {}", quoted(&redaction.text(&pair.name.value)));
    let _ = writeln!(text, "packs: [{}]", packs.join(", "));
    for (side, server) in [("source", &pair.source), ("target", &pair.target)] {
        let _ = writeln!(text, "{side}: {}", server_of(server, redaction));
    }
    let _ = writeln!(text, "recorded: {}", quoted(recorded));
    if let Some(age) = pair.max_age {
        let _ = writeln!(text, "max_age: {}ms", age.as_millis());
    }
    let settings = catalogue.settings.values().map(|s| (&s.name, &s.default));
    write_said(&mut text, "settings", Root::Setting, settings, said, redaction);
    let params = catalogue.params.values().map(|s| (&s.name, &s.default));
    write_said(&mut text, "params", Root::Param, params, said, redaction);
    if !pair.waivers.is_empty() {
        text.push_str("waivers:\n");
    }
    for waiver in &pair.waivers {
        for subject in subjects(waiver, judged, redaction) {
            let _ = writeln!(
                text,
                "  - {{ rule: {}, subject: {}, reason: redacted, owner: redacted, until: {} }}",
                waiver.rule.value,
                quoted(&subject),
                waiver.until
            );
        }
    }
    text
}

fn server_of(server: &Server, redaction: &mut Redaction) -> String {
    let addresses = server.addresses.iter().map(|ip| FactValue::Ip(*ip)).collect();
    let addresses = redaction.value(&FactValue::List(addresses));
    let address = redaction.value(&FactValue::Ip(server.address.value));
    let mut keys = Map::new();
    keys.insert("name".to_owned(), redaction.text(&server.name.value).into());
    keys.insert("address".to_owned(), to_json(&address));
    keys.insert("addresses".to_owned(), to_json(&addresses));
    if let Some(domain) = &server.domain {
        keys.insert("domain".to_owned(), redaction.text(domain).into());
    }
    Value::Object(keys).to_string()
}

/// What is otherwise than by default; a value in JSON is one in YAML too.
fn write_said<'c>(
    text: &mut String,
    heading: &str,
    root: Root,
    declared: impl Iterator<Item = (&'c std::sync::Arc<str>, &'c Option<FactValue>)>,
    said: &Facts,
    redaction: &mut Redaction,
) {
    let mut lines = String::new();
    for (name, default) in declared {
        let path = crate::facts::FactPath::new(root, name.clone());
        let Ok(value) = said.get(&path) else { continue };
        if default.as_ref() != Some(value) {
            let _ = writeln!(lines, "  {name}: {}", written(&redaction.value(value)));
        }
    }
    if !lines.is_empty() {
        let _ = write!(text, "{heading}:\n{lines}");
    }
}

/// A value as the pair file says it: what a record does not say is left out.
fn written(value: &FactValue) -> Value {
    match value {
        FactValue::List(items) | FactValue::Set(items) => items.iter().map(written).collect(),
        FactValue::Record(record) => {
            let said = record
                .iter()
                .filter(|(_, value)| !matches!(value, FactValue::Nothing | FactValue::Absent(_)));
            Value::Object(
                said.map(|(name, value)| (name.to_string(), written(value)))
                    .collect(),
            )
        }
        FactValue::Map(map) => {
            let entries = map.iter();
            Value::Object(
                entries
                    .map(|entry| (entry.key.to_string(), written(&entry.value)))
                    .collect(),
            )
        }
        scalar => to_json(scalar),
    }
}

/// Whom a waiver is about, one by one: a pattern over names says nothing about their stand-ins.
fn subjects(waiver: &Waiver, judged: &Judged, redaction: &mut Redaction) -> Vec<String> {
    let of_rule = judged
        .findings
        .iter()
        .filter(|finding| *finding.rule == *waiver.rule.value)
        .map(|finding| &finding.subject);
    let named: Vec<&Subject> = of_rule
        .filter(|subject| waiver.subject.matches(&subject.to_string()))
        .collect();
    if named.is_empty() {
        // It names nobody now; so does this.
        return vec!["nobody".to_owned()];
    }
    named
        .into_iter()
        .map(|subject| {
            let key = redaction.key(&subject.key);
            let root = subject.root;
            Subject { root, key }.to_string()
        })
        .collect()
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
