//! `standin rules`: what the rules are, and whether packs are sound.

mod lint;
mod test;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Context;
use super::exit::ExitStatus;
use super::packs::{Chosen, PackFolders, RuleWords};
use super::refusal::Outcome;

/// Show the rules, and check packs of your own
#[derive(Args, Debug)]
pub(crate) struct RulesArguments {
    #[command(subcommand)]
    command: RulesCommand,
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// Check packs: names, types, cycles, texts, and that every rule has examples that hold
    Lint(PackArguments),
    /// Run the examples that stand beside the rules
    Test(PackArguments),
}

/// Which packs and rules.
#[derive(Args, Debug)]
pub(crate) struct PackArguments {
    /// Packs to look at: a pack, or a folder of packs. What they require is taken from the shipped packs
    /// [default: all shipped packs and those of --rules]
    #[arg(value_name = "PACK")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    folders: PackFolders,
    #[command(flatten)]
    words: RuleWords,
}

pub(crate) fn run(arguments: &RulesArguments, context: &mut Context) -> Outcome<ExitStatus> {
    match &arguments.command {
        RulesCommand::Lint(arguments) => lint::run(arguments, context),
        RulesCommand::Test(arguments) => test::run(arguments, context),
    }
}

/// A count with its noun.
fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
