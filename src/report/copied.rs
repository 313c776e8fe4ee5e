//! Which scripts are on the servers.

use serde_json::json;

use super::look::{Look, Style};
use super::page::Page;
use super::pretty::pretty;
use super::table::Table;
use crate::evaluate::Status;
use crate::facts::{Absence, Side};
use crate::pair::Pair;

/// The scripts of a pair, here and on its servers.
#[derive(Clone, Debug)]
pub struct Copied {
    /// Where they lie on this machine, as the pair file says it.
    pub folder: String,
    pub names: Vec<String>,
    pub machines: Vec<CopiedMachine>,
}

/// A server, or a node of its cluster, with each of the scripts in the order of their names.
#[derive(Clone, Debug)]
pub struct CopiedMachine {
    pub side: Side,
    pub name: String,
    pub folder: Result<String, Absence>,
    pub scripts: Vec<CopiedScript>,
}

#[derive(Clone, Debug)]
pub struct CopiedScript {
    pub name: String,
    /// A word of the packs: `same`, `older`, `missing`, `edited`.
    pub state: Result<String, Absence>,
}

/// The one word that asks for nothing.
const SAME: &str = "same";

impl Copied {
    fn states(&self) -> impl Iterator<Item = &Result<String, Absence>> {
        let machines = self.machines.iter();
        machines.flat_map(|machine| machine.scripts.iter().map(|script| &script.state))
    }

    fn is(&self, word: &str) -> bool {
        self.states()
            .any(|state| state.as_ref().is_ok_and(|state| state == word))
    }

    /// What it comes to: bad when some script is known to be otherwise than here.
    pub fn status(&self) -> Status {
        let other = |state: &Result<String, Absence>| state.as_ref().is_ok_and(|state| state != SAME);
        if self.states().any(other) {
            Status::Warning
        } else if self.states().any(Result::is_err) {
            Status::Unknown
        } else {
            Status::Good
        }
    }
}

/// Renders them for people, with what to do next.
pub fn copied_text(pair: &Pair, copied: &Copied, look: Look) -> String {
    let mut page = Page::new(look);
    let head = page.line(0).add(Style::Strong, &pair.name.value);
    page.put(&head.plain(format!(": scripts in {}", copied.folder)));
    for machine in &copied.machines {
        let line = page
            .line(2)
            .plain(format!("{} {}: ", machine.side.word(), machine.name));
        match &machine.folder {
            Ok(folder) => page.put(&line.plain(folder)),
            Err(why) => page.wrap(line, 4, Style::Of(Status::Unknown), format!("not known: {why}")),
        }
    }
    page.gap();
    if copied.names.is_empty() {
        page.put(
            &page
                .line(0)
                .plain("There are none yet: standin scripts writes them."),
        );
        return page.finish();
    }
    put_table(&mut page, copied);
    put_reasons(&mut page, copied);
    for (word, next) in [
        (
            "older",
            "older: standin scripts --deploy copies the one that lies here; the older one stays beside it",
        ),
        ("missing", "missing: standin scripts --deploy copies it"),
        (
            "edited",
            "edited: no version from here, so it is never overwritten. Take over what you want to keep, move it away, and copy again",
        ),
    ] {
        if copied.is(word) {
            page.gap();
            page.wrap(page.line(0), 2, Style::Plain, next);
        }
    }
    page.finish()
}

fn put_table(page: &mut Page, copied: &Copied) {
    let machines = copied.machines.iter().map(|machine| machine.name.as_str());
    let titles: Vec<&str> = std::iter::once("script").chain(machines).collect();
    let mut table = Table::new(page, &titles);
    for (at, name) in copied.names.iter().enumerate() {
        let states = copied
            .machines
            .iter()
            .map(|machine| match &machine.scripts[at].state {
                Ok(state) if state == SAME => (Style::Of(Status::Good), state.as_str()),
                Ok(state) => (Style::Of(Status::Warning), state.as_str()),
                Err(_) => (Style::Of(Status::Unknown), "not known"),
            });
        table.row(page, [(Style::Plain, name.as_str())].into_iter().chain(states));
    }
    table.put(page);
}

/// Why something is not known, each reason once.
fn put_reasons(page: &mut Page, copied: &Copied) {
    for machine in &copied.machines {
        let mut reasons: Vec<String> = machine
            .scripts
            .iter()
            .filter_map(|script| script.state.as_ref().err())
            .map(ToString::to_string)
            .collect();
        reasons.dedup();
        for why in reasons {
            page.gap();
            let head = page.line(0).add(Style::Of(Status::Unknown), "Not known");
            page.wrap(
                head.plain(format!(" of {}: ", machine.name)),
                2,
                Style::Plain,
                why,
            );
        }
    }
}

/// The same for programs.
pub fn copied_json(pair: &Pair, copied: &Copied) -> String {
    let why = |why: &Absence| json!({ "cause": why.cause.word(), "detail": &*why.detail });
    let machines = copied.machines.iter().map(|machine| {
        let scripts = machine.scripts.iter().map(|script| match &script.state {
            Ok(state) => json!({ "name": script.name, "state": state }),
            Err(absent) => json!({ "name": script.name, "state": null, "unknown": why(absent) }),
        });
        json!({
            "side": machine.side.word(),
            "machine": machine.name,
            "folder": machine.folder.as_ref().ok(),
            "scripts": scripts.collect::<Vec<_>>(),
        })
    });
    pretty(&json!({
        "pair": pair.name.value,
        "folder": copied.folder,
        "machines": machines.collect::<Vec<_>>(),
    }))
}
