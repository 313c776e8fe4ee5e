//! Directory searches and changes over LDAP.
//!
//! Connections are verified TLS unless the pair file says otherwise, a few for each server, opened when
//! they are needed. Every search is paged, lists longer than the server tells at once are read to their end, and an
//! answer is whole or an absence: never a part of it. A request that an ended connection lost is asked once more,
//! because reading twice does no harm; a log-on is never repeated, and neither is a change.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{Mutex, OnceCell};
use tokio::time::Instant;
use tracing::debug;

use super::deadline::Deadline;
use super::pool::{Lease, Pool};
use super::tls::Tls;
use super::{LogOnGate, Trouble, clip, tcp};
use crate::facts::{Absence, Cause, Record};

mod ask;
mod ber;
mod change;
mod codes;
mod connect;
mod guard;
#[cfg(all(feature = "kerberos", unix))]
mod kerberos;
mod referral;
mod rows;
#[cfg(all(feature = "kerberos", unix))]
mod seal;
mod search;
#[cfg(test)]
mod tests;
mod wire;

pub use change::{Attribute, Change, Edit, Granted, Way};
use connect::Connection;
use referral::Referral;
use search::Failure;

/// How a directory server is reached.
#[derive(Clone, Debug)]
pub struct LdapConfig {
    /// The name of the endpoint in the pair file: the root of every absence.
    pub endpoint: Arc<str>,
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// The authority's certificate; without it the system's are asked.
    pub ca: Option<PathBuf>,
    pub log_on: LogOn,
    /// Shared by all that log on with the same credential.
    pub gate: Arc<LogOnGate>,
    /// At most so many connections at a time.
    pub connections: usize,
    /// For one request: connection, log-on and search together.
    pub deadline: Duration,
    pub max_rows: usize,
    /// On the wire, for one request.
    pub max_bytes: usize,
}

/// What protects the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte on, usually on port 636 or 3269.
    Ldaps,
    /// TLS after a request for it, usually on port 389.
    StartTls,
    /// Nothing.
    Plain,
    /// What Kerberos seals, usually on port 389.
    Gssapi,
}

/// Who asks.
#[derive(Clone, Debug)]
pub enum LogOn {
    Simple {
        user: String,
        password: SecretString,
    },
    /// The ticket of whoever runs this.
    Kerberos,
    Anonymous,
}

/// How far below the base a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Base,
    One,
    Sub,
}

/// One question to a directory.
#[derive(Clone, Debug)]
pub struct Search {
    pub base: String,
    pub scope: Scope,
    pub filter: String,
    /// What is asked for; nothing means the names of the entries alone.
    pub attributes: Vec<String>,
    /// Attributes whose values are bytes.
    pub binary: BTreeSet<String>,
    /// Asks for owner, group and access list, which ordinary users may read, and not for the audit list.
    pub security_descriptors: bool,
}

type Referred = BTreeMap<(String, u16), Arc<Ldap>>;

/// A directory server.
#[derive(Debug)]
pub struct Ldap {
    config: LdapConfig,
    /// The address for messages.
    place: String,
    tls: OnceCell<Tls>,
    pool: Pool<Connection>,
    /// Servers that this one referred to; `None` where referrals are not followed any further.
    referred: Option<Mutex<Referred>>,
}

impl Ldap {
    /// Takes note of how to reach the server; nothing is opened or read before the first search.
    pub fn new(config: LdapConfig) -> Self {
        Self {
            referred: Some(Mutex::default()),
            ..Self::last(config)
        }
    }

    /// One that follows no referral.
    fn last(config: LdapConfig) -> Self {
        let place = tcp::address(&config.host, config.port);
        let pool = Pool::new(config.connections);
        Self {
            config,
            place,
            tls: OnceCell::new(),
            pool,
            referred: None,
        }
    }

    /// Asks the directory; the rows are all that there are, in the server's order.
    pub async fn search(&self, search: &Search) -> Result<Vec<Record>, Absence> {
        let start = Instant::now();
        let outcome = self.answer(search).await;
        debug!(
            endpoint = &*self.config.endpoint,
            operation = "search",
            base = clip(&search.base),
            filter = clip(&search.filter),
            rows = outcome.as_ref().map_or(0, Vec::len),
            failed = outcome.as_ref().err().map(|trouble| trouble.cause.word()),
            duration_ms = start.elapsed().as_millis(),
            "searched the directory"
        );
        outcome.map_err(|trouble| trouble.at(&self.config.endpoint))
    }

    async fn answer(&self, search: &Search) -> Result<Vec<Record>, Trouble> {
        search::check(search)?;
        self.check_log_on()?;
        match self.ask(search).await {
            Ok(rows) => Ok(rows),
            Err(Failure::Referred { to, trouble }) => self.follow(search, &to, trouble).await,
            Err(failure) => Err(failure.into_trouble()),
        }
    }

    async fn ask(&self, search: &Search) -> Result<Vec<Record>, Failure> {
        let (mut lease, deadline) = self.lend().await.map_err(Failure::Broken)?;
        let outcome = self.ask_over(&mut lease, search, deadline).await;
        if outcome
            .as_ref()
            .err()
            .is_none_or(Failure::leaves_the_connection_good)
        {
            lease.keep();
        }
        outcome
    }

    /// A connection, and by when one request must be done.
    async fn lend(&self) -> Result<(Lease<'_, Connection>, Deadline), Trouble> {
        let mut lease = self.pool.take(|since| self.open(since)).await?;
        let waited = std::mem::take(&mut lease.connection().waited);
        let deadline = Deadline::since(lease.since, self.config.deadline).later(waited);
        Ok((lease, deadline))
    }

    fn open(&self, since: Instant) -> impl Future<Output = Result<Connection, Trouble>> {
        Box::pin(connect::open(&self.config, &self.place, &self.tls, since))
    }

    /// Asks this server, a second time when the connection was lost.
    async fn ask_over(
        &self,
        lease: &mut Lease<'_, Connection>,
        search: &Search,
        deadline: Deadline,
    ) -> Result<Vec<Record>, Failure> {
        let outcome = lease.connection().search(search, &self.config, deadline).await;
        let Err(Failure::Lost(trouble)) = &outcome else {
            return outcome;
        };
        debug!(
            endpoint = &*self.config.endpoint,
            reason = trouble.detail,
            "opens a lost connection again"
        );
        lease
            .reopen(self.open(lease.since))
            .await
            .map_err(Failure::Broken)?;
        lease.connection().search(search, &self.config, deadline).await
    }

    /// Asks the server that this one names, when our log-on may go there.
    async fn follow(&self, search: &Search, to: &[String], trouble: Trouble) -> Result<Vec<Record>, Trouble> {
        let told = clip(&to.join(" "));
        let not_followed = |why| {
            let detail = format!("{}; it refers to {told}, which {why}", trouble.detail);
            Err(Trouble::new(trouble.cause, detail))
        };
        let Some(referred) = &self.referred else {
            return not_followed("is one step too far: only one is followed");
        };
        let step = |url: &String| {
            let referral = Referral::parse(url)?;
            Some((referral.follow(&self.config)?, referral))
        };
        let Some((config, referral)) = to.iter().find_map(step) else {
            return not_followed(
                "is not followed, because it leaves the domain of the server that was asked",
            );
        };
        debug!(endpoint = &*self.config.endpoint, to = told, "follows a referral");
        let place = (config.host.clone(), config.port);
        let next = {
            let mut referred = referred.lock().await;
            Arc::clone(
                referred
                    .entry(place)
                    .or_insert_with(|| Arc::new(Self::last(config))),
            )
        };
        let base = referral.base.unwrap_or_else(|| search.base.clone());
        // boxed, because it is the same future again
        Box::pin(next.answer(&Search {
            base,
            ..search.clone()
        }))
        .await
    }

    /// Refuses log-ons that the server would take for an anonymous one.
    fn check_log_on(&self) -> Result<(), Trouble> {
        let LogOn::Simple { user, password } = &self.config.log_on else {
            return Ok(());
        };
        let missing = match (user.is_empty(), password.expose_secret().is_empty()) {
            (true, _) => "user",
            (_, true) => "password",
            _ => return Ok(()),
        };
        let detail = format!(
            "the {missing} for {} is empty; a log-on without it would be an anonymous one",
            self.place
        );
        Err(Trouble::new(Cause::BadCredentials, detail))
    }
}
