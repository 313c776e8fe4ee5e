//! The database transport against servers that speak TDS, and against servers that misbehave.
//!
//! Runs inside the lab: `tests/lab/lab run cargo test --test lab_tds`. Outside of it the tests say that they were left
//! out, or fail when `STANDIN_LAB=required`.
#![expect(clippy::print_stderr, reason = "what is left out or measured is told")]
#![expect(clippy::unwrap_used, reason = "the helpers are tests, too")]

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use standin::facts::{Absence, Cause, FactValue, Record};
use standin::transport::LogOnGate;
use standin::transport::tds::{LogOn, Query, Tds, TdsConfig};

/// Held by the tests that only ask, together, and by the one that changes the lab, alone.
static LAB: tokio::sync::RwLock<()> = tokio::sync::RwLock::const_new(());

/// Leaves the test out unless the lab is up; waits for its turn with it.
macro_rules! in_lab {
    () => {
        in_lab!(read)
    };
    ($how:ident) => {
        match std::env::var("STANDIN_LAB").as_deref() {
            Ok("up") => {}
            Ok("required") => panic!("the lab is required: use tests/lab/lab run"),
            _ => {
                eprintln!("left out: it needs the lab (tests/lab/lab run)");
                return;
            }
        }
        let _turn = LAB.$how().await;
    };
}

mod answers;
mod batches;
mod changes;
mod instances;
#[cfg(all(feature = "kerberos", unix))]
mod kerberos;
mod log_on;
mod older;
mod ports;
mod rights;
mod trouble;

fn lab(name: &str) -> String {
    let name = format!("STANDIN_LAB_{name}");
    std::env::var(&name).unwrap_or_else(|_| panic!("{name} is not set"))
}

fn password(of: &str) -> LogOn {
    LogOn::Sql {
        user: lab(&format!("SQL_{of}")),
        password: SecretString::from(lab(&format!("SQL_{of}_PASSWORD"))),
    }
}

/// The administrator at the source's default instance.
fn config() -> TdsConfig {
    TdsConfig {
        endpoint: "source.tds".into(),
        server: lab("SOURCE"),
        port: None,
        instance: None,
        ca: Some(PathBuf::from(lab("CA"))),
        certificate_name: None,
        log_on: password("ADMIN"),
        gate: Arc::new(LogOnGate::default()),
        connections: 4,
        deadline: Duration::from_secs(10),
        max_rows: 100_000,
        max_bytes: 64 << 20,
    }
}

fn text(query: &str) -> Query {
    Query {
        text: query.to_owned(),
        ..Query::default()
    }
}

async fn ask(config: TdsConfig, query: &str) -> Result<Vec<Record>, Absence> {
    Tds::new(config).query(&text(query)).await
}

/// The server's own name.
const WHO: &str = "SELECT @@SERVERNAME AS name";

fn name(rows: &[Record]) -> String {
    rows[0].get("name").unwrap().to_string()
}

#[track_caller]
fn refused(outcome: Result<Vec<Record>, Absence>, cause: Cause, part: &str) {
    let absence = outcome.expect_err("an absence");
    eprintln!("{absence}");
    assert_eq!(absence.cause, cause, "{absence}");
    assert!(absence.detail.contains(part), "{absence}");
    assert_eq!(&*absence.root, "source.tds");
}

/// Changes a database server of the lab.
fn change(arguments: &[&str]) {
    let done = Command::new("tests/lab/sql/change")
        .args(arguments)
        .status()
        .unwrap();
    assert!(done.success(), "change {arguments:?}");
}
