//! Asks DNS and the directory for what a new pair file can know by itself.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::draft::{Draft, Server, Sides};
use crate::catalogue::Discovery;
use crate::cli::directory::Directory;
use crate::cli::live;
use crate::cli::refusal::Outcome;
use crate::collect;
use crate::evaluate::{Candidate, Found};
use crate::facts::{Absence, FactValue};

/// The DNS server on which records of the domain are changed, and the directory server; returns what was not found.
pub(super) fn look_up(
    directory: &mut Directory,
    dns: &mut Option<String>,
    domain: &str,
) -> Outcome<Vec<String>> {
    let runtime = live::runtime()?;
    let mut missed = Vec::new();
    runtime.block_on(async {
        if let Err(why) = directory.look_up(domain).await {
            missed.push(told("the directory of the domain", &why));
        }
        match collect::primary_of(domain).await {
            Ok(Some(server)) => *dns = Some(server),
            Ok(None) => missed.push(format!("{domain} has no start of authority in DNS")),
            Err(why) => missed.push(told("the domain's DNS server", &why)),
        }
    });
    runtime.shutdown_background();
    Ok(missed)
}

fn told(what: &str, why: &Absence) -> String {
    format!("{what}: {}; {}", why.detail, why.cause.hint())
}

/// Takes over what was found of the two servers; returns what was not found.
pub(super) fn take(draft: &mut Draft, found: &Found, ways: &[&Discovery]) -> Vec<String> {
    let mut missed = Vec::new();
    let mut nobody = false;
    for server in [&mut draft.source, &mut draft.target] {
        let called = server.called.clone().unwrap_or_default();
        let own: Vec<&Candidate> = found
            .candidates
            .iter()
            .filter(|one| one.is_called(&called))
            .collect();
        if own.is_empty() {
            missed.push(format!("{called}: no server of this name was found"));
            nobody = true;
        } else {
            fill(server, &own, &mut missed);
        }
    }
    if nobody {
        let mut reasons: Vec<String> = found.unread.iter().map(|(_, why)| told(&why.root, why)).collect();
        reasons.sort();
        reasons.dedup();
        missed.extend(reasons);
    }
    draft.settings = settings(draft, found, ways);
    missed
}

fn fill(server: &mut Server, own: &[&Candidate], missed: &mut Vec<String>) {
    let full = own.iter().filter_map(|one| one.text("dns_name"));
    let full = full.filter(|name| name.contains('.')).max_by_key(String::len);
    if let Some((_, domain)) = full.as_deref().and_then(|full| full.split_once('.')) {
        server.domain = Some(domain.to_owned());
    }
    server.name = own.first().map(|one| one.name());
    server.addresses = first_ipv4(own.iter().find_map(|one| addresses(one)).unwrap_or_default());
    if server.addresses.is_empty() {
        let name = full.or(server.name.clone()).unwrap_or_default();
        missed.push(format!(
            "{name}: {}",
            no_address(own.iter().map(|one| one.get("addresses")))
        ));
    }
    let listens = own
        .iter()
        .filter(|one| one.text("instance").is_some() || one.text("port").is_some());
    server.instances = listens
        .map(|one| (one.text("instance"), one.text("port")))
        .collect();
    let mut packs: Vec<String> = own.iter().map(|one| one.pack.to_string()).collect();
    packs.sort();
    packs.dedup();
    server.packs = packs;
}

/// Why no address is told: there is none, or nobody knows.
fn no_address<'v>(told: impl IntoIterator<Item = &'v FactValue>) -> String {
    let unread = told.into_iter().find_map(|value| match value {
        FactValue::Absent(why) => Some(why.to_string()),
        _ => None,
    });
    unread.map_or_else(
        || "this machine finds no address of it".to_owned(),
        |why| format!("its address is not known: {why}"),
    )
}

fn addresses(candidate: &Candidate) -> Option<Vec<IpAddr>> {
    let items = candidate.get("addresses").items()?.iter();
    let found: Vec<IpAddr> = items
        .filter_map(|item| match item {
            FactValue::Ip(address) => Some(*address),
            _ => None,
        })
        .collect();
    (!found.is_empty()).then_some(found)
}

/// The addresses, an IPv4 one first: it is what most of these servers are reached by.
fn first_ipv4(mut addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    addresses.sort_by_key(|address| (address.is_ipv6(), *address));
    addresses
}

/// What the packs' ways to find servers say of settings.
fn settings(draft: &Draft, found: &Found, ways: &[&Discovery]) -> BTreeMap<String, Sides<String>> {
    let mut settings = BTreeMap::new();
    for way in ways {
        for (setting, field) in &way.settings {
            let of = |server: &Server| {
                let called = server.called.as_deref()?;
                let own = found.candidates.iter().filter(|one| one.pack == way.pack);
                own.filter(|one| one.is_called(called))
                    .find_map(|one| one.text(field))
            };
            let sides = Sides {
                source: of(&draft.source),
                target: of(&draft.target),
            };
            if sides.source.is_some() || sides.target.is_some() {
                settings.insert(setting.to_string(), sides);
            }
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Absence, Cause};

    #[test]
    fn no_address_and_none_that_is_known_are_told_apart() {
        let none = FactValue::list([]);
        assert_eq!(no_address([&none]), "this machine finds no address of it");
        let unread = FactValue::absent(Absence::new(Cause::Timeout, "local", "no answer"));
        let told = no_address([&none, &unread]);
        assert!(told.contains("not known") && told.contains("no answer"), "{told}");
    }
}
