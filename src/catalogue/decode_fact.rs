//! Facts: first their names and types, then, with all names known, how they are read.

use std::sync::Arc;

use super::context::expression;
use super::decode_probe::{ProbeNames, derivation, probe};
use super::types::{dotted_name, fact_type};
use super::{Ask, FactDef, Of, Probe};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::facts::{FactSchema, FactType};
use crate::predicate::{Expression, Names, Ty};
use crate::yaml::decode::{boolean, items, list_of, name as field, nonempty, one_of};
use crate::yaml::{Fields, Node};

const OF: &[(&str, Of)] = &[("server", Of::Server), ("pair", Of::Pair)];
const FOLDS: &[(&str, bool)] = &[("case", false), ("exact", true)];

/// A fact whose expressions were not read yet.
pub(super) struct FactHead<'n> {
    pub(super) name: Arc<str>,
    pub(super) pack: Arc<str>,
    pub(super) of: Of,
    pub(super) ty: FactType,
    about: String,
    exact_keys: bool,
    volatile: Vec<Arc<str>>,
    key: Option<&'n Node>,
    for_each: Option<&'n Node>,
    /// How it is read, each way with the pack that says so.
    probes: Vec<(Arc<str>, &'n Node)>,
    /// Whether other packs may add entries to its `derive`.
    pub(super) open: bool,
    added: Vec<&'n Node>,
    pub(super) name_node: &'n Node,
    node: &'n Node,
}

/// What a pack says of a fact that another pack declares.
pub(super) struct Implementation<'n> {
    pub(super) name: Arc<str>,
    pub(super) pack: Arc<str>,
    pub(super) says: Says<'n>,
    pub(super) name_node: &'n Node,
}

/// What it says.
pub(super) enum Says<'n> {
    /// How the fact is read.
    Probes(&'n [Node]),
    /// What else belongs to it.
    Entries(&'n [Node]),
}

/// Whether an entry of `facts:` speaks of a fact that another pack declares.
pub(super) fn is_implementation(node: &Node) -> bool {
    node.get("fact").is_some() && node.get("type").is_none() && node.get("about").is_none()
}

pub(super) fn implementation<'n>(
    node: &'n Node,
    pack: &Arc<str>,
    sink: &mut Diagnostics,
) -> Option<Implementation<'n>> {
    let mut fields = Fields::of(node, sink, "a fact that another pack declares")?;
    let name = fields.required("fact", |n, s| dotted_name(n, s).map(|name| (name, n)));
    let says = match fields.one_key_of(&["probes", "adds"]) {
        Some(("adds", node)) => fields.decode(node, items).map(Says::Entries),
        Some((_, node)) => fields.decode(node, items).map(Says::Probes),
        None => None,
    };
    fields.finish();
    let (name, name_node) = name?;
    Some(Implementation {
        name,
        pack: pack.clone(),
        says: says?,
        name_node,
    })
}

pub(super) fn head<'n>(node: &'n Node, pack: &Arc<str>, sink: &mut Diagnostics) -> Option<FactHead<'n>> {
    let mut fields = Fields::of(node, sink, "a fact")?;
    let name = fields.required("fact", |n, s| dotted_name(n, s).map(|name| (name, n)));
    let of = fields.or("of", Of::Server, one_of(OF));
    let ty = fields.required("type", fact_type);
    let about = fields.required("about", nonempty);
    let key = fields.node("key");
    let exact_keys = fields.or("fold", false, one_of(FOLDS));
    let volatile = fields.or(
        "volatile",
        Vec::new(),
        list_of(|n, s| Some((field(n, s)?, n.span))),
    );
    let for_each = fields.node("for_each");
    let open = fields.or("open", false, boolean);
    let probes = fields.required("probes", items);
    fields.finish();
    let (name, name_node) = name?;
    let volatile = volatile_fields(volatile?, ty.as_ref()?, sink);
    Some(FactHead {
        name,
        pack: pack.clone(),
        of: of?,
        ty: ty?,
        about: about?,
        exact_keys: exact_keys?,
        volatile: volatile?,
        key,
        for_each,
        probes: probes?.iter().map(|node| (pack.clone(), node)).collect(),
        open: open?,
        added: Vec::new(),
        name_node,
        node,
    })
}

/// The fields that do not last; each has to be one.
fn volatile_fields(
    names: Vec<(String, Span)>,
    ty: &FactType,
    sink: &mut Diagnostics,
) -> Option<Vec<Arc<str>>> {
    let (FactType::Map(fields) | FactType::Record(fields)) = ty else {
        for (name, span) in &names {
            let wrong = Diagnostic::error("unknown-field", format!("this fact has no field `{name}`"));
            sink.push(wrong.at(*span, ""));
        }
        return names.is_empty().then(Vec::new);
    };
    let mut known = Some(Vec::new());
    for (name, span) in names {
        match (fields.get_key_value(name.as_str()), &mut known) {
            (Some((own, _)), Some(known)) => known.push(own.clone()),
            (Some(_), None) => {}
            (None, _) => {
                let wrong = Diagnostic::error("unknown-field", format!("this fact has no field `{name}`"));
                sink.push(
                    wrong
                        .at(span, "")
                        .did_you_mean(&name, fields.keys().map(AsRef::as_ref)),
                );
                known = None;
            }
        }
    }
    known
}

impl<'n> FactHead<'n> {
    /// Whether the pack that declares the fact leaves it to another one how it is read.
    pub(super) fn is_left_to_others(&self) -> bool {
        self.probes.iter().all(|(pack, _)| *pack != self.pack)
    }

    pub(super) fn add(&mut self, implementation: Implementation<'n>) {
        let Implementation { pack, says, .. } = implementation;
        match says {
            Says::Probes(probes) => self.probes.extend(probes.iter().map(|node| (pack.clone(), node))),
            Says::Entries(entries) => self.added.extend(entries),
        }
    }

    /// Reads the expressions, now that every name is known.
    pub(super) fn body(&self, schema: &FactSchema, sink: &mut Diagnostics) -> Option<FactDef> {
        let has_here = self.of == Of::Server;
        let plain = Names::new(schema).with_here(has_here);
        let for_each = match self.for_each {
            Some(node) => Some(expression(node, &plain, sink)?),
            None => None,
        };
        let outer = for_each
            .as_ref()
            .map_or(Ty::Any, |e| e.ty().item().unwrap_or(Ty::Any));
        let key = self.key(schema, has_here, sink);
        let names = ProbeNames {
            schema,
            has_here,
            outer,
            ty: &self.ty,
            inputs: &[],
        };
        let probes: Vec<_> = self
            .probes
            .iter()
            .map(|(pack, node)| probe(node, pack, &names, sink))
            .collect();
        let probes = probes.into_iter().collect::<Option<Vec<_>>>();
        let probes = probes.and_then(|probes| self.with_added(probes, &names, sink));
        Some(FactDef {
            name: self.name.clone(),
            pack: self.pack.clone(),
            of: self.of,
            ty: self.ty.clone(),
            about: self.about.clone(),
            key: key?,
            exact_keys: self.exact_keys,
            volatile: self.volatile.clone(),
            for_each,
            probes: probes?,
            span: self.node.span,
        })
    }

    /// The probes with the entries that other packs add.
    fn with_added(
        &self,
        mut probes: Vec<Probe>,
        names: &ProbeNames<'_>,
        sink: &mut Diagnostics,
    ) -> Option<Vec<Probe>> {
        if !self.open {
            return Some(probes);
        }
        let [
            Probe {
                ask: Ask::Derive(entries),
                ..
            },
        ] = probes.as_mut_slice()
        else {
            let message = format!(
                "`{}` is open for entries of other packs, so its one probe is `derive`",
                self.name
            );
            sink.push(Diagnostic::error("open-without-derive", message).at(self.name_node.span, ""));
            return None;
        };
        for node in &self.added {
            entries.push(derivation(node, names, sink)?);
        }
        Some(probes)
    }

    /// The key of the records; a collection needs one, anything else has none.
    #[expect(
        clippy::option_option,
        reason = "the outer one is `was wrong`, the inner one `has none`"
    )]
    fn key(&self, schema: &FactSchema, has_here: bool, sink: &mut Diagnostics) -> Option<Option<Expression>> {
        let FactType::Map(fields) = &self.ty else {
            if let Some(node) = self.key {
                let message = "only a fact of type map_of has a `key`";
                sink.push(Diagnostic::error("useless-key", message).at(node.span, ""));
                return None;
            }
            return Some(None);
        };
        match self.key {
            Some(node) => {
                let item = Ty::Is(FactType::Record(fields.clone()));
                let names = Names::new(schema).with_here(has_here).with("item", item);
                expression(node, &names, sink).map(Some)
            }
            // The key of the outer record is the whole key: one record for each at most.
            None if self.for_each.is_some() => Some(None),
            None => {
                let message = format!("the records of `{}` need a `key`", self.name);
                let missing = Diagnostic::error("missing-key", message).at(self.name_node.span, "");
                sink.push(missing.help("add `key: item.FIELD`"));
                None
            }
        }
    }
}
