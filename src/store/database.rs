//! A connection to either of the two databases, and the few things that are asked of it.
//!
//! Statements are the same for both; only the layout, the beginning of a transaction and how a row is kept from
//! others are written twice.

use sqlx::postgres::{PgConnection, PgRow, Postgres};
use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};
use sqlx::{Connection as _, Row as _, Transaction};

use super::error::Fault;

/// What came of a statement.
pub(super) type Answer<T> = Result<T, sqlx::Error>;

/// A connection.
#[derive(Debug)]
pub(super) enum Database {
    Sqlite(SqliteConnection),
    Postgres(Box<PgConnection>),
}

/// A transaction: all of it is kept, or, when it is dropped, nothing.
#[derive(Debug)]
pub(super) enum Work<'c> {
    Sqlite(Transaction<'c, Sqlite>),
    Postgres(Transaction<'c, Postgres>),
}

/// A value in a statement, by its place: `$1`, `$2`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'v> {
    Int(i64),
    Text(&'v str),
    Bytes(&'v [u8]),
}

/// A row of an answer.
#[derive(Debug)]
pub(super) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// Both databases take the same statement and the same values.
macro_rules! bound {
    ($sql:expr, $values:expr) => {{
        let mut query = sqlx::query($sql);
        for value in $values {
            query = match *value {
                Value::Int(number) => query.bind(number),
                Value::Text(text) => query.bind(text.to_owned()),
                Value::Bytes(bytes) => query.bind(bytes.to_vec()),
            };
        }
        query
    }};
}

impl Database {
    /// Begins to read: nothing changes until the end.
    pub(super) async fn read(&mut self) -> Answer<Work<'_>> {
        Ok(match self {
            Self::Sqlite(connection) => Work::Sqlite(connection.begin().await?),
            Self::Postgres(connection) => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                Work::Postgres(connection.begin_with(begin).await?)
            }
        })
    }

    /// Begins to write. SQLite has one writer at a time from here on; in PostgreSQL rows are held.
    pub(super) async fn write(&mut self) -> Answer<Work<'_>> {
        Ok(match self {
            Self::Sqlite(connection) => Work::Sqlite(connection.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(connection) => Work::Postgres(connection.begin().await?),
        })
    }

    /// Ends the connection in order.
    pub(super) async fn close(self) -> Answer<()> {
        match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        }
    }
}

impl Work<'_> {
    /// Runs a statement; gives how many rows it met.
    pub(super) async fn run(&mut self, sql: &'static str, values: &[Value<'_>]) -> Answer<u64> {
        Ok(match self {
            Self::Sqlite(work) => bound!(sql, values).execute(&mut **work).await?.rows_affected(),
            Self::Postgres(work) => bound!(sql, values).execute(&mut **work).await?.rows_affected(),
        })
    }

    /// Asks for rows.
    pub(super) async fn rows(&mut self, sql: &'static str, values: &[Value<'_>]) -> Answer<Vec<Row>> {
        Ok(match self {
            Self::Sqlite(work) => {
                let rows = bound!(sql, values).fetch_all(&mut **work).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres(work) => {
                let rows = bound!(sql, values).fetch_all(&mut **work).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// Asks for one row, or none.
    pub(super) async fn row(&mut self, sql: &'static str, values: &[Value<'_>]) -> Answer<Option<Row>> {
        Ok(self.rows(sql, values).await?.pop())
    }

    /// Runs the statement of the database at hand, or several in one text.
    pub(super) async fn either(&mut self, sqlite: &'static str, postgres: &'static str) -> Answer<()> {
        match self {
            Self::Sqlite(work) => sqlx::raw_sql(sqlite).execute(&mut **work).await.map(drop),
            Self::Postgres(work) => sqlx::raw_sql(postgres).execute(&mut **work).await.map(drop),
        }
    }

    /// The statement of the database at hand.
    pub(super) const fn words(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self {
            Self::Sqlite(_) => sqlite,
            Self::Postgres(_) => postgres,
        }
    }

    /// Keeps what was done when it went well, and takes it back when not; either is over when this returns.
    ///
    /// What is kept is on disk. A transaction that is only dropped ends later: with the next statement.
    pub(super) async fn finish<T>(self, done: Result<T, Fault>) -> Result<T, Fault> {
        match (self, &done) {
            (Self::Sqlite(work), Ok(_)) => work.commit().await?,
            (Self::Postgres(work), Ok(_)) => work.commit().await?,
            // What went wrong first is what is told.
            (Self::Sqlite(work), Err(_)) => drop(work.rollback().await),
            (Self::Postgres(work), Err(_)) => drop(work.rollback().await),
        }
        done
    }
}

impl Row {
    pub(super) fn int(&self, column: usize) -> Answer<i64> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    pub(super) fn text(&self, column: usize) -> Answer<String> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    pub(super) fn bytes(&self, column: usize) -> Answer<Vec<u8>> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }
}
