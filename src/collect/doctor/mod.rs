//! What of a pair is reachable, and what stands in the way: looked at step by step, so that the first step that
//! fails is the one to mend.
//!
//! Reads and changes nothing but what an ordinary check would read. Every endpoint is looked at on its own; a dead
//! one delays no other.

mod directory;
mod here;
mod name_server;
mod server;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::transports;
use crate::facts::Absence;
use crate::pair::{Pair, Protocol, SecretSource, Secrets};
use crate::transport::tcp;

/// How one thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    Good,
    /// It works, but not as it ought to.
    Warning,
    /// A check cannot work like this.
    Error,
    /// It could not be told.
    Unknown,
}

impl Health {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Unknown => "unknown",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The endpoint, or this machine.
    pub about: String,
    /// The step, in a word or two.
    pub what: &'static str,
    pub health: Health,
    /// What is so, in one line.
    pub detail: String,
    /// What a person does next.
    pub next: Option<String>,
}

/// The looks at one thing, in their order.
#[derive(Debug)]
struct Looks {
    about: String,
    looks: Vec<Look>,
}

impl Looks {
    fn at(about: impl Into<String>) -> Self {
        Self {
            about: about.into(),
            looks: Vec::new(),
        }
    }

    fn add(&mut self, what: &'static str, health: Health, detail: impl Into<String>, next: Option<String>) {
        self.looks.push(Look {
            about: self.about.clone(),
            what,
            health,
            detail: detail.into(),
            next,
        });
    }

    fn good(&mut self, what: &'static str, detail: impl Into<String>) {
        self.add(what, Health::Good, detail, None);
    }

    fn warn(&mut self, what: &'static str, detail: impl Into<String>, next: &str) {
        self.add(what, Health::Warning, detail, Some(next.to_owned()));
    }

    fn absent(&mut self, what: &'static str, health: Health, why: &Absence) {
        self.add(
            what,
            health,
            why.detail.as_ref(),
            Some(why.cause.hint().to_owned()),
        );
    }
}

/// So long a name may take that this machine looks up.
const LOOK_UP: Duration = Duration::from_secs(10);

/// Looks at every endpoint of the pair and at this machine; secrets are fetched first, for they may ask a person.
pub async fn examine(pair: &Pair, secrets: &mut Secrets, clock: &dyn Fn() -> Timestamp) -> Vec<Look> {
    let secrets = fetched(pair, secrets);
    let endpoints = pair.endpoints.values().map(|endpoint| async {
        let mut looks = Looks::at(endpoint.name.as_str());
        match &endpoint.protocol {
            Protocol::Ldap { .. } => directory::examine(endpoint, &secrets, clock, &mut looks).await,
            Protocol::Dns { .. } => name_server::examine(endpoint, pair, &secrets, &mut looks).await,
            Protocol::Tcp { server, port } => {
                if found(server, &mut looks).await {
                    reached(server, *port, endpoint.deadline, &mut looks).await;
                }
            }
            Protocol::Tds {
                through: Some(host), ..
            } => {
                server::examine_through(endpoint, host, &secrets, &mut looks).await;
            }
            Protocol::Tds { .. } | Protocol::Rpc { .. } | Protocol::Winrm { .. } | Protocol::Ssh { .. } => {
                server::examine(endpoint, &secrets, &mut looks).await;
            }
        }
        looks.looks
    });
    let here = here::examine(pair);
    let (mut all, here) = tokio::join!(futures_util::future::join_all(endpoints), here);
    all.push(here);
    all.into_iter().flatten().collect()
}

/// How each endpoint's secret was come by; only what is told of it, never the secret.
type Fetched = BTreeMap<String, Result<transports::Config, Absence>>;

fn fetched(pair: &Pair, secrets: &mut Secrets) -> Fetched {
    let mut gates = BTreeMap::new();
    pair.endpoints
        .values()
        .map(|endpoint| {
            let config = transports::config(endpoint, secrets, &mut gates);
            (endpoint.name.clone(), config)
        })
        .collect()
}

/// Tells where a secret came from.
fn put_secret(
    source: &SecretSource,
    config: &Result<transports::Config, Absence>,
    looks: &mut Looks,
) -> bool {
    match config {
        Ok(_) => {
            looks.good("secret", format!("is there, {}", place_of(source)));
            true
        }
        Err(why) => {
            let next = "see `secret` and `password` of the endpoint in the pair file";
            looks.add(
                "secret",
                Health::Error,
                why.detail.as_ref(),
                Some(next.to_owned()),
            );
            false
        }
    }
}

fn place_of(source: &SecretSource) -> String {
    match source {
        SecretSource::Env(name) => format!("from the variable {name}"),
        SecretSource::File(path) => format!("from the file {}", path.display()),
        SecretSource::Prompt(_) => "from a person".to_owned(),
        SecretSource::Command(words) => {
            format!("from the program {}", words.first().map_or("", String::as_str))
        }
    }
}

/// Whether this machine knows an address for the server.
async fn found(server: &str, looks: &mut Looks) -> bool {
    if server.parse::<std::net::IpAddr>().is_ok() {
        return true;
    }
    match crate::transport::local::resolve(server, LOOK_UP).await {
        Ok(rows) if rows.is_empty() => {
            let next = "correct the name in the pair file, or the DNS settings of this machine";
            looks.add(
                "name",
                Health::Error,
                format!("{server} has no address"),
                Some(next.to_owned()),
            );
            false
        }
        Ok(rows) => {
            looks.good("name", format!("{server} is {}", addresses(&rows).join(", ")));
            true
        }
        Err(why) => {
            looks.absent("name", Health::Error, &why);
            false
        }
    }
}

fn addresses(rows: &[crate::facts::Record]) -> Vec<String> {
    rows.iter()
        .filter_map(|row| row.get("address"))
        .map(ToString::to_string)
        .collect()
}

/// Whether the port takes connections.
async fn reached(server: &str, port: u16, deadline: Duration, looks: &mut Looks) -> bool {
    match tcp::tcp_reach(server, port, deadline).await {
        Ok(took) => {
            looks.good("port", format!("TCP {port} is open ({} ms)", took.as_millis()));
            true
        }
        Err(why) => {
            looks.absent("port", Health::Error, &why);
            false
        }
    }
}

/// The milliseconds since then.
fn since(start: Instant) -> u128 {
    start.elapsed().as_millis()
}
