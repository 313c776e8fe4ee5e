//! `standin rules`: what the rules are, and whether packs are sound.

mod export;
mod lint;
mod list;
mod test;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Context;
use super::exit::ExitStatus;
use super::packs::{Chosen, PackFolders, RuleWords};
use super::refusal::Outcome;

/// Show the rules, and check packs of your own
///
/// Rules lie in packs: folders of YAML that say how facts are read and what is expected of them. Those that are
/// shipped are in the program itself; --rules takes others beside them, or in their place.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RulesArguments {
    #[command(subcommand)]
    command: RulesCommand,
}

const EXAMPLES: &str = "\
Examples:
  standin rules list --only dns           the rules of a pack, section, tag or row of the guide
  standin rules show common/dns-map-incomplete
  standin rules lint ./acme               is a pack of ours sound?
  standin rules test ./acme               do its examples hold?
  standin rules export ./packs            the shipped packs as files";

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// List rules: id, severity, whether there is a fix, row of the guide, title
    List(list::ListArguments),
    /// Show one rule: what it expects in its own words, why, what to do, which facts it reads
    Show(list::ShowArguments),
    /// List what a pair file may say under `settings` and `params`: type, default, meaning
    Settings(PackFolders),
    /// Check packs: names, types, cycles, texts, and that every rule has examples that hold
    ///
    /// Tells everything that is wrong at once, with file, line and what to do. Every rule needs an example that is
    /// good, one that is bad and one that is unknown. Exit code 1 when something is wrong.
    Lint(PackArguments),
    /// Run the examples that stand beside the rules
    ///
    /// Judges each rule by the facts of each of its examples and compares: what is expected, what came out. Exit
    /// code 1 when an example does not hold.
    Test(PackArguments),
    /// Write the shipped packs to a folder
    Export(export::ExportArguments),
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
        RulesCommand::List(arguments) => list::list(arguments, context),
        RulesCommand::Show(arguments) => list::show(arguments, context),
        RulesCommand::Settings(folders) => list::settings(folders, context),
        RulesCommand::Lint(arguments) => lint::run(arguments, context),
        RulesCommand::Test(arguments) => test::run(arguments, context),
        RulesCommand::Export(arguments) => export::run(arguments, context),
    }
}

/// A count with its noun.
fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
