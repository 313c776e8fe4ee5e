//! Actions of a name server.

use std::net::IpAddr;

use super::Deed;
use crate::facts::{FactValue, Record};
use crate::transport::Unwritten;
use crate::transport::dns::{Change, Data, Dns, Way};

#[cfg(test)]
mod tests;

/// Makes the change that the action is.
pub(in crate::apply) async fn run(deed: Deed<'_>, dns: &Dns) -> Result<(), Unwritten> {
    dns.change(&change(deed)?).await
}

/// The change in the name server's terms.
///
/// `data` is what stands in the record (an address, a name, `10 mail.corp.example`), or a row as a question for such
/// records gives it, from which a new record takes its time to live, too.
pub(super) fn change(deed: Deed<'_>) -> Result<Change, Unwritten> {
    let way = match deed.verb() {
        "add" => Way::Add,
        "remove" => Way::Remove,
        other => return Err(deed.refused(format!("`{other}` is nothing that is done to a record"))),
    };
    let (kind, value) = (deed.text("type")?, deed.value("data")?);
    let data = match value {
        FactValue::Record(row) => of_row(kind, row),
        FactValue::Ip(address) => of_address(kind, *address),
        value => value.as_str().and_then(|text| of_text(kind, text)),
    };
    let time_to_live = match value {
        FactValue::Record(row) => match row.get("ttl") {
            Some(FactValue::Int(seconds)) => u32::try_from(*seconds).ok(),
            _ => None,
        },
        _ => None,
    };
    Ok(Change {
        zone: deed.text("zone")?.to_owned(),
        name: deed.text(deed.verb())?.to_owned(),
        data: data
            .ok_or_else(|| deed.refused(format!("`data` is nothing that a record of type {kind} says")))?,
        way,
        time_to_live,
    })
}

fn of_address(kind: &str, address: IpAddr) -> Option<Data> {
    match (kind, address) {
        ("A", IpAddr::V4(address)) => Some(Data::A(address)),
        ("AAAA", IpAddr::V6(address)) => Some(Data::Aaaa(address)),
        _ => None,
    }
}

fn of_text(kind: &str, text: &str) -> Option<Data> {
    match kind {
        "A" | "AAAA" => of_address(kind, text.parse().ok()?),
        "CNAME" => Some(Data::Cname(text.to_owned())),
        "PTR" => Some(Data::Ptr(text.to_owned())),
        "MX" => {
            let (preference, exchange) = text.split_once(' ')?;
            Some(Data::Mx {
                preference: preference.parse().ok()?,
                exchange: exchange.to_owned(),
            })
        }
        _ => None,
    }
}

fn of_row(kind: &str, row: &Record) -> Option<Data> {
    let text = |field| row.get(field).and_then(FactValue::as_str);
    match kind {
        "A" | "AAAA" => match row.get("address")? {
            FactValue::Ip(address) => of_address(kind, *address),
            other => of_text(kind, other.as_str()?),
        },
        "CNAME" | "PTR" => of_text(kind, text("target")?),
        "MX" => match row.get("preference")? {
            FactValue::Int(preference) => Some(Data::Mx {
                preference: u16::try_from(*preference).ok()?,
                exchange: text("exchange")?.to_owned(),
            }),
            _ => None,
        },
        _ => None,
    }
}
