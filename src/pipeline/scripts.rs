//! The scripts of a pair: where they lie here, and what the facts say of them on the servers.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::Opened;
use super::records::text;
use crate::collect;
use crate::facts::{Absence, Cause, FactPath, FactValue, Facts, Key, Lookup, Root, Side};
use crate::report::{Copied, CopiedScript, CopiedServer};

/// The folder of this machine, and whether anybody wants scripts.
const FOLDER: &str = "scripts.folder";
const WANTED: &str = "options.create_scripts";
/// The scripts of this machine, and of a server: where they lie and what they are.
const WRITTEN: &str = "scripts.written";
const PLACE: &str = "scripts.folder";
const STATES: &str = "scripts.states";

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
        [PLACE, STATES].map(|name| FactPath::new(root, name))
    });
    let wanted = of_servers.chain([FactPath::new(Root::Pair, WRITTEN)]);
    collect::needed_for(&opened.catalogue, wanted)
}

/// Which scripts are on the servers; why not, where it is not known which there are.
pub fn copied(opened: &Opened, facts: &Facts) -> Result<Copied, Absence> {
    let written = facts.get(&FactPath::new(Root::Pair, WRITTEN))?;
    let names = match &written {
        FactValue::Map(map) => map
            .iter()
            .filter_map(|entry| text(&entry.value, "name"))
            .collect(),
        _ => Vec::new(),
    };
    let folder = facts.get(&FactPath::new(Root::Setting, FOLDER));
    Ok(Copied {
        folder: folder.map_or_else(|_| String::new(), ToString::to_string),
        servers: Side::BOTH.map(|side| server(opened, facts, side, &names)).into(),
        names,
    })
}

fn server(opened: &Opened, facts: &Facts, side: Side, names: &[String]) -> CopiedServer {
    let root = Root::from(side);
    let states = facts.get(&FactPath::new(root, STATES));
    let state = |name: &String| CopiedScript {
        name: name.clone(),
        state: states.clone().and_then(|states| state_of(states, name)),
    };
    let server = match side {
        Side::Source => &opened.pair.source,
        Side::Target => &opened.pair.target,
    };
    CopiedServer {
        side,
        name: server.name.value.clone(),
        folder: facts.get(&FactPath::new(root, PLACE)).map(ToString::to_string),
        scripts: names.iter().map(state).collect(),
    }
}

fn state_of(states: &FactValue, script: &str) -> Result<String, Absence> {
    let found = match states {
        FactValue::Map(map) => map.get(&Key::new([script])),
        _ => Lookup::Missing,
    };
    match found {
        Lookup::Found(entry) => Ok(text(&entry.value, "state").unwrap_or_default()),
        Lookup::Hole(why) => Err(why.clone()),
        Lookup::Missing => Err(Absence::new(
            Cause::NotCollected,
            STATES,
            format!("nothing is known of {script}"),
        )),
    }
}
