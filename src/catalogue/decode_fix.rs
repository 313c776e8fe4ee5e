//! Fixes.

mod places;

use std::sync::Arc;

use indexmap::IndexMap;

use super::context::{condition, phrase};
use super::decode_action::action;
use super::decode_probe::{ProbeNames, on_word, probe};
use super::types::{fact_type, field_name, input_name};
use super::{Action, Condition, Fix, Input, Neighbour, On, Phase, Phrase, PlaceValue, Reading, Safety, Undo};
use crate::diagnostic::{Diagnostic, Diagnostics, excerpt};
use crate::facts::{FactSchema, FactType};
use crate::predicate::{Expression, Names, Ty};
use crate::template::Context;
use crate::yaml::decode::{boolean, entries, list_of, map_of, name as field, nonempty, one_of, one_or_many};
use crate::yaml::{Fields, Key, Node};

const SAFETIES: &[(&str, Safety)] = &[
    ("safe", Safety::Safe),
    ("confirm", Safety::Confirm),
    ("destructive", Safety::Destructive),
    ("guided", Safety::Guided),
];
const PHASES: &[(&str, Phase)] = &[
    ("before_protection", Phase::BeforeProtection),
    ("at_failover", Phase::AtFailover),
];

/// The nodes whose meaning needs the names in scope.
pub(super) struct Doing<'n> {
    phase: Option<&'n Node>,
    when: Option<&'n Node>,
    needs: Option<&'n Node>,
    sets: Option<&'n Node>,
    read: Option<&'n Node>,
    would: Option<&'n Node>,
    actions: Option<&'n Node>,
    undo: Option<&'n Node>,
    restart: Option<&'n Node>,
    check: Option<&'n Node>,
}

impl<'n> Doing<'n> {
    pub(super) fn take(fields: &mut Fields<'n, '_>) -> Self {
        Self {
            phase: None,
            when: fields.node("when"),
            needs: fields.node("needs"),
            sets: fields.node("sets"),
            read: fields.node("read"),
            would: fields.node("would"),
            actions: fields.node("actions"),
            undo: fields.node("undo"),
            restart: fields.node("restart"),
            check: fields.node("check"),
        }
    }

    /// What may be said of a fix that another pack declares.
    pub(super) fn of_supply(fields: &mut Fields<'n, '_>) -> Self {
        Self {
            phase: None,
            when: fields.node("when"),
            needs: None,
            sets: fields.node("sets"),
            read: fields.node("read"),
            would: None,
            actions: fields.node("actions"),
            undo: fields.node("undo"),
            restart: fields.node("restart"),
            check: fields.node("check"),
        }
    }
}

pub(super) fn fix(node: &Node, pack: &Arc<str>, schema: &FactSchema, sink: &mut Diagnostics) -> Option<Fix> {
    let mut fields = Fields::of(node, sink, "a fix")?;
    let id = fields.required("fix", |n, s| identity(n, pack, s));
    let about = fields.required("about", nonempty);
    let left_to = fields.or("left_to", None, |n, s| {
        field(n, s).map(|word| Some(Arc::from(word)))
    });
    let inputs = fields.or("inputs", IndexMap::new(), inputs);
    let on = fields.required("on", on_word);
    let safety = fields.required("safety", one_of(SAFETIES));
    let one_per = fields.or("one_per", Vec::new(), list_of(input_name));
    let after = fields.or("after", Vec::new(), list_of(neighbour("fix")));
    let before = fields.or("before", Vec::new(), list_of(neighbour("fix")));
    let no_undo = fields.or("no_undo", None, |n, s| nonempty(n, s).map(Some));
    let because = fields.or("because", None, |n, s| nonempty(n, s).map(Some));
    let phase = fields.node("phase");
    let doing = Doing {
        phase,
        ..Doing::take(&mut fields)
    };
    fields.finish();
    let (inputs, on, one_per) = (inputs?, on?, one_per?);
    one_per_is_known(&one_per, &inputs, node, sink)?;
    let scopes = Scopes::of(schema, &inputs, &one_per, &on);
    let done = scopes.done(&doing, pack, &on, sink);
    let (id, done) = (id?, done?);
    let (no_undo, left_to) = (no_undo?, left_to?);
    one_way_back(&id, done.undo.as_ref(), no_undo.as_ref(), node, sink)?;
    if left_to.is_some() && !done.actions.is_empty() {
        let both = format!("`{id}` has `left_to` and `actions`");
        sink.push(Diagnostic::error("keys-exclude-each-other", both).at(node.span.start(), ""));
        return None;
    }
    Some(Fix {
        id,
        pack: pack.clone(),
        left_to,
        supplied_by: None,
        about: about?,
        inputs,
        on,
        safety: safety?,
        phase: done.phase,
        one_per,
        when: done.when,
        needs: done.needs,
        sets: done.sets,
        after: after?,
        before: before?,
        read: done.read,
        would: done.would,
        actions: done.actions,
        undo: way_back(done.undo, no_undo),
        restart: done.restart,
        check: done.check,
        because: because?,
        span: node.span,
    })
}

/// Whether it says one way in which it is taken back, not two.
pub(super) fn one_way_back(
    id: &str,
    actions: Option<&Vec<Action>>,
    reason: Option<&String>,
    node: &Node,
    sink: &mut Diagnostics,
) -> Option<()> {
    if actions.is_none() || reason.is_none() {
        return Some(());
    }
    let both = format!("`{id}` has `undo` and `no_undo`");
    sink.push(Diagnostic::error("keys-exclude-each-other", both).at(node.span.start(), ""));
    None
}

/// How it is taken back, or why it cannot be.
pub(super) fn way_back(actions: Option<Vec<Action>>, reason: Option<String>) -> Option<Undo> {
    actions.map(Undo::Actions).or_else(|| reason.map(Undo::No))
}

fn inputs(node: &Node, sink: &mut Diagnostics) -> Option<IndexMap<Arc<str>, Input>> {
    let input = |node: &Node, sink: &mut Diagnostics| match node.text() {
        Some("place") => Some(Input::Place),
        _ => fact_type(node, sink).map(Input::Value),
    };
    let entries = map_of(input)(node, sink)?;
    entries
        .into_iter()
        .map(|(key, ty)| Some((field_name(&key, sink)?, ty)))
        .collect()
}

fn one_per_is_known(
    one_per: &[Arc<str>],
    inputs: &IndexMap<Arc<str>, Input>,
    node: &Node,
    sink: &mut Diagnostics,
) -> Option<()> {
    let mut fine = Some(());
    for name in one_per.iter().filter(|name| !inputs.contains_key(*name)) {
        let place = node.get("one_per").map_or(node.span.start(), |n| n.span);
        let unknown = Diagnostic::error("unknown-input", format!("there is no input `{name}`"));
        let known = inputs.keys().map(AsRef::as_ref);
        sink.push(unknown.at(place, "").did_you_mean(name, known));
        fine = None;
    }
    fine
}

/// Reads a neighbour; `kind` is the key under which it is named.
pub(super) fn neighbour(kind: &'static str) -> impl Fn(&Node, &mut Diagnostics) -> Option<Neighbour> {
    move |node, sink| {
        let mut fields = Fields::of(node, sink, "a neighbour")?;
        let fix = fields.required(kind, nonempty);
        let same = fields.or("same", Vec::new(), list_of(input_name));
        let because = fields.required("because", nonempty);
        fields.finish();
        Some(Neighbour {
            fix: fix?.into(),
            same: same?,
            because: because?,
            span: node.span,
        })
    }
}

/// The names that the parts of a fix may use.
///
/// Every scope has the same places: the inputs, `asked`, `was`, then what the fix reads for itself. A name that has no
/// meaning in a scope is kept out of it by an empty one in its place.
pub(super) struct Scopes<'a> {
    /// Of one finding: all inputs.
    asking: Names<'a>,
    /// Of a step: the inputs that its findings share, and `asked`.
    pub(super) acting: Names<'a>,
    /// The same when it is taken back.
    taking_back: Names<'a>,
    inputs: Vec<(Arc<str>, Ty)>,
    places: Vec<Arc<str>>,
    schema: &'a FactSchema,
    has_here: bool,
}

impl<'a> Scopes<'a> {
    pub(super) fn of(
        schema: &'a FactSchema,
        inputs: &IndexMap<Arc<str>, Input>,
        one_per: &[Arc<str>],
        on: &On,
    ) -> Self {
        let has_here = matches!(on, On::Here);
        let base = Names::new(schema).with_here(has_here);
        let typed: Vec<(Arc<str>, Ty)> = inputs
            .iter()
            .map(|(name, input)| (name.clone(), ty_of(input)))
            .collect();
        let shared = |name: &Arc<str>| one_per.is_empty() || one_per.contains(name);
        let acting: Vec<(Arc<str>, Ty)> = typed
            .iter()
            .map(|(name, ty)| {
                if shared(name) {
                    (name.clone(), ty.clone())
                } else {
                    ("".into(), Ty::Any)
                }
            })
            .collect();
        let own = inputs.iter().filter(|(name, _)| !shared(name));
        let own: crate::facts::Fields = own.map(|(name, input)| (name.clone(), type_of(input))).collect();
        let asked = if one_per.is_empty() { "" } else { "asked" };
        let each = Ty::list(Ty::Is(FactType::Record(Arc::new(own))));
        // One that is taken back knows of each finding what was there: `asked` holds it too, or `was` does.
        let (each_was, was) = if one_per.is_empty() {
            (Ty::Any, "was")
        } else {
            (Ty::list(Ty::Any), "")
        };
        Self {
            asking: base.clone().with_all(&typed),
            acting: base.clone().with_all(&acting).with(asked, each),
            taking_back: base.with_all(&acting).with(asked, each_was).with(was, Ty::Any),
            inputs: typed,
            places: inputs
                .iter()
                .filter(|(_, input)| **input == Input::Place)
                .map(|(name, _)| name.clone())
                .collect(),
            schema,
            has_here,
        }
    }

    pub(super) fn done(
        &self,
        nodes: &Doing<'_>,
        pack: &Arc<str>,
        on: &On,
        sink: &mut Diagnostics,
    ) -> Option<Done> {
        let asking = &self.asking;
        let phase = each(nodes.phase, sink, |n, s| {
            choices(n, asking, s, |n, s| one_of(PHASES)(n, s))
        });
        let when = each(nodes.when, sink, |n, s| {
            one_or_many(|n, s| must_hold(n, &self.acting, s))(n, s)
        });
        let needs = each(nodes.needs, sink, |n, s| self.places(n, s));
        let sets = each(nodes.sets, sink, |n, s| self.places(n, s));
        let text = |n: &Node, s: &mut Diagnostics| phrase(n, Context::Text, &self.acting, s);
        let would = nodes.would.map(|n| text(n, sink));
        let restart = each(nodes.restart, sink, |n, s| choices(n, &self.acting, s, text));
        let check = each(nodes.check, sink, |n, s| {
            one_or_many(|n, s| condition(n, &self.acting, s))(n, s)
        });
        let read = each(nodes.read, sink, |n, s| self.read(n, pack, s));
        // What is read is known before its probes are, so that mistakes in them hide none in the actions.
        let names = names_of_readings(nodes.read);
        let doing = self.acting.clone().with("", Ty::Any).with_all(&names);
        let taking_back = self.taking_back.clone().with_all(&names);
        let actions = each(nodes.actions, sink, |n, s| {
            list_of(|n, s| action(n, Some(on), &doing, s))(n, s)
        });
        let undo = nodes
            .undo
            .map(|n| list_of(|n, s| action(n, Some(on), &taking_back, s))(n, sink));
        Some(Done {
            phase: phase?,
            when: when?,
            needs: needs?,
            sets: sets?,
            read: read?,
            would: would.map_or(Some(None), |would| would.map(Some))?,
            actions: actions?,
            undo: undo.map_or(Some(None), |undo| undo.map(Some))?,
            restart: restart?,
            check: check?,
        })
    }

    fn read(&self, node: &Node, pack: &Arc<str>, sink: &mut Diagnostics) -> Option<Vec<Reading>> {
        let mut all = Some(Vec::new());
        for (key, node) in entries(node, sink)? {
            match (self.reading_of(key, node, pack, sink), &mut all) {
                (Some(reading), Some(all)) => all.push(reading),
                _ => all = None,
            }
        }
        all
    }

    fn reading_of(&self, key: &Key, node: &Node, pack: &Arc<str>, sink: &mut Diagnostics) -> Option<Reading> {
        let name = field_name(key, sink);
        let mut fields = Fields::of(node, sink, "what a fix reads")?;
        let ty = fields.required("type", fact_type);
        let secret = fields.or("secret", false, boolean);
        let asked = fields.required("probe", |n, _| Some(n));
        fields.finish();
        let ty = ty?;
        let names = ProbeNames {
            schema: self.schema,
            has_here: self.has_here,
            outer: Ty::Any,
            ty: &ty,
            inputs: &self.inputs,
        };
        let probe = probe(asked?, pack, &names, sink);
        Some(Reading {
            name: name?,
            secret: secret?,
            probe: probe?,
            ty,
        })
    }
}

/// Names and types of what the fix reads for itself, as far as they can be told.
fn names_of_readings(node: Option<&Node>) -> Vec<(Arc<str>, Ty)> {
    let mut unheard = Diagnostics::new();
    let entries = node.and_then(Node::entries).unwrap_or_default();
    let typed = entries.iter().map(|(key, node)| {
        let ty = node.get("type").and_then(|ty| fact_type(ty, &mut unheard));
        (
            Arc::from(key.text.as_str()),
            ty.as_ref().map_or(Ty::Any, Ty::from),
        )
    });
    typed.collect()
}

/// What a fix does, decoded.
pub(super) struct Done {
    pub(super) phase: Vec<(Option<Expression>, Phase)>,
    pub(super) when: Vec<Condition>,
    pub(super) needs: Vec<PlaceValue>,
    pub(super) sets: Vec<PlaceValue>,
    pub(super) read: Vec<Reading>,
    pub(super) would: Option<Phrase>,
    pub(super) actions: Vec<Action>,
    pub(super) undo: Option<Vec<Action>>,
    pub(super) restart: Vec<(Option<Expression>, Phrase)>,
    pub(super) check: Vec<Expression>,
}

fn type_of(input: &Input) -> FactType {
    match input {
        Input::Value(ty) => ty.clone(),
        Input::Place => FactType::Text,
    }
}

pub(super) fn ty_of(input: &Input) -> Ty {
    match input {
        Input::Value(ty) => Ty::from(ty),
        Input::Place => Ty::TEXT,
    }
}

/// What a key that may be left out holds.
fn each<T>(
    node: Option<&Node>,
    sink: &mut Diagnostics,
    decode: impl FnOnce(&Node, &mut Diagnostics) -> Option<Vec<T>>,
) -> Option<Vec<T>> {
    node.map_or(Some(Vec::new()), |node| decode(node, sink))
}

/// One value, or a list of `{ when, is }` of which the first that holds counts.
fn choices<T>(
    node: &Node,
    names: &Names<'_>,
    sink: &mut Diagnostics,
    decode: impl Fn(&Node, &mut Diagnostics) -> Option<T>,
) -> Option<Vec<(Option<Expression>, T)>> {
    if node.items().is_none() {
        return Some(vec![(None, decode(node, sink)?)]);
    }
    list_of(|n, s| {
        let mut fields = Fields::of(n, s, "a choice")?;
        let when = fields.or("when", None, |n, s| condition(n, names, s).map(Some));
        let is = fields.required("is", &decode);
        fields.finish();
        Some((when?, is?))
    })(node, sink)
}

fn must_hold(node: &Node, names: &Names<'_>, sink: &mut Diagnostics) -> Option<Condition> {
    let mut fields = Fields::of(node, sink, "a condition")?;
    let holds = fields.required("holds", |n, s| condition(n, names, s));
    let otherwise = fields.required("else", |n, s| phrase(n, Context::Text, names, s));
    fields.finish();
    Some(Condition {
        holds: holds?,
        otherwise: otherwise?,
    })
}

/// The id of a rule or fix: the pack, a slash, and a name in kebab case.
pub(super) fn identity(node: &Node, pack: &Arc<str>, sink: &mut Diagnostics) -> Option<Arc<str>> {
    let id = nonempty(node, sink)?;
    let kebab = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    if id
        .split_once('/')
        .is_some_and(|(owner, name)| owner == pack.as_ref() && kebab(name))
    {
        return Some(id.into());
    }
    let message = format!("`{}` is no id of this pack", excerpt(&id));
    let wrong = Diagnostic::error("bad-id", message).at(node.span, "");
    sink.push(wrong.help(format!("write `{pack}/` and a name in lower case with hyphens")));
    None
}
