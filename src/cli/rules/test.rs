//! `standin rules test`: runs the examples of rules.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Chosen, Context, ExitStatus, Outcome, PackArguments, count};
use crate::catalogue::Catalogue;
use crate::cli::refusal::Refusal;
use crate::cli::terminal::Tone;
use crate::diagnostic::{Diagnostics, SourceMap, visible};
use crate::evaluate::{ExampleRun, run_examples, run_guard_examples};
use crate::report::pretty;

pub(super) fn run(arguments: &PackArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let chosen = Chosen::read(&arguments.paths, &arguments.folders)?;
    let catalogue = chosen.load(context)?;
    let selection = arguments.words.selection(&catalogue)?;
    let mut sink = Diagnostics::new();
    let mut runs = Vec::new();
    for rule in &catalogue.rules {
        if chosen.focus.contains(rule.pack.as_ref()) && selection.takes(rule) {
            runs.extend(run_examples(&catalogue, rule, &mut sink));
        }
    }
    // Words name rules: who asks for some rules does not mean the guards.
    let all = arguments.words.only.is_empty() && arguments.words.skip.is_empty();
    for guard in &catalogue.guards {
        if all && chosen.focus.contains(guard.pack.as_ref()) {
            runs.extend(run_guard_examples(&catalogue, guard, &mut sink));
        }
    }
    if sink.has_errors() {
        return Err(Refusal::files(sink));
    }
    context.answer(
        || human(&runs, &context.sources),
        || json_of(&catalogue, &runs, &context.sources),
    );
    Ok(if runs.iter().all(ExampleRun::holds) {
        ExitStatus::Good
    } else {
        ExitStatus::Findings
    })
}

/// The examples that do not hold, rule by rule, and a closing line.
fn human(runs: &[ExampleRun], sources: &SourceMap) -> String {
    let mut text = String::new();
    let mut last = "";
    for run in runs.iter().filter(|run| !run.holds()) {
        if last != run.rule.as_ref() {
            last = &run.rule;
            let _ = writeln!(text, "{}", Tone::Strong.paint(&visible(&run.rule)));
        }
        let place = sources.place(run.example.span);
        let _ = writeln!(
            text,
            "  {} {}  {}",
            Tone::Error.paint("x"),
            visible(&run.example.name),
            Tone::Faint.paint(&format!(
                "{}:{}",
                visible(sources.name(run.example.span.source)),
                place.line
            ))
        );
        for miss in &run.misses {
            let _ = writeln!(text, "      {}", visible(&miss.to_string()));
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    let failed = runs.iter().filter(|run| !run.holds()).count();
    let mut rules: Vec<&str> = runs.iter().map(|run| run.rule.as_ref()).collect();
    rules.dedup();
    let told = format!(
        "{} of {}: {} good, {failed} failed",
        count(runs.len(), "example", "examples"),
        count(rules.len(), "rule", "rules"),
        runs.len() - failed,
    );
    let tone = if failed == 0 { Tone::Good } else { Tone::Error };
    let _ = writeln!(text, "{}", tone.paint(&told));
    text
}

fn json_of(catalogue: &Catalogue, runs: &[ExampleRun], sources: &SourceMap) -> String {
    let examples: Vec<Value> = runs
        .iter()
        .map(|run| {
            json!({
                "rule": &*run.rule,
                "example": run.example.name,
                "file": sources.name(run.example.span.source),
                "line": sources.place(run.example.span).line,
                "holds": run.holds(),
                "misses": run.misses.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "got": run.findings.iter()
                    .map(|found| (found.subject.to_string(), Value::from(found.status.word())))
                    .collect::<Value>(),
            })
        })
        .collect();
    let failed = runs.iter().filter(|run| !run.holds()).count();
    let told = json!({
        "catalogue": catalogue.digest,
        "examples": examples,
        "summary": { "examples": runs.len(), "good": runs.len() - failed, "failed": failed },
    });
    pretty(&told)
}
