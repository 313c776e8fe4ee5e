//! What a host can be asked.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::facts::Cause;
use crate::transport::{Trouble, clip};

/// One question to a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// All services, or one.
    Service {
        name: Option<String>,
    },
    Registry {
        /// From the hive on: `HKLM\SOFTWARE\...`.
        key: String,
        what: RegistryPart,
        /// Read as a 32-bit program sees it.
        view32: bool,
    },
    File {
        /// From the drive on: `C:\Windows\...`.
        path: String,
        want: BTreeSet<FilePart>,
    },
    /// All shares, or what may be done with one.
    Share {
        name: Option<String>,
    },
    Disk,
    /// The members of a local group, by its name or its SID.
    Group {
        name: String,
    },
    /// What a pack's command prints.
    Shell {
        command: Command,
        /// Given to the command as JSON.
        input: Value,
    },
}

/// What is read of a registry key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryPart {
    /// One value; an empty name is the key's default.
    Value(String),
    /// All values.
    Values,
    /// The names of the keys below.
    Keys,
}

/// What is read of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FilePart {
    Size,
    Modified,
    Version,
    ProductVersion,
    Sha256,
}

/// A pack's command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Text of a PowerShell script.
    PowerShell(String),
    /// A program with its arguments; no shell reads them.
    Run(Vec<String>),
}

/// The hives that are the same for everybody who asks.
const HIVES: [&str; 3] = ["HKLM", "HKU", "HKCR"];
/// Names longer than what any of these things may have.
const LONGEST: usize = 1500;

impl FilePart {
    /// Every part, in the order of the documents.
    pub const ALL: [Self; 5] = [
        Self::Size,
        Self::Modified,
        Self::Version,
        Self::ProductVersion,
        Self::Sha256,
    ];

    /// The field of its row.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Modified => "modified",
            Self::Version => "version",
            Self::ProductVersion => "product_version",
            Self::Sha256 => "sha256",
        }
    }
}

impl Command {
    /// What is run, for logs.
    pub(super) fn subject(&self) -> String {
        match self {
            Self::PowerShell(_) => "powershell".to_owned(),
            Self::Run(words) => clip(words.first().map_or("", String::as_str)),
        }
    }
}

impl Question {
    /// The word of its protocol, for logs and messages.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Service { .. } => "service",
            Self::Registry { .. } => "registry",
            Self::File { .. } => "file",
            Self::Share { .. } => "share",
            Self::Disk => "disk",
            Self::Group { .. } => "group",
            Self::Shell { .. } => "shell",
        }
    }

    /// What it is about, for logs.
    pub(super) fn subject(&self) -> String {
        match self {
            Self::Service { name } | Self::Share { name } => clip(name.as_deref().unwrap_or("all")),
            Self::Registry { key, .. } => clip(key),
            Self::File { path, .. } => clip(path),
            Self::Disk => String::new(),
            Self::Group { name } => clip(name),
            Self::Shell { command, .. } => command.subject(),
        }
    }

    /// Whether its answer is one row.
    pub(super) const fn is_of_one(&self) -> bool {
        match self {
            Self::Service { name } | Self::Share { name } => name.is_some(),
            Self::Registry { what, .. } => matches!(what, RegistryPart::Value(_)),
            Self::File { .. } => true,
            Self::Disk | Self::Group { .. } | Self::Shell { .. } => false,
        }
    }

    /// The question as the programs on the other side read it.
    pub(super) fn message(&self) -> Value {
        let mut message = match self {
            Self::Service { name } | Self::Share { name } => json!({ "name": name }),
            Self::Registry { key, what, view32 } => {
                let mut message = json!({ "key": key, "view": if *view32 { 32 } else { 64 } });
                match what {
                    RegistryPart::Value(name) => message["value"] = json!(name),
                    RegistryPart::Values => message["values"] = json!(true),
                    RegistryPart::Keys => message["keys"] = json!(true),
                }
                message
            }
            Self::File { path, want } => {
                let want: Vec<&str> = want.iter().map(|part| part.field()).collect();
                json!({ "path": path, "want": want })
            }
            Self::Disk => json!({}),
            Self::Group { name } => json!({ "name": name }),
            // as text, so that nothing on the way reads and writes it
            Self::Shell { command, input } => match command {
                Command::PowerShell(text) => {
                    json!({ "powershell": text, "input": ascii(&input.to_string()) })
                }
                Command::Run(words) => json!({ "run": words, "input": ascii(&input.to_string()) }),
            },
        };
        message["ask"] = json!(self.word());
        message
    }

    /// Refuses what no host has, before it is sent: text of others that was filled in must not ask for more than
    /// the pack meant.
    pub(super) fn check(&self) -> Result<(), Trouble> {
        let wrong = match self {
            Self::Service { name: Some(name) } => not_a_name("a service", name, &['/', '\\']),
            Self::Share { name: Some(name) } => {
                not_a_name("a share", name, &['/', '\\', '*', '?', '"', '<', '>', '|', ':'])
            }
            Self::Group { name } => not_a_name("a group", name, &['/', '\\', '*', '?', '"', '<', '>', '|']),
            Self::Registry { key, what, .. } => not_a_key(key).or_else(|| match what {
                RegistryPart::Value(name) if name.is_empty() => None,
                RegistryPart::Value(name) => not_a_name("a registry value", name, &[]),
                RegistryPart::Values | RegistryPart::Keys => None,
            }),
            Self::File { path, .. } => not_a_path(path),
            Self::Shell {
                command: Command::Run(words),
                ..
            } => not_a_command(words),
            Self::Service { name: None } | Self::Share { name: None } | Self::Disk | Self::Shell { .. } => {
                None
            }
        };
        wrong.map_or(Ok(()), |why| Err(Trouble::new(Cause::NotConfigured, why)))
    }
}

/// JSON without a character that a code page of the other side could change.
pub(super) fn ascii(json: &str) -> String {
    let mut made = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            made.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // writing to a text does not fail
            let _ = write!(made, "\\u{unit:04x}");
        }
    }
    made
}

pub(super) fn not_a_name(what: &str, name: &str, forbidden: &[char]) -> Option<String> {
    let fine = !name.is_empty()
        && name.len() <= LONGEST
        && !name.contains(|c: char| c.is_control() || forbidden.contains(&c));
    (!fine).then(|| format!("`{}` cannot be the name of {what}", clip(name)))
}

pub(super) fn not_a_key(key: &str) -> Option<String> {
    let mut parts = key.split('\\');
    let hive = parts.next().unwrap_or_default();
    if !HIVES.contains(&hive) {
        let hives = HIVES.join(", ");
        return Some(format!(
            "the registry key `{}` does not begin with one of {hives}",
            clip(key)
        ));
    }
    let fine = key.len() <= LONGEST
        && parts.clone().count() > 0
        && parts.all(|part| !part.is_empty() && !part.contains(char::is_control));
    (!fine).then(|| format!("`{}` is not a registry key", clip(key)))
}

pub(super) fn not_a_path(path: &str) -> Option<String> {
    let wrong = |part: &str| {
        part.is_empty()
            || part == "."
            || part == ".."
            || part.contains(|c: char| c.is_control() || "<>:\"/|?*".contains(c))
    };
    let below = path
        .strip_prefix(|c: char| c.is_ascii_alphabetic())
        .and_then(|rest| rest.strip_prefix(":\\"));
    let fine =
        path.len() <= LONGEST && below.is_some_and(|below| below.is_empty() || !below.split('\\').any(wrong));
    (!fine).then(|| {
        format!(
            "`{}` is not a path on a drive of the host, like C:\\folder\\file",
            clip(path)
        )
    })
}

pub(super) fn not_a_command(words: &[String]) -> Option<String> {
    let fine = words.first().is_some_and(|program| !program.is_empty())
        && !words.iter().any(|word| word.contains('\0'));
    (!fine).then(|| "a command begins with its program".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> Question {
        Question::File {
            path: path.to_owned(),
            want: BTreeSet::new(),
        }
    }

    fn key(key: &str) -> Question {
        Question::Registry {
            key: key.to_owned(),
            what: RegistryPart::Keys,
            view32: false,
        }
    }

    #[test]
    fn paths_stay_on_their_drive() {
        for path in [r"C:\", r"c:\Windows", r"D:\a b\c.d\e"] {
            assert_eq!(file(path).check(), Ok(()), "{path}");
        }
        for path in [
            "",
            "C:",
            "C:x",
            r"C:\..",
            r"C:\a\..\b",
            r"C:\a\\b",
            r"\\server\share\x",
            r"C:\a/b",
            r"C:\a:b",
            r"C:\*",
            "C:\\a\n",
            r"ab:\c",
            r"C:\a\",
        ] {
            assert!(file(path).check().is_err(), "{path}");
        }
        assert!(file(&format!(r"C:\{}", "a".repeat(2000))).check().is_err());
    }

    #[test]
    fn keys_begin_with_a_hive_that_all_share() {
        for fine in [r"HKLM\SOFTWARE", r"HKU\.DEFAULT\x y", r"HKCR\.txt"] {
            assert_eq!(key(fine).check(), Ok(()), "{fine}");
        }
        for wrong in [
            "",
            "HKLM",
            r"HKCU\x",
            r"HKLM\",
            r"HKLM\a\\b",
            "HKLM\\a\0b",
            r"SOFTWARE\x",
        ] {
            assert!(key(wrong).check().is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_are_one_component() {
        for name in ["", "a/b", r"a\b", "a\nb"] {
            let name = Some(name.to_owned());
            assert!(
                Question::Service { name: name.clone() }.check().is_err(),
                "{name:?}"
            );
            assert!(Question::Share { name }.check().is_err());
        }
        assert_eq!(
            Question::Share {
                name: Some("C$".into())
            }
            .check(),
            Ok(())
        );
        assert_eq!(
            Question::Group {
                name: "S-1-5-32-544".into()
            }
            .check(),
            Ok(())
        );
    }

    #[test]
    fn commands_have_a_program() {
        let run = |words: &[&str]| Question::Shell {
            command: Command::Run(words.iter().map(ToString::to_string).collect()),
            input: json!({}),
        };
        assert!(run(&[]).check().is_err());
        assert!(run(&["", "a"]).check().is_err());
        assert!(run(&["a", "b\0"]).check().is_err());
        assert_eq!(run(&["a", ""]).check(), Ok(()));
    }

    #[test]
    fn what_a_command_is_given_is_ascii() {
        let question = Question::Shell {
            command: Command::Run(vec!["a".into()]),
            input: json!({ "name": "Jürgen 😀" }),
        };
        let message = question.message();
        let input = message["input"].as_str().unwrap();
        assert_eq!(input, r#"{"name":"J\u00fcrgen \ud83d\ude00"}"#);
        let read: Value = serde_json::from_str(input).unwrap();
        assert_eq!(read["name"], "Jürgen 😀");
    }

    #[test]
    fn messages() {
        let question = Question::Registry {
            key: r"HKLM\A".into(),
            what: RegistryPart::Value("V".into()),
            view32: true,
        };
        let message = json!({ "ask": "registry", "key": r"HKLM\A", "view": 32, "value": "V" });
        assert_eq!(question.message(), message);
        let all = json!({ "ask": "share", "name": null });
        assert_eq!(Question::Share { name: None }.message(), all);
        let question = Question::File {
            path: r"C:\a".into(),
            want: FilePart::ALL.into_iter().collect(),
        };
        let want = ["size", "modified", "version", "product_version", "sha256"];
        assert_eq!(question.message()["want"], json!(want));
    }
}
