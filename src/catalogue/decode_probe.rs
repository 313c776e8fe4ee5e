//! Probes: the question in the words of its protocol, and what its rows become.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::context::{condition, expression, phrase};
use super::decode_host;
use super::probe::{
    Ask, BrowserAsk, Depth, Derivation, DnsAsk, Field, Gives, HostAsk, LdapAsk, LocalAsk, On, Probe, local,
};
use super::types::{dotted_name, value_of};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::facts::{Cause, FactSchema, FactType, Side};
use crate::predicate::{Expression, Names, Ty};
use crate::template::Context;
use crate::yaml::decode::{boolean, entries, list_of, name, nonempty, one_of, wrong_type, wrong_value};
use crate::yaml::{Fields, Node};

const DEPTHS: &[(&str, Depth)] = &[("base", Depth::Base), ("one", Depth::One), ("sub", Depth::Sub)];

/// What the expressions of a probe may name.
pub(super) struct ProbeNames<'a> {
    pub(super) schema: &'a FactSchema,
    pub(super) has_here: bool,
    pub(super) outer: Ty,
    /// The type of the fact.
    pub(super) ty: &'a FactType,
    /// What a fix that reads for itself is given.
    pub(super) inputs: &'a [(Arc<str>, Ty)],
}

impl<'a> ProbeNames<'a> {
    /// Names of what is asked: facts and `outer`.
    fn asking(&self) -> Names<'a> {
        // Placeholders keep the places of `local` the same in every expression of a probe.
        Names::new(self.schema)
            .with_here(self.has_here)
            .with("", Ty::Any)
            .with("", Ty::Any)
            .with("outer", self.outer.clone())
            .with_all(self.inputs)
    }

    /// Names of what an answer becomes: a row, an element of it, facts and `outer`.
    fn answering(&self) -> Names<'a> {
        Names::new(self.schema)
            .with_here(self.has_here)
            .with("row", Ty::Any)
            .with("value", Ty::Any)
            .with("outer", self.outer.clone())
            .with_all(self.inputs)
    }
}

pub(super) fn probe(
    node: &Node,
    pack: &Arc<str>,
    names: &ProbeNames<'_>,
    sink: &mut Diagnostics,
) -> Option<Probe> {
    let mut fields = Fields::of(node, sink, "a probe")?;
    let when = optional(&mut fields, "when", |n, s| condition(n, &names.asking(), s));
    let on = fields.or("on", None, |n, s| on(n, &names.asking(), s).map(Some));
    let question = fields.one_key_of(&Ask::PROTOCOLS);
    let each = optional(&mut fields, "each", |n, s| expression(n, &names.answering(), s));
    let (values, value) = (fields.node("fields"), fields.node("value"));
    let not_found = optional(&mut fields, "not_found", |n, s| value_of(names.ty, n, s));
    let next_on = fields.or("next_on", Vec::new(), list_of(cause));
    let writes = fields.or("writes", false, boolean);
    let deadline = optional(&mut fields, "deadline", |n, s| expression(n, &names.asking(), s));
    fields.finish();
    let (protocol, question) = question?;
    let ask = ask(protocol, question, names, sink);
    let gives = gives(values, value, &names.answering(), names, sink);
    let mut ask = ask?;
    let (gives, each) = (gives?, each?);
    ask_for(&mut ask, &gives, each.as_ref());
    let on = asked(on?, protocol, node, names, sink)?;
    Some(Probe {
        pack: pack.clone(),
        when: when?,
        on,
        ask,
        each,
        gives,
        not_found: not_found?,
        next_on: next_on?,
        writes: writes?,
        deadline: deadline?,
        span: node.span,
    })
}

/// Asks for just what the expressions read.
fn ask_for(ask: &mut Ask, gives: &Gives, each: Option<&Expression>) {
    match ask {
        Ask::Ldap(ldap) => {
            ldap.attributes = columns(gives, each)
                .filter(|name| *name != "dn")
                .map(str::to_owned)
                .collect();
            let mut attributes = ldap.attributes.iter();
            ldap.descriptors |= attributes.any(|a| a.eq_ignore_ascii_case("nTSecurityDescriptor"));
        }
        Ask::Host(HostAsk::File { columns: wanted, .. }) => {
            *wanted = columns(gives, each).map(str::to_owned).collect();
        }
        _ => {}
    }
}

/// The columns of the row that the expressions read.
fn columns<'e>(gives: &'e Gives, each: Option<&'e Expression>) -> impl Iterator<Item = &'e str> {
    let expressions = each.into_iter().chain(gives.expressions());
    let names: BTreeSet<&str> = expressions.flat_map(|e| e.fields_of(local::ROW)).collect();
    names.into_iter()
}

/// Decodes `on`: a word, or `{ host: TEMPLATE }`.
/// Who is asked or does something: a word, or another host.
pub(super) fn on(node: &Node, names: &Names<'_>, sink: &mut Diagnostics) -> Option<On> {
    if node.entries().is_some() {
        let mut fields = Fields::of(node, sink, "`on`")?;
        let host = fields.required("host", |n, s| phrase(n, Context::OtherHost, names, s));
        fields.finish();
        return host.map(On::Host);
    }
    on_word(node, sink)
}

/// The same as one word.
pub(super) fn on_word(node: &Node, sink: &mut Diagnostics) -> Option<On> {
    Some(match name(node, sink)?.as_str() {
        "local" => On::Local,
        "here" => On::Here,
        "source" => On::Side(Side::Source),
        "target" => On::Side(Side::Target),
        endpoint => On::Endpoint(endpoint.into()),
    })
}

/// Who is asked: as the probe says, else as its protocol has it; what cannot be asked is told.
fn asked(
    on: Option<On>,
    protocol: &str,
    node: &Node,
    names: &ProbeNames<'_>,
    sink: &mut Diagnostics,
) -> Option<On> {
    let asked = on.unwrap_or_else(|| match protocol {
        "ldap" => On::Endpoint("directory".into()),
        "dns" => On::Endpoint("dns".into()),
        "tcp" | "browser" | "local" | "setting" | "derive" => On::Local,
        _ => On::Here,
    });
    let needs_server = !matches!(
        protocol,
        "ldap" | "dns" | "tcp" | "browser" | "local" | "setting" | "derive"
    );
    let wrong = match &asked {
        On::Here | On::Host(_) if !names.has_here => {
            "a fact of the pair says whom it asks: add `on: source`, `on: target` or an endpoint"
        }
        On::Local if needs_server && protocol != "shell" => "this machine is not asked this",
        On::Here | On::Side(_) | On::Host(_) if matches!(protocol, "ldap" | "dns") => {
            "a server of the pair is not asked this: name an endpoint"
        }
        _ => return Some(asked),
    };
    sink.push(
        Diagnostic::error("wrong-endpoint", wrong)
            .at(node.get("on").map_or(node.span.start(), |on| on.span), ""),
    );
    None
}

/// An optional key; the outer `None` is a mistake that was told.
#[expect(
    clippy::option_option,
    reason = "the outer one is `was wrong`, the inner one `was not given`"
)]
fn optional<T>(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    decode: impl FnOnce(&Node, &mut Diagnostics) -> Option<T>,
) -> Option<Option<T>> {
    fields.or(key, None, |node, sink| decode(node, sink).map(Some))
}

fn cause(node: &Node, sink: &mut Diagnostics) -> Option<Cause> {
    let word = nonempty(node, sink)?;
    let found = word.parse().ok();
    if found.is_none() {
        let unknown =
            Diagnostic::error("unknown-cause", format!("there is no cause `{word}`")).at(node.span, "");
        sink.push(unknown.did_you_mean(&word, Cause::ALL.map(Cause::word)));
    }
    found
}

fn ask(protocol: &str, node: &Node, names: &ProbeNames<'_>, sink: &mut Diagnostics) -> Option<Ask> {
    match protocol {
        "ldap" => ldap(node, names, sink).map(Ask::Ldap),
        "dns" => dns(node, names, sink).map(Ask::Dns),
        "tcp" => tcp(node, names, sink),
        "browser" => browser(node, names, sink).map(Ask::Browser),
        "local" => local_ask(node, names, sink).map(Ask::Local),
        "tds" => decode_host::tds(node, &names.asking(), sink).map(Ask::Tds),
        "shell" => decode_host::shell(node, &names.asking(), sink).map(Ask::Shell),
        "setting" => setting(node, names, sink),
        "service" | "registry" | "file" | "share" | "disk" | "group" => {
            decode_host::host(protocol, node, &names.asking(), sink).map(Ask::Host)
        }
        _ => list_of(|n, s| derivation(n, names, s))(node, sink).map(Ask::Derive),
    }
}

/// Those that greet, and whether they are database servers.
const GREETINGS: &[(&str, bool)] = &[("tds", true)];

fn tcp(node: &Node, names: &ProbeNames<'_>, sink: &mut Diagnostics) -> Option<Ask> {
    let mut fields = Fields::of(node, sink, "a tcp probe")?;
    let host = fields.required("host", |n, s| phrase(n, Context::Text, &names.asking(), s));
    let port = fields.required("port", |n, s| phrase(n, Context::Text, &names.asking(), s));
    let greeting = fields.or("greeting", false, one_of(GREETINGS));
    fields.finish();
    Some(Ask::Tcp {
        host: host?,
        port: port?,
        greeting: greeting?,
    })
}

fn browser(node: &Node, names: &ProbeNames<'_>, sink: &mut Diagnostics) -> Option<BrowserAsk> {
    let mut fields = Fields::of(node, sink, "a browser probe")?;
    let asked = fields.one_key_of(&["host", "everybody"]);
    let port = optional(&mut fields, "port", |n, s| {
        phrase(n, Context::Text, &names.asking(), s)
    });
    fields.finish();
    match asked? {
        ("host", node) => Some(BrowserAsk::Host {
            host: phrase(node, Context::Host, &names.asking(), sink)?,
            port: port?,
        }),
        (_, node) => decode_host::yes(node, sink).map(|()| BrowserAsk::Everybody),
    }
}

fn setting(node: &Node, names: &ProbeNames<'_>, sink: &mut Diagnostics) -> Option<Ask> {
    use crate::facts::Root;
    let name = dotted_name(node, sink)?;
    if names.schema.type_of(Root::Setting, &name).is_none() {
        let unknown =
            Diagnostic::error("unknown-setting", format!("there is no setting `{name}`")).at(node.span, "");
        sink.push(unknown.did_you_mean(&name, names.schema.names(Root::Setting).map(AsRef::as_ref)));
        return None;
    }
    Some(Ask::Setting(name))
}

fn ldap(node: &Node, names: &ProbeNames<'_>, sink: &mut Diagnostics) -> Option<LdapAsk> {
    let asking = names.asking();
    let mut fields = Fields::of(node, sink, "an ldap probe")?;
    let base = fields.required("base", |n, s| phrase(n, Context::Dn, &asking, s));
    let depth = fields.or("scope", Depth::Sub, one_of(DEPTHS));
    let filter = fields.optional("filter", |n, s| phrase(n, Context::LdapFilter, &asking, s));
    let had_filter = fields.has("filter");
    let binary = fields.or("binary", Vec::new(), list_of(nonempty));
    let descriptors = fields.or("sd", false, boolean);
    fields.finish();
    let filter = match filter {
        None if had_filter => return None,
        Some(filter) => filter,
        None => super::Phrase::compile("(objectClass=*)", Context::LdapFilter, &asking).ok()?,
    };
    Some(LdapAsk {
        base: base?,
        depth: depth?,
        filter,
        attributes: Vec::new(),
        binary: binary?.into_iter().collect::<BTreeSet<_>>(),
        descriptors: descriptors?,
    })
}

fn dns(node: &Node, names: &ProbeNames<'_>, sink: &mut Diagnostics) -> Option<DnsAsk> {
    let name_in = |n: &Node, s: &mut Diagnostics| phrase(n, Context::DnsName, &names.asking(), s);
    let mut fields = Fields::of(node, sink, "a dns probe")?;
    let asked = fields.one_key_of(&["name", "transfer", "zone_of", "update_test", "server", "contact"]);
    let kind = fields.or("type", "A".to_owned(), nonempty);
    let recurse = fields.or("recurse", false, boolean);
    let zone = fields.optional("zone", name_in);
    fields.finish();
    let (what, asked) = asked?;
    match what {
        "name" => Some(DnsAsk::Query {
            name: name_in(asked, sink)?,
            kind: kind?,
            recurse: recurse?,
        }),
        "transfer" => Some(DnsAsk::Transfer {
            zone: name_in(asked, sink)?,
        }),
        "zone_of" => Some(DnsAsk::ZoneOf {
            name: name_in(asked, sink)?,
        }),
        "update_test" => {
            let name = name_in(asked, sink);
            if zone.is_none() {
                sink.push(wrong_value(
                    node,
                    "an update test needs the `zone` that holds the name",
                ));
            }
            Some(DnsAsk::UpdateTest {
                name: name?,
                zone: zone?,
            })
        }
        "contact" => boolean(asked, sink).map(|_| DnsAsk::Contact),
        _ => boolean(asked, sink).map(|_| DnsAsk::Server),
    }
}

fn local_ask(node: &Node, names: &ProbeNames<'_>, sink: &mut Diagnostics) -> Option<LocalAsk> {
    match node.text() {
        Some("resolvers") => return Some(LocalAsk::Resolvers),
        Some("clock") => return Some(LocalAsk::Clock),
        Some(_) => {
            sink.push(wrong_type(
                node,
                "`resolvers`, `clock`, `{ resolve: NAME }` or `{ files: FOLDER }`",
            ));
            return None;
        }
        None => {}
    }
    let mut fields = Fields::of(node, sink, "a local probe")?;
    let asked = fields.one_key_of(&["resolve", "files"]);
    let endings = match asked {
        Some(("files", _)) => fields.or("endings", Vec::new(), list_of(ending)),
        _ => Some(Vec::new()),
    };
    fields.finish();
    let (word, asked) = asked?;
    let within = |context, sink| phrase(asked, context, &names.asking(), sink);
    Some(match word {
        "resolve" => LocalAsk::Resolve {
            name: within(Context::DnsName, sink)?,
        },
        _ => LocalAsk::Files {
            folder: within(Context::WinPath, sink)?,
            endings: endings?,
        },
    })
}

/// How the name of a file ends.
fn ending(node: &Node, sink: &mut Diagnostics) -> Option<String> {
    let text = nonempty(node, sink)?;
    if text.contains(['.', '/', '\\']) || text.chars().any(char::is_uppercase) {
        sink.push(wrong_value(
            node,
            "an ending in lower case and without its dot, such as `cmd`",
        ));
        return None;
    }
    Some(text)
}

pub(super) fn derivation(node: &Node, names: &ProbeNames<'_>, sink: &mut Diagnostics) -> Option<Derivation> {
    let mut fields = Fields::of(node, sink, "a derive entry")?;
    let for_each = optional(&mut fields, "for_each", |n, s| expression(n, &names.asking(), s));
    let (when, values, value) = (fields.node("when"), fields.node("fields"), fields.node("value"));
    fields.finish();
    let for_each = for_each?;
    let item = for_each.as_ref().and_then(|e| e.ty().item());
    let inner = match item {
        Some(item) => names.asking().with("item", item),
        None => names.asking(),
    };
    let when = match when {
        Some(node) => Some(condition(node, &inner, sink)?),
        None => None,
    };
    let gives = gives(values, value, &inner, names, sink)?;
    Some(Derivation {
        for_each,
        when,
        gives,
        span: node.span,
    })
}

fn gives(
    fields: Option<&Node>,
    value: Option<&Node>,
    names: &Names<'_>,
    probe: &ProbeNames<'_>,
    sink: &mut Diagnostics,
) -> Option<Gives> {
    match (fields, value) {
        (None, None) => Some(Gives::Columns),
        (Some(fields), Some(value)) => {
            let both = Diagnostic::error("keys-exclude-each-other", "either `fields` or `value`, not both");
            sink.push(both.at(value.span, "").also(fields.span, ""));
            None
        }
        (None, Some(node)) => {
            let ty = probe.ty;
            let item = match ty {
                FactType::List(item) | FactType::Set(item) => item.as_ref(),
                other => other,
            };
            field(node, item, names, sink).map(|field| Gives::Value(Box::new(field)))
        }
        (Some(node), None) => record_fields(node, names, probe, sink).map(Gives::Fields),
    }
}

/// The fields of a record: exactly those of the fact's type.
fn record_fields(
    node: &Node,
    names: &Names<'_>,
    probe: &ProbeNames<'_>,
    sink: &mut Diagnostics,
) -> Option<Vec<(Arc<str>, Field)>> {
    let record = match probe.ty {
        FactType::List(item) | FactType::Set(item) => item.as_ref(),
        other => other,
    };
    let (FactType::Record(declared) | FactType::Map(declared)) = record else {
        sink.push(wrong_value(node, "only records have `fields`; write `value:`"));
        return None;
    };
    let mut decoded = Some(Vec::new());
    for (key, node) in entries(node, sink)? {
        let Some(ty) = declared.get(key.text.as_str()) else {
            let unknown = Diagnostic::error("unknown-field", format!("the type has no field `{}`", key.text));
            sink.push(
                unknown
                    .at(key.span, "")
                    .did_you_mean(&key.text, declared.keys().map(AsRef::as_ref)),
            );
            decoded = None;
            continue;
        };
        match (field(node, ty, names, sink), &mut decoded) {
            (Some(field), Some(fields)) => fields.push((Arc::from(key.text.as_str()), field)),
            _ => decoded = None,
        }
    }
    for name in declared.keys().filter(|name| node.get(name).is_none()) {
        sink.push(wrong_value(
            node,
            &format!("the field `{name}` of the type is not given"),
        ));
        decoded = None;
    }
    decoded
}

fn field(node: &Node, ty: &FactType, names: &Names<'_>, sink: &mut Diagnostics) -> Option<Field> {
    if node.entries().is_none() {
        let from = expression(node, names, sink)?;
        return Some(Field {
            from,
            not_found: None,
            proof: None,
        });
    }
    let mut fields = Fields::of(node, sink, "a field")?;
    let from = fields.required("from", |n, s| expression(n, names, s));
    let not_found = optional(&mut fields, "not_found", |n, s| value_of(ty, n, s));
    let proof = optional(&mut fields, "proof", |n, s| condition(n, names, s));
    fields.finish();
    Some(Field {
        from: from?,
        not_found: not_found?,
        proof: proof?,
    })
}
