//! One rule explained: what it expects in its own words, why, and what to do.

use serde_json::Value;

use super::answer::pretty;
use super::look::{Look, Style};
use super::page::Page;
use super::rules::{fixable, reads, summary};
use super::source::{key_lines, part_lines};
use crate::catalogue::{Catalogue, Rule};
use crate::diagnostic::SourceMap;
use crate::evaluate::Status;

/// Where the texts of a rule begin.
const LABEL: usize = 12;

/// Everything that is to be known of one rule.
pub fn rule_text(catalogue: &Catalogue, rule: &Rule, sources: &SourceMap, look: Look) -> String {
    let mut page = Page::new(look);
    let head = page.line(0).add(Style::Strong, &rule.id).plain("  ");
    page.wrap(head, 2, Style::Strong, &rule.title);
    let _ = (
        catalogue,
        sources,
        fixable(catalogue, rule),
        reads(rule, |_| true),
        LABEL,
        Status::Good,
    );
    for line in key_lines(sources, rule.span, "expect") {
        let line = page.line(4).plain(line);
        page.put(&line);
    }
    page.finish()
}

/// The same for programs.
pub fn rule_json(catalogue: &Catalogue, rule: &Rule, sources: &SourceMap) -> String {
    let mut told = summary(catalogue, rule);
    let text = |key: &str| Value::from(key_lines(sources, rule.span, key).join("\n"));
    told["expect"] = text("expect");
    told["why"] = text("why");
    told["remedy"] = text("remedy");
    told["note"] = rule.note.clone().into();
    told["text"] = part_lines(sources, rule.span, &["examples"]).join("\n").into();
    pretty(&told)
}
