//! `standin trust`: which packs from folders may run programs and change servers.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::exit::ExitStatus;
use super::packs::{Chosen, PackFolders};
use super::refusal::{Outcome, Refusal};
use super::terminal::Tone;
use super::{Context, clock, kept};
use crate::catalogue::{Catalogue, Does, Pack, PackFiles, PackSource, Power, embedded_packs};
use crate::diagnostic::{suggest, visible};
use crate::report::pretty;
use crate::store::{Trust, TrustedPack};

/// Let a pack from a folder run its programs and change servers
///
/// A pack may read facts with commands of its own, and its fixes change servers. What the shipped packs do is part of
/// this program; what a pack from a folder would run or change is done only when you have looked at it and said so.
/// This shows it, asks, and remembers the digest of the pack's files in the state folder: when a file of the pack
/// changes, it is not trusted any more. Until then such facts are not collected and such fixes not applied, and
/// everything else of the pack works.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TrustArguments {
    /// The pack: its folder, or a folder of packs
    #[arg(value_name = "PACK", required_unless_present_any = ["list", "remove"])]
    path: Option<PathBuf>,

    /// Trust without asking [default: off]
    #[arg(long, requires = "path")]
    yes: bool,

    /// List the packs that are trusted [default: off]
    #[arg(long, conflicts_with_all = ["path", "remove"])]
    list: bool,

    /// Trust this pack no longer: its name, its folder or its digest [default: none]
    #[arg(long, value_name = "PACK", conflicts_with = "path")]
    remove: Option<String>,

    #[command(flatten)]
    folders: PackFolders,
}

const EXAMPLES: &str = "\
Examples:
  standin trust ./acme            show what the pack would do, and ask
  standin trust --list
  standin trust --remove acme

A program that the pack only names (`run`) is not part of the digest: whoever may replace that
program decides what runs.

Exit codes: 0 trusted, or nothing in it needs trust; 2 not trusted, or could not run.";

pub(crate) fn run(arguments: &TrustArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let trust = store(context)?;
    if arguments.list {
        return list(&trust, context);
    }
    match (&arguments.remove, &arguments.path) {
        (Some(word), _) => remove(word, &trust, context),
        (None, Some(path)) => add(path, arguments, &trust, context),
        (None, None) => Err(Refusal::new("there is no pack to trust")),
    }
}

fn store(context: &Context) -> Outcome<Trust> {
    let folder = kept::state_folder(context).ok_or_else(|| {
        Refusal::new("there is no folder to remember trust in").next("set HOME, XDG_STATE_HOME or --state")
    })?;
    Ok(Trust::of(&folder))
}

/// The digests that are trusted; none, with a word about it, when they cannot be read.
pub(crate) fn trusted(catalogue: &Catalogue, context: &Context) -> BTreeSet<String> {
    let foreign = |pack: &Pack| pack.origin != PackSource::Embedded;
    if !catalogue.packs.iter().any(foreign) {
        return BTreeSet::new();
    }
    // A copy of a shipped pack is as good as the pack.
    let mut trusted: BTreeSet<String> = embedded_packs().iter().map(PackFiles::digest).collect();
    match kept::state_folder(context).map(|folder| Trust::of(&folder).packs()) {
        None => {}
        Some(Ok(packs)) => trusted.extend(packs.into_iter().map(|pack| pack.digest)),
        Some(Err(error)) => context
            .terminal
            .note(&format!("no pack from a folder is trusted: {error}")),
    }
    trusted
}

fn list(trust: &Trust, context: &Context) -> Outcome<ExitStatus> {
    let packs = trust.packs().map_err(|error| unreadable(&error))?;
    context.answer(
        || {
            if packs.is_empty() {
                return "no pack from a folder is trusted\n".to_owned();
            }
            let line = |pack: &TrustedPack| {
                let TrustedPack {
                    name,
                    version,
                    folder,
                    digest,
                    at,
                    ..
                } = pack;
                let told = format!("{name} {version}  {folder}  since {}", at.strftime("%Y-%m-%d"));
                format!("{}\n  {digest}\n", visible(&told))
            };
            packs.iter().map(line).collect()
        },
        || pretty(&json!({ "trusted": packs })),
    );
    Ok(ExitStatus::Good)
}

fn unreadable(error: &std::io::Error) -> Refusal {
    Refusal::new(format!("cannot read which packs are trusted: {error}"))
}

fn remove(word: &str, trust: &Trust, context: &Context) -> Outcome<ExitStatus> {
    let packs = trust.packs().map_err(|error| unreadable(&error))?;
    let folder = shown_folder(Path::new(word));
    let named = |pack: &&TrustedPack| {
        pack.name == word || pack.folder == folder || (word.len() >= 8 && pack.digest.starts_with(word))
    };
    let chosen: Vec<&TrustedPack> = packs.iter().filter(named).collect();
    if chosen.is_empty() {
        let refusal = Refusal::new(format!("no trusted pack is called `{word}`"));
        let refusal = match suggest(word, packs.iter().map(|pack| pack.name.as_str())) {
            Some(near) => refusal.next(format!("did you mean `{near}`?")),
            None => refusal,
        };
        return Err(refusal.next("standin trust --list shows all of them"));
    }
    for pack in &chosen {
        trust
            .remove(&pack.digest)
            .map_err(|error| Refusal::new(format!("cannot forget {}: {error}", pack.name)))?;
    }
    context.answer(
        || {
            let line = |pack: &&TrustedPack| {
                let named = format!("{} {}", pack.name, pack.version);
                format!("{} is not trusted any more\n", visible(&named))
            };
            chosen.iter().map(line).collect()
        },
        || pretty(&json!({ "removed": chosen })),
    );
    Ok(ExitStatus::Good)
}

fn add(path: &Path, arguments: &TrustArguments, trust: &Trust, context: &mut Context) -> Outcome<ExitStatus> {
    let chosen = Chosen::read(&[path.to_path_buf()], &arguments.folders)?;
    let catalogue = chosen.load(context)?;
    let wanting: Vec<(&Pack, Vec<Power<'_>>)> = catalogue
        .packs
        .iter()
        .filter(|pack| chosen.focus.contains(pack.name.as_ref()))
        .map(|pack| (pack, catalogue.powers(&pack.name)))
        .collect();
    let risky: Vec<&Pack> = wanting
        .iter()
        .filter(|(_, powers)| !powers.is_empty())
        .map(|(pack, _)| *pack)
        .collect();
    let agreed = risky.is_empty() || arguments.yes || {
        context.terminal.complain(&human(&wanting));
        let names: Vec<&str> = risky.iter().map(|pack| pack.name.as_ref()).collect();
        agrees(&names.join(", "), context)?
    };
    if !agreed {
        return Err(Refusal::new("not trusted: nothing was remembered"));
    }
    for pack in &risky {
        let folder = match &pack.origin {
            PackSource::Folder(folder) => shown_folder(folder),
            PackSource::Embedded => continue,
        };
        let kept = TrustedPack::new(&pack.digest, &pack.name, &pack.version, &folder, clock::now());
        trust.add(&kept).map_err(|error| {
            Refusal::new(format!("cannot remember that {} is trusted: {error}", pack.name))
        })?;
    }
    context.answer(
        || {
            // Who was asked has seen it already.
            let shown = if arguments.yes {
                human(&wanting)
            } else {
                String::new()
            };
            format!("{shown}{}", outcome(&wanting))
        },
        || json_of(&wanting),
    );
    Ok(ExitStatus::Good)
}

/// Asks the person in front of the screen.
fn agrees(names: &str, context: &Context) -> Outcome<bool> {
    let question = format!("May {names} do this, here and on the servers of a pair that names it?");
    context.terminal.ask(&question).ok_or_else(|| {
        Refusal::new("nobody can be asked, since this is no terminal")
            .next("look at what is shown above, then trust it without being asked: --yes")
    })
}

/// A folder by its full name, so that the list is clear wherever it is read.
fn shown_folder(folder: &Path) -> String {
    let whole = folder.canonicalize();
    whole.as_deref().unwrap_or(folder).display().to_string()
}

/// What each pack would do.
fn human(packs: &[(&Pack, Vec<Power<'_>>)]) -> String {
    let mut text = String::new();
    for (pack, powers) in packs {
        let _ = writeln!(
            text,
            "{}  digest {}",
            Tone::Strong.paint(&format!("{} {}", pack.name, visible(&pack.version))),
            &pack.digest[..12]
        );
        for power in powers {
            let _ = writeln!(text, "  {}, on {}", power.of, visible(&power.on));
            for line in power.does.text().lines() {
                let _ = writeln!(text, "      {}", visible(line));
            }
        }
    }
    text
}

fn outcome(packs: &[(&Pack, Vec<Power<'_>>)]) -> String {
    let mut text = String::new();
    for (pack, powers) in packs {
        let what = match powers.len() {
            0 => "runs no program and changes nothing; it needs no trust",
            _ => "is trusted",
        };
        let _ = writeln!(text, "{} {} {what}", pack.name, visible(&pack.version));
    }
    text
}

fn json_of(packs: &[(&Pack, Vec<Power<'_>>)]) -> String {
    let told: Vec<Value> = packs
        .iter()
        .map(|(pack, powers)| {
            let told = |runs: bool| -> Vec<Value> {
                let chosen = powers
                    .iter()
                    .filter(|power| matches!(power.does, Does::Runs(_)) == runs);
                chosen
                    .map(|power| json!({ "of": power.of, "on": power.on, "text": power.does.text() }))
                    .collect()
            };
            json!({
                "name": pack.name,
                "version": pack.version,
                "digest": pack.digest,
                "programs": told(true),
                "changes": told(false),
                "trusted": !powers.is_empty(),
            })
        })
        .collect();
    pretty(&json!({ "packs": told }))
}
