//! Several instances on one host, found by their ports and by their names.

use standin::transport::browser;

use super::*;

fn named(server: &str, instance: &str) -> TdsConfig {
    TdsConfig {
        server: lab(server),
        instance: Some(instance.to_owned()),
        ..config()
    }
}

#[tokio::test]
async fn a_named_instance_is_found_by_the_browser() {
    in_lab!();
    for (server, instance, expected) in [
        ("SOURCE", "PAYROLL", r"SRCMAIL\PAYROLL"),
        ("TARGET", "payroll", r"TGTMAIL\PAYROLL"),
        ("SOURCE", "MSSQLSERVER", "SRCMAIL"),
    ] {
        let rows = ask(named(server, instance), WHO).await.unwrap();
        assert_eq!(name(&rows), expected);
    }
}

#[tokio::test]
async fn each_instance_has_its_port_and_its_version() {
    in_lab!();
    let version = "SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS name";
    for (port, expected) in [(1433, "15.0.4345.5"), (51433, "10.50.6560.0")] {
        let config = TdsConfig {
            port: Some(port),
            ..config()
        };
        assert_eq!(name(&ask(config, version).await.unwrap()), expected);
    }
    // the older one lacks what the newer one has, so that another probe can do it
    let config = named("SOURCE", "PAYROLL");
    refused(
        ask(config.clone(), "SELECT replica_id FROM sys.databases").await,
        Cause::Unsupported,
        r"srcmail.corp.example\PAYROLL: this version of the server has no such thing",
    );
    assert!(
        !ask(config, "SELECT name FROM sys.databases")
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn the_browser_lists_what_there_is() {
    in_lab!();
    let rows = browser::instances(&lab("SOURCE"), browser::PORT, Duration::from_secs(5))
        .await
        .unwrap();
    let shown: Vec<String> = rows
        .iter()
        .map(|row| {
            ["instance", "version", "port"]
                .map(|field| row.get(field).unwrap().to_string())
                .join(" ")
        })
        .collect();
    assert_eq!(
        shown,
        ["MSSQLSERVER 15.0.4345.5 1433", "PAYROLL 10.50.6560.0 51433"]
    );
}

#[tokio::test]
async fn an_instance_that_is_not_found_is_told() {
    in_lab!();
    let quick = |server: &str, instance: &str| TdsConfig {
        deadline: Duration::from_secs(2),
        ..named(server, instance)
    };
    for (server, instance, cause, part) in [
        (
            "SOURCE",
            "NOBODY",
            Cause::NotFound,
            "knows no instance NOBODY; it knows MSSQLSERVER, PAYROLL",
        ),
        (
            "REFUSED",
            "PAYROLL",
            Cause::Unreachable,
            "or write `port` instead of `instance`",
        ),
        ("SILENT", "PAYROLL", Cause::Timeout, "1434 (UDP)"),
        (
            "BLACKHOLE",
            "PAYROLL",
            Cause::Timeout,
            "or write `port` instead of `instance`",
        ),
        ("GARBAGE", "PAYROLL", Cause::Malformed, "is not a browser"),
    ] {
        let start = Instant::now();
        refused(ask(quick(server, instance), WHO).await, cause, part);
        assert!(
            start.elapsed() < Duration::from_millis(2300),
            "{server}: {:?}",
            start.elapsed()
        );
    }
}
