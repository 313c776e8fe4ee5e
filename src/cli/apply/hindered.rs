//! What keeps a run from being done at all.

use std::collections::BTreeSet;

use super::site::Site;
use crate::apply::Task;
use crate::catalogue::On;
use crate::cli::refusal::{Outcome, Refusal};
use crate::evaluate::{Stopped, guarded};
use crate::pair::Protocol;
use crate::pipeline::Looked;

/// Why nothing is done, and what a person does about it.
#[derive(Debug, Default)]
struct Reasons {
    why: Vec<String>,
    next: Vec<String>,
}

impl Reasons {
    fn add(&mut self, why: String, next: &str) {
        self.why.push(why);
        if !self.next.iter().any(|known| known == next) {
            self.next.push(next.to_owned());
        }
    }
}

/// Refuses when a guard of the packs stops a step, or nobody knows whether it does; when a pack that is not trusted would
/// change something; and when a step needs what its server is not reached by. All reasons are told at once.
pub(in crate::cli) fn refuse(tasks: &[Task], site: &Site<'_>, looked: &Looked) -> Outcome<()> {
    let mut reasons = Reasons::default();
    guards(tasks, site, looked, &mut reasons);
    trust(tasks, site, &mut reasons);
    reach(tasks, site, &mut reasons);
    if reasons.why.is_empty() {
        return Ok(());
    }
    let refusal = Refusal::new(format!("nothing was changed: {}", reasons.why.join("; ")));
    Err(reasons.next.into_iter().fold(refusal, Refusal::next))
}

fn guards(tasks: &[Task], site: &Site<'_>, looked: &Looked, reasons: &mut Reasons) {
    for guarded in guarded(&site.opened.catalogue, &looked.facts(&site.opened)) {
        let stopped = tasks.iter().filter(|task| guarded.stops(&task.spec.fix)).count();
        if stopped == 0 {
            continue;
        }
        let guard = &guarded.guard;
        let (why, next) = match &guarded.because {
            Stopped::Broken(why) => (
                format!("{why} ({guard}, which stops {stopped} of the steps)"),
                "see to it that the guard holds, and plan anew",
            ),
            Stopped::Unknown(why) => (
                format!(
                    "it is not known whether {guard} lets {stopped} of the steps be done: {}: {}",
                    why.cause, why.detail
                ),
                "see to it that this can be known, and plan anew; standin doctor tells which server does not answer",
            ),
        };
        reasons.add(why, next);
    }
}

fn trust(tasks: &[Task], site: &Site<'_>, reasons: &mut Reasons) {
    let fixes: BTreeSet<&str> = tasks.iter().map(|task| task.spec.fix.as_ref()).collect();
    for power in site.opened.catalogue.untrusted(&fixes, &site.opened.trusted) {
        let why = format!(
            "the pack of {} is not trusted, and would on {}: {}",
            power.of,
            power.on,
            power.does.text()
        );
        reasons.add(
            why,
            "look at what the pack does, and trust it: standin trust PACK",
        );
    }
}

/// MS-RPC carries everything but commands.
fn reach(tasks: &[Task], site: &Site<'_>, reasons: &mut Reasons) {
    let mut told = BTreeSet::new();
    for task in tasks {
        let Some(fix) = site.opened.catalogue.fixes.get(&task.spec.fix) else {
            continue;
        };
        for action in fix.done().filter(|action| action.verb.protocol == "shell") {
            let server = match action.on {
                On::Side(server) => Some(server),
                On::Here => task.spec.here,
                On::Local | On::Endpoint(_) | On::Host(_) => None,
            };
            let host = server.and_then(|server| site.opened.pair.host(server.word()));
            if host.is_some_and(|host| matches!(host.protocol, Protocol::Rpc { .. }))
                && told.insert((&fix.id, &task.on))
            {
                let why = format!(
                    "{} runs a command on {}, which is reached by MS-RPC only",
                    fix.id, task.on
                );
                reasons.add(
                    why,
                    "reach the server over `winrm` or `ssh`, or leave the rules out: --skip RULE",
                );
            }
        }
    }
}
