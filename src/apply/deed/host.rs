//! What a Windows host is told to do, and commands of packs on this machine.

use std::time::Duration;

use serde_json::{Map, Value};

use super::Deed;
use crate::catalogue;
use crate::facts::{FactValue, to_json};
use crate::transport::host::{Act, Command, Host, RegistryData, ServiceAct, StartType, local_act};
use crate::transport::{Unwritten, local};

/// On the host that it is about.
pub(in crate::apply) async fn run(deed: Deed<'_>, host: &Host) -> Result<(), Unwritten> {
    host.act(&act(deed)?).await
}

/// On this machine, which only runs commands.
pub(in crate::apply) async fn run_here(deed: Deed<'_>, deadline: Duration) -> Result<(), Unwritten> {
    let (command, input) = command(deed)?;
    local_act(&command, &input, deadline).await
}

fn act(deed: Deed<'_>) -> Result<Act, Unwritten> {
    match deed.doing.protocol {
        "service" => service(deed),
        "registry" => registry(deed),
        "file" => file(deed),
        "shell" => {
            let (command, input) = command(deed)?;
            Ok(Act::Shell { command, input })
        }
        other => Err(deed.refused(format!("a host is not told over `{other}`"))),
    }
}

fn service(deed: Deed<'_>) -> Result<Act, Unwritten> {
    let to = match deed.verb() {
        "start" => ServiceAct::Start,
        "stop" => ServiceAct::Stop,
        "set_start" => {
            let word = deed.text("to")?;
            let start = StartType::of_word(word);
            let no_such = || deed.refused(format!("a service cannot start `{word}`"));
            ServiceAct::SetStart(start.ok_or_else(no_such)?)
        }
        other => return Err(deed.refused(format!("a service knows no `{other}`"))),
    };
    let name = deed.text(deed.verb())?.to_owned();
    Ok(Act::Service { name, to })
}

fn registry(deed: Deed<'_>) -> Result<Act, Unwritten> {
    let key = deed.text(deed.verb())?.to_owned();
    let name = deed.text("value")?.to_owned();
    let view32 = deed.optional_text("view")? == Some("32");
    match deed.verb() {
        "set" => Ok(Act::SetValue {
            key,
            name,
            data: data(deed)?,
            view32,
        }),
        "delete" => Ok(Act::DeleteValue { key, name, view32 }),
        other => Err(deed.refused(format!("the registry knows no `{other}`"))),
    }
}

fn data(deed: Deed<'_>) -> Result<RegistryData, Unwritten> {
    let (kind, value) = (deed.text("kind")?, deed.value("data")?);
    let number = || match value {
        FactValue::Int(number) => Some(*number),
        _ => None,
    };
    let made = match kind {
        "text" => text(value).map(RegistryData::Text),
        "expandable" => text(value).map(RegistryData::Expandable),
        "texts" => value
            .items()
            .and_then(|items| items.iter().map(text).collect())
            .map(RegistryData::Texts),
        "dword" => number().and_then(|n| n.try_into().ok()).map(RegistryData::Dword),
        "qword" => number().and_then(|n| n.try_into().ok()).map(RegistryData::Qword),
        "binary" => match value {
            FactValue::Bytes(bytes) => Some(RegistryData::Binary(bytes.to_vec())),
            _ => None,
        },
        _ => None,
    };
    made.ok_or_else(|| {
        deed.refused(format!(
            "the data is nothing that a value of the kind `{kind}` holds"
        ))
    })
}

/// Values that are written as people read them.
fn text(value: &FactValue) -> Option<String> {
    match value {
        FactValue::Text(_)
        | FactValue::Int(_)
        | FactValue::Path(_)
        | FactValue::Dn(_)
        | FactValue::Sid(_)
        | FactValue::Ip(_)
        | FactValue::Host(_)
        | FactValue::Version(_) => Some(value.to_string()),
        _ => None,
    }
}

fn file(deed: Deed<'_>) -> Result<Act, Unwritten> {
    let path = deed.text(deed.verb())?.to_owned();
    let beside = |slot| Ok(deed.optional_text(slot)?.map(str::to_owned));
    match deed.verb() {
        "copy" => Ok(Act::Copy {
            path,
            from: local::file(deed.text("from")?).map_err(Unwritten::refused)?,
            keep: beside("keep")?,
        }),
        "remove" => Ok(Act::Remove {
            path,
            restore: beside("restore")?,
        }),
        other => Err(deed.refused(format!("a file knows no `{other}`"))),
    }
}

/// What is run, and what it is given.
fn command(deed: Deed<'_>) -> Result<(Command, Value), Unwritten> {
    let command = match &deed.doing.command {
        Some(catalogue::Command::PowerShell(text)) => Command::PowerShell(text.to_string()),
        Some(catalogue::Command::Run(words)) => Command::Run(words.clone()),
        None => return Err(deed.refused("there is nothing to run".to_owned())),
    };
    let given = deed.entries("input")?.into_iter();
    let given: Map<String, Value> = given
        .map(|(name, value)| (name.to_owned(), to_json(value)))
        .collect();
    Ok((command, Value::Object(given)))
}
