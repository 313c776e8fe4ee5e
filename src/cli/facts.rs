//! `standin facts`: which facts there are and how they are read.

use clap::{Args, Subcommand};

use super::Context;
use super::exit::ExitStatus;
use super::packs::{Chosen, PackFolders};
use super::refusal::{Outcome, Refusal};
use crate::catalogue::{Catalogue, FactDef};
use crate::diagnostic::suggest;
use crate::report;

/// Show the facts: what they are, and how they are read
///
/// A fact is a typed, named value that is read from somewhere. Packs declare them; rules read them.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct FactsArguments {
    #[command(subcommand)]
    command: FactsCommand,
}

const EXAMPLES: &str = "\
Examples:
  standin facts list
  standin facts show dns.contact
  standin facts list --rules ./acme --format json";

#[derive(Debug, Subcommand)]
enum FactsCommand {
    /// List all facts: name, type, protocols, meaning
    List(PackFolders),
    /// Show one fact: its type, how it is read, what it needs, which rules look at it
    Show(ShowArguments),
}

#[derive(Args, Debug)]
struct ShowArguments {
    /// The fact's name; `source.`, `target.`, `here.` or `pair.` before it does not matter
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    folders: PackFolders,
}

pub(crate) fn run(arguments: &FactsArguments, context: &mut Context) -> Outcome<ExitStatus> {
    match &arguments.command {
        FactsCommand::List(folders) => list(folders, context),
        FactsCommand::Show(arguments) => show(arguments, context),
    }
}

fn list(folders: &PackFolders, context: &mut Context) -> Outcome<ExitStatus> {
    let catalogue = Chosen::read(&[], folders)?.load(context)?;
    let look = context.look(false);
    context.answer(
        || report::facts_table(&catalogue, look),
        || report::facts_json(&catalogue),
    );
    Ok(ExitStatus::Good)
}

fn show(arguments: &ShowArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let catalogue = Chosen::read(&[], &arguments.folders)?.load(context)?;
    let Some(fact) = find(&catalogue, &arguments.name) else {
        let unknown = Refusal::new(format!("there is no fact `{}`", arguments.name));
        let names = catalogue.facts.keys().map(AsRef::as_ref);
        let unknown = match suggest(bare(&arguments.name), names) {
            Some(near) => unknown.next(format!("did you mean `{near}`?")),
            None => unknown,
        };
        return Err(unknown.next("standin facts list shows all of them"));
    };
    let look = context.look(true);
    context.answer(
        || report::fact_text(&catalogue, fact, &context.sources, look),
        || report::fact_json(&catalogue, fact, &context.sources),
    );
    Ok(ExitStatus::Good)
}

/// The fact of this name, with or without its root.
pub(crate) fn find<'c>(catalogue: &'c Catalogue, name: &str) -> Option<&'c FactDef> {
    catalogue
        .facts
        .get(name)
        .or_else(|| catalogue.facts.get(bare(name)))
}

/// The name without its root.
fn bare(name: &str) -> &str {
    let roots = ["source.", "target.", "here.", "peer.", "pair."];
    roots
        .into_iter()
        .find_map(|root| name.strip_prefix(root))
        .unwrap_or(name)
}
