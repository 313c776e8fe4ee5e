use super::*;
use crate::facts::Cause;
use crate::plan::{At, Detail, Doing};

fn data(verb: &'static str, kind: &str, data: FactValue) -> Result<Change, Unwritten> {
    let text = |text: &str| Detail::Text(text.to_owned());
    let doing = Doing {
        on: "dns".to_owned(),
        at: At::Endpoint("dns".into()),
        protocol: "dns",
        verb,
        reads: "change",
        command: None,
        details: vec![
            (verb.to_owned(), text("mail.corp.example")),
            ("zone".to_owned(), text("corp.example")),
            ("type".to_owned(), text(kind)),
            ("data".to_owned(), Detail::Value(data)),
        ],
    };
    change(Deed::new(&doing))
}

fn row(fields: &[(&'static str, FactValue)]) -> FactValue {
    FactValue::Record(fields.iter().cloned().collect::<Record>().into())
}

#[test]
fn what_a_record_says_is_a_value_or_a_row() {
    let (text, ip) = (FactValue::text, |text: &str| FactValue::Ip(text.parse().unwrap()));
    let (a, aaaa) = ("192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap());
    let (name, ttl) = ("host.corp.example", FactValue::Int(60));
    let mx = Data::Mx {
        preference: 10,
        exchange: name.to_owned(),
    };
    for (kind, value, said, time_to_live) in [
        ("A", ip("192.0.2.1"), Data::A(a), None),
        ("A", text("192.0.2.1"), Data::A(a), None),
        (
            "A",
            row(&[("address", ip("192.0.2.1")), ("ttl", ttl.clone())]),
            Data::A(a),
            Some(60),
        ),
        ("AAAA", ip("2001:db8::1"), Data::Aaaa(aaaa), None),
        ("CNAME", text(name), Data::Cname(name.to_owned()), None),
        (
            "CNAME",
            FactValue::Host(name.into()),
            Data::Cname(name.to_owned()),
            None,
        ),
        (
            "PTR",
            row(&[("target", text(name)), ("ttl", ttl)]),
            Data::Ptr(name.to_owned()),
            Some(60),
        ),
        ("MX", text("10 host.corp.example"), mx.clone(), None),
        (
            "MX",
            row(&[("preference", FactValue::Int(10)), ("exchange", text(name))]),
            mx,
            None,
        ),
    ] {
        let change = data("add", kind, value).unwrap();
        assert_eq!((change.data, change.time_to_live), (said, time_to_live));
        assert_eq!(
            (&*change.zone, &*change.name, change.way),
            ("corp.example", "mail.corp.example", Way::Add)
        );
    }
    assert_eq!(data("remove", "A", ip("192.0.2.1")).unwrap().way, Way::Remove);
}

#[test]
fn what_no_record_says_is_refused() {
    let (text, ip) = (FactValue::text, |text: &str| FactValue::Ip(text.parse().unwrap()));
    for (kind, value) in [
        ("A", ip("2001:db8::1")),
        ("AAAA", ip("192.0.2.1")),
        ("A", text("host.corp.example")),
        ("A", FactValue::Nothing),
        ("CNAME", ip("192.0.2.1")),
        ("MX", text("host.corp.example")),
        ("MX", text("70000 host.corp.example")),
        (
            "MX",
            row(&[("preference", FactValue::Int(-1)), ("exchange", text("x"))]),
        ),
        ("A", row(&[])),
        ("TXT", text("x")),
    ] {
        let unwritten = data("add", kind, value).unwrap_err();
        assert!(
            unwritten.refused && unwritten.why.cause == Cause::Malformed,
            "{kind}"
        );
    }
}
