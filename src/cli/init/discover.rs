//! Asks DNS and the directory for what a new pair file can know by itself.

use std::net::IpAddr;
use std::path::Path;

use super::draft::{Credential, Draft, Server};
use crate::catalogue::Catalogue;
use crate::cli::live;
use crate::cli::refusal::{Outcome, Refusal};
use crate::collect::{self, FoundServer};
use crate::diagnostic::{Diagnostics, SourceMap};
use crate::facts::Absence;
use crate::pair::{Endpoint, Pair, Secrets};

/// Fills in what is found; returns what was not, in a line each.
pub(super) fn fill(
    draft: &mut Draft,
    domain: &str,
    directory: Option<&str>,
    catalogue: &Catalogue,
) -> Outcome<Vec<String>> {
    let runtime = live::runtime()?;
    let mut missed = Vec::new();
    runtime.block_on(async {
        if directory.is_none() {
            match collect::directory_of(domain).await {
                Ok(server) => draft.directory.server = Some(server),
                Err(why) => missed.push(told("the directory of the domain", &why)),
            }
        }
        match collect::primary_of(domain).await {
            Ok(Some(server)) => draft.dns = Some(server),
            Ok(None) => missed.push(format!("{domain} has no start of authority in DNS")),
            Err(why) => missed.push(told("the domain's DNS server", &why)),
        }
    });
    if !matches!(draft.directory.credential, Credential::Unsaid(_)) && draft.directory.server.is_some() {
        let endpoint = endpoint(draft, catalogue)?;
        let mut secrets = Secrets::default();
        let mut servers: Vec<&mut Server> = [&mut draft.source, &mut draft.target]
            .into_iter()
            .filter(|server| server.name.is_some())
            .collect();
        let names: Vec<String> = servers.iter().filter_map(|server| server.name.clone()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match runtime.block_on(collect::find_servers(&endpoint, &names, &mut secrets)) {
            Ok((_, found)) => {
                for (server, found) in servers.iter_mut().zip(found) {
                    take(server, found, &mut missed);
                }
            }
            Err(why) => missed.push(told("the directory", &why)),
        }
    }
    runtime.shutdown_background();
    Ok(missed)
}

fn told(what: &str, why: &Absence) -> String {
    format!("{what}: {}; {}", why.detail, why.cause.hint())
}

/// Takes over what the directory knows of a server that was named.
fn take(server: &mut Server, found: Result<FoundServer, Absence>, missed: &mut Vec<String>) {
    let Some(name) = &server.name else {
        return;
    };
    match found {
        Ok(found) => {
            let full = found.dns_name.unwrap_or_default();
            if let Some((_, domain)) = full.split_once('.') {
                server.domain = Some(domain.to_owned());
            }
            if found.addresses.is_empty() {
                missed.push(format!("{name}: this machine finds no address of {full}"));
            }
            server.addresses = first_ipv4(found.addresses);
            server.name = Some(found.name);
        }
        Err(why) => missed.push(told(name, &why)),
    }
}

/// The addresses, an IPv4 one first: it is what most of these servers are reached by.
fn first_ipv4(mut addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    addresses.sort_by_key(|address| (address.is_ipv6(), *address));
    addresses
}

/// The directory as the draft describes it, read the way every pair file is.
fn endpoint(draft: &Draft, catalogue: &Catalogue) -> Outcome<Endpoint> {
    let mut sources = SourceMap::new();
    let mut sink = Diagnostics::new();
    let id = sources.add("draft", draft.text(catalogue));
    let pair = Pair::parse(id, Path::new(""), &sources, &mut sink);
    let endpoint = pair.and_then(|pair| pair.endpoint("directory").cloned());
    endpoint.ok_or_else(|| {
        let first = sink
            .sorted()
            .first()
            .map_or_else(String::new, |item| item.message.clone());
        Refusal::new(format!("the directory cannot be described: {first}"))
    })
}
