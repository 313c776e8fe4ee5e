//! Adds or removes one record (RFC 2136), once.
//!
//! The records of the name are read first, and the update says that they must be just these: so it does exactly what
//! was meant or nothing. It goes over TCP alone, since a datagram that gets no answer would have to be sent again. A
//! record that is there already need not be added; one that is not there cannot be removed.

use std::net::{Ipv4Addr, Ipv6Addr};

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::{CNAME, MX, PTR};
use hickory_proto::rr::{DNSClass, Name, RData, Record as Resource, RecordType};
use tokio::time::Instant;
use tracing::debug;

use super::super::deadline::Deadline;
use super::super::local::unix_seconds;
use super::super::{Trouble, Unwritten, clip};
use super::exchange::Stream;
use super::judge::code_word;
use super::message::{Reply, Request};
use super::names::{parse, show, show_type};
use super::{Dns, not_configured, question, update_of};
use crate::facts::Cause;

/// Seconds that a new record lives where neither the change nor its neighbours say it: what Windows hosts give theirs.
const TIME_TO_LIVE: u32 = 1200;

/// A change to the records of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub zone: String,
    /// Fully qualified, and in the zone.
    pub name: String,
    pub data: Data,
    pub way: Way,
    /// In seconds; without it a new record lives as long as those beside it.
    pub time_to_live: Option<u32>,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    A(Ipv4Addr),
    Aaaa(Ipv6Addr),
    Cname(String),
    Mx { preference: u16, exchange: String },
    Ptr(String),
}

/// Whether the record comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Add,
    Remove,
}

impl Dns {
    /// Makes one change, once, signed when there is a key.
    ///
    /// # Errors
    /// Says whether the change was surely not made, see [`Unwritten`].
    pub async fn change(&self, change: &Change) -> Result<(), Unwritten> {
        let start = Instant::now();
        let _turn = self.turn().await;
        let outcome = self.write(change, Deadline::after(self.deadline)).await;
        debug!(
            endpoint = &*self.endpoint,
            operation = "update",
            name = clip(&change.name),
            way = ?change.way,
            failed = outcome.as_ref().err().map(|failed| failed.0.cause.word()),
            duration_ms = start.elapsed().as_millis(),
            "changed a record"
        );
        outcome.map_err(|Failed(trouble, refused)| Unwritten {
            why: trouble.at(&self.endpoint),
            refused,
        })
    }

    async fn write(&self, change: &Change, deadline: Deadline) -> Result<(), Failed> {
        let wanted = Wanted::new(change).map_err(not_configured)?;
        let mut present = self.present(&wanted, deadline).await?;
        for _ in 0..2 {
            let Some(update) = wanted.update(&present)? else {
                return Ok(());
            };
            match self.send(update, deadline).await? {
                ResponseCode::NoError => return Ok(()),
                // what was read comes from a wildcard, and the name has nothing of its own
                ResponseCode::NXRRSet if change.way == Way::Add && !present.is_empty() => present.clear(),
                code => return Err(wanted.answer(code)),
            }
        }
        Err(wanted.answer(ResponseCode::NXRRSet))
    }

    /// The records of the name and of the type, and an alias in their place.
    async fn present(&self, wanted: &Wanted, deadline: Deadline) -> Result<Vec<Resource>, Trouble> {
        // signed as the update is: a server may show each key another view
        let asked = question(&wanted.name, wanted.kind, false);
        let answer = self.ask(asked, self.signer()?, deadline).await?;
        let (name, code) = (show(&wanted.name), answer.response_code);
        if !answer.authoritative || !matches!(code, ResponseCode::NoError | ResponseCode::NXDomain) {
            let cause = if code == ResponseCode::Refused {
                Cause::Denied
            } else {
                Cause::Unsupported
            };
            let word = code_word(code);
            let why = format!(
                "the server does not tell the records of {name} by itself ({word}), so none is changed"
            );
            return Err(Trouble::new(cause, why));
        }
        let fits = |kind| kind == wanted.kind || kind == RecordType::CNAME;
        let own = |record: &Resource| record.name == wanted.name && fits(record.record_type());
        Ok(answer.answers.into_iter().filter(own).collect())
    }

    /// Sends the update; from its first byte on nobody knows what became of it until there is an answer.
    async fn send(&self, mut update: Message, deadline: Deadline) -> Result<ResponseCode, Failed> {
        let signer = self.signer()?;
        let verifier = signer
            .map(|signer| signer.sign(&mut update, unix_seconds()))
            .transpose()?;
        let request = Request::new(&update)?;
        let mut stream = Stream::open(&self.server.host, self.server.port, deadline).await?;
        let doing = format!(
            "changing a record on {}; whether it was done is not known",
            self.server.place()
        );
        let sending = async {
            stream.send(&request).await?;
            stream.answer(&request, &self.server).await
        };
        let reply: Reply = deadline.run(&doing, sending).await.map_err(Failed::uncertain)?;
        if let Some(mut verifier) = verifier {
            let trusted = verifier.single(&reply.raw, &reply.message);
            // a signature that the server does not take is a refusal
            trusted.map_err(|trouble| Failed(trouble.clone(), trouble.cause == Cause::BadCredentials))?;
        }
        Ok(reply.message.response_code)
    }
}

/// What went wrong, and whether the change was surely not made.
struct Failed(Trouble, bool);

impl Failed {
    const fn uncertain(trouble: Trouble) -> Self {
        Self(trouble, false)
    }
}

/// Before anything is sent.
impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        Self(trouble, true)
    }
}

/// A change in the protocol's terms.
struct Wanted {
    zone: Name,
    name: Name,
    kind: RecordType,
    data: RData,
    way: Way,
    time_to_live: Option<u32>,
}

impl Wanted {
    fn new(change: &Change) -> Result<Self, String> {
        let (zone, name) = (parse(&change.zone)?, parse(&change.name)?);
        if !zone.zone_of(&name) {
            return Err(format!("{} is not in the zone {}", show(&name), show(&zone)));
        }
        let data = match &change.data {
            Data::A(address) => RData::A((*address).into()),
            Data::Aaaa(address) => RData::AAAA((*address).into()),
            Data::Cname(target) => RData::CNAME(CNAME(parse(target)?)),
            Data::Ptr(target) => RData::PTR(PTR(parse(target)?)),
            Data::Mx {
                preference,
                exchange: host,
            } => RData::MX(MX::new(*preference, parse(host)?)),
        };
        Ok(Self {
            zone,
            name,
            kind: data.record_type(),
            data,
            way: change.way,
            time_to_live: change.time_to_live,
        })
    }

    /// The update that makes the change and nothing else, on the condition that the name has these records; nothing
    /// when there is nothing to do.
    fn update(&self, present: &[Resource]) -> Result<Option<Message>, Trouble> {
        let there = present.iter().any(|record| record.data == self.data);
        let alias = present.iter().find_map(|record| match &record.data {
            RData::CNAME(target) => Some(&target.0),
            _ => None,
        });
        let name = show(&self.name);
        match (self.way, there, alias) {
            (Way::Add, true, _) => return Ok(None),
            (Way::Add, false, Some(target)) => {
                let why = format!("{name} is an alias of {} already", show(target));
                return Err(Trouble::new(Cause::Unsupported, why));
            }
            (Way::Remove, false, _) => {
                let kind = show_type(self.kind);
                let why = format!("{name} has no such record of type {kind} that could be removed");
                return Err(Trouble::new(Cause::NotFound, why));
            }
            (Way::Add, false, None) | (Way::Remove, true, _) => {}
        }
        let mut update = update_of(&self.zone);
        update.add_answers(self.conditions(present));
        update.add_authority(self.change(present));
        Ok(Some(update))
    }

    /// A server passes silently over an alias beside other records, and over other records beside an alias.
    fn conditions(&self, present: &[Resource]) -> Vec<Resource> {
        let mut conditions = Vec::new();
        if self.way == Way::Add {
            let other = match self.kind {
                RecordType::CNAME => RecordType::ANY,
                _ => RecordType::CNAME,
            };
            conditions.push(self.none_of(other));
        }
        if present.is_empty() && self.kind != RecordType::CNAME {
            conditions.push(self.none_of(self.kind));
        }
        let as_read = |record: &Resource| Resource::from_rdata(self.name.clone(), 0, record.data.clone());
        conditions.extend(present.iter().map(as_read));
        conditions
    }

    fn none_of(&self, kind: RecordType) -> Resource {
        let mut none = Resource::update0(self.name.clone(), 0, kind);
        none.dns_class = DNSClass::NONE;
        none
    }

    fn change(&self, present: &[Resource]) -> Resource {
        match self.way {
            Way::Add => {
                let beside = present.first().map(|record| record.ttl);
                let ttl = self.time_to_live.or(beside).unwrap_or(TIME_TO_LIVE);
                Resource::from_rdata(self.name.clone(), ttl, self.data.clone())
            }
            Way::Remove => {
                let mut gone = Resource::from_rdata(self.name.clone(), 0, self.data.clone());
                gone.dns_class = DNSClass::NONE;
                gone
            }
        }
    }

    /// Why the server did not do it, if it did not.
    fn answer(&self, code: ResponseCode) -> Failed {
        let (name, zone, kind) = (show(&self.name), show(&self.zone), show_type(self.kind));
        let (cause, why) = match code {
            ResponseCode::Refused => (
                Cause::Denied,
                format!("the server refuses to change records of type {kind} of {name}"),
            ),
            ResponseCode::NotAuth | ResponseCode::NotZone => (
                Cause::Unsupported,
                format!("the server does not hold the zone {zone}"),
            ),
            ResponseCode::NotImp => (
                Cause::Unsupported,
                "the server takes no updates at all".to_owned(),
            ),
            ResponseCode::FormErr => (
                Cause::Unsupported,
                format!("the server does not understand the update of {name}"),
            ),
            ResponseCode::YXDomain if self.kind == RecordType::CNAME => (
                Cause::Unsupported,
                format!("{name} has other records, beside which no alias may stand"),
            ),
            ResponseCode::NXRRSet
            | ResponseCode::YXRRSet
            | ResponseCode::NXDomain
            | ResponseCode::YXDomain => (
                Cause::Unsupported,
                format!("the records of {name} are not those that the server showed before"),
            ),
            ResponseCode::ServFail => {
                let why = format!("the server failed while it changed {name} (SERVFAIL)");
                return Failed::uncertain(Trouble::new(Cause::Unreachable, why));
            }
            other => {
                let word = code_word(other);
                let why = format!("the server gave an unexpected answer to the update of {name} ({word})");
                return Failed::uncertain(Trouble::new(Cause::Malformed, why));
            }
        };
        Failed(Trouble::new(cause, format!("{why} ({})", code_word(code))), true)
    }
}
