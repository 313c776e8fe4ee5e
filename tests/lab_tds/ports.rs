//! What is asked without a log-on: whether a port is open, what greets there, which instances a browser names.

use standin::transport::tds::greeting;
use standin::transport::{browser, tcp};

use super::*;

const SOON: Duration = Duration::from_millis(1500);

#[track_caller]
fn told<T: std::fmt::Debug>(outcome: Result<T, Absence>, cause: Cause, part: &str, start: Instant) {
    let absence = outcome.expect_err("an absence");
    assert_eq!(absence.cause, cause, "{absence}");
    assert!(absence.detail.contains(part), "{absence}");
    assert!(start.elapsed() < SOON + Duration::from_millis(500), "{absence}");
}

#[tokio::test]
async fn ports_that_are_closed_or_greet_otherwise() {
    in_lab!();
    let start = Instant::now();
    let reach = |name: &str| {
        let host = lab(name);
        async move { tcp::tcp_reach(&host, 1433, SOON).await }
    };
    let greet = |name: &str| {
        let host = lab(name);
        async move { greeting(&host, 1433, SOON).await }
    };
    told(
        reach("REFUSED").await,
        Cause::Unreachable,
        "refuses the connection",
        start,
    );
    let start = Instant::now();
    told(
        reach("BLACKHOLE").await,
        Cause::Timeout,
        "while connecting to ",
        start,
    );
    // a port that is open is open, whoever listens there
    for name in ["SILENT", "GARBAGE", "SOURCE"] {
        assert!(reach(name).await.is_ok(), "{name}");
    }
    for (name, cause, part) in [
        ("REFUSED", Cause::Unreachable, "refuses the connection"),
        ("BLACKHOLE", Cause::Timeout, "while connecting to "),
        ("SILENT", Cause::Timeout, "while waiting for the greeting of "),
        (
            "GARBAGE",
            Cause::Unsupported,
            "is no database server that speaks TDS",
        ),
    ] {
        let start = Instant::now();
        told(greet(name).await, cause, part, start);
    }
}

#[tokio::test]
async fn browsers_that_do_not_answer_as_they_should() {
    in_lab!();
    for (name, cause, part) in [
        ("REFUSED", Cause::Unreachable, "no browser listens at "),
        (
            "BLACKHOLE",
            Cause::Timeout,
            "it is not running, or a firewall is in the way",
        ),
        (
            "SILENT",
            Cause::Timeout,
            "it is not running, or a firewall is in the way",
        ),
        ("GARBAGE", Cause::Malformed, "is not a browser"),
    ] {
        let start = Instant::now();
        told(
            browser::instances(&lab(name), browser::PORT, SOON).await,
            cause,
            part,
            start,
        );
    }
}
