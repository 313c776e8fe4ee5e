//! Questions to an SQL database over the tabular data stream protocol (TDS), and batches that change something there.
//!
//! Everything is encrypted, and who answers is always verified. A table comes back as rows by the names of
//! its columns, whole or not at all. Connections are few and opened when they are needed; a question that an ended
//! connection lost before there was a row is asked once more, because reading twice does no harm; a batch and a log-on
//! are never repeated.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tracing::debug;

use super::deadline::Deadline;
use super::pool::Pool;
use super::{LogOnGate, Trouble, clip, tcp};
use crate::facts::{Absence, FactValue, Record};

mod ask;
mod batch;
mod codes;
mod connect;
mod greeting;
mod look;
mod rows;
mod secure;
#[cfg(test)]
mod tests;
mod through;
mod wire;

pub use batch::Batch;
pub use greeting::greeting;

use ask::{Failure, Question};
use connect::{Connection, Found, Purpose};

/// How a database server is reached.
#[derive(Clone, Debug)]
pub struct TdsConfig {
    /// The name of the endpoint in the pair file: the root of every absence.
    pub endpoint: Arc<str>,
    /// Host name or address.
    pub server: String,
    /// Where it listens; without one the instance's is asked for, or 1433 is meant.
    pub port: Option<u16>,
    /// The named instance, when the machine has several.
    pub instance: Option<String>,
    /// The authority's certificate; without it the system's are asked.
    pub ca: Option<PathBuf>,
    /// The name in the server's certificate, where it is not `server`.
    pub certificate_name: Option<String>,
    pub log_on: LogOn,
    /// Shared by all that log on with the same credential.
    pub gate: Arc<LogOnGate>,
    /// At most so many connections at a time.
    pub connections: usize,
    /// For one question: connection, log-on and answer together.
    pub deadline: Duration,
    pub max_rows: usize,
    /// On the wire, for one question.
    pub max_bytes: usize,
}

/// Who asks.
#[derive(Clone, Debug)]
pub enum LogOn {
    /// A log-on of the database server itself.
    Sql { user: String, password: SecretString },
    /// The ticket of whoever runs this; on Windows, NTLM in its place.
    Kerberos,
}

/// One question to a database server.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub text: String,
    /// The values of `@P1`, `@P2` and so on: texts, whole numbers, truths, bytes, or nothing.
    pub params: Vec<FactValue>,
    /// Where the question is asked; without one in the database in which the log-on lands.
    pub database: Option<String>,
}

/// A database server.
#[derive(Debug)]
pub struct Tds {
    config: TdsConfig,
    /// The server for messages.
    place: String,
    found: Found,
    pool: Pool<Connection>,
    /// Whoever changes something holds it.
    writing: Mutex<()>,
}

impl Tds {
    /// Takes note of how to reach the server; nothing is opened or read before the first question.
    pub fn new(config: TdsConfig) -> Self {
        let place = match (config.port, &config.instance) {
            (None, Some(instance)) => format!("{}\\{instance}", config.server),
            (port, _) => tcp::address(&config.server, port.unwrap_or(connect::USUAL_PORT)),
        };
        let pool = Pool::new(config.connections);
        Self {
            config,
            place,
            found: Found::default(),
            pool,
            writing: Mutex::default(),
        }
    }

    /// Asks the database; the rows are all that there are, in the server's order.
    ///
    /// Whole numbers, truths, texts, bytes and NULL are what they are; decimal numbers, money, floating point, GUIDs,
    /// dates and times of day are text as the server writes them; a date with a time is a moment, in UTC where it has
    /// no zone. Several tables with the same columns are one answer. A value that cannot be read for certain, such as a
    /// text in a code page that is not ASCII, is absent in its row.
    pub async fn query(&self, query: &Query) -> Result<Vec<Record>, Absence> {
        let start = Instant::now();
        let outcome = self.answer(query).await;
        debug!(
            endpoint = &*self.config.endpoint,
            operation = "query",
            text = clip(&query.text),
            database = query.database.as_deref().map(clip),
            rows = outcome.as_ref().map_or(0, Vec::len),
            failed = outcome.as_ref().err().map(|trouble| trouble.cause.word()),
            duration_ms = start.elapsed().as_millis(),
            "asked the database"
        );
        outcome.map_err(|trouble| trouble.at(&self.config.endpoint))
    }

    /// Asks, a second time when the connection was lost before there was a row.
    async fn answer(&self, query: &Query) -> Result<Vec<Record>, Trouble> {
        let question = Question::new(query)?;
        let open = |since| Box::pin(self.open(Purpose::Reading, since));
        let mut lease = self.pool.take(open).await?;
        let waited = std::mem::take(&mut lease.connection().waited);
        let deadline = Deadline::since(lease.since, self.config.deadline).later(waited);
        let ask = async |connection: &mut Connection| {
            connection
                .query(&question, &self.config, &self.place, deadline)
                .await
        };
        let mut outcome = ask(lease.connection()).await;
        if let Err(Failure::Lost(trouble)) = &outcome {
            debug!(
                endpoint = &*self.config.endpoint,
                reason = trouble.detail,
                "opens a lost connection again"
            );
            lease.reopen(open(lease.since)).await?;
            outcome = ask(lease.connection()).await;
        }
        if matches!(outcome, Ok(_) | Err(Failure::Refused(_))) {
            lease.keep();
        }
        outcome.map_err(Failure::into_trouble)
    }

    async fn open(&self, purpose: Purpose, since: Instant) -> Result<Connection, Trouble> {
        connect::open(&self.config, &self.place, &self.found, purpose, since).await
    }
}
