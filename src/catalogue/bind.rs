//! What the pair file says, bound to what the packs declare: settings, parameters and the two servers.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::types::value_of;
use super::{Catalogue, Setting};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::facts::{
    Absence, Cause, FactPath, FactType, FactValue, Facts, Observation, Provenance, Record, Root, Side,
};
use crate::pair::{Pair, Server};
use crate::yaml::{Key, Kind, Node};

/// Returns every setting, parameter and built-in fact of the pair; what nobody declares is told.
pub fn bind(catalogue: &Catalogue, pair: &Pair, at: Timestamp, sink: &mut Diagnostics) -> Facts {
    let mut facts = Facts::default();
    bind_all(
        &catalogue.settings,
        pair.settings.as_ref(),
        Root::Setting,
        at,
        &mut facts,
        sink,
    );
    bind_all(
        &catalogue.params,
        pair.params.as_ref(),
        Root::Param,
        at,
        &mut facts,
        sink,
    );
    for (side, server) in [(Side::Source, &pair.source), (Side::Target, &pair.target)] {
        for (name, value) in built_in(side, server) {
            facts.insert(FactPath::new(side, name), observation(Ok(value), at));
        }
    }
    check_waivers(catalogue, pair, sink);
    facts
}

fn built_in(side: Side, server: &Server) -> [(&'static str, FactValue); 4] {
    [
        ("name", FactValue::text(server.name.value.as_str())),
        ("address", FactValue::Ip(server.address.value)),
        (
            "domain",
            server
                .domain
                .as_deref()
                .map_or(FactValue::Nothing, FactValue::text),
        ),
        ("side", side.word().into()),
    ]
}

fn observation(value: Result<FactValue, Absence>, at: Timestamp) -> Observation {
    let provenance = Provenance {
        probe: "pair file".to_owned(),
        server: "pair file".to_owned(),
        at,
        took_ms: 0,
        tried: Vec::new(),
    };
    Observation { value, provenance }
}

fn bind_all(
    declared: &BTreeMap<Arc<str>, Setting>,
    given: Option<&Node>,
    root: Root,
    at: Timestamp,
    facts: &mut Facts,
    sink: &mut Diagnostics,
) {
    let mut said = BTreeMap::new();
    if let Some(node) = given {
        gather(declared, node, "", root, &mut said, sink);
    }
    for setting in declared.values() {
        let path = FactPath::new(root, setting.name.clone());
        let value = match (said.remove(&setting.name), &setting.default) {
            (Some(value), _) => Ok(value),
            (None, Some(default)) => Ok(default.clone()),
            (None, None) => {
                let detail = format!("`{}` is not said in the pair file", setting.name);
                Err(Absence::new(Cause::NotConfigured, path.to_string(), detail))
            }
        };
        facts.insert(path, observation(value, at));
    }
}

/// Walks nested or dotted names down to the declared ones.
fn gather(
    declared: &BTreeMap<Arc<str>, Setting>,
    node: &Node,
    prefix: &str,
    root: Root,
    said: &mut BTreeMap<Arc<str>, FactValue>,
    sink: &mut Diagnostics,
) {
    for (key, value) in node.entries().unwrap_or_default() {
        let name = if prefix.is_empty() {
            key.text.clone()
        } else {
            format!("{prefix}.{}", key.text)
        };
        if let Some(setting) = declared.get(name.as_str()) {
            if let Some(value) = decode(setting, value, sink) {
                said.insert(setting.name.clone(), value);
            }
        } else if declared.keys().any(|n| {
            n.strip_prefix(name.as_str())
                .is_some_and(|rest| rest.starts_with('.'))
        }) && matches!(value.kind, Kind::Map(_))
        {
            gather(declared, value, &name, root, said, sink);
        } else {
            sink.push(unknown(declared, &name, key, root));
        }
    }
}

fn unknown(declared: &BTreeMap<Arc<str>, Setting>, name: &str, key: &Key, root: Root) -> Diagnostic {
    Diagnostic::error(
        "unknown-setting",
        format!("no active pack has the {root} `{name}`"),
    )
    .at(key.span, "")
    .did_you_mean(name, declared.keys().map(AsRef::as_ref))
    .help("`standin rules settings` lists what can be said")
}

fn decode(setting: &Setting, node: &Node, sink: &mut Diagnostics) -> Option<FactValue> {
    if let (FactType::List(_) | FactType::Set(_), Kind::Map(_)) = (&setting.ty, &node.kind)
        && (node.get("add").is_some() || node.get("remove").is_some())
    {
        return edited(setting, node, sink);
    }
    let value = value_of(&setting.ty, node, sink)?;
    Some(with_defaults(&value, &setting.field_defaults))
}

/// The default list with items added and removed.
fn edited(setting: &Setting, node: &Node, sink: &mut Diagnostics) -> Option<FactValue> {
    let items = |key: &str, sink: &mut Diagnostics| match node.get(key) {
        None => Some(Vec::new()),
        Some(node) => value_of(&setting.ty, node, sink)?.items().map(<[_]>::to_vec),
    };
    let (add, remove) = (items("add", sink)?, items("remove", sink)?);
    for (key, _) in node.entries().unwrap_or_default() {
        if !matches!(key.text.as_str(), "add" | "remove") {
            let message = format!(
                "`{}` has no meaning here: a list is changed by `add` and `remove`",
                key.text
            );
            sink.push(Diagnostic::error("unknown-key", message).at(key.span, ""));
            return None;
        }
    }
    let default = setting
        .default
        .as_ref()
        .and_then(FactValue::items)
        .unwrap_or_default();
    for (removed, place) in remove
        .iter()
        .zip(node.get("remove").and_then(Node::items).unwrap_or_default())
    {
        if !default.iter().any(|item| is_meant(removed, item)) {
            let message = format!("the default of `{}` has no such item", setting.name);
            let vain = Diagnostic::error("unknown-item", message).at(place.span, "");
            sink.push(vain.help(format!("`standin explain {}` shows its default", setting.name)));
            return None;
        }
    }
    let add = add
        .iter()
        .map(|item| with_defaults(item, &setting.field_defaults));
    let kept = default
        .iter()
        .filter(|item| !remove.iter().any(|removed| is_meant(removed, item)));
    setting.ty.coerce(FactValue::list(kept.cloned().chain(add))).ok()
}

/// Whether an item has all that is said of it; of a record, only the fields that are given count.
fn is_meant(said: &FactValue, item: &FactValue) -> bool {
    match (said, item) {
        (FactValue::Record(said), FactValue::Record(item)) => said
            .iter()
            .filter(|(_, value)| !matches!(value, FactValue::Absent(_)))
            .all(|(name, value)| item.get(name) == Some(value)),
        _ => said == item,
    }
}

/// The value with the defaults of record fields that were not given.
pub(super) fn with_defaults(value: &FactValue, defaults: &[(Arc<str>, FactValue)]) -> FactValue {
    match value {
        _ if defaults.is_empty() => value.clone(),
        FactValue::List(items) => FactValue::list(items.iter().map(|item| with_defaults(item, defaults))),
        FactValue::Record(record) => {
            let mut filled = Record::clone(record);
            for (name, default) in defaults {
                if matches!(record.get(name), None | Some(FactValue::Absent(_))) {
                    filled.set(name.clone(), default.clone());
                }
            }
            FactValue::Record(Arc::new(filled))
        }
        other => other.clone(),
    }
}

fn check_waivers(catalogue: &Catalogue, pair: &Pair, sink: &mut Diagnostics) {
    for waiver in &pair.waivers {
        if catalogue.rule(&waiver.rule.value).is_none() {
            let message = format!("no active pack has the rule `{}`", waiver.rule.value);
            let unknown = Diagnostic::error("unknown-rule", message).at(waiver.rule.span, "");
            sink.push(
                unknown.did_you_mean(&waiver.rule.value, catalogue.rules.iter().map(|r| r.id.as_ref())),
            );
        }
    }
}
