//! `standin rights`: what the accounts of a pair must be allowed, and whether they are.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::exit::ExitStatus;
use super::packs::{PackFolders, RuleWords};
use super::progress::Counter;
use super::refusal::Outcome;
use super::values::duration;
use super::{Context, check, clock, live};
use crate::evaluate::RightRow;
use crate::pair::Secrets;
use crate::pipeline::{self, Means, Opened};
use crate::report::{self, Rights};

/// Tell which rights the accounts of a pair need at least, and whether they have them
///
/// Lists for each endpoint what its account must be allowed so that the facts can be read which the rules of this pair
/// need, with how to grant it. Whether it is allowed is found out by reading alone; nothing is changed, and a right that
/// only a change would show stays unknown. With --offline nobody is asked.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RightsArguments {
    /// The pair: a folder with a pair.yaml, or the file itself
    #[arg(value_name = "PAIR")]
    pair: PathBuf,

    /// Only list what is needed; ask nobody [default: off]
    #[arg(long)]
    offline: bool,

    #[command(flatten)]
    words: RuleWords,

    #[command(flatten)]
    folders: PackFolders,

    /// How long finding out may take: 500ms, 30s, 2m, 1h [default: `collect.timeout` of the pair file, else 2m]
    #[arg(long, value_name = "SPAN", value_parser = duration)]
    timeout: Option<Duration>,

    /// Show everything: all facts and rules, and what is no longer needed [default: off]
    #[arg(short, long)]
    verbose: bool,
}

const EXAMPLES: &str = "\
Examples:
  standin rights mail-pair --offline       what to ask the administrators for
  standin rights mail-pair                 and what of it is there
  standin rights mail-pair --only dns      what the rules of a tag need

Exit codes: 0 nothing is missing (or nobody was asked), 1 a right is missing, 3 none is missing, but something could not be
told, 130 interrupted, 2 could not run.";

pub(crate) fn run(arguments: &RightsArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let opened = check::open(&arguments.pair, &arguments.folders, None, context)?;
    let selection = arguments.words.selection(&opened.catalogue)?;
    let mut rows = pipeline::rights(&opened, &selection);
    let complete = if arguments.offline {
        true
    } else {
        if opened.pair.recorded.is_some() {
            let note = "the pair file names a recording; its servers are asked all the same";
            context.terminal.note(note);
        }
        let timeout = arguments.timeout.unwrap_or(opened.pair.collect.timeout);
        stand(&opened, &mut rows, timeout, &mut Secrets::default(), context)?
    };
    let rights = Rights {
        pair: &opened.pair,
        rows: &rows,
        former: &opened.catalogue.former_rights,
        complete,
    };
    let look = context.look(arguments.verbose);
    context.answer(
        || report::rights_text(&rights, look),
        || report::pretty(&report::rights_json(&rights)),
    );
    Ok(if !complete {
        ExitStatus::Interrupted
    } else if rights.missing() > 0 {
        ExitStatus::Findings
    } else if rights.unknown() > 0 {
        ExitStatus::Unknown
    } else {
        ExitStatus::Good
    })
}

/// Finds out how the accounts stand with these rights; also tells whether it came to its end.
pub(super) fn stand(
    opened: &Opened,
    rows: &mut [RightRow<'_>],
    timeout: Duration,
    secrets: &mut Secrets,
    context: &Context,
) -> Outcome<bool> {
    let wanted = pipeline::shown_by(opened, rows);
    live::fetch_secrets(&opened.catalogue, &opened.pair, &wanted, secrets);
    let runtime = live::runtime()?;
    let counter = Counter::new(&context.terminal);
    let complete = runtime.block_on(async {
        let cancelled = CancellationToken::new();
        live::cancel_on_interrupt(cancelled.clone()).await;
        let clock: fn() -> jiff::Timestamp = clock::now;
        let means = Means {
            timeout,
            clock: &clock,
            progress: &counter,
            cancelled,
            digests: None,
        };
        pipeline::stand(opened, rows, means, secrets).await
    });
    // Nobody waits for a name server that a thread still waits for.
    runtime.shutdown_background();
    Ok(complete)
}
