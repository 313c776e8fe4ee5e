//! The endpoints of a pair as transports, with their secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::Request;
use crate::catalogue::{Ask, Catalogue};
use crate::facts::{Absence, Cause, FactPath, FactValue, Record};
use crate::pair::{Credential, Endpoint, Protocol, SecretRef, Secrets, Security, TsigRef};
use crate::transport::dns::{Dns, DnsConfig, Tsig};
use crate::transport::ldap::{self, Ldap, LdapConfig, LogOn};
use crate::transport::{LogOnGate, local};

/// The most rows that one answer may have.
const MAX_ROWS: usize = 200_000;
/// The most bytes that one answer may have on the wire.
const MAX_BYTES: usize = 256 * 1024 * 1024;

/// How long finding the address of the DNS server may take.
const DNS_SERVER_LOOK_UP: Duration = Duration::from_secs(10);

/// Every endpoint that the wanted facts ask.
#[derive(Default)]
pub(super) struct Transports {
    ldap: BTreeMap<String, Result<Ldap, Absence>>,
    dns: BTreeMap<String, Result<Dns, Absence>>,
    servers: BTreeMap<String, String>,
}

/// The endpoints that reading these facts asks, by name.
pub fn endpoints_of(catalogue: &Catalogue, wanted: &BTreeSet<FactPath>) -> BTreeSet<Arc<str>> {
    let facts = wanted.iter().filter_map(|path| catalogue.facts.get(&path.name));
    let probes = facts.flat_map(|fact| &fact.probes);
    probes
        .filter(|probe| matches!(probe.ask, Ask::Ldap(_) | Ask::Dns(_)))
        .map(|probe| probe.on.clone())
        .collect()
}

impl Transports {
    /// Fetches the secrets of the endpoints that are asked; opens no connection.
    pub(super) fn open(request: &Request<'_>, secrets: &mut Secrets) -> Self {
        let mut transports = Self::default();
        let mut gates = Gates::new();
        for name in endpoints_of(request.catalogue, request.wanted) {
            let Some(endpoint) = request.pair.endpoint(&name) else {
                continue;
            };
            transports.servers.insert(name.to_string(), server_of(endpoint));
            match &endpoint.protocol {
                Protocol::Ldap { .. } => {
                    let config = ldap_config(endpoint, secrets, &mut gates);
                    transports.ldap.insert(name.to_string(), config.map(Ldap::new));
                }
                Protocol::Dns { .. } => {
                    let config = dns_config(endpoint, secrets);
                    transports.dns.insert(name.to_string(), config.map(Dns::new));
                }
                Protocol::Tcp { .. } => {}
            }
        }
        transports
    }

    pub(super) fn server(&self, endpoint: &str) -> Option<String> {
        self.servers.get(endpoint).cloned()
    }

    pub(super) fn ldap(&self, endpoint: &str) -> Result<&Ldap, Absence> {
        self.ldap
            .get(endpoint)
            .ok_or_else(|| missing(endpoint, "ldap"))?
            .as_ref()
            .map_err(Clone::clone)
    }

    pub(super) fn dns(&self, endpoint: &str) -> Result<&Dns, Absence> {
        self.dns
            .get(endpoint)
            .ok_or_else(|| missing(endpoint, "dns"))?
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The DNS server as the pair file names it, with its address.
    pub(super) async fn dns_server(&self, endpoint: &str) -> Result<Record, Absence> {
        let server = self
            .servers
            .get(endpoint)
            .ok_or_else(|| missing(endpoint, "dns"))?;
        let address = match server.parse() {
            Ok(ip) => Ok(FactValue::Ip(ip)),
            Err(_) => local::resolve(server, DNS_SERVER_LOOK_UP).await.and_then(|rows| {
                let found = rows.first().and_then(|row| row.get("address"));
                // This machine knows none; that the server has none would be another thing.
                found.cloned().ok_or_else(|| {
                    let detail = format!("this machine finds no address of {server}");
                    Absence::new(Cause::NotFound, endpoint, detail)
                })
            }),
        };
        let address = address.unwrap_or_else(FactValue::absent);
        Ok(
            [("server", FactValue::text(server.as_str())), ("address", address)]
                .into_iter()
                .collect(),
        )
    }
}

/// How an endpoint is reached, with its secret.
#[derive(Debug)]
pub(super) enum Config {
    Ldap(Box<LdapConfig>),
    Dns(Box<DnsConfig>),
    Tcp,
}

/// The log-on gates of all credentials.
pub(super) type Gates = BTreeMap<String, Arc<LogOnGate>>;

/// How this endpoint is reached; `Err` when its secret cannot be had.
pub(super) fn config(
    endpoint: &Endpoint,
    secrets: &mut Secrets,
    gates: &mut Gates,
) -> Result<Config, Absence> {
    Ok(match &endpoint.protocol {
        Protocol::Ldap { .. } => Config::Ldap(Box::new(ldap_config(endpoint, secrets, gates)?)),
        Protocol::Dns { .. } => Config::Dns(Box::new(dns_config(endpoint, secrets)?)),
        Protocol::Tcp { .. } => Config::Tcp,
    })
}

fn missing(endpoint: &str, protocol: &str) -> Absence {
    let detail = format!("the pair file has no endpoint `{endpoint}` for {protocol}");
    Absence::new(Cause::NotConfigured, endpoint, detail)
}

fn server_of(endpoint: &Endpoint) -> String {
    match &endpoint.protocol {
        Protocol::Ldap { server, .. } | Protocol::Dns { server, .. } | Protocol::Tcp { server, .. } => {
            server.clone()
        }
    }
}

/// The secret of an endpoint, or why the endpoint cannot be used.
fn secret(
    endpoint: &Endpoint,
    reference: &SecretRef,
    secrets: &mut Secrets,
) -> Result<secrecy::SecretString, Absence> {
    secrets.get(reference, true).map_err(|error| {
        let hint = error.hint().map_or_else(String::new, |hint| format!("; {hint}"));
        Absence::new(
            Cause::NotConfigured,
            endpoint.name.as_str(),
            format!("no secret: {error}{hint}"),
        )
    })
}

fn ldap_config(endpoint: &Endpoint, secrets: &mut Secrets, gates: &mut Gates) -> Result<LdapConfig, Absence> {
    let Protocol::Ldap {
        server,
        port,
        security,
        ca,
        credential,
        ..
    } = &endpoint.protocol
    else {
        return Err(missing(&endpoint.name, "ldap"));
    };
    let log_on = match credential {
        Credential::Anonymous => LogOn::Anonymous,
        Credential::Kerberos => LogOn::Kerberos,
        Credential::Password { user, password } => LogOn::Simple {
            user: user.clone(),
            password: secret(endpoint, password, secrets)?,
        },
    };
    let gate = gates.entry(format!("{credential:?}")).or_default().clone();
    Ok(LdapConfig {
        endpoint: endpoint.name.as_str().into(),
        host: server.clone(),
        port: *port,
        security: match security {
            Security::Ldaps => ldap::Security::Ldaps,
            Security::StartTls => ldap::Security::StartTls,
            Security::Plain => ldap::Security::Plain,
            Security::Gssapi => ldap::Security::Gssapi,
        },
        ca: ca.clone(),
        log_on,
        gate,
        connections: endpoint.connections,
        deadline: endpoint.deadline,
        max_rows: MAX_ROWS,
        max_bytes: MAX_BYTES,
    })
}

fn dns_config(endpoint: &Endpoint, secrets: &mut Secrets) -> Result<DnsConfig, Absence> {
    let Protocol::Dns { server, port, tsig } = &endpoint.protocol else {
        return Err(missing(&endpoint.name, "dns"));
    };
    let tsig = match tsig {
        None => None,
        Some(TsigRef {
            name,
            algorithm,
            secret: reference,
        }) => {
            let secret = secret(endpoint, reference, secrets)?;
            Some(Tsig {
                name: name.clone(),
                algorithm: (*algorithm).to_owned(),
                secret,
            })
        }
    };
    Ok(DnsConfig {
        endpoint: endpoint.name.as_str().into(),
        server: server.clone(),
        port: *port,
        tsig,
        deadline: endpoint.deadline,
        connections: endpoint.connections,
    })
}
