//! `standin check`: is the target able to take over?

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use super::exit::{ExitStatus, FailOn};
use super::packs::{PackFolders, RuleWords};
use super::refusal::{Outcome, Refusal};
use super::values::{duration, time};
use super::{Context, clock, live, refuse, trust};
use crate::catalogue;
use crate::diagnostic::Diagnostics;
use crate::facts::Snapshot;
use crate::pipeline::{self, Opened};
use crate::report::{self, Origin, Report};

/// Check whether the target of a pair can take over
///
/// Reads the facts that the rules need from the servers of the pair, judges them and shows what is wrong, why that
/// matters and what to do. Nothing is changed anywhere. With a recorded snapshot no server is asked, no process is
/// started and no credential is read; the answer says so.
///
/// Several pairs are checked one after the other, with a line for each at the end; as JSON their answers are a list. A
/// pair that could not be checked keeps no other from it. The exit code is that of the worst: 2, then 1, then 3.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, after_long_help = concat_long())]
pub(crate) struct CheckArguments {
    /// The pair, or several: a folder with a pair.yaml, or the file itself
    #[arg(value_name = "PAIR", required = true)]
    pub(crate) pairs: Vec<PathBuf>,

    /// Judge this recorded snapshot instead of the servers [default: what the pair file says under `recorded`, else
    /// the servers are asked]
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,

    #[command(flatten)]
    folders: PackFolders,

    #[command(flatten)]
    words: RuleWords,

    /// From which severity on findings give exit code 1
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t)]
    fail_on: FailOn,

    /// Judge as of this time, such as 2026-11-22T03:00:00Z: ages of facts and ends of waivers count from it
    /// [default: the time of the snapshot, or now when the servers are asked]
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Timestamp>,

    /// How long reading all facts may take: 500ms, 30s, 2m, 1h [default: `collect.timeout` of the pair file, else 2m]
    #[arg(long, value_name = "SPAN", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,

    /// Keep the facts that were read in this file, as `standin collect` does [default: kept in the store only]
    #[arg(long, value_name = "FILE", conflicts_with = "snapshot")]
    pub(crate) save: Option<PathBuf>,

    /// Show everything: what is good, every fact, nothing folded [default: off]
    #[arg(short, long)]
    verbose: bool,
}

const EXAMPLES: &str = "\
Examples:
  standin check mail-pair                          ask the servers of mail-pair/pair.yaml
  standin check mail-pair --only dns,C-69          only the rules of a tag and of a row
  standin check mail-pair --snapshot friday.json   judge what was recorded on Friday
  standin check mail-pair payroll-pair             two pairs, and a line for each at the end
  standin check mail-pair --format json > answer.json";

fn concat_long() -> String {
    format!("{EXAMPLES}\n\n{}", ExitStatus::TABLE)
}

/// What came of one pair, after its answer was told.
struct Checked {
    /// The answer in a line.
    line: String,
    status: ExitStatus,
}

pub(crate) fn run(arguments: &CheckArguments, context: &mut Context) -> Outcome<ExitStatus> {
    if let [pair] = arguments.pairs.as_slice() {
        let checked = one(pair, "", arguments, context)?;
        return Ok(checked.map_or(ExitStatus::Interrupted, |checked| checked.status));
    }
    if arguments.snapshot.is_some() || arguments.save.is_some() {
        return Err(Refusal::new("a snapshot is of one pair, and several are given")
            .next("leave out --snapshot and --save, or check one pair at a time"));
    }
    Ok(several(arguments, context))
}

/// Checks every pair; what keeps one from it is told, and the others go on.
fn several(arguments: &CheckArguments, context: &mut Context) -> ExitStatus {
    let (mut status, mut lines, mut list) = (ExitStatus::Good, String::new(), "[\n");
    for pair in &arguments.pairs {
        match one(pair, list, arguments, context) {
            Ok(None) => {
                status = ExitStatus::Interrupted;
                break;
            }
            Ok(Some(checked)) => {
                status = status.or_worse(checked.status);
                lines += &checked.line;
                list = ",\n";
                context.answer(|| "\n".to_owned(), String::new);
            }
            Err(refusal) => {
                status = status.or_worse(refuse(&refusal, context));
                lines += &report::not_checked(&pair.display().to_string(), context.look(false));
            }
        }
    }
    context.answer(|| lines, || if list == "[\n" { "[]" } else { "]" }.to_owned());
    status
}

/// Checks a pair and tells the answer, in JSON with what stands before it in a list; nothing when it was interrupted.
fn one(
    pair: &Path,
    before: &str,
    arguments: &CheckArguments,
    context: &mut Context,
) -> Outcome<Option<Checked>> {
    let mut opened = open(pair, &arguments.folders, arguments.now, context)?;
    let selection = arguments.words.selection(&opened.catalogue)?;
    let recorded = arguments
        .snapshot
        .as_ref()
        .or(opened.pair.recorded.as_ref())
        .cloned();
    let (snapshot, origin) = match &recorded {
        Some(file) => (recording(file, &opened, context)?, Origin::Recorded),
        None => (
            live::facts(arguments, &opened, &selection, context)?,
            Origin::Live,
        ),
    };
    if !snapshot.complete && origin == Origin::Live {
        return Ok(None);
    }
    let now = arguments.now.unwrap_or_else(|| match origin {
        Origin::Recorded => snapshot.taken_at,
        Origin::Live => clock::now(),
    });
    // The same answer byte for byte needs the same time for what the pair file says.
    opened.said = catalogue::bind(&opened.catalogue, &opened.pair, now, &mut Diagnostics::new());
    let answer = pipeline::judge(&opened, &snapshot, &selection, now)?;
    let report = Report {
        pair: &opened.pair,
        catalogue: &opened.catalogue,
        snapshot: &snapshot,
        origin,
        judged: &answer.judged,
        summary: &answer.summary,
        now,
    };
    let look = context.look(arguments.verbose);
    context.answer(
        || report::human(&report, look),
        || format!("{before}{}", report::json(&report)),
    );
    if origin == Origin::Live {
        live::remember(&report, &opened, &selection, context);
    }
    let checked = Checked {
        line: report::in_a_line(&report, look),
        status: ExitStatus::of(&answer.summary, arguments.fail_on),
    };
    if arguments.pairs.len() == 1 {
        // The process ends here: to give back piece by piece what it holds would take a tenth of its time.
        std::mem::forget((opened, snapshot, answer));
    }
    Ok(Some(checked))
}

/// Opens a pair and tells the warnings about its files.
pub(crate) fn open(
    pair: &Path,
    folders: &PackFolders,
    now: Option<Timestamp>,
    context: &mut Context,
) -> Outcome<Opened> {
    let file = pipeline::pair_file(pair);
    if !file.exists() {
        let missing = Refusal::new(format!("there is no pair file {}", file.display()));
        return Err(missing
            .next("give a folder with a pair.yaml, or the file itself")
            .next("start a new one: standin init --out FOLDER"));
    }
    let at = now.unwrap_or_else(clock::now);
    let mut opened = pipeline::open(pair, &folders.folders, at, &mut context.sources)?;
    context.warn(&opened.warnings);
    opened.trusted = trust::trusted(&opened.catalogue, context);
    Ok(opened)
}

/// Reads a recorded snapshot of this pair, and says on stderr that it stands in for the servers.
pub(crate) fn recording(file: &Path, opened: &Opened, context: &Context) -> Outcome<Snapshot> {
    let snapshot = pipeline::recorded(file, &opened.catalogue)?;
    let (theirs, ours) = (&snapshot.pair, &opened.pair.name.value);
    if theirs != ours {
        let other = format!(
            "{} was recorded from the pair `{theirs}`, this is `{ours}`",
            file.display()
        );
        return Err(Refusal::new(other).next("give the pair file that it was recorded with"));
    }
    context
        .terminal
        .note(&format!("replaying {}, no server is asked", file.display()));
    Ok(snapshot)
}
