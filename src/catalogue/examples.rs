//! Examples beside a rule: facts in, statuses out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::Catalogue;
use super::bind::with_defaults;
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::facts::{
    Absence, Cause, FactPath, FactType, FactValue, Facts, Observation, Provenance, Root, Side, from_json,
};
use crate::yaml::decode::{entries, map_of, nonempty, one_or_many, wrong_value};
use crate::yaml::{Fields, Key, Node};

/// The words that an example may expect.
pub const STATUSES: [&str; 5] = ["good", "unknown", "error", "warning", "not_applicable"];

/// What an example says that the rule finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Every finding has this status.
    All(String),
    /// Subject to status.
    BySubject(BTreeMap<String, String>),
}

impl Expected {
    /// Every status that is expected somewhere.
    pub fn statuses(&self) -> Vec<&str> {
        match self {
            Self::All(status) => vec![status],
            Self::BySubject(subjects) => subjects.values().map(String::as_str).collect(),
        }
    }
}

/// One example of a rule.
#[derive(Clone, Debug)]
pub struct Example {
    pub name: String,
    pub facts: Facts,
    pub expected: Expected,
    /// The fixes that the finding offers, when the example says so.
    pub fix: Option<Vec<String>>,
    /// The facts that it gives or makes absent, and where it says so.
    pub given: BTreeMap<FactPath, Span>,
    pub span: Span,
}

impl Example {
    /// Reads an example of this rule.
    pub fn decode(node: &Node, catalogue: &Catalogue, sink: &mut Diagnostics) -> Option<Self> {
        let mut fields = Fields::of(node, sink, "an example")?;
        let name = fields.required("name", nonempty);
        let given: Vec<(Root, Option<&Node>)> = Root::ALL
            .into_iter()
            .map(|root| (root, fields.node(root.word())))
            .collect();
        let absent = fields.node("absent");
        let expected = fields.required("expect", expected);
        let fix = fields.or("fix", None, |n, s| one_or_many(nonempty)(n, s).map(Some));
        fields.finish();
        let mut said = Said {
            catalogue,
            facts: defaults(catalogue),
            given: BTreeMap::new(),
        };
        for (root, node) in given {
            if let Some(node) = node {
                said.add_given(root, node, sink)?;
            }
        }
        if let Some(node) = absent {
            said.add_absent(node, sink)?;
        }
        Some(Self {
            name: name?,
            facts: said.facts,
            expected: expected?,
            fix: fix?,
            given: said.given,
            span: node.span,
        })
    }
}

fn observation(value: Result<FactValue, Absence>) -> Observation {
    let provenance = Provenance {
        probe: "example".to_owned(),
        server: "example".to_owned(),
        at: Timestamp::UNIX_EPOCH,
        took_ms: 0,
        tried: Vec::new(),
    };
    Observation { value, provenance }
}

/// Settings and parameters with their defaults, and the two servers' names.
fn defaults(catalogue: &Catalogue) -> Facts {
    let mut facts = Facts::default();
    for (root, named) in [
        (Root::Setting, &catalogue.settings),
        (Root::Param, &catalogue.params),
    ] {
        for setting in named.values() {
            let path = FactPath::new(root, setting.name.clone());
            let value = setting.default.clone().ok_or_else(|| {
                Absence::new(
                    Cause::NotConfigured,
                    path.to_string(),
                    format!("`{}` is not set", setting.name),
                )
            });
            facts.insert(path, observation(value));
        }
    }
    for side in Side::BOTH {
        let word = side.word();
        facts.insert(
            FactPath::new(side, "name"),
            observation(Ok(word.to_uppercase().as_str().into())),
        );
        facts.insert(FactPath::new(side, "domain"), observation(Ok(FactValue::Nothing)));
        facts.insert(FactPath::new(side, "side"), observation(Ok(word.into())));
    }
    facts
}

fn expected(node: &Node, sink: &mut Diagnostics) -> Option<Expected> {
    let status = |node: &Node, sink: &mut Diagnostics| {
        let word = nonempty(node, sink)?;
        if STATUSES.contains(&word.as_str()) {
            return Some(word);
        }
        let unknown =
            Diagnostic::error("unknown-status", format!("there is no status `{word}`")).at(node.span, "");
        sink.push(unknown.did_you_mean(&word, STATUSES));
        None
    };
    if node.entries().is_none() {
        return status(node, sink).map(Expected::All);
    }
    let subjects = map_of(status)(node, sink)?;
    Some(Expected::BySubject(
        subjects.into_iter().map(|(key, word)| (key.text, word)).collect(),
    ))
}

/// The facts of an example while it is read.
struct Said<'c> {
    catalogue: &'c Catalogue,
    facts: Facts,
    given: BTreeMap<FactPath, Span>,
}

impl Said<'_> {
    fn add_given(&mut self, root: Root, node: &Node, sink: &mut Diagnostics) -> Option<()> {
        for (key, value) in entries(node, sink)? {
            let (path, ty) = declared(&format!("{root}.{}", key.text), key, self.catalogue, sink)?;
            match from_json(ty, &plain(value, ty)) {
                Ok(value) => {
                    let value = filled(self.catalogue, &path, value);
                    self.add(path, Ok(value), key);
                }
                Err(misfit) => {
                    sink.push(wrong_value(value, &misfit.to_string()));
                    return None;
                }
            }
        }
        Some(())
    }

    fn add_absent(&mut self, node: &Node, sink: &mut Diagnostics) -> Option<()> {
        for (key, cause) in map_of(nonempty)(node, sink)? {
            let (path, _) = declared(&key.text, &key, self.catalogue, sink)?;
            let Ok(cause) = cause.parse::<Cause>() else {
                let unknown = Diagnostic::error("unknown-cause", format!("there is no cause `{cause}`"));
                let causes = Cause::ALL.map(Cause::word);
                sink.push(unknown.at(key.span, "").did_you_mean(&cause, causes));
                return None;
            };
            let why = Absence::new(cause, path.to_string(), format!("{path}: as the example says"));
            self.add(path, Err(why), &key);
        }
        Some(())
    }

    fn add(&mut self, path: FactPath, value: Result<FactValue, Absence>, key: &Key) {
        self.given.insert(path.clone(), key.span);
        self.facts.insert(path, observation(value));
    }
}

/// What the pair file may leave out of a record is filled in here too.
fn filled(catalogue: &Catalogue, path: &FactPath, value: FactValue) -> FactValue {
    let named = match path.root {
        Root::Setting => &catalogue.settings,
        Root::Param => &catalogue.params,
        Root::Source | Root::Target | Root::Pair => return value,
    };
    match named.get(&path.name) {
        Some(setting) => with_defaults(&value, &setting.field_defaults),
        None => value,
    }
}

/// The value as JSON; an empty map of a collection is an empty collection.
fn plain(node: &Node, ty: &FactType) -> Value {
    match (node.to_json(), ty) {
        (Value::Null, FactType::Map(_)) => Value::Array(Vec::new()),
        (json, _) => json,
    }
}

fn declared<'c>(
    name: &str,
    key: &Key,
    catalogue: &'c Catalogue,
    sink: &mut Diagnostics,
) -> Option<(FactPath, &'c FactType)> {
    let path = name.parse::<FactPath>().ok();
    if let Some(path) = path
        && let Some(ty) = catalogue.schema.type_at(&path)
    {
        return Some((path, ty));
    }
    let root = name.split('.').next().and_then(|word| word.parse::<Root>().ok());
    let known: Vec<String> = root.map_or_else(Vec::new, |root| {
        catalogue
            .schema
            .names(root)
            .map(|known| format!("{root}.{known}"))
            .collect()
    });
    let unknown = Diagnostic::error("unknown-fact", format!("there is no fact `{name}`")).at(key.span, "");
    sink.push(unknown.did_you_mean(name, known.iter().map(String::as_str)));
    None
}
