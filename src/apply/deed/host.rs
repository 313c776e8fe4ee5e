//! What a Windows host is told to do, and commands of packs on this machine.

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value};

use super::Deed;
use crate::catalogue;
use crate::facts::{FactValue, to_json};
use crate::transport::host::{Act, Command, Host, RegistryData, ServiceAct, StartType, local_act};
use crate::transport::{Unwritten, local};

/// On the host that it is about; relative paths of this machine start in `base`.
pub(in crate::apply) async fn run(deed: Deed<'_>, host: &Host, base: &Path) -> Result<(), Unwritten> {
    host.act(&act(deed, base)?).await
}

/// On this machine, which only runs commands.
pub(in crate::apply) async fn run_here(deed: Deed<'_>, deadline: Duration) -> Result<(), Unwritten> {
    let (command, input) = command(deed)?;
    local_act(&command, &input, deadline).await
}

pub(super) fn act(deed: Deed<'_>, base: &Path) -> Result<Act, Unwritten> {
    match deed.doing.protocol {
        "service" => service(deed),
        "registry" => registry(deed),
        "file" => file(deed, base),
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

fn file(deed: Deed<'_>, base: &Path) -> Result<Act, Unwritten> {
    let path = deed.text(deed.verb())?.to_owned();
    let beside = |slot| Ok(deed.optional_text(slot)?.map(str::to_owned));
    match deed.verb() {
        "copy" => Ok(Act::Copy {
            path,
            from: local::file(deed.text("from")?, base).map_err(Unwritten::refused)?,
            keep: beside("keep")?,
        }),
        "remove" => Ok(Act::Remove {
            path,
            restore: beside("restore")?,
        }),
        "make_folder" => Ok(Act::MakeFolder { path }),
        "remove_folder" => Ok(Act::RemoveFolder { path }),
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::facts::{Absence, Cause, Record, WinPath};
    use crate::plan::{At, Detail, Doing};

    type Slot<'a> = (&'a str, Detail);

    fn doing(protocol: &'static str, verb: &'static str, details: &[Slot<'_>]) -> Doing {
        Doing {
            on: "target".to_owned(),
            at: At::Server(crate::facts::Side::Target),
            protocol,
            verb,
            reads: "",
            command: None,
            details: details
                .iter()
                .map(|(slot, detail)| ((*slot).to_owned(), detail.clone()))
                .collect(),
        }
    }

    fn made(protocol: &'static str, verb: &'static str, details: &[Slot<'_>]) -> Result<Act, Unwritten> {
        act(Deed::new(&doing(protocol, verb, details)), Path::new(""))
    }

    fn said(text: &str) -> Detail {
        Detail::Text(text.to_owned())
    }

    fn is(value: FactValue) -> Detail {
        Detail::Value(value)
    }

    #[test]
    fn services() {
        let name = "A; B".to_owned();
        let to = |to| {
            Ok(Act::Service {
                name: name.clone(),
                to,
            })
        };
        assert_eq!(
            made("service", "start", &[("start", said("A; B"))]),
            to(ServiceAct::Start)
        );
        assert_eq!(
            made("service", "stop", &[("stop", said("A; B"))]),
            to(ServiceAct::Stop)
        );
        let set = |word| {
            made(
                "service",
                "set_start",
                &[("set_start", said("A; B")), ("to", is(word))],
            )
        };
        let expected = to(ServiceAct::SetStart(StartType::Automatic));
        assert_eq!(set(FactValue::text("automatic")), expected);
        for word in [FactValue::text("later"), FactValue::Int(2), FactValue::Nothing] {
            let unwritten = set(word).unwrap_err();
            assert_eq!((unwritten.refused, unwritten.why.cause), (true, Cause::Malformed));
        }
    }

    fn data(kind: &str, value: FactValue) -> Result<RegistryData, Unwritten> {
        let slots = [
            ("set", said(r"HKLM\A")),
            ("value", said("V")),
            ("data", is(value)),
            ("kind", said(kind)),
            ("view", said("32")),
        ];
        made("registry", "set", &slots).map(|act| match act {
            Act::SetValue {
                data, view32: true, ..
            } => data,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn values_of_the_registry_are_of_their_kind() {
        use RegistryData::{Binary, Dword, Expandable, Qword, Text, Texts};
        let path = FactValue::Path(WinPath::new(r"E:\a"));
        let texts = FactValue::list([FactValue::text("a"), path.clone()]);
        for (kind, value, expected) in [
            ("text", FactValue::text("%A%"), Text("%A%".into())),
            ("text", path, Text(r"E:\a".into())),
            ("expandable", FactValue::text("%A%"), Expandable("%A%".into())),
            ("texts", texts, Texts(vec!["a".into(), r"E:\a".into()])),
            ("dword", FactValue::Int(u32::MAX.into()), Dword(u32::MAX)),
            ("qword", FactValue::Int(i64::MAX), Qword(i64::MAX as u64)),
            ("binary", FactValue::Bytes([1].into()), Binary(vec![1])),
        ] {
            assert_eq!(data(kind, value), Ok(expected));
        }
        // what is not known is not written, and says why
        let hole = FactValue::absent(Absence::new(Cause::Denied, "source.rpc", "no"));
        let unwritten = data("text", hole).unwrap_err();
        assert_eq!((unwritten.refused, unwritten.why.cause), (true, Cause::Denied));
    }

    #[test]
    fn values_of_another_kind_are_refused() {
        for (kind, value) in [
            ("text", FactValue::Bool(true)),
            ("text", FactValue::Nothing),
            ("texts", FactValue::text("a")),
            ("texts", FactValue::list([FactValue::Nothing])),
            ("dword", FactValue::Int(-1)),
            ("dword", FactValue::Int(1 << 32)),
            ("qword", FactValue::Int(-1)),
            ("binary", FactValue::text("a")),
        ] {
            let unwritten = data(kind, value.clone()).unwrap_err();
            let told = (unwritten.refused, unwritten.why.cause);
            assert_eq!(told, (true, Cause::Malformed), "{kind} {value:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn files_come_from_this_machine() {
        let copy = |from: &str| {
            let slots = [
                ("copy", said(r"C:\E\a.dll")),
                ("from", said(from)),
                ("keep", said(r"C:\E\a.dll.before")),
            ];
            made("file", "copy", &slots)
        };
        let expected = Act::Copy {
            path: r"C:\E\a.dll".into(),
            from: "/srv/helpers/a.dll".into(),
            keep: Some(r"C:\E\a.dll.before".into()),
        };
        assert_eq!(copy(r"/srv/helpers\a.dll"), Ok(expected));
        let unwritten = copy(r"\\files\helpers\a.dll").unwrap_err();
        assert_eq!(
            (unwritten.refused, unwritten.why.cause),
            (true, Cause::NotConfigured)
        );
        let remove = made("file", "remove", &[("remove", said(r"C:\E\a.dll"))]);
        let expected = Act::Remove {
            path: r"C:\E\a.dll".into(),
            restore: None,
        };
        assert_eq!(remove, Ok(expected));
    }

    #[test]
    fn commands_get_what_varies_as_data() {
        let given: Record = [("a", FactValue::text("$(x)"))].into_iter().collect();
        let mut doing = doing(
            "shell",
            "powershell",
            &[
                ("powershell", said("text")),
                ("input name", is(FactValue::text("'; exit"))),
                ("input of", is(FactValue::Record(Arc::new(given)))),
            ],
        );
        assert!(act(Deed::new(&doing), Path::new("")).unwrap_err().refused);
        doing.command = Some(catalogue::Command::PowerShell("text".into()));
        let expected = Act::Shell {
            command: Command::PowerShell("text".into()),
            input: json!({ "name": "'; exit", "of": { "a": "$(x)" } }),
        };
        assert_eq!(act(Deed::new(&doing), Path::new("")), Ok(expected));
    }

    #[test]
    fn what_is_not_known_yet_is_not_done() {
        let later = Detail::Later("when the step is done".into());
        let set = made("service", "set_start", &[("set_start", said("A")), ("to", later)]);
        assert!(set.unwrap_err().refused);
        assert!(made("dns", "add", &[]).unwrap_err().refused);
    }
}
