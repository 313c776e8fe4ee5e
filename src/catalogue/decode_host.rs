//! Questions to the servers of a pair: their databases, their Windows, their shells.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Phrase;
use super::context::{expression, phrase};
use super::probe::{Command, HostAsk, RegistryAsk, ShellAsk, TdsAsk};
use super::types::field_name;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::predicate::Names;
use crate::template::Context;
use crate::yaml::decode::{boolean, items, list_of, map_of, nonempty, one_of, text, wrong_type, wrong_value};
use crate::yaml::{Fields, Node};

/// The views of a registry, and whether they are that of 32-bit programs.
const VIEWS: &[(&str, bool)] = &[("64", false), ("32", true)];

pub(super) fn tds(node: &Node, names: &Names<'_>, sink: &mut Diagnostics) -> Option<TdsAsk> {
    let mut fields = Fields::of(node, sink, "a tds probe")?;
    let query = fields.required("query", |n, s| phrase(n, Context::Tsql, names, s));
    let params = fields.or("params", Vec::new(), list_of(|n, s| expression(n, names, s)));
    let database = fields.or("database", None, |n, s| expression(n, names, s).map(Some));
    fields.finish();
    Some(TdsAsk {
        query: query?,
        params: params?,
        database: database?,
    })
}

/// Decodes one of `service`, `registry`, `file`, `share`, `disk` and `group`.
pub(super) fn host(
    protocol: &str,
    node: &Node,
    names: &Names<'_>,
    sink: &mut Diagnostics,
) -> Option<HostAsk> {
    let what = "a question to a host";
    let mut fields = Fields::of(node, sink, what)?;
    let name = |n: &Node, s: &mut Diagnostics| phrase(n, Context::Name, names, s);
    let asked = match protocol {
        "service" => fields
            .or("name", None, |n, s| name(n, s).map(Some))
            .map(|name| HostAsk::Service { name }),
        "share" => fields
            .or("name", None, |n, s| name(n, s).map(Some))
            .map(|name| HostAsk::Share { name }),
        "group" => fields.required("name", name).map(|name| HostAsk::Group { name }),
        "file" => {
            let path = fields.required("path", |n, s| phrase(n, Context::WinPath, names, s));
            path.map(|path| HostAsk::File {
                path,
                columns: BTreeSet::new(),
            })
        }
        "registry" => registry(&mut fields, names),
        _ => Some(HostAsk::Disk),
    };
    fields.finish();
    asked
}

fn registry(fields: &mut Fields<'_, '_>, names: &Names<'_>) -> Option<HostAsk> {
    let key = fields.required("key", |n, s| registry_key(n, names, s));
    let view32 = fields.or("view", false, one_of(VIEWS));
    let what = match fields.one_key_of(&["value", "values", "keys"])? {
        ("value", node) => fields
            .decode(node, |n, s| phrase(n, Context::Name, names, s))
            .map(RegistryAsk::Value),
        ("values", node) => fields.decode(node, yes).map(|()| RegistryAsk::Values),
        (_, node) => fields.decode(node, yes).map(|()| RegistryAsk::Keys),
    };
    Some(HostAsk::Registry {
        key: key?,
        what: what?,
        view32: view32?,
    })
}

/// A key from its hive on: what follows a value must not make another key of it.
pub(super) fn registry_key(node: &Node, names: &Names<'_>, sink: &mut Diagnostics) -> Option<Phrase> {
    const HIVES: [&str; 4] = ["HKLM", "HKU", "HKCR", "HKCC"];
    let hive = node
        .text()
        .and_then(|text| text.split('\\').next())
        .unwrap_or_default();
    if !HIVES.contains(&hive) {
        let wrong = wrong_value(node, "a registry key begins with its hive");
        sink.push(wrong.help("write HKLM\\... (HKU, HKCR and HKCC are there too)"));
        return None;
    }
    phrase(node, Context::RegistryKey, names, sink)
}

/// `true`, and nothing else.
pub(super) fn yes(node: &Node, sink: &mut Diagnostics) -> Option<()> {
    if boolean(node, sink)? {
        return Some(());
    }
    sink.push(wrong_type(node, "`true`, or nothing at all"));
    None
}

pub(super) fn shell(node: &Node, names: &Names<'_>, sink: &mut Diagnostics) -> Option<ShellAsk> {
    let mut fields = Fields::of(node, sink, "a shell probe")?;
    let command = match fields.one_key_of(&["powershell", "run"]) {
        Some(("powershell", node)) => fields
            .decode(node, nonempty)
            .map(|text| Command::PowerShell(text.into())),
        Some((_, node)) => fields.decode(node, argv).map(Command::Run),
        None => None,
    };
    let input = fields.or("input", Vec::new(), |n, s| input(n, names, s));
    fields.finish();
    Some(ShellAsk {
        command: command?,
        input: input?,
    })
}

pub(super) fn argv(node: &Node, sink: &mut Diagnostics) -> Option<Vec<String>> {
    items(node, sink)?;
    let words = list_of(text)(node, sink)?;
    if words.first().is_none_or(String::is_empty) || words.iter().any(|word| word.contains('\0')) {
        sink.push(Diagnostic::error("wrong-value", "a command begins with its program").at(node.span, ""));
        return None;
    }
    Some(words)
}

type Input = Vec<(Arc<str>, crate::predicate::Expression)>;

fn input(node: &Node, names: &Names<'_>, sink: &mut Diagnostics) -> Option<Input> {
    let entries = map_of(|n, s| expression(n, names, s))(node, sink)?;
    entries
        .into_iter()
        .map(|(key, value)| Some((field_name(&key, sink)?, value)))
        .collect()
}
