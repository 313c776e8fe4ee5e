//! `mutations.yaml`: changes of a recorded pair, and what each makes of the answer.
//!
//! | word | what it does |
//! |---|---|
//! | `row` | the row of the guide, or rows, under which something bad is to be told |
//! | `name` | what is the matter |
//! | `set` | places and their new values |
//! | `cut` | places and a piece of text that is taken out of each |
//! | `add` | places of new records, or lists and their new items |
//! | `remove` | records that are taken away |
//! | `absent` | places that could not be read, with the cause and, if it is another than the fact, the root |
//! | `setting`, `param` | what the pair file says instead |
//! | `also` | the list under `shared` whose findings change too |
//! | `expect` | rule, subject, outcome: all findings that change; an outcome beside the rule is that of the pair, the subject `*` is every other one that changes |
//!
//! Facts that are made of others follow by themselves, unless the mutation speaks of them.

use std::collections::BTreeMap;

use standin::diagnostic::{Diagnostic, Diagnostics, SourceMap, Span};
use standin::facts::{Cause, FactPath, FactSchema, Root};
use standin::yaml::decode::{list_of, map_of, nonempty, one_or_many, raw, wrong_type, wrong_value};
use standin::yaml::{Fields, Key, Limits, Node, parse};

use super::spot::Spot;
use crate::answers::Place;

/// One change of a recorded pair.
#[derive(Clone, Debug)]
pub(crate) struct Mutation {
    pub(crate) rows: Vec<String>,
    pub(crate) name: String,
    pub(crate) edits: Vec<(Spot, Edit, Span)>,
    /// Name, value and root of what the pair file says.
    pub(crate) said: Vec<(Spot, Node)>,
    pub(crate) expect: BTreeMap<Place, String>,
    pub(crate) span: Span,
}

/// What is done at a place.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Set(Node),
    Cut(String),
    Add(Node),
    Remove,
    Absent(Cause, Option<String>),
}

/// Reads all mutations of a file; every mistake is told with its place.
pub(crate) fn read(
    path: &str,
    schema: &FactSchema,
    sources: &mut SourceMap,
    sink: &mut Diagnostics,
) -> Option<Vec<Mutation>> {
    let limits = Limits::default();
    let id = standin::yaml::read(path.as_ref(), path, limits.bytes, sources, sink)?;
    let tree = parse(id, sources, &limits, sink)?;
    let mut fields = Fields::of(&tree, sink, "a file of mutations")?;
    let shared = fields.or("shared", Vec::new(), map_of(expected))?;
    let reader = Reader { schema, shared };
    let mutations = fields.required("mutations", list_of(|node, sink| reader.mutation(node, sink)));
    fields.finish();
    mutations.filter(|_| !sink.has_errors())
}

/// What every mutation of a file is read with.
struct Reader<'s> {
    schema: &'s FactSchema,
    shared: Vec<(Key, BTreeMap<Place, String>)>,
}

impl Reader<'_> {
    fn mutation(&self, node: &Node, sink: &mut Diagnostics) -> Option<Mutation> {
        let schema = self.schema;
        let mut fields = Fields::of(node, sink, "a mutation")?;
        let rows = fields.required("row", one_or_many(nonempty));
        let name = fields.required("name", nonempty);
        let at = |node: &Node, sink: &mut Diagnostics| places(node, schema, sink);
        let set = fields.or("set", Vec::new(), at);
        let cut = fields.or("cut", Vec::new(), at);
        let add = fields.or("add", Vec::new(), at);
        let remove = fields.or("remove", Vec::new(), one_or_many(|n, s| gone(n, schema, s)));
        let absent = fields.or("absent", Vec::new(), at);
        let setting = fields.or("setting", Vec::new(), |n, s| said(Root::Setting, n, schema, s));
        let param = fields.or("param", Vec::new(), |n, s| said(Root::Param, n, schema, s));
        let also = fields.or("also", BTreeMap::new(), |n, s| self.shared(n, s));
        let own = fields.required("expect", expected);
        fields.finish();
        let mut edits = Vec::new();
        for (spot, node) in set? {
            edits.push((spot, Edit::Set(node.clone()), node.span));
        }
        for (spot, node) in cut? {
            edits.push((spot, Edit::Cut(nonempty(&node, sink)?), node.span));
        }
        for (spot, node) in add? {
            edits.push((spot, Edit::Add(node.clone()), node.span));
        }
        edits.extend(remove?.into_iter().map(|(spot, span)| (spot, Edit::Remove, span)));
        for (spot, node) in absent? {
            let (cause, root) = cause(&node, sink)?;
            edits.push((spot, Edit::Absent(cause, root), node.span));
        }
        let mut expect = also?;
        expect.extend(own?);
        Some(Mutation {
            rows: rows?,
            name: name?,
            edits,
            said: [setting?, param?].concat(),
            expect,
            span: node.span.start(),
        })
    }

    /// The findings of a list under `shared`.
    fn shared(&self, node: &Node, sink: &mut Diagnostics) -> Option<BTreeMap<Place, String>> {
        let name = nonempty(node, sink)?;
        let mut shared = self.shared.iter();
        let Some((_, outcomes)) = shared.find(|(key, _)| key.text == name) else {
            sink.push(wrong_value(node, &format!("`shared` has no `{name}`")));
            return None;
        };
        Some(outcomes.clone())
    }
}

/// Places with what stands beside them.
fn places(node: &Node, schema: &FactSchema, sink: &mut Diagnostics) -> Option<Vec<(Spot, Node)>> {
    let entries = map_of(raw)(node, sink)?;
    let read: Vec<_> = entries
        .into_iter()
        .map(|(key, value)| Some((spot(&key.text, key.span, schema, sink)?, value)))
        .collect();
    read.into_iter().collect()
}

fn spot(text: &str, span: Span, schema: &FactSchema, sink: &mut Diagnostics) -> Option<Spot> {
    let spot = Spot::parse(text, schema);
    let spot = spot.map_err(|why| sink.push(Diagnostic::error("unknown-place", why).at(span, "")));
    let spot = spot.ok()?;
    if spot.is_said() {
        let message = "what the pair file says is changed under `setting` or `param`";
        sink.push(Diagnostic::error("unknown-place", message).at(span, ""));
        return None;
    }
    Some(spot)
}

fn gone(node: &Node, schema: &FactSchema, sink: &mut Diagnostics) -> Option<(Spot, Span)> {
    let text = nonempty(node, sink)?;
    Some((spot(&text, node.span, schema, sink)?, node.span))
}

/// A cause, and behind it what it is rooted in: `unreachable target.rpc`.
fn cause(node: &Node, sink: &mut Diagnostics) -> Option<(Cause, Option<String>)> {
    let text = nonempty(node, sink)?;
    let (word, root) = text
        .split_once(' ')
        .map_or((text.as_str(), None), |(word, root)| {
            (word, Some(root.to_owned()))
        });
    let Ok(cause) = word.parse() else {
        let unknown = Diagnostic::error("unknown-cause", format!("there is no cause `{word}`"));
        sink.push(
            unknown
                .at(node.span, "")
                .did_you_mean(word, Cause::ALL.map(Cause::word)),
        );
        return None;
    };
    Some((cause, root))
}

fn said(root: Root, node: &Node, schema: &FactSchema, sink: &mut Diagnostics) -> Option<Vec<(Spot, Node)>> {
    let entries = map_of(raw)(node, sink)?;
    let mut read = |(key, value): (Key, Node)| {
        let path = FactPath::new(root, key.text.as_str());
        if schema.type_at(&path).is_none() {
            let unknown = Diagnostic::error("unknown-setting", format!("there is no {root} `{}`", key.text));
            let known = schema.names(root).map(AsRef::as_ref);
            sink.push(unknown.at(key.span, "").did_you_mean(&key.text, known));
            return None;
        }
        Some((Spot::of(path), value))
    };
    let read: Vec<_> = entries.into_iter().map(&mut read).collect();
    read.into_iter().collect()
}

/// Outcomes by rule and subject; one that stands beside the rule is about the pair.
fn expected(node: &Node, sink: &mut Diagnostics) -> Option<BTreeMap<Place, String>> {
    let mut outcomes = BTreeMap::new();
    for (rule, node) in map_of(raw)(node, sink)? {
        if let Some(outcome) = node.text() {
            check(&node, outcome, sink)?;
            outcomes.insert((rule.text, "pair".to_owned()), outcome.to_owned());
            continue;
        }
        for (subject, node) in map_of(raw)(&node, sink)? {
            let Some(outcome) = node.text() else {
                sink.push(wrong_type(&node, "an outcome"));
                return None;
            };
            check(&node, outcome, sink)?;
            outcomes.insert((rule.text.clone(), subject.text), outcome.to_owned());
        }
    }
    Some(outcomes)
}

/// Whether it is one of the words that findings end with.
fn check(node: &Node, outcome: &str, sink: &mut Diagnostics) -> Option<()> {
    let words: Vec<&str> = outcome.split(' ').collect();
    let sound = match words.as_slice() {
        ["good" | "error" | "warning" | "not_applicable" | "waived" | "none"]
        | ["error," | "warning,", "fixable"]
        | ["unknown", "after", _] => true,
        ["unknown", cause, ..] => cause.parse::<Cause>().is_ok() && words.len() > 2,
        _ => false,
    };
    if !sound {
        let message = format!("`{outcome}` is no outcome");
        let wrong = wrong_value(node, &message);
        sink.push(
            wrong.help("such as `error, fixable`, `unknown after RULE`, `unknown denied ROOT`, `none`"),
        );
    }
    sound.then_some(())
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let text = "\
mutations:
  - row: C-06
    name: x
    set: { target.exchange.server.versoin: 1.0, target.nothing.at_all: 1, setting.failover.enabled: true }
    absent: { target.exchange.server: gone }
    expect: { exchange/version-differs: bad }
    also: nobody
    what: 1
";
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let (mut sources, mut sink) = (SourceMap::new(), Diagnostics::new());
    let schema = &crate::shipped::catalogue().schema;
    assert!(read(file.path().to_str().unwrap(), schema, &mut sources, &mut sink).is_none());
    let told = sink.sorted();
    let told: Vec<(&str, usize)> = told
        .iter()
        .map(|wrong| {
            let place = sources.place(wrong.primary.as_ref().unwrap().span);
            (wrong.code, place.line)
        })
        .collect();
    let expected = [
        ("unknown-place", 4),
        ("unknown-place", 4),
        ("unknown-place", 4),
        ("wrong-value", 6),
        ("wrong-value", 7),
        ("unknown-key", 8),
    ];
    assert_eq!(told, expected);
}
