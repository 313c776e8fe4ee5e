//! The store as one command uses it: opened for a moment, and never in the way of the answer of a check.

use std::path::PathBuf;

use serde_json::{Value, json};
use tokio::runtime::Builder;

use super::refusal::Refusal;
use super::{Context, clock};
use crate::evaluate::{Selection, Summary};
use crate::facts::Snapshot;
use crate::pipeline::Opened;
use crate::report::summary_words;
use crate::store::{
    DigestKey, Kind, Last, News, PairName, Place, StateFolder, Store, StoreError, digest_of, selection,
};

/// Where the store is, if there is a place for one: the address that was given, else a file in the state folder.
pub(super) fn place(context: &Context) -> Result<Place, StoreError> {
    match &context.store {
        Some(address) => Place::server(address),
        None => match state_folder(context) {
            Some(folder) => Ok(Place::folder(&folder)),
            None => Err(StoreError::Address(
                "there is no folder to keep anything in: set HOME, XDG_STATE_HOME or --state".to_owned(),
            )),
        },
    }
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

/// What the store knows the pair by.
pub(super) fn pair_name(opened: &Opened) -> PairName {
    let pair = &opened.pair;
    let addresses = [&pair.source, &pair.target].map(|server| server.address.value.to_string());
    PairName::new(
        &pair.name.value,
        (&pair.source.name.value, &addresses[0]),
        (&pair.target.name.value, &addresses[1]),
    )
}

/// The folder of a pair's files that are no part of the store.
pub(super) fn pair_folder(opened: &Opened, context: &Context) -> Option<StateFolder> {
    state_folder(context).map(|all| StateFolder::of(&all, &pair_name(opened)))
}

/// Does something with the store.
pub(super) fn with<T>(
    place: &Place,
    ask: impl AsyncFnOnce(&mut Store) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    wait(place, async {
        let mut store = Store::open(place).await?;
        let done = ask(&mut store).await;
        store.close().await;
        done
    })
}

/// Does something with the store if there is one.
pub(super) fn with_existing<T>(
    place: &Place,
    ask: impl AsyncFnOnce(&mut Store) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    wait(place, async {
        let Some(mut store) = Store::open_existing(place).await? else {
            return Ok(None);
        };
        let done = ask(&mut store).await;
        store.close().await;
        done.map(Some)
    })
}

fn wait<T>(place: &Place, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| StoreError::Failed {
        store: place.to_string(),
        why: why.to_string(),
    })?;
    // During a run that reads servers Ctrl-C was taken from the system, which would have ended all.
    runtime.block_on(async {
        tokio::select! {
            done = work => done,
            Ok(()) = tokio::signal::ctrl_c() => Err(StoreError::Failed {
                store: place.to_string(),
                why: "interrupted".to_owned(),
            }),
        }
    })
}

/// Does something with the store for a pair, once what older versions kept of it is taken over.
fn with_pair<T>(
    opened: &Opened,
    context: &Context,
    ask: impl AsyncFnOnce(&mut Store, &PairName) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let pair = pair_name(opened);
    let folder = pair_folder(opened, context);
    with(&place(context)?, async |store| {
        if let Some(folder) = &folder {
            store.adopt(&pair, folder).await?;
        }
        ask(store, &pair).await
    })
}

/// The key of this pair's digests; without a store, one that serves this run only.
pub(super) fn digest_key(opened: &Opened, context: &Context) -> DigestKey {
    match with_pair(opened, context, async |store, pair| store.digest_key(pair).await) {
        Ok(key) => key,
        Err(why) => {
            let told = "digests of secrets of this run cannot be compared with those of others";
            context.terminal.note(&format!("{told}: {why}"));
            DigestKey::random()
        }
    }
}

/// Whether checks of this pair can be kept, and where.
pub(super) fn can_keep(opened: &Opened, context: &Context) -> Result<Place, StoreError> {
    with_pair(opened, context, async |store, pair| {
        // Making the key, where there is none, is writing.
        store.digest_key(pair).await?;
        Ok(store.place().clone())
    })
}

/// The last live check of these rules, if one is remembered: a snapshot as JSON.
pub(super) fn last(
    opened: &Opened,
    rules: &Selection,
    context: &Context,
) -> Result<Option<String>, StoreError> {
    let older = pair_folder(opened, context).is_some_and(|folder| folder.path().exists());
    if !older && !place(context)?.may_exist() {
        return Ok(None);
    }
    let rules = selection_of(rules);
    with_pair(opened, context, async |store, pair| {
        store.last(pair, &rules).await
    })
}

/// A check, a plan or a collection that is over.
#[derive(Debug)]
pub(super) struct Done<'a> {
    pub(super) kind: Kind,
    pub(super) snapshot: &'a Snapshot,
    pub(super) rules: &'a Selection,
    /// What it came to, when it was judged.
    pub(super) summary: Option<&'a Summary>,
    /// The plan that was made of it, as JSON.
    pub(super) plan: Option<&'a str>,
    /// Where the snapshot was written, or the plan.
    pub(super) file: Option<&'a std::path::Path>,
}

/// Records a run; a check that is whole is also what the next one is compared with.
///
/// Gives what this one is to be compared with: the last check of these rules, a snapshot as JSON. When that cannot be
/// done, it is told, and nothing else comes of it.
pub(super) fn record(done: &Done<'_>, opened: &Opened, context: &Context) -> Option<String> {
    let document = done.snapshot.to_json();
    let body = body(done, &document, opened);
    let rules = selection_of(done.rules);
    let is_next = done.kind == Kind::Checked && done.snapshot.complete;
    let kept = with_pair(opened, context, async |store, pair| {
        let news = News {
            kind: done.kind,
            at: clock::now(),
            body: &body,
        };
        let last = is_next.then_some(Last {
            selection: &rules,
            document: &document,
        });
        let before = store.last(pair, &rules).await?;
        store.record(pair, news, last).await?;
        Ok(before)
    });
    kept.unwrap_or_else(|why| {
        let told = format!("this run is not kept in the history: {why} ({})", why.hint());
        context.terminal.note(&told);
        None
    })
}

/// What the journal tells of a run.
fn body(done: &Done<'_>, document: &str, opened: &Opened) -> Value {
    let packs = opened.catalogue.packs.iter();
    let packs: Vec<String> = packs
        .map(|pack| format!("{} {}", pack.name, pack.version))
        .collect();
    json!({
        "by": who(),
        "standin": env!("CARGO_PKG_VERSION"),
        "taken_at": done.snapshot.taken_at.to_string(),
        "complete": done.snapshot.complete,
        "catalogue": opened.catalogue.digest,
        "packs": packs,
        "only": done.rules.only,
        "skip": done.rules.skip,
        "summary": done.summary.map(summary_words),
        "snapshot": digest_of(document),
        "plan": done.plan.map(digest_of),
        "file": done.file.map(|file| file.display().to_string()),
    })
}

/// Who runs this, and where.
pub(super) fn who() -> String {
    let user = whoami::username().unwrap_or_else(|_| "somebody".to_owned());
    let host = whoami::hostname().unwrap_or_else(|_| "somewhere".to_owned());
    format!("{user}@{host}")
}

/// Names the selection as the store does.
fn selection_of(rules: &Selection) -> String {
    let mut words: Vec<&str> = rules.only.iter().map(String::as_str).collect();
    if !rules.skip.is_empty() {
        words.push("--skip");
        words.extend(rules.skip.iter().map(String::as_str));
    }
    selection(&words)
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::new(error.to_string()).next(error.hint())
    }
}
