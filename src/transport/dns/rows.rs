//! Resource records as rows.

use std::fmt::Write as _;

use hickory_proto::rr::{Name, RData, Record as Resource};

use super::names::{show, show_qualified, show_type};
use crate::facts::{FactValue, Record};

/// Makes rows of resource records, in an order that does not depend on the server.
pub(super) fn rows<'a>(
    resources: impl IntoIterator<Item = &'a Resource>,
    authoritative: bool,
) -> Vec<Record> {
    let mut keyed: Vec<([String; 3], Record)> = resources
        .into_iter()
        .map(|resource| {
            let texts = [
                show(&resource.name),
                show_type(resource.record_type()),
                value(&resource.data),
            ];
            let row = row(resource, &texts, authoritative);
            (texts, row)
        })
        .collect();
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    keyed.dedup_by(|(a, _), (b, _)| a == b);
    keyed.into_iter().map(|(_, row)| row).collect()
}

fn row(resource: &Resource, [name, kind, value]: &[String; 3], authoritative: bool) -> Record {
    let mut row = Record::from_iter([
        ("name", FactValue::text(name.as_str())),
        ("type", FactValue::text(kind.as_str())),
        ("ttl", FactValue::Int(resource.ttl.into())),
        ("value", FactValue::text(value.as_str())),
        ("authoritative", FactValue::Bool(authoritative)),
    ]);
    add_parts(&mut row, &resource.data);
    row
}

fn name(name: &Name) -> FactValue {
    FactValue::text(show(name))
}

/// The parts of a value that rules ask for by name.
fn add_parts(row: &mut Record, data: &RData) {
    match data {
        RData::A(address) => row.set("address", FactValue::Ip(address.0.into())),
        RData::AAAA(address) => row.set("address", FactValue::Ip(address.0.into())),
        RData::CNAME(target) => row.set("target", name(target)),
        RData::NS(target) => row.set("target", name(target)),
        RData::PTR(target) => row.set("target", name(target)),
        RData::MX(mx) => {
            row.set("preference", FactValue::Int(mx.preference.into()));
            row.set("exchange", name(&mx.exchange));
        }
        RData::SOA(soa) => {
            row.set("mname", name(&soa.mname));
            row.set("rname", name(&soa.rname));
            row.set("serial", FactValue::Int(soa.serial.into()));
        }
        RData::SRV(srv) => {
            row.set("priority", FactValue::Int(srv.priority.into()));
            row.set("weight", FactValue::Int(srv.weight.into()));
            row.set("port", FactValue::Int(srv.port.into()));
            row.set("target", name(&srv.target));
        }
        RData::TXT(txt) => {
            let whole = txt.txt_data.concat();
            // what is no text is told as its bytes
            let value = std::str::from_utf8(&whole)
                .map_or_else(|_| FactValue::Bytes(whole.as_slice().into()), FactValue::text);
            row.set("text", value);
        }
        _ => {}
    }
}

/// A value as a zone file writes it.
fn value(data: &RData) -> String {
    match data {
        RData::CNAME(target) => show_qualified(target),
        RData::NS(target) => show_qualified(target),
        RData::PTR(target) => show_qualified(target),
        RData::MX(mx) => format!("{} {}", mx.preference, show_qualified(&mx.exchange)),
        RData::SRV(srv) => {
            format!(
                "{} {} {} {}",
                srv.priority,
                srv.weight,
                srv.port,
                show_qualified(&srv.target)
            )
        }
        RData::SOA(soa) => format!(
            "{} {} {} {} {} {} {}",
            show_qualified(&soa.mname),
            show_qualified(&soa.rname),
            soa.serial,
            soa.refresh,
            soa.retry,
            soa.expire,
            soa.minimum
        ),
        RData::TXT(txt) => txt
            .txt_data
            .iter()
            .map(|part| quoted(part))
            .collect::<Vec<_>>()
            .join(" "),
        RData::NULL(bytes) | RData::Unknown { rdata: bytes, .. } => generic(&bytes.anything),
        other => {
            // not `to_string`: the library's text of some pseudo-records is an error
            let mut text = String::new();
            match write!(text, "{other}") {
                Ok(()) => text,
                Err(_) => String::new(),
            }
        }
    }
}

/// The form of a value whose type nobody here knows (RFC 3597).
fn generic(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(format!("\\# {} ", bytes.len()), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(byte)]),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => {
                let _ = write!(text, "\\{byte:03}");
            }
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::super::names::parse;
    use super::*;
    use hickory_proto::rr::rdata::{A, MX, NULL, PTR, SOA, SRV, TXT};

    fn field(data: RData, field: &str) -> String {
        let resource = Resource::from_rdata(parse("Mail.corp.example").unwrap(), 300, data);
        let rows = rows([&resource], true);
        rows[0].get(field).map(ToString::to_string).unwrap_or_default()
    }

    #[test]
    fn each_type_has_its_fields() {
        let name = |text| parse(text).unwrap();
        let cases: Vec<(RData, &str, &str)> = vec![
            (RData::A(A::new(192, 0, 2, 1)), "address", "192.0.2.1"),
            (RData::A(A::new(192, 0, 2, 1)), "name", "Mail.corp.example"),
            (RData::A(A::new(192, 0, 2, 1)), "type", "A"),
            (RData::A(A::new(192, 0, 2, 1)), "ttl", "300"),
            (RData::PTR(PTR(name("a.b"))), "target", "a.b"),
            (RData::PTR(PTR(name("a.b"))), "value", "a.b."),
            (RData::MX(MX::new(10, name("m.b"))), "exchange", "m.b"),
            (RData::MX(MX::new(10, name("m.b"))), "value", "10 m.b."),
            (RData::SRV(SRV::new(1, 2, 389, name("d.b"))), "port", "389"),
            (
                RData::SRV(SRV::new(1, 2, 389, name("d.b"))),
                "value",
                "1 2 389 d.b.",
            ),
            (
                RData::SOA(SOA::new(name("n"), name("h"), 7, 1, 2, 3, 4)),
                "serial",
                "7",
            ),
            (
                RData::SOA(SOA::new(name("n"), name("h"), 7, 1, 2, 3, 4)),
                "value",
                "n. h. 7 1 2 3 4",
            ),
            (
                RData::TXT(TXT::new(vec!["a\"b ".into(), "c".into()])),
                "text",
                "a\"b c",
            ),
            (RData::TXT(TXT::from_bytes(vec![b"\xff", b"a"])), "text", "0xff61"),
            (
                RData::TXT(TXT::new(vec!["a\"b ".into(), "c\n".into()])),
                "value",
                "\"a\\\"b \" \"c\\010\"",
            ),
            (
                RData::Unknown {
                    code: 65281.into(),
                    rdata: NULL::with(vec![1, 255]),
                },
                "value",
                "\\# 2 01ff",
            ),
            (
                RData::Unknown {
                    code: 65281.into(),
                    rdata: NULL::with(vec![1]),
                },
                "type",
                "TYPE65281",
            ),
        ];
        for (data, name, shown) in cases {
            assert_eq!(field(data, name), shown, "{name}");
        }
    }

    #[test]
    fn the_order_is_ours_and_each_record_comes_once() {
        let record = |last| Resource::from_rdata(parse("a.b").unwrap(), 1, RData::A(A::new(192, 0, 2, last)));
        let one = rows(&[record(2), record(1), record(2)], false);
        let other = rows(&[record(1), record(2)], false);
        assert_eq!(one, other);
        assert_eq!(one.len(), 2);
    }
}
