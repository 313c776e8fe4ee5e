//! A pack's command on this machine.

use std::io;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use tracing::debug;

use super::answer;
use super::child::{self, Running};
use super::question::{Command, Question, ascii};
use crate::facts::{Absence, Cause, Record};
use crate::transport::deadline::Deadline;
use crate::transport::{Trouble, clip};

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

async fn run(
    question: &Question,
    command: &Command,
    input: &Value,
    deadline: Deadline,
) -> Result<Vec<Record>, Trouble> {
    question.check()?;
    let words = words(command)?;
    let program = words.first().map_or("", String::as_str);
    let found = child::find(&[program]);
    let found = found.ok_or_else(|| no_program(program))?;
    let mut child = Running::start(&found, &words[1..]).map_err(|error| not_started(&found, &error))?;
    let line = format!("{}\n", ascii(&input.to_string()));
    let doing = format!("running {}", clip(program));
    let work = async { finish(&mut child, line.as_bytes(), program).await };
    let printed = deadline.run(&doing, work).await?;
    answer::records(question, answer::printed(&printed)?, MAX_ROWS, &ENDPOINT.into())
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
