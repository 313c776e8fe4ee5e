//! Servers that do not answer as they should: unknown with the true cause, in time, and everything else unharmed.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use standin::evaluate::Status;
use tokio::runtime::Runtime;

use super::answer::{Checked, check_beside, check_network, of_network};
use super::clients;
use super::live::{Edit, Step};

/// The endpoint `directory` of the pair file.
const DIRECTORY: &str =
    "ldap: { server: dc1.corp.example, security: ldaps, ca: /run/standin-lab/tls/ca.pem }";
/// With this said, nothing that DNS tells rests on the directory.
const SOURCE_NAME: Edit<'_> = (
    "  dns:\n    map",
    "  dns:\n    source_name: srcmail.corp.example\n    map",
);
/// Of both endpoints in this file.
const DEADLINE: Duration = Duration::from_secs(4);
/// What takes this long does not heed its deadline, however busy the machine is.
const HANGS: Duration = Duration::from_secs(20);

/// What does not rest on the directory.
const WITHOUT_DIRECTORY: &[&str] = &[
    "common/dns-map-incomplete pair",
    "common/dns-source-record-missing pair",
    "common/dns-address-unknown pair/127.0.0.11",
    "common/dns-reverse-zone-missing pair/127.0.0.11",
    "common/dns-server-unreachable pair",
    "common/dns-zone-not-served pair",
    "common/dns-test-unfinished pair",
    "common/dns-credentials-refused pair",
    "common/dns-not-updatable pair",
    "common/dns-primary-unavailable pair",
    "common/dns-other-resolver pair",
    "common/identity-failover pair",
    "common/monitor-creation-off pair",
    "common/script-creation-off pair",
    "common/replication-set-creation-off pair",
    "common/connection-creation-off pair",
    "exchange/edition-downgrade pair",
];

/// What rests on the DNS server.
const OF_DNS: &[&str] = &[
    "common/dns-source-record-missing pair",
    "common/dns-address-unknown pair/127.0.0.11",
    "common/dns-reverse-zone-missing pair/127.0.0.11",
    "common/dns-server-unreachable pair",
    "common/dns-zone-not-served pair",
    "common/dns-test-unfinished pair",
    "common/dns-credentials-refused pair",
    "common/dns-not-updatable pair",
    "common/dns-primary-unavailable pair",
];

fn of_status(checked: &Checked, status: Status) -> BTreeSet<String> {
    let findings = checked.answer.judged.findings.iter();
    let found = findings.filter(|finding| finding.status == status);
    found
        .map(|finding| format!("{} {}", finding.rule, finding.subject))
        .collect()
}

fn set(places: &[&str]) -> BTreeSet<String> {
    places.iter().map(ToString::to_string).collect()
}

/// The pair's directory is at this address instead.
async fn at(server: &str, how: &str) -> (Checked, Duration) {
    let ldap = format!(
        "ldap: {{ server: {server}, {how} }}\n    deadline: {}s",
        DEADLINE.as_secs()
    );
    let start = Instant::now();
    let checked = check_beside(&of_network(), &[(DIRECTORY, &ldap), SOURCE_NAME]).await;
    (checked, start.elapsed())
}

/// Nothing is known that rests on the directory, for one cause, and all else is as good as ever.
#[track_caller]
fn no_directory(name: &str, checked: &Checked, cause: &str, detail: &str) {
    assert_eq!(of_status(checked, Status::Good), set(WITHOUT_DIRECTORY), "{name}");
    let summary = &checked.answer.summary;
    assert_eq!(
        (summary.errors, summary.warnings, summary.not_applicable),
        (0, 0, 5),
        "{name}"
    );
    let roots: Vec<_> = summary.groups.iter().map(|group| &group.absence).collect();
    assert_eq!(roots.len(), 1, "{name}: {roots:?}");
    assert_eq!(
        (roots[0].cause.word(), &*roots[0].root),
        (cause, "directory"),
        "{name}: {}",
        roots[0]
    );
    assert!(roots[0].detail.contains(detail), "{name}: {}", roots[0]);
    for finding in &checked.answer.judged.findings {
        let told = finding.absence.as_ref().map(|why| why.cause.word());
        assert!(
            told.is_none_or(|told| told == cause),
            "{name}: {} {told:?}",
            finding.rule
        );
    }
    in_time(name, checked);
}

/// No fact waited without end for a request.
#[track_caller]
fn in_time(name: &str, checked: &Checked) {
    for (path, observation) in checked.snapshot.facts.iter() {
        let took = Duration::from_millis(observation.provenance.took_ms);
        assert!(took < HANGS, "{name}: {path} took {took:?}");
    }
}

#[test]
fn directories_that_do_not_answer_as_they_should() {
    let Some(_lab) = super::lab() else { return };
    let ca = "ca: /run/standin-lab/tls/ca.pem";
    let (ldaps, plain) = (format!("security: ldaps, {ca}"), "security: plain".to_owned());
    let cases = [
        ("REFUSED", &ldaps, "unreachable", "refuses the connection"),
        ("BLACKHOLE", &ldaps, "timeout", "while connecting to "),
        ("SILENT", &ldaps, "timeout", "while shaking hands with "),
        ("SILENT", &plain, "timeout", "while logging on to "),
        ("GARBAGE", &ldaps, "unsupported", "does not speak TLS"),
        ("GARBAGE", &plain, "malformed", "not what LDAP demands"),
        ("RESET", &plain, "unreachable", "the connection to "),
        (
            "UNKNOWN_CA",
            &ldaps,
            "unreachable",
            "is not signed by the authority in ",
        ),
        ("EXPIRED", &ldaps, "unreachable", "expired at "),
        (
            "WRONG_NAME",
            &ldaps,
            "unreachable",
            ", not for wrong-name.trouble.example",
        ),
        (
            "DC",
            &"security: ldaps".to_owned(),
            "unreachable",
            "name the authority's certificate",
        ),
    ];
    let all = join_all(
        cases
            .iter()
            .map(|(name, how, ..)| async move { at(&super::setting(name), how.as_str()).await }),
    );
    let all = Runtime::new().unwrap().block_on(all);
    for ((name, _, cause, detail), (checked, took)) in cases.iter().zip(all) {
        no_directory(name, &checked, cause, detail);
        assert!(took < HANGS, "{name}: {took:?}");
    }
}

#[test]
fn a_dead_domain_controller() {
    let Some(_lab) = super::lab() else { return };
    let _started_at_the_end = clients::change(&[Step::Stop("dc")]);
    no_directory(
        "dead",
        &check_network(&[SOURCE_NAME]),
        "unreachable",
        "refuses the connection",
    );
}

#[test]
fn a_wrong_password_is_one_failed_log_on() {
    let Some(_lab) = super::lab() else { return };
    // without a threshold nobody counts
    let _undone_at_the_end = clients::change(&[Step::Set("$DOMAIN", "lockoutThreshold", &["9"])]);
    let count = || match clients::values("CN=svcdr,CN=Users,$DOMAIN", "badPwdCount").as_slice() {
        [count] => count.trim().parse::<u32>().unwrap(),
        _ => 0,
    };
    let before = count();
    let checked = check_network(&[
        ("svcstandin@corp.example", "svcdr@corp.example"),
        ("STANDIN_LAB_READER_PASSWORD", "STANDIN_LAB_REALM"),
        SOURCE_NAME,
    ]);
    assert_eq!(count() - before, 1);
    no_directory(
        "password",
        &checked,
        "bad_credentials",
        "user or password is wrong",
    );
}

#[test]
fn name_servers_that_do_not_answer_as_they_should() {
    let Some(_lab) = super::lab() else { return };
    let healthy = of_status(&check_network(&[]), Status::Good);
    let cases = ["REFUSED", "BLACKHOLE", "SILENT", "GARBAGE"];
    let all = join_all(cases.iter().map(|name| async move {
        let server = format!("server: {}", super::setting(name));
        let deadline = format!("    deadline: {}s\nsettings:\n", DEADLINE.as_secs());
        let start = Instant::now();
        let edits: [Edit<'_>; 2] = [("server: 127.0.0.53", &server), ("settings:\n", &deadline)];
        (check_beside(&of_network(), &edits).await, start.elapsed())
    }));
    for (name, (checked, took)) in cases.iter().zip(Runtime::new().unwrap().block_on(all)) {
        let mut good = healthy.clone();
        // this machine asks another one
        good.retain(|place| !OF_DNS.contains(&place.as_str()) && place != "common/dns-other-resolver pair");
        assert_eq!(of_status(&checked, Status::Good), good, "{name}");
        let mut warnings = of_status(&checked, Status::Warning);
        assert!(warnings.remove("common/dns-other-resolver pair"), "{name}");
        // random bytes may be no answer, or one that is not understood: that a server is there is not known then
        if *name != "GARBAGE" || !warnings.is_empty() {
            assert_eq!(warnings, set(&["common/dns-server-unreachable pair"]), "{name}");
        }
        assert_eq!(checked.answer.summary.errors, 0, "{name}");
        assert_eq!(
            of_status(&checked, Status::Unknown).len(),
            OF_DNS.len() - warnings.len(),
            "{name}"
        );
        in_time(name, &checked);
        assert!(took < HANGS, "{name}: {took:?}");
        cause_of_contact(name, &checked);
    }
}

#[track_caller]
fn cause_of_contact(name: &str, checked: &Checked) {
    let contact = checked.snapshot.facts.get(&"pair.dns.contact".parse().unwrap());
    let why = contact.expect_err("nobody answers");
    let expected: &[&str] = match name {
        "REFUSED" => &["unreachable"],
        "GARBAGE" => &["malformed", "timeout", "unreachable"],
        _ => &["timeout"],
    };
    assert!(expected.contains(&why.cause.word()), "{name}: {why}");
    assert_eq!(&*why.root, "dns", "{name}");
}

#[test]
fn other_ways_to_the_same_directory() {
    let Some(_lab) = super::lab() else { return };
    let ca = "ca: /run/standin-lab/tls/ca.pem";
    let limits = super::setting("LIMITS");
    let ways = [
        ("dc1.corp.example", format!("security: starttls, {ca}")),
        ("127.0.0.10", format!("security: ldaps, {ca}")),
        // with the limits of Windows, which Samba does not have
        (limits.as_str(), "security: plain".to_owned()),
    ];
    let all = join_all(ways.iter().map(|(server, how)| at(server, how)));
    for ((server, how), (checked, _)) in ways.iter().zip(Runtime::new().unwrap().block_on(all)) {
        let summary = &checked.answer.summary;
        let bad = (summary.unknown, summary.errors, summary.warnings);
        assert_eq!(bad, (0, 0, 0), "{server} {how}");
    }
}
