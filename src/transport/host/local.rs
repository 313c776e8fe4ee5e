//! A pack's command on this machine, which reads or changes something.

use std::io;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use tracing::debug;

use super::act::Act;
use super::answer;
use super::child::{self, Running};
use super::question::{Command, Question, ascii};
use crate::facts::{Absence, Cause, Record};
use crate::transport::deadline::Deadline;
use crate::transport::{Trouble, Unwritten, clip};

/// The name of this machine's endpoint.
const ENDPOINT: &str = "local";
const MAX_BYTES: usize = 64 * 1024 * 1024;
const MAX_ROWS: usize = 200_000;
/// Names of PowerShell, the newer first.
const POWERSHELLS: [&str; 4] = ["pwsh", "pwsh.exe", "powershell.exe", "powershell"];

/// Runs a pack's command on this machine and reads the rows that it prints as JSON.
///
/// The command gets `input` as one line of JSON to read, and of our environment only what says where things are.
pub async fn local(command: &Command, input: &Value, deadline: Duration) -> Result<Vec<Record>, Absence> {
    let start = Instant::now();
    let question = Question::Shell {
        command: command.clone(),
        input: input.clone(),
    };
    let outcome = run(&question, command, input, Deadline::after(deadline)).await;
    debug!(
        endpoint = ENDPOINT,
        operation = question.word(),
        subject = question.subject(),
        rows = outcome.as_ref().map_or(0, Vec::len),
        failed = outcome.as_ref().err().map(|trouble| trouble.cause.word()),
        duration_ms = start.elapsed().as_millis(),
        "ran a command"
    );
    outcome.map_err(|trouble| trouble.at(&ENDPOINT.into()))
}

/// Runs a pack's command that changes something on this machine; once, whatever becomes of it.
///
/// What it prints tells only whether it says itself that it did nothing.
pub async fn local_act(command: &Command, input: &Value, deadline: Duration) -> Result<(), Unwritten> {
    let start = Instant::now();
    let act = Act::Shell {
        command: command.clone(),
        input: input.clone(),
    };
    let outcome = carry_out(&act, command, input, Deadline::after(deadline)).await;
    debug!(
        endpoint = ENDPOINT,
        operation = act.word(),
        subject = act.subject(),
        failed = outcome.as_ref().err().map(|unwritten| unwritten.why.cause.word()),
        begun = outcome
            .as_ref()
            .map_or_else(|unwritten| !unwritten.refused, |()| true),
        duration_ms = start.elapsed().as_millis(),
        "ran a command"
    );
    outcome
}

async fn carry_out(act: &Act, command: &Command, input: &Value, deadline: Deadline) -> Result<(), Unwritten> {
    let refused = |trouble: Trouble| Unwritten::refused(trouble.at(&ENDPOINT.into()));
    act.check().map_err(refused)?;
    let started = Started::of(command).map_err(refused)?;
    let printed = started.printed(input, deadline).await;
    let said = printed.and_then(|printed| answer::printed(&printed).map(drop));
    said.map_err(|trouble| Unwritten::uncertain(trouble.at(&ENDPOINT.into())))
}

async fn run(
    question: &Question,
    command: &Command,
    input: &Value,
    deadline: Deadline,
) -> Result<Vec<Record>, Trouble> {
    question.check()?;
    let printed = Started::of(command)?.printed(input, deadline).await?;
    answer::records(question, answer::printed(&printed)?, MAX_ROWS, &ENDPOINT.into())
}

/// A command that runs.
struct Started {
    child: Running,
    program: String,
}

impl Started {
    fn of(command: &Command) -> Result<Self, Trouble> {
        let mut words = words(command)?;
        let program = words.remove(0);
        let found = child::find(&[&program]).ok_or_else(|| no_program(&program))?;
        let child = Running::start(&found, &words).map_err(|error| not_started(&found, &error))?;
        Ok(Self { child, program })
    }

    /// What it prints until it ends well.
    async fn printed(mut self, input: &Value, deadline: Deadline) -> Result<Vec<u8>, Trouble> {
        let line = format!("{}\n", ascii(&input.to_string()));
        let doing = format!("running {}", clip(&self.program));
        let work = async { finish(&mut self.child, line.as_bytes(), &self.program).await };
        deadline.run(&doing, work).await
    }
}

/// The program and its arguments.
fn words(command: &Command) -> Result<Vec<String>, Trouble> {
    match command {
        Command::Run(words) => Ok(words.clone()),
        Command::PowerShell(text) => {
            let Some(shell) = child::find(&POWERSHELLS) else {
                return Err(Trouble::new(
                    Cause::Unsupported,
                    "this machine has no PowerShell; install pwsh, or let the host run it",
                ));
            };
            let shell = shell.to_string_lossy().into_owned();
            let options = ["-NoProfile", "-NonInteractive", "-Command", text];
            Ok([shell].into_iter().chain(options.map(str::to_owned)).collect())
        }
    }
}

/// What the program printed, when it ended well.
async fn finish(child: &mut Running, input: &[u8], program: &str) -> Result<Vec<u8>, Trouble> {
    let program = clip(program);
    let failed = |error: io::Error| {
        let why = clip(&error.to_string());
        Trouble::new(
            Cause::Malformed,
            format!("{program} cannot be listened to: {why}"),
        )
    };
    let Some(printed) = child.exchange(input, MAX_BYTES).await.map_err(failed)? else {
        let detail = format!("{program} prints more than {MAX_BYTES} bytes");
        return Err(Trouble::new(Cause::Truncated, detail));
    };
    match child.wait().await {
        Some(0) => Ok(printed),
        code => {
            let code = code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
            let said = clip(&child.complaints().await);
            let said = if said.is_empty() {
                String::new()
            } else {
                format!(": {said}")
            };
            Err(Trouble::new(
                Cause::Malformed,
                format!("{program} ended with {code}{said}"),
            ))
        }
    }
}

fn no_program(program: &str) -> Trouble {
    let detail = format!(
        "this machine has no program {}; install it, or correct its name in the pack",
        clip(program)
    );
    Trouble::new(Cause::Unsupported, detail)
}

fn not_started(program: &Path, error: &io::Error) -> Trouble {
    let why = clip(&error.to_string());
    Trouble::new(
        Cause::Unsupported,
        format!("{} cannot be run: {why}", program.display()),
    )
}
