//! A DNS server: does it answer, is its key there, does it serve the pair's zone?

use super::{Fetched, Health, Looks, found, put_secret};
use crate::collect::transports::Config;
use crate::facts::FactValue;
use crate::pair::{Endpoint, Pair, Protocol};
use crate::transport::dns::Dns;
use crate::transport::tcp;

pub(super) async fn examine(endpoint: &Endpoint, pair: &Pair, fetched: &Fetched, looks: &mut Looks) {
    let (server, Some(port)) = endpoint.protocol.address() else {
        return;
    };
    if !found(server, looks).await {
        return;
    }
    let Some(config) = fetched.get(&endpoint.name) else {
        return;
    };
    if let Protocol::Dns { tsig: Some(key), .. } = &endpoint.protocol {
        put_secret(&key.secret.source, config, looks);
    }
    // Without its key the server still tells whether it answers.
    let Ok(Config::Dns(config)) = config else {
        return;
    };
    let dns = Dns::new(config.as_ref().clone());
    match dns.contact().await {
        Ok(row) => {
            let took = row
                .get("milliseconds")
                .map_or(String::new(), |ms| format!(" ({ms} ms)"));
            looks.good("answer", format!("the server answers{took}"));
        }
        Err(why) => {
            looks.absent("answer", Health::Error, &why);
            return;
        }
    }
    if let Err(why) = tcp::tcp_reach(server, port, endpoint.deadline).await {
        let next = "open TCP 53 too: long answers and zone transfers need it";
        looks.warn("port", why.detail.as_ref(), next);
    }
    for domain in domains(pair) {
        zone(&dns, domain, looks).await;
    }
}

/// The DNS domains of the two servers, as far as the pair file says them.
fn domains(pair: &Pair) -> Vec<&str> {
    let mut domains: Vec<&str> = [&pair.source, &pair.target]
        .into_iter()
        .filter_map(|server| server.domain.as_deref())
        .collect();
    domains.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
    domains
}

async fn zone(dns: &Dns, domain: &str, looks: &mut Looks) {
    match dns.find_zone(domain).await {
        Ok(Some(row)) if row.get("authoritative") == Some(&FactValue::Bool(true)) => {
            looks.good("zone", format!("serves the zone of {domain}"));
        }
        Ok(_) => {
            let next = "name a server that holds the zone; changes are made there";
            looks.warn(
                "zone",
                format!("does not serve the zone of {domain} itself"),
                next,
            );
        }
        Err(why) => looks.absent("zone", Health::Warning, &why),
    }
}
