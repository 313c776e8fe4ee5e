//! Servers that are dead, silent, talk nonsense, break off, or cannot be trusted.

use super::*;

/// The administrator at one of the other addresses, with little patience.
fn at(host: &str) -> TdsConfig {
    TdsConfig {
        server: lab(host),
        deadline: Duration::from_millis(1500),
        ..config()
    }
}

#[tokio::test]
async fn servers_that_misbehave() {
    in_lab!();
    for (host, cause, part) in [
        ("REFUSED", Cause::Unreachable, "refuses the connection"),
        ("BLACKHOLE", Cause::Timeout, "while connecting to "),
        ("SILENT", Cause::Timeout, "while shaking hands with "),
        (
            "GARBAGE",
            Cause::Unsupported,
            "is no database server that speaks TDS",
        ),
    ] {
        let start = Instant::now();
        refused(ask(at(host), WHO).await, cause, part);
        let taken = start.elapsed();
        assert!(taken < Duration::from_millis(1700), "{host}: {taken:?}");
    }
}

#[tokio::test]
async fn another_service_is_no_database_server() {
    in_lab!();
    for port in [88, 389, 636] {
        let config = TdsConfig {
            port: Some(port),
            ..at("DC")
        };
        refused(
            ask(config, WHO).await,
            Cause::Unreachable,
            "hangs up when it is asked for encryption: it is no database server",
        );
    }
}

#[tokio::test]
async fn a_reset_in_the_middle_of_an_answer() {
    in_lab!();
    let config = TdsConfig {
        certificate_name: Some(lab("SOURCE")),
        ..at("RESET")
    };
    refused(
        ask(config, "SELECT n, name FROM lab.many").await,
        Cause::Unreachable,
        "the connection to 127.0.0.64:1433 broke",
    );
}

#[tokio::test]
async fn certificates_that_must_not_be_trusted() {
    in_lab!();
    for (host, part) in [
        ("UNKNOWN_CA", "is not signed by the authority in "),
        ("EXPIRED", "expired at 2021-01-01T00:00:00Z; renew it"),
        (
            "WRONG_NAME",
            "is for another-host.trouble.example, not for wrong-name.trouble.example",
        ),
    ] {
        refused(ask(at(host), WHO).await, Cause::Unreachable, part);
    }
    // the right name is all that the last one lacks
    let named = TdsConfig {
        certificate_name: Some("another-host.trouble.example".to_owned()),
        ..at("WRONG_NAME")
    };
    assert_eq!(name(&ask(named, WHO).await.unwrap()), "SRCMAIL");
    let system = TdsConfig { ca: None, ..config() };
    refused(
        ask(system, WHO).await,
        Cause::Unreachable,
        "name the authority's certificate as `ca: FILE`",
    );
}

#[tokio::test]
async fn old_tls_is_explained() {
    in_lab!();
    let outcome = ask(at("OLD_TLS"), WHO).await;
    refused(outcome, Cause::Unsupported, "it has only TLS 1.0 or 1.1");
}

#[tokio::test]
async fn a_slow_answer_is_cut_off_and_its_connection_dropped() {
    in_lab!();
    let tds = Tds::new(TdsConfig {
        connections: 1,
        deadline: Duration::from_millis(800),
        ..config()
    });
    let start = Instant::now();
    refused(
        tds.query(&text("WAITFOR DELAY '00:00:03'")).await,
        Cause::Timeout,
        "no answer within 800ms while asking srcmail.corp.example:1433",
    );
    // before the server would have answered
    assert!(start.elapsed() < Duration::from_secs(3));
    assert_eq!(name(&tds.query(&text(WHO)).await.unwrap()), "SRCMAIL");
}

#[tokio::test]
async fn a_slow_server_shows_the_round_trips() {
    in_lab!();
    let tds = Tds::new(TdsConfig {
        certificate_name: Some(lab("SOURCE")),
        deadline: Duration::from_secs(5),
        ..at("SLOW")
    });
    for (what, trips) in [("log-on and question", 5), ("question alone", 1)] {
        let start = Instant::now();
        tds.query(&text(WHO)).await.unwrap();
        let taken = start.elapsed();
        eprintln!("{what}: {taken:?} at 200 ms a message");
        // a busy machine is late itself, but not by as much as another log-on takes
        assert!(taken < Duration::from_millis(200 * (trips + 3)), "{taken:?}");
    }
}
