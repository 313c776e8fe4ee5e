//! One probe: the question is filled in, asked, and its rows become values.

use std::cell::RefCell;
use std::time::Duration;

use super::{Run, gather, network, row, transports};
use crate::catalogue::{Ask, Depth, DnsAsk, FactDef, LdapAsk, LocalAsk, On, Phrase, PhraseScope, Probe};
use crate::facts::{Absence, Cause, FactPath, FactValue, Record};
use crate::pair::Endpoint;
use crate::predicate::{Budget, Expression, Fault, Locals, Scope, Seen};
use crate::template::RenderError;
use crate::transport::{ldap, local};

/// A probe of a fact while it is asked.
pub(super) struct Asking<'a> {
    pub(super) run: &'a Run<'a>,
    pub(super) fact: &'a FactDef,
    pub(super) probe: &'a Probe,
    pub(super) path: &'a FactPath,
    /// The record of `for_each`.
    pub(super) outer: Option<&'a Seen>,
    /// For all rows together.
    pub(super) budget: Budget,
}

/// What a probe gave.
pub(super) struct Answer {
    pub(super) value: FactValue,
    pub(super) server: String,
}

/// What a protocol, or `derive`, answered.
pub(super) enum Rows {
    /// Rows that the probe's fields are read of.
    Read(Vec<Record>),
    /// Values that are made already.
    Made(Vec<row::Made>),
}

impl Asking<'_> {
    /// The probe in a few words: `ldap directory`.
    pub(super) fn described(&self) -> String {
        match self.probe.ask {
            Ask::Derive(_) | Ask::Setting(_) | Ask::Local(_) => self.probe.ask.protocol().to_owned(),
            _ => match self.endpoint() {
                Ok(Some(endpoint)) => format!("{} {}", self.probe.ask.protocol(), endpoint.name),
                _ => format!("{} {}", self.probe.ask.protocol(), self.probe.on),
            },
        }
    }

    /// The endpoint that is asked; none when nobody but this machine is.
    fn endpoint(&self) -> Result<Option<&Endpoint>, Absence> {
        let pair = self.run.request.pair;
        transports::endpoint_of(pair, &self.probe.on, &self.probe.ask, self.path.root.side())
    }

    /// The name of the endpoint that is asked.
    pub(super) fn endpoint_name(&self) -> Result<&str, Absence> {
        Ok(self
            .endpoint()?
            .map_or("local", |endpoint| endpoint.name.as_str()))
    }

    /// The host that is asked.
    pub(super) fn server(&self) -> String {
        if let On::Host(host) = &self.probe.on {
            return self.text(host).unwrap_or_else(|_| "?".to_owned());
        }
        let endpoint = self.endpoint_name().unwrap_or_default();
        let server = self.run.transports.server(endpoint);
        server.unwrap_or_else(|| "this machine".to_owned())
    }

    pub(super) fn applies(&self) -> Result<bool, Absence> {
        let Some(when) = &self.probe.when else {
            return Ok(true);
        };
        match self.value(when)? {
            FactValue::Bool(applies) => Ok(applies),
            other => Err(self.malformed(&format!("`when` gave a {}", other.kind()))),
        }
    }

    pub(super) async fn answer(&self) -> Result<Answer, Absence> {
        let rows = match self.deadline()? {
            None => self.rows().await,
            Some(limit) => tokio::time::timeout(limit, self.rows())
                .await
                .unwrap_or_else(|_| {
                    let detail = format!(
                        "no answer within the {} s that this test may take",
                        limit.as_secs()
                    );
                    Err(Absence::new(Cause::Timeout, self.path.to_string(), detail))
                }),
        };
        let value = rows.and_then(|rows| self.value_of_rows(rows));
        let value = match (value, &self.probe.not_found) {
            (Err(why), Some(instead)) if why.cause == Cause::NotFound => Ok(instead.clone()),
            (value, _) => value,
        };
        value.map(|value| Answer {
            value,
            server: self.server(),
        })
    }

    fn value_of_rows(&self, rows: Rows) -> Result<FactValue, Absence> {
        let values = match rows {
            Rows::Made(values) => values,
            Rows::Read(rows) => row::values(self, rows)?,
        };
        gather::shaped(self, values)
    }

    pub(super) fn deadline(&self) -> Result<Option<Duration>, Absence> {
        let Some(expression) = &self.probe.deadline else {
            return Ok(None);
        };
        match self.value(expression)? {
            FactValue::Int(seconds) if (1..=3600).contains(&seconds) => {
                Ok(Some(Duration::from_secs(seconds.unsigned_abs())))
            }
            other => Err(self.malformed(&format!("the deadline is `{other}`, not 1 to 3600 seconds"))),
        }
    }

    async fn rows(&self) -> Result<Rows, Absence> {
        match &self.probe.ask {
            Ask::Ldap(ask) => self.ldap(ask).await.map(Rows::Read),
            Ask::Dns(ask) => self.dns(ask).await.map(Rows::Read),
            Ask::Tcp { host, port, greeting } => self.tcp(host, port, *greeting).await.map(Rows::Read),
            Ask::Browser(ask) => self.browser(ask).await.map(Rows::Read),
            Ask::Local(ask) => self.local(ask).await.map(Rows::Read),
            Ask::Tds(ask) => self.tds(ask).await.map(Rows::Read),
            Ask::Host(ask) => self.host(ask).await.map(Rows::Read),
            Ask::Shell(ask) => self.shell(ask).await.map(Rows::Read),
            Ask::Setting(name) => {
                let path = FactPath::new(crate::facts::Root::Setting, name.clone());
                let value = self.run.facts.borrow().get(&path).cloned()?;
                Ok(Rows::Read(vec![[("value", value)].into_iter().collect()]))
            }
            Ask::Derive(entries) => row::derived(self, entries).map(Rows::Made),
        }
    }

    async fn ldap(&self, ask: &LdapAsk) -> Result<Vec<Record>, Absence> {
        let search = ldap::Search {
            base: self.text(&ask.base)?,
            scope: match ask.depth {
                Depth::Base => ldap::Scope::Base,
                Depth::One => ldap::Scope::One,
                Depth::Sub => ldap::Scope::Sub,
            },
            filter: self.text(&ask.filter)?,
            attributes: ask.attributes.clone(),
            binary: ask.binary.clone(),
            security_descriptors: ask.descriptors,
        };
        self.run
            .transports
            .ldap(self.endpoint_name()?)?
            .search(&search)
            .await
    }

    async fn dns(&self, ask: &DnsAsk) -> Result<Vec<Record>, Absence> {
        let dns = self.run.transports.dns(self.endpoint_name()?)?;
        // A probe's own limit replaces the endpoint's, else a longer one would mean nothing.
        let dns = match self.deadline()? {
            Some(limit) => &dns.within(limit),
            None => dns,
        };
        match ask {
            DnsAsk::Query { name, kind, recurse } => dns.query(&self.text(name)?, kind, *recurse).await,
            DnsAsk::Transfer { zone } => dns.transfer(&self.text(zone)?).await,
            DnsAsk::ZoneOf { name } => dns
                .find_zone(&self.text(name)?)
                .await
                .map(|zone| zone.into_iter().collect()),
            DnsAsk::UpdateTest { name, zone } => dns
                .update_test(&self.text(zone)?, &self.text(name)?, None)
                .await
                .map(|row| vec![row]),
            DnsAsk::Contact => dns.contact().await.map(|row| vec![row]),
            DnsAsk::Server => self
                .run
                .transports
                .dns_server(self.endpoint_name()?)
                .await
                .map(|row| vec![row]),
        }
    }

    async fn local(&self, ask: &LocalAsk) -> Result<Vec<Record>, Absence> {
        match ask {
            LocalAsk::Resolvers => local::resolvers().await,
            LocalAsk::Resolve { name } => local::resolve(&self.text(name)?, network::DEADLINE).await,
            LocalAsk::Clock => Ok(vec![local::clock()]),
            LocalAsk::Files { folder, endings } => {
                let base = &self.run.request.pair.folder;
                local::files(&self.text(folder)?, base, endings).await
            }
        }
    }

    /// Fills in a template of the question.
    pub(super) fn text(&self, phrase: &Phrase) -> Result<String, Absence> {
        let facts = self.run.facts.borrow();
        let locals = self.locals(None, None);
        let given = self.run.given.iter().map(|(name, _)| name.as_ref());
        let names: Vec<&str> = ["", "", "outer"].into_iter().chain(given).collect();
        let scope = PhraseScope {
            schema: &self.run.request.catalogue.schema,
            scope: Scope {
                facts: &facts,
                here: self.path.root.side(),
            },
            names: &names,
            locals: &locals,
        };
        phrase.render(&scope).map_err(|error| match error {
            RenderError::Absent(why) => why,
            RenderError::Refused(error) => self.malformed(&error.to_string()),
        })
    }

    /// The values of the names in the order of `catalogue::local`.
    pub(super) fn locals(&self, row: Option<&Seen>, value: Option<&Seen>) -> Locals {
        let or_none = |seen: Option<&Seen>| Ok(seen.cloned().unwrap_or(Seen::computed(FactValue::Nothing)));
        let given = self.run.given.iter().map(|(_, seen)| Ok(seen.clone()));
        let own = [or_none(row), or_none(value), or_none(self.outer)];
        Locals(own.into_iter().chain(given).collect())
    }

    pub(super) fn evaluate(&self, expression: &Expression, locals: &Locals) -> Result<FactValue, Fault> {
        let facts = self.run.facts.borrow();
        let scope = Scope {
            facts: &facts,
            here: self.path.root.side(),
        };
        self.budget.renew();
        expression
            .run(&scope, locals, &self.budget, &RefCell::default())
            .map(|seen| seen.value)
    }

    pub(super) fn value(&self, expression: &Expression) -> Result<FactValue, Absence> {
        self.evaluate(expression, &self.locals(None, None))
            .map_err(|fault| self.absence(fault))
    }

    /// The key of a record of this fact.
    pub(super) fn run_key(&self, key: &Expression, record: &FactValue) -> Result<FactValue, Fault> {
        let locals = Locals(vec![Ok(Seen::computed(record.clone()))]);
        self.evaluate(key, &locals)
    }

    /// Why a value of this fact is not known; a fault of an expression names the fact.
    pub(super) fn absence(&self, fault: Fault) -> Absence {
        match fault {
            Fault::Absent(why) => why,
            other => self.malformed(&other.to_string()),
        }
    }

    pub(super) fn malformed(&self, detail: &str) -> Absence {
        Absence::new(
            Cause::Malformed,
            self.path.to_string(),
            format!("{}: {detail}", self.path),
        )
    }
}
