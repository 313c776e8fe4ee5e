//! `standin undo`: takes back what a run did.

use std::path::PathBuf;

use clap::Args;

use super::Context;
use super::apply::{self, How, Job};
use super::exit::ExitStatus;
use super::refusal::Outcome;
use crate::apply::End;
use crate::store::Seq;

/// Take back what a run changed
///
/// Step after step, the last first, and only where what is there is still what the step left: what somebody changed
/// since stays, and is told. What a run was doing when it broke off is settled by looking. Undoing twice does nothing the
/// second time.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct UndoArguments {
    /// The number of the run, which `history list` shows
    #[arg(value_name = "RUN")]
    run: Seq,

    /// The pair: a folder with a pair.yaml, or the file itself [default: the one that the run was made for]
    #[arg(long, value_name = "PAIR")]
    pair: Option<PathBuf>,

    #[command(flatten)]
    how: How,
}

const EXAMPLES: &str = "\
Examples:
  standin history list --pair mail    the runs of the pair called mail
  standin undo 17

Exit codes: 0 everything is taken back; 2 could not run; 5 something stays, and a person has to look; 130 stopped between
steps.";

pub(crate) fn run(arguments: &UndoArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let reopened = apply::reopen(arguments.run, arguments.pair.as_deref(), &arguments.how, context)?;
    let Some((mut site, looked, book)) = reopened else {
        return Ok(ExitStatus::Interrupted);
    };
    let context = site.context();
    let (run, ended) = site.carry_out(Job::Back(book), &looked, Some(arguments.run))?;
    let status = apply::tell(&mut site, run, &ended, None, &arguments.how, context)?;
    Ok(if ended.end == End::TakenBack {
        ExitStatus::Good
    } else {
        status
    })
}
