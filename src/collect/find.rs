//! A domain's own servers, by the records that every domain has in DNS.
//!
//! Servers that could be a pair are found by the packs.

use std::time::Duration;

use crate::facts::{Absence, Cause, FactValue, Record};
use crate::transport::dns::{Dns, DnsConfig};
use crate::transport::local;

/// So long one question may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// A directory server of the domain: the one that its records prefer, else the domain's own name.
pub async fn directory_of(domain: &str) -> Result<String, Absence> {
    let rows = ask_resolvers(&format!("_ldap._tcp.dc._msdcs.{domain}"), "SRV").await?;
    let number = |row: &Record, field: &str| match row.get(field) {
        Some(FactValue::Int(number)) => *number,
        _ => i64::MAX,
    };
    let best = rows
        .iter()
        .filter(|row| row.get("target").is_some())
        .min_by_key(|row| (number(row, "priority"), -number(row, "weight")));
    let target = best.and_then(|row| row.get("target")).map(ToString::to_string);
    Ok(target.map_or_else(
        || domain.to_owned(),
        |target| target.trim_end_matches('.').to_owned(),
    ))
}

/// The server on which the domain's DNS zone is changed.
pub async fn primary_of(domain: &str) -> Result<Option<String>, Absence> {
    let rows = ask_resolvers(domain, "SOA").await?;
    let primary = rows
        .iter()
        .find_map(|row| row.get("mname"))
        .map(ToString::to_string);
    Ok(primary.map(|name| name.trim_end_matches('.').to_owned()))
}

/// Asks the name servers of this machine, one after the other, until one answers.
async fn ask_resolvers(name: &str, kind: &str) -> Result<Vec<Record>, Absence> {
    let resolvers = local::resolvers().await?;
    let mut last = Absence::new(Cause::NotFound, "local", "this machine asks no DNS server");
    for row in resolvers {
        let Some(server) = row.get("address").map(ToString::to_string) else {
            continue;
        };
        let dns = Dns::new(DnsConfig {
            endpoint: "local".into(),
            server,
            port: 53,
            tsig: None,
            deadline: DEADLINE,
            connections: 1,
        });
        match dns.query(name, kind, true).await {
            Ok(rows) => return Ok(rows),
            Err(why) => last = why,
        }
    }
    Err(last)
}
