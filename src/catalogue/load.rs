//! Reads packs in three passes: manifests and names, then expressions, then what they say of each other.

mod supplies;
mod switches;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::declared::Declared;
use super::decode_fact::{self, FactHead, Implementation, Says};
use super::files::digest_of;
use super::{
    Catalogue, Fix, Pack, PackFiles, PackSource, Rule, Rules, Setting, decode_fix, decode_pack, decode_rule,
    discovery, guard, rights,
};
use super::{check_runbook, checks};
use crate::diagnostic::{Diagnostic, Diagnostics, SourceMap, Span};
use crate::facts::{FactSchema, Root};
use crate::yaml::{self, Fields, Node};

/// A catalogue, the files that it was read from, and warnings about them.
#[derive(Debug)]
pub struct Loaded {
    pub catalogue: Option<Catalogue>,
    pub diagnostics: Diagnostics,
}

/// Reads packs and checks them; there is no catalogue when there is an error.
pub fn load(packs: &[PackFiles], sources: &mut SourceMap) -> Loaded {
    loaded(packs, None, sources)
}

/// Reads packs as [`load`] does, but for the examples of shipped rules, which judge nobody's servers.
pub fn load_to_judge(packs: &[PackFiles], sources: &mut SourceMap) -> Loaded {
    loaded(packs, Some("examples"), sources)
}

fn loaded(packs: &[PackFiles], without: Option<&str>, sources: &mut SourceMap) -> Loaded {
    let mut sink = Diagnostics::new();
    let parsed = packs
        .iter()
        .map(|pack| parse_pack(pack, without, sources, &mut sink));
    let parsed = parsed.collect();
    let catalogue = build(parsed, &mut sink);
    let catalogue = catalogue.filter(|_| !sink.has_errors());
    Loaded {
        catalogue,
        diagnostics: sink,
    }
}

/// The trees of one pack, by kind of file.
struct Parsed {
    folder: String,
    origin: PackSource,
    digest: String,
    manifest: Option<Node>,
    settings: Option<Node>,
    facts: Vec<Node>,
    rules: Vec<Node>,
    fixes: Vec<Node>,
    guards: Option<Node>,
    runbooks: Vec<Node>,
    steps: Vec<Node>,
    discovery: Vec<Node>,
    rights: Option<Node>,
}

fn parse_pack(
    pack: &PackFiles,
    without: Option<&str>,
    sources: &mut SourceMap,
    sink: &mut Diagnostics,
) -> Parsed {
    let mut parsed = Parsed {
        folder: pack.folder.clone(),
        origin: pack.origin.clone(),
        digest: pack.digest(),
        manifest: None,
        settings: None,
        facts: Vec::new(),
        rules: Vec::new(),
        fixes: Vec::new(),
        guards: None,
        runbooks: Vec::new(),
        steps: Vec::new(),
        discovery: Vec::new(),
        rights: None,
    };
    for file in &pack.files {
        let id = sources.add(file.shown.as_str(), file.text.clone());
        let Some(tree) = yaml::parse_frozen(id, sources, file.events, without, sink) else {
            continue;
        };
        match file
            .path
            .split_once('/')
            .map_or(file.path.as_str(), |(folder, _)| folder)
        {
            "pack.yaml" => parsed.manifest = Some(tree),
            "settings.yaml" => parsed.settings = Some(tree),
            "guards.yaml" => parsed.guards = Some(tree),
            "discovery.yaml" => discovery(&tree, &mut parsed, sink),
            "rights.yaml" => {
                let facts = tree.get("facts").and_then(Node::items);
                parsed.facts.extend_from_slice(facts.unwrap_or_default());
                parsed.rights = Some(tree);
            }
            "facts" => parsed.facts.extend(listed(tree, "facts", sink)),
            "rules" => parsed.rules.extend(listed(tree, "rules", sink)),
            "fixes" => parsed.fixes.extend(listed(tree, "fixes", sink)),
            "runbooks" => switches::parsed(&tree, &mut parsed, sink),
            other => {
                let message = format!("`{other}` has no place in a pack");
                let stray = Diagnostic::error("stray-file", message).at(Span::whole(id).start(), "");
                sink.push(
                    stray.help("a pack has pack.yaml, settings.yaml, guards.yaml, discovery.yaml, rights.yaml and the folders facts, rules, fixes and runbooks"),
                );
            }
        }
    }
    parsed
}

/// The facts that are read to find servers, and which of them hold what is found.
fn discovery(tree: &Node, parsed: &mut Parsed, sink: &mut Diagnostics) {
    let Some(mut fields) = Fields::of(tree, sink, "this file") else {
        return;
    };
    let facts = fields.or("facts", &[][..], yaml::decode::items);
    let ways = fields.required("discovery", yaml::decode::items);
    fields.finish();
    parsed.facts.extend_from_slice(facts.unwrap_or_default());
    parsed.discovery.extend_from_slice(ways.unwrap_or_default());
}

/// The items of a file that is one list under one key.
fn listed(tree: Node, key: &'static str, sink: &mut Diagnostics) -> Vec<Node> {
    let Some(mut fields) = Fields::of(&tree, sink, "this file") else {
        return Vec::new();
    };
    fields.required(key, yaml::decode::items);
    fields.finish();
    tree.take_items(key)
}

fn build(mut parsed: Vec<Parsed>, sink: &mut Diagnostics) -> Option<Catalogue> {
    let rules: Vec<Vec<Node>> = parsed.iter_mut().map(|p| std::mem::take(&mut p.rules)).collect();
    let parsed = parsed.as_slice();
    let (packs, params) = manifests(parsed, sink);
    let mut schema = FactSchema::default();
    let settings = settings(parsed, &packs, sink);
    declare(&settings, Root::Setting, &mut schema);
    declare(&params, Root::Param, &mut schema);
    for (name, ty) in discovery::ASKED {
        schema.declare(Root::Pair, name, ty());
    }
    let heads = heads(parsed, &packs, &mut schema, sink);
    let mut catalogue = Catalogue {
        packs: packs.iter().flatten().cloned().collect(),
        settings,
        params,
        facts: BTreeMap::new(),
        rules: Rules::default(),
        fixes: BTreeMap::new(),
        supplied: Vec::new(),
        guards: Vec::new(),
        runbooks: BTreeMap::new(),
        steps: BTreeMap::new(),
        discoveries: Vec::new(),
        rights: Vec::new(),
        former_rights: Vec::new(),
        schema,
        digest: digest_of(parsed.iter().map(|pack| pack.digest.as_str())),
    };
    for head in &heads {
        if let Some(fact) = head.body(&catalogue.schema, sink) {
            catalogue.facts.insert(fact.name.clone(), fact);
        }
    }
    for ((pack, parsed), rules) in packs.iter().zip(parsed).zip(rules) {
        let Some(pack) = pack else { continue };
        let fixes: Vec<Fix> = parsed
            .declared_fixes()
            .filter_map(|n| decode_fix::fix(n, &pack.name, &catalogue.schema, sink))
            .collect();
        checks::add_fixes(&mut catalogue.fixes, fixes, sink);
        let rules: Vec<Rule> = rules
            .into_iter()
            .filter_map(|n| decode_rule::rule(n, &pack.name, &catalogue.schema, sink))
            .collect();
        checks::add_rules(&mut catalogue.rules, rules, sink);
        beside_rules(&mut catalogue, pack, parsed, sink);
    }
    supplies::join(&mut catalogue, parsed, &packs, sink);
    check(&catalogue, parsed, sink);
    check_runbook::replace(&mut catalogue);
    (!sink.has_errors()).then_some(catalogue)
}

/// What a pack says besides its facts, rules and fixes.
fn beside_rules(catalogue: &mut Catalogue, pack: &Pack, parsed: &Parsed, sink: &mut Diagnostics) {
    if let Some(node) = &parsed.guards {
        let guards = guard::guards(node, pack, &catalogue.schema, sink);
        catalogue.guards.extend(guards);
    }
    let ways = parsed.discovery.iter();
    catalogue
        .discoveries
        .extend(ways.filter_map(|node| discovery::discovery(node, pack, sink)));
    if let Some(node) = &parsed.rights {
        let (needed, former) = rights::rights(node, pack, &catalogue.schema, sink);
        catalogue.rights.extend(needed);
        catalogue.former_rights.extend(former);
    }
    switches::add(catalogue, parsed, pack, sink);
}

/// Checks the whole; what is wrong itself is not told again by those who use it.
fn check(catalogue: &Catalogue, parsed: &[Parsed], sink: &mut Diagnostics) {
    checks::check(catalogue, &supplies::wrong_fixes(catalogue, parsed), sink);
    let steps = parsed.iter().flat_map(|parsed| &parsed.steps);
    let steps = steps.filter_map(|node| node.get("step")?.text());
    let wrong = steps.filter(|id| !catalogue.steps.contains_key(*id)).collect();
    check_runbook::check(catalogue, &wrong, sink);
}

type Named = BTreeMap<Arc<str>, Setting>;

/// The manifest of each pack, or none where it is wrong, and all parameters.
fn manifests(parsed: &[Parsed], sink: &mut Diagnostics) -> (Vec<Option<Pack>>, Named) {
    let mut params = Named::new();
    let packs = parsed
        .iter()
        .map(|parsed| {
            let Some(node) = &parsed.manifest else {
                sink.push(Diagnostic::error(
                    "missing-manifest",
                    format!("pack `{}` has no pack.yaml", parsed.folder),
                ));
                return None;
            };
            let (mut pack, own) = decode_pack::pack(node, sink)?;
            pack.origin = parsed.origin.clone();
            pack.digest.clone_from(&parsed.digest);
            if pack.name.as_ref() != parsed.folder {
                let message = format!("the pack `{}` lies in a folder `{}`", pack.name, parsed.folder);
                sink.push(Diagnostic::error("wrong-folder", message).at(node.span.start(), ""));
            }
            checks::add_settings(&mut params, own, "parameter", node.span, sink);
            Some(pack)
        })
        .collect();
    (packs, params)
}

fn settings(parsed: &[Parsed], packs: &[Option<Pack>], sink: &mut Diagnostics) -> Named {
    let mut settings = Named::new();
    for (parsed, pack) in parsed.iter().zip(packs) {
        if let (Some(node), Some(pack)) = (&parsed.settings, pack) {
            let own = settings_of(node, &pack.name, sink);
            checks::add_settings(&mut settings, own, "setting", node.span, sink);
        }
    }
    settings
}

fn settings_of(node: &Node, pack: &Arc<str>, sink: &mut Diagnostics) -> Vec<Setting> {
    let Some(mut fields) = Fields::of(node, sink, "this file") else {
        return Vec::new();
    };
    let own = fields.required("settings", |n, s| decode_pack::settings(n, pack, s));
    fields.finish();
    own.unwrap_or_default()
}

fn declare(named: &Named, root: Root, schema: &mut FactSchema) {
    for setting in named.values() {
        schema.declare(root, setting.name.clone(), setting.ty.clone());
    }
}

fn heads<'n>(
    parsed: &'n [Parsed],
    packs: &[Option<Pack>],
    schema: &mut FactSchema,
    sink: &mut Diagnostics,
) -> Vec<FactHead<'n>> {
    let mut heads: Vec<FactHead<'n>> = Vec::new();
    let mut implementations = Vec::new();
    let mut declared = Declared::default();
    for (parsed, pack) in parsed.iter().zip(packs) {
        let Some(pack) = pack else { continue };
        for node in &parsed.facts {
            if decode_fact::is_implementation(node) {
                implementations
                    .extend(decode_fact::implementation(node, &pack.name, sink).map(|i| (pack, i)));
                continue;
            }
            let Some(head) = decode_fact::head(node, &pack.name, sink) else {
                continue;
            };
            if declared.add(&head, pack, sink) {
                let root = if head.of == super::Of::Pair {
                    Root::Pair
                } else {
                    Root::Source
                };
                schema.declare(root, head.name.clone(), head.ty.clone());
                heads.push(head);
            }
        }
    }
    for (pack, implementation) in implementations {
        join(&mut heads, pack, implementation, sink);
    }
    heads
}

/// Joins what a pack says of a fact to the fact that another pack declares.
fn join<'n>(
    heads: &mut [FactHead<'n>],
    pack: &Pack,
    implementation: Implementation<'n>,
    sink: &mut Diagnostics,
) {
    let place = heads.iter().position(|head| head.name == implementation.name);
    let head = place.map(|place| &heads[place]);
    let refused = match implementation.says {
        Says::Probes(_) => not_implemented(head, pack, &implementation),
        Says::Entries(_) => not_added(head, pack, &implementation),
    };
    match (refused, place) {
        (None, Some(place)) => heads[place].add(implementation),
        (Some(refused), _) => sink.push(refused),
        (None, None) => {
            let name = &implementation.name;
            let unknown = Diagnostic::error("unknown-fact", format!("no pack declares `{name}`"));
            let known = heads.iter().map(|head| head.name.as_ref());
            sink.push(
                unknown
                    .at(implementation.name_node.span, "")
                    .did_you_mean(name, known),
            );
        }
    }
}

/// Why a pack may not say how this fact is read.
fn not_implemented(
    head: Option<&FactHead<'_>>,
    pack: &Pack,
    implementation: &Implementation<'_>,
) -> Option<Diagnostic> {
    let (name, span) = (&implementation.name, implementation.name_node.span);
    let first = name.split('.').next().unwrap_or_default();
    if !pack.implements.iter().any(|word| word.as_ref() == first) {
        let message = format!("the pack `{}` does not implement `{first}`", pack.name);
        let help =
            format!("add `{first}` to `implements` in pack.yaml, or give the fact a type to declare it");
        return Some(Diagnostic::error("foreign-name", message).at(span, "").help(help));
    }
    let head = head.filter(|head| !head.is_left_to_others())?;
    let message = format!("the pack `{}` says itself how `{name}` is read", head.pack);
    let refused = Diagnostic::error("not-open", message).at(span, "");
    Some(refused.also(head.name_node.span, "it has probes here"))
}

/// Why a pack may not add entries to this fact.
fn not_added(
    head: Option<&FactHead<'_>>,
    pack: &Pack,
    implementation: &Implementation<'_>,
) -> Option<Diagnostic> {
    let (head, span) = (head?, implementation.name_node.span);
    if !head.open {
        let message = format!(
            "the pack `{}` does not let other packs add to `{}`",
            head.pack, head.name
        );
        let refused = Diagnostic::error("not-open", message).at(span, "");
        return Some(refused.also(head.name_node.span, "it would say `open: true` here"));
    }
    if head.pack == pack.name || pack.requires.contains(&head.pack) {
        return None;
    }
    let message = format!(
        "the pack `{}` adds to `{}`, so it requires the pack `{}`",
        pack.name, head.name, head.pack
    );
    let help = format!("add `{}` to `requires` in pack.yaml", head.pack);
    Some(
        Diagnostic::error("missing-requirement", message)
            .at(span, "")
            .help(help),
    )
}
