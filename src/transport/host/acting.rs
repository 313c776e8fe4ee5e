//! An act is sent once, whatever becomes of the session: what was sent may have been done.

use std::path::Path;
use std::time::Duration;

use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncReadExt as _;
use tokio::time::{Instant, timeout_at};
use tracing::debug;

use super::act::{Act, ServiceAct};
use super::answer;
use super::question::{Command, Question};
use super::session::{Failure, Session, Undone};
use super::{Deadline, Host};
use crate::facts::{Cause, Record};
use crate::transport::pool::Lease;
use crate::transport::{Trouble, Unwritten, clip};

/// A file that is written may be so long.
const LARGEST_FILE: u64 = 64 << 20;
/// So much of it goes at a time. Windows' own reader of JSON takes no longer lines than two million characters.
const PIECE: usize = 256 * 1024;
/// Whoever waits for a state says so this long before we stop listening.
const TELLING: Duration = Duration::from_secs(2);

impl Host {
    /// Does it. It is sent once; when nobody says what became of it, only reading tells.
    pub async fn act(&self, act: &Act) -> Result<(), Unwritten> {
        self.done(act).await.map(drop)
    }

    /// Runs a program that changes something, once; the rows are what it printed.
    pub(in crate::transport) async fn run(
        &self,
        command: Command,
        input: Value,
    ) -> Result<Vec<Record>, Unwritten> {
        let act = Act::Shell {
            command: command.clone(),
            input: input.clone(),
        };
        let rows = self.done(&act).await?;
        let config = &self.shared.config;
        let asked = Question::Shell { command, input };
        let records = answer::records(&asked, rows, config.max_rows, &config.endpoint);
        records.map_err(|trouble| Unwritten::uncertain(trouble.at(&config.endpoint)))
    }

    async fn done(&self, act: &Act) -> Result<Vec<Value>, Unwritten> {
        let start = Instant::now();
        let outcome = self.do_it(act).await;
        let endpoint = &self.shared.config.endpoint;
        debug!(
            endpoint = &**endpoint,
            operation = act.word(),
            verb = act.verb(),
            subject = act.subject(),
            failed = outcome.as_ref().err().map(|undone| undone.trouble().cause.word()),
            begun = outcome.as_ref().map_or_else(|undone| undone.begun, |_| true),
            duration_ms = start.elapsed().as_millis(),
            "told the host"
        );
        outcome.map_err(|undone| Unwritten {
            why: undone.trouble().clone().at(endpoint),
            refused: !undone.begun,
        })
    }

    async fn do_it(&self, act: &Act) -> Result<Vec<Value>, Undone> {
        let refused = |trouble| Undone::nothing(Failure::Refused(trouble));
        act.check().map_err(refused)?;
        let runs_a_command = matches!(act, Act::Shell { .. });
        self.shared.config.check(runs_a_command).map_err(refused)?;
        let bytes = match act {
            Act::Copy { from, .. } => Some(read(from).await.map_err(refused)?),
            _ => None,
        };
        let (mut lease, deadline) = self.proven().await.map_err(Undone::nothing)?;
        let doing = Doing {
            place: &self.shared.place,
            deadline,
        };
        let outcome = doing.all(lease.connection(), act, bytes.as_deref()).await;
        if let Err(Undone {
            failure: Failure::Refused(trouble),
            ..
        }) = &outcome
        {
            self.note(trouble).await;
        }
        let sound = outcome
            .as_ref()
            .map_or_else(Undone::is_of_a_sound_session, |_| true);
        if sound {
            lease.keep();
        }
        outcome
    }

    /// A session that answers, and until when: an idle one may have ended meanwhile.
    async fn proven(&self) -> Result<(Lease<'_, Session>, Deadline), Failure> {
        let open = |since| Box::pin(self.open(since));
        let mut lease = self.shared.pool.take(open).await.map_err(Failure::Broken)?;
        let waited = std::mem::take(&mut lease.connection().waited);
        let deadline = Deadline::since(lease.since, self.deadline).later(waited);
        let answer = timeout_at(deadline.moment(), lease.connection().prove()).await;
        match answer {
            Ok(Ok(())) => {}
            Ok(Err(Failure::Lost(_))) => lease.reopen(open(lease.since)).await.map_err(Failure::Broken)?,
            Ok(Err(failure)) => return Err(failure),
            Err(_) => {
                let doing = format!("asking {} whether it is there", self.shared.place);
                return Err(Failure::Broken(deadline.missed(&doing)));
            }
        }
        Ok((lease, deadline))
    }
}

impl Undone {
    fn trouble(&self) -> &Trouble {
        let (Failure::Refused(trouble) | Failure::Broken(trouble) | Failure::Lost(trouble)) = &self.failure;
        trouble
    }

    /// Whether the session is good for what comes next.
    fn is_of_a_sound_session(&self) -> bool {
        matches!(self.failure, Failure::Refused(_))
    }
}

/// Within which limit, and where, something is done.
struct Doing<'a> {
    place: &'a str,
    deadline: Deadline,
}

impl Doing<'_> {
    /// Sends one message and waits for what becomes of it.
    async fn tell(&self, session: &mut Session, mut message: Value, act: &Act) -> Result<Vec<Value>, Undone> {
        if let Act::Service {
            to: ServiceAct::Start | ServiceAct::Stop,
            ..
        } = act
        {
            let left = self.deadline.moment().saturating_duration_since(Instant::now());
            message["seconds"] = json!(left.saturating_sub(TELLING.min(left / 4)).as_secs_f64());
        }
        let outcome = timeout_at(self.deadline.moment(), session.act(message)).await;
        outcome.unwrap_or_else(|_| {
            let doing = format!("telling {} to {} a {}", self.place, act.verb(), act.word());
            Err(Undone::begun(Failure::Broken(self.deadline.missed(&doing))))
        })
    }

    /// Sends all that belongs to it; the last message is the one that does it.
    async fn all(
        &self,
        session: &mut Session,
        act: &Act,
        bytes: Option<&[u8]>,
    ) -> Result<Vec<Value>, Undone> {
        let mut message = act.message();
        if let Act::Copy { path, .. } | Act::Remove { path, .. } = act {
            let beside = temporary(path).map_err(|trouble| Undone::nothing(Failure::Refused(trouble)))?;
            message["temporary"] = json!(beside);
            if let Some(bytes) = bytes {
                self.send(session, act, &beside, bytes).await?;
                message["sha256"] = json!(HEXLOWER.encode(&Sha256::digest(bytes)));
            }
        }
        self.tell(session, message, act).await
    }

    /// Writes the bytes under a name that is not the file's.
    async fn send(
        &self,
        session: &mut Session,
        act: &Act,
        temporary: &str,
        bytes: &[u8],
    ) -> Result<(), Undone> {
        let mut at = 0;
        loop {
            let piece = &bytes[at..bytes.len().min(at + PIECE)];
            let write = json!({
                "do": "file", "verb": "write", "path": temporary, "at": at, "base64": BASE64.encode(piece),
            });
            let sent = self.tell(session, write, act).await;
            sent.map_err(|undone| left_behind(undone, temporary))?;
            at += piece.len();
            if at == bytes.len() {
                return Ok(());
            }
        }
    }
}

/// A name beside the file that nobody has.
fn temporary(path: &str) -> Result<String, Trouble> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| {
        let detail = format!("this machine has no random numbers: {error}");
        Trouble::new(Cause::Unsupported, detail)
    })?;
    Ok(format!("{path}.{}.new", HEXLOWER.encode(&random)))
}

/// Bytes that did not all arrive change nothing; but they may lie there.
fn left_behind(undone: Undone, temporary: &str) -> Undone {
    if !undone.begun {
        return undone;
    }
    let told = |trouble: Trouble| {
        let detail = format!("{}; a part of it may lie in {}", trouble.detail, clip(temporary));
        Trouble::new(trouble.cause, detail)
    };
    Undone::nothing(match undone.failure {
        Failure::Refused(trouble) => Failure::Refused(told(trouble)),
        Failure::Broken(trouble) => Failure::Broken(told(trouble)),
        Failure::Lost(trouble) => Failure::Lost(told(trouble)),
    })
}

/// The bytes of a file of this machine.
async fn read(from: &Path) -> Result<Vec<u8>, Trouble> {
    let shown = clip(&from.display().to_string());
    let unreadable = |error: std::io::Error| {
        let cause = match error.kind() {
            std::io::ErrorKind::NotFound => Cause::NotFound,
            std::io::ErrorKind::PermissionDenied => Cause::Denied,
            _ => Cause::Malformed,
        };
        let why = clip(&error.to_string());
        Trouble::new(cause, format!("this machine cannot read {shown}: {why}"))
    };
    let file = tokio::fs::File::open(from).await.map_err(unreadable)?;
    let mut bytes = Vec::new();
    let read = file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).await;
    if read.map_err(unreadable)? as u64 > LARGEST_FILE {
        let detail = format!("{shown} has more than {LARGEST_FILE} bytes; no longer file is copied");
        return Err(Trouble::new(Cause::Truncated, detail));
    }
    Ok(bytes)
}
