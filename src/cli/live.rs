//! Asks the servers of a pair, keeps what they said, and tells what is new since the last time.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::path::{Path, PathBuf};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use super::check::CheckArguments;
use super::progress::Counter;
use super::refusal::{Outcome, Refusal};
use super::{Context, clock};
use crate::catalogue::Catalogue;
use crate::collect;
use crate::diagnostic::visible;
use crate::evaluate::{self, Selection};
use crate::facts::{FactPath, Snapshot};
use crate::pair::{Pair, Secrets};
use crate::pipeline::{self, Means, Opened};
use crate::report::{self, Before, Look, Report};
use crate::store::{DigestKey, StateFolder, write_private};

/// The facts of a live check; not complete when it was interrupted.
pub(super) fn facts(
    arguments: &CheckArguments,
    opened: &Opened,
    selection: &Selection,
    context: &Context,
) -> Outcome<Snapshot> {
    if let Some(file) = &arguments.save
        && file.exists()
    {
        return Err(already_there(file));
    }
    let timeout = arguments.timeout.unwrap_or(opened.pair.collect.timeout);
    let snapshot = ask(opened, selection, timeout, context)?;
    if let Some(file) = &arguments.save {
        let written = write_private(file, snapshot.to_json().as_bytes(), false);
        written.map_err(|error| Refusal::new(format!("cannot write {}: {error}", file.display())))?;
    }
    if !snapshot.complete {
        keep_partial(&snapshot, opened, context);
    }
    Ok(snapshot)
}

/// The refusal to write over a file.
pub(super) fn already_there(file: &Path) -> Refusal {
    Refusal::new(format!("{} is there already", file.display()))
        .next("choose another name; a recording is never written over by itself")
}

/// Reads what the selected rules need; Ctrl-C ends it early.
pub(super) fn ask(
    opened: &Opened,
    selection: &Selection,
    timeout: Duration,
    context: &Context,
) -> Outcome<Snapshot> {
    let mut secrets = Secrets::default();
    let rules = evaluate::selected(&opened.catalogue, selection);
    let wanted = collect::needed(&opened.catalogue, rules);
    fetch_secrets(&opened.catalogue, &opened.pair, &wanted, &mut secrets);
    let runtime = runtime()?;
    let cancelled = CancellationToken::new();
    let counter = Counter::new(&context.terminal);
    let key = digest_key(opened, context);
    let make = |secret: &[u8]| {
        let key = key.as_ref().expect("digests are made only where there is a key");
        key.digest(secret)
    };
    let snapshot = runtime.block_on(async {
        cancel_on_interrupt(cancelled.clone()).await;
        let clock: fn() -> jiff::Timestamp = clock::now;
        let means = Means {
            timeout,
            clock: &clock,
            progress: &counter,
            cancelled,
            digests: key.as_ref().map(|key| collect::Digests {
                key: key.id(),
                make: &make,
            }),
        };
        pipeline::live(opened, selection, means, &mut secrets).await
    });
    // Nobody waits for a name server that a thread still waits for.
    runtime.shutdown_background();
    Ok(snapshot)
}

/// What runs everything that waits for servers.
pub(super) fn runtime() -> Outcome<Runtime> {
    let built = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    built.map_err(|error| Refusal::new(format!("cannot start the threads that talk to servers: {error}")))
}

/// From now on Ctrl-C ends the run early instead of the program.
pub(super) async fn cancel_on_interrupt(cancelled: CancellationToken) {
    let mut pressed = Box::pin(tokio::signal::ctrl_c());
    // The first look is what begins to listen: nothing may be pressed in vain afterwards.
    let first = poll_fn(|context| Poll::Ready(pressed.as_mut().poll(context))).await;
    tokio::spawn(async move {
        let outcome = match first {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => pressed.await,
        };
        if outcome.is_ok() {
            cancelled.cancel();
        }
    });
}

/// Fetches the secrets that reading these facts needs while Ctrl-C still ends the program at once: a prompt waits for a
/// person.
///
/// One that cannot be had is told by the facts that need it.
pub(super) fn fetch_secrets(
    catalogue: &Catalogue,
    pair: &Pair,
    wanted: &BTreeSet<FactPath>,
    secrets: &mut Secrets,
) {
    for name in collect::endpoints_of(catalogue, pair, wanted) {
        let endpoint = pair.endpoint(&name);
        if let Some(reference) = endpoint.and_then(|endpoint| endpoint.protocol.secret()) {
            let _ = secrets.get(reference, true);
        }
    }
}

/// The state folder of this pair, if there is a place for one.
fn state(opened: &Opened, context: &Context) -> Option<StateFolder> {
    let all = state_folder(context)?;
    let pair = &opened.pair;
    let addresses = [&pair.source, &pair.target].map(|server| server.address.value.to_string());
    let words = [
        pair.name.value.as_str(),
        &pair.source.name.value,
        &addresses[0],
        &pair.target.name.value,
        &addresses[1],
    ];
    Some(StateFolder::of(&all, &words))
}

/// The key of this pair's digests, if there is a place for one.
fn digest_key(opened: &Opened, context: &Context) -> Option<DigestKey> {
    match state(opened, context)?.digest_key() {
        Ok(key) => Some(key),
        Err(error) => {
            context
                .terminal
                .note(&format!("there is no key to digest secrets with: {error}"));
            None
        }
    }
}

/// Whether checks of this pair can be kept, and where.
pub(super) fn can_keep(opened: &Opened, context: &Context) -> Result<PathBuf, String> {
    let state = state(opened, context).ok_or_else(|| "there is no folder to keep checks in".to_owned())?;
    match state.digest_key() {
        Ok(_) => Ok(state.path().to_path_buf()),
        Err(error) => Err(format!("{} cannot be used: {error}", state.path().display())),
    }
}

/// The last live check of all rules, if one is remembered.
pub(super) fn last(opened: &Opened, context: &Context) -> Option<PathBuf> {
    state(opened, context)
        .map(|state| state.last(&[]))
        .filter(|file| file.exists())
}

/// The folder of all states, if there is a place for one.
pub(super) fn state_folder(context: &Context) -> Option<PathBuf> {
    context.state.clone().or_else(default_state)
}

/// `$XDG_STATE_HOME/standin`, or what stands for it.
fn default_state() -> Option<PathBuf> {
    let folder = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let base = folder("XDG_STATE_HOME")
        .or_else(|| folder("HOME").map(|home| home.join(".local/state")))
        .or_else(|| folder("LOCALAPPDATA"))?;
    Some(base.join("standin"))
}

fn keep_partial(snapshot: &Snapshot, opened: &Opened, context: &Context) {
    let read = snapshot.facts.iter().filter(|(_, o)| o.value.is_ok()).count();
    let kept = state(opened, context).and_then(|state| {
        let file = state.partial();
        state.keep(&file, &snapshot.to_json()).ok().map(|()| file)
    });
    let told = match kept {
        Some(file) => format!(
            "interrupted; {read} of {} facts were read and are kept in {}",
            snapshot.facts.len(),
            file.display()
        ),
        None => format!("interrupted; {read} of {} facts were read", snapshot.facts.len()),
    };
    context.terminal.complain(&format!("{}\n", visible(&told)));
}

/// Tells what is otherwise than at the last check with these rules, and keeps this one for the next.
pub(super) fn remember(report: &Report<'_>, opened: &Opened, selection: &Selection, context: &Context) {
    let Some(state) = state(opened, context) else {
        context
            .terminal
            .note("no state folder: set HOME, XDG_STATE_HOME or --state to compare runs");
        return;
    };
    let words: Vec<&str> = selection.only.iter().map(String::as_str).collect();
    let skipped = selection.skip.iter().map(String::as_str);
    let words: Vec<&str> = if selection.skip.is_empty() {
        words
    } else {
        words.into_iter().chain(["--skip"]).chain(skipped).collect()
    };
    let file = state.last(&words);
    if file.exists() {
        match before(&file, opened, selection) {
            Ok((snapshot, answer)) => {
                let before = Before {
                    judged: &answer.judged,
                    snapshot: &snapshot,
                };
                let look = Look {
                    colour: context.terminal.talk_colour,
                    ..context.look(false)
                };
                let told = report::changes(&before, report, look);
                context.terminal.tell(told.trim_end());
            }
            Err(why) => context
                .terminal
                .note(&format!("cannot tell what changed since the last check: {why}")),
        }
    }
    if let Err(error) = state.keep(&file, &report.snapshot.to_json()) {
        context.terminal.note(&format!(
            "cannot keep this check for the next: {}: {error}",
            file.display()
        ));
    }
}

/// The last check, judged by the rules of today as of its own time.
fn before(
    file: &Path,
    opened: &Opened,
    selection: &Selection,
) -> Result<(Snapshot, pipeline::Answer), pipeline::Failure> {
    let snapshot = pipeline::recorded(file, &opened.catalogue)?;
    let answer = pipeline::judge(opened, &snapshot, selection, snapshot.taken_at)?;
    Ok((snapshot, answer))
}
