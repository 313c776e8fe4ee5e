//! `standin collect`: records the facts of a pair in a file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::exit::ExitStatus;
use super::kept::{self, Done};
use super::packs::{PackFolders, RuleWords};
use super::refusal::{Outcome, Refusal};
use super::values::duration;
use super::{Context, check, live};
use crate::diagnostic::visible;
use crate::facts::{Cause, Snapshot};
use crate::pipeline::{self, Purpose};
use crate::report::pretty;
use crate::store::{Kind, PrivateFile, create_private_folder};

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

    /// The file to write; one that is there is not written over without --force. With --redact a folder for pair.yaml
    /// and snapshot.json, or a file FILE.json, which gets its pair file FILE.yaml beside it
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,

    /// Write over a file that is there [default: off]
    #[arg(long)]
    force: bool,

    /// Replace names, addresses and SIDs, each always by the same stand-in, and write a pair file with the same
    /// stand-ins and without endpoints: both can be shown to strangers, and replay to the same verdicts [default: off]
    #[arg(long)]
    redact: bool,

    /// Take what was recorded in this file instead of asking the servers [default: the servers are asked]
    #[arg(long, value_name = "FILE", requires = "redact", conflicts_with = "timeout")]
    snapshot: Option<PathBuf>,

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
  standin collect mail-pair --out public --redact     writes public/pair.yaml and public/snapshot.json
  standin collect mail-pair --snapshot friday.json --redact --out public

Exit codes: 0 everything was read, 3 written, but something could not be read, 130 interrupted (what was read is
written and marked), 2 could not run.";

pub(crate) fn run(arguments: &CollectArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let places = Places::of(arguments);
    for file in places.all() {
        if file.exists() && !arguments.force {
            return Err(live::already_there(file).next("or write over it: --force"));
        }
    }
    let opened = check::open(&arguments.pair, &arguments.folders, None, context)?;
    let selection = arguments.words.selection(&opened.catalogue)?;
    places.make_folder()?;
    // Begun before anything is asked, so that two minutes are not lost to a folder that cannot be written.
    let begun = places.begin()?;
    let timeout = arguments.timeout.unwrap_or(opened.pair.collect.timeout);
    let read = if let Some(file) = &arguments.snapshot {
        check::recording(file, &opened, context)?
    } else {
        // A recording is for plans and runbooks too.
        let wanted = pipeline::needed(&opened, &selection, Purpose::Recording);
        live::ask(&opened, &wanted, timeout, context)?
    };
    let redacted;
    let snapshot = if arguments.redact {
        let folders = &arguments.folders.folders;
        redacted = pipeline::redacted(&opened, &read, &places.recorded(), folders)?;
        let texts = [redacted.snapshot.to_json(), redacted.pair_file];
        begun.finish(&places, &texts, arguments.force)?;
        &redacted.snapshot
    } else {
        begun.finish(&places, &[read.to_json()], arguments.force)?;
        &read
    };
    if arguments.snapshot.is_none() {
        let done = Done {
            kind: Kind::Collected,
            snapshot: &read,
            rules: &selection,
            summary: None,
            plan: None,
            file: Some(&arguments.out),
        };
        kept::record(&done, &opened, context);
    }
    context.answer(|| human(snapshot, &places), || json_of(snapshot, &places));
    Ok(if !snapshot.complete {
        ExitStatus::Interrupted
    } else if roots(snapshot).keys().any(|(cause, _)| is_trouble(*cause)) {
        ExitStatus::Unknown
    } else {
        ExitStatus::Good
    })
}

/// Where what is written goes.
struct Places {
    snapshot: PathBuf,
    /// Beside a redacted snapshot lies its pair file.
    pair: Option<PathBuf>,
    /// The folder that is made for them.
    folder: Option<PathBuf>,
}

impl Places {
    fn of(arguments: &CollectArguments) -> Self {
        let out = &arguments.out;
        let is_file = out.extension().is_some_and(|extension| extension == "json");
        match (arguments.redact, is_file) {
            (false, _) => Self {
                snapshot: out.clone(),
                pair: None,
                folder: None,
            },
            (true, true) => Self {
                snapshot: out.clone(),
                pair: Some(out.with_extension("yaml")),
                folder: None,
            },
            (true, false) => Self {
                snapshot: out.join("snapshot.json"),
                pair: Some(out.join(pipeline::PAIR_FILE)),
                folder: Some(out.clone()),
            },
        }
    }

    fn all(&self) -> impl Iterator<Item = &PathBuf> {
        std::iter::once(&self.snapshot).chain(&self.pair)
    }

    /// The snapshot as its pair file names it.
    fn recorded(&self) -> String {
        let name = self.snapshot.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    fn make_folder(&self) -> Outcome<()> {
        match &self.folder {
            Some(folder) => create_private_folder(folder).map_err(|error| unwritable(folder, &error)),
            None => Ok(()),
        }
    }

    fn begin(&self) -> Outcome<Begun> {
        let begin = |place: &PathBuf| PrivateFile::begin(place).map_err(|error| unwritable(place, &error));
        Ok(Begun(self.all().map(begin).collect::<Outcome<_>>()?))
    }

    /// What a person types to see it judged.
    fn replay(&self) -> Option<String> {
        let pair = self.folder.as_ref().or(self.pair.as_ref())?;
        Some(format!("standin check {}", visible(&pair.display().to_string())))
    }
}

/// Files that wait for their text.
struct Begun(Vec<PrivateFile>);

impl Begun {
    fn finish(self, places: &Places, texts: &[String], force: bool) -> Outcome<()> {
        for ((file, place), text) in self.0.into_iter().zip(places.all()).zip(texts) {
            file.finish(place, text.as_bytes(), force)
                .map_err(|error| unwritable(place, &error))?;
        }
        Ok(())
    }
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

fn human(snapshot: &Snapshot, places: &Places) -> String {
    let known = snapshot.facts.iter().filter(|(_, o)| o.value.is_ok()).count();
    let all = snapshot.facts.len();
    let mut text = format!(
        "wrote {}: {known} of {all} facts are known",
        visible(&places.snapshot.display().to_string())
    );
    if !snapshot.complete {
        text.push_str("; it was interrupted and is marked as not complete");
    }
    text.push('\n');
    if let (Some(pair), Some(replay)) = (&places.pair, places.replay()) {
        let _ = writeln!(
            text,
            "wrote {}; see it judged: {replay}",
            visible(&pair.display().to_string())
        );
    }
    for ((cause, _), (facts, detail)) in roots(snapshot) {
        let _ = writeln!(text, "  {facts} not known ({cause}): {}", visible(&detail));
        if is_trouble(cause) {
            let _ = writeln!(text, "      {}", cause.hint());
        }
    }
    text
}

fn json_of(snapshot: &Snapshot, places: &Places) -> String {
    let absent: Vec<Value> = roots(snapshot)
        .into_iter()
        .map(|((cause, root), (facts, detail))| {
            json!({ "cause": cause.word(), "root": root, "detail": detail, "facts": facts })
        })
        .collect();
    let told = json!({
        "file": places.snapshot.display().to_string(),
        "pair_file": places.pair.as_ref().map(|pair| pair.display().to_string()),
        "pair": snapshot.pair,
        "taken_at": snapshot.taken_at.to_string(),
        "complete": snapshot.complete,
        "facts": snapshot.facts.len(),
        "absent": absent,
    });
    pretty(&told)
}
