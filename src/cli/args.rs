//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::apply::ApplyArguments;
use super::check::CheckArguments;
use super::collect::CollectArguments;
use super::discover::DiscoverArguments;
use super::doctor::DoctorArguments;
use super::exit::ExitStatus;
use super::explain::ExplainArguments;
use super::facts::FactsArguments;
use super::fix::FixArguments;
use super::history::HistoryArguments;
use super::init::InitArguments;
use super::log::LogFormat;
use super::manual::{CompletionsArguments, ManArguments};
use super::plan::PlanArguments;
use super::repset::RepsetArguments;
use super::rights::RightsArguments;
use super::rules::RulesArguments;
use super::runbook::RunbookArguments;
use super::scripts::ScriptsArguments;
use super::terminal::Colour;
use super::trust::TrustArguments;
use super::undo::UndoArguments;

/// Tells, before the bad day, whether the stand-in server can really take over.
///
/// Standin reads facts about a pair of servers - the one that works, and the one that is to stand in for it - and
/// judges them by rules: what would keep the stand-in from taking over, why that matters, and what to do about it.
/// Nothing is changed anywhere.
#[derive(Debug, Parser)]
#[command(
    name = "standin",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = EXAMPLES,
    after_long_help = long_examples()
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) general: General,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  standin check ./mail-pair              check the pair of ./mail-pair/pair.yaml
  standin plan ./mail-pair               what would be done about what that finds
  standin runbook show failover ./mail-pair
                                         what is done when the target takes over
  standin scripts ./mail-pair --out ./scripts   the same for servers without Standin
  standin explain C-69                   what a rule looks at, why, and what to do
  standin rules list --only dns          the rules of a pack, section or tag

`standin COMMAND --help` tells more, with examples.";

fn long_examples() -> String {
    format!("{EXAMPLES}\n\n{}", ExitStatus::TABLE)
}

/// What holds for every command.
#[derive(Args, Debug)]
pub(crate) struct General {
    /// How the answer is written [default: human]
    #[arg(long, global = true, value_enum, default_value_t, hide_default_value = true, help_heading = GENERAL)]
    pub(crate) format: Format,

    /// When to use colour; `NO_COLOR` counts when it is not empty [default: auto]
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t, hide_default_value = true, help_heading = GENERAL)]
    pub(crate) color: Colour,

    /// Keep quiet about progress; errors and the answer are still shown [default: off]
    #[arg(short, long, global = true, help_heading = GENERAL)]
    pub(crate) quiet: bool,

    /// Log what happens inside to stderr: error, warn, info, debug, trace, or filters such as
    /// `standin::transport=debug` [default: warn]
    #[arg(long, global = true, value_name = "LEVEL", env = "STANDIN_LOG", hide_env_values = true, help_heading = GENERAL)]
    pub(crate) log: Option<String>,

    /// How the log is written [default: text]
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value_t, hide_default_value = true, help_heading = GENERAL)]
    pub(crate) log_format: LogFormat,

    /// The folder that remembers: what was run, the last check of each pair for comparison, trusted packs
    /// [default: `$XDG_STATE_HOME/standin`, else ~/.local/state/standin]
    #[arg(long, global = true, value_name = "DIR", env = "STANDIN_STATE", hide_env_values = true, help_heading = GENERAL)]
    pub(crate) state: Option<PathBuf>,

    /// Keep runs in a PostgreSQL database that several share, such as `postgres://USER@HOST/DATABASE`. The password
    /// comes from `PGPASSWORD` or ~/.pgpass; the certificate is checked, by `sslrootcert` if the address says so
    /// [default: a file in the state folder]
    #[arg(long, global = true, value_name = "URL", env = "STANDIN_STORE", hide_env_values = true, help_heading = GENERAL)]
    pub(crate) store: Option<String>,
}

/// The heading of the options that every command has.
pub(crate) const GENERAL: &str = "General options";

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Human,
    /// For programs
    Json,
    /// A drawing for Graphviz; of plans and runbooks only
    Dot,
    /// A drawing for Mermaid; of plans and runbooks only
    Mermaid,
    /// A page for paper; of runbooks only
    Markdown,
}

impl Format {
    /// Whether it is a drawing, which not every answer has.
    pub(crate) const fn is_drawing(self) -> bool {
        matches!(self, Self::Dot | Self::Mermaid | Self::Markdown)
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(CheckArguments),
    Plan(PlanArguments),
    Fix(FixArguments),
    Apply(ApplyArguments),
    Undo(UndoArguments),
    Runbook(RunbookArguments),
    Scripts(ScriptsArguments),
    Repset(RepsetArguments),
    Collect(CollectArguments),
    Discover(DiscoverArguments),
    Init(InitArguments),
    Doctor(DoctorArguments),
    Rights(RightsArguments),
    Explain(ExplainArguments),
    Rules(RulesArguments),
    Facts(FactsArguments),
    History(HistoryArguments),
    Trust(TrustArguments),
    Completions(CompletionsArguments),
    Man(ManArguments),
}
