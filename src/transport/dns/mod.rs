//! Asks one DNS server: records, zones, zone transfers, and whether a name may be changed; and changes one record.
//!
//! The server is chosen, not found: a failover changes records on one server, so what that server says counts.
//! "There is no such record" is an answer only where it is proven; a server that does not know gives an
//! [`Absence`].

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::{Edns, Message, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, Record as Resource, RecordType};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

mod change;
mod exchange;
mod judge;
mod message;
mod names;
mod rows;
mod sign;
mod transfer;
mod update;
mod zone;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

pub use change::{Change, Data, Way};
pub use sign::Tsig;

use super::Trouble;
use super::deadline::Deadline;
use super::local::unix_seconds;
use crate::facts::{Absence, Cause, FactValue, Record};
use exchange::Server;
use judge::{Asked, Found, judge};
use message::Request;
use sign::Signer;

/// Bytes that a datagram may have without being cut up on the way.
const DATAGRAM: u16 = 1232;
/// Aliases that are followed from answer to answer.
const ALIASES: usize = 8;

/// One DNS server, and how it is asked.
#[derive(Clone, Debug)]
pub struct DnsConfig {
    /// The name of the endpoint in the pair file.
    pub endpoint: Arc<str>,
    /// Host name or address.
    pub server: String,
    pub port: u16,
    /// The key for transfers and update tests.
    pub tsig: Option<Tsig>,
    /// For one question with all that it takes, retries included.
    pub deadline: Duration,
    /// Questions at a time.
    pub connections: usize,
}

/// Asks one DNS server.
#[derive(Clone)]
pub struct Dns {
    endpoint: Arc<str>,
    server: Server,
    /// What is wrong with the key is told to those who need it.
    signer: Result<Option<Arc<Signer>>, Trouble>,
    deadline: Duration,
    slots: Arc<Semaphore>,
}

impl Dns {
    /// Nothing is sent before the first question.
    pub fn new(config: DnsConfig) -> Self {
        let signer = config.tsig.as_ref().map(Signer::new).transpose();
        let slots = config.connections.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            endpoint: config.endpoint,
            server: Server {
                host: config.server,
                port: config.port,
            },
            signer: signer.map(|signer| signer.map(Arc::new)),
            deadline: config.deadline,
            slots: Arc::new(Semaphore::new(slots)),
        }
    }

    /// The same server, asked with another deadline.
    #[must_use]
    pub fn within(&self, deadline: Duration) -> Self {
        Self {
            deadline,
            ..self.clone()
        }
    }

    /// Reads the records of one type that a name has; an empty list is the proof that there are none.
    ///
    /// Aliases are followed where the server serves their targets; rows bear the name at which they stand.
    pub async fn query(&self, name: &str, kind: &str, recurse: bool) -> Result<Vec<Record>, Absence> {
        let work = async |deadline| {
            let name = names::parse(name).map_err(not_configured)?;
            let kind = names::parse_type(kind).map_err(not_configured)?;
            let (found, authoritative) = self.look_up(&name, kind, recurse, deadline).await?;
            Ok(rows::rows(&found, authoritative))
        };
        self.operate(work).await
    }

    /// Finds the zone that holds a name or the reverse record of an address; nothing when it is proven that there
    /// is none. The row has the zone, the fields of its start of authority, and whether this server serves it.
    pub async fn find_zone(&self, name: &str) -> Result<Option<Record>, Absence> {
        let work = async |deadline| {
            let name = match name.parse::<IpAddr>() {
                Ok(address) => names::reverse(address),
                Err(_) => names::parse(name).map_err(not_configured)?,
            };
            self.zone_of(&name, deadline).await
        };
        self.operate(work).await
    }

    /// Reads all records of a zone, over TCP and signed when there is a key.
    pub async fn transfer(&self, zone: &str) -> Result<Vec<Record>, Absence> {
        let work = async |deadline| {
            let zone = names::parse(zone).map_err(not_configured)?;
            self.read_zone(&zone, deadline).await
        };
        self.operate(work).await
    }

    /// Tells whether the key, or anybody without one, may change the records of a name: the row has `allowed`,
    /// `rcode`, `signed`, `basis`, and the `name`, `zone` and `type` that were tried. Sends an update that by its own terms changes nothing;
    /// `kind` is A, AAAA, CNAME, MX or PTR, and by default what a name of its place has.
    pub async fn update_test(&self, zone: &str, name: &str, kind: Option<&str>) -> Result<Record, Absence> {
        let work = async |deadline| {
            let zone = names::parse(zone).map_err(not_configured)?;
            let name = names::parse(name).map_err(not_configured)?;
            self.try_update(&zone, &name, kind, deadline).await
        };
        self.operate(work).await
    }

    /// Tells that the server answers at all, with a refusal too: `milliseconds` it took, and whether it offers
    /// `recursion`.
    pub async fn contact(&self) -> Result<Record, Absence> {
        let work = async |deadline| {
            let start = Instant::now();
            let message = question(&Name::root(), RecordType::SOA, false);
            let answer = self.exchange(message, None, deadline).await?;
            let taken = i64::try_from(start.elapsed().as_millis()).unwrap_or(i64::MAX);
            Ok(Record::from_iter([
                ("milliseconds", FactValue::Int(taken)),
                ("recursion", FactValue::Bool(answer.recursion_available)),
            ]))
        };
        self.operate(work).await
    }

    /// Does one piece of work within the deadline, which begins when its turn comes.
    async fn operate<T>(&self, work: impl AsyncFnOnce(Deadline) -> Result<T, Trouble>) -> Result<T, Absence> {
        let _turn = self.turn().await;
        work(Deadline::after(self.deadline))
            .await
            .map_err(|trouble| trouble.at(&self.endpoint))
    }

    async fn turn(&self) -> SemaphorePermit<'_> {
        self.slots.acquire().await.expect("the slots are never closed")
    }

    fn signer(&self) -> Result<Option<&Signer>, Trouble> {
        self.signer.as_ref().map(Option::as_deref).map_err(Clone::clone)
    }

    /// Records, and whether the server answers for them itself.
    async fn look_up(
        &self,
        name: &Name,
        kind: RecordType,
        recurse: bool,
        deadline: Deadline,
    ) -> Result<(Vec<Resource>, bool), Trouble> {
        let mut asked_for = name.clone();
        for _ in 0..ALIASES {
            let answer = self
                .ask(question(&asked_for, kind, recurse), None, deadline)
                .await?;
            let found = judge(
                &Asked {
                    name: &asked_for,
                    kind,
                    recurse,
                },
                &answer,
            );
            let found = found.map_err(|trouble| {
                if asked_for == *name {
                    trouble
                } else {
                    judge::of_alias(&trouble, name, &asked_for, kind)
                }
            });
            match found? {
                Found::Records(records) => return Ok((records, answer.authoritative)),
                Found::Nothing => return Ok((Vec::new(), answer.authoritative)),
                Found::Alias(target) => asked_for = target,
            }
        }
        let why = format!(
            "{} is an alias in a circle, or of too many aliases",
            names::show(name)
        );
        Err(Trouble::new(Cause::Malformed, why))
    }

    /// Sends a question, again without extensions when the server is too old for them.
    async fn ask(
        &self,
        message: Message,
        signer: Option<&Signer>,
        deadline: Deadline,
    ) -> Result<Message, Trouble> {
        let mut extended = message.clone();
        let mut edns = Edns::new();
        edns.set_max_payload(DATAGRAM);
        extended.set_edns(edns);
        let answer = self.exchange(extended, signer, deadline).await?;
        match answer.response_code {
            ResponseCode::FormErr | ResponseCode::NotImp | ResponseCode::BADVERS => {
                self.exchange(message, signer, deadline).await
            }
            _ => Ok(answer),
        }
    }

    /// Sends one message, signed when there is a key for it, and checks what comes back.
    async fn exchange(
        &self,
        mut message: Message,
        signer: Option<&Signer>,
        deadline: Deadline,
    ) -> Result<Message, Trouble> {
        let verifier = signer
            .map(|signer| signer.sign(&mut message, unix_seconds()))
            .transpose()?;
        let request = Request::new(&message)?;
        let reply = self.server.ask(&request, deadline).await?;
        if let Some(mut verifier) = verifier {
            verifier.single(&reply.raw, &reply.message)?;
        }
        Ok(reply.message)
    }
}

fn not_configured(why: String) -> Trouble {
    Trouble::new(Cause::NotConfigured, why)
}

/// A question with a number of its own.
fn question(name: &Name, kind: RecordType, recurse: bool) -> Message {
    let mut message = Message::query();
    message.metadata.recursion_desired = recurse;
    message.add_query(Query::query(name.clone(), kind));
    message
}

/// An update of a zone with nothing in it.
fn update_of(zone: &Name) -> Message {
    let mut message = Message::query();
    message.metadata.op_code = OpCode::Update;
    message.add_query(Query::query(zone.clone(), RecordType::SOA));
    message
}

/// The fields of a start of authority.
fn authority(resource: &Resource) -> Option<(&Name, &hickory_proto::rr::rdata::SOA)> {
    match &resource.data {
        RData::SOA(soa) => Some((&resource.name, soa)),
        _ => None,
    }
}
