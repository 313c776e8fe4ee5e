//! What the directory and DNS tell about a new pair, for the pair file's first draft.
//!
//! Generic: servers are found by the names of their computer objects, a domain by the records that every domain
//! has. What an application keeps in the directory is the packs' business.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use super::transports::{self, Config, Gates};
use crate::facts::{Absence, Cause, FactValue, Record};
use crate::pair::{Endpoint, Secrets};
use crate::transport::dns::{Dns, DnsConfig};
use crate::transport::ldap::{Ldap, Scope, Search};
use crate::transport::local;

/// So long one question may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// What the directory says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// The name of the domain's object.
    pub base: String,
    /// The full DNS name of the server that was asked.
    pub host: Option<String>,
}

/// One of the two servers, as directory and DNS know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundServer {
    /// The short name.
    pub name: String,
    /// The full DNS name.
    pub dns_name: Option<String>,
    /// What this machine finds for the full name, sorted.
    pub addresses: Vec<IpAddr>,
}

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

/// Looks computers up by name; one that the directory does not have is `Err`.
pub async fn find_servers(
    endpoint: &Endpoint,
    names: &[&str],
    secrets: &mut Secrets,
) -> Result<(Domain, Vec<Result<FoundServer, Absence>>), Absence> {
    let Config::Ldap(config) = transports::config(endpoint, secrets, &mut Gates::new())? else {
        let detail = format!("the endpoint `{}` is no directory", endpoint.name);
        return Err(Absence::new(Cause::NotConfigured, endpoint.name.as_str(), detail));
    };
    let ldap = Ldap::new(*config);
    let root = ldap
        .search(&search(
            "",
            Scope::Base,
            "(objectClass=*)",
            &["defaultNamingContext", "dnsHostName"],
        ))
        .await?;
    let told = |field: &str| {
        root.first()
            .and_then(|row| row.get(field))
            .map(ToString::to_string)
    };
    let base = told("defaultNamingContext").ok_or_else(|| {
        Absence::new(
            Cause::NotFound,
            endpoint.name.as_str(),
            "the directory names no domain of its own",
        )
    })?;
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        found.push(server(&ldap, &base, name, &endpoint.name).await);
    }
    let domain = Domain {
        base,
        host: told("dnsHostName"),
    };
    Ok((domain, found))
}

/// One computer, by its short or full name.
async fn server(ldap: &Ldap, base: &str, name: &str, endpoint: &str) -> Result<FoundServer, Absence> {
    let short = name.split('.').next().unwrap_or(name);
    let filter = format!(
        "(&(objectClass=computer)(|(cn={})(dNSHostName={})))",
        escaped(short),
        escaped(name)
    );
    let rows = ldap
        .search(&search(base, Scope::Sub, &filter, &["cn", "dNSHostName"]))
        .await?;
    let [row] = rows.as_slice() else {
        let (cause, detail) = if rows.is_empty() {
            (Cause::NotFound, format!("the directory has no computer {name}"))
        } else {
            let many = format!("the directory has {} computers {name}", rows.len());
            (Cause::Ambiguous, many)
        };
        return Err(Absence::new(cause, endpoint, detail));
    };
    let text = |field: &str| row.get(field).map(ToString::to_string);
    let dns_name = text("dNSHostName");
    let looked_up = local::resolve(dns_name.as_deref().unwrap_or(name), DEADLINE).await;
    let addresses = looked_up.unwrap_or_default();
    Ok(FoundServer {
        name: text("cn").unwrap_or_else(|| short.to_owned()),
        dns_name,
        addresses: addresses
            .iter()
            .filter_map(|row| match row.get("address") {
                Some(FactValue::Ip(address)) => Some(*address),
                _ => None,
            })
            .collect(),
    })
}

/// A text as a value of a filter.
fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_. ".contains(&byte) {
            out.push(byte.into());
        } else {
            let _ = write!(out, "\\{byte:02x}");
        }
        out
    })
}

fn search(base: &str, scope: Scope, filter: &str, attributes: &[&str]) -> Search {
    Search {
        base: base.to_owned(),
        scope,
        filter: filter.to_owned(),
        attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
        binary: BTreeSet::new(),
        security_descriptors: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_widen_the_filter() {
        assert_eq!(escaped("mail-1.corp.example"), "mail-1.corp.example");
        assert_eq!(escaped("a*)(b=ä\\\0"), "a\\2a\\29\\28b\\3d\\c3\\a4\\5c\\00");
    }
}
