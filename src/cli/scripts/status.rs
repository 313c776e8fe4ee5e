//! `standin scripts status`: which scripts are on the servers?

use clap::Args;

use crate::cli::Context;
use crate::cli::exit::ExitStatus;
use crate::cli::packs::PackFolders;
use crate::cli::refusal::{Outcome, Refusal};
use crate::cli::runbook::{Of, known_for};
use crate::evaluate::Status;
use crate::pipeline;
use crate::report;

/// Tell which scripts are on the servers
///
/// Compares the scripts in the folder of the pair with those on both servers, by their digests. Nothing is written anywhere. Whether
/// the folder itself is up to date tells `standin scripts PAIR --check`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct StatusArguments {
    #[command(flatten)]
    of: Of,

    #[command(flatten)]
    folders: PackFolders,
}

const EXAMPLES: &str = "\
Examples:
  standin scripts status mail-pair
  standin scripts status mail-pair --format json

Exit codes: 0 the servers have what lies here; 1 some script is older there, edited or missing; 3 something could not be read; 130 interrupted; 2 could not run.";

pub(super) fn run(arguments: &StatusArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let Some(known) = known_for(
        &arguments.of,
        &arguments.folders,
        pipeline::wanted_by_copies,
        context,
    )?
    else {
        return Ok(ExitStatus::Interrupted);
    };
    let copied = pipeline::copied(&known.opened, &known.facts)
        .map_err(|why| Refusal::new(format!("the scripts of this machine are not known: {why}")))?;
    let (pair, look) = (&known.opened.pair, context.look(false));
    context.answer(
        || report::copied_text(pair, &copied, look),
        || report::copied_json(pair, &copied),
    );
    Ok(match copied.status() {
        Status::Good => ExitStatus::Good,
        Status::Unknown => ExitStatus::Unknown,
        _ => ExitStatus::Findings,
    })
}
