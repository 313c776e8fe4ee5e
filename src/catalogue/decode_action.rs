//! Actions of fixes, by the table of verbs.

use std::sync::Arc;

use super::action::{self, Action, Arg, Attributes, Kind, Slot, VERBS, Verb};
use super::context::{condition, expression, phrase};
use super::decode_host::{argv, registry_key};
use super::decode_probe;
use super::types::field_name;
use super::{Command, On};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::predicate::{Names, Ty};
use crate::template::{Context, is_attribute};
use crate::yaml::decode::{entries, list_of, listed, map_of, nonempty, wrong_type, wrong_value};
use crate::yaml::{Fields, Key, Node};

/// Reads one action; `on` is who does it where the action says nothing.
pub(super) fn action(
    node: &Node,
    on: Option<&On>,
    names: &Names<'_>,
    sink: &mut Diagnostics,
) -> Option<Action> {
    let protocols = action::protocols();
    let mut fields = Fields::of(node, sink, "an action")?;
    let (when, each, own) = (
        fields.node("when"),
        fields.node("for_each"),
        fields.or("on", None, |n, s| decode_probe::on(n, names, s).map(Some)),
    );
    let asked = fields.one_key_of(&protocols);
    fields.finish();
    let for_each = match each {
        Some(node) => Some(expression(node, names, sink)?),
        None => None,
    };
    let names = match &for_each {
        Some(each) => names.clone().with("item", item(each.ty(), node, sink)?),
        None => names.clone(),
    };
    let when = match when {
        Some(node) => Some(condition(node, &names, sink)?),
        None => None,
    };
    let (protocol, body) = asked?;
    let (verb, object, args) = spoken(protocol, body, &names, sink)?;
    let own = own?;
    if matches!(own, Some(On::Host(_))) && !matches!(on, Some(On::Here)) {
        let nobody = "another host is told in the way of the server in question, and there is none";
        let wrong = Diagnostic::error("wrong-value", nobody).at(node.span, "");
        sink.push(wrong.help("give the fix `on: here`"));
        return None;
    }
    let on = own.or_else(|| on.cloned())?;
    reaches(protocol, &on, node, sink)?;
    Some(Action {
        when,
        for_each,
        on,
        verb,
        object,
        args,
        span: node.span,
    })
}

fn item(each: &Ty, node: &Node, sink: &mut Diagnostics) -> Option<Ty> {
    let item = each.item();
    if item.is_none() {
        let node = node.get("for_each").unwrap_or(node);
        sink.push(wrong_value(
            node,
            &format!("`for_each` wants a list or collection, this is {each}"),
        ));
    }
    item
}

type Spoken = (&'static Verb, Arg, Vec<(&'static str, Arg)>);

/// The verb with all that stands in its slots; every mistake is told before it fails.
fn spoken(protocol: &str, body: &Node, names: &Names<'_>, sink: &mut Diagnostics) -> Option<Spoken> {
    let verbs = VERBS.iter().filter(|verb| verb.protocol == protocol);
    let words: Vec<&'static str> = verbs.map(|verb| verb.name).collect();
    let mut fields = Fields::of(body, sink, what(protocol))?;
    let (word, object) = fields.one_key_of(&words)?;
    let verb = VERBS
        .iter()
        .find(|verb| verb.protocol == protocol && verb.name == word)?;
    let object = fields.decode(object, |n, s| arg(verb.object, n, names, s));
    let mut args = Some(Vec::new());
    for slot in verb.slots {
        let given = fields.node(slot.name);
        let read = match given {
            Some(node) => fields.decode(node, |n, s| arg(slot.kind, n, names, s)),
            None if !slot.needed => continue,
            None => {
                fields.report(missing(verb, slot, body));
                None
            }
        };
        match (read, &mut args) {
            (Some(arg), Some(args)) => args.push((slot.name, arg)),
            _ => args = None,
        }
    }
    fields.finish();
    let (object, args) = (object?, args?);
    if args.is_empty() && !verb.slots.is_empty() && !verb.slots.iter().any(is_extra) {
        let slots: Vec<&str> = verb.slots.iter().map(|slot| slot.name).collect();
        sink.push(wrong_value(
            body,
            &format!("`{word}` needs one of {}", listed(&slots)),
        ));
        return None;
    }
    Some((verb, object, args))
}

/// Whether the verb means something without this slot.
fn is_extra(slot: &Slot) -> bool {
    !matches!(slot.kind, Kind::Attributes)
}

fn what(protocol: &str) -> &'static str {
    match protocol {
        "ldap" => "a change of a directory",
        "tds" => "a batch",
        "service" => "a change of a service",
        "registry" => "a change of a registry",
        "file" => "a change of a file",
        "dns" => "a change of DNS",
        "shell" => "a command",
        _ => "a change of a setting",
    }
}

fn missing(verb: &Verb, slot: &Slot, body: &Node) -> Diagnostic {
    let message = format!("`{}` of {} lacks `{}`", verb.name, verb.protocol, slot.name);
    Diagnostic::error("missing-key", message).at(body.span.start(), format!("add `{}:`", slot.name))
}

fn arg(kind: Kind, node: &Node, names: &Names<'_>, sink: &mut Diagnostics) -> Option<Arg> {
    match kind {
        Kind::Text(Context::RegistryKey) => registry_key(node, names, sink).map(Arg::Text),
        Kind::Text(context) => phrase(node, context, names, sink).map(Arg::Text),
        Kind::Value(wanted) => {
            let value = expression(node, names, sink)?;
            if !wanted.ty().meets(value.ty()) {
                let message = format!("this is {}, but {} is wanted", value.ty(), wanted.ty());
                sink.push(Diagnostic::error("wrong-type", message).at(node.span, ""));
                return None;
            }
            Some(Arg::Value(value))
        }
        Kind::Values => list_of(|n, s| expression(n, names, s))(node, sink).map(Arg::Values),
        Kind::Named => named(node, names, sink).map(Arg::Named),
        Kind::Attributes => attributes(node, names, sink).map(Arg::Attributes),
        Kind::Word(words) => word(words, node, sink).map(Arg::Word),
        Kind::Script => nonempty(node, sink).map(|text| Arg::Program(Command::PowerShell(text.into()))),
        Kind::Program => argv(node, sink).map(|words| Arg::Program(Command::Run(words))),
    }
}

type Values = Vec<(Arc<str>, crate::predicate::Expression)>;

fn named(node: &Node, names: &Names<'_>, sink: &mut Diagnostics) -> Option<Values> {
    let entries = map_of(|n, s| expression(n, names, s))(node, sink)?;
    let values = entries
        .into_iter()
        .map(|(key, value)| Some((field_name(&key, sink)?, value)));
    values.collect()
}

/// Attributes by name; or `{ for_each, attribute, value }`, one for each item of a list.
fn attributes(node: &Node, names: &Names<'_>, sink: &mut Diagnostics) -> Option<Vec<Attributes>> {
    if node.get("for_each").is_some() {
        return each_attribute(node, names, sink).map(|each| vec![each]);
    }
    let mut all = Some(Vec::new());
    for (key, value) in entries(node, sink)? {
        let name = attribute(key, names, sink);
        let value = expression(value, names, sink);
        match (name, value, &mut all) {
            (Some(name), Some(value), Some(all)) => all.push(Attributes {
                for_each: None,
                name,
                value,
            }),
            _ => all = None,
        }
    }
    all
}

fn each_attribute(node: &Node, names: &Names<'_>, sink: &mut Diagnostics) -> Option<Attributes> {
    let mut fields = Fields::of(node, sink, "attributes of a list")?;
    let each = fields.required("for_each", |n, s| expression(n, names, s));
    let (name, value) = (
        fields.required("attribute", |n, _| Some(n)),
        fields.required("value", |n, _| Some(n)),
    );
    fields.finish();
    let each = each?;
    let inner = names.clone().with("item", item(each.ty(), node, sink)?);
    let name = phrase(name?, Context::Attribute, &inner, sink);
    let value = expression(value?, &inner, sink);
    Some(Attributes {
        for_each: Some(each),
        name: name?,
        value: value?,
    })
}

/// The name of an attribute stands in a key, so mistakes are told at the key.
fn attribute(key: &Key, names: &Names<'_>, sink: &mut Diagnostics) -> Option<super::Phrase> {
    let compiled = super::Phrase::compile(&key.text, Context::Attribute, names);
    let checked = compiled.and_then(|phrase| match &phrase.constant {
        // One without a value in it is known to be wrong before it is filled.
        Some(name) if !is_attribute(name) => Err(vec![crate::predicate::Problem {
            at: crate::predicate::At { line: 1, column: 1 },
            message: format!("`{name}` is not the name of an attribute"),
            unknown: None,
        }]),
        _ => Ok(phrase),
    });
    match checked {
        Ok(phrase) => Some(phrase),
        Err(problems) => {
            for problem in problems {
                let wrong = Diagnostic::error("bad-expression", problem.message).at(key.span, "");
                sink.push(match &problem.unknown {
                    Some((word, known)) => wrong.did_you_mean(word, known.iter().map(String::as_str)),
                    None => wrong,
                });
            }
            None
        }
    }
}

fn word(words: &'static [&'static str], node: &Node, sink: &mut Diagnostics) -> Option<&'static str> {
    let said = nonempty(node, sink)?;
    let found = words.iter().find(|word| **word == said).copied();
    if found.is_none() {
        let wrong = wrong_type(node, &format!("one of {}", listed(words)));
        sink.push(wrong.did_you_mean(&said, words.iter().copied()));
    }
    found
}

/// Whether whoever is named can be told this.
fn reaches(protocol: &str, on: &On, node: &Node, sink: &mut Diagnostics) -> Option<()> {
    let server = matches!(on, On::Here | On::Side(_) | On::Host(_));
    let fits = match protocol {
        "ldap" | "dns" => matches!(on, On::Endpoint(_)),
        "setting" => matches!(on, On::Local),
        "shell" => server || matches!(on, On::Local),
        _ => server,
    };
    if fits {
        return Some(());
    }
    let wanted = match protocol {
        "ldap" | "dns" => "an endpoint of the pair file, such as `directory` or `dns`",
        "setting" => "this machine, where the pair file lies: `on: local`",
        "shell" => "a server of the pair or this machine",
        _ => "a server of the pair",
    };
    let message = format!("{protocol} is done on {wanted}, not on `{on}`");
    sink.push(Diagnostic::error("wrong-endpoint", message).at(node.span.start(), ""));
    None
}
