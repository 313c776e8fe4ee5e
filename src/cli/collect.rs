//! `standin collect`: records the facts of a pair in a file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::exit::ExitStatus;
use super::packs::{PackFolders, RuleWords};
use super::refusal::{Outcome, Refusal};
use super::values::duration;
use super::{Context, check, live};
use crate::diagnostic::visible;
use crate::facts::{Cause, Snapshot};
use crate::pipeline;
use crate::report::pretty;
use crate::store::PrivateFile;

/// Record the facts of a pair, to be judged later or elsewhere
///
/// Asks the servers of the pair as `check` does and writes what they said to one file, for its owner only. The file
/// replays the same answer anywhere, without a server in reach: standin check PAIR --snapshot FILE.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CollectArguments {
    /// The pair: a folder with a pair.yaml, or the file itself
    #[arg(value_name = "PAIR")]
    pair: PathBuf,

    /// The file to write; one that is there is not written over without --force
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,

    /// Write over a file that is there [default: off]
    #[arg(long)]
    force: bool,

    /// Replace names, addresses and SIDs, each always by the same stand-in, so that the file can be shown to
    /// strangers; what is equal stays equal [default: off]
    #[arg(long)]
    redact: bool,

    #[command(flatten)]
    folders: PackFolders,

    #[command(flatten)]
    words: RuleWords,

    /// How long reading all facts may take: 500ms, 30s, 2m, 1h [default: `collect.timeout` of the pair file, else 2m]
    #[arg(long, value_name = "SPAN", value_parser = duration)]
    timeout: Option<Duration>,
}

const EXAMPLES: &str = "\
Examples:
  standin collect mail-pair --out friday.json
  standin check mail-pair --snapshot friday.json      judge it, now or in a year
  standin collect mail-pair --out public.json --redact

Exit codes: 0 everything was read, 3 written, but something could not be read, 130 interrupted (what was read is
written and marked), 2 could not run.";

pub(crate) fn run(arguments: &CollectArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let out = &arguments.out;
    if out.exists() && !arguments.force {
        return Err(live::already_there(out).next("or write over it: --force"));
    }
    let opened = check::open(&arguments.pair, &arguments.folders, None, context)?;
    let selection = arguments.words.selection(&opened.catalogue)?;
    // Begun before anything is asked, so that two minutes are not lost to a folder that cannot be written.
    let file = PrivateFile::begin(out).map_err(|error| unwritable(out, &error))?;
    let timeout = arguments.timeout.unwrap_or(opened.pair.collect.timeout);
    let mut snapshot = live::ask(&opened, &selection, timeout, context)?;
    if arguments.redact {
        snapshot = pipeline::redacted(&snapshot, &arguments.folders.folders);
    }
    let text = snapshot.to_json();
    file.finish(out, text.as_bytes(), arguments.force)
        .map_err(|error| unwritable(out, &error))?;
    context.answer(|| human(&snapshot, out), || json_of(&snapshot, out));
    if arguments.redact {
        let replay = format!("it replays with a pair file that says `pair: {}`", snapshot.pair);
        context.terminal.note(&replay);
    }
    Ok(if !snapshot.complete {
        ExitStatus::Interrupted
    } else if roots(&snapshot).keys().any(|(cause, _)| is_trouble(*cause)) {
        ExitStatus::Unknown
    } else {
        ExitStatus::Good
    })
}

fn unwritable(out: &Path, error: &io::Error) -> Refusal {
    let refusal = Refusal::new(format!("cannot write {}: {error}", out.display()));
    match error.kind() {
        io::ErrorKind::AlreadyExists => refusal.next("choose another name, or write over it: --force"),
        io::ErrorKind::NotFound => refusal.next("make its folder first, or choose another"),
        _ => refusal,
    }
}

/// Whether a cause means that something went wrong, rather than that there was nothing to read.
fn is_trouble(cause: Cause) -> bool {
    match cause {
        Cause::Unreachable
        | Cause::Timeout
        | Cause::BadCredentials
        | Cause::Denied
        | Cause::Malformed
        | Cause::Truncated
        | Cause::NotCollected => true,
        Cause::NotFound | Cause::Unsupported | Cause::Ambiguous | Cause::NotConfigured => false,
    }
}

/// What could not be read: how many facts, and the first detail, by cause and root.
fn roots(snapshot: &Snapshot) -> BTreeMap<(Cause, String), (usize, String)> {
    let mut roots: BTreeMap<(Cause, String), (usize, String)> = BTreeMap::new();
    for (_, observation) in snapshot.facts.iter() {
        if let Err(why) = &observation.value {
            let root = roots.entry((why.cause, why.root.to_string()));
            root.or_insert_with(|| (0, why.detail.to_string())).0 += 1;
        }
    }
    roots
}

fn human(snapshot: &Snapshot, out: &Path) -> String {
    let known = snapshot.facts.iter().filter(|(_, o)| o.value.is_ok()).count();
    let all = snapshot.facts.len();
    let mut text = format!(
        "wrote {}: {known} of {all} facts are known",
        visible(&out.display().to_string())
    );
    if !snapshot.complete {
        text.push_str("; it was interrupted and is marked as not complete");
    }
    text.push('\n');
    for ((cause, _), (facts, detail)) in roots(snapshot) {
        let _ = writeln!(text, "  {facts} not known ({cause}): {}", visible(&detail));
        if is_trouble(cause) {
            let _ = writeln!(text, "      {}", cause.hint());
        }
    }
    text
}

fn json_of(snapshot: &Snapshot, out: &Path) -> String {
    let absent: Vec<Value> = roots(snapshot)
        .into_iter()
        .map(|((cause, root), (facts, detail))| {
            json!({ "cause": cause.word(), "root": root, "detail": detail, "facts": facts })
        })
        .collect();
    let told = json!({
        "file": out.display().to_string(),
        "pair": snapshot.pair,
        "taken_at": snapshot.taken_at.to_string(),
        "complete": snapshot.complete,
        "facts": snapshot.facts.len(),
        "absent": absent,
    });
    pretty(&told)
}
