//! `standin fix`: shows what would be done, asks, and does it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::apply::{self, CODES, Consent, How};
use super::exit::ExitStatus;
use super::packs::RuleWords;
use super::refusal::{Outcome, Refusal};
use super::{Context, check, plan};
use crate::report;

/// Show what would be done about what a check finds, ask, and do it
///
/// The same as `standin plan` and then `standin apply`, in one go. What has to be confirmed is asked for fix by fix.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, after_long_help = long_help())]
pub(crate) struct FixArguments {
    /// The pair: a folder with a pair.yaml, or the file itself
    #[arg(value_name = "PAIR")]
    pair: PathBuf,

    #[command(flatten)]
    words: RuleWords,

    /// Do not ask about the plan as a whole; what has to be confirmed still has to be [default: a person at the terminal
    /// is asked]
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    consent: Consent,

    #[command(flatten)]
    how: How,
}

const EXAMPLES: &str = "\
Examples:
  standin fix mail-pair                        shows the plan, and asks
  standin fix mail-pair --only service         only what is found about services
  standin fix mail-pair --yes --confirm all    for scripts: everything but what destroys something";

fn long_help() -> String {
    format!("{EXAMPLES}\n\n{CODES}")
}

pub(crate) fn run(arguments: &FixArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let (words, consent, how) = (&arguments.words, &arguments.consent, &arguments.how);
    mend(&arguments.pair, words, arguments.yes, consent, how, context)
}

/// Plans what these rules find, asks unless it is agreed to already, and does it.
pub(super) fn mend(
    pair: &Path,
    words: &RuleWords,
    agreed: bool,
    consent: &Consent,
    how: &How,
    context: &mut Context,
) -> Outcome<ExitStatus> {
    let opened = check::open(pair, &how.folders, None, context)?;
    let selection = words.selection(&opened.catalogue)?;
    let context = &*context;
    let mut site = apply::open(opened, selection, pair, how, context)?;
    apply::none_unfinished(&site)?;
    let Some(looked) = site.look()? else {
        return Ok(ExitStatus::Interrupted);
    };
    let planned = looked
        .plan(&site.opened)
        .map_err(|refused| plan::refusal(&refused))?;
    let told = apply::plan_report(&site, &looked, &planned);
    // The answer is what comes of it; the plan is talk.
    context
        .terminal
        .tell(report::plan_text(&told, context.look(how.verbose)).trim_end());
    if !agreed && !planned.plan.steps.is_empty() {
        match site.ask("Do this? [y/N] ") {
            Some(said) if matches!(said.trim().to_lowercase().as_str(), "y" | "yes") => {}
            None if !site.is_interrupted() => {
                let refusal = Refusal::new("nobody is there to be asked, and nothing was changed");
                return Err(refusal.next("agree to the plan: --yes, and to its fixes: --confirm FIX"));
            }
            _ => {
                context.terminal.note("nothing was changed");
                return Ok(ExitStatus::Interrupted);
            }
        }
    }
    apply::carry_out(&mut site, &looked, &planned, consent, how, context)
}
