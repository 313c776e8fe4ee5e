//! How servers of an application are found: a fact of the pack holds them, and what is known of each has a fixed name.

use std::sync::Arc;

use super::types::{dotted, dotted_name};
use super::{Catalogue, FactDef, Of, Pack};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::facts::{FactType, Root};
use crate::predicate::Ty;
use crate::yaml::decode::{boolean, map_of, name, nonempty};
use crate::yaml::{Fields, Node};

/// One way to find servers of an application.
#[derive(Clone, Debug)]
pub struct Discovery {
    pub application: Arc<str>,
    pub pack: Arc<str>,
    pub about: String,
    /// The fact of the pair that holds them; see [`Discovery::FIELDS`].
    pub servers: Arc<str>,
    /// It looks for servers only whose names are given.
    pub named: bool,
    /// Settings of a new pair, each with the field that says it for a server.
    pub settings: Vec<(Arc<str>, Arc<str>)>,
    pub span: Span,
}

impl Discovery {
    /// What may be known of a server, by the names of the fact's fields; all but `name` may be left out.
    ///
    /// `milliseconds` says how quickly it answers, and its absence why it does not.
    pub const FIELDS: [(&'static str, &'static str); 10] = [
        ("name", "text"),
        ("dns_name", "text"),
        ("addresses", "list of ip"),
        ("version", "version"),
        ("edition", "text"),
        ("clustered", "bool"),
        ("group", "text"),
        ("instance", "text"),
        ("port", "int"),
        ("milliseconds", "int"),
    ];
}

/// What is asked for on the command line, as facts of the pair that packs may read.
pub const ASKED: [(&str, FactTypeOf); 2] = [
    ("discovery.servers", || FactType::List(Arc::new(FactType::Text))),
    ("discovery.everybody", || FactType::Bool),
];

type FactTypeOf = fn() -> FactType;

/// The word that those facts begin with; no pack owns it.
pub(super) const RESERVED: &str = "discovery";

/// Reads one entry of `discovery:`.
pub(super) fn discovery(node: &Node, pack: &Pack, sink: &mut Diagnostics) -> Option<Discovery> {
    let mut fields = Fields::of(node, sink, "a way to find servers")?;
    let application = fields.required("application", name);
    let about = fields.required("about", nonempty);
    let servers = fields.required("servers", dotted_name);
    let named = fields.or("named", false, boolean);
    let settings = fields.or("settings", Vec::new(), |node, sink| {
        let entries = map_of(nonempty)(node, sink)?;
        let pairs = entries.into_iter();
        pairs
            .map(|(key, field)| Some((dotted(&key, sink)?, Arc::from(field))))
            .collect()
    });
    fields.finish();
    Some(Discovery {
        application: application?.into(),
        pack: pack.name.clone(),
        about: about?,
        servers: servers?,
        named: named?,
        settings: settings?,
        span: node.span,
    })
}

/// Checks what an entry says of facts and settings.
pub(super) fn check(discovery: &Discovery, catalogue: &Catalogue, sink: &mut Diagnostics) {
    let mut wrong = |code, message: String| {
        sink.push(Diagnostic::error(code, message).at(discovery.span.start(), ""));
    };
    let Some(fact) = catalogue.facts.get(&discovery.servers) else {
        let message = format!("no pack declares `{}`", discovery.servers);
        let unknown = Diagnostic::error("unknown-fact", message).at(discovery.span.start(), "");
        sink.push(unknown.did_you_mean(&discovery.servers, catalogue.facts.keys().map(AsRef::as_ref)));
        return;
    };
    let Some(known) = fields_of(fact) else {
        let message = format!(
            "`{}` cannot hold what is found: it is no collection (map_of) of the pair",
            fact.name
        );
        return wrong("wrong-type", message);
    };
    if !known.contains_key("name") {
        let message = format!("`{}` does not say what a server is called: add `name`", fact.name);
        wrong("missing-field", message);
    }
    for (field, ty) in known {
        let expected = Discovery::FIELDS.iter().find(|(name, _)| *name == field.as_ref());
        match expected {
            None => {
                let names: Vec<&str> = Discovery::FIELDS.iter().map(|(name, _)| *name).collect();
                let message = format!("nothing is called `{field}` of a server that is found");
                let unknown = Diagnostic::error("unknown-field", message).at(fact.span.start(), "");
                let unknown = unknown.did_you_mean(field, names.iter().copied());
                sink.push(unknown.help(format!("what is known has the names {}", names.join(", "))));
            }
            Some((_, expected)) if !fits(ty, expected) => {
                let message = format!("`{field}` of a server that is found is {expected}, not {ty}");
                sink.push(Diagnostic::error("wrong-type", message).at(fact.span.start(), ""));
            }
            Some(_) => {}
        }
    }
    for (setting, field) in &discovery.settings {
        if let Some(refusal) = setting_refused(setting, field, known, catalogue) {
            sink.push(refusal.at(discovery.span.start(), ""));
        }
    }
}

fn fields_of(fact: &FactDef) -> Option<&crate::facts::Fields> {
    match &fact.ty {
        FactType::Map(fields) if fact.of == Of::Pair => Some(fields),
        _ => None,
    }
}

fn fits(ty: &FactType, expected: &str) -> bool {
    let given = Ty::from(ty);
    given.to_string() == expected || expected == "text" && given.is_text()
}

/// Why a field cannot say this setting; one that can has a value for each side.
fn setting_refused(
    setting: &str,
    field: &str,
    known: &crate::facts::Fields,
    catalogue: &Catalogue,
) -> Option<Diagnostic> {
    let Some(declared) = catalogue.schema.type_of(Root::Setting, setting) else {
        let unknown = Diagnostic::error("unknown-setting", format!("there is no setting `{setting}`"));
        let names = catalogue.schema.names(Root::Setting).map(AsRef::as_ref);
        return Some(unknown.did_you_mean(setting, names));
    };
    let both = match declared {
        FactType::Record(fields) => fields.contains_key("source") && fields.contains_key("target"),
        _ => false,
    };
    if !both {
        let message = format!("the setting `{setting}` does not say something of source and target");
        return Some(Diagnostic::error("wrong-type", message));
    }
    if !known.contains_key(field) {
        let unknown = Diagnostic::error("unknown-field", format!("no field is called `{field}`"));
        return Some(unknown.did_you_mean(field, known.keys().map(AsRef::as_ref)));
    }
    None
}

#[cfg(test)]
mod tests;
