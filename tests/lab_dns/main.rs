//! The DNS transport against real name servers and against servers that misbehave.
//!
//! Runs inside the lab: `tests/lab/lab run cargo test --test lab_dns`. Outside of it the tests say that they were
//! left out, or fail when `STANDIN_LAB=required`.

/// Leaves the test out unless the lab is up.
macro_rules! in_lab {
    () => {
        match std::env::var("STANDIN_LAB").as_deref() {
            Ok("up") => {}
            Ok("required") => panic!("the lab is required: use tests/lab/lab run"),
            _ => {
                eprintln!("left out: it needs the lab (tests/lab/lab run)");
                return;
            }
        }
    };
}

mod changes;
mod updates;

use std::time::{Duration, Instant};

use secrecy::SecretString;
use standin::facts::{Absence, Cause, Record};
use standin::transport::dns::{Dns, DnsConfig, Tsig};
use standin::transport::local;

const ZONE: &str = "corp.example";

fn lab(name: &str) -> String {
    let name = format!("STANDIN_LAB_{name}");
    std::env::var(&name).unwrap_or_else(|_| panic!("{name} is not set"))
}

fn key(name: &str, secret_of: &str) -> Tsig {
    Tsig {
        name: name.into(),
        algorithm: "hmac-sha256".into(),
        secret: SecretString::from(lab(&format!("TSIG_{secret_of}"))),
    }
}

fn config(server: &str, tsig: Option<Tsig>) -> DnsConfig {
    DnsConfig {
        endpoint: "dns".into(),
        server: lab(server),
        port: 53,
        tsig,
        deadline: Duration::from_secs(10),
        connections: 4,
    }
}

fn primary() -> Dns {
    Dns::new(config("NS1", None))
}

fn with_key(name: &str, secret_of: &str) -> Dns {
    Dns::new(config("NS1", Some(key(name, secret_of))))
}

fn shown(row: &Record, fields: &[&str]) -> String {
    let texts = fields
        .iter()
        .map(|field| row.get(field).map_or("-".into(), ToString::to_string));
    texts.collect::<Vec<_>>().join(" ")
}

async fn asked(dns: &Dns, name: &str, kind: &str, fields: &[&str]) -> Vec<String> {
    let rows = dns.query(name, kind, false).await;
    let rows = rows.unwrap_or_else(|absence| panic!("{name} {kind}: {absence}"));
    rows.iter().map(|row| shown(row, fields)).collect()
}

fn cause<T: std::fmt::Debug>(outcome: Result<T, Absence>) -> Cause {
    match outcome {
        Ok(answer) => panic!("not expected: {answer:?}"),
        Err(absence) => {
            assert_eq!(&*absence.root, "dns");
            absence.cause
        }
    }
}

#[tokio::test]
async fn each_type_of_record_is_read() {
    in_lab!();
    let dns = primary();
    let cases: [(&str, &str, &[&str], &str); 8] = [
        (
            "srcmail.corp.example",
            "A",
            &["address", "authoritative"],
            "127.0.0.11 yes",
        ),
        (
            "mail.corp.example",
            "A",
            &["name", "address"],
            "srcmail.corp.example 127.0.0.11",
        ),
        (
            "mail.corp.example",
            "CNAME",
            &["target", "value"],
            "srcmail.corp.example srcmail.corp.example.",
        ),
        (
            "corp.example",
            "MX",
            &["preference", "exchange"],
            "10 srcmail.corp.example",
        ),
        (
            "corp.example.",
            "soa",
            &["mname", "rname"],
            "ns1.corp.example hostmaster.corp.example",
        ),
        (
            "11.0.0.127.in-addr.arpa",
            "PTR",
            &["target", "type"],
            "srcmail.corp.example PTR",
        ),
        (
            "_gc._tcp.corp.example",
            "SRV",
            &["priority", "weight", "port", "target"],
            "0 100 3268 dc1.corp.example",
        ),
        ("srcmail.corp.example", "TYPE1", &["type", "ttl"], "A 300"),
    ];
    for (name, kind, fields, expected) in cases {
        assert_eq!(asked(&dns, name, kind, fields).await, [expected], "{name} {kind}");
    }
    let servers = asked(&dns, ZONE, "NS", &["target"]).await;
    assert_eq!(servers, ["ns1.corp.example", "ns2.corp.example"]);
}

#[tokio::test]
async fn nothing_is_said_only_where_it_is_proven() {
    in_lab!();
    let dns = primary();
    for (name, kind) in [
        ("no-such-host.corp.example", "A"),
        ("srcmail.corp.example", "AAAA"),
        ("srcmail.corp.example", "TXT"),
        ("mail.corp.example", "AAAA"),
        ("200.0.0.127.in-addr.arpa", "PTR"),
    ] {
        assert!(
            asked(&dns, name, kind, &["value"]).await.is_empty(),
            "{name} {kind}"
        );
    }
    // this server does not serve the zone, and says no to everybody
    assert_eq!(
        cause(dns.query("elsewhere.example", "A", false).await),
        Cause::Denied
    );
}

#[tokio::test]
async fn zones_are_found_and_missing_ones_are_proven() {
    in_lab!();
    let dns = primary();
    for (name, zone) in [
        ("srcmail.corp.example", Some(ZONE)),
        ("mail.corp.example", Some(ZONE)),
        ("a.b.no-such-host.corp.example", Some(ZONE)),
        (ZONE, Some(ZONE)),
        ("127.0.0.11", Some("0.0.127.in-addr.arpa")),
        ("11.0.0.127.in-addr.arpa", Some("0.0.127.in-addr.arpa")),
        ("127.0.1.11", None),
        ("10.1.2.3", None),
        ("fd00::11", None),
        ("srcmail.elsewhere.example", None),
    ] {
        let found = dns.find_zone(name).await;
        let found = found.unwrap_or_else(|absence| panic!("{name}: {absence}"));
        let found = found.map(|row| shown(&row, &["zone", "mname", "authoritative"]));
        let expected = zone.map(|zone| format!("{zone} ns1.corp.example yes"));
        assert_eq!(found, expected, "{name}");
    }
    let secondary = Dns::new(config("NS2", None));
    let found = secondary
        .find_zone("srcmail.corp.example")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(shown(&found, &["zone", "authoritative"]), "corp.example yes");
}

#[tokio::test]
async fn a_zone_is_transferred_with_the_right_key_only() {
    in_lab!();
    let transfer = || with_key("standin-xfer", "XFER");
    let rows = transfer().transfer(ZONE).await.unwrap();
    let rows: Vec<String> = rows
        .iter()
        .map(|row| shown(row, &["name", "type", "value"]))
        .collect();
    for expected in [
        "mail.corp.example CNAME srcmail.corp.example.",
        "srcmail.corp.example A 127.0.0.11",
        "corp.example MX 10 srcmail.corp.example.",
    ] {
        assert!(
            rows.iter().any(|row| row == expected),
            "{expected} not in {rows:#?}"
        );
    }
    assert_eq!(rows.iter().filter(|row| row.contains(" SOA ")).count(), 1);
    for (dns, zone, expected) in [
        (primary(), ZONE, Cause::Denied),
        (with_key("standin-update", "UPDATE"), ZONE, Cause::Denied),
        (with_key("standin-xfer", "UPDATE"), ZONE, Cause::BadCredentials),
        (with_key("nobody", "XFER"), ZONE, Cause::BadCredentials),
        (transfer(), "elsewhere.example", Cause::Unsupported),
        (transfer(), "srcmail.corp.example", Cause::Unsupported),
    ] {
        assert_eq!(cause(dns.transfer(zone).await), expected, "{zone}");
    }
}

/// What goes wrong with each question to a server, all asked at once.
async fn troubles(server: &str) -> [Cause; 5] {
    let deadline = Duration::from_secs(2);
    let dns = Dns::new(DnsConfig {
        connections: 8,
        ..config(server, None)
    });
    let dns = dns.within(deadline);
    let start = Instant::now();
    let (rows, contact, zone, transfer, update) = tokio::join!(
        dns.query("srcmail.corp.example", "A", false),
        dns.contact(),
        dns.find_zone("127.0.0.11"),
        dns.transfer(ZONE),
        dns.update_test(ZONE, "srcmail.corp.example", None),
    );
    assert!(start.elapsed() < deadline * 2, "{server}: {:?}", start.elapsed());
    [
        cause(rows),
        cause(contact),
        cause(zone),
        cause(transfer),
        cause(update),
    ]
}

#[tokio::test]
async fn misbehaving_servers_have_their_causes_within_the_deadline() {
    in_lab!();
    let (refused, blackhole, silent, garbage) = tokio::join!(
        troubles("REFUSED"),
        troubles("BLACKHOLE"),
        troubles("SILENT"),
        troubles("GARBAGE")
    );
    assert_eq!(refused, [Cause::Unreachable; 5]);
    assert_eq!(blackhole, [Cause::Timeout; 5]);
    assert_eq!(silent, [Cause::Timeout; 5]);
    // random bytes may look like the answer to another question, or like the beginning of a longer one
    let fitting = [Cause::Malformed, Cause::Timeout, Cause::Unreachable];
    assert!(garbage.iter().all(|cause| fitting.contains(cause)), "{garbage:?}");
}

#[tokio::test]
async fn the_server_is_contacted() {
    in_lab!();
    assert_eq!(shown(&primary().contact().await.unwrap(), &["recursion"]), "no");
    let by_name = Dns::new(DnsConfig {
        server: "ns1.corp.example".into(),
        ..config("NS1", None)
    });
    assert_eq!(
        asked(&by_name, "srcmail.corp.example", "A", &["address"]).await,
        [lab("SOURCE_IP")]
    );
}

#[tokio::test]
async fn this_machine_resolves_as_it_is_set_to() {
    in_lab!();
    let addresses = |rows: Vec<Record>| {
        rows.iter()
            .map(|row| shown(row, &["address"]))
            .collect::<Vec<_>>()
    };
    let resolve = async |name: &str| local::resolve(name, Duration::from_secs(20)).await;
    assert_eq!(addresses(local::resolvers().await.unwrap()), [lab("NS1")]);
    assert_eq!(
        addresses(resolve(&lab("SOURCE")).await.unwrap()),
        [lab("SOURCE_IP")]
    );
    assert_eq!(addresses(resolve("tgtmail").await.unwrap()), [lab("TARGET_IP")]);
    assert!(resolve("no-such-host.corp.example").await.unwrap().is_empty());
    // the lab's server answers for its own zones only, so nobody knows
    let absence = resolve("elsewhere.example").await.unwrap_err();
    assert_eq!((absence.cause, &*absence.root), (Cause::Unreachable, "local"));
}

#[tokio::test]
async fn fifty_thousand_records() {
    in_lab!();
    let rows = with_key("standin-xfer", "XFER")
        .transfer("big.example")
        .await
        .unwrap();
    assert_eq!(
        rows.iter().filter(|row| shown(row, &["type"]) == "A").count(),
        50_000
    );
}

#[tokio::test]
async fn a_transfer_that_breaks_off_tells_nothing() {
    in_lab!();
    let reset = |zone: &'static str| async move {
        let dns = Dns::new(config("RESET", Some(key("standin-xfer", "XFER"))));
        dns.transfer(zone).await.unwrap_err()
    };
    for zone in ["big.example", ZONE] {
        let absence = reset(zone).await;
        assert_eq!(absence.cause, Cause::Unreachable, "{absence}");
        assert!(absence.detail.contains("the connection"), "{absence}");
    }
}

#[tokio::test]
async fn a_text_of_other_letters_is_told_as_bytes() {
    in_lab!();
    let told = asked(&primary(), "odd.big.example", "TXT", &["text", "value"]).await;
    assert_eq!(told, [r#"0x636166e9 "caf\233""#]);
}
