//! One conversation with a program that answers questions, whatever carries it.

use std::time::Duration;

use serde_json::{Value, json};

use super::answer::{self, Line};
use super::child::Running;
use super::lines::{Lines, TooLong};
use super::question::{Question, ascii};
use super::winrm::Shell;
use crate::facts::Cause;
use crate::transport::{Trouble, clip};

/// Lines that are not of the conversation: a greeting of the host, a warning of its shell.
const NOISE_LINES: usize = 200;
const PIECE: usize = 64 * 1024;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The host says so; the session is good for further questions.
    Refused(Trouble),
    /// The session cannot be trusted any further.
    Broken(Trouble),
    /// The session ended before the answer came; another may bring it.
    Lost(Trouble),
}

/// An act that is not done, as far as is known.
#[derive(Debug)]
pub(super) struct Undone {
    pub(super) failure: Failure,
    /// Whether something may have been changed.
    pub(super) begun: bool,
}

impl Undone {
    /// Nothing was changed.
    pub(super) const fn nothing(failure: Failure) -> Self {
        Self {
            failure,
            begun: false,
        }
    }

    /// Only reading tells what was changed.
    pub(super) const fn begun(failure: Failure) -> Self {
        Self { failure, begun: true }
    }
}

/// What carries the lines.
#[derive(Debug)]
pub(super) enum Carried {
    Child(Box<Running>),
    Winrm(Box<Shell>),
}

/// A conversation that is logged on; ended when dropped.
#[derive(Debug)]
pub(super) struct Session {
    carried: Carried,
    lines: Lines,
    piece: Vec<u8>,
    asked: u64,
    /// How long others made it wait before its first question; that is not the host's doing.
    pub(super) waited: Duration,
    /// What is talked with, for messages.
    place: String,
}

impl Session {
    pub(super) fn new(carried: Carried, place: &str, max_bytes: usize) -> Self {
        Self {
            carried,
            lines: Lines::new(max_bytes),
            piece: vec![0; PIECE],
            asked: 0,
            waited: Duration::ZERO,
            place: place.to_owned(),
        }
    }

    /// Says what comes before the questions, and waits until they may come.
    pub(super) async fn begin(&mut self, opening: &[u8]) -> Result<(), Failure> {
        let said = match self.write(opening).await {
            Err(broken @ Failure::Broken(_)) => return Err(broken),
            // one that ends at once may have said why
            said => said,
        };
        match self.line().await {
            Ok(Line::Ready) => said,
            Ok(Line::Refused(trouble)) => Err(Failure::Refused(trouble)),
            Ok(_) => Err(self.strange("begins with an answer")),
            Err(failure) => Err(failure),
        }
    }

    /// Asks one question; the rows are as they came.
    pub(super) async fn ask(&mut self, question: &Question) -> Result<Vec<Value>, Failure> {
        match self.exchange(question.message()).await? {
            Line::Rows { rows, .. } => Ok(rows),
            Line::Printed { text, .. } => answer::printed(text.as_bytes()).map_err(Failure::Refused),
            Line::Absent { trouble, .. } => Err(Failure::Refused(trouble)),
            Line::Lost { trouble, .. } => Err(Failure::Lost(trouble)),
            Line::Ready | Line::Refused(_) | Line::Noise => Err(self.strange("answers nothing")),
        }
    }

    /// Has one thing done; it is said once. The rows are what a command printed.
    pub(super) async fn act(&mut self, message: Value) -> Result<Vec<Value>, Undone> {
        let refused = |trouble| Undone::begun(Failure::Refused(trouble));
        match self.exchange(message).await.map_err(Undone::begun)? {
            Line::Rows { rows, .. } => Ok(rows),
            Line::Printed { text, .. } => answer::printed(text.as_bytes()).map_err(refused),
            Line::Absent { trouble, begun, .. } => Err(Undone {
                failure: Failure::Refused(trouble),
                begun,
            }),
            Line::Lost { trouble, begun } => Err(Undone {
                failure: Failure::Lost(trouble),
                begun,
            }),
            Line::Ready | Line::Refused(_) | Line::Noise => {
                Err(Undone::begun(self.strange("answers nothing")))
            }
        }
    }

    /// Proves that the host still answers.
    pub(super) async fn prove(&mut self) -> Result<(), Failure> {
        match self.exchange(json!({ "ask": "there" })).await? {
            Line::Lost { trouble, .. } => Err(Failure::Lost(trouble)),
            _ => Ok(()),
        }
    }

    /// Sends one message; the line that answers it.
    async fn exchange(&mut self, mut message: Value) -> Result<Line, Failure> {
        self.asked += 1;
        message["id"] = json!(self.asked);
        let text = format!("{message}\n");
        self.write(ascii(&text).as_bytes()).await?;
        let line = self.line().await?;
        match line.id() {
            Some(id) if id != self.asked => Err(self.strange("answers another question")),
            _ => Ok(line),
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match &mut self.carried {
            Carried::Child(child) => child.write(bytes).await.map_err(|_| self.ended()),
            Carried::Winrm(shell) => shell.write(bytes).await.map_err(failure),
        }
    }

    /// More of what is said; nothing at its end.
    async fn more(&mut self) -> Result<usize, Failure> {
        match &mut self.carried {
            Carried::Child(child) => {
                let length = child.read(&mut self.piece).await.map_err(|_| self.ended())?;
                self.lines.push(&self.piece[..length]);
                Ok(length)
            }
            Carried::Winrm(shell) => {
                let piece = shell.read().await.map_err(failure)?;
                self.lines.push(&piece);
                Ok(piece.len())
            }
        }
    }

    /// The next line that is of the conversation.
    async fn line(&mut self) -> Result<Line, Failure> {
        let mut noise = None;
        for _ in 0..NOISE_LINES {
            let line = self
                .raw_line()
                .await
                .map_err(|failure| Self::with_noise(failure, noise.as_deref()))?;
            match answer::read(&line).map_err(Failure::Broken)? {
                Line::Noise => noise = noise.or_else(|| said(&line)),
                line => return Ok(line),
            }
        }
        Err(Self::with_noise(
            self.strange("talks of other things"),
            noise.as_deref(),
        ))
    }

    async fn raw_line(&mut self) -> Result<Vec<u8>, Failure> {
        loop {
            match self.lines.next() {
                Ok(Some(line)) => return Ok(line),
                Ok(None) => {}
                Err(TooLong) => {
                    let detail = format!("the answer of {} is longer than is allowed", self.place);
                    return Err(Failure::Broken(Trouble::new(Cause::Truncated, detail)));
                }
            }
            if self.more().await? == 0 {
                return Err(self.ended());
            }
        }
    }

    fn ended(&self) -> Failure {
        let detail = format!("{} ended the conversation before it answered", self.place);
        Failure::Lost(Trouble::new(Cause::Unreachable, detail))
    }

    fn strange(&self, what: &str) -> Failure {
        let detail = format!("{} {what}", self.place);
        Failure::Broken(Trouble::new(Cause::Malformed, detail))
    }

    /// What was heard instead of an answer helps whoever has to find out.
    fn with_noise(failure: Failure, noise: Option<&str>) -> Failure {
        let told = |trouble: Trouble| match noise {
            Some(noise) => Trouble::new(trouble.cause, format!("{}; it said: {noise}", trouble.detail)),
            None => trouble,
        };
        match failure {
            Failure::Refused(trouble) => Failure::Refused(trouble),
            Failure::Broken(trouble) => Failure::Broken(told(trouble)),
            Failure::Lost(trouble) => Failure::Lost(told(trouble)),
        }
    }

    /// What a child complained of, and its exit code when it has ended.
    pub(super) async fn last_words(&mut self) -> (String, Option<i32>) {
        match &mut self.carried {
            Carried::Child(child) => {
                let code = tokio::time::timeout(Duration::from_millis(500), child.wait()).await;
                (child.complaints().await, code.ok().flatten())
            }
            Carried::Winrm(shell) => (shell.complaints(), None),
        }
    }
}

/// A connection that broke may be opened again; everything else would only be said once more.
fn failure(trouble: Trouble) -> Failure {
    if trouble.cause == Cause::Unreachable {
        Failure::Lost(trouble)
    } else {
        Failure::Broken(trouble)
    }
}

fn said(line: &[u8]) -> Option<String> {
    let text = clip(&String::from_utf8_lossy(line));
    (!text.is_empty()).then_some(text)
}
