//! The flow, one way: open a pair, get its facts, judge them.

mod attended;
mod discover;
mod planned;
mod records;
mod redacted;
mod rights;
mod scripts;
mod sets;
mod switched;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use thiserror::Error;

use crate::catalogue::{self, Catalogue, PackFiles, PackSource};
use crate::collect;
use crate::diagnostic::{Diagnostic, Diagnostics, SourceMap};
use crate::evaluate::{self, Judged, Selection, Summary};
use crate::facts::{FactPath, Facts, Snapshot, SnapshotError};
use crate::pair::{Pair, Secrets};
use crate::report::{Origin, Report};

pub use attended::{Attended, Looked};
pub use discover::{Sought, discover};
pub use planned::{Planned, plan};
pub use redacted::{Redacted, redacted};
pub use rights::{rights, shown_by, stand};
pub use scripts::{copied, folder_of_scripts, scripts_are_wanted, wanted_by_copies};
pub use sets::{sets, wanted_by_sets};
pub use switched::{nothing_judged, said_and_read, sites, wanted_by_runbooks};

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum Failure {
    /// Files that people wrote are wrong; all that is wrong is told.
    #[error("{} found in the files", if .0.error_count() == 1 { "an error was".to_owned() } else { format!("{} errors were", .0.error_count()) })]
    Files(Diagnostics),
    #[error("{shown}: {why}")]
    Snapshot { shown: String, why: SnapshotError },
    #[error("{shown}: {why}")]
    File { shown: String, why: std::io::Error },
    #[error("the rule {0} does too much work for one expression; it was stopped")]
    Budget(Arc<str>),
}

/// A pair, the catalogue that judges it, and what its file says.
#[derive(Debug)]
pub struct Opened {
    pub pair: Pair,
    pub catalogue: Catalogue,
    /// Settings, parameters and the servers' names.
    pub said: Facts,
    /// Warnings about the files.
    pub warnings: Diagnostics,
    /// Digests of the packs from folders whose programs may run; nobody is trusted unless the caller says so.
    pub trusted: BTreeSet<String>,
}

/// The name of the pair file in a folder.
pub const PAIR_FILE: &str = "pair.yaml";

/// The pair file that a path means: itself, or the one in the folder.
pub fn pair_file(path: &Path) -> PathBuf {
    if path.is_dir() {
        path.join(PAIR_FILE)
    } else {
        path.to_path_buf()
    }
}

/// Reads a pair file and the packs that it names, from the binary and from these folders.
pub fn open(
    path: &Path,
    folders: &[PathBuf],
    now: Timestamp,
    sources: &mut SourceMap,
) -> Result<Opened, Failure> {
    let mut sink = Diagnostics::new();
    let path = pair_file(path);
    let pair = Pair::load(&path, &path.display().to_string(), sources, &mut sink);
    let Some(pair) = pair else {
        return Err(Failure::Files(sink));
    };
    let packs = choose(&pair, folders, &mut sink);
    let loaded = catalogue::load_to_judge(&packs, sources);
    sink.append(loaded.diagnostics);
    let Some(catalogue) = loaded.catalogue else {
        return Err(Failure::Files(sink));
    };
    one_implementation(&pair, &catalogue, &mut sink);
    let said = catalogue::bind(&catalogue, &pair, now, &mut sink);
    if sink.has_errors() {
        return Err(Failure::Files(sink));
    }
    Ok(Opened {
        pair,
        catalogue,
        said,
        warnings: sink,
        trusted: BTreeSet::new(),
    })
}

/// Refuses two packs that say of the same facts how they are read.
fn one_implementation(pair: &Pair, catalogue: &Catalogue, sink: &mut Diagnostics) {
    let mut by_word: BTreeMap<&str, &str> = BTreeMap::new();
    for pack in &catalogue.packs {
        for word in &pack.implements {
            let Some(first) = by_word.insert(word, &pack.name) else {
                continue;
            };
            let message = format!("`{first}` and `{}` both implement `{word}`", pack.name);
            let second =
                Diagnostic::error("two-implementations", message).help("name one of them under `packs`");
            let named = pair.packs.iter().find(|named| *named.value == *pack.name);
            sink.push(match named {
                Some(named) => second.at(named.span, ""),
                None => second,
            });
        }
    }
}

/// All packs there are: those of the binary, and those of the folders, which come first.
pub fn all_packs(folders: &[PathBuf], sink: &mut Diagnostics) -> Vec<PackFiles> {
    let mut packs: Vec<PackFiles> = Vec::new();
    let sources = folders
        .iter()
        .cloned()
        .map(PackSource::Folder)
        .chain([PackSource::Embedded]);
    for source in sources {
        match source.read() {
            Ok(read) => {
                for pack in read {
                    if !packs.iter().any(|p| p.folder == pack.folder) {
                        packs.push(pack);
                    }
                }
            }
            Err(why) => sink.push(Diagnostic::error("unreadable-pack", why)),
        }
    }
    packs
}

/// The packs that the pair names, and those that they need.
fn choose(pair: &Pair, folders: &[PathBuf], sink: &mut Diagnostics) -> Vec<PackFiles> {
    let all = all_packs(folders, sink);
    let known: Vec<&str> = all.iter().map(|p| p.folder.as_str()).collect();
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    for name in &pair.packs {
        if !known.contains(&name.value.as_str()) {
            let unknown = Diagnostic::error("unknown-pack", format!("there is no pack `{}`", name.value));
            let unknown = unknown
                .at(name.span, "")
                .did_you_mean(&name.value, known.iter().copied());
            sink.push(unknown.help("packs of your own are named by `--rules FOLDER`"));
        }
        wanted.insert(name.value.clone());
    }
    let chosen = with_required(all, wanted);
    for folder in folders {
        unused(folder, &chosen, sink);
    }
    chosen
}

/// Warns of a folder that is given in vain: the pair names none of its packs.
fn unused(folder: &Path, chosen: &[PackFiles], sink: &mut Diagnostics) {
    let packs = PackSource::Folder(folder.to_path_buf())
        .read()
        .unwrap_or_default();
    let used = |pack: &PackFiles| chosen.iter().any(|other| other.folder == pack.folder);
    if let Some(first) = packs.first()
        && !packs.iter().any(used)
    {
        let message = format!(
            "the pair names no pack of {}: nothing there is judged",
            folder.display()
        );
        let warning = Diagnostic::warning("unused-pack", message);
        sink.push(warning.help(format!("add `{}` to `packs` in the pair file", first.folder)));
    }
}

/// Of these packs the wanted ones, and those that they require.
pub fn with_required(all: Vec<PackFiles>, mut wanted: BTreeSet<String>) -> Vec<PackFiles> {
    loop {
        let needed: Vec<String> = all
            .iter()
            .filter(|pack| wanted.contains(&pack.folder))
            .flat_map(catalogue::required_packs)
            .filter(|name| all.iter().any(|pack| pack.folder == *name) && !wanted.contains(name))
            .collect();
        if needed.is_empty() {
            break;
        }
        wanted.extend(needed);
    }
    all.into_iter()
        .filter(|pack| wanted.contains(&pack.folder))
        .collect()
}

/// Reads a recorded snapshot.
pub fn recorded(path: &Path, catalogue: &Catalogue) -> Result<Snapshot, Failure> {
    let shown = path.display().to_string();
    let mut text = String::new();
    // One byte more than is allowed is enough to know that it is too much.
    let read = File::open(path).and_then(|file| {
        let most = Snapshot::LARGEST as u64 + 1;
        file.take(most).read_to_string(&mut text)
    });
    read.map_err(|why| Failure::File {
        shown: shown.clone(),
        why,
    })?;
    replayed(&shown, &text, catalogue)
}

/// Reads the text of a recorded snapshot; `shown` names it in a failure.
pub fn replayed(shown: &str, text: &str, catalogue: &Catalogue) -> Result<Snapshot, Failure> {
    Snapshot::from_json(text, |fact| catalogue.schema.type_at(fact).cloned()).map_err(|why| {
        Failure::Snapshot {
            shown: shown.to_owned(),
            why,
        }
    })
}

/// Findings and what they come to.
#[derive(Clone, Debug)]
pub struct Answer {
    pub judged: Judged,
    pub summary: Summary,
}

/// What is known as of `now`: what was read and is not too old, and what the pair file says.
fn known(opened: &Opened, snapshot: &Snapshot, now: Timestamp) -> Facts {
    let mut facts = snapshot.facts.clone();
    if let Some(max_age) = opened.pair.max_age {
        let max_age = SignedDuration::try_from(max_age).unwrap_or(SignedDuration::MAX);
        evaluate::expire(&mut facts, now, max_age);
    }
    for (path, observation) in opened.said.iter() {
        facts.insert(path.clone(), observation.clone());
    }
    facts
}

/// Judges a snapshot as of `now`.
pub fn judge(
    opened: &Opened,
    snapshot: &Snapshot,
    selection: &Selection,
    now: Timestamp,
) -> Result<Answer, Failure> {
    let facts = known(opened, snapshot, now);
    let today = now.to_zoned(TimeZone::UTC).date();
    let judged = evaluate::judge(&opened.catalogue, &facts, selection, &opened.pair.waivers, today)
        .map_err(Failure::Budget)?;
    let summary = Summary::of(&judged.findings);
    Ok(Answer { judged, summary })
}

/// What a live run may take, and who watches it.
pub struct Means<'a> {
    /// For all facts together.
    pub timeout: std::time::Duration,
    pub clock: &'a dyn Fn() -> Timestamp,
    pub progress: &'a dyn collect::Progress,
    pub cancelled: tokio_util::sync::CancellationToken,
    /// Makes the digests that stand for secrets.
    pub digests: Option<collect::Digests<'a>>,
}

/// Reads what the selected rules need from the live servers.
pub async fn live(
    opened: &Opened,
    selection: &Selection,
    means: Means<'_>,
    secrets: &mut Secrets,
) -> Snapshot {
    let wanted = needed(opened, selection, Purpose::Check);
    live_facts(opened, &wanted, means, secrets).await
}

/// What facts are read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The rules are judged.
    Check,
    /// What their fixes would do is planned as well.
    Plan,
    /// Whatever may be asked of a recording: runbooks too.
    Recording,
}

/// The facts that the selected rules need.
pub fn needed(opened: &Opened, selection: &Selection, purpose: Purpose) -> BTreeSet<FactPath> {
    let rules = evaluate::selected(&opened.catalogue, selection);
    match purpose {
        Purpose::Check => collect::needed(&opened.catalogue, rules),
        Purpose::Plan => collect::needed_with_fixes(&opened.catalogue, &rules),
        Purpose::Recording => {
            let mut all = collect::needed_with_fixes(&opened.catalogue, &rules);
            all.extend(wanted_by_runbooks(opened));
            all.extend(wanted_by_sets(opened));
            all
        }
    }
}

/// Reads these facts from the live servers.
pub async fn live_facts(
    opened: &Opened,
    wanted: &BTreeSet<FactPath>,
    means: Means<'_>,
    secrets: &mut Secrets,
) -> Snapshot {
    let request = collect::Request {
        catalogue: &opened.catalogue,
        pair: &opened.pair,
        said: &opened.said,
        wanted,
        trusted: &opened.trusted,
        timeout: means.timeout,
        clock: means.clock,
        digests: means.digests,
        progress: means.progress,
        cancelled: means.cancelled,
    };
    collect::collect(&request, secrets).await
}

impl Opened {
    /// The answer with everything that telling it needs.
    pub fn report<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        answer: &'a Answer,
        origin: Origin,
        now: Timestamp,
    ) -> Report<'a> {
        Report {
            pair: &self.pair,
            catalogue: &self.catalogue,
            snapshot,
            origin,
            judged: &answer.judged,
            summary: &answer.summary,
            now,
        }
    }
}
