//! What is kept between runs: of each pair its journal, its lock, the key of its digests and its last snapshots; and
//! which packs are trusted.
//!
//! A [`Store`] is an SQLite file in the state folder, or a PostgreSQL database that several machines share; the code
//! and its tests are the same. The journal is one chain of entries that is only ever appended to: runs that only
//! looked, plans, and each step of a run that changes servers. What [`Store::record`] and [`Store::append`] have
//! returned is on disk. Nothing here decides anything.
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

use database::Database;
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
        let done = async {
            let mut work = self.database.read().await?;
            Ok(schema::version(&mut work).await?)
        };
        match done.await.map_err(|fault: Fault| fault.told(&self.place))? {
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
        let done = schema::bring_up(&mut self.database).await;
        let found = done.map_err(|error| Fault::from(error).told(&self.place))?;
        Ok(found.unwrap_or(schema::KNOWN))
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
