//! The store, in SQLite and in PostgreSQL: each test runs with both.
//!
//! Where there is no PostgreSQL, its half is left out, or fails when `STANDIN_LAB` is set.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::print_stderr, reason = "a test says what it leaves out")]

mod chain;
mod child;
mod crash;
#[cfg(target_os = "linux")]
#[path = "../shared/disk.rs"]
mod disk;
mod kept;
mod lock;
mod server;
mod shared;

use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, Row as _, SqliteConnection};
use standin::store::{Kind, News, PairName, Place, Store};
use tempfile::TempDir;

/// A store of one test.
pub(crate) struct Bench {
    pub(crate) place: Place,
    kind: Bed,
}

enum Bed {
    File(TempDir),
    Base(String),
}

impl Bench {
    pub(crate) fn file() -> Self {
        let folder = fast_folder();
        Self {
            place: Place::folder(folder.path()),
            kind: Bed::File(folder),
        }
    }

    pub(crate) fn base() -> Option<Self> {
        let server = server::server()?;
        let base = server.base();
        Some(Self {
            place: server.place(&base),
            kind: Bed::Base(base),
        })
    }

    /// The file, where the store is one.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        match &self.kind {
            Bed::File(folder) => Some(folder.path().join("store.sqlite")),
            Bed::Base(_) => None,
        }
    }

    /// The address, where the store is a database.
    pub(crate) fn address(&self) -> Option<String> {
        match &self.kind {
            Bed::File(_) => None,
            Bed::Base(base) => Some(server::server()?.address(base)),
        }
    }

    /// Runs statements in the database, not in the store's ways.
    pub(crate) async fn past_the_store(&self, sql: &str) -> Result<(), String> {
        match &self.kind {
            Bed::File(_) => {
                let mut connection = self.connect().await;
                let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
                    .execute(&mut connection)
                    .await;
                connection.close().await.unwrap();
                done.map(drop).map_err(|error| error.to_string())
            }
            Bed::Base(base) => server::server().unwrap().run(base, sql),
        }
    }

    async fn connect(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.path().unwrap());
        SqliteConnection::connect_with(&options).await.unwrap()
    }

    /// Changes the store behind its back, as whoever owns the database can.
    pub(crate) async fn tamper(&self, table: &str, sql: &str) {
        let open = match &self.kind {
            Bed::File(_) => {
                let mut connection = self.connect().await;
                let words = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = $1";
                let rows = sqlx::query(words)
                    .bind(table.to_owned())
                    .fetch_all(&mut connection)
                    .await
                    .unwrap();
                let names = rows.iter().map(|row| row.get::<String, _>(0));
                let drops = names.map(|name| format!("DROP TRIGGER {name};"));
                format!("PRAGMA foreign_keys = OFF; {}", drops.collect::<String>())
            }
            Bed::Base(_) => format!("ALTER TABLE {table} DISABLE TRIGGER ALL;"),
        };
        self.past_the_store(&format!("{open} {sql}")).await.unwrap();
    }

    /// A writer that holds the file until it is dropped.
    pub(crate) async fn hold(&self) -> SqliteConnection {
        let mut connection = self.connect().await;
        sqlx::raw_sql("BEGIN IMMEDIATE")
            .execute(&mut connection)
            .await
            .unwrap();
        connection
    }
}

/// A folder in memory where there is one: here nothing is asked of the disk that only a disk can give.
pub(crate) fn fast_folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

/// Runs a test with a new store of either kind.
pub(crate) fn with_each(test: &impl AsyncFn(&Bench)) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for bench in [Some(Bench::file()), Bench::base()].into_iter().flatten() {
        eprintln!("with {}", bench.place);
        runtime.block_on(test(&bench));
    }
}

pub(crate) fn pair(name: &str) -> PairName {
    PairName::new(name, ("A", "192.0.2.1"), ("B", "192.0.2.2"))
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_316_400 + second).unwrap()
}

pub(crate) fn news(kind: Kind, second: i64, body: &Value) -> News<'_> {
    News {
        kind,
        at: at(second),
        body,
    }
}

/// Records so many checks.
pub(crate) async fn fill(store: &mut Store, count: i64) {
    for number in 0..count {
        let body = json!({ "number": number });
        store
            .record(&pair("mail"), news(Kind::Checked, number, &body), None)
            .await
            .unwrap();
    }
}
