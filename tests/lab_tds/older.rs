//! A server that is too old to be asked directly: asked through a host, and in the words of its time.

use std::collections::BTreeMap;

use serde_json::Value;
use standin::transport::host::{Carrier, Host, HostConfig};
use standin::transport::tds::Batch;

use super::changes::Pristine;
use super::*;

/// The source's own host, over ssh.
fn host() -> Host {
    Host::new(HostConfig {
        endpoint: "source.ssh".into(),
        server: lab("SOURCE"),
        port: 22,
        carrier: Carrier::Ssh {
            user: lab("SSH_USER"),
            key: Some(PathBuf::from(lab("SSH_KEY"))),
            known_hosts: Some(PathBuf::from(lab("KNOWN_HOSTS"))),
        },
        gate: Arc::new(LogOnGate::default()),
        connections: 2,
        deadline: Duration::from_secs(10),
        max_rows: 100_000,
        max_bytes: 64 << 20,
    })
}

#[tokio::test]
async fn through_a_host_comes_what_comes_directly() {
    in_lab!();
    let (tds, host) = (Tds::new(config()), host());
    let mut query = text(
        "SELECT name, sid, is_disabled, principal_id FROM sys.server_principals WHERE name <> @P1 AND principal_id < @P2",
    );
    query.params = vec![FactValue::text("sa"), FactValue::Int(1000)];
    let direct = tds.query(&query).await.unwrap();
    assert!(direct.len() > 5, "{direct:?}");
    assert_eq!(tds.query_through(&host, &query).await.unwrap(), direct);

    let mut query = text("SELECT DB_NAME() AS name");
    query.database = Some("payroll".to_owned());
    let rows = tds.query_through(&host, &query).await.unwrap();
    assert_eq!(name(&rows), "payroll");

    let none = text("SELECT name FROM sys.databases WHERE name = N'no such'");
    assert_eq!(tds.query_through(&host, &none).await.unwrap(), []);
}

#[tokio::test]
async fn what_the_server_refuses_has_its_cause_through_a_host_too() {
    in_lab!();
    let (tds, host) = (Tds::new(config()), host());
    let outcome = tds
        .query_through(&host, &text("SELECT * FROM dbo.no_such_table"))
        .await;
    refused(
        outcome,
        Cause::Unsupported,
        "this version of the server has no such thing",
    );

    let wrong = Tds::new(TdsConfig {
        log_on: LogOn::Sql {
            user: lab("SQL_ADMIN"),
            password: SecretString::from("wrong"),
        },
        ..config()
    });
    for _ in 0..2 {
        let outcome = wrong.query_through(&host, &text(WHO)).await;
        refused(outcome, Cause::BadCredentials, "user or password is wrong");
    }
}

#[tokio::test]
async fn a_batch_is_run_through_a_host() {
    in_lab!(write);
    let _pristine = Pristine;
    let (tds, host) = (Tds::new(config()), host());
    let batch = |text: &str| Batch {
        text: text.to_owned(),
        ..Batch::default()
    };
    let disabled =
        text("SELECT name FROM sys.server_principals WHERE is_disabled = 1 AND name = N'payroll_app'");
    let done = tds
        .batch_through(&host, &batch("ALTER LOGIN [payroll_app] DISABLE;"))
        .await;
    assert_eq!(done, Ok(()));
    assert_eq!(tds.query(&disabled).await.unwrap().len(), 1);
    let unwritten = tds
        .batch_through(&host, &batch("ALTER LOGIN [nobody here] DISABLE;"))
        .await
        .unwrap_err();
    assert!(
        !unwritten.refused && unwritten.why.detail.contains("error 15151"),
        "{}",
        unwritten.why
    );
    let wrong = Tds::new(TdsConfig {
        log_on: LogOn::Sql {
            user: lab("SQL_ADMIN"),
            password: SecretString::from("wrong"),
        },
        ..config()
    });
    let unwritten = wrong
        .batch_through(&host, &batch("ALTER LOGIN [payroll_app] ENABLE;"))
        .await
        .unwrap_err();
    assert!(unwritten.refused, "{}", unwritten.why);
}

/// The facts about the source's older instance, asked in this way.
///
/// One state folder for all of them: digests are compared.
fn facts(state: &std::path::Path, how: &str) -> BTreeMap<String, Value> {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text = format!(
        "pair: lab\npacks: [common, engine-recorded, sql]\nsource: {{ name: SRCMAIL, address: 127.0.0.11, domain: corp.example }}\n\
         target: {{ name: TGTMAIL, address: 127.0.0.12, domain: corp.example }}\nsettings:\n  sql.mode: database\n\
         endpoints:\n  source:\n    ssh: {{ user: {}, key: {}, known_hosts: {} }}\n    tds: {{ {how}, port: 51433, \
         credential: {{ user: sa, password: {{ env: STANDIN_LAB_SQL_ADMIN_PASSWORD }} }} }}\n",
        lab("SSH_USER"),
        lab("SSH_KEY"),
        lab("KNOWN_HOSTS"),
    );
    std::fs::write(folder.join("pair.yaml"), text).unwrap();
    let out = folder.join("snapshot.json");
    let run = Command::new(env!("CARGO_BIN_EXE_standin"))
        .args(["collect", ".", "--out"])
        .arg(&out)
        .current_dir(folder)
        .env("STANDIN_STATE", state)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stderr).into_owned();
    let snapshot: Value = serde_json::from_slice(&std::fs::read(&out).expect(&told)).unwrap();
    let facts = snapshot["facts"].as_object().unwrap().iter();
    facts
        .filter(|(name, _)| name.starts_with("source.sql."))
        .map(|(name, fact)| (name.clone(), fact.get("value").unwrap_or(&fact["absent"]).clone()))
        .collect()
}

/// Facts that are others then: there were no roles of one's own.
const OF_ITS_TIME: [&str; 4] = ["release", "role_members", "roles", "version"];
/// Fields that a server of 2000 cannot have, or that mean something else there.
const UNKNOWN_THEN: &[&str] = &["policy", "expiration", "default_schema", "compatibility"];

/// A fact without those fields.
fn timeless(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(timeless).collect(),
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !UNKNOWN_THEN.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), timeless(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn a_server_of_2000_tells_what_a_newer_one_tells() {
    in_lab!(write);
    let _pristine = Pristine;
    let state = tempfile::tempdir().unwrap();
    let direct = format!("ca: {}", lab("CA"));
    let newer = facts(state.path(), &direct);
    change(&["source-payroll", "set", "/version", "8.0.2039"]);
    let older = facts(state.path(), &direct);
    let through = facts(state.path(), "through: host");
    let read = newer.values().filter(|value| value.get("cause").is_none());
    assert!(read.count() > 25, "{newer:#?}");
    for (name, value) in &older {
        assert_eq!(&through[name], value, "{name}");
    }
    let differs = |name: &&String| timeless(&older[*name]) != timeless(&newer[*name]);
    let differing: Vec<&String> = newer.keys().filter(differs).collect();
    let expected = OF_ITS_TIME.map(|name| format!("source.sql.{name}"));
    assert_eq!(differing, expected.each_ref());
}
