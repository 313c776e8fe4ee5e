//! Runbooks and their steps.

use std::sync::Arc;

use indexmap::IndexMap;

use super::context::{expression, phrase};
use super::decode_fix::{Doing, Scopes, identity, neighbour, one_way_back, way_back};
use super::decode_probe::on_word;
use super::types::field_name;
use super::{Fix, Gate, Input, Neighbour, On, Phase, Replaces, Runbook, RunbookStep, Safety, Script};
use crate::diagnostic::{Diagnostics, excerpt};
use crate::facts::{FactSchema, FactType, Side};
use crate::predicate::{Expression, Names, Ty};
use crate::template::Context;
use crate::yaml::decode::{boolean, list_of, nonempty, one_of, one_or_many, wrong_value};
use crate::yaml::{Fields, Node};

const SIDES: &[(&str, Side)] = &[("source", Side::Source), ("target", Side::Target)];

pub(super) fn runbook(node: &Node, pack: &Arc<str>, sink: &mut Diagnostics) -> Option<Runbook> {
    let mut fields = Fields::of(node, sink, "a runbook")?;
    let name = fields.required("runbook", kebab);
    let title = fields.required("title", nonempty);
    let about = fields.required("about", nonempty);
    let script = fields.or("script", None, |n, s| script(n, s).map(Some));
    fields.finish();
    Some(Runbook {
        name: name?,
        pack: pack.clone(),
        title: title?,
        about: about?,
        script: script?,
        span: node.span,
    })
}

fn script(node: &Node, sink: &mut Diagnostics) -> Option<Script> {
    let mut fields = Fields::of(node, sink, "a script")?;
    let name = fields.required("name", kebab);
    let also = fields.or("also", Vec::new(), list_of(file_name));
    let on = fields.required("on", one_of(SIDES));
    fields.finish();
    Some(Script {
        name: name?,
        also: also?,
        on: on?,
    })
}

/// A name in lower case with hyphens; it becomes the name of a file.
fn kebab(node: &Node, sink: &mut Diagnostics) -> Option<Arc<str>> {
    let name = nonempty(node, sink)?;
    let right = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(right) {
        return Some(name.into());
    }
    let wrong = format!("`{}` is no name in lower case with hyphens", excerpt(&name));
    sink.push(wrong_value(node, &wrong));
    None
}

/// A file that calls the script, in the language of old hosts.
fn file_name(node: &Node, sink: &mut Diagnostics) -> Option<Arc<str>> {
    let name = nonempty(node, sink)?;
    let stem = name.strip_suffix(".bat").or_else(|| name.strip_suffix(".cmd"));
    let right = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if stem.is_some_and(|stem| !stem.is_empty() && stem.chars().all(right)) {
        return Some(name.into());
    }
    let wrong = format!("`{}` is no file name that ends in .bat or .cmd", excerpt(&name));
    sink.push(wrong_value(node, &wrong));
    None
}

/// What stands for itself in a step.
#[expect(clippy::option_option, reason = "the outer one says whether it is right")]
struct Head<'n> {
    id: Option<Arc<str>>,
    of: Option<Vec<String>>,
    about: Option<String>,
    each: Option<Option<(Arc<str>, Expression, FactType)>>,
    on: Option<On>,
    after: Option<Vec<Neighbour>>,
    before: Option<Vec<Neighbour>>,
    no_undo: Option<Option<String>>,
    outside: Option<Option<String>>,
    fence: Option<bool>,
    replaces: Option<Option<Replaces>>,
    gate: Option<&'n Node>,
    who: Option<&'n Node>,
    no_return: Option<&'n Node>,
    expect: Option<&'n Node>,
    doing: Doing<'n>,
}

impl<'n> Head<'n> {
    fn of(node: &'n Node, pack: &Arc<str>, schema: &FactSchema, sink: &mut Diagnostics) -> Option<Self> {
        let mut fields = Fields::of(node, sink, "a step")?;
        let head = Self {
            id: fields.required("step", |n, s| identity(n, pack, s)),
            of: fields.required("of", one_or_many(nonempty)),
            about: fields.required("about", nonempty),
            each: fields.or("each", None, |n, s| each(n, schema, s).map(Some)),
            on: fields.or("on", On::Local, no_here),
            after: fields.or("after", Vec::new(), list_of(neighbour("step"))),
            before: fields.or("before", Vec::new(), list_of(neighbour("step"))),
            no_undo: fields.or("no_undo", None, |n, s| nonempty(n, s).map(Some)),
            outside: fields.or("outside", None, |n, s| nonempty(n, s).map(Some)),
            fence: fields.or("fence", false, boolean),
            replaces: fields.or("replaces", None, |n, s| replaces(n, s).map(Some)),
            gate: fields.node("gate"),
            who: fields.node("who"),
            no_return: fields.node("point_of_no_return"),
            expect: fields.required("expect", |n, _| Some(n)),
            doing: Doing::take(&mut fields),
        };
        fields.finish();
        Some(head)
    }
}

pub(super) fn step(
    node: &Node,
    pack: &Arc<str>,
    schema: &FactSchema,
    sink: &mut Diagnostics,
) -> Option<RunbookStep> {
    let head = Head::of(node, pack, schema, sink)?;
    let (each, on) = (head.each?, head.on?);
    let inputs: IndexMap<Arc<str>, Input> = each
        .iter()
        .map(|(name, _, ty)| (name.clone(), Input::Value(ty.clone())))
        .collect();
    let scopes = Scopes::of(schema, &inputs, &[], &on);
    let done = scopes.done(&head.doing, pack, &on, sink);
    let gate = head.gate.map(|n| gate(n, &scopes.acting, sink));
    let mut text = |n: &Node| phrase(n, Context::Text, &scopes.acting, sink);
    let (who, no_return) = (head.who.map(&mut text), head.no_return.map(&mut text));
    let expect = head.expect.map(text)?;
    let (id, done, no_undo) = (head.id?, done?, head.no_undo?);
    one_way_back(&id, done.undo.as_ref(), no_undo.as_ref(), node, sink)?;
    Some(RunbookStep {
        of: head.of?.into_iter().map(Arc::from).collect(),
        each: each.map(|(name, list, _)| (name, list)),
        gate: all_or_none(gate)?,
        who: all_or_none(who)?,
        expect: expect?,
        point_of_no_return: all_or_none(no_return)?,
        outside: head.outside?,
        fence: head.fence?,
        replaces: head.replaces?,
        doing: Fix {
            left_to: None,
            supplied_by: None,
            id,
            pack: pack.clone(),
            about: head.about?,
            inputs,
            on,
            safety: Safety::Confirm,
            phase: vec![(None, Phase::AtFailover)],
            one_per: Vec::new(),
            when: done.when,
            needs: done.needs,
            sets: done.sets,
            after: head.after?,
            before: head.before?,
            read: done.read,
            would: done.would,
            actions: done.actions,
            undo: way_back(done.undo, no_undo),
            restart: done.restart,
            check: done.check,
            because: None,
            span: node.span,
        },
    })
}

/// What was given and is right, or was not given.
#[expect(clippy::option_option, reason = "the outer one says whether it is right")]
fn all_or_none<T>(given: Option<Option<T>>) -> Option<Option<T>> {
    given.map_or(Some(None), |given| given.map(Some))
}

/// A runbook is about both servers; there is none in question.
fn no_here(node: &Node, sink: &mut Diagnostics) -> Option<On> {
    let on = on_word(node, sink)?;
    if matches!(on, On::Here) {
        sink.push(wrong_value(
            node,
            "a step says on which server it is done: `source` or `target`",
        ));
        return None;
    }
    Some(on)
}

/// `{ name: list }`: one step for each item of the list, by that name.
fn each(
    node: &Node,
    schema: &FactSchema,
    sink: &mut Diagnostics,
) -> Option<(Arc<str>, Expression, FactType)> {
    let [(key, list)] = node.entries().unwrap_or_default() else {
        sink.push(wrong_value(
            node,
            "one name with a list or collection, such as `service: pair.service.needed`",
        ));
        return None;
    };
    let name = field_name(key, sink);
    let list = expression(list, &Names::new(schema), sink);
    let (name, list) = (name?, list?);
    let item = list.ty().item().as_ref().and_then(fact_type);
    if item.is_none() {
        let wrong = format!(
            "a list or collection is wanted, of which is known what is in it; this is {}",
            list.ty()
        );
        sink.push(wrong_value(node, &wrong));
    }
    Some((name, list, item?))
}

fn fact_type(ty: &Ty) -> Option<FactType> {
    match ty {
        Ty::Is(ty) => Some(ty.clone()),
        Ty::List(item) => fact_type(item).map(|item| FactType::List(Arc::new(item))),
        Ty::Any | Ty::Nothing => None,
    }
}

fn gate(node: &Node, names: &Names<'_>, sink: &mut Diagnostics) -> Option<Gate> {
    let mut fields = Fields::of(node, sink, "a gate")?;
    let check = fields.required("check", one_or_many(|n, s| phrase(n, Context::Text, names, s)));
    fields.finish();
    Some(Gate { check: check? })
}

fn replaces(node: &Node, sink: &mut Diagnostics) -> Option<Replaces> {
    let mut fields = Fields::of(node, sink, "what is replaced")?;
    let step = fields.required("step", nonempty);
    let because = fields.required("because", nonempty);
    fields.finish();
    Some(Replaces {
        step: step?.into(),
        because: because?,
        span: node.span,
    })
}
