//! The endpoints of a pair as transports, with their secrets.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::catalogue::{Ask, Catalogue, On};
use crate::facts::{Absence, Cause, FactPath, FactValue, Record, Side};
use crate::pair::{Credential, Endpoint, Pair, Protocol, SecretRef, Secrets, Security, TsigRef};
use crate::transport::dns::{Dns, DnsConfig, Tsig};
use crate::transport::host::{Carrier, Host, HostConfig, RpcLogOn};
use crate::transport::ldap::{self, Ldap, LdapConfig, LogOn};
use crate::transport::tds::{self, Tds, TdsConfig};
use crate::transport::{LogOnGate, local};

/// The most rows that one answer may have.
const MAX_ROWS: usize = 200_000;
/// The most bytes that one answer may have on the wire.
const MAX_BYTES: usize = 256 * 1024 * 1024;

/// How long finding the address of the DNS server may take.
const DNS_SERVER_LOOK_UP: Duration = Duration::from_secs(10);

/// The endpoints that are asked.
#[derive(Default)]
pub(super) struct Transports {
    ldap: BTreeMap<String, Result<Ldap, Absence>>,
    dns: BTreeMap<String, Result<Dns, Absence>>,
    tds: BTreeMap<String, Result<Tds, Absence>>,
    hosts: BTreeMap<String, Result<HostConfig, Absence>>,
    /// Hosts that were asked, by the endpoint and the server's name.
    asked: RefCell<BTreeMap<(String, String), Host>>,
    servers: BTreeMap<String, String>,
}

/// The endpoints that reading these facts asks, by name.
pub fn endpoints_of(catalogue: &Catalogue, pair: &Pair, wanted: &BTreeSet<FactPath>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for path in wanted {
        let probes = catalogue.facts.get(&path.name).map(|fact| &fact.probes);
        let probes = probes.into_iter().flatten();
        let asked =
            probes.filter_map(|probe| endpoint_of(pair, &probe.on, &probe.ask, path.root.side()).ok()?);
        for endpoint in asked {
            let host = pair.through(endpoint);
            names.extend(
                [Some(endpoint), host]
                    .into_iter()
                    .flatten()
                    .map(|one| one.name.clone()),
            );
        }
    }
    names
}

/// The endpoint that a question goes to; none when nobody but this machine is asked.
pub fn endpoint_of<'p>(
    pair: &'p Pair,
    on: &On,
    ask: &Ask,
    here: Option<Side>,
) -> Result<Option<&'p Endpoint>, Absence> {
    let side = match on {
        On::Local => return Ok(None),
        On::Endpoint(name) => {
            let endpoint = pair.endpoint(name);
            return endpoint.map(Some).ok_or_else(|| missing(name, ask.protocol()));
        }
        On::Side(side) => Some(*side),
        On::Here | On::Host(_) => here,
    };
    let side = side.map_or("pair", Side::word);
    let (endpoint, kind, ways) = match ask {
        Ask::Tds(_) => (pair.tds(side), "tds", "`tds`"),
        Ask::Host(_) | Ask::Shell(_) => (pair.host(side), "host", "`rpc`, `winrm` or `ssh`"),
        _ => (None, "server", "it"),
    };
    endpoint.map(Some).ok_or_else(|| {
        let detail = format!(
            "the pair file does not say how to ask the {side}: add {ways} under `endpoints: servers:`"
        );
        Absence::new(Cause::NotConfigured, format!("{side}.{kind}"), detail)
    })
}

impl Transports {
    /// Fetches the secrets of the endpoints that are asked; opens no connection.
    pub(super) fn open(pair: &Pair, endpoints: &BTreeSet<String>, secrets: &mut Secrets) -> Self {
        let mut transports = Self::default();
        let mut gates = Gates::new();
        for name in endpoints {
            let Some(endpoint) = pair.endpoint(name) else {
                continue;
            };
            let (server, _) = endpoint.protocol.address();
            transports.servers.insert(name.clone(), server.to_owned());
            transports.add(endpoint, config(endpoint, secrets, &mut gates));
        }
        transports
    }

    fn add(&mut self, endpoint: &Endpoint, config: Result<Config, Absence>) {
        let name = endpoint.name.clone();
        match (config, &endpoint.protocol) {
            (Ok(Config::Ldap(config)), _) => drop(self.ldap.insert(name, Ok(Ldap::new(*config)))),
            (Ok(Config::Dns(config)), _) => drop(self.dns.insert(name, Ok(Dns::new(*config)))),
            (Ok(Config::Tds(config)), _) => drop(self.tds.insert(name, Ok(Tds::new(*config)))),
            (Ok(Config::Host(config)), _) => drop(self.hosts.insert(name, Ok(*config))),
            (Ok(Config::Tcp), _) | (Err(_), Protocol::Tcp { .. }) => {}
            (Err(why), Protocol::Ldap { .. }) => drop(self.ldap.insert(name, Err(why))),
            (Err(why), Protocol::Dns { .. }) => drop(self.dns.insert(name, Err(why))),
            (Err(why), Protocol::Tds { .. }) => drop(self.tds.insert(name, Err(why))),
            (Err(why), Protocol::Rpc { .. } | Protocol::Winrm { .. } | Protocol::Ssh { .. }) => {
                self.hosts.insert(name, Err(why));
            }
        }
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

    pub(super) fn tds(&self, endpoint: &str) -> Result<&Tds, Absence> {
        self.tds
            .get(endpoint)
            .ok_or_else(|| missing(endpoint, "tds"))?
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The host of an endpoint, or another one that is asked in the same way.
    pub(super) fn host(&self, endpoint: &str, other: Option<&str>) -> Result<Host, Absence> {
        let config = self
            .hosts
            .get(endpoint)
            .ok_or_else(|| missing(endpoint, "hosts"))?;
        let mut config = config.clone()?;
        if let Some(other) = other.filter(|other| !other.eq_ignore_ascii_case(&config.server)) {
            other.clone_into(&mut config.server);
            config.endpoint = format!("{endpoint} {other}").into();
        }
        let key = (endpoint.to_owned(), config.server.to_lowercase());
        let mut asked = self.asked.borrow_mut();
        Ok(asked.entry(key).or_insert_with(|| Host::new(config)).clone())
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
    Tds(Box<TdsConfig>),
    Host(Box<HostConfig>),
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
        Protocol::Tds { .. } => Config::Tds(Box::new(tds_config(endpoint, secrets, gates)?)),
        Protocol::Rpc { .. } | Protocol::Winrm { .. } | Protocol::Ssh { .. } => {
            Config::Host(Box::new(host_config(endpoint, secrets, gates)?))
        }
        Protocol::Tcp { .. } => Config::Tcp,
    })
}

fn missing(endpoint: &str, protocol: &str) -> Absence {
    let detail = format!("the pair file has no endpoint `{endpoint}` for {protocol}");
    Absence::new(Cause::NotConfigured, endpoint, detail)
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

fn tds_config(endpoint: &Endpoint, secrets: &mut Secrets, gates: &mut Gates) -> Result<TdsConfig, Absence> {
    let Protocol::Tds {
        server,
        port,
        instance,
        ca,
        certificate_name,
        credential,
        through: _,
    } = &endpoint.protocol
    else {
        return Err(missing(&endpoint.name, "tds"));
    };
    let log_on = match credential {
        Credential::Password { user, password } => tds::LogOn::Sql {
            user: user.clone(),
            password: secret(endpoint, password, secrets)?,
        },
        // Nobody is named here where a host asks in our place, and only there.
        Credential::Kerberos | Credential::Anonymous => tds::LogOn::Kerberos,
    };
    Ok(TdsConfig {
        endpoint: endpoint.name.as_str().into(),
        server: server.clone(),
        port: *port,
        instance: instance.clone(),
        ca: ca.clone(),
        certificate_name: certificate_name.clone(),
        log_on,
        gate: gates.entry(format!("tds {credential:?}")).or_default().clone(),
        connections: endpoint.connections,
        deadline: endpoint.deadline,
        max_rows: MAX_ROWS,
        max_bytes: MAX_BYTES,
    })
}

fn host_config(endpoint: &Endpoint, secrets: &mut Secrets, gates: &mut Gates) -> Result<HostConfig, Absence> {
    let (server, port) = endpoint.protocol.address();
    let (carrier, credential) = match &endpoint.protocol {
        Protocol::Rpc { credential, .. } => {
            let log_on = match credential {
                Credential::Password { user, password } => RpcLogOn::Password {
                    user: user.clone(),
                    password: secret(endpoint, password, secrets)?,
                },
                Credential::Kerberos | Credential::Anonymous => RpcLogOn::Kerberos,
            };
            (Carrier::Rpc(log_on), format!("{credential:?}"))
        }
        Protocol::Winrm {
            ca,
            credential: credential @ Credential::Password { user, password },
            ..
        } => {
            let carrier = Carrier::Winrm {
                user: user.clone(),
                password: secret(endpoint, password, secrets)?,
                ca: ca.clone(),
            };
            (carrier, format!("{credential:?}"))
        }
        Protocol::Ssh {
            user,
            key,
            known_hosts,
            ..
        } => {
            let carrier = Carrier::Ssh {
                user: user.clone(),
                key: key.clone(),
                known_hosts: known_hosts.clone(),
            };
            (carrier, format!("ssh {user:?} {key:?}"))
        }
        _ => return Err(missing(&endpoint.name, "hosts")),
    };
    Ok(HostConfig {
        endpoint: endpoint.name.as_str().into(),
        server: server.to_owned(),
        port: port.unwrap_or_default(),
        carrier,
        gate: gates.entry(credential).or_default().clone(),
        connections: endpoint.connections,
        deadline: endpoint.deadline,
        max_rows: MAX_ROWS,
        max_bytes: MAX_BYTES,
    })
}
