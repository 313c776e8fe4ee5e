//! The scripts of a pair: where they lie here, and what the facts say of them on the servers.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::Opened;
use super::records::{field, text};
use crate::collect;
use crate::facts::{Absence, Cause, FactPath, FactValue, Facts, Key, Lookup, Root, Side};
use crate::report::{Copied, CopiedMachine, CopiedScript};

/// The folder of this machine, and whether anybody wants scripts.
const FOLDER: &str = "scripts.folder";
const WANTED: &str = "options.create_scripts";
/// The scripts of this machine, and of a server: where they lie and what they are.
const WRITTEN: &str = "scripts.written";
const PLACE: &str = "scripts.place";
const STATES: &str = "scripts.states";
const MACHINES: &str = "scripts.machines";

/// The folder of this machine that the pair file names for scripts; nothing where no pack knows of them.
pub fn folder_of_scripts(opened: &Opened) -> Option<Result<PathBuf, Absence>> {
    let named = opened.said.get(&FactPath::new(Root::Setting, FOLDER)).ok()?;
    Some(collect::place_here(&named.to_string(), &opened.pair))
}

/// Whether the pair file lets scripts come to the servers.
pub fn scripts_are_wanted(opened: &Opened) -> bool {
    let wanted = opened.said.get(&FactPath::new(Root::Setting, WANTED));
    !matches!(wanted, Ok(FactValue::Bool(false)))
}

/// The facts that tell which scripts are on the servers.
pub fn wanted_by_copies(opened: &Opened) -> BTreeSet<FactPath> {
    let of_servers = Side::BOTH.into_iter().flat_map(|side| {
        let root = Root::from(side);
        [PLACE, MACHINES, STATES].map(|name| FactPath::new(root, name))
    });
    let wanted = of_servers.chain([FactPath::new(Root::Pair, WRITTEN)]);
    collect::needed_for(&opened.catalogue, wanted)
}

/// Which scripts are on the servers; why not, where it is not known which there are.
pub fn copied(opened: &Opened, facts: &Facts) -> Result<Copied, Absence> {
    let written = facts.get(&FactPath::new(Root::Pair, WRITTEN))?;
    let names = names(written);
    let folder = facts.get(&FactPath::new(Root::Setting, FOLDER));
    let machines = Side::BOTH
        .into_iter()
        .flat_map(|side| machines(opened, facts, side, &names));
    Ok(Copied {
        folder: folder.map_or_else(|_| String::new(), ToString::to_string),
        machines: machines.collect(),
        names,
    })
}

fn names(records: &FactValue) -> Vec<String> {
    match records {
        FactValue::Map(map) => map
            .iter()
            .filter_map(|entry| text(&entry.value, "name"))
            .collect(),
        _ => Vec::new(),
    }
}

/// The machines of a server; the server itself, where they are not known.
fn machines(opened: &Opened, facts: &Facts, side: Side, scripts: &[String]) -> Vec<CopiedMachine> {
    let root = Root::from(side);
    let of_server = |name| facts.get(&FactPath::new(root, name));
    let folder = of_server(PLACE).map(ToString::to_string);
    let states = of_server(STATES);
    let machine = |name: String, states: Result<&FactValue, Absence>| CopiedMachine {
        side,
        folder: folder.clone(),
        scripts: scripts
            .iter()
            .map(|script| CopiedScript {
                name: script.clone(),
                state: states.clone().and_then(|states| state_of(states, &name, script)),
            })
            .collect(),
        name,
    };
    match of_server(MACHINES) {
        Ok(known) => names(known)
            .into_iter()
            .map(|name| machine(name, states.clone()))
            .collect(),
        Err(why) => {
            let server = match side {
                Side::Source => &opened.pair.source,
                Side::Target => &opened.pair.target,
            };
            vec![machine(server.name.value.clone(), Err(why))]
        }
    }
}

fn state_of(states: &FactValue, machine: &str, script: &str) -> Result<String, Absence> {
    let found = match states {
        FactValue::Map(map) => map.get(&Key::new([script, machine])),
        _ => Lookup::Missing,
    };
    match found {
        Lookup::Found(entry) => match field(&entry.value, "state") {
            Some(FactValue::Absent(why)) => Err(Absence::clone(why)),
            state => Ok(state.map(ToString::to_string).unwrap_or_default()),
        },
        Lookup::Hole(why) => Err(why.clone()),
        Lookup::Missing => Err(Absence::new(
            Cause::NotCollected,
            STATES,
            format!("nothing is known of {script} on {machine}"),
        )),
    }
}
