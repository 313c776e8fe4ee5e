//! `standin runbook`: what is done, and by whom, when one server takes over from the other?

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::args::Format;
use super::exit::ExitStatus;
use super::packs::PackFolders;
use super::refusal::{Outcome, Refusal};
use super::values::{duration, time};
use super::{Context, check, clock, live, refused};
use crate::catalogue::{self, Catalogue};
use crate::diagnostic::{Diagnostics, suggest};
use crate::facts::{FactPath, Facts, Snapshot};
use crate::pipeline::{self, Opened};
use crate::plan::{self, Basis, NoRunbook, StepRef};
use crate::report::{self, Origin, RunbookReport};

/// Show what is done, and by whom, when one server takes over from the other
///
/// A runbook is made for one pair: the steps that this pair needs, in the order that follows from what they need and
/// change; who does each, what is to be seen then, where there is no way back, and what does not apply and why. Nothing
/// is changed anywhere. `--format markdown` writes it for paper, with check boxes.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RunbookArguments {
    #[command(subcommand)]
    command: RunbookCommand,
}

#[derive(Debug, Subcommand)]
enum RunbookCommand {
    /// List the runbooks of the packs
    List(ListArguments),
    /// Show a runbook for a pair
    Show(ShowArguments),
}

#[derive(Args, Debug)]
struct ListArguments {
    /// Only those of this pair's packs: a folder with a pair.yaml, or the file itself [default: all packs]
    #[arg(value_name = "PAIR")]
    pair: Option<PathBuf>,

    #[command(flatten)]
    folders: PackFolders,
}

#[derive(Args, Debug)]
struct ShowArguments {
    /// Its name, such as failover, failback or restore
    #[arg(value_name = "NAME")]
    name: String,

    #[command(flatten)]
    of: Of,

    #[command(flatten)]
    folders: PackFolders,

    /// Show everything: why each step is there, and every action as it would be sent [default: off]
    #[arg(short, long)]
    verbose: bool,
}

/// The pair, and where its facts come from.
#[derive(Args, Debug)]
pub(super) struct Of {
    /// The pair: a folder with a pair.yaml, or the file itself
    #[arg(value_name = "PAIR")]
    pub(super) pair: PathBuf,

    /// Use this recorded snapshot instead of asking the servers [default: what the pair file says under `recorded`, else
    /// the servers are asked]
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,

    /// As of this time, such as 2026-11-22T03:00:00Z [default: the time of the snapshot, or now when the servers are
    /// asked]
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Timestamp>,

    /// How long reading all facts may take: 500ms, 30s, 2m, 1h [default: `collect.timeout` of the pair file, else 2m]
    #[arg(long, value_name = "SPAN", value_parser = duration, conflicts_with = "snapshot")]
    pub(super) timeout: Option<Duration>,
}

const EXAMPLES: &str = "\
Examples:
  standin runbook list                                  which there are
  standin runbook show failover mail-pair               from the servers as they are now
  standin runbook show failback mail-pair --snapshot friday.json -v
  standin runbook show failover mail-pair --format markdown > failover.md
  standin runbook show failover mail-pair --format dot | dot -Tsvg > failover.svg

Exit codes: 0 it is complete, 3 of some steps it is not known whether they apply, 130 interrupted, 2 could not run: also when
steps contradict each other, wait in a circle, or need what nobody sees to.";

pub(crate) fn run(arguments: &RunbookArguments, context: &mut Context) -> Outcome<ExitStatus> {
    match &arguments.command {
        RunbookCommand::List(arguments) => list(arguments, context),
        RunbookCommand::Show(arguments) => show(arguments, context),
    }
}

fn list(arguments: &ListArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let catalogue = match &arguments.pair {
        Some(pair) => check::open(pair, &arguments.folders, None, context)?.catalogue,
        None => all(&arguments.folders, context)?,
    };
    let look = context.look(false);
    context.answer(
        || report::runbooks_table(&catalogue, look),
        || report::runbooks_json(&catalogue),
    );
    Ok(ExitStatus::Good)
}

/// All packs together.
fn all(folders: &PackFolders, context: &mut Context) -> Outcome<Catalogue> {
    let mut sink = Diagnostics::new();
    let packs = pipeline::all_packs(&folders.folders, &mut sink);
    let loaded = catalogue::load_to_judge(&packs, &mut context.sources);
    sink.append(loaded.diagnostics);
    match loaded.catalogue {
        Some(catalogue) if !sink.has_errors() => Ok(catalogue),
        _ => Err(pipeline::Failure::Files(sink).into()),
    }
}

/// A pair with its facts.
pub(super) struct Known {
    pub(super) opened: Opened,
    pub(super) snapshot: Snapshot,
    pub(super) origin: Origin,
    pub(super) now: Timestamp,
    pub(super) facts: Facts,
}

/// Opens the pair and gets what its runbooks look at; nothing when it was interrupted.
pub(super) fn known(of: &Of, folders: &PackFolders, context: &mut Context) -> Outcome<Option<Known>> {
    known_for(of, folders, pipeline::wanted_by_runbooks, context)
}

/// The same with other facts.
pub(super) fn known_for(
    of: &Of,
    folders: &PackFolders,
    wanted: fn(&Opened) -> BTreeSet<FactPath>,
    context: &mut Context,
) -> Outcome<Option<Known>> {
    let mut opened = check::open(&of.pair, folders, of.now, context)?;
    let recorded = of.snapshot.as_ref().or(opened.pair.recorded.as_ref()).cloned();
    let (snapshot, origin) = if let Some(file) = &recorded {
        (check::recording(file, &opened, context)?, Origin::Recorded)
    } else {
        let wanted = wanted(&opened);
        let timeout = of.timeout.unwrap_or(opened.pair.collect.timeout);
        (live::ask(&opened, &wanted, timeout, context)?, Origin::Live)
    };
    if !snapshot.complete && origin == Origin::Live {
        return Ok(None);
    }
    let now = of.now.unwrap_or_else(|| match origin {
        Origin::Recorded => snapshot.taken_at,
        Origin::Live => clock::now(),
    });
    opened.said = catalogue::bind(&opened.catalogue, &opened.pair, now, &mut Diagnostics::new());
    let facts = pipeline::said_and_read(&opened, &snapshot, now);
    Ok(Some(Known {
        opened,
        snapshot,
        origin,
        now,
        facts,
    }))
}

impl Known {
    pub(super) fn basis(&self) -> Basis<'_> {
        Basis {
            catalogue: &self.opened.catalogue,
            facts: &self.facts,
            findings: &[],
        }
    }
}

fn show(arguments: &ShowArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let Some(known) = known(&arguments.of, &arguments.folders, context)? else {
        return Ok(ExitStatus::Interrupted);
    };
    let made = plan::runbook(&known.basis(), &arguments.name);
    let made = made.ok_or_else(|| unknown(&arguments.name, &known.opened.catalogue))?;
    let runbook = made.map_err(|none| refusal(&none))?;
    let answer = pipeline::nothing_judged();
    let told = RunbookReport {
        report: known
            .opened
            .report(&known.snapshot, &answer, known.origin, known.now),
        runbook: &runbook,
    };
    context.say(match context.format {
        Format::Human => report::runbook_text(&told, context.look(arguments.verbose)),
        Format::Json => report::runbook_json(&told),
        Format::Dot => report::runbook_dot(&told),
        Format::Mermaid => report::runbook_mermaid(&told),
        Format::Markdown => report::runbook_markdown(&told),
    });
    Ok(match runbook.unknown() {
        0 => ExitStatus::Good,
        _ => ExitStatus::Unknown,
    })
}

fn unknown(name: &str, catalogue: &Catalogue) -> Refusal {
    let names = catalogue.runbooks.keys().map(AsRef::as_ref);
    let unknown = Refusal::new(format!("the packs of this pair have no runbook `{name}`"));
    let unknown = match suggest(name, names) {
        Some(near) => unknown.next(format!("did you mean `{near}`?")),
        None => unknown,
    };
    unknown.next("standin runbook list shows all of them")
}

/// Tells everything that keeps the steps from an order.
pub(super) fn refusal(none: &NoRunbook) -> Refusal {
    let mut lines = String::from("there is no runbook");
    let name = |step: &StepRef| format!("{} (would {})", step.fix, step.would);
    for need in &none.unmet {
        let (step, place) = (name(&need.step), &need.place);
        let _ = write!(
            lines,
            "; nobody sees to it that {place} is {}, which {step} needs",
            refused::value(need.value.as_ref())
        );
    }
    refused::tell(&mut lines, &none.refused, name);
    Refusal::new(lines)
        .next("steps are data of the packs: rules/WRITING.md tells how they come into an order")
}
