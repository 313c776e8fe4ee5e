//! What is kept between runs: of each pair its journal, its lock, the key of its digests and its last snapshots; and
//! which packs are trusted.
//!
//! A [`Store`] is an SQLite file in the state folder, or a PostgreSQL database that several machines share; the code
//! and its tests are the same. The journal is one chain of entries that is only ever appended to: runs that only
//! looked, plans, and each step of a run that changes servers. What [`Store::record`] and [`Store::append`] have
//! returned is on disk. Nothing here decides anything.
//!
//! A run that changes servers holds the lock of its pair, and tells each step before and after:
//!
//! ```no_run
//! # async fn example(pair: &standin::store::PairName, at: jiff::Timestamp) -> Result<(), standin::store::StoreError> {
//! use serde_json::json;
//! use standin::store::{Holder, Kind, News, Place, Store};
//!
//! let mut store = Store::open(&Place::folder("/var/lib/standin".as_ref())).await?;
//! let lock = store.lock(pair, &Holder::this("anna@adm1"), at, None).await?;
//! let intent = json!({ "step": "dns/a", "before": "192.0.2.1" });
//! // Somebody may have taken the lock over: then this fails, and nothing is done.
//! store.append(&lock, &[News { kind: Kind::Intent, at, body: &intent }]).await?;
//! // ... the record is changed ...
//! let result = json!({ "step": "dns/a", "after": "192.0.2.2" });
//! store.append(&lock, &[News { kind: Kind::Result, at, body: &result }]).await?;
//! store.unlock(lock, at).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Futures of a [`Store`] that are dropped before their end leave nothing half done: the transaction is taken back.

mod adopt;
mod database;
mod entry;
mod error;
mod folder;
mod holder;
mod journal;
mod kept;
mod key;
mod lock;
mod pairs;
mod place;
mod private;
mod schema;
mod trust;
mod verify;

use sha2::{Digest as _, Sha256};

use database::{Database, Work};
use error::Fault;

pub use entry::{Entry, Hash, Kind, Seq};
pub use error::StoreError;
pub use folder::StateFolder;
pub use holder::Holder;
pub use journal::{Last, News, Run};
pub use kept::selection;
pub use key::DigestKey;
pub use lock::{Held, Lock};
pub use pairs::PairName;
pub use place::Place;
pub use private::{PrivateFile, create_private_folder, write_private};
pub use trust::{Trust, TrustedPack};
pub use verify::{Damage, Verified};

/// A store that is open: one connection, on which one thing happens at a time.
#[derive(Debug)]
pub struct Store {
    place: Place,
    database: Database,
}

impl Store {
    /// Opens a store, and makes it where there is none.
    pub async fn open(place: &Place) -> Result<Self, StoreError> {
        place.prepare()?;
        let mut store = Self::connect(place).await?;
        if store.version().await?.is_none() {
            store.bring_up().await?;
        }
        Ok(store)
    }

    /// Opens a store if there is one.
    pub async fn open_existing(place: &Place) -> Result<Option<Self>, StoreError> {
        if !place.may_exist() {
            return Ok(None);
        }
        let mut store = Self::connect(place).await?;
        Ok(store.version().await?.map(|_| store))
    }

    async fn connect(place: &Place) -> Result<Self, StoreError> {
        let database = place.connect().await?;
        Ok(Self {
            place: place.clone(),
            database,
        })
    }

    /// The version of the layout, which is brought to that of this program; none where there is no store yet.
    async fn version(&mut self) -> Result<Option<i64>, StoreError> {
        let found = self
            .reading(async |work| Ok(schema::version(work).await?))
            .await?;
        match found {
            Some(found) if found > schema::KNOWN => Err(StoreError::Newer {
                store: self.place.to_string(),
                found,
                known: schema::KNOWN,
            }),
            Some(found) if found < schema::KNOWN => self.bring_up().await.map(Some),
            found => Ok(found),
        }
    }

    async fn bring_up(&mut self) -> Result<i64, StoreError> {
        let found = self
            .writing(async |work| Ok(schema::bring_up(work).await?))
            .await?;
        Ok(found.unwrap_or(schema::KNOWN))
    }

    /// Reads in a transaction of its own.
    async fn reading<T>(
        &mut self,
        ask: impl AsyncFnOnce(&mut Work<'_>) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let done = async {
            let mut work = self.database.read().await?;
            let done = ask(&mut work).await;
            work.finish(done).await
        };
        done.await.map_err(|fault: Fault| fault.told(&self.place))
    }

    /// Writes in a transaction of its own; what it did is on disk when this returns, or none of it is done.
    async fn writing<T>(
        &mut self,
        ask: impl AsyncFnOnce(&mut Work<'_>) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let done = async {
            let mut work = self.database.write().await?;
            let done = ask(&mut work).await;
            work.finish(done).await
        };
        done.await.map_err(|fault: Fault| fault.told(&self.place))
    }

    /// Where it is.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Ends the connection in order; dropping the store does as well, a moment later.
    pub async fn close(self) {
        let _ = self.database.close().await;
    }
}

/// Names a snapshot in the journal: SHA-256 over its text.
pub fn digest_of(document: &str) -> String {
    hexadecimal(&Sha256::digest(document))
}

fn hexadecimal(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tasks of a runtime with many threads may use a store.
    #[test]
    fn what_is_asked_of_a_store_may_go_from_thread_to_thread() {
        const fn sent<T: Send>(_: &T) {}
        let folder = tempfile::tempdir().unwrap();
        let place = Place::folder(folder.path());
        let pair = PairName::new("mail", ("A", "192.0.2.1"), ("B", "192.0.2.2"));
        let asked = async move {
            let mut store = Store::open(&place).await?;
            let holder = Holder::this("op@adm1");
            let at = jiff::Timestamp::UNIX_EPOCH;
            let lock = store.lock(&pair, &holder, at, None).await?;
            store.append(&lock, &[]).await?;
            store.unlock(lock, at).await?;
            store.verify(None).await
        };
        sent(&asked);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let verified = runtime.block_on(runtime.spawn(asked)).unwrap().unwrap();
        assert_eq!((verified.entries, verified.damage), (2, vec![]));
    }
}
