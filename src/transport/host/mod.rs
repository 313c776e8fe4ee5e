//! What a Windows host tells of itself, and what it is told to do: services, registry, files, shares, disks, members
//! of local groups, and a pack's own commands.
//!
//! One question and one answer, whichever of the carriers brings them: `rpc` speaks the protocols of Windows through
//! a child on python3-samba, `ssh` and `winrm` run one PowerShell program on the host. A question only reads, so one
//! that an ended session lost is asked once more; an act changes something, and is sent once. A log-on is never
//! repeated.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tracing::debug;

use super::deadline::Deadline;
use super::pool::Pool;
use super::{Trouble, tcp};
use crate::facts::{Absence, Cause, Record};

mod act;
mod acting;
mod answer;
mod child;
mod config;
mod lines;
mod local;
mod powershell;
mod question;
mod rpc;
mod session;
mod ssh;
#[cfg(test)]
mod tests;
mod winrm;

pub use act::{Act, RegistryData, ServiceAct, StartType};
pub use config::{Carrier, HostConfig, RpcLogOn};
pub use local::{local, local_act};
pub use question::{Command, FilePart, Question, RegistryPart};

use session::{Failure, Session};

/// A Windows host.
#[derive(Clone, Debug)]
pub struct Host {
    shared: Arc<Shared>,
    deadline: Duration,
}

#[derive(Debug)]
struct Shared {
    config: HostConfig,
    /// The address for messages.
    place: String,
    pool: Pool<Session>,
}

impl Host {
    /// Takes note of how to reach the host; nothing is started or opened before the first question.
    pub fn new(config: HostConfig) -> Self {
        Self {
            deadline: config.deadline,
            shared: Arc::new(Shared {
                place: tcp::address(&config.server, config.port),
                pool: Pool::new(config.connections),
                config,
            }),
        }
    }

    /// The same host, asked with another deadline.
    #[must_use]
    pub fn within(&self, deadline: Duration) -> Self {
        Self {
            deadline,
            ..self.clone()
        }
    }

    /// Asks the host; the rows are all that there are.
    pub async fn ask(&self, question: &Question) -> Result<Vec<Record>, Absence> {
        let start = Instant::now();
        let outcome = self.answer(question).await;
        let config = &self.shared.config;
        debug!(
            endpoint = &*config.endpoint,
            operation = question.word(),
            subject = question.subject(),
            rows = outcome.as_ref().map_or(0, Vec::len),
            failed = outcome.as_ref().err().map(|trouble| trouble.cause.word()),
            duration_ms = start.elapsed().as_millis(),
            "asked the host"
        );
        outcome.map_err(|trouble| trouble.at(&config.endpoint))
    }

    async fn answer(&self, question: &Question) -> Result<Vec<Record>, Trouble> {
        let config = &self.shared.config;
        question.check()?;
        config.check(matches!(question, Question::Shell { .. }))?;
        let outcome = self.rows(question).await;
        let rows = match outcome {
            Ok(rows) => rows,
            Err(Failure::Refused(trouble) | Failure::Broken(trouble) | Failure::Lost(trouble)) => {
                return Err(trouble);
            }
        };
        answer::records(question, rows, config.max_rows, &config.endpoint)
    }

    /// Asks in a session, a second time when it was lost.
    async fn rows(&self, question: &Question) -> Result<Vec<Value>, Failure> {
        let open = |since| Box::pin(self.open(since));
        let mut lease = self.shared.pool.take(open).await.map_err(Failure::Broken)?;
        let waited = std::mem::take(&mut lease.connection().waited);
        let deadline = Deadline::since(lease.since, self.deadline).later(waited);
        let mut outcome = self.ask_in(lease.connection(), question, deadline).await;
        if let Err(Failure::Lost(trouble)) = &outcome {
            debug!(
                endpoint = &*self.shared.config.endpoint,
                reason = trouble.detail,
                "opens a lost session again"
            );
            lease.reopen(open(lease.since)).await.map_err(Failure::Broken)?;
            outcome = self.ask_in(lease.connection(), question, deadline).await;
        }
        if let Err(Failure::Refused(trouble)) = &outcome {
            self.note(trouble).await;
        }
        if matches!(outcome, Ok(_) | Err(Failure::Refused(_))) {
            lease.keep();
        }
        outcome
    }

    async fn ask_in(
        &self,
        session: &mut Session,
        question: &Question,
        deadline: Deadline,
    ) -> Result<Vec<Value>, Failure> {
        let doing = format!(
            "asking {} for its answer to `{}`",
            self.shared.place,
            question.word()
        );
        match tokio::time::timeout_at(deadline.moment(), session.ask(question)).await {
            Ok(outcome) => outcome,
            // what it would answer later is not to be taken for the next answer
            Err(_) => Err(Failure::Broken(deadline.missed(&doing))),
        }
    }

    /// A credential that was good may be refused later, since some answers need a log-on of their own.
    async fn note(&self, trouble: &Trouble) {
        if trouble.cause == Cause::BadCredentials
            && let Ok(turn) = self.shared.config.gate.turn().await
        {
            turn.settle(&Err::<(), _>(trouble.clone())).await;
        }
    }

    /// Reaches the host and logs on, all before the deadline counted from `since`.
    async fn open(&self, since: Instant) -> Result<Session, Trouble> {
        let Shared { config, place, .. } = &*self.shared;
        let deadline = Deadline::since(since, self.deadline);
        // says better than any program why a host is not reached, and costs no log-on
        let tcp = tcp::connect(&config.server, config.port, deadline).await?;
        let asked = Instant::now();
        let turn = config.gate.turn().await?;
        let waited = asked.elapsed();
        let doing = format!("logging on to {place}");
        let outcome = deadline
            .later(waited)
            .run(&doing, config.log_on(place, tcp))
            .await;
        turn.settle(&outcome).await;
        let mut session = outcome?;
        session.waited = waited;
        debug!(
            endpoint = &*config.endpoint,
            operation = "log-on",
            address = place,
            carrier = config.carrier.word(),
            duration_ms = since.elapsed().as_millis(),
            waited_ms = waited.as_millis(),
            "opened a session"
        );
        Ok(session)
    }
}

impl HostConfig {
    /// Refuses what this carrier cannot do, before anything is started.
    fn check(&self, runs_a_command: bool) -> Result<(), Trouble> {
        match &self.carrier {
            Carrier::Rpc(log_on) => {
                if runs_a_command {
                    let detail = "MS-RPC runs no commands; ask the host over winrm or ssh";
                    return Err(Trouble::new(Cause::Unsupported, detail));
                }
                rpc::check(self, log_on)
            }
            Carrier::Winrm { user, password, .. } => check_password(self, user, password),
            Carrier::Ssh { .. } => Ok(()),
        }
    }

    async fn log_on(&self, place: &str, tcp: TcpStream) -> Result<Session, Trouble> {
        match &self.carrier {
            Carrier::Rpc(log_on) => rpc::open(self, log_on, place).await,
            Carrier::Ssh {
                user,
                key,
                known_hosts,
            } => {
                let keys = ssh::Keys {
                    user,
                    key: key.as_deref(),
                    known_hosts: known_hosts.as_deref(),
                };
                ssh::open(self, keys, place).await
            }
            Carrier::Winrm { user, password, ca } => {
                let who = winrm::Who {
                    user,
                    password,
                    ca: ca.as_deref(),
                };
                winrm::open(self, who, place, tcp).await
            }
        }
    }
}

impl Carrier {
    const fn word(&self) -> &'static str {
        match self {
            Self::Rpc(_) => "rpc",
            Self::Winrm { .. } => "winrm",
            Self::Ssh { .. } => "ssh",
        }
    }
}

/// Refuses log-ons that could be taken for an anonymous one.
fn check_password(config: &HostConfig, user: &str, password: &SecretString) -> Result<(), Trouble> {
    let missing = match (user.is_empty(), password.expose_secret().is_empty()) {
        (true, _) => "user",
        (_, true) => "password",
        _ => return Ok(()),
    };
    let detail = format!(
        "the {missing} for {} is empty; a log-on without it would be an anonymous one",
        config.server
    );
    Err(Trouble::new(Cause::BadCredentials, detail))
}
