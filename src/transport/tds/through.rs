//! A database server that is too old to be asked directly, asked by a program on a Windows host.
//!
//! The host's own client speaks with servers that know no TLS 1.2. The question and its answer travel over the host's
//! carrier, which is encrypted and verified; how the host and the database server speak with each other is theirs.
//! No PowerShell and no such server were at hand: the program's grammar is tested, and what goes to it and comes back.

use data_encoding::BASE64;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::time::Instant;
use tracing::debug;

use super::ask::{Param, Question};
use super::batch::{Batch, Undone};
use super::{LogOn, Query, Tds, TdsConfig, codes};
use crate::facts::{Absence, Cause, FactValue, Record};
use crate::transport::host::{Command, Host, Question as HostQuestion};
use crate::transport::{Trouble, Unwritten, clip};

const PROGRAM: &str = include_str!("through.ps1");
/// The field of the only row when the server refused.
const REFUSED: &str = "standin_error";

impl Tds {
    /// Asks the database by way of a host; the rows are all that there are, in the server's order.
    ///
    /// Values are as with [`Tds::query`], but for dates, which are text.
    pub async fn query_through(&self, host: &Host, query: &Query) -> Result<Vec<Record>, Absence> {
        let start = Instant::now();
        let question = Question::new(query).map_err(|trouble| trouble.at(&self.config.endpoint))?;
        let outcome = self.once(host, &question).await;
        debug!(
            endpoint = &*self.config.endpoint,
            operation = "query through a host",
            text = clip(&query.text),
            rows = outcome.as_ref().map_or(0, Vec::len),
            failed = outcome.as_ref().err().map(|why| why.cause.word()),
            duration_ms = start.elapsed().as_millis(),
            "asked the database"
        );
        outcome
    }

    /// Runs a batch by way of a host, once. What the database server refuses is uncertain, but for the log-on: the program
    /// does not tell how far the batch came.
    pub async fn batch_through(&self, host: &Host, batch: &Batch) -> Result<(), Unwritten> {
        let start = Instant::now();
        let outcome = self.write_through(host, batch).await;
        self.told(batch, start, outcome)
    }

    async fn write_through(&self, host: &Host, batch: &Batch) -> Result<(), Undone> {
        let config = &self.config;
        let question = batch.question().map_err(Undone::refused)?;
        let _writing = self.writing.lock().await;
        let turn = config.gate.turn().await.map_err(Undone::refused)?;
        let program = Command::PowerShell(PROGRAM.to_owned());
        let ran = host
            .within(config.deadline)
            .run(program, asked(config, &question))
            .await;
        let rows = ran.map_err(|unwritten| Undone {
            trouble: Trouble::new(unwritten.why.cause, &*unwritten.why.detail),
            refused: unwritten.refused,
        })?;
        let outcome = refusal(&rows, &self.place, config).map_or(Ok(()), Err);
        turn.settle(&outcome).await;
        outcome.map_err(|trouble| match trouble.cause {
            Cause::BadCredentials => Undone::refused(trouble),
            _ => Undone::uncertain(trouble),
        })
    }

    /// A password is tried once, however many questions there are.
    async fn once(&self, host: &Host, question: &Question) -> Result<Vec<Record>, Absence> {
        let config = &self.config;
        let at = |trouble: Trouble| trouble.at(&config.endpoint);
        let turn = config.gate.turn().await.map_err(at)?;
        let asked = HostQuestion::Shell {
            command: Command::PowerShell(PROGRAM.to_owned()),
            input: asked(config, question),
        };
        let rows = host.within(config.deadline).ask(&asked).await?;
        let outcome = refusal(&rows, &self.place, config).map_or(Ok(rows), Err);
        turn.settle(&outcome).await;
        outcome.map_err(at)
    }
}

/// What the program is given.
fn asked(config: &TdsConfig, question: &Question) -> Value {
    let server = match (config.port, &config.instance) {
        (Some(port), _) => format!("{},{port}", config.server),
        (None, Some(instance)) => format!("{}\\{instance}", config.server),
        (None, None) => config.server.clone(),
    };
    let mut asked = json!({
        "server": server,
        "text": question.text,
        "params": question.params.iter().map(param).collect::<Vec<_>>(),
        "user": null,
    });
    if let LogOn::Sql { user, password } = &config.log_on {
        asked["user"] = json!(user);
        asked["password"] = json!(password.expose_secret());
    }
    asked
}

fn param(param: &Param) -> Value {
    match param {
        Param::Text(text) => json!({ "value": &**text, "base64": false }),
        Param::Int(number) => json!({ "value": number, "base64": false }),
        Param::Bool(truth) => json!({ "value": truth, "base64": false }),
        Param::Bytes(bytes) => json!({ "value": BASE64.encode(bytes), "base64": true }),
        Param::Nothing => json!({ "value": null, "base64": false }),
    }
}

/// Why the server has no rows, when that is what came back.
fn refusal(rows: &[Record], place: &str, config: &TdsConfig) -> Option<Trouble> {
    let [row] = rows else { return None };
    let number = |name: &str| match row.get(name) {
        Some(FactValue::Int(number)) => u32::try_from(*number).ok(),
        _ => None,
    };
    // Numbers of the network stand below zero.
    row.get(REFUSED)?;
    let text = match row.get("message") {
        Some(FactValue::Text(text)) => text.as_ref(),
        _ => "",
    };
    let subject = match &config.log_on {
        LogOn::Sql { user, .. } => format!("log-on of {user}"),
        LogOn::Kerberos => codes::WITH_TICKET.to_owned(),
    };
    let class = number("class").and_then(|class| u8::try_from(class).ok());
    let known = (number(REFUSED).unwrap_or_default(), class.unwrap_or(codes::FATAL));
    Some(codes::told(place, &subject, known.0, known.1, text))
}
