//! `pack.yaml` and `settings.yaml`.

use std::sync::Arc;

use super::bind::with_defaults;
use super::discovery::RESERVED;
use super::types::{dotted, fact_type, field_name, value_of};
use super::{Pack, PackSource, Setting};
use crate::diagnostic::Diagnostics;
use crate::facts::{FactType, FactValue};
use crate::yaml::decode::{list_of, map_of, name, nonempty, wrong_value};
use crate::yaml::{Fields, Key, Node};

/// A pack's manifest and its parameters; where it lies and its digest are filled in by who read its files.
pub(super) fn pack(node: &Node, sink: &mut Diagnostics) -> Option<(Pack, Vec<Setting>)> {
    let mut fields = Fields::of(node, sink, "a pack")?;
    let pack_name = fields.required("name", name);
    let version = fields.required("version", nonempty);
    let about = fields.required("about", nonempty);
    let owns = fields.or("owns", Vec::new(), list_of(owned));
    let requires = fields.or("requires", Vec::new(), list_of(|n, s| name(n, s).map(Arc::from)));
    let implements = fields.or("implements", Vec::new(), list_of(prefix));
    let applications = fields.or(
        "applications",
        Vec::new(),
        list_of(|n, s| name(n, s).map(Arc::from)),
    );
    let params = fields.node("params");
    fields.finish();
    let pack = Pack {
        name: pack_name?.into(),
        version: version?,
        about: about?,
        owns: owns?,
        requires: requires?,
        implements: implements?,
        applications: applications?,
        origin: PackSource::Embedded,
        digest: String::new(),
    };
    let params = match params {
        Some(node) => settings(node, &pack.name, sink)?,
        None => Vec::new(),
    };
    Some((pack, params))
}

fn prefix(node: &Node, sink: &mut Diagnostics) -> Option<Arc<str>> {
    let text = nonempty(node, sink)?;
    field_name(
        &Key {
            text,
            span: node.span,
        },
        sink,
    )
}

/// A first word that a pack may own.
fn owned(node: &Node, sink: &mut Diagnostics) -> Option<Arc<str>> {
    let word = prefix(node, sink)?;
    if *word == *RESERVED {
        let taken = "facts of this name are what is asked for on the command line";
        sink.push(wrong_value(node, taken));
        return None;
    }
    Some(word)
}

/// Settings or parameters: name to type, default and meaning.
pub(super) fn settings(node: &Node, pack: &Arc<str>, sink: &mut Diagnostics) -> Option<Vec<Setting>> {
    if node.is_null() {
        return Some(Vec::new());
    }
    let entries = map_of(|n, s| setting(n, pack, s))(node, sink)?;
    entries
        .into_iter()
        .map(|(key, setting)| {
            Some(Setting {
                name: dotted(&key, sink)?,
                ..setting
            })
        })
        .collect()
}

/// One setting, still without its name.
fn setting(node: &Node, pack: &Arc<str>, sink: &mut Diagnostics) -> Option<Setting> {
    let mut fields = Fields::of(node, sink, "a setting")?;
    let typed = fields.required("type", |n, s| fact_type(n, s).map(|ty| (ty, n)));
    let default = fields.node("default");
    let about = fields.required("about", nonempty);
    fields.finish();
    let (ty, type_node) = typed?;
    let default = match default {
        Some(node) => Some(value_of(&ty, node, sink)?),
        None => None,
    };
    let field_defaults = field_defaults(&ty, type_node, sink)?;
    let default = default.map(|default| with_defaults(&default, &field_defaults));
    Some(Setting {
        name: "".into(),
        pack: pack.clone(),
        ty,
        default,
        field_defaults,
        about: about?,
    })
}

/// The defaults written beside the types of a record's fields.
fn field_defaults(ty: &FactType, node: &Node, sink: &mut Diagnostics) -> Option<Vec<(Arc<str>, FactValue)>> {
    match ty {
        FactType::List(item) => field_defaults(item, node.get("list_of").unwrap_or(node), sink),
        FactType::Record(fields) => {
            let written = node.get("record").and_then(Node::entries).unwrap_or_default();
            let given = written
                .iter()
                .filter_map(|(key, node)| Some((key, node.get("default")?)));
            given
                .map(|(key, node)| {
                    let ty = fields.get(key.text.as_str())?;
                    Some((Arc::from(key.text.as_str()), value_of(ty, node, sink)?))
                })
                .collect()
        }
        _ => Some(Vec::new()),
    }
}
