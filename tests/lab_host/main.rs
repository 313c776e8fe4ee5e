//! The host transport against the lab's two hosts and against servers that misbehave.
//!
//! Runs inside the lab: `tests/lab/lab run cargo test --test lab_host`. Outside of it the tests say that they were
//! left out, or fail when `STANDIN_LAB=required`.
#![expect(clippy::unwrap_used, reason = "the helpers are tests, too")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use standin::facts::{Absence, Cause, FactValue, Record};
use standin::transport::LogOnGate;
use standin::transport::host::{
    Carrier, Command, FilePart, Host, HostConfig, Question, RegistryPart, RpcLogOn,
};
use tokio::sync::RwLock;

/// Leaves the test out unless the lab is up.
macro_rules! in_lab {
    () => {
        match std::env::var("STANDIN_LAB").as_deref() {
            Ok("up") => {}
            Ok("required") => panic!("the lab is required: use tests/lab/lab run"),
            _ => {
                eprintln!("left out: it needs the lab (tests/lab/lab run)");
                return;
            }
        }
    };
}

mod acts;
mod answers;
mod keys;
mod proxy;
mod secrets;
#[path = "../shared/winrm.rs"]
mod server;
mod speed;
mod trouble;
mod winrm;

/// Tests that change a host hold it alone.
static HOSTS: RwLock<()> = RwLock::const_new(());

fn lab(name: &str) -> String {
    let name = format!("STANDIN_LAB_{name}");
    std::env::var(&name).unwrap_or_else(|_| panic!("{name} is not set"))
}

fn password(of: &str) -> RpcLogOn {
    RpcLogOn::Password {
        user: lab(of),
        password: SecretString::from(lab(&format!("{of}_PASSWORD"))),
    }
}

/// The hosts' administrator at one of them over MS-RPC.
fn rpc(server: &str) -> HostConfig {
    HostConfig {
        endpoint: "source.rpc".into(),
        server: lab(server),
        port: 445,
        carrier: Carrier::Rpc(password("HOST_ADMIN")),
        gate: Arc::new(LogOnGate::default()),
        connections: 2,
        deadline: Duration::from_secs(20),
        max_rows: 10_000,
        max_bytes: 16 << 20,
    }
}

/// The same over SSH.
fn ssh(server: &str) -> HostConfig {
    HostConfig {
        endpoint: "source.ssh".into(),
        port: 22,
        carrier: Carrier::Ssh {
            user: lab("SSH_USER"),
            key: Some(PathBuf::from(lab("SSH_KEY"))),
            known_hosts: Some(PathBuf::from(lab("KNOWN_HOSTS"))),
        },
        ..rpc(server)
    }
}

fn services() -> Question {
    Question::Service { name: None }
}

fn service(name: &str) -> Question {
    Question::Service {
        name: Some(name.to_owned()),
    }
}

fn registry(key: &str, what: RegistryPart) -> Question {
    Question::Registry {
        key: key.to_owned(),
        what,
        view32: false,
    }
}

fn value(key: &str, name: &str) -> Question {
    registry(key, RegistryPart::Value(name.to_owned()))
}

fn file(path: &str, want: &[FilePart]) -> Question {
    Question::File {
        path: path.to_owned(),
        want: want.iter().copied().collect::<BTreeSet<_>>(),
    }
}

fn share(name: &str) -> Question {
    Question::Share {
        name: Some(name.to_owned()),
    }
}

fn group(name: &str) -> Question {
    Question::Group {
        name: name.to_owned(),
    }
}

/// One question of every kind that every carrier answers.
fn kinds() -> [Question; 6] {
    [
        services(),
        value(
            r"HKLM\SOFTWARE\NSI Software\Double-Take\CurrentVersion",
            "Version",
        ),
        file(r"C:\Program Files\Exchsrvr\bin\store.exe", &FilePart::ALL),
        share("C$"),
        Question::Disk,
        group("Administrators"),
    ]
}

/// A command, which `rpc` does not run.
fn command() -> Question {
    Question::Shell {
        command: Command::Run(vec!["hostname".into()]),
        input: serde_json::json!({}),
    }
}

/// Over TLS to this server, which need not be one of WinRM.
fn winrm_at(server: &str, port: u16) -> HostConfig {
    HostConfig {
        endpoint: "source.winrm".into(),
        port,
        carrier: Carrier::Winrm {
            user: lab("HOST_ADMIN"),
            password: SecretString::from(lab("HOST_ADMIN_PASSWORD")),
            ca: Some(PathBuf::from(lab("CA"))),
        },
        ..rpc(server)
    }
}

async fn ask(config: HostConfig, question: &Question) -> Result<Vec<Record>, Absence> {
    Host::new(config).ask(question).await
}

/// A row as text: fields in their order.
fn shown(row: &Record) -> String {
    row.iter()
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// An answer as text, in an order of its own.
fn told(outcome: &Result<Vec<Record>, Absence>) -> Vec<String> {
    match outcome {
        Ok(rows) => {
            let mut rows: Vec<String> = rows.iter().map(shown).collect();
            rows.sort();
            rows
        }
        Err(absence) => vec![format!("{}: {}", absence.cause, absence.detail)],
    }
}

fn text(row: &Record, field: &str) -> String {
    row.get(field).map(ToString::to_string).unwrap_or_default()
}
