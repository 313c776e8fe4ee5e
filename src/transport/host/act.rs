//! What a host can be told to do.

use std::path::PathBuf;

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::question::{Command, ascii, not_a_command, not_a_key, not_a_name, not_a_path};
use crate::facts::Cause;
use crate::transport::{Trouble, clip};

/// One thing that a host is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Service {
        name: String,
        to: ServiceAct,
    },
    /// Writes a value of a key that is there.
    SetValue {
        /// From the hive on: `HKLM\SOFTWARE\...`.
        key: String,
        /// An empty name is the key's default.
        name: String,
        data: RegistryData,
        /// Written as a 32-bit program sees it.
        view32: bool,
    },
    /// Without the value, all is well already.
    DeleteValue {
        key: String,
        name: String,
        view32: bool,
    },
    /// Writes a file whole or not at all.
    Copy {
        /// From the drive on: `C:\Windows\...`.
        path: String,
        /// The file of this machine that holds what is written.
        from: PathBuf,
        /// The name, in the same folder, under which a file that is there is kept.
        keep: Option<String>,
    },
    /// Without the file, all is well already.
    Remove {
        path: String,
        /// The file that comes in its place, if it is there.
        restore: Option<String>,
    },
    /// Makes a folder in one that is there; a folder that is there is fine.
    MakeFolder {
        path: String,
    },
    /// Without the folder, all is well already; one that is not empty stays.
    RemoveFolder {
        path: String,
    },
    /// What a pack's command does.
    Shell {
        command: Command,
        /// Given to the command as JSON.
        input: Value,
    },
}

/// What becomes of a service. As it is already is fine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceAct {
    Start,
    /// Those that depend on it first.
    Stop,
    SetStart(StartType),
}

/// How a service starts. Whether an automatic one takes its time is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartType {
    Boot,
    System,
    Automatic,
    Manual,
    Disabled,
}

/// What a registry value holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryData {
    Text(String),
    Expandable(String),
    Texts(Vec<String>),
    Dword(u32),
    Qword(u64),
    Binary(Vec<u8>),
}

/// A registry value may be so long.
const LARGEST_VALUE: usize = 1 << 20;
/// Names of devices, which Windows finds in every folder.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "COM", "LPT"];

impl StartType {
    const ALL: [Self; 5] = [
        Self::Boot,
        Self::System,
        Self::Automatic,
        Self::Manual,
        Self::Disabled,
    ];

    /// The word of the facts.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Boot => "boot",
            Self::System => "system",
            Self::Automatic => "automatic",
            Self::Manual => "manual",
            Self::Disabled => "disabled",
        }
    }

    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|start| start.word() == word)
    }
}

impl RegistryData {
    /// The word of its kind, as questions tell it.
    const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "REG_SZ",
            Self::Expandable(_) => "REG_EXPAND_SZ",
            Self::Texts(_) => "REG_MULTI_SZ",
            Self::Dword(_) => "REG_DWORD",
            Self::Qword(_) => "REG_QWORD",
            Self::Binary(_) => "REG_BINARY",
        }
    }

    /// What stands in the registry.
    fn bytes(&self) -> Vec<u8> {
        let wide = |text: &str| {
            let units = text.encode_utf16().chain([0]);
            units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
        };
        match self {
            Self::Text(text) | Self::Expandable(text) => wide(text),
            Self::Texts(texts) => {
                let all = texts.iter().flat_map(|text| wide(text));
                all.chain([0, 0]).collect()
            }
            Self::Dword(number) => number.to_le_bytes().to_vec(),
            Self::Qword(number) => number.to_le_bytes().to_vec(),
            Self::Binary(bytes) => bytes.clone(),
        }
    }

    /// What a registry cannot hold so that the same is read of it.
    fn trouble(&self) -> Option<String> {
        let texts = match self {
            Self::Text(text) | Self::Expandable(text) => std::slice::from_ref(text),
            Self::Texts(texts) => texts.as_slice(),
            Self::Dword(_) | Self::Qword(_) | Self::Binary(_) => &[],
        };
        if texts.iter().any(|text| text.contains('\0')) {
            return Some("a text of the registry ends at a zero, and this one has one inside".to_owned());
        }
        if matches!(self, Self::Texts(_)) && texts.iter().any(String::is_empty) {
            return Some(
                "a list of texts of the registry ends at an empty one, and one of these is".to_owned(),
            );
        }
        (self.bytes().len() > LARGEST_VALUE)
            .then(|| format!("a value of the registry may have {LARGEST_VALUE} bytes, and this one has more"))
    }
}

impl Act {
    /// The word of its protocol, for logs and messages.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Service { .. } => "service",
            Self::SetValue { .. } | Self::DeleteValue { .. } => "registry",
            Self::Copy { .. } | Self::Remove { .. } | Self::MakeFolder { .. } | Self::RemoveFolder { .. } => {
                "file"
            }
            Self::Shell { .. } => "shell",
        }
    }

    /// The verb, as the programs on the other side read it.
    pub(super) const fn verb(&self) -> &'static str {
        match self {
            Self::Service { to, .. } => match to {
                ServiceAct::Start => "start",
                ServiceAct::Stop => "stop",
                ServiceAct::SetStart(_) => "set_start",
            },
            Self::SetValue { .. } => "set",
            Self::DeleteValue { .. } => "delete",
            Self::Copy { .. } => "copy",
            Self::Remove { .. } => "remove",
            Self::MakeFolder { .. } => "make_folder",
            Self::RemoveFolder { .. } => "remove_folder",
            Self::Shell { .. } => "run",
        }
    }

    /// What it is done to, for logs.
    pub(super) fn subject(&self) -> String {
        match self {
            Self::Service { name, .. } => clip(name),
            Self::SetValue { key, .. } | Self::DeleteValue { key, .. } => clip(key),
            Self::Copy { path, .. }
            | Self::Remove { path, .. }
            | Self::MakeFolder { path }
            | Self::RemoveFolder { path } => clip(path),
            Self::Shell { command, .. } => command.subject(),
        }
    }

    /// The act as the programs on the other side read it, for those that are told in one message.
    pub(super) fn message(&self) -> Value {
        let view = |view32: &bool| if *view32 { 32 } else { 64 };
        let mut message = match self {
            Self::Service { name, to } => match to {
                ServiceAct::Start | ServiceAct::Stop => json!({ "name": name }),
                ServiceAct::SetStart(start) => json!({ "name": name, "start": start.word() }),
            },
            Self::SetValue {
                key,
                name,
                data,
                view32,
            } => json!({
                "key": key,
                "view": view(view32),
                "value": name,
                "kind": data.kind(),
                "base64": BASE64.encode(&data.bytes()),
            }),
            Self::DeleteValue { key, name, view32 } => {
                json!({ "key": key, "view": view(view32), "value": name })
            }
            Self::Copy { path, keep, .. } => json!({ "path": path, "keep": keep }),
            Self::Remove { path, restore } => json!({ "path": path, "restore": restore }),
            Self::MakeFolder { path } | Self::RemoveFolder { path } => json!({ "path": path }),
            // as text, so that nothing on the way reads and writes it
            Self::Shell { command, input } => match command {
                Command::PowerShell(text) => {
                    json!({ "powershell": text, "input": ascii(&input.to_string()) })
                }
                Command::Run(words) => json!({ "run": words, "input": ascii(&input.to_string()) }),
            },
        };
        message["do"] = json!(self.word());
        message["verb"] = json!(self.verb());
        message
    }

    /// Refuses what would not be done as it is meant, before anything is sent.
    pub(super) fn check(&self) -> Result<(), Trouble> {
        let wrong = match self {
            Self::Service { name, .. } => not_a_name("a service", name, &['/', '\\']),
            Self::SetValue { key, name, data, .. } => not_a_value(key, name).or_else(|| data.trouble()),
            Self::DeleteValue { key, name, .. } => not_a_value(key, name),
            Self::Copy { path, keep, .. } => not_a_file(path, keep.as_deref()),
            Self::Remove { path, restore } => not_a_file(path, restore.as_deref()),
            Self::MakeFolder { path } | Self::RemoveFolder { path } => not_a_file(path, None),
            Self::Shell {
                command: Command::Run(words),
                ..
            } => not_a_command(words),
            Self::Shell { .. } => None,
        };
        wrong.map_or(Ok(()), |why| Err(Trouble::new(Cause::Unsupported, why)))
    }
}

fn not_a_value(key: &str, name: &str) -> Option<String> {
    let named = || not_a_name("a registry value", name, &[]).filter(|_| !name.is_empty());
    not_a_key(key).or_else(named)
}

/// The file that is written, and the one that is kept of it beside it.
fn not_a_file(path: &str, beside: Option<&str>) -> Option<String> {
    let written = |path: &str| not_a_path(path).or_else(|| not_a_name_of_a_file(path));
    let folder = |path: &str| path.rsplit_once('\\').map(|(folder, _)| folder.to_lowercase());
    written(path).or_else(|| {
        let beside = beside?;
        written(beside).or_else(|| {
            let apart = folder(beside) != folder(path) || beside.to_lowercase() == path.to_lowercase();
            apart.then(|| {
                let (path, beside) = (clip(path), clip(beside));
                format!("what is kept of `{path}` stands beside it, and `{beside}` does not")
            })
        })
    })
}

/// Names that Windows takes for other ones: what it would write would not be what is read afterwards.
fn not_a_name_of_a_file(path: &str) -> Option<String> {
    let other = |part: &str| {
        let stem = part.split('.').next().unwrap_or_default().trim_end();
        let device = DEVICES.iter().any(|device| {
            let number = stem
                .get(..3)
                .filter(|start| start.eq_ignore_ascii_case(device))
                .map(|_| &stem[3..]);
            match *device {
                "COM" | "LPT" => {
                    number.is_some_and(|number| number.chars().count() == 1 && !number.contains('0'))
                }
                _ => number.is_some_and(str::is_empty),
            }
        });
        device || part.ends_with(['.', ' '])
    };
    let below = path.get(3..).unwrap_or_default();
    (below.is_empty() || below.split('\\').any(other))
        .then(|| format!("`{}` cannot be the name of a file", clip(path)))
}
