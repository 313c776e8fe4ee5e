//! Against a server of our own, since there is none to be had; it is written after the specification.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rcgen::date_time_ymd;
use secrecy::SecretString;

use crate::facts::{Absence, Cause, Record};
use crate::transport::LogOnGate;
use crate::transport::host::{Carrier, Host, HostConfig, Question};

mod server;

use server::{Mood, PASSWORD, Server, USER};

fn config(server: &Server, user: &str, password: &str) -> HostConfig {
    HostConfig {
        endpoint: "source.winrm".into(),
        server: "127.0.0.1".to_owned(),
        port: server.port,
        carrier: Carrier::Winrm {
            user: user.to_owned(),
            password: SecretString::from(password),
            ca: Some(server.ca.path().to_path_buf()),
        },
        gate: Arc::new(LogOnGate::default()),
        connections: 2,
        deadline: Duration::from_secs(10),
        max_rows: 100,
        max_bytes: 50_000,
    }
}

fn question(name: &str) -> Question {
    Question::Group {
        name: name.to_owned(),
    }
}

async fn ask(server: &Server) -> Result<Vec<Record>, Absence> {
    Host::new(config(server, USER, PASSWORD))
        .ask(&question("Jürgen"))
        .await
}

fn count(counter: &AtomicUsize) -> usize {
    counter.load(Ordering::SeqCst)
}

#[tokio::test]
async fn answers_come_whichever_way_they_are_cut() {
    for mood in [Mood::Fine, Mood::Basic, Mood::Noisy, Mood::Slow] {
        let server = Server::start(mood).await;
        let host = Host::new(config(&server, USER, PASSWORD));
        for name in ["Jürgen 😀", "b", "c"] {
            let rows = host.ask(&question(name)).await.unwrap();
            assert_eq!(rows[0].get("name").unwrap().to_string(), name, "{mood:?}");
        }
        assert_eq!(
            (count(&server.seen.shells), count(&server.seen.log_ons)),
            (1, 1),
            "{mood:?}"
        );
    }
}

#[tokio::test]
async fn a_shell_is_closed_behind_its_session() {
    let server = Server::start(Mood::Fine).await;
    ask(&server).await.unwrap();
    for _ in 0..200 {
        if count(&server.seen.closed) == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the shell stays open");
}

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    for mood in [Mood::Fine, Mood::Basic] {
        let server = Server::start(mood).await;
        let hosts = [(); 2].map(|()| config(&server, USER, "wrong")).map(Host::new);
        let host = hosts[0].clone();
        let asking = (0..10).map(|_| {
            let host = host.clone();
            tokio::spawn(async move { host.ask(&question("a")).await })
        });
        for asked in asking.collect::<Vec<_>>() {
            let absence = asked.await.unwrap().unwrap_err();
            assert_eq!(absence.cause, Cause::BadCredentials, "{absence}");
        }
        assert_eq!(count(&server.seen.log_ons), 1, "{mood:?}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_opened_again_once() {
    // before the answer, and in the middle of it
    for breaks in [Mood::Closes, Mood::Half] {
        let server = Server::start(breaks(1)).await;
        assert_eq!(ask(&server).await.unwrap().len(), 1);
        assert_eq!(count(&server.seen.shells), 2);
        let server = Server::start(breaks(9)).await;
        assert_eq!(ask(&server).await.unwrap_err().cause, Cause::Unreachable);
        assert_eq!(count(&server.seen.shells), 2, "not more often");
    }
}

#[tokio::test]
async fn fifty_thousand_rows() {
    let server = Server::start(Mood::Rows(50_000)).await;
    let large = |max_rows| HostConfig {
        max_rows,
        max_bytes: 16 << 20,
        deadline: Duration::from_mins(1),
        ..config(&server, USER, PASSWORD)
    };
    let rows = Host::new(large(50_000)).ask(&question("a")).await.unwrap();
    assert_eq!(rows.len(), 50_000);
    let absence = Host::new(large(49_999)).ask(&question("a")).await.unwrap_err();
    assert_eq!(absence.cause, Cause::Truncated, "{absence}");
}

const HALF: &[u8] = b"<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body>";
const BOMB: &[u8] = b"<!DOCTYPE a [<!ENTITY b \"x\">]><a>&b;</a>";
const TROUBLES: [(Mood, Cause, &str); 14] = [
    (
        Mood::Tickets,
        Cause::Unsupported,
        "takes neither NTLM nor a password; it offers: Kerberos",
    ),
    (
        Mood::Status(200),
        Cause::Unsupported,
        "is no WinRM server (HTTP 200",
    ),
    (
        Mood::Status(404),
        Cause::Unsupported,
        "is no WinRM server (HTTP 404",
    ),
    (
        Mood::Fault("Create", 5),
        Cause::Denied,
        "Remote Management Users (5: No, it does not.)",
    ),
    (
        Mood::Fault("Command", 5),
        Cause::Denied,
        "Remote Management Users",
    ),
    (
        Mood::Fault("Create", 2_150_859_173),
        Cause::Unreachable,
        "as many WinRM shells as it allows",
    ),
    (
        Mood::Fault("Send", 1),
        Cause::Malformed,
        "WinRM refuses the question (1: No, it does not.)",
    ),
    (
        Mood::Answer("Create", b"hello"),
        Cause::Malformed,
        "is not of WS-Management",
    ),
    (
        Mood::Answer("Command", b"\xff\xfe"),
        Cause::Malformed,
        "is not of WS-Management",
    ),
    (
        Mood::Answer("Receive", HALF),
        Cause::Malformed,
        "is not of WS-Management",
    ),
    (
        Mood::Answer("Receive", BOMB),
        Cause::Malformed,
        "is not of WS-Management",
    ),
    (
        Mood::NoProgram,
        Cause::Unsupported,
        "finds no PowerShell ('powershell' is not recognized",
    ),
    (Mood::Endless, Cause::Truncated, "longer than is allowed"),
    (Mood::NoText, Cause::Malformed, "the answer is not UTF-8"),
];

#[tokio::test]
async fn every_trouble_is_told() {
    for (mood, cause, detail) in TROUBLES {
        let server = Server::start(mood).await;
        let absence = ask(&server).await.unwrap_err();
        assert_eq!(
            (absence.cause, &*absence.root),
            (cause, "source.winrm"),
            "{mood:?}: {absence}"
        );
        assert!(absence.detail.contains(detail), "{mood:?}: {absence}");
    }
}

#[tokio::test]
async fn certificates_are_verified() {
    let expired = |mut params: rcgen::CertificateParams| {
        params.not_after = date_time_ymd(2021, 1, 1);
        params
    };
    let other_name = |_| rcgen::CertificateParams::new(vec!["other.example".to_owned()]).unwrap();
    let server = Server::with_certificate(Mood::Fine, expired).await;
    let absence = ask(&server).await.unwrap_err();
    assert!(absence.detail.contains("expired"), "{absence}");
    let server = Server::with_certificate(Mood::Fine, other_name).await;
    let absence = ask(&server).await.unwrap_err();
    assert!(absence.detail.contains("not for 127.0.0.1"), "{absence}");
    let (server, other) = (Server::start(Mood::Fine).await, Server::start(Mood::Fine).await);
    let mut config = config(&server, USER, PASSWORD);
    config.carrier = Carrier::Winrm {
        user: USER.to_owned(),
        password: SecretString::from(PASSWORD),
        ca: Some(other.ca.path().to_path_buf()),
    };
    let absence = Host::new(config).ask(&question("a")).await.unwrap_err();
    assert_eq!(absence.cause, Cause::Unreachable);
    assert!(
        absence.detail.contains("not signed by the authority"),
        "{absence}"
    );
    assert_eq!(
        count(&server.seen.log_ons),
        0,
        "nothing is said to a server that is not verified"
    );
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let server = Server::start(Mood::Silent).await;
    let host = Host::new(config(&server, USER, PASSWORD)).within(Duration::from_millis(700));
    let absence = host.ask(&question("a")).await.unwrap_err();
    assert_eq!(absence.cause, Cause::Timeout, "{absence}");
}
