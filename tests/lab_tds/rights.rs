//! What a log-on may not see, and what a server does not have.

use super::*;

fn nobody() -> TdsConfig {
    TdsConfig {
        log_on: password("NOBODY"),
        ..config()
    }
}

#[tokio::test]
async fn what_is_denied_is_told() {
    in_lab!();
    let tds = Tds::new(nobody());
    for (query, database, part) in [
        (
            "SELECT servicename FROM sys.dm_server_services",
            None,
            "error 300: VIEW SERVER STATE",
        ),
        (
            "SELECT name FROM sys.database_principals",
            Some("payroll"),
            "database payroll: the log-on may not use",
        ),
    ] {
        let query = Query {
            database: database.map(str::to_owned),
            ..text(query)
        };
        refused(tds.query(&query).await, Cause::Denied, part);
    }
    // and the others are unharmed
    assert_eq!(name(&tds.query(&text(WHO)).await.unwrap()), "SRCMAIL");
    let reader = TdsConfig {
        log_on: password("READER"),
        ..config()
    };
    for query in [
        "SELECT servicename FROM sys.dm_server_services",
        "SELECT name FROM msdb.dbo.sysjobs",
    ] {
        assert!(!ask(reader.clone(), query).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_a_server_does_not_have_is_unsupported() {
    in_lab!();
    let tds = Tds::new(config());
    for (query, part) in [
        ("SELECT * FROM dbo.no_such_table", "error 208"),
        ("SELECT no_such_column FROM sys.databases", "error 207"),
        ("SELECT no_such_function()", "error 195"),
        ("EXEC dbo.no_such_procedure", "error 2812"),
        ("SELECT FROM WHERE", "error 156"),
    ] {
        refused(tds.query(&text(query)).await, Cause::Unsupported, part);
    }
    assert!(tds.query(&text(WHO)).await.is_ok());
}

#[tokio::test]
async fn databases_that_cannot_be_used_are_told_apart() {
    in_lab!();
    for (number, cause, part) in [
        (911, Cause::NotFound, "there is no such database"),
        (924, Cause::Unreachable, "open to one user at a time"),
        (
            942,
            Cause::Unreachable,
            "the database is offline; bring it online",
        ),
        (952, Cause::Unreachable, "is changing its state"),
        (1205, Cause::Unreachable, "lost a deadlock"),
        (1222, Cause::Timeout, "holds a lock"),
        (8134, Cause::Malformed, "it fails there (error 8134: as asked)"),
    ] {
        let query = format!("EXEC lab.raise {number}, 16, N'as asked'");
        refused(ask(config(), &query).await, cause, part);
    }
    let missing = Query {
        database: Some("no such database".to_owned()),
        ..text("SELECT 1 AS one")
    };
    refused(
        Tds::new(config()).query(&missing).await,
        Cause::NotFound,
        "there is no such database",
    );
}

#[tokio::test]
async fn columns_need_names() {
    in_lab!();
    for (query, part) in [
        ("SELECT COUNT(*) FROM sys.databases", "has no name"),
        (
            "SELECT name, name FROM sys.databases",
            "two columns of the answer are named name",
        ),
        (
            "SELECT 1 AS a; SELECT 2 AS b",
            "several tables with different columns",
        ),
    ] {
        refused(ask(config(), query).await, Cause::Malformed, part);
    }
    let rows = ask(config(), "SELECT 1 AS a; SELECT 2 AS a").await.unwrap();
    assert_eq!(rows.len(), 2);
}
