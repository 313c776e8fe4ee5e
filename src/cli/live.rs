//! Asks the servers of a pair, keeps what they said, and tells what is new since the last time.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::path::Path;
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use super::check::CheckArguments;
use super::kept::{self, Done};
use super::progress::Counter;
use super::refusal::{Outcome, Refusal};
use super::{Context, clock};
use crate::catalogue::Catalogue;
use crate::collect;
use crate::diagnostic::visible;
use crate::evaluate::Selection;
use crate::facts::{FactPath, Snapshot};
use crate::pair::{Pair, Secrets};
use crate::pipeline::{self, Means, Opened, Purpose};
use crate::report::{self, Before, Look, Report};
use crate::store::{Kind, write_private};

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
    let wanted = pipeline::needed(opened, selection, Purpose::Check);
    let snapshot = ask(opened, &wanted, timeout, context)?;
    if let Some(file) = &arguments.save {
        let written = write_private(file, snapshot.to_json().as_bytes(), false);
        written.map_err(|error| Refusal::new(format!("cannot write {}: {error}", file.display())))?;
    }
    if !snapshot.complete {
        keep_partial(&snapshot, opened, context);
        let done = Done {
            kind: Kind::Checked,
            snapshot: &snapshot,
            rules: selection,
            summary: None,
            plan: None,
            file: None,
        };
        kept::record(&done, opened, context);
    }
    Ok(snapshot)
}

/// The refusal to write over a file.
pub(super) fn already_there(file: &Path) -> Refusal {
    Refusal::new(format!("{} is there already", file.display()))
        .next("choose another name; a recording is never written over by itself")
}

/// Reads these facts; Ctrl-C ends it early.
pub(super) fn ask(
    opened: &Opened,
    wanted: &BTreeSet<FactPath>,
    timeout: Duration,
    context: &Context,
) -> Outcome<Snapshot> {
    let mut secrets = Secrets::default();
    fetch_secrets(&opened.catalogue, &opened.pair, wanted, &mut secrets);
    let runtime = runtime()?;
    let cancelled = CancellationToken::new();
    let counter = Counter::new(&context.terminal);
    let key = kept::digest_key(opened, context);
    let make = |secret: &[u8]| key.digest(secret);
    let snapshot = runtime.block_on(async {
        cancel_on_interrupt(cancelled.clone()).await;
        let clock: fn() -> jiff::Timestamp = clock::now;
        let means = Means {
            timeout,
            clock: &clock,
            progress: &counter,
            cancelled,
            digests: Some(collect::Digests {
                key: key.id(),
                make: &make,
            }),
        };
        pipeline::live_facts(opened, wanted, means, &mut secrets).await
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

fn keep_partial(snapshot: &Snapshot, opened: &Opened, context: &Context) {
    let read = snapshot.facts.iter().filter(|(_, o)| o.value.is_ok()).count();
    let folder = kept::pair_folder(opened, context);
    let kept = folder.and_then(|folder| folder.keep_partial(&snapshot.to_json()).ok());
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

/// Keeps a check for the next with these rules, and tells what is otherwise than at the last one.
pub(super) fn remember(report: &Report<'_>, opened: &Opened, selection: &Selection, context: &Context) {
    let done = Done {
        kind: Kind::Checked,
        snapshot: report.snapshot,
        rules: selection,
        summary: Some(report.summary),
        plan: None,
        file: None,
    };
    let Some(last) = kept::record(&done, opened, context) else {
        return;
    };
    match before(&last, opened, selection) {
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

/// The last check, judged by the rules of today as of its own time.
fn before(
    document: &str,
    opened: &Opened,
    selection: &Selection,
) -> Result<(Snapshot, pipeline::Answer), pipeline::Failure> {
    let snapshot = pipeline::replayed("the last check", document, &opened.catalogue)?;
    let answer = pipeline::judge(opened, &snapshot, selection, snapshot.taken_at)?;
    Ok((snapshot, answer))
}
