//! `standin rules list`, `show` and `settings`: what the packs hold.

use std::path::PathBuf;

use clap::Args;

use super::{Chosen, Context, ExitStatus, Outcome, PackFolders, RuleWords};
use crate::cli::refusal::Refusal;
use crate::diagnostic::suggest;
use crate::report;

/// Which rules are listed.
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// Packs to list: a pack, or a folder of packs [default: all shipped packs and those of --rules]
    #[arg(value_name = "PACK")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    folders: PackFolders,
    #[command(flatten)]
    words: RuleWords,
}

/// Which rule is shown.
#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    /// The rule's id, such as those that `rules list` shows
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    folders: PackFolders,
}

pub(super) fn list(arguments: &ListArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let chosen = Chosen::read(&arguments.paths, &arguments.folders)?;
    let catalogue = chosen.load(context)?;
    let selection = chosen.within(&catalogue, arguments.words.selection(&catalogue)?);
    let look = context.look(false);
    context.answer(
        || report::rules_table(&catalogue, &selection, look),
        || report::rules_json(&catalogue, &selection),
    );
    Ok(ExitStatus::Good)
}

pub(super) fn show(arguments: &ShowArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let chosen = Chosen::read(&[], &arguments.folders)?;
    let catalogue = chosen.load(context)?;
    let Some(rule) = catalogue.rule(&arguments.id) else {
        let ids = catalogue.rules.iter().map(|rule| rule.id.as_ref());
        let unknown = Refusal::new(format!("there is no rule `{}`", arguments.id));
        let unknown = match suggest(&arguments.id, ids) {
            Some(near) => unknown.next(format!("did you mean `{near}`?")),
            None => unknown,
        };
        return Err(unknown.next("standin rules list shows all of them"));
    };
    let look = context.look(true);
    context.answer(
        || report::rule_text(&catalogue, rule, &context.sources, look),
        || report::rule_json(&catalogue, rule, &context.sources),
    );
    Ok(ExitStatus::Good)
}

pub(super) fn settings(folders: &PackFolders, context: &mut Context) -> Outcome<ExitStatus> {
    let catalogue = Chosen::read(&[], folders)?.load(context)?;
    let look = context.look(false);
    context.answer(
        || report::settings_table(&catalogue, look),
        || report::settings_json(&catalogue),
    );
    Ok(ExitStatus::Good)
}
