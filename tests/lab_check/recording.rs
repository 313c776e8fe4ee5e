//! What was collected replays; a run can be broken off, and has an end.

use std::time::{Duration, Instant};

use standin::collect::Silent;
use standin::facts::{Cause, Snapshot};
use standin::report::Origin;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::answer::{all, check, judged, open, read};
use super::live::Edit;

const DIRECTORY: &str =
    "ldap: { server: dc1.corp.example, security: ldaps, ca: /run/standin-lab/tls/ca.pem }";

/// The snapshot as it comes back from its file.
fn recorded(snapshot: &Snapshot, edits: &[Edit<'_>]) -> Snapshot {
    let catalogue = open(edits).catalogue;
    let text = snapshot.to_json();
    let again = Snapshot::from_json(&text, |fact| catalogue.schema.type_at(fact).cloned()).unwrap();
    assert_eq!(again.to_json(), text);
    again
}

#[test]
fn a_recording_gives_the_same_answer() {
    let Some(_lab) = super::lab() else { return };
    let cases: [&[Edit<'_>]; 4] = [
        &[],
        &[("target: enterprise", "target: standard")],
        &[("127.0.0.53", "127.0.0.60")],
        &[(DIRECTORY, "ldap: { server: 127.0.0.60, security: plain }")],
    ];
    for edits in cases {
        let live = check(edits);
        let replayed = judged(open(edits), recorded(&live.snapshot, edits));
        let marker = format!("\"recorded\": \"{}\"", live.snapshot.taken_at);
        let text = replayed.text(Origin::Recorded);
        assert!(text.contains(&marker));
        assert_eq!(
            live.text(Origin::Live),
            text.replace(&marker, "\"recorded\": null")
        );
    }
}

#[test]
fn a_run_that_is_broken_off_leaves_what_it_has() {
    let Some(_lab) = super::lab() else { return };
    let slow = format!("ldap: {{ server: {}, security: plain }}", super::setting("SLOW"));
    let edits: [Edit<'_>; 1] = [(DIRECTORY, &slow)];
    let (opened, token) = (open(&edits), CancellationToken::new());
    let start = Instant::now();
    let snapshot = Runtime::new().unwrap().block_on(async {
        let interrupted = async {
            tokio::time::sleep(Duration::from_millis(700)).await;
            token.cancel();
        };
        let chosen = all();
        let reading = read(&opened, &chosen, Duration::from_mins(1), &Silent, token.clone());
        tokio::join!(reading, interrupted).0
    });
    assert!(
        start.elapsed() < Duration::from_millis(1100),
        "{:?}",
        start.elapsed()
    );
    assert!(!snapshot.complete);
    let snapshot = recorded(&snapshot, &edits);
    let cause = |fact: &str| {
        snapshot
            .facts
            .get(&fact.parse().unwrap())
            .err()
            .map(|why| why.cause)
    };
    assert_eq!(cause("pair.directory.root"), None);
    assert_eq!(cause("pair.dns.contact"), None);
    assert_eq!(cause("target.exchange.storage_groups"), Some(Cause::NotCollected));
    let answer = judged(open(&edits), snapshot).json();
    assert_eq!(answer["complete"], false);
    assert_eq!(
        answer["unknowns"].as_array().unwrap().len(),
        1,
        "{}",
        answer["unknowns"]
    );
}

#[test]
fn the_whole_run_has_its_limit() {
    let Some(_lab) = super::lab() else { return };
    let opened = open(&[(DIRECTORY, "ldap: { server: 127.0.0.61, security: plain }")]);
    let (limit, start) = (Duration::from_secs(2), Instant::now());
    let runtime = Runtime::new().unwrap();
    let snapshot = runtime.block_on(read(&opened, &all(), limit, &Silent, CancellationToken::new()));
    let took = start.elapsed();
    assert!(
        took >= limit && took < limit + Duration::from_millis(500),
        "{took:?}"
    );
    assert!(snapshot.complete, "nobody broke it off");
    let root = snapshot
        .facts
        .get(&"pair.directory.root".parse().unwrap())
        .unwrap_err();
    assert_eq!((root.cause, &*root.root), (Cause::Timeout, "timeout"));
    assert!(snapshot.facts.get(&"pair.dns.contact".parse().unwrap()).is_ok());
}
