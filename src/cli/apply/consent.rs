//! What a person has to agree to before anything is done.

use clap::Args;

use super::site::Site;
use crate::apply::Task;
use crate::catalogue::Safety;
use crate::cli::refusal::{Outcome, Refusal};

/// What is agreed to on the command line.
#[derive(Args, Clone, Debug, Default)]
pub(in crate::cli) struct Consent {
    /// Agree to the steps of this fix, which are to be confirmed; `all` agrees to every such fix but the destructive
    /// ones. May be given several times [default: a person at the terminal is asked]
    #[arg(long, value_name = "FIX", value_delimiter = ',')]
    pub(in crate::cli) confirm: Vec<String>,

    /// Agree to a destructive step by the name of what it destroys. May be given several times [default: a person at
    /// the terminal has to write the name]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) destroy: Vec<String>,
}

/// What a destructive step destroys, by its name: the last part of the key of what it changes first.
fn destroyed(task: &Task) -> String {
    let key = task.changes.first().and_then(|goal| goal.place.key.as_ref());
    let name = key.and_then(|key| key.parts().last());
    name.map_or_else(|| task.spec.fix.to_string(), ToString::to_string)
}

impl Consent {
    /// Sees to it that everything that needs it is agreed to; all that is missing is told at once.
    pub(in crate::cli) fn settle(&self, tasks: &[Task], site: &Site<'_>) -> Outcome<bool> {
        let mut missing = Vec::new();
        for (fix, steps) in by_fix(tasks, Safety::Confirm) {
            if self.confirm.iter().any(|word| word == "all" || word == fix) {
                continue;
            }
            let would: Vec<&str> = steps.iter().map(|task| task.would.as_str()).collect();
            let question = format!("{fix} would {}. Do it? [y/N] ", would.join("; "));
            match site.ask(&question) {
                Some(said) if matches!(said.trim().to_lowercase().as_str(), "y" | "yes") => {}
                Some(_) => return Ok(false),
                None if site.is_interrupted() => return Ok(false),
                None => missing.push(format!("--confirm {fix}")),
            }
        }
        for (_, steps) in by_fix(tasks, Safety::Destructive) {
            for task in steps {
                let name = destroyed(task);
                if self.destroy.contains(&name) {
                    continue;
                }
                let question = format!(
                    "{} would {}. To agree, write its name: ",
                    task.spec.fix, task.would
                );
                match site.ask(&question) {
                    Some(said) if said.trim() == name => {}
                    Some(_) => return Ok(false),
                    None if site.is_interrupted() => return Ok(false),
                    None => missing.push(format!("--destroy {name:?}")),
                }
            }
        }
        if missing.is_empty() {
            return Ok(true);
        }
        let refusal =
            Refusal::new("steps of this plan have to be agreed to, and nobody is there to be asked");
        Err(refusal
            .next(format!("agree: {}", missing.join(" ")))
            .next("or leave them out when you plan: --skip RULE"))
    }
}

/// The steps that need this, by their fix.
fn by_fix(tasks: &[Task], safety: Safety) -> Vec<(&str, Vec<&Task>)> {
    let mut fixes: Vec<(&str, Vec<&Task>)> = Vec::new();
    let needing = tasks
        .iter()
        .filter(|task| task.safety == safety && task.takes_back.is_none());
    for task in needing {
        match fixes.iter_mut().find(|(fix, _)| *fix == &*task.spec.fix) {
            Some((_, steps)) => steps.push(task),
            None => fixes.push((&task.spec.fix, vec![task])),
        }
    }
    fixes
}
