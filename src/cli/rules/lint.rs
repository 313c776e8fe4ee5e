//! `standin rules lint`: tells everything that is wrong with packs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Chosen, Context, ExitStatus, Outcome, PackArguments, count};
use crate::catalogue::{self, Rule};
use crate::cli::terminal::Tone;
use crate::diagnostic::{self, Diagnostics, SourceMap};
use crate::evaluate::lint_rule;
use crate::report::pretty;

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default)]
struct Scope {
    packs: usize,
    rules: usize,
    examples: usize,
}

pub(super) fn run(arguments: &PackArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let chosen = Chosen::read(&arguments.paths, &arguments.folders)?;
    let loaded = catalogue::load(&chosen.packs, &mut context.sources);
    let mut sink = loaded.diagnostics;
    let mut scope = Scope {
        packs: chosen.focus.len(),
        ..Scope::default()
    };
    if let Some(catalogue) = &loaded.catalogue {
        let selection = arguments.words.selection(catalogue)?;
        let chosen = |rule: &&Rule| chosen.focus.contains(rule.pack.as_ref()) && selection.takes(rule);
        for rule in catalogue.rules.iter().filter(chosen) {
            scope.rules += 1;
            scope.examples += lint_rule(catalogue, rule, &mut sink).len();
        }
    }
    context.answer(
        || human(&sink, scope, &context.sources, context.terminal.colour),
        || json_of(&sink, scope, &context.sources),
    );
    Ok(if sink.has_errors() {
        ExitStatus::Findings
    } else {
        ExitStatus::Good
    })
}

fn human(sink: &Diagnostics, scope: Scope, sources: &SourceMap, colour: bool) -> String {
    let mut text = diagnostic::human(sink, sources, colour);
    let looked = if scope.rules == 0 {
        count(scope.packs, "pack", "packs")
    } else {
        format!(
            "{}, {}, {}",
            count(scope.packs, "pack", "packs"),
            count(scope.rules, "rule", "rules"),
            count(scope.examples, "example", "examples")
        )
    };
    let warnings = warnings(sink);
    let told = match (sink.error_count(), warnings) {
        (0, 0) => Tone::Good.paint("nothing is wrong"),
        (0, warnings) => Tone::Warning.paint(&count(warnings, "warning", "warnings")),
        (errors, 0) => Tone::Error.paint(&count(errors, "error", "errors")),
        (errors, warnings) => Tone::Error.paint(&format!(
            "{}, {}",
            count(errors, "error", "errors"),
            count(warnings, "warning", "warnings")
        )),
    };
    let _ = writeln!(text, "{told} ({looked})");
    text
}

fn warnings(sink: &Diagnostics) -> usize {
    let all = sink.sorted();
    all.iter()
        .filter(|item| item.severity == diagnostic::Severity::Warning)
        .count()
}

fn json_of(sink: &Diagnostics, scope: Scope, sources: &SourceMap) -> String {
    let diagnostics: Vec<Value> = sink
        .sorted()
        .into_iter()
        .map(|item| diagnostic::json(item, sources))
        .collect();
    let told = json!({
        "diagnostics": diagnostics,
        "summary": {
            "errors": sink.error_count(),
            "warnings": warnings(sink),
            "packs": scope.packs,
            "rules": scope.rules,
            "examples": scope.examples,
        },
    });
    pretty(&told)
}
