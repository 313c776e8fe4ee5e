//! `standin history`: what was run, and whether the record of it is whole.

use clap::{Args, Subcommand};

use super::exit::ExitStatus;
use super::refusal::{Outcome, Refusal};
use super::{Context, kept};
use crate::report;
use crate::store::{Entry, Run, Seq, Verified};

/// Tell what was run, and verify the record of it
///
/// Every live check, plan and recording is kept in the store: what was asked for, by whom, with which packs, and what
/// came of it. Entries are only ever appended, and each holds the hash of the one before: what is changed, removed or
/// moved later shows.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct HistoryArguments {
    #[command(subcommand)]
    command: HistoryCommand,
}

const EXAMPLES: &str = "\
Examples:
  standin history list --pair mail     the latest runs of the pair called mail
  standin history show 17              everything that is kept of run 17
  standin history verify               note the last line; later: --noted NUMBER:HASH

Exit codes: 0; 1 verify found damage; 2 could not run.";

#[derive(Debug, Subcommand)]
enum HistoryCommand {
    List(ListArguments),
    Show(ShowArguments),
    Verify(VerifyArguments),
}

/// List runs, the latest first
#[derive(Args, Debug)]
struct ListArguments {
    /// Only runs of pairs of this name, as the pair file has it [default: of all pairs]
    #[arg(long, value_name = "NAME")]
    pair: Option<String>,

    /// How many runs at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

/// Show one run in full
#[derive(Args, Debug)]
struct ShowArguments {
    /// The number of the run, which `history list` shows
    #[arg(value_name = "RUN")]
    run: Seq,
}

/// Look whether everything in the store is as it was written
///
/// Finds every entry that was changed, removed or moved, an end that was cut off, and snapshots that are others. Who
/// may write to the store could replace the whole of it: note number and hash of the last entry elsewhere from time
/// to time, and have it looked for.
#[derive(Args, Debug)]
struct VerifyArguments {
    /// Look whether this entry, noted before, is still there: its number and hash, or the beginning of the hash
    /// [default: none]
    #[arg(long, value_name = "NUMBER:HASH", value_parser = noted)]
    noted: Option<(Seq, String)>,
}

fn noted(text: &str) -> Result<(Seq, String), String> {
    let (seq, hash) = text
        .split_once(':')
        .ok_or("it is NUMBER:HASH, such as 12:9f86d081")?;
    let seq = seq.parse().map_err(|_| "there is no number before the colon")?;
    let sound = (8..=64).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !sound {
        return Err("the hash has 8 to 64 hexadecimal digits".to_owned());
    }
    Ok((seq, hash.to_owned()))
}

pub(crate) fn run(arguments: &HistoryArguments, context: &Context) -> Outcome<ExitStatus> {
    match &arguments.command {
        HistoryCommand::List(arguments) => list(arguments, context),
        HistoryCommand::Show(arguments) => show(arguments, context),
        HistoryCommand::Verify(arguments) => verify(arguments, context),
    }
}

fn list(arguments: &ListArguments, context: &Context) -> Outcome<ExitStatus> {
    let pair = arguments.pair.as_deref();
    let runs: Vec<Run> = kept::with_existing(&kept::place(context)?, async |store| {
        store.runs(pair, arguments.limit).await
    })?
    .unwrap_or_default();
    let look = context.look(false);
    context.answer(|| report::runs_table(&runs, look), || report::runs_json(&runs));
    Ok(ExitStatus::Good)
}

fn show(arguments: &ShowArguments, context: &Context) -> Outcome<ExitStatus> {
    let entries: Vec<Entry> = kept::with_existing(&kept::place(context)?, async |store| {
        store.entries(arguments.run).await
    })?
    .unwrap_or_default();
    if entries.is_empty() {
        let refusal = Refusal::new(format!("there is no run {}", arguments.run));
        return Err(refusal.next("standin history list shows them"));
    }
    let look = context.look(true);
    context.answer(|| report::run_text(&entries, look), || report::run_json(&entries));
    Ok(ExitStatus::Good)
}

fn verify(arguments: &VerifyArguments, context: &Context) -> Outcome<ExitStatus> {
    let place = kept::place(context)?;
    let noted = arguments.noted.as_ref().map(|(seq, hash)| (*seq, hash.as_str()));
    let found = kept::with_existing(&place, async |store| store.verify(noted).await)?;
    let Some(verified): Option<Verified> = found else {
        return Err(
            Refusal::new(format!("there is no store {place}")).next("a check makes it: standin check PAIR")
        );
    };
    let look = context.look(false);
    let place = place.to_string();
    context.answer(
        || report::verified_text(&verified, &place, look),
        || report::verified_json(&verified, &place),
    );
    Ok(if verified.damage.is_empty() {
        ExitStatus::Good
    } else {
        ExitStatus::Findings
    })
}
