//! `standin discover`: which servers there are that could be a pair.

mod pairs;
mod search;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::Context;
use super::directory::DirectoryArguments;
use super::exit::ExitStatus;
use super::live;
use super::packs::PackFolders;
use super::refusal::{Outcome, Refusal};
use super::values::{duration, host_name};
use crate::catalogue::Discovery;
use crate::diagnostic::{suggest, visible};
use crate::report::{self, Servers};
pub(crate) use search::{Search, Wanted};

/// List the servers that could be a pair
///
/// Looks for servers as the packs say: in the directory, and by asking hosts which databases they have. Tells version,
/// edition and instance, whether each server answers, and which pair files name it. Nothing is changed; only the
/// directory is logged on to.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DiscoverArguments {
    /// Only servers of this application, by the name that its pack gives it [default: all that packs know]
    #[arg(long, value_name = "NAME")]
    application: Option<String>,

    #[command(flatten)]
    directory: DirectoryArguments,

    /// Look at this server too, by its short or full name; may be given several times [default: none]
    #[arg(long = "server", value_name = "NAME", value_parser = host_name)]
    servers: Vec<String>,

    /// Ask everybody on this machine's network for databases, by a broadcast [default: off]
    #[arg(long)]
    broadcast: bool,

    /// Tell which pair files name a server: a pair, or a folder with pairs below it; several may be named
    /// [default: none]
    #[arg(long, value_name = "DIR", num_args = 1..)]
    pairs: Vec<PathBuf>,

    /// How long all of it may take: 500ms, 30s, 2m, 1h [default: 2m]
    #[arg(long, value_name = "SPAN", value_parser = duration)]
    timeout: Option<Duration>,

    /// Show every reason why something is not known, nothing folded [default: off]
    #[arg(short, long)]
    verbose: bool,

    #[command(flatten)]
    folders: PackFolders,
}

const EXAMPLES: &str = "\
Examples:
  standin discover --domain corp.example --user svc-standin@corp.example --password prompt
  standin discover --domain corp.example --kerberos --pairs ~/pairs
  standin discover --server sql1.corp.example --application NAME

Then: standin init --out FOLDER --source NAME --target NAME --domain corp.example ...
Exit codes: 0 the list is whole, 3 servers may be missing in it, 130 interrupted, 2 could not run.";

pub(crate) fn run(arguments: &DiscoverArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let mut directory = arguments.directory.directory()?;
    if !directory.has_credential() && arguments.servers.is_empty() && !arguments.broadcast {
        return Err(nobody_to_ask());
    }
    let search = Search::of(&[], &arguments.folders, context)?;
    let ways = ways(arguments, &search)?;
    if let Some(domain) = &arguments.directory.domain
        && directory.has_credential()
    {
        let runtime = live::runtime()?;
        let looked_up = runtime.block_on(directory.look_up(domain));
        runtime.shutdown_background();
        looked_up.map_err(|why| {
            let told = format!("no directory server of {domain} was found: {}", why.detail);
            Refusal::new(told).next("name one: --directory HOST")
        })?;
    }
    let pair = directory.pair(&search.packs())?;
    let (pairs, wrong) = pairs::read(&arguments.pairs);
    for line in wrong {
        context.terminal.note(&format!("not read: {line}"));
    }
    let wanted = Wanted {
        pair: &pair,
        servers: &arguments.servers,
        everybody: arguments.broadcast,
        timeout: arguments.timeout.unwrap_or(Search::TIMEOUT),
    };
    let (found, complete) = search.run(&ways, wanted, context)?;
    let servers = Servers {
        ways: &ways,
        found: &found,
        pairs: &pairs,
        complete,
    };
    let look = context.look(arguments.verbose);
    context.answer(
        || [report::servers_text(&servers, look), how_to_choose(&servers)].concat(),
        || report::pretty(&report::servers_json(&servers)),
    );
    Ok(if !complete {
        context
            .terminal
            .complain("interrupted; servers may be missing in the list\n");
        ExitStatus::Interrupted
    } else if found.unread.is_empty() {
        ExitStatus::Good
    } else {
        ExitStatus::Unknown
    })
}

fn nobody_to_ask() -> Refusal {
    Refusal::new("nobody would be asked")
        .next("log on to a directory: --domain DOMAIN and --user NAME@DOMAIN, or --kerberos")
        .next("or name servers: --server NAME")
}

/// The ways to find servers that are asked for.
fn ways<'s>(arguments: &DiscoverArguments, search: &'s Search) -> Outcome<Vec<&'s Discovery>> {
    let ways = search.ways(arguments.application.as_deref(), &arguments.servers);
    let Some(wanted) = arguments.application.as_ref().filter(|_| ways.is_empty()) else {
        return Ok(ways);
    };
    let mut known: Vec<&str> = search
        .catalogue
        .discoveries
        .iter()
        .map(|way| way.application.as_ref())
        .collect();
    known.dedup();
    let refusal = if known.contains(&wanted.as_str()) {
        Refusal::new(format!("servers of `{wanted}` are found by their names only"))
            .next("name them: --server NAME")
    } else {
        let refusal = Refusal::new(format!("no pack knows how to find servers of `{wanted}`"));
        match suggest(wanted, known.iter().copied()) {
            Some(near) => refusal.next(format!("did you mean `{near}`?")),
            None => refusal.next(format!("packs know {}", known.join(", "))),
        }
    };
    Err(refusal)
}

/// What a person does with the list: the first application with two servers gives the example.
pub(crate) fn how_to_choose(servers: &Servers<'_>) -> String {
    let mut names: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for candidate in &servers.found.candidates {
        let of = names.entry(&candidate.application).or_default();
        of.insert(candidate.name().to_uppercase());
    }
    let Some(two) = names.values().find(|names| names.len() > 1) else {
        return String::new();
    };
    let two: Vec<String> = two
        .iter()
        .take(2)
        .map(|name| visible(name).into_owned())
        .collect();
    format!(
        "\nChoose one that works and one to stand in for it, for example:\n  standin init --out FOLDER --source {} \
         --target {} --domain DOMAIN --user NAME\n",
        two[0], two[1]
    )
}
