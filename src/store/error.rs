//! What goes wrong with a store, in words that say what to do.

use thiserror::Error;

use super::lock::Held;
use super::place::Place;

/// Why the store did not do what was asked; `store` names it, without a password.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The address of a store is none.
    #[error("{0}")]
    Address(String),
    #[error("the store {store} cannot be opened: {why}")]
    Closed { store: String, why: String },
    #[error("the store {store} cannot be written: {why}")]
    ReadOnly { store: String, why: String },
    #[error("another process is writing to the store {store}")]
    Busy { store: String },
    /// Versions of the layout.
    #[error(
        "a newer Standin made the store {store}: its layout is version {found}, this program knows {known}"
    )]
    Newer { store: String, found: i64, known: i64 },
    #[error("{store} is no store: {why}")]
    Foreign { store: String, why: String },
    #[error("the store {store} cannot be reached: {why}")]
    Unreachable { store: String, why: String },
    #[error("the store {store} refuses: {why}")]
    Refused { store: String, why: String },
    /// What is in it is not what was put in.
    #[error("the store {store} is damaged: {why}")]
    Damaged { store: String, why: String },
    #[error("{0}")]
    Held(Box<Held>),
    /// Somebody else has the lock, or nobody; what was to be done must not be.
    #[error("the lock of the pair was lost: its number {0} is not in force any more")]
    Stale(i64),
    #[error("the store {store} failed: {why}")]
    Failed { store: String, why: String },
}

impl StoreError {
    /// What a person does next.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Address(_) => {
                "a store is postgres://USER@HOST/DATABASE, in --store or STANDIN_STORE; without, it is a file"
            }
            Self::Closed { .. } | Self::ReadOnly { .. } => "give a folder that can be written: --state DIR",
            Self::Busy { .. } => "wait for the other to end, and try again",
            Self::Newer { .. } => "use the newer program, or another store",
            Self::Foreign { .. } => "move the file away, or give another folder: --state DIR",
            Self::Unreachable { .. } => "look whether the server runs, and what name and certificate it has",
            Self::Refused { .. } => {
                "look at user, password (PGPASSWORD, ~/.pgpass) and rights in the database"
            }
            Self::Damaged { .. } => "standin history verify tells what; a copy from before may be whole",
            Self::Held(_) => "wait for it to end; when it is surely dead, its lock can be taken over",
            Self::Stale(_) => "look what the other run did: standin history list",
            Self::Failed { .. } => "try again; standin history verify tells whether the store is sound",
        }
    }
}

/// What a database says, in our terms.
pub(super) fn told(store: &str, error: sqlx::Error) -> StoreError {
    let store = store.to_owned();
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            let why = error.message().to_owned();
            match code.parse::<u32>() {
                // SQLite's codes are small numbers, those of PostgreSQL have five characters.
                Ok(code) if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() => {
                    sqlite(code, store, why)
                }
                _ => postgres(&code, store, why),
            }
        }
        sqlx::Error::Io(why) => StoreError::Unreachable {
            store,
            why: why.to_string(),
        },
        sqlx::Error::Tls(why) => StoreError::Unreachable {
            store,
            why: format!("TLS: {why}"),
        },
        sqlx::Error::Configuration(why) => StoreError::Address(why.to_string()),
        error @ (sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) => StoreError::Damaged {
            store,
            why: error.to_string(),
        },
        error => StoreError::Failed {
            store,
            why: error.to_string(),
        },
    }
}

/// The low byte of a code says what kind it is of.
fn sqlite(code: u32, store: String, why: String) -> StoreError {
    match code & 0xff {
        5 | 6 => StoreError::Busy { store },
        8 | 13 => StoreError::ReadOnly { store, why },
        14 => StoreError::Closed {
            store,
            why: format!("{why}; this account may lack rights on the file or its folder"),
        },
        11 => StoreError::Damaged { store, why },
        26 => StoreError::Foreign { store, why },
        _ => StoreError::Failed { store, why },
    }
}

fn postgres(code: &str, store: String, why: String) -> StoreError {
    match code {
        "55P03" => StoreError::Busy { store },
        "25006" => StoreError::ReadOnly { store, why },
        "42501" => StoreError::Refused { store, why },
        _ if code.starts_with("28") || code.starts_with("3D") => StoreError::Refused { store, why },
        _ if code.starts_with("08") || code.starts_with("57P") || code.starts_with("53") => {
            StoreError::Unreachable { store, why }
        }
        _ => StoreError::Failed { store, why },
    }
}

/// What stops a statement: the database, or what we know about the store.
#[derive(Debug)]
pub(super) enum Fault {
    Sql(sqlx::Error),
    Damage(String),
    Store(StoreError),
}

impl Fault {
    /// Names the store that it is about.
    pub(super) fn told(self, place: &Place) -> StoreError {
        match self {
            Self::Sql(error) => told(&place.to_string(), error),
            Self::Damage(why) => StoreError::Damaged {
                store: place.to_string(),
                why,
            },
            Self::Store(error) => error,
        }
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
