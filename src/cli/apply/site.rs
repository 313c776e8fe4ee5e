//! A pair whose servers are about to be changed: looked at, locked, changed, looked at again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::told::Told;
use crate::apply::{self, Book, Ended, Live, Task, Unreadable};
use crate::catalogue;
use crate::cli::progress::Counter;
use crate::cli::refusal::{Outcome, Refusal};
use crate::cli::{Context, clock, kept, live};
use crate::collect::Digests;
use crate::diagnostic::{Diagnostics, SourceMap};
use crate::evaluate::Selection;
use crate::facts::{Absence, Cause, Facts, Observation, Root};
use crate::pair::{Pair, PairFile, Secrets};
use crate::pipeline::{Attended, Looked, Means, Opened};
use crate::store::{DigestKey, Holder, Lock, Seq, Store, StoreError};

/// Everything that one run works with.
pub(in crate::cli) struct Site<'c> {
    pub(in crate::cli) opened: Opened,
    pub(in crate::cli) selection: Selection,
    /// The pair file.
    pub(in crate::cli) file: PathBuf,
    /// What was in it when it was read.
    text: String,
    pub(in crate::cli) keep: bool,
    context: &'c Context,
    attended: Attended,
    timeout: Duration,
    key: DigestKey,
    runtime: Runtime,
    cancelled: CancellationToken,
}

/// What a run is to do.
pub(in crate::cli) enum Job {
    Begin(Vec<Task>, Value),
    GoOn(Book),
    Back(Book),
}

impl<'c> Site<'c> {
    /// Fetches the secrets, while Ctrl-C still ends the program at once; from then on it ends the run between steps.
    pub(in crate::cli) fn open(
        opened: Opened,
        selection: Selection,
        file: &Path,
        timeout: Option<Duration>,
        context: &'c Context,
    ) -> Outcome<Self> {
        let mut secrets = Secrets::default();
        for name in Attended::endpoints(&opened, &selection) {
            let endpoint = opened.pair.endpoint(&name);
            if let Some(reference) = endpoint.and_then(|endpoint| endpoint.protocol.secret()) {
                // What cannot be had is told by the facts that need it.
                let _ = secrets.get(reference, true);
            }
        }
        let attended = Attended::open(&opened, &selection, &mut secrets);
        let runtime = live::runtime()?;
        let cancelled = CancellationToken::new();
        runtime.block_on(live::cancel_on_interrupt(cancelled.clone()));
        Ok(Self {
            timeout: timeout.unwrap_or(opened.pair.collect.timeout),
            key: kept::digest_key(&opened, context),
            file: std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf()),
            opened,
            selection,
            text: std::fs::read_to_string(file).unwrap_or_default(),
            keep: false,
            context,
            attended,
            runtime,
            cancelled,
        })
    }

    pub(in crate::cli) const fn context(&self) -> &'c Context {
        self.context
    }

    pub(in crate::cli) fn is_interrupted(&self) -> bool {
        self.cancelled.is_cancelled()
    }

    /// Reads everything and judges it; nothing when it was interrupted.
    pub(in crate::cli) fn look(&self) -> Outcome<Option<Looked>> {
        let counter = Counter::new(&self.context.terminal);
        let make = |secret: &[u8]| self.key.digest(secret);
        let clock: fn() -> jiff::Timestamp = clock::now;
        let means = Means {
            timeout: self.timeout,
            clock: &clock,
            progress: &counter,
            cancelled: self.cancelled.clone(),
            digests: Some(Digests {
                key: self.key.id(),
                make: &make,
            }),
        };
        let looked = self.attended.look(&self.opened, &self.selection, means);
        let looked = self.runtime.block_on(looked)?;
        Ok(Some(looked).filter(|looked| looked.snapshot.complete))
    }

    /// Takes note of what the pair file says now, which a run may have changed.
    pub(in crate::cli) fn reread(&mut self) {
        self.opened.said = said(&self.opened, &self.file);
    }

    /// Waits for a person, who may also press Ctrl-C.
    pub(in crate::cli) fn ask(&self, question: &str) -> Option<String> {
        let Self { cancelled, .. } = self;
        let asked = self.context.terminal.question(question)?;
        self.runtime.block_on(async {
            let said = tokio::task::spawn_blocking(asked);
            tokio::select! {
                said = said => said.ok().flatten(),
                () = cancelled.cancelled() => None,
            }
        })
    }

    /// The runs of this pair that stopped or broke off.
    pub(in crate::cli) fn unfinished(&self) -> Outcome<Option<Seq>> {
        let (place, pair) = (kept::place(self.context)?, kept::pair_name(&self.opened));
        Ok(kept::with(&place, async |store| store.unfinished(&pair).await)?)
    }

    /// A run as its journal has it.
    pub(in crate::cli) fn book(&self, run: Seq) -> Outcome<Book> {
        let place = kept::place(self.context)?;
        let catalogue = &self.opened.catalogue;
        let book = kept::with(&place, async |store| Ok(Book::read(store, run, catalogue).await))?;
        let book = book.map_err(|why| match why {
            Unreadable::Store(error) => Refusal::from(error),
            why @ Unreadable::Entry { .. } => Refusal::new(why.to_string())
                .next("use the Standin and the --rules that it was made with")
                .next("look whether the journal is whole: standin history verify"),
        })?;
        if !book.has_begun() {
            let refusal = Refusal::new(format!("run {run} changed no server"));
            return Err(
                refusal.next("standin history list shows the runs; those that did are called `apply`")
            );
        }
        if book.catalogue() != catalogue.digest {
            let refusal = Refusal::new(format!("run {run} was made with other packs than these"));
            return Err(refusal.next("use the Standin and the --rules that it was made with"));
        }
        Ok(book)
    }

    /// Does a job under the lock of the pair.
    pub(in crate::cli) fn carry_out(
        &self,
        job: Job,
        looked: &Looked,
        run: Option<Seq>,
    ) -> Outcome<(Seq, Ended)> {
        let place = kept::place(self.context)?;
        let done = self.runtime.block_on(async {
            let mut store = Store::open(&place).await?;
            let lock = self.lock(&mut store, run).await?;
            let number = lock.run();
            let ended = self.work(job, looked, &mut store, &lock).await;
            // The lock of a run that broke off stays, so that nobody takes the pair for free.
            let ended = ended?;
            store.unlock(lock, clock::now()).await?;
            store.close().await;
            Ok::<_, StoreError>((number, ended))
        });
        Ok(done?)
    }

    async fn lock(&self, store: &mut Store, run: Option<Seq>) -> Result<Lock, StoreError> {
        let (pair, holder) = (kept::pair_name(&self.opened), Holder::this(&kept::who()));
        match store.lock(&pair, &holder, clock::now(), run).await {
            Err(StoreError::Held(held)) if held.holder.is_gone() => {
                store.take_over(&pair, &held, &holder, clock::now(), run).await
            }
            locked => locked,
        }
    }

    async fn work(
        &self,
        job: Job,
        looked: &Looked,
        store: &mut Store,
        lock: &Lock,
    ) -> Result<Ended, StoreError> {
        let make = |secret: &[u8]| self.key.digest(secret);
        let clock: fn() -> jiff::Timestamp = clock::now;
        let file = PairFile::new(&self.file, self.text.as_str());
        let said = || said(&self.opened, &self.file);
        let world = Live {
            peers: &self.attended.peers,
            catalogue: &self.opened.catalogue,
            pair: &self.opened.pair,
            file: &file,
            said: &said,
            trusted: &self.opened.trusted,
            timeout: self.timeout,
            clock: &clock,
            digests: Some(Digests {
                key: self.key.id(),
                make: &make,
            }),
        };
        let told = Told::new(&self.context.terminal, &job);
        let means = apply::Means {
            world: &world,
            catalogue: &self.opened.catalogue,
            waivers: &self.opened.pair.waivers,
            facts: looked.facts(&self.opened),
            store,
            lock,
            clock: &clock,
            watch: &told,
            stop: self.cancelled.clone(),
            keep: self.keep,
        };
        let ended = match job {
            Job::Begin(tasks, began) => apply::apply(means, tasks, began).await,
            Job::GoOn(book) => apply::resume(means, book).await,
            Job::Back(book) => apply::undo(means, book).await,
        };
        told.finished();
        ended
    }

    /// What the journal has of a run at its beginning, beside its steps.
    pub(in crate::cli) fn began(&self, plan: &str, rests: &str) -> Value {
        let packs = self.opened.catalogue.packs.iter();
        let packs: Vec<String> = packs
            .map(|pack| format!("{} {}", pack.name, pack.version))
            .collect();
        json!({
            "by": kept::who(),
            "standin": env!("CARGO_PKG_VERSION"),
            "catalogue": self.opened.catalogue.digest,
            "packs": packs,
            "only": self.selection.only,
            "skip": self.selection.skip,
            "pair_file": self.file.display().to_string(),
            "facts": rests,
            "plan": crate::store::digest_of(plan),
        })
    }
}

/// What the pair file says now; nothing of it is known when it cannot be read.
fn said(opened: &Opened, file: &Path) -> Facts {
    let (mut sources, mut sink) = (SourceMap::new(), Diagnostics::new());
    let pair = Pair::load(file, &file.display().to_string(), &mut sources, &mut sink);
    if let Some(pair) = pair {
        let facts = catalogue::bind(&opened.catalogue, &pair, clock::now(), &mut sink);
        if !sink.has_errors() {
            return facts;
        }
    }
    let mut facts = opened.said.clone();
    let why = Absence::new(
        Cause::Malformed,
        "the pair file",
        "the pair file cannot be read any more",
    );
    for (path, observation) in opened.said.iter().filter(|(path, _)| path.root == Root::Setting) {
        let unknown = Observation {
            value: Err(why.clone()),
            provenance: observation.provenance.clone(),
        };
        facts.insert(path.clone(), unknown);
    }
    facts
}
