use standin::facts::{Cause, FactValue, Record};
use standin::transport::dns::Dns;

use super::{ZONE, cause, config, key, primary, shown, with_key};

/// The serial of a zone and all its records, as far as the server shows them.
async fn state(zone: &str) -> (Option<FactValue>, Option<Vec<Record>>) {
    let start = primary().query(zone, "SOA", false).await.ok();
    let serial = start.and_then(|rows| rows.first()?.get("serial").cloned());
    (serial, with_key("standin-xfer", "XFER").transfer(zone).await.ok())
}

/// What an update test tells, after proving that it has changed neither the zone nor its records.
async fn tried(dns: &Dns, zone: &str, name: &str, kind: Option<&str>) -> Result<String, Cause> {
    let before = state(zone).await;
    let outcome = dns.update_test(zone, name, kind).await;
    assert_eq!(state(zone).await, before, "{zone} {name}");
    match outcome {
        Ok(row) => Ok(shown(&row, &["allowed", "rcode", "type", "signed"])),
        Err(absence) => Err(cause::<()>(Err(absence))),
    }
}

#[tokio::test]
async fn update_tests_tell_the_right_to_a_name_and_change_nothing() {
    in_lab!();
    let full = with_key("standin-update", "UPDATE");
    let (source, reverse) = ("srcmail.corp.example", "0.0.127.in-addr.arpa");
    for (zone, name, kind, expected) in [
        (ZONE, source, None, Ok("yes NOERROR A yes")),
        (ZONE, "not-there-yet.corp.example", None, Ok("yes NOERROR A yes")),
        (ZONE, source, Some("AAAA"), Ok("yes NOERROR AAAA yes")),
        (
            ZONE,
            "mail.corp.example",
            Some("CNAME"),
            Ok("yes NOERROR CNAME yes"),
        ),
        (ZONE, "mail.corp.example", None, Ok("yes NOERROR A yes")),
        (ZONE, ZONE, Some("MX"), Ok("yes NOERROR MX yes")),
        (
            reverse,
            "11.0.0.127.in-addr.arpa",
            None,
            Ok("yes NOERROR PTR yes"),
        ),
        // no pointer, nothing that could be added again
        (reverse, "99.0.0.127.in-addr.arpa", None, Err(Cause::Unsupported)),
        ("ro.example", "fixed.ro.example", None, Ok("no REFUSED A yes")),
        (
            "elsewhere.example",
            "x.elsewhere.example",
            None,
            Ok("no NOTAUTH A yes"),
        ),
        (ZONE, "x.elsewhere.example", None, Err(Cause::NotConfigured)),
    ] {
        assert_eq!(
            tried(&full, zone, name, kind).await.as_deref(),
            expected.as_ref().copied(),
            "{zone} {name} {kind:?}"
        );
    }
}

#[tokio::test]
async fn an_update_test_tells_what_a_narrow_key_may_not_do() {
    in_lab!();
    let narrow = with_key("standin-narrow", "NARROW");
    let (source, target, reverse) = (
        "srcmail.corp.example",
        "tgtmail.corp.example",
        "0.0.127.in-addr.arpa",
    );
    for (zone, name, kind, expected) in [
        (ZONE, target, None, "yes NOERROR A yes"),
        (ZONE, target, Some("AAAA"), "yes NOERROR AAAA yes"),
        (ZONE, target, Some("CNAME"), "no REFUSED CNAME yes"),
        (ZONE, source, None, "no REFUSED A yes"),
        (ZONE, "not-there-yet.corp.example", None, "no REFUSED A yes"),
        (reverse, "12.0.0.127.in-addr.arpa", None, "no REFUSED PTR yes"),
    ] {
        assert_eq!(
            tried(&narrow, zone, name, kind).await.as_deref(),
            Ok(expected),
            "{zone} {name} {kind:?}"
        );
    }
}

#[tokio::test]
async fn an_update_test_tells_strangers_from_those_who_may_not() {
    in_lab!();
    let secondary = Dns::new(config("NS2", Some(key("standin-update", "UPDATE"))));
    for (dns, zone, expected) in [
        (with_key("standin-xfer", "XFER"), ZONE, Ok("no REFUSED A yes")),
        (primary(), ZONE, Ok("no REFUSED A no")),
        (primary(), "elsewhere.example", Ok("no NOTAUTH A no")),
        (
            with_key("standin-update", "XFER"),
            ZONE,
            Err(Cause::BadCredentials),
        ),
        (with_key("nobody", "UPDATE"), ZONE, Err(Cause::BadCredentials)),
        // it serves the zone, but takes no updates
        (secondary, ZONE, Ok("no REFUSED A yes")),
    ] {
        let name = format!("srcmail.{zone}");
        assert_eq!(
            tried(&dns, zone, &name, None).await.as_deref(),
            expected.as_ref().copied(),
            "{zone}"
        );
    }
}
