//! Questions to an SQL database over the tabular data stream protocol.
//!
//! Reads only. TLS is always verified. A database server's tables come back as rows by the names of their columns.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::{LogOnGate, Trouble};
use crate::facts::{Absence, Cause, FactValue, Record};

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
    /// The ticket of whoever runs this.
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
}

impl Tds {
    /// Takes note of how to reach the server; nothing is opened or read before the first question.
    pub fn new(config: TdsConfig) -> Self {
        Self { config }
    }

    /// Asks the database; the rows are all that there are, in the server's order.
    #[expect(clippy::unused_async, reason = "it has the signature of the one that works")]
    pub async fn query(&self, _: &Query) -> Result<Vec<Record>, Absence> {
        Err(Trouble::new(Cause::Unsupported, "not built yet").at(&self.config.endpoint))
    }
}
