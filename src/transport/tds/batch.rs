//! A batch that changes something on a database server.
//!
//! Each has a connection of its own, which is closed behind it: no idle connection swallows it, and what it leaves
//! open ends with it. Only one runs at a time on a server, since settings of the whole server are turned on and off
//! again within a batch.
//!
//! An error of the server may come when half of the batch is done, and not every statement can be taken back by a
//! transaction (`ALTER DATABASE`, `sp_configure`). So the batch first gives a row, as the sign that it began: an error
//! without that row came from the database that was chosen or from the batch as a whole, which the server reads to its
//! end before it begins, and nothing was changed. Behind that row it is uncertain, whichever error it is.
//!
//! What the batch says is told nowhere, because it may hold the hash of a password. Messages of a server quote what
//! they complain of, so numbers with many digits are taken out of them.

use std::fmt;
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use tiberius::error::Error;
use tiberius::{QueryItem, ToSql};
use tokio::time::Instant;
use tracing::debug;

use super::Tds;
use super::ask::{Failure, Question, explain};
use super::connect::{Connection, Purpose};
use crate::facts::FactValue;
use crate::transport::deadline::Deadline;
use crate::transport::{Trouble, Unwritten, clip};

/// The column of the row with which a batch begins.
pub(super) const BEGUN: &str = "standin_begun";

/// Digits behind `0x` from which on it may be the hash of a password, or a part of it.
const LONG: usize = 8;

/// Statements that are run together. Those that have to stand first in their batch have no place in one.
#[derive(Clone, Default)]
pub struct Batch {
    /// Statements with an end each. The first that fails while it runs ends the batch, except where a procedure tells
    /// its error only with `RAISERROR`: write what must not follow such a one as a batch of its own.
    pub text: String,
    /// The values of `@P1`, `@P2` and so on: texts, whole numbers, truths, bytes, or nothing.
    pub params: Vec<FactValue>,
    /// Where it is run; without one in the database in which the log-on lands.
    pub database: Option<String>,
}

/// Says where it is run, never what it says.
impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

impl Batch {
    pub(super) fn question(&self) -> Result<Question, Trouble> {
        let text = format!("SET XACT_ABORT ON; SELECT 1 AS {BEGUN};\n{}", self.text);
        Question::of(&text, &self.params, self.database.as_deref())
    }
}

/// Why a batch is not known to be done, before it is said for which endpoint.
pub(super) struct Undone {
    pub(super) trouble: Trouble,
    /// Whether nothing was changed for certain.
    pub(super) refused: bool,
}

impl Undone {
    pub(super) fn refused(trouble: Trouble) -> Self {
        Self::new(trouble, true)
    }

    pub(super) fn uncertain(trouble: Trouble) -> Self {
        Self::new(trouble, false)
    }

    fn new(mut trouble: Trouble, refused: bool) -> Self {
        trouble.detail = without_secrets(&trouble.detail);
        Self { trouble, refused }
    }
}

impl Tds {
    /// Runs a batch to its end, once; tables that it gives are ignored.
    pub async fn batch(&self, batch: &Batch) -> Result<(), Unwritten> {
        let start = Instant::now();
        let outcome = self.write(batch).await;
        self.told(batch, start, outcome)
    }

    pub(super) fn told(
        &self,
        batch: &Batch,
        start: Instant,
        outcome: Result<(), Undone>,
    ) -> Result<(), Unwritten> {
        let failed = outcome.as_ref().err();
        debug!(
            endpoint = &*self.config.endpoint,
            operation = "batch",
            database = batch.database.as_deref().map(clip),
            failed = failed.map(|undone| undone.trouble.cause.word()),
            refused = failed.map(|undone| undone.refused),
            duration_ms = start.elapsed().as_millis(),
            "ran a batch"
        );
        outcome.map_err(|undone| Unwritten {
            refused: undone.refused,
            why: undone.trouble.at(&self.config.endpoint),
        })
    }

    async fn write(&self, batch: &Batch) -> Result<(), Undone> {
        let question = batch.question().map_err(Undone::refused)?;
        let _writing = self.writing.lock().await;
        let since = Instant::now();
        let opened = Box::pin(self.open(Purpose::Writing, since)).await;
        let mut connection = opened.map_err(Undone::refused)?;
        let deadline = Deadline::since(since, self.config.deadline).later(connection.waited);
        connection.line.expect(self.config.max_bytes);
        let work = connection.run(&question, &self.place);
        let in_time = tokio::time::timeout_at(deadline.moment(), work).await;
        in_time.unwrap_or_else(|_| {
            let doing = format!("running a batch on {}", self.place);
            Err(Undone::uncertain(deadline.missed(&doing)))
        })
    }
}

impl Connection {
    /// Sends the batch, and reads what comes of it to the end.
    async fn run(&mut self, question: &Question, place: &str) -> Result<(), Undone> {
        let line = Arc::clone(&self.line);
        let params: Vec<&dyn ToSql> = question.params.iter().map(|param| param as &dyn ToSql).collect();
        let mut begun = false;
        let failed = |error: &Error, begun: bool| match explain(place, &question.subject, error, &line) {
            Failure::Refused(trouble) if !begun => Undone::refused(trouble),
            failure => Undone::uncertain(failure.into_trouble()),
        };
        let mut answer = match self.client.query(&question.text, &params).await {
            Ok(answer) => answer,
            Err(error) => return Err(failed(&error, begun)),
        };
        loop {
            match answer.try_next().await {
                Ok(Some(QueryItem::Metadata(table))) => {
                    let first = table.columns().first();
                    begun |= first.is_some_and(|column| column.name() == BEGUN);
                }
                Ok(Some(QueryItem::Row(_))) => {}
                Ok(None) => return Ok(()),
                Err(error) => return Err(failed(&error, begun)),
            }
        }
    }
}

/// The text without what may be the hash of a password.
fn without_secrets(text: &str) -> String {
    let mut parts = text.split("0x");
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_hexdigit).count();
        told.push_str("0x");
        if digits >= LONG {
            told.push('…');
            told.push_str(&part[digits..]);
        } else {
            told.push_str(part);
        }
    }
    told
}
