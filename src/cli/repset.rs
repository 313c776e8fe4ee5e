//! `standin repset`: what has to be replicated, and why?

use clap::{Args, Subcommand};

use super::Context;
use super::exit::ExitStatus;
use super::packs::PackFolders;
use super::refusal::{Outcome, Refusal};
use super::runbook::{Of, known_for};
use crate::pipeline;
use crate::report;

/// Show what a complete replication set of a pair holds
///
/// The folders and files that the target needs before it can take over, each with its reasons, as they follow from the
/// facts; and the rules of the pair file that add to them or take something out. Nothing is written anywhere.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RepsetArguments {
    #[command(subcommand)]
    command: RepsetCommand,
}

#[derive(Debug, Subcommand)]
enum RepsetCommand {
    /// Show the replication sets of a pair, path by path
    Show(ShowArguments),
}

#[derive(Args, Debug)]
struct ShowArguments {
    #[command(flatten)]
    of: Of,

    #[command(flatten)]
    folders: PackFolders,
}

const EXAMPLES: &str = "\
Examples:
  standin repset show mail-pair                             from the servers as they are now
  standin repset show mail-pair --snapshot friday.json
  standin repset show mail-pair --format json               for whoever writes it into the replication engine

Exit codes: 0 it is complete, 1 a rule of the pair file takes out something that is needed, 3 something that decides about it is not known, 130 interrupted, 2 could not run.";

pub(crate) fn run(arguments: &RepsetArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let RepsetCommand::Show(arguments) = &arguments.command;
    let Some(known) = known_for(
        &arguments.of,
        &arguments.folders,
        pipeline::wanted_by_sets,
        context,
    )?
    else {
        return Ok(ExitStatus::Interrupted);
    };
    let sets = pipeline::sets(&known.facts).ok_or_else(|| {
        Refusal::new("the packs of this pair do not say what is replicated").next("add `common` to `packs`")
    })?;
    let look = context.look(false);
    let pair = &known.opened.pair;
    context.answer(
        || report::sets_text(pair, &sets, look),
        || report::sets_json(pair, &sets),
    );
    Ok(match sets.unknown {
        _ if !sets.taken_out().is_empty() => ExitStatus::Findings,
        None => ExitStatus::Good,
        Some(_) => ExitStatus::Unknown,
    })
}
