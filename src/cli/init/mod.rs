//! `standin init`: the first draft of a pair file, with every setting and its meaning.

mod discover;
mod draft;
mod endpoints;

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::Context;
use super::directory::DirectoryArguments;
use super::discover::{Search, Wanted, how_to_choose};
use super::exit::ExitStatus;
use super::packs::{Chosen, PackFolders};
use super::refusal::{Outcome, Refusal};
use super::values::{duration, host_name};
use crate::catalogue::{Catalogue, Discovery};
use crate::diagnostic::{suggest, visible};
use crate::evaluate::Found;
use crate::pipeline::PAIR_FILE;
use crate::report::{self, Servers, pretty};
use draft::{Draft, Server};

/// Write a first pair file, with every setting of its packs and what it means
///
/// Without --domain nothing is asked, and what only you know stands as a placeholder marked CHANGE. With --domain the
/// name servers of this machine are asked for the domain's servers, and with --user or --kerberos the directory for the
/// two servers, as `standin discover` does; without --source and --target the servers that there are to choose from are
/// listed, and nothing is written. Secrets never stand in the file, only where they are found. A file that is there is
/// never written over.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct InitArguments {
    /// The folder for the pair.yaml; made when it is not there
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,

    /// The server that works now, by its short or full name [default: a placeholder]
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    source: Option<String>,

    /// The server that is to stand in for it [default: a placeholder]
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    target: Option<String>,

    /// The packs that judge the pair, with commas; those that they require are added [default: those that know both
    /// servers, else common]
    #[arg(long, value_name = "PACK", value_delimiter = ',')]
    packs: Vec<String>,

    /// What the pair is called [default: the names of the two servers]
    #[arg(long, value_name = "NAME", value_parser = pair_name)]
    name: Option<String>,

    #[command(flatten)]
    directory: DirectoryArguments,

    /// How long looking for servers may take: 500ms, 30s, 2m, 1h [default: 2m]
    #[arg(long, value_name = "SPAN", value_parser = duration)]
    timeout: Option<Duration>,

    #[command(flatten)]
    folders: PackFolders,
}

const EXAMPLES: &str = "\
Examples:
  standin init --out mail-pair
  standin init --out mail-pair --source MAIL1 --target MAIL2 \\
      --domain corp.example --user svc-standin@corp.example --password prompt

Then: standin doctor mail-pair, standin check mail-pair
Exit codes: 0 written, 3 written, but something was not found, or not written, for there is a choice to make,
2 could not run, 130 interrupted.";

pub(crate) fn run(arguments: &InitArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let file = arguments.out.join(PAIR_FILE);
    if file.exists() {
        return Err(there_already(&file));
    }
    check_packs(arguments)?;
    let mut draft = first_draft(arguments)?;
    let mut missed = Vec::new();
    if let Some(domain) = &arguments.directory.domain {
        missed = discover::look_up(&mut draft.directory, &mut draft.dns, domain)?;
        if draft.directory.has_credential() && draft.directory.server.is_some() {
            let search = Search::of(&arguments.packs, &arguments.folders, context)?;
            let names: Vec<String> = [&arguments.source, &arguments.target]
                .into_iter()
                .flatten()
                .cloned()
                .collect();
            let ways = search.ways(None, &names);
            let pair = draft.directory.pair(&search.packs())?;
            let wanted = Wanted {
                pair: &pair,
                servers: &names,
                everybody: false,
                timeout: arguments.timeout.unwrap_or(Search::TIMEOUT),
            };
            let (found, complete) = search.run(&ways, wanted, context)?;
            if !complete {
                context.terminal.complain("interrupted; nothing was written\n");
                return Ok(ExitStatus::Interrupted);
            }
            if names.len() < 2 {
                return Ok(choose(&ways, &found, context));
            }
            missed.extend(discover::take(&mut draft, &found, &ways));
        }
    }
    let catalogue = catalogue(arguments, &draft, context)?;
    draft.packs = catalogue.packs.iter().map(|pack| pack.name.to_string()).collect();
    write(&arguments.out, &file, &draft.text(&catalogue))?;
    Ok(tell(arguments, &file, &draft, &missed, context))
}

/// Lists the servers that there are to choose from.
fn choose(ways: &[&Discovery], found: &Found, context: &Context) -> ExitStatus {
    let servers = Servers {
        ways,
        found,
        pairs: &[],
        complete: true,
    };
    let look = context.look(false);
    context.answer(
        || [report::servers_text(&servers, look), how_to_choose(&servers)].concat(),
        || {
            let mut told = report::servers_json(&servers);
            told["file"] = serde_json::Value::Null;
            pretty(&told)
        },
    );
    context
        .terminal
        .complain("nothing was written: say which two servers, with --source and --target\n");
    ExitStatus::Unknown
}

/// Tells what was written, and what is still to be done.
fn tell(
    arguments: &InitArguments,
    file: &Path,
    draft: &Draft,
    missed: &[String],
    context: &Context,
) -> ExitStatus {
    for why in missed {
        context
            .terminal
            .complain(&format!("not found: {}\n", visible(why)));
    }
    let folder = arguments.out.display().to_string();
    context.answer(
        || {
            let todo = draft.open_points();
            let change = match todo {
                0 => String::new(),
                1 => "; one place in it is marked CHANGE".to_owned(),
                _ => format!("; {todo} places in it are marked CHANGE"),
            };
            let file = visible(&file.display().to_string()).into_owned();
            let folder = visible(&folder);
            format!("wrote {file}{change}\nnext: standin doctor {folder}, then standin check {folder}")
        },
        || {
            pretty(&json!({
                "file": file.display().to_string(),
                "packs": draft.packs,
                "placeholders": draft.open_points(),
                "not_found": missed,
            }))
        },
    );
    if missed.is_empty() {
        ExitStatus::Good
    } else {
        ExitStatus::Unknown
    }
}

/// Refuses the name of a pack that there is not.
fn check_packs(arguments: &InitArguments) -> Outcome<()> {
    let all = Chosen::read(&[], &arguments.folders)?;
    let known: Vec<&str> = all.packs.iter().map(|pack| pack.folder.as_str()).collect();
    let Some(unknown) = arguments
        .packs
        .iter()
        .find(|name| !known.contains(&name.as_str()))
    else {
        return Ok(());
    };
    let refusal = Refusal::new(format!("there is no pack `{unknown}`"));
    let refusal = match suggest(unknown, known.iter().copied()) {
        Some(near) => refusal.next(format!("did you mean `{near}`?")),
        None => refusal,
    };
    Err(refusal.next(format!(
        "there are {}; packs of your own are named by --rules FOLDER",
        known.join(", ")
    )))
}

/// The packs that are named, else those that know both servers, with those that they require.
fn catalogue(arguments: &InitArguments, draft: &Draft, context: &mut Context) -> Outcome<Catalogue> {
    let named = if arguments.packs.is_empty() {
        let both = draft
            .source
            .packs
            .iter()
            .filter(|pack| draft.target.packs.contains(pack));
        both.cloned().chain(["common".to_owned()]).collect()
    } else {
        arguments.packs.clone()
    };
    let all = Chosen::read(&[], &arguments.folders)?;
    all.with_required(named).load(context)
}

fn first_draft(arguments: &InitArguments) -> Outcome<Draft> {
    let domain = arguments.directory.domain.as_deref();
    let server = |given: &Option<String>| Server::named(given.as_deref(), domain);
    Ok(Draft {
        name: arguments.name.clone(),
        packs: Vec::new(),
        source: server(&arguments.source),
        target: server(&arguments.target),
        directory: arguments.directory.directory()?,
        dns: None,
        settings: BTreeMap::new(),
    })
}

fn there_already(file: &Path) -> Refusal {
    Refusal::new(format!("{} is there already", file.display()))
        .next("choose another folder: a pair file is never written over")
        .next("what can be said in it: standin rules settings")
}

fn write(folder: &Path, file: &Path, text: &str) -> Outcome<()> {
    let failed = |error: io::Error| match error.kind() {
        ErrorKind::AlreadyExists => there_already(file),
        _ => Refusal::new(format!("cannot write {}: {error}", file.display())),
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let mut opened = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(file)
        .map_err(failed)?;
    opened.write_all(text.as_bytes()).map_err(failed)
}

fn pair_name(text: &str) -> Result<String, String> {
    let right = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(right))
        .then(|| text.to_owned())
        .ok_or_else(|| "a pair's name has letters, digits, `-` and `_`, first a letter".to_owned())
}
