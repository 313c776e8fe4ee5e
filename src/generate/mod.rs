//! Runbooks to scripts, in memory: pure, the same input gives the same bytes on every machine.
//!
//! How a step is written stands in templates, one for each kind of action and language, with a frame for each language.
//! A value becomes one literal there or the script is refused; nothing is mangled. What people changed in a script is
//! found by its digest and kept.

mod assemble;
mod kept;
mod merge;
mod sites;
mod templates;
mod values;

pub use kept::{Existing, Fate, Manifest, Settled, is_written, settle};
pub use sites::{Site, Sites};
pub use templates::{Language, Templates};

use std::panic::resume_unwind;
use std::thread;

use crate::catalogue;
use crate::plan::PairRunbook;

/// One file, as it is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    pub name: String,
    pub text: String,
}

/// Why a script cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwritten {
    pub name: String,
    /// The step, and what is wrong with it.
    pub because: Vec<(String, String)>,
}

/// The scripts of a runbook, in every language, with the files by which others call them.
pub fn scripts(
    runbook: &PairRunbook<'_>,
    sites: &Sites,
    templates: &Templates,
) -> (Vec<Script>, Vec<Unwritten>) {
    let (mut written, mut unwritten) = (Vec::new(), Vec::new());
    let Some(script) = &runbook.runbook.script else {
        return (written, unwritten);
    };
    for (language, made) in Language::ALL
        .into_iter()
        .zip(in_languages(runbook, script, sites, templates))
    {
        let name = format!("{}.{}", script.name, language.ending());
        match made {
            Ok(text) => written.push(Script { name, text }),
            Err(because) => unwritten.push(Unwritten { name, because }),
        }
    }
    for also in &script.also {
        let calls = format!("{}.cmd", script.name);
        if written.iter().any(|script| script.name == calls) {
            let text = format!(
                "@rem Written by Standin: another name of {calls}.\r\n@call \"%~dp0{calls}\" %*\r\n@exit /b %errorlevel%\r\n"
            );
            written.push(Script {
                name: also.to_string(),
                text,
            });
        }
    }
    (written, unwritten)
}

/// The text in each language, all at once: of a runbook of thousands of steps each takes its time.
fn in_languages(
    runbook: &PairRunbook<'_>,
    script: &catalogue::Script,
    sites: &Sites,
    templates: &Templates,
) -> [assemble::Made; Language::ALL.len()] {
    let made = |language| assemble::script(runbook, script, language, sites, templates);
    thread::scope(|scope| {
        let begun = Language::ALL.map(|language| scope.spawn(move || made(language)));
        begun.map(|begun| begun.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

#[cfg(test)]
mod tests;
