//! Hosts and database servers that do not answer as they should: not known with the true cause, in time, and everything
//! that others tell as good as ever.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::answer::{Checked, all, check_in, check_in_beside, outcomes};
use super::live::bases::DATABASES;
use super::live::{Base, EXCHANGE, Edit};

/// Of one request to the server in trouble.
const DEADLINE: Duration = Duration::from_secs(5);

/// A target that is somewhere else, by which cause nothing is known of it, and a word of the detail.
const HOSTS: [(&str, &str, &str); 4] = [
    ("REFUSED", "unreachable", "refuses the connection"),
    ("BLACKHOLE", "timeout", "while connecting to "),
    ("SILENT", "timeout", "5s"),
    ("GARBAGE", "", ""),
];
const CARRIERS: [(&str, &str); 3] = [
    ("rpc", ""),
    (
        "ssh",
        ", user: standin, key: /run/standin-lab/ssh/key, known_hosts: /run/standin-lab/ssh/known_hosts",
    ),
    ("winrm", ", ca: /run/standin-lab/tls/ca.pem"),
];
/// Servers whose TLS must not be trusted; behind it is none of WinRM, which nobody gets to see.
const TLS: [(&str, &str, &str); 4] = [
    ("UNKNOWN_CA", "unreachable", "is not signed by the authority in "),
    ("EXPIRED", "unreachable", "expired at "),
    (
        "WRONG_NAME",
        "unreachable",
        "is for another-host.trouble.example, not for",
    ),
    ("OLD_TLS", "unsupported", ""),
];
const DATABASE_SERVERS: [(&str, &str, &str); 4] = [
    ("REFUSED", "unreachable", "refuses the connection"),
    ("BLACKHOLE", "timeout", "while connecting to "),
    ("SILENT", "timeout", "while shaking hands with "),
    ("GARBAGE", "unsupported", "is no database server that speaks TDS"),
];

/// Checks with this protocol of the target elsewhere.
async fn elsewhere(base: &Base, endpoint: &str) -> (Checked, Duration) {
    let text = format!(
        "  target:\n{endpoint}    deadline: {}s\nsettings:\n",
        DEADLINE.as_secs()
    );
    let edits: [Edit<'_>; 1] = [("settings:\n", &text)];
    let start = Instant::now();
    (check_in_beside(base, &all(), &edits).await, start.elapsed())
}

/// What is told of the trouble, and that nobody else suffers from it.
#[track_caller]
fn suffers(name: &str, roots: &[&str], healthy: &Value, checked: &Checked, cause: &str, detail: &str) {
    let (before, after) = (outcomes(healthy), outcomes(&checked.json()));
    let mut unknown = 0;
    for (place, outcome) in &after {
        let was = before.get(place).map(String::as_str);
        // of what sums up others, those tell why
        let waits = outcome == "unknown" || outcome.starts_with("unknown after ");
        let by_root = outcome.starts_with("unknown ") && roots.iter().any(|root| outcome.ends_with(root));
        let is_told = place.0 == "common/services-unreadable";
        unknown += usize::from(by_root);
        assert!(
            was == Some(outcome.as_str()) || waits || by_root || is_told,
            "{name}: {place:?} was {was:?} and is {outcome}"
        );
    }
    assert!(unknown > 0, "{name}: nobody misses anything");
    for (path, observation) in checked.snapshot.facts.iter() {
        if let Err(why) = &observation.value
            && roots.contains(&&*why.root)
        {
            assert!(
                cause.is_empty() || why.cause.word() == cause,
                "{name}: {path}: {why}"
            );
            assert!(why.detail.contains(detail), "{name}: {path}: {why}");
        }
        let took = u128::from(observation.provenance.took_ms);
        // each of the probes of a fact may wait, and the log-on before it
        assert!(took <= DEADLINE.as_millis() * 3, "{name}: {path} took {took} ms");
    }
}

#[test]
fn hosts_that_do_not_answer_as_they_should() {
    let Some(_lab) = super::lab() else { return };
    let healthy = check_in(&EXCHANGE, &[]).json();
    let runtime = Runtime::new().unwrap();
    for (carrier, keys) in CARRIERS {
        let all = join_all(HOSTS.iter().map(|(name, ..)| async move {
            let endpoint = format!("    {carrier}: {{ server: {}{keys} }}\n", super::setting(name));
            elsewhere(&EXCHANGE, &endpoint).await
        }));
        for ((name, cause, detail), (checked, took)) in HOSTS.iter().zip(runtime.block_on(all)) {
            let name = format!("{carrier} {name}");
            suffers(
                &name,
                &[&format!("target.{carrier}")],
                &healthy,
                &checked,
                cause,
                detail,
            );
            assert!(took < DEADLINE * 4, "{name}: {took:?}");
        }
    }
}

#[test]
fn hosts_that_cannot_be_trusted() {
    let Some(_lab) = super::lab() else { return };
    let healthy = check_in(&EXCHANGE, &[]).json();
    let all = join_all(TLS.iter().map(|(name, ..)| async move {
        let server = super::setting(name);
        let winrm =
            format!("    winrm: {{ server: {server}, port: 636, ca: /run/standin-lab/tls/ca.pem }}\n");
        elsewhere(&EXCHANGE, &winrm).await
    }));
    for ((name, cause, detail), (checked, _)) in TLS.iter().zip(Runtime::new().unwrap().block_on(all)) {
        suffers(name, &["target.winrm"], &healthy, &checked, cause, detail);
    }
}

#[test]
fn database_servers_that_do_not_answer_as_they_should() {
    let Some(_lab) = super::lab() else { return };
    let healthy = check_in(&DATABASES, &[]).json();
    let runtime = Runtime::new().unwrap();
    for cases in [DATABASE_SERVERS, TLS] {
        let all = join_all(cases.iter().map(|(name, ..)| async move {
            let tds = format!(
                "    tds: {{ server: {}, ca: /run/standin-lab/tls/ca.pem, credential: {{ user: sa, password: {{ env: STANDIN_LAB_SQL_ADMIN_PASSWORD }} }} }}\n",
                super::setting(name)
            );
            elsewhere(&DATABASES, &tds).await
        }));
        for ((name, cause, detail), (checked, took)) in cases.iter().zip(runtime.block_on(all)) {
            suffers(name, &["target.tds"], &healthy, &checked, cause, detail);
            assert!(took < DEADLINE * 4, "{name}: {took:?}");
        }
    }
}

/// A listener at this address in front of a host's SMB; how many connections something was said on.
fn counted(address: &str, host: &str) -> Arc<AtomicUsize> {
    let (listener, host) = (TcpListener::bind((address, 445)).unwrap(), super::setting(host));
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = TcpStream::connect((host.as_str(), 445)).unwrap();
            let (mut from_server, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut from_server, &mut to_client));
            let counter = Arc::clone(&counter);
            thread::spawn(move || {
                let (mut client, mut server, mut first) = (client, server, [0]);
                if client.read_exact(&mut first).is_ok() {
                    counter.fetch_add(1, Ordering::SeqCst);
                    let _ = server.write_all(&first);
                    let _ = std::io::copy(&mut client, &mut server);
                }
                let _ = server.shutdown(Shutdown::Both);
            });
        }
    });
    count
}

/// How many wrong passwords the database servers have seen.
fn refused_log_ons() -> usize {
    let log = |server| fs::read_to_string(format!("{}/log/{server}.out", super::setting("HOME"))).unwrap();
    let both = [log("sqlsrc"), log("sqltgt")].concat();
    both.lines()
        .filter(|line| line.contains("refused 'sa': 18456"))
        .count()
}

#[test]
fn wrong_passwords_are_tried_once_for_both_servers() {
    let Some(_lab) = super::lab() else { return };
    let healthy = check_in(&DATABASES, &[]).json();
    let (source, target) = (
        counted("127.0.4.1", "SOURCE_IP"),
        counted("127.0.4.2", "TARGET_IP"),
    );
    let before = refused_log_ons();
    let checked = check_in(
        &DATABASES,
        &[
            ("STANDIN_LAB_HOST_ADMIN_PASSWORD", "STANDIN_LAB_REALM"),
            ("STANDIN_LAB_SQL_ADMIN_PASSWORD", "STANDIN_LAB_REALM"),
            (
                "settings:\n",
                "  source: { rpc: { server: 127.0.4.1 } }\n  target: { rpc: { server: 127.0.4.2 } }\nsettings:\n",
            ),
        ],
    );
    let asked = source.load(Ordering::SeqCst) + target.load(Ordering::SeqCst);
    assert_eq!((asked, refused_log_ons() - before), (1, 1));
    let roots = ["source.rpc", "target.rpc", "source.tds", "target.tds"];
    suffers(
        "passwords",
        &roots,
        &healthy,
        &checked,
        "bad_credentials",
        "password",
    );
}
