//! `standin doctor`: what of a pair can be reached, what stands in the way, and what to do.

mod allowed;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::exit::ExitStatus;
use super::packs::PackFolders;
use super::refusal::Outcome;
use super::terminal::{Terminal, Tone};
use super::{Context, check, clock, kept, live};
use crate::catalogue::PackSource;
use crate::collect::{self, Health, Look};
use crate::diagnostic::visible;
use crate::pair::Secrets;
use crate::pipeline::{self, Opened};
use crate::report::pretty;

/// Tell what of a pair can be reached, and what to do about the rest
///
/// Looks at every endpoint of the pair file step by step - name, port, TLS, secret, log-on, clock, what the account may
/// read of what the rules need - and at this machine: its name servers, and whether it finds the two servers where the
/// pair file says. Nothing is changed, no secret is shown, and a wrong password is tried once.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DoctorArguments {
    /// The pair: a folder with a pair.yaml, or the file itself
    #[arg(value_name = "PAIR")]
    pair: PathBuf,
    #[command(flatten)]
    folders: PackFolders,
}

const EXAMPLES: &str = "\
Examples:
  standin doctor mail-pair
  standin doctor mail-pair --format json

Exit codes: 0 all is well (warnings may be told), 1 something is wrong, 3 nothing is wrong, but something could not be
told, 130 interrupted, 2 could not run.";

pub(crate) fn run(arguments: &DoctorArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let opened = check::open(&arguments.pair, &arguments.folders, None, context)?;
    context.terminal.show_line("looking");
    let runtime = live::runtime()?;
    let now: fn() -> jiff::Timestamp = clock::now;
    let mut looks = files(&arguments.pair, &opened, context);
    let mut secrets = Secrets::default();
    looks.extend(runtime.block_on(collect::examine(&opened.pair, &mut secrets, &now)));
    // Nobody waits for a name server that a thread still waits for.
    runtime.shutdown_background();
    let interrupted = !allowed::look(&opened, &mut looks, &mut secrets, context)?;
    context.terminal.clear_line();
    if interrupted {
        return Ok(ExitStatus::Interrupted);
    }
    context.answer(|| human(&looks), || json_of(&looks, &opened));
    let any = |health| looks.iter().any(|look| look.health == health);
    Ok(if any(Health::Error) {
        ExitStatus::Findings
    } else if any(Health::Unknown) {
        ExitStatus::Unknown
    } else {
        ExitStatus::Good
    })
}

/// The files of this machine that matter.
fn files(pair: &Path, opened: &Opened, context: &Context) -> Vec<Look> {
    let look = |what, health, detail: String, next: Option<&str>| Look {
        about: "files".to_owned(),
        what,
        health,
        detail,
        next: next.map(str::to_owned),
    };
    let file = pipeline::pair_file(pair);
    let mut looks = vec![if others_may_write(&file) {
        let next = "chmod go-w the file: whoever writes it decides where passwords are sent";
        let detail = format!("{} can be written by others", file.display());
        look("pair file", Health::Warning, detail, Some(next))
    } else {
        let detail = format!("{} has no error", file.display());
        look("pair file", Health::Good, detail, None)
    }];
    if let Some(recorded) = &opened.pair.recorded {
        let detail = format!("a check replays {} and asks no server", recorded.display());
        let next = "take `recorded` out of the pair file when the servers are to be asked";
        looks.push(look("recording", Health::Warning, detail, Some(next)));
    }
    for pack in opened
        .catalogue
        .packs
        .iter()
        .filter(|pack| !pack.is_trusted(&opened.trusted))
    {
        let powers = opened.catalogue.powers(&pack.name);
        if let PackSource::Folder(folder) = &pack.origin
            && !powers.is_empty()
        {
            let detail = format!(
                "{} is not trusted: it runs no program, and its fixes change nothing",
                pack.name
            );
            let next = format!(
                "look at what they do, and allow it: standin trust {}",
                folder.display()
            );
            looks.push(look("pack", Health::Warning, detail, Some(&next)));
        }
    }
    looks.push(match kept::can_keep(opened, context) {
        Ok(place) => look("store", Health::Good, format!("checks are kept in {place}"), None),
        Err(why) => look("store", Health::Warning, why.to_string(), Some(why.hint())),
    });
    looks
}

#[cfg(unix)]
fn others_may_write(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|found| found.permissions().mode() & 0o022 != 0)
}

#[cfg(not(unix))]
fn others_may_write(_: &Path) -> bool {
    false
}

const fn tone(health: Health) -> Tone {
    match health {
        Health::Good => Tone::Good,
        Health::Warning | Health::Unknown => Tone::Warning,
        Health::Error => Tone::Error,
    }
}

fn sign(health: Health) -> &'static str {
    match (health, Terminal::unicode()) {
        (Health::Good, true) => "✓",
        (Health::Good, false) => "+",
        (Health::Warning, _) => "!",
        (Health::Error, true) => "✗",
        (Health::Error, false) => "x",
        (Health::Unknown, _) => "?",
    }
}

/// The checklist, by what was looked at, and a closing line.
fn human(looks: &[Look]) -> String {
    let mut text = String::new();
    let mut about = None;
    for look in looks {
        if about != Some(look.about.as_str()) {
            about = Some(look.about.as_str());
            let _ = writeln!(text, "{}", Tone::Strong.paint(&visible(&look.about)));
        }
        let sign = tone(look.health).paint(sign(look.health));
        let _ = writeln!(text, "  {sign} {:<11}{}", look.what, visible(&look.detail));
        if let Some(next) = &look.next {
            let _ = writeln!(text, "    {:<11}{}", "", Tone::Faint.paint(&visible(next)));
        }
    }
    let count = |health: Health| looks.iter().filter(|look| look.health == health).count();
    let told: Vec<String> = [Health::Error, Health::Warning, Health::Unknown, Health::Good]
        .into_iter()
        .filter(|health| count(*health) > 0)
        .map(|health| {
            let plural = matches!(health, Health::Error | Health::Warning) && count(health) != 1;
            let s = if plural { "s" } else { "" };
            tone(health).paint(&format!("{} {}{s}", count(health), health.word()))
        })
        .collect();
    let verdict = if count(Health::Error) > 0 {
        "A check cannot read everything yet: the first ✗ of each part is the one to mend."
    } else {
        "A check can be run."
    };
    let verdict = verdict.replace('✗', sign(Health::Error));
    let _ = writeln!(text, "\n{verdict} {}.", told.join(", "));
    text
}

fn json_of(looks: &[Look], opened: &Opened) -> String {
    let told: Vec<Value> = looks
        .iter()
        .map(|look| {
            json!({
                "about": look.about,
                "what": look.what,
                "status": look.health.word(),
                "detail": look.detail,
                "next_step": look.next,
            })
        })
        .collect();
    pretty(&json!({ "pair": opened.pair.name.value, "looks": told }))
}
