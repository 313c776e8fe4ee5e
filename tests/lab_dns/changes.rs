//! Changes of records, as another client sees them.
#![expect(clippy::print_stderr, reason = "what is refused is told")]
#![expect(clippy::unwrap_used, reason = "the helpers are tests, too")]

use std::process::Command;

use standin::transport::Unwritten;
use standin::transport::dns::{Change, Data, Dns, Way};

use super::*;

/// The records of a zone as `dig` reads them, but for its start of authority, whose serial counts changes.
fn zone(name: &str) -> Vec<String> {
    let key = format!("hmac-sha256:standin-xfer:{}", lab("TSIG_XFER"));
    let server = format!("@{}", lab("NS1"));
    let mut dig = Command::new("dig");
    dig.args([&server, "-y", &key, "+noall", "+answer", "+onesoa", name, "AXFR"]);
    let output = dig.output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let lines = told
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut lines: Vec<String> = lines.filter(|line| !line.contains(" SOA ")).collect();
    assert!(lines.len() > 1, "{told}");
    lines.sort();
    lines
}

fn change(way: Way, name: &str, data: Data) -> Change {
    let in_reverse = name.contains(".in-addr.");
    Change {
        zone: if in_reverse { "0.0.127.in-addr.arpa" } else { ZONE }.to_owned(),
        name: name.to_owned(),
        data,
        way,
        time_to_live: None,
    }
}

#[track_caller]
fn not_done(outcome: Result<(), Unwritten>, cause: Cause, part: &str) {
    let unwritten = outcome.expect_err("a refusal");
    eprintln!("{}", unwritten.why);
    assert!(unwritten.refused && unwritten.why.cause == cause, "{unwritten:?}");
    assert!(unwritten.why.detail.contains(part), "{}", unwritten.why);
}

fn a(last: u8) -> Data {
    Data::A([127, 0, 0, last].into())
}

/// One after the other: tests of one zone would see each other's changes.
#[tokio::test]
async fn records_come_and_go_and_nothing_else() {
    in_lab!();
    records_of_every_type().await;
    what_may_not_be().await;
    odd_names().await;
    strangers().await;
}

async fn records_of_every_type() {
    let dns = with_key("standin-update", "UPDATE");
    let source = "srcmail.corp.example";
    let mx = Data::Mx {
        preference: 20,
        exchange: source.into(),
    };
    for (name, data, line) in [
        (
            "new.corp.example",
            a(99),
            "new.corp.example. 1200 IN A 127.0.0.99",
        ),
        ("srcmail.corp.example", a(99), "IN A 127.0.0.99"),
        (
            "new.corp.example",
            Data::Aaaa("2001:db8::1".parse().unwrap()),
            "IN AAAA 2001:db8::1",
        ),
        (
            "alias.corp.example",
            Data::Cname(source.into()),
            "IN CNAME srcmail.corp.example.",
        ),
        ("new.corp.example", mx, "IN MX 20 srcmail.corp.example."),
        (
            "99.0.0.127.in-addr.arpa",
            Data::Ptr(source.into()),
            "99.0.0.127.in-addr.arpa. 1200 IN PTR srcmail.corp.example.",
        ),
    ] {
        let add = change(Way::Add, name, data.clone());
        let before = zone(&add.zone);
        dns.change(&add).await.unwrap();
        let after = zone(&add.zone);
        let new: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
        assert_eq!(after.len(), before.len() + 1, "{name}");
        assert!(new.len() == 1 && new[0].contains(line), "{new:?}");
        dns.change(&add).await.unwrap();
        assert_eq!(zone(&add.zone), after, "it is there already");
        let remove = change(Way::Remove, name, data);
        dns.change(&remove).await.unwrap();
        assert_eq!(zone(&add.zone), before);
        not_done(dns.change(&remove).await, Cause::NotFound, "no such record");
        assert_eq!(zone(&add.zone), before);
    }
}

async fn what_may_not_be() {
    let dns = with_key("standin-update", "UPDATE");
    let before = zone(ZONE);
    let alias = |to: &str| Data::Cname(to.to_owned());
    let (busy, taken) = ("srcmail.corp.example", "mail.corp.example");
    let no_alias = "beside which no alias may stand";
    for (name, data, part) in [
        (busy, alias("x.corp.example"), no_alias),
        (taken, a(99), "is an alias of"),
        (taken, alias("x.corp.example"), "is an alias of"),
    ] {
        not_done(
            dns.change(&change(Way::Add, name, data)).await,
            Cause::Unsupported,
            part,
        );
    }
    let long = "x".repeat(10_000);
    for (name, data, part) in [
        ("x.elsewhere.example", a(99), "is not in the zone"),
        ("x.corp.example", alias("a b"), "is not a DNS name"),
        ("x.corp.example", alias("$(x)\n"), "is not a DNS name"),
        ("x.corp.example", alias("\u{202e}evil"), "is not ASCII"),
        ("x.corp.example", alias(&long), "longer than 63 bytes"),
    ] {
        not_done(
            dns.change(&change(Way::Add, name, data)).await,
            Cause::NotConfigured,
            part,
        );
    }
    // the server has a rule of its own for the names of hosts
    let odd = change(Way::Add, "odd\\032\\;name.corp.example", a(99));
    not_done(
        dns.change(&odd).await,
        Cause::Denied,
        "odd\\032\\;name.corp.example (REFUSED)",
    );
    assert_eq!(zone(ZONE), before);
}

/// What a name may hold, it holds.
async fn odd_names() {
    let dns = with_key("standin-update", "UPDATE");
    let before = zone(ZONE);
    for odd in [
        "it's",
        "\\\"quoted\\\"",
        "%PATH%",
        "\\$\\(x\\)",
        "a\\;b",
        "[x]",
        "*\\)\\(x=*",
        "a\\010b",
        "\\226\\128\\174",
    ] {
        let target = format!("{odd}.corp.example");
        let add = change(Way::Add, "x.corp.example", Data::Cname(target.clone()));
        dns.change(&add).await.unwrap();
        assert_eq!(
            asked(&dns, "x.corp.example", "CNAME", &["target"]).await,
            [target]
        );
        dns.change(&Change {
            way: Way::Remove,
            ..add
        })
        .await
        .unwrap();
        assert_eq!(zone(ZONE), before);
    }
}

async fn strangers() {
    let before = zone(ZONE);
    let narrow = with_key("standin-narrow", "NARROW");
    let secondary = Dns::new(config("NS2", Some(key("standin-update", "UPDATE"))));
    for (dns, cause, part) in [
        (
            &narrow,
            Cause::Denied,
            "refuses to change records of type A of new.corp.example",
        ),
        (&primary(), Cause::Denied, "refuses to change records"),
        (&secondary, Cause::Denied, "refuses to change records"),
        (
            &with_key("standin-update", "XFER"),
            Cause::BadCredentials,
            "another secret",
        ),
        (
            &with_key("nobody", "UPDATE"),
            Cause::BadCredentials,
            "does not know the key",
        ),
    ] {
        not_done(
            dns.change(&change(Way::Add, "new.corp.example", a(99))).await,
            cause,
            part,
        );
        assert_eq!(zone(ZONE), before);
    }
    let add = change(Way::Add, "tgtmail.corp.example", a(99));
    narrow.change(&add).await.unwrap();
    assert_eq!(zone(ZONE).len(), before.len() + 1);
    narrow
        .change(&Change {
            way: Way::Remove,
            ..add
        })
        .await
        .unwrap();
    assert_eq!(zone(ZONE), before);
}
