//! Servers that change, stop and start: in one test, because the lab is one.

use super::*;

fn peer(what: &str, which: &str) {
    let done = Command::new("tests/lab/peer")
        .args([what, which])
        .status()
        .unwrap();
    assert!(done.success());
}

/// Undoes what a test did, whether it went well or not.
pub(crate) struct Pristine;

impl Drop for Pristine {
    fn drop(&mut self) {
        let done = Command::new("tests/lab/reset").arg("sql").status();
        assert!(done.is_ok_and(|status| status.success()));
    }
}

/// The target, so that nobody else is disturbed.
fn target() -> TdsConfig {
    TdsConfig {
        server: lab("TARGET"),
        connections: 1,
        ..config()
    }
}

fn parallelism() -> Query {
    text("SELECT CAST(value AS int) AS name FROM sys.configurations WHERE name = 'max degree of parallelism'")
}

#[tokio::test]
async fn changes_are_seen_at_once() {
    in_lab!(write);
    let pristine = Pristine;
    let tds = Tds::new(target());
    assert_eq!(name(&tds.query(&parallelism()).await.unwrap()), "4");
    change(&[
        "target",
        "set",
        "/configurations/max degree of parallelism/value",
        "2",
    ]);
    assert_eq!(name(&tds.query(&parallelism()).await.unwrap()), "2");
    drop(pristine);
    assert_eq!(name(&tds.query(&parallelism()).await.unwrap()), "4");
}

#[tokio::test]
async fn databases_that_are_closed_are_told_apart() {
    in_lab!(write);
    let _pristine = Pristine;
    let tds = Tds::new(target());
    let query = Query {
        database: Some("hr".to_owned()),
        ..text("SELECT name FROM sys.database_principals")
    };
    for (state, part) in [
        ("OFFLINE", "database hr: the database is offline; bring it online"),
        ("RESTORING", "being restored"),
        ("TRANSITION", "changing its state"),
        ("SUSPECT", "suspect"),
    ] {
        let database = format!(r#"{{"id": 9, "state": "{state}"}}"#);
        change(&["target", "set", "/databases/hr", &database]);
        refused(tds.query(&query).await, Cause::Unreachable, part);
    }
    change(&["target", "set", "/databases/hr/state", "ONLINE"]);
    assert!(!tds.query(&query).await.unwrap().is_empty());
}

#[tokio::test]
async fn log_ons_that_are_barred_are_told_apart() {
    in_lab!(write);
    let _pristine = Pristine;
    for (why, part) in [
        ("disabled", "is disabled"),
        ("locked", "locked out"),
        ("expired", "has expired"),
        ("must_change", "must be changed"),
    ] {
        let place = format!("/accounts/standin/{why}");
        change(&["target", "set", &place, "true"]);
        let config = TdsConfig {
            log_on: password("READER"),
            ..target()
        };
        refused(ask(config, WHO).await, Cause::BadCredentials, part);
        change(&["target", "delete", &place]);
    }
}

#[tokio::test]
async fn a_server_goes_away_and_comes_back() {
    in_lab!(write);
    let tds = Tds::new(target());
    assert_eq!(name(&tds.query(&text(WHO)).await.unwrap()), "TGTMAIL");
    peer("stop", "sqltgt");
    refused(
        ask(target(), WHO).await,
        Cause::Unreachable,
        "refuses the connection",
    );
    peer("start", "sqltgt");
    // its lost connection is opened again
    assert_eq!(name(&tds.query(&text(WHO)).await.unwrap()), "TGTMAIL");
}

#[tokio::test]
async fn what_the_lab_does_not_know_is_an_error_and_written_down() {
    in_lab!(write);
    let unknown = PathBuf::from(lab("SQL_UNKNOWN"));
    let log = || std::fs::read_to_string(&unknown).unwrap_or_default();
    assert_eq!(log(), "", "a test asked what the lab does not know");
    for query in [
        "SELECT * FROM sys.nobody_has_this",
        "DBCC CHECKDB",
        "SELECT 1 AS a; DBCC CHECKDB",
    ] {
        let outcome = ask(target(), query).await;
        refused(outcome, Cause::Malformed, "the lab does not know");
        assert!(log().contains(query), "{query}: {}", log());
    }
    std::fs::remove_file(&unknown).unwrap();
}
