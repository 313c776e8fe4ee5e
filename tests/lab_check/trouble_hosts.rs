//! Hosts and database servers that do not answer as they should: not known with the true cause, in time, and everything
//! that others tell as good as ever.

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
fn suffers(name: &str, root: &str, healthy: &Value, checked: &Checked, cause: &str, detail: &str) {
    let (before, after) = (outcomes(healthy), outcomes(&checked.json()));
    let mut unknown = 0;
    for (place, outcome) in &after {
        let was = before.get(place).map(String::as_str);
        let waits = outcome.starts_with("unknown after ");
        let by_root = outcome.starts_with("unknown ") && outcome.ends_with(root);
        let is_told = place.0 == "common/services-unreadable" && place.1 == "target";
        unknown += usize::from(by_root);
        assert!(
            was == Some(outcome.as_str()) || waits || by_root || is_told,
            "{name}: {place:?} was {was:?} and is {outcome}"
        );
    }
    assert!(unknown > 0, "{name}: nobody misses anything");
    for (path, observation) in checked.snapshot.facts.iter() {
        if let Err(why) = &observation.value
            && &*why.root == root
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
                &format!("target.{carrier}"),
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
fn database_servers_that_do_not_answer_as_they_should() {
    let Some(_lab) = super::lab() else { return };
    let healthy = check_in(&DATABASES, &[]).json();
    let all = join_all(DATABASE_SERVERS.iter().map(|(name, ..)| async move {
        let tds = format!(
            "    tds: {{ server: {}, ca: /run/standin-lab/tls/ca.pem, credential: {{ user: sa, password: {{ env: STANDIN_LAB_SQL_ADMIN_PASSWORD }} }} }}\n",
            super::setting(name)
        );
        elsewhere(&DATABASES, &tds).await
    }));
    let all = Runtime::new().unwrap().block_on(all);
    for ((name, cause, detail), (checked, took)) in DATABASE_SERVERS.iter().zip(all) {
        suffers(name, "target.tds", &healthy, &checked, cause, detail);
        assert!(took < DEADLINE * 4, "{name}: {took:?}");
    }
}
