//! `standin completions` and `standin man`: what shells and readers of manuals want, from the one definition.

use std::fs;
use std::io;
use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;
use clap_mangen::Man;

use super::exit::ExitStatus;
use super::refusal::{Outcome, Refusal};
use super::{Context, definition};

/// Print a script that completes commands and options in a shell
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  standin completions bash > ~/.local/share/bash-completion/completions/standin
  standin completions zsh > ~/.zfunc/_standin
  standin completions powershell >> $PROFILE")]
pub(crate) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Print the manual page, or write the pages of all commands
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  standin man | man -l -                   read it
  standin man --out /usr/local/share/man/man1")]
pub(crate) struct ManArguments {
    /// Write one page a command into this folder [default: print the page of standin]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn completions(arguments: &CompletionsArguments, context: &Context) -> ExitStatus {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut definition(), "standin", &mut script);
    context.terminal.answer(&String::from_utf8_lossy(&script));
    ExitStatus::Good
}

pub(crate) fn man(arguments: &ManArguments, context: &Context) -> Outcome<ExitStatus> {
    let failed = |error: io::Error| Refusal::new(format!("cannot write the manual: {error}"));
    match &arguments.out {
        None => {
            let mut page = Vec::new();
            Man::new(definition()).render(&mut page).map_err(failed)?;
            context.terminal.answer(&String::from_utf8_lossy(&page));
        }
        Some(folder) => {
            fs::create_dir_all(folder).map_err(failed)?;
            let command = definition().disable_help_subcommand(true);
            let pages = pages(&command);
            clap_mangen::generate_to(command, folder).map_err(failed)?;
            let told = format!("wrote {pages} pages to {}\n", folder.display());
            context.terminal.answer(&told);
        }
    }
    Ok(ExitStatus::Good)
}

/// The command and all below it, each of which has a page.
fn pages(command: &clap::Command) -> usize {
    1 + command.get_subcommands().map(pages).sum::<usize>()
}
