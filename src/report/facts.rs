//! Which facts there are, what the pair file may say, and how a fact is read.

use serde_json::{Value, json};

use super::look::{Look, Style};
use super::page::Page;
use super::pretty::pretty;
use super::source::part_lines;
use super::table::Table;
use crate::catalogue::{Catalogue, FactDef, Of, Probe, Setting, reads_of_fact};
use crate::diagnostic::SourceMap;
use crate::facts::{FactType, to_json};
use crate::predicate::Expression;

/// The facts of all active packs as a table.
pub fn facts_table(catalogue: &Catalogue, look: Look) -> String {
    let mut page = Page::new(look);
    let mut table = Table::new(&page, &["fact", "type", "read by", "about"]);
    for fact in catalogue.facts.values() {
        table.row(
            &page,
            [
                (Style::Plain, name(fact).as_str()),
                (Style::Faint, kind(&fact.ty).as_str()),
                (Style::Faint, protocols(fact).join(", ").as_str()),
                (Style::Plain, about(look, &fact.about)),
            ],
        );
    }
    table.put(&mut page);
    page.finish()
}

/// The facts of all active packs for programs.
pub fn facts_json(catalogue: &Catalogue) -> String {
    pretty(
        &catalogue
            .facts
            .values()
            .map(|fact| summary(catalogue, fact))
            .collect::<Value>(),
    )
}

/// One fact: what it is, how it is read, and which rules look at it.
pub fn fact_text(catalogue: &Catalogue, fact: &FactDef, sources: &SourceMap, look: Look) -> String {
    let mut page = Page::new(look);
    let line = page
        .line(0)
        .add(Style::Strong, name(fact))
        .faint(format!("  pack {}", fact.pack));
    page.put(&line);
    if !fact.about.is_empty() {
        let head = page.line(2);
        page.wrap(head, 2, Style::Plain, &fact.about);
    }
    page.gap();
    let told = |page: &mut Page, label: &str, text: &str| {
        if !text.is_empty() {
            let head = page.line(2).faint(label).pad_to(LABEL);
            page.wrap(head, LABEL, Style::Plain, text);
        }
    };
    told(&mut page, "type", &fact.ty.to_string());
    told(&mut page, "read by", &protocols(fact).join(", then "));
    told(&mut page, "needs", &needs(fact).join(", "));
    told(&mut page, "rules", &rules(catalogue, fact).join(", "));
    page.gap();
    let line = page.line(2).faint("as the pack says it");
    page.put(&line);
    for text in part_lines(sources, fact.span, &[]) {
        let line = page.line(4).plain(text);
        page.put(&line);
    }
    for probe in implementations(fact) {
        page.gap();
        let line = page.line(2).faint(format!("as the pack {} reads it", probe.pack));
        page.put(&line);
        for text in part_lines(sources, probe.span, &[]) {
            let line = page.line(4).plain(text);
            page.put(&line);
        }
    }
    page.finish()
}

/// The same for programs.
pub fn fact_json(catalogue: &Catalogue, fact: &FactDef, sources: &SourceMap) -> String {
    let mut told = summary(catalogue, fact);
    told["text"] = part_lines(sources, fact.span, &[]).join("\n").into();
    for (probe, written) in fact
        .probes
        .iter()
        .zip(told["probes"].as_array_mut().into_iter().flatten())
    {
        if probe.pack != fact.pack {
            written["text"] = part_lines(sources, probe.span, &[]).join("\n").into();
        }
    }
    pretty(&told)
}

/// The probes that another pack than the fact's own has for it.
fn implementations(fact: &FactDef) -> impl Iterator<Item = &Probe> {
    fact.probes.iter().filter(|probe| probe.pack != fact.pack)
}

/// Where the texts of a fact begin.
const LABEL: usize = 12;

fn summary(catalogue: &Catalogue, fact: &FactDef) -> Value {
    json!({
        "fact": &*fact.name,
        "of": match fact.of { Of::Server => "server", Of::Pair => "pair" },
        "pack": &*fact.pack,
        "type": fact.ty.to_string(),
        "about": fact.about,
        "probes": fact.probes.iter().map(|probe| json!({
            "protocol": probe.ask.protocol(),
            "pack": &*probe.pack,
            "on": probe.on.to_string(),
            "writes": probe.writes,
        })).collect::<Vec<_>>(),
        "needs": needs(fact),
        "rules": rules(catalogue, fact),
    })
}

/// The name as an expression writes it; `here` stands for either server.
fn name(fact: &FactDef) -> String {
    match fact.of {
        Of::Server => format!("here.{}", fact.name),
        Of::Pair => format!("pair.{}", fact.name),
    }
}

/// The type in a few words: what a record holds is told where one fact is shown.
pub(super) fn kind(ty: &FactType) -> String {
    match ty {
        FactType::Record(_) => "record".to_owned(),
        FactType::Map(_) => "map_of".to_owned(),
        FactType::List(item) => format!("list of {}", kind(item)),
        FactType::Set(item) => format!("set of {}", kind(item)),
        FactType::OneOf(words) => words.join(" | "),
        scalar => scalar.to_string(),
    }
}

fn protocols(fact: &FactDef) -> Vec<&'static str> {
    let mut protocols: Vec<&str> = fact.probes.iter().map(|probe| probe.ask.protocol()).collect();
    protocols.dedup();
    protocols
}

/// The facts that reading this one needs.
fn needs(fact: &FactDef) -> Vec<String> {
    reads_of_fact(fact).iter().map(ToString::to_string).collect()
}

/// The rules that look at the fact itself.
fn rules<'a>(catalogue: &'a Catalogue, fact: &FactDef) -> Vec<&'a str> {
    let reads = |rule: &&crate::catalogue::Rule| {
        rule.expressions().flat_map(Expression::facts).any(|read| {
            read.name == fact.name && fact.roots().contains(&read.place.schema_root())
                || read.name == fact.name
                    && fact.of == Of::Server
                    && read.place.schema_root().side().is_some()
        })
    };
    catalogue
        .rules
        .iter()
        .filter(reads)
        .map(|rule| rule.id.as_ref())
        .collect()
}

/// What the pair file may say, as a table.
pub fn settings_table(catalogue: &Catalogue, look: Look) -> String {
    let mut page = Page::new(look);
    for (title, settings) in [("settings", &catalogue.settings), ("params", &catalogue.params)] {
        if settings.is_empty() {
            continue;
        }
        page.gap();
        let line = page.line(0).add(Style::Strong, title);
        page.put(&line);
        let mut table = Table::new(&page, &["name", "type", "default", "about"]);
        for setting in settings.values() {
            table.row(
                &page,
                [
                    (Style::Plain, setting.name.as_ref()),
                    (Style::Faint, kind(&setting.ty).as_str()),
                    (Style::Plain, default(setting).as_str()),
                    (Style::Plain, about(look, &setting.about)),
                ],
            );
        }
        table.put(&mut page);
    }
    page.finish()
}

/// What the pair file may say, for programs.
pub fn settings_json(catalogue: &Catalogue) -> String {
    let told = |setting: &Setting| {
        json!({
            "name": &*setting.name,
            "pack": &*setting.pack,
            "type": setting.ty.to_string(),
            "required": setting.default.is_none(),
            "default": setting.default.as_ref().map(to_json),
            "about": setting.about,
        })
    };
    pretty(&json!({
        "settings": catalogue.settings.values().map(told).collect::<Vec<_>>(),
        "params": catalogue.params.values().map(told).collect::<Vec<_>>(),
    }))
}

/// The first sentence, or all when all is wanted.
fn about(look: Look, text: &str) -> &str {
    match text.find(". ") {
        Some(end) if !look.verbose => &text[..=end],
        _ => text,
    }
}

fn default(setting: &Setting) -> String {
    setting
        .default
        .as_ref()
        .map_or_else(|| "(needed)".to_owned(), ToString::to_string)
}
