//! The command line: reads what is asked, runs it, and shows what came of it.
//!
//! One file a command; each takes its arguments and the [`Context`] and gives an exit status or a refusal.
//! Nothing is judged or rendered here, and only `terminal` prints.

mod apply;
mod args;
mod check;
mod clock;
mod collect;
mod directory;
mod discover;
mod doctor;
mod exit;
mod explain;
mod facts;
mod fix;
mod history;
mod init;
mod kept;
mod live;
mod log;
mod manual;
mod packs;
mod plan;
mod progress;
mod refusal;
mod refused;
mod repset;
mod rights;
mod rules;
mod runbook;
mod scripts;
mod terminal;
mod trust;
mod undo;
mod values;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};
use serde_json::json;

use crate::diagnostic::{self, Diagnostics, SourceMap};
use crate::report::{self, Look};
use crate::store::Place;
use args::{Arguments, Command, Format};
use exit::ExitStatus;
use refusal::{Outcome, Refusal};
use terminal::{Colour, Terminal};

/// What every command works with.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) terminal: Terminal,
    pub(crate) format: Format,
    pub(crate) sources: SourceMap,
    /// The folder of the states of all pairs, when it is not the usual one.
    pub(crate) state: Option<PathBuf>,
    /// The address of the store, when it is not in that folder.
    pub(crate) store: Option<String>,
}

impl Context {
    /// How the answer is to look.
    pub(crate) fn look(&self, verbose: bool) -> Look {
        Look {
            colour: self.terminal.colour,
            unicode: Terminal::unicode(),
            width: Terminal::width(),
            verbose,
        }
    }

    /// Tells warnings about files; they do not stop a run.
    pub(crate) fn warn(&self, warnings: &Diagnostics) {
        if warnings.is_empty() {
            return;
        }
        let text = match self.format {
            Format::Human => diagnostic::human(warnings, &self.sources, self.terminal.talk_colour),
            // Programs read drawings as they read JSON.
            Format::Json | Format::Dot | Format::Mermaid | Format::Markdown => {
                let told = warnings.sorted();
                let told = told.into_iter().map(|item| diagnostic::json(item, &self.sources));
                report::compact(&json!({ "warnings": told.collect::<Vec<_>>() }))
            }
        };
        self.terminal.complain(&text);
    }

    /// The answer in the format that is asked for.
    pub(crate) fn answer(&self, human: impl FnOnce() -> String, json: impl FnOnce() -> String) {
        let text = match self.format {
            Format::Human => human(),
            Format::Json | Format::Dot | Format::Mermaid | Format::Markdown => json(),
        };
        self.say(text);
    }

    /// An answer that is written already.
    pub(crate) fn say(&self, mut text: String) {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        self.terminal.answer(&text);
    }
}

/// Runs the program with the arguments of the process.
pub fn run() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let arguments = match Arguments::try_parse_from(&words) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error, &words).into(),
    };
    let general = &arguments.general;
    let mut context = Context {
        terminal: Terminal::new(general.color, general.quiet, general.log.is_some()),
        format: general.format,
        sources: SourceMap::new(),
        state: general.state.clone(),
        store: general.store.clone(),
    };
    let logging = log::start(
        general.log.as_deref(),
        general.log_format,
        context.terminal.talk_colour,
    );
    let sound = logging.and_then(|()| hidden_password(general.store.as_deref(), &words));
    let status = match sound.and_then(|()| command(&arguments.command, &mut context)) {
        Ok(status) => status,
        Err(refusal) => refuse(&refusal, &context),
    };
    finish(status, &context).into()
}

/// Refuses a password among the arguments of the process, where everybody on the machine reads it.
fn hidden_password(store: Option<&str>, words: &[OsString]) -> Outcome<()> {
    let Some(address) = store.filter(|address| Place::holds_password(address)) else {
        return Ok(());
    };
    if words
        .iter()
        .all(|word| !word.to_string_lossy().ends_with(address))
    {
        return Ok(());
    }
    let refusal = Refusal::new("everybody on this machine can read a password on the command line");
    Err(refusal.next("leave it out of --store, and put it into PGPASSWORD or ~/.pgpass"))
}

fn command(command: &Command, context: &mut Context) -> Outcome<ExitStatus> {
    let draws = match command {
        Command::Runbook(_) => true,
        Command::Plan(_) => context.format != Format::Markdown,
        _ => !context.format.is_drawing(),
    };
    if !draws {
        let what = match context.format {
            Format::Markdown => "only runbooks are written as pages",
            _ => "only plans and runbooks are drawn",
        };
        return Err(Refusal::new(what).next("say --format human or --format json"));
    }
    match command {
        Command::Plan(arguments) => plan::run(arguments, context),
        Command::Fix(arguments) => fix::run(arguments, context),
        Command::Apply(arguments) => apply::run(arguments, context),
        Command::Undo(arguments) => undo::run(arguments, context),
        Command::Runbook(arguments) => runbook::run(arguments, context),
        Command::Scripts(arguments) => scripts::run(arguments, context),
        Command::Repset(arguments) => repset::run(arguments, context),
        Command::Check(arguments) => check::run(arguments, context),
        Command::Collect(arguments) => collect::run(arguments, context),
        Command::Discover(arguments) => discover::run(arguments, context),
        Command::Init(arguments) => init::run(arguments, context),
        Command::Doctor(arguments) => doctor::run(arguments, context),
        Command::Rights(arguments) => rights::run(arguments, context),
        Command::Explain(arguments) => explain::run(arguments, context),
        Command::Rules(arguments) => rules::run(arguments, context),
        Command::Facts(arguments) => facts::run(arguments, context),
        Command::History(arguments) => history::run(arguments, context),
        Command::Trust(arguments) => trust::run(arguments, context),
        Command::Completions(arguments) => Ok(manual::completions(arguments, context)),
        Command::Man(arguments) => manual::man(arguments, context),
    }
}

/// Tells why there is no answer.
fn refuse(refusal: &Refusal, context: &Context) -> ExitStatus {
    let text = match context.format {
        Format::Human => refusal.human(&context.sources, context.terminal.talk_colour),
        Format::Json | Format::Dot | Format::Mermaid | Format::Markdown => {
            report::compact(&refusal.json(&context.sources))
        }
    };
    context.terminal.complain(&text);
    ExitStatus::CouldNotRun
}

/// A reader that went away is content; an answer that could not be written is none.
fn finish(status: ExitStatus, context: &Context) -> ExitStatus {
    context.terminal.clear_line();
    if context.terminal.reader_left() {
        return ExitStatus::Good;
    }
    match context.terminal.failure() {
        None => status,
        Some(error) => refuse(
            &Refusal::new(format!("cannot write the answer: {error}")),
            context,
        ),
    }
}

/// Shows help and version as answers, and wrong usage as a refusal.
fn usage(error: &clap::Error, words: &[OsString]) -> ExitStatus {
    let said = |name: &str, value: &str| {
        let joined = format!("{name}={value}");
        let pair = words.windows(2).any(|two| two[0] == *name && two[1] == *value);
        pair || words.iter().any(|word| *word == *joined)
    };
    let colour = match (said("--color", "never"), said("--color", "always")) {
        (true, _) => Colour::Never,
        (_, true) => Colour::Always,
        _ => Colour::Auto,
    };
    let terminal = Terminal::new(colour, false, false);
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        terminal.answer(&error.render().ansi().to_string());
        return ExitStatus::Good;
    }
    if said("--format", "json") {
        let plain = error.render().to_string();
        let message = plain.lines().next().unwrap_or_default();
        let message = message.strip_prefix("error: ").unwrap_or(message);
        let next = "standin --help tells what there is";
        let told = json!({ "error": { "message": message, "next_steps": [next], "diagnostics": [] } });
        terminal.complain(&report::compact(&told));
    } else {
        terminal.complain(&error.render().ansi().to_string());
    }
    ExitStatus::CouldNotRun
}

/// The whole command line, for help pages and completions.
pub fn definition() -> clap::Command {
    Arguments::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        definition().debug_assert();
    }

    /// Every command with its full name.
    fn commands(command: &clap::Command, name: &str, all: &mut Vec<(String, clap::Command)>) {
        for inner in command.get_subcommands() {
            commands(inner, &format!("{name} {}", inner.get_name()), all);
        }
        all.push((name.to_owned(), command.clone()));
    }

    #[test]
    fn every_option_states_its_default_and_every_command_an_example() {
        let mut all = Vec::new();
        commands(&definition(), "standin", &mut all);
        for (name, command) in all {
            assert!(command.get_about().is_some(), "{name} does not say what it does");
            let has_example = command
                .get_after_help()
                .is_some_and(|text| text.to_string().contains("Examples:"));
            let is_inner = name.split(' ').count() > 2;
            assert!(has_example || is_inner, "{name} has no example");
            for argument in command.get_arguments() {
                let told = argument.get_long_help().or(argument.get_help());
                let told = told.map(ToString::to_string).unwrap_or_default();
                let option = format!("{name} {}", argument.get_id());
                assert!(!told.is_empty(), "{option} says nothing");
                let shown =
                    !argument.get_default_values().is_empty() && !argument.is_hide_default_value_set();
                let states = argument.is_required_set() || shown || told.contains("[default: ");
                assert!(states || argument.is_positional(), "{option} states no default");
            }
        }
    }
}
