//! `standin plan`: what would be done about what a check finds?

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use super::args::Format;
use super::exit::{ExitStatus, FailOn};
use super::kept::{self, Done};
use super::packs::{PackFolders, RuleWords};
use super::refusal::{Outcome, Refusal};
use super::values::{duration, time};
use super::{Context, check, clock, live, refused};
use crate::catalogue;
use crate::diagnostic::Diagnostics;
use crate::pipeline::{self, Opened, Purpose};
use crate::plan::{Refused, StepRef};
use crate::report::{self, Origin, PlanReport};
use crate::store::{Kind, write_private};

/// Show what would be done about what a check finds, and in which order
///
/// Checks the pair as `check` does, and puts the fixes of what is wrong in order: what would be done where, which value
/// would become which, what comes before what and why, what has to be confirmed, restarted, or cannot be taken back, and
/// what stays for people. Nothing is changed anywhere. A plan that is kept with --out names the digests of the rules and
/// facts that it rests on, so that whoever does it later can tell whether it still holds.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, after_long_help = long_help())]
pub(crate) struct PlanArguments {
    /// The pair: a folder with a pair.yaml, or the file itself
    #[arg(value_name = "PAIR")]
    pair: PathBuf,

    /// Plan from this recorded snapshot instead of asking the servers [default: what the pair file says under
    /// `recorded`, else the servers are asked]
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,

    /// Keep the plan in this file, as JSON, for its owner only; one that is there is not written over without --force
    /// [default: shown only]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Write over a file that is there [default: off]
    #[arg(long, requires = "out")]
    force: bool,

    #[command(flatten)]
    folders: PackFolders,

    #[command(flatten)]
    words: RuleWords,

    /// From which severity on findings that the plan leaves give exit code 1
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t)]
    fail_on: FailOn,

    /// Judge as of this time, such as 2026-11-22T03:00:00Z [default: the time of the snapshot, or now when the servers
    /// are asked]
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Timestamp>,

    /// How long reading all facts may take: 500ms, 30s, 2m, 1h [default: `collect.timeout` of the pair file, else 2m]
    #[arg(long, value_name = "SPAN", value_parser = duration, conflicts_with = "snapshot")]
    timeout: Option<Duration>,

    /// Show everything: every action of every step as it would be sent, nothing folded [default: off]
    #[arg(short, long)]
    verbose: bool,
}

const EXAMPLES: &str = "\
Examples:
  standin plan mail-pair                              what would be done, from the servers as they are now
  standin plan mail-pair --only service -v            only about services, with every action
  standin plan mail-pair --snapshot friday.json --out friday-plan.json
  standin plan mail-pair --format dot | dot -Tsvg > plan.svg";

fn long_help() -> String {
    format!(
        "{EXAMPLES}

Exit codes:
  0    the plan leaves nothing at or above --fail-on (default: error), and nothing is unknown
  1    it leaves findings at or above it for people
  2    could not run: wrong usage, files or packs; or steps contradict each other or wait in a circle
  3    it leaves nothing at or above it, but something could not be told
  130  interrupted"
    )
}

pub(crate) fn run(arguments: &PlanArguments, context: &mut Context) -> Outcome<ExitStatus> {
    if let Some(file) = &arguments.out
        && file.exists()
        && !arguments.force
    {
        let there = Refusal::new(format!("{} is there already", file.display()));
        return Err(there.next("choose another name, or write over it: --force"));
    }
    let mut opened = check::open(&arguments.pair, &arguments.folders, arguments.now, context)?;
    let selection = arguments.words.selection(&opened.catalogue)?;
    let recorded = arguments
        .snapshot
        .as_ref()
        .or(opened.pair.recorded.as_ref())
        .cloned();
    let (snapshot, origin) = if let Some(file) = &recorded {
        (check::recording(file, &opened, context)?, Origin::Recorded)
    } else {
        let wanted = pipeline::needed(&opened, &selection, Purpose::Plan);
        let timeout = arguments.timeout.unwrap_or(opened.pair.collect.timeout);
        (live::ask(&opened, &wanted, timeout, context)?, Origin::Live)
    };
    if !snapshot.complete && origin == Origin::Live {
        return Ok(ExitStatus::Interrupted);
    }
    let now = arguments.now.unwrap_or_else(|| match origin {
        Origin::Recorded => snapshot.taken_at,
        Origin::Live => clock::now(),
    });
    // The same plan byte for byte needs the same time for what the pair file says.
    opened.said = catalogue::bind(&opened.catalogue, &opened.pair, now, &mut Diagnostics::new());
    let answer = pipeline::judge(&opened, &snapshot, &selection, now)?;
    let planned = pipeline::plan(&opened, &snapshot, &answer, now).map_err(|refused| refusal(&refused))?;
    let told = PlanReport {
        report: opened.report(&snapshot, &answer, origin, now),
        pair_file: Some(&arguments.pair),
        selection: &selection,
        plan: &planned.plan,
        rests: &planned.rests,
    };
    show(&told, arguments, context);
    if let Some(file) = &arguments.out {
        keep(&told, file, arguments.force, context)?;
    }
    if origin == Origin::Live {
        record(&told, &opened, arguments, context);
    }
    Ok(status(&told, arguments.fail_on))
}

fn show(told: &PlanReport<'_>, arguments: &PlanArguments, context: &Context) {
    context.say(match context.format {
        Format::Human => report::plan_text(told, context.look(arguments.verbose)),
        Format::Json => report::plan_json(told),
        Format::Dot => report::plan_dot(told),
        // The command line takes no pages of plans.
        Format::Mermaid | Format::Markdown => report::plan_mermaid(told),
    });
}

fn keep(told: &PlanReport<'_>, file: &Path, force: bool, context: &Context) -> Outcome<()> {
    let written = write_private(file, report::plan_json(told).as_bytes(), force);
    written.map_err(|error| Refusal::new(format!("cannot write {}: {error}", file.display())))?;
    context
        .terminal
        .note(&format!("the plan is kept in {}", file.display()));
    Ok(())
}

/// Keeps in the history that the plan was made.
fn record(told: &PlanReport<'_>, opened: &Opened, arguments: &PlanArguments, context: &Context) {
    let done = Done {
        kind: Kind::Planned,
        snapshot: told.report.snapshot,
        rules: told.selection,
        summary: Some(told.report.summary),
        plan: Some(&report::plan_json(told)),
        file: arguments.out.as_deref(),
    };
    kept::record(&done, opened, context);
}

/// What the plan leaves decides.
fn status(told: &PlanReport<'_>, fail_on: FailOn) -> ExitStatus {
    let tally = told.tally();
    ExitStatus::of_counts(tally.errors_left, tally.warnings_left, tally.unknown, fail_on)
}

/// Tells all steps that contradict each other or wait in a circle.
pub(super) fn refusal(refused: &Refused) -> Refusal {
    let mut lines = String::from("there is no plan");
    let name = |step: &StepRef| format!("{} on {} (would {})", step.fix, step.on, step.would);
    refused::tell(&mut lines, refused, name);
    Refusal::new(lines).next("leave one of them out: --skip RULE")
}
