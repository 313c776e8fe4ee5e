//! `standin scripts`: writes the runbooks of a pair as scripts, loses nobody's edit, and brings them to the servers.

mod folder;
mod status;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use self::folder::{cannot, existing, keep_versions, remember};
use self::status::StatusArguments;
use super::apply::{Consent, How};
use super::exit::{ExitStatus, FailOn};
use super::packs::{PackFolders, RuleWords};
use super::refusal::{Outcome, Refusal};
use super::runbook::{Known, Of, known, refusal};
use super::{Context, fix};
use crate::diagnostic::visible;
use crate::generate::{self, Fate, Manifest, Script, Settled, Templates, Unwritten};
use crate::pipeline;
use crate::plan::{self, PairRunbook};
use crate::report;

/// Write the runbooks of a pair as scripts for servers that have no Standin
///
/// Writes the script of every runbook for PowerShell and for cmd, in the order of the runbook, with a manifest of digests.
/// A script that somebody edited is found and kept, and the new text is put beside it as NAME.new, or into it with --merge; what stands between its
/// lines "yours" stays, and so do the files of the folder `hooks`. The same pair gives the same bytes. Only with --deploy is anything changed
/// on a server.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct ScriptsArguments {
    #[command(subcommand)]
    command: Option<ScriptsCommand>,

    #[command(flatten)]
    of: Option<Of>,

    #[command(flatten)]
    folders: PackFolders,

    /// The folder that the scripts are written to; it is made if it is not there [default: `scripts.folder` of the pair
    /// file, else `scripts` beside it]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,

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

    #[command(flatten)]
    copies: Copies,
}

/// Whether they come to the servers.
#[derive(Args, Debug)]
struct Copies {
    /// Then copy scripts and hooks to both servers, once a person has agreed. What somebody changed there is not
    /// overwritten, and the version before stays beside the new one [default: nothing is copied]
    #[arg(long, conflicts_with_all = ["check", "snapshot", "now"])]
    deploy: bool,

    /// Do not ask before copying [default: a person at the terminal is asked]
    #[arg(long, requires = "deploy")]
    yes: bool,
}

#[derive(Debug, Subcommand)]
enum ScriptsCommand {
    /// Tell which scripts are on the servers: the same as here, older, edited there, or missing
    Status(StatusArguments),
}

const EXAMPLES: &str = "\
Examples:
  standin scripts mail-pair                     writes them to mail-pair/scripts
  standin scripts mail-pair --check             for a nightly job: 1 when they are out of date
  standin scripts mail-pair --merge             after an edit by hand
  standin scripts mail-pair --deploy            copies them to both servers, too
  standin scripts status mail-pair              what is where
  standin scripts mail-pair --out elsewhere --templates our-templates

Exit codes: 0 written, or nothing to write; 1 with --check: something would change, with --merge: edits contradict what is new; 3 a script could not be written, because
something is not known or a name cannot be quoted there; 130 interrupted; 2 could not run. With --deploy also those of standin fix.";

/// The word by which rules are chosen that tell of scripts on servers.
const DEPLOYED: &str = "scripts";

pub(crate) fn run(arguments: &ScriptsArguments, context: &mut Context) -> Outcome<ExitStatus> {
    match (&arguments.command, &arguments.of) {
        (Some(ScriptsCommand::Status(arguments)), _) => status::run(arguments, context),
        (None, Some(of)) => write(of, arguments, context),
        (None, None) => Err(Refusal::new("no pair is named").next("standin scripts PAIR")),
    }
}

fn write(of: &Of, arguments: &ScriptsArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let templates = templates(arguments.templates.as_deref())?;
    let Some(known) = known(of, &arguments.folders, context)? else {
        return Ok(ExitStatus::Interrupted);
    };
    let out = out(arguments, &known)?;
    let (scripts, unwritten) = written(&known, &templates)?;
    let pair = &known.opened.pair.name.value;
    let mut manifest = Manifest::new(pair, &known.opened.catalogue.digest, templates.texts());
    let existing = existing(&out, &scripts)?;
    let settled = generate::settle(&scripts, &existing, &mut manifest, arguments.merge);
    if !arguments.check {
        folder::write(&out, &settled, &manifest)?;
        remember(&out, &scripts, &manifest)?;
        keep_versions(&out)?;
    }
    let left = settled.iter().filter(|one| one.fate.leaves_something());
    let left: Vec<&str> = left.map(|one| one.name.as_str()).collect();
    let text = || human(&settled, &unwritten, arguments, &out);
    if arguments.copies.deploy && left.is_empty() && unwritten.is_empty() {
        // The answer is what comes of the copies; this is talk.
        context.terminal.tell(&text());
        return deploy(of, arguments, context);
    }
    context.answer(text, || of_programs(&settled, &unwritten));
    if arguments.copies.deploy {
        return Err(uncopied(&left, &unwritten));
    }
    Ok(if !unwritten.is_empty() {
        ExitStatus::Unknown
    } else if settled.iter().any(|one| finds(one, arguments.check)) {
        ExitStatus::Findings
    } else {
        ExitStatus::Good
    })
}

/// Where the scripts are written.
fn out(arguments: &ScriptsArguments, known: &Known) -> Outcome<PathBuf> {
    let named = match pipeline::folder_of_scripts(&known.opened) {
        Some(named) => Some(named.map_err(|why| Refusal::new(why.detail.to_string()))?),
        None => None,
    };
    let out = arguments.out.as_ref().or(named.as_ref());
    let Some(out) = out else {
        return Err(Refusal::new("no pack says where scripts lie").next("say where: --out DIR"));
    };
    if arguments.copies.deploy {
        may_be_copied(known)?;
        if !named.as_ref().is_some_and(|named| same_folder(named, out)) {
            let other = "what is copied to the servers lies in the folder that the pair file names";
            return Err(
                Refusal::new(other).next("leave --out away, or say `scripts.folder` in the pair file")
            );
        }
    }
    Ok(out.clone())
}

/// Whether anything of the pair comes to its servers.
fn may_be_copied(known: &Known) -> Outcome<()> {
    let pair = &known.opened.pair;
    if let Some(recording) = &pair.recorded {
        let stands_in = format!(
            "nothing is copied: {} stands in for the servers",
            recording.display()
        );
        let next = "take `recorded` out of the pair file, so that the servers themselves are asked";
        return Err(Refusal::new(stands_in).next(next));
    }
    if !pipeline::scripts_are_wanted(&known.opened) {
        let off = "nothing is copied: the pair file says so (`options.create_scripts`)";
        return Err(Refusal::new(off).next("set it to true, or leave the line out"));
    }
    Ok(())
}

fn same_folder(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    matches!((whole(one), whole(other)), (Ok(one), Ok(other)) if one == other)
}

/// Copies what lies in the folder, as the rules about it offer.
fn deploy(of: &Of, arguments: &ScriptsArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let words = RuleWords {
        only: vec![DEPLOYED.to_owned()],
        skip: Vec::new(),
    };
    let how = How {
        timeout: of.timeout,
        folders: arguments.folders.clone(),
        fail_on: FailOn::Warning,
        ..How::default()
    };
    fix::mend(
        &of.pair,
        &words,
        arguments.copies.yes,
        &Consent::default(),
        &how,
        context,
    )
}

/// Nothing is copied while the folder does not hold what the pair needs now.
fn uncopied(left: &[&str], unwritten: &[Unwritten]) -> Refusal {
    if unwritten.is_empty() {
        let why = format!(
            "nothing was copied: {} is not what the pair needs now",
            left.join(", ")
        );
        return Refusal::new(why)
            .next("put what is new into it: --merge, or by hand from what lies beside it");
    }
    let names: Vec<&str> = unwritten.iter().map(|one| one.name.as_str()).collect();
    Refusal::new(format!(
        "nothing was copied: {} could not be written",
        names.join(", ")
    ))
    .next("see above what is not known")
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

fn human(settled: &[Settled], unwritten: &[Unwritten], arguments: &ScriptsArguments, out: &Path) -> String {
    let mut lines = vec![
        match (arguments.check, settled.iter().any(|one| one.fate.changes())) {
            (true, true) => format!("{} is out of date:", out.display()),
            (true, false) => format!("{} is as it would be written:", out.display()),
            (false, _) => format!("{}:", out.display()),
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
