//! `standin scripts`: writes the runbooks of a pair as scripts, and loses nobody's edit.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::Context;
use super::exit::ExitStatus;
use super::refusal::{Outcome, Refusal};
use super::runbook::{Known, Of, known, refusal};
use crate::diagnostic::visible;
use crate::generate::{self, Existing, Fate, Manifest, Script, Settled, Templates, Unwritten};
use crate::pipeline;
use crate::plan::{self, PairRunbook};
use crate::report;

/// Write the runbooks of a pair as scripts for servers that have no Standin
///
/// Writes the script of every runbook for PowerShell and for cmd, in the order of the runbook, with a manifest of digests.
/// A script that somebody edited is found and kept, and the new text is put beside it as NAME.new, or into it with --merge; what stands between its
/// lines "yours" stays, and so do the files of the folder `hooks`. The same pair gives the same bytes. Nothing is changed
/// on any server.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ScriptsArguments {
    #[command(flatten)]
    of: Of,

    /// The folder that the scripts are written to; it is made if it is not there
    #[arg(short, long, value_name = "DIR", required = true)]
    out: PathBuf,

    /// Use the templates in this folder in the place of the shipped ones with their names, such as powershell/step.ps1
    /// [default: the shipped ones]
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,

    /// Put what is new into scripts that somebody edited, line by line. Where both changed the same lines, the script stays
    /// as it is, and NAME.new has both with marks [default: the new text lies beside the edited one as NAME.new]
    #[arg(long)]
    merge: bool,

    /// Write nothing; tell what would change [default: off]
    #[arg(long)]
    check: bool,
}

const EXAMPLES: &str = "\
Examples:
  standin scripts mail-pair --out mail-pair/scripts
  standin scripts mail-pair --out mail-pair/scripts --check      for a nightly job: 1 when they are out of date
  standin scripts mail-pair --out mail-pair/scripts --merge      after an edit by hand
  standin scripts mail-pair --out mail-pair/scripts --templates our-templates

Exit codes: 0 written, or nothing to write; 1 with --check: something would change, with --merge: edits contradict what is new; 3 a script could not be written, because
something is not known or a name cannot be quoted there; 130 interrupted; 2 could not run.";

/// The file that says what was written.
const MANIFEST: &str = "manifest.json";
/// The folder of scripts as they were written last, for the next `--merge`.
const WRITTEN: &str = ".written";

pub(crate) fn run(arguments: &ScriptsArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let templates = templates(arguments.templates.as_deref())?;
    let Some(known) = known(&arguments.of, context)? else {
        return Ok(ExitStatus::Interrupted);
    };
    let (scripts, unwritten) = written(&known, &templates)?;
    let pair = &known.opened.pair.name.value;
    let mut manifest = Manifest::new(pair, &known.opened.catalogue.digest, templates.texts());
    let existing = existing(&arguments.out, &scripts)?;
    let settled = generate::settle(&scripts, &existing, &mut manifest, arguments.merge);
    if !arguments.check {
        write(&arguments.out, &settled, &manifest)?;
        remember(&arguments.out, &scripts, &manifest)?;
    }
    context.answer(
        || human(&settled, &unwritten, arguments),
        || of_programs(&settled, &unwritten),
    );
    Ok(if !unwritten.is_empty() {
        ExitStatus::Unknown
    } else if settled.iter().any(|one| finds(one, arguments.check)) {
        ExitStatus::Findings
    } else {
        ExitStatus::Good
    })
}

/// Whether somebody has to look at it.
fn finds(one: &Settled, check: bool) -> bool {
    matches!(one.fate, Fate::Conflict | Fate::Blocked) || check && one.fate.changes()
}

/// The shipped templates, and those of this folder in their place.
fn templates(folder: Option<&Path>) -> Outcome<Templates> {
    let mut own = BTreeMap::new();
    for language in generate::Language::ALL {
        let Some(inner) = folder.map(|folder| folder.join(language.folder())) else {
            continue;
        };
        let Ok(entries) = fs::read_dir(&inner) else {
            continue;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let text = fs::read_to_string(&path).map_err(|error| cannot("read", &path, &error))?;
            let name = format!("{}/{}", language.folder(), name.unwrap_or_default());
            own.insert(name, text.replace("\r\n", "\n"));
        }
    }
    if let (Some(folder), true) = (folder, own.is_empty()) {
        let none = format!("{} holds no templates", folder.display());
        return Err(Refusal::new(none).next("they lie in its folders powershell and cmd"));
    }
    Templates::with(&own).map_err(|wrong| {
        let refused = Refusal::new(format!("the templates are wrong: {}", wrong.join("; ")));
        refused.next("scripts-templates/README.md tells what they may say")
    })
}

/// Every script of every runbook, and those that cannot be written.
fn written(known: &Known, templates: &Templates) -> Outcome<(Vec<Script>, Vec<Unwritten>)> {
    let (mut scripts, mut unwritten) = (Vec::new(), Vec::new());
    let sites = pipeline::sites(&known.opened);
    let runbooks = known.opened.catalogue.runbooks.values();
    for of in runbooks.filter(|runbook| runbook.script.is_some()) {
        let Some(made) = plan::runbook(&known.basis(), &of.name) else {
            continue;
        };
        let runbook = made.map_err(|none| refusal(&none))?;
        if runbook.unknown() > 0 {
            unwritten.push(not_known(&runbook));
            continue;
        }
        let (more, less) = generate::scripts(&runbook, &sites, templates);
        scripts.extend(more);
        unwritten.extend(less);
    }
    Ok((scripts, unwritten))
}

/// A script with a hole in it is worse than none.
fn not_known(runbook: &PairRunbook<'_>) -> Unwritten {
    let apart = runbook.apart.iter().filter(|apart| !apart.is_known());
    let mut because: Vec<(String, String)> = apart
        .map(|apart| (apart.of.id().to_string(), report::why_apart(&apart.because)))
        .collect();
    because.dedup();
    let script = runbook.runbook.script.as_ref();
    Unwritten {
        name: script.map_or_else(String::new, |script| script.name.to_string()),
        because,
    }
}

/// What lies in the folder of what would be written there.
fn existing(folder: &Path, scripts: &[Script]) -> Outcome<Existing> {
    let mut existing = Existing::default();
    let manifest = folder.join(MANIFEST);
    if let Some(text) = read(&manifest)? {
        let read = Manifest::read(&text);
        let read = read.map_err(|why| Refusal::new(format!("{}: {why}", manifest.display())));
        existing.manifest = Some(
            read.map_err(|refusal| refusal.next("move it away; then every script there counts as edited"))?,
        );
    }
    for script in scripts {
        for name in [script.name.clone(), format!("{}.new", script.name)] {
            if let Some(text) = read(&folder.join(&name))? {
                existing.files.insert(name, text);
            }
        }
        if let Some(text) = read(&folder.join(WRITTEN).join(&script.name))? {
            existing.written.insert(script.name.clone(), text);
        }
    }
    Ok(existing)
}

fn read(path: &Path) -> Outcome<Option<String>> {
    match fs::read(path) {
        // What is no text of ours was edited, whatever it is.
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot("read", path, &error)),
    }
}

fn write(folder: &Path, settled: &[Settled], manifest: &Manifest) -> Outcome<()> {
    fs::create_dir_all(folder).map_err(|error| cannot("make", folder, &error))?;
    for (name, text) in settled.iter().filter_map(|one| one.write.as_ref()) {
        put(&folder.join(name), text)?;
    }
    put(&folder.join(MANIFEST), &(report::pretty(manifest) + "\n"))
}

/// Keeps what was written, so that edits of it can be told from what is new.
fn remember(folder: &Path, scripts: &[Script], manifest: &Manifest) -> Outcome<()> {
    let folder = folder.join(WRITTEN);
    fs::create_dir_all(&folder).map_err(|error| cannot("make", &folder, &error))?;
    let mut written = scripts
        .iter()
        .filter(|script| generate::is_written(script, manifest));
    written.try_for_each(|script| put(&folder.join(&script.name), &script.text))
}

/// Writes a file whole or not at all.
fn put(path: &Path, text: &str) -> Outcome<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    let part = path.with_file_name(name);
    fs::write(&part, text).map_err(|error| cannot("write", &part, &error))?;
    fs::rename(&part, path).map_err(|error| cannot("write", path, &error))
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Refusal {
    Refusal::new(format!("cannot {what} {}: {error}", path.display()))
}

fn human(settled: &[Settled], unwritten: &[Unwritten], arguments: &ScriptsArguments) -> String {
    let mut lines = vec![
        match (arguments.check, settled.iter().any(|one| one.fate.changes())) {
            (true, true) => format!("{} is out of date:", arguments.out.display()),
            (true, false) => format!("{} is as it would be written:", arguments.out.display()),
            (false, _) => format!("{}:", arguments.out.display()),
        },
    ];
    lines.extend(
        settled
            .iter()
            .map(|one| format!("  {}: {}", one.name, one.fate.word())),
    );
    for one in settled {
        let beside = one.write.as_ref().map_or("", |(name, _)| name);
        let at = |(first, last): &(usize, usize)| format!("    {beside}, lines {first} to {last}");
        lines.extend(one.conflicts.iter().map(at));
    }
    for script in unwritten {
        lines.push(format!("  {}: not written, for", script.name));
        lines.extend(
            script
                .because
                .iter()
                .map(|(step, why)| format!("    {step}: {why}")),
        );
    }
    if settled.iter().any(|one| one.fate == Fate::Beside) {
        lines.push("Compare each .new with what you edited, and put what you want into a region \"yours\" or a hook.".to_owned());
    }
    let shown: Vec<_> = lines.iter().map(|line| visible(line)).collect();
    shown.join("\n")
}

fn of_programs(settled: &[Settled], unwritten: &[Unwritten]) -> String {
    let files = settled.iter().map(|one| {
        json!({ "name": one.name, "fate": one.fate.word(), "written": one.write.as_ref().map(|(name, _)| name), "conflicts": one.conflicts })
    });
    let not = unwritten.iter().map(|script| {
        let because = script.because.iter();
        let because = because.map(|(step, why)| json!({ "step": step, "because": why }));
        json!({ "name": script.name, "because": because.collect::<Vec<_>>() })
    });
    report::pretty(&json!({ "files": files.collect::<Vec<_>>(), "not_written": not.collect::<Vec<_>>() }))
}
