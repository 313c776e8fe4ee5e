//! What a host can be asked.

use std::collections::BTreeSet;

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
    /// The members of a local group.
    Group {
        name: String,
    },
    /// What a pack's command prints.
    Shell {
        command: Command,
        /// Given to the command as JSON.
        input: serde_json::Value,
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
