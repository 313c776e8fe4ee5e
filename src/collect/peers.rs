//! The servers of a pair with their connections, for as long as a run lasts.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::transports::Transports;
use super::{Request, Run, gather};
use crate::catalogue::{FactDef, Of, Reading};
use crate::facts::{Absence, Cause, FactPath, FactValue, Facts, Root, Side, Snapshot};
use crate::pair::{Pair, Secrets};
use crate::predicate::Seen;
use crate::transport::dns::Dns;
use crate::transport::host::Host;
use crate::transport::ldap::Ldap;
use crate::transport::tds::Tds;

/// The endpoints of a pair; connections stand from the first question on.
pub struct Peers {
    transports: Transports,
}

impl fmt::Debug for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peers").finish_non_exhaustive()
    }
}

/// For which fix something is read.
#[derive(Clone, Copy, Debug)]
pub struct For<'a> {
    pub fix: &'a str,
    /// The server in question.
    pub here: Option<Side>,
    /// What the fix is given, in the order of its inputs.
    pub given: &'a [(Arc<str>, Seen)],
}

impl Peers {
    /// Fetches the secrets of these endpoints; opens no connection.
    pub fn open(pair: &Pair, endpoints: &BTreeSet<String>, secrets: &mut Secrets) -> Self {
        Self {
            transports: Transports::open(pair, endpoints, secrets),
        }
    }

    /// Reads the wanted facts; what could not be read is absent with its cause.
    pub async fn snapshot(&self, request: &Request<'_>) -> Snapshot {
        let facts = self.read(request).await;
        Snapshot {
            pair: request.pair.name.value.clone(),
            taken_at: (request.clock)(),
            complete: !request.cancelled.is_cancelled(),
            digest_key: request.digests.as_ref().map(|digests| digests.key.to_owned()),
            facts,
            undeclared: BTreeSet::new(),
        }
    }

    /// Reads the wanted facts; those that are said are taken as they are.
    pub async fn read(&self, request: &Request<'_>) -> Facts {
        let run = Run::new(request, &self.transports, &[]);
        run.all().await;
        let mut facts = Facts::default();
        for (path, observation) in run.facts.into_inner().iter() {
            if request.wanted.contains(path) {
                facts.insert(path.clone(), observation.clone());
            }
        }
        facts
    }

    /// Reads what one fix reads for itself.
    pub async fn read_for(
        &self,
        request: &Request<'_>,
        reading: &Reading,
        of: For<'_>,
    ) -> Result<FactValue, Absence> {
        let run = Run::new(request, &self.transports, of.given);
        let name: Arc<str> = format!("{} {}", of.fix, reading.name).into();
        let fact = FactDef {
            name: name.clone(),
            pack: reading.probe.pack.clone(),
            of: Of::Pair,
            ty: reading.ty.clone(),
            about: String::new(),
            key: None,
            exact_keys: false,
            volatile: Vec::new(),
            for_each: None,
            probes: vec![reading.probe.clone()],
            span: reading.probe.span,
        };
        let path = FactPath::new(of.here.map_or(Root::Pair, Root::from), name);
        let reading = gather::one(&run, &fact, &path);
        let read = tokio::time::timeout_at(run.deadline, reading).await;
        let gathered = read.map_err(|_| run.out_of_time())?;
        match gathered.value? {
            FactValue::Absent(why) => Err(Absence::clone(&why)),
            value => Ok(value),
        }
    }

    pub fn ldap(&self, endpoint: &str) -> Result<&Ldap, Absence> {
        self.transports.ldap(endpoint)
    }

    pub fn dns(&self, endpoint: &str) -> Result<&Dns, Absence> {
        self.transports.dns(endpoint)
    }

    /// The databases of a server, and the host through which they are asked, if they are.
    pub fn tds(&self, pair: &Pair, side: Side) -> Result<(&Tds, Option<Host>), Absence> {
        let endpoint = pair.tds(side.word());
        let endpoint = endpoint.ok_or_else(|| unsaid(side, "tds", "`tds`"))?;
        let through = pair.through(endpoint);
        let through = through.map(|host| self.transports.host(&host.name, None));
        Ok((self.transports.tds(&endpoint.name)?, through.transpose()?))
    }

    /// The server's host, or another one in the way in which that is reached.
    pub fn host(&self, pair: &Pair, side: Side, other: Option<&str>) -> Result<Host, Absence> {
        let endpoint = pair.host(side.word());
        let endpoint = endpoint.ok_or_else(|| unsaid(side, "host", "`rpc`, `winrm` or `ssh`"))?;
        self.transports.host(&endpoint.name, other)
    }
}

fn unsaid(side: Side, kind: &str, ways: &str) -> Absence {
    let detail =
        format!("the pair file does not say how to reach the {side}: add {ways} under `endpoints: servers:`");
    Absence::new(Cause::NotConfigured, format!("{side}.{kind}"), detail)
}
