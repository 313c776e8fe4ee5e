//! The directory transport, reading and changing, against a real domain controller and against servers that misbehave.
//!
//! Runs inside the lab: `tests/lab/lab run cargo test --test lab_ldap`. Outside of it the tests say that they were
//! left out, or fail when `STANDIN_LAB=required`.
#![expect(clippy::print_stderr, reason = "what is left out or measured is told")]
#![expect(clippy::unwrap_used, reason = "the helpers are tests, too")]

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use standin::facts::{Absence, Cause, FactValue, Record};
use standin::transport::LogOnGate;
use standin::transport::ldap::{Ldap, LdapConfig, LogOn, Scope, Search, Security};

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

mod answers;
mod changes;
#[cfg(all(feature = "kerberos", unix))]
mod kerberos;
mod trouble;

const DOMAIN: &str = "DC=corp,DC=example";

fn lab(name: &str) -> String {
    let name = format!("STANDIN_LAB_{name}");
    std::env::var(&name).unwrap_or_else(|_| panic!("{name} is not set"))
}

fn password(of: &str) -> LogOn {
    let password = SecretString::from(lab(&format!("{of}_PASSWORD")));
    LogOn::Simple {
        user: lab(of),
        password,
    }
}

/// The reader at the domain controller over LDAPS.
fn config() -> LdapConfig {
    LdapConfig {
        endpoint: "directory".into(),
        host: lab("DC"),
        port: 636,
        security: Security::Ldaps,
        ca: Some(PathBuf::from(lab("CA"))),
        log_on: password("READER"),
        gate: Arc::new(LogOnGate::default()),
        connections: 4,
        deadline: Duration::from_secs(10),
        max_rows: 10_000,
        max_bytes: 64 << 20,
    }
}

/// The reader at one of the other addresses, without TLS and with little patience.
fn plain(host: &str) -> LdapConfig {
    let deadline = Duration::from_millis(1500);
    LdapConfig {
        host: lab(host),
        port: 389,
        security: Security::Plain,
        deadline,
        ..config()
    }
}

fn search(base: &str, scope: Scope, filter: &str, attributes: &[&str]) -> Search {
    Search {
        base: base.to_owned(),
        scope,
        filter: filter.to_owned(),
        attributes: attributes.iter().map(ToString::to_string).collect(),
        binary: BTreeSet::new(),
        security_descriptors: false,
    }
}

/// The domain's own entry.
fn root() -> Search {
    search(DOMAIN, Scope::Base, "(objectClass=*)", &["DC", "objectSid"])
}

async fn ask(config: LdapConfig) -> Result<Vec<Record>, Absence> {
    Ldap::new(config).search(&root()).await
}

fn text<'a>(row: &'a Record, field: &str) -> &'a str {
    match row.get(field) {
        Some(FactValue::Text(text)) => text,
        other => panic!("{field} is {other:?}"),
    }
}

#[track_caller]
fn refused(outcome: Result<Vec<Record>, Absence>, cause: Cause, part: &str) {
    let absence = outcome.expect_err("an absence");
    eprintln!("{absence}");
    assert_eq!(absence.cause, cause, "{absence}");
    assert!(absence.detail.contains(part), "{absence}");
    assert_eq!(&*absence.root, "directory");
}

#[tokio::test]
async fn passwords_over_every_kind_of_connection() {
    in_lab!();
    for (host, port, security) in [
        (lab("DC"), 636, Security::Ldaps),
        (lab("DC_IP"), 636, Security::Ldaps),
        (lab("DC"), 389, Security::StartTls),
        (lab("DC"), 389, Security::Plain),
    ] {
        let start = Instant::now();
        let rows = ask(LdapConfig {
            host,
            port,
            security,
            ..config()
        })
        .await
        .unwrap();
        eprintln!("{security:?}: first answer after {:?}", start.elapsed());
        assert_eq!(text(&rows[0], "DC"), "corp", "named as it was asked for");
        assert_eq!(text(&rows[0], "dn"), DOMAIN);
        assert!(matches!(rows[0].get("objectSid"), Some(FactValue::Bytes(_))));
    }
}

#[tokio::test]
async fn a_wrong_password_costs_one_try() {
    in_lab!();
    let admin = Ldap::new(LdapConfig {
        log_on: password("ADMIN"),
        ..config()
    });
    let account = search(DOMAIN, Scope::Sub, "(sAMAccountName=svcdr)", &["badPwdCount"]);
    // without a threshold nobody counts
    let policy =
        format!("dn: {DOMAIN}\nchangetype: modify\nreplace: lockoutThreshold\nlockoutThreshold: 9\n");
    let smb_conf = format!("--configfile={}", lab("SMBCONF"));
    let mut change = Command::new("ldbmodify")
        .args([&smb_conf, "-H", &lab("SAM")])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    change.stdin.take().unwrap().write_all(policy.as_bytes()).unwrap();
    assert!(change.wait().unwrap().success());
    let count = async || {
        text(&admin.search(&account).await.unwrap()[0], "badPwdCount")
            .parse::<u32>()
            .unwrap()
    };
    let before = count().await;
    let log_on = LogOn::Simple {
        user: lab("DR"),
        password: SecretString::from("wrong"),
    };
    let wrong = LdapConfig { log_on, ..config() };
    let two = [
        Ldap::new(wrong.clone()),
        Ldap::new(LdapConfig {
            security: Security::StartTls,
            port: 389,
            ..wrong
        }),
    ];
    let (first, second) = (&root(), &search(DOMAIN, Scope::Sub, "(cn=a*)", &["cn"]));
    let asked = two
        .iter()
        .flat_map(|ldap| (0..5).flat_map(move |_| [ldap.search(first), ldap.search(second)]));
    for outcome in futures_util::future::join_all(asked).await {
        refused(outcome, Cause::BadCredentials, "user or password is wrong");
    }
    assert_eq!(count().await - before, 1);
}

#[tokio::test]
async fn certificates_that_must_not_be_trusted() {
    in_lab!();
    for (host, part) in [
        ("UNKNOWN_CA", "is not signed by the authority in "),
        ("EXPIRED", "expired at "),
        ("WRONG_NAME", ", not for wrong-name.trouble.example"),
    ] {
        refused(
            ask(LdapConfig {
                host: lab(host),
                ..config()
            })
            .await,
            Cause::Unreachable,
            part,
        );
    }
    refused(
        ask(LdapConfig { ca: None, ..config() }).await,
        Cause::Unreachable,
        "name the authority's certificate",
    );
    let plain_port = LdapConfig {
        port: 389,
        ..config()
    };
    let outcome = ask(LdapConfig {
        deadline: Duration::from_secs(2),
        ..plain_port
    })
    .await;
    eprintln!("TLS to the plain port: {}", outcome.unwrap_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_searches_at_once() {
    in_lab!();
    let ldap = Arc::new(Ldap::new(config()));
    let start = Instant::now();
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let ldap = Arc::clone(&ldap);
        all.spawn(async move { ldap.search(&root()).await });
    }
    assert!(all.join_all().await.iter().all(Result::is_ok));
    eprintln!("200 searches over at most 4 connections: {:?}", start.elapsed());
}
