//! The journal of a run: what several steps tell at the same time goes to disk at once.

use std::cell::{Cell, RefCell};

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Mutex;

use super::Watch;
use crate::store::{Kind, Lock, News, Store, StoreError};

/// The journal, written under the lock of the pair.
pub(super) struct Log<'a> {
    store: Mutex<&'a mut Store>,
    lock: &'a Lock,
    clock: &'a dyn Fn() -> Timestamp,
    watch: &'a dyn Watch,
    waiting: RefCell<Vec<(Kind, Timestamp, Value)>>,
    /// The batch that is collected now; those before it are on disk.
    batch: Cell<u64>,
    failed: RefCell<Option<StoreError>>,
}

/// The journal can no longer be written, so that nothing may be done any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unheard;

impl<'a> Log<'a> {
    pub(super) fn new(
        store: &'a mut Store,
        lock: &'a Lock,
        clock: &'a dyn Fn() -> Timestamp,
        watch: &'a dyn Watch,
    ) -> Self {
        Self {
            store: Mutex::new(store),
            lock,
            clock,
            watch,
            waiting: RefCell::default(),
            batch: Cell::new(0),
            failed: RefCell::default(),
        }
    }

    /// Tells these; they are on disk, and the lock was still ours, when this returns.
    pub(super) async fn tell(&self, news: impl IntoIterator<Item = (Kind, Value)>) -> Result<(), Unheard> {
        let at = (self.clock)();
        let mine = self.batch.get();
        let told = news.into_iter().map(|(kind, body)| (kind, at, body));
        self.waiting.borrow_mut().extend(told);
        let mut store = self.store.lock().await;
        if self.has_failed() {
            return Err(Unheard);
        }
        if self.batch.get() > mine {
            return Ok(());
        }
        self.batch.set(mine + 1);
        let waiting = std::mem::take(&mut *self.waiting.borrow_mut());
        let news: Vec<News<'_>> = waiting
            .iter()
            .map(|(kind, at, body)| News {
                kind: *kind,
                at: *at,
                body,
            })
            .collect();
        match store.append(self.lock, &news).await {
            Ok(_) => {
                self.watch.wrote(news.len());
                Ok(())
            }
            Err(error) => {
                *self.failed.borrow_mut() = Some(error);
                Err(Unheard)
            }
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.borrow().is_some()
    }

    /// Why the journal can no longer be written.
    pub(super) fn into_failure(self) -> Option<StoreError> {
        self.failed.into_inner()
    }
}
