//! Tries whether a name may be changed, without changing it.
//!
//! The update is real, but says itself that it does nothing. It takes one value out of the records of a name, on
//! the condition that those records are exactly the ones just read, which do not hold that value. For pointers it
//! adds one again that is there, with its own time to live: some servers let anybody take out a pointer that is
//! not there.
//!
//! Others look at conditions before they look at rights. So an update whose condition fails would be no test, and
//! an empty one, which names nothing that could be refused, would be none either.

use std::net::{Ipv4Addr, Ipv6Addr};

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::{CNAME, MX};
use hickory_proto::rr::{DNSClass, Name, RData, Record as Resource, RecordType};

use super::super::Trouble;
use super::super::deadline::Deadline;
use super::judge::{code_word, refusal};
use super::names::{is_reverse, parse, parse_type, show, show_type};
use super::{Dns, not_configured, question, update_of};
use crate::facts::{Cause, FactValue, Record};

impl Dns {
    pub(super) async fn try_update(
        &self,
        zone: &Name,
        name: &Name,
        kind: Option<&str>,
        deadline: Deadline,
    ) -> Result<Record, Trouble> {
        if !zone.zone_of(name) {
            return Err(not_configured(format!(
                "{} is not in the zone {}",
                show(name),
                show(zone)
            )));
        }
        let kind = match kind {
            Some(kind) => parse_type(kind).map_err(not_configured)?,
            None if is_reverse(name) => RecordType::PTR,
            None => RecordType::A,
        };
        let trial = Trial { zone, name, kind };
        for condition in CONDITIONS {
            if let Outcome::Told(row) = self.attempt(&trial, condition, deadline).await? {
                return Ok(row);
            }
        }
        Err(unknown(format!(
            "the records of {} that the server shows are not those that it would change",
            show(name)
        )))
    }

    async fn attempt(
        &self,
        trial: &Trial<'_>,
        condition: Condition,
        deadline: Deadline,
    ) -> Result<Outcome, Trouble> {
        let signer = self.signer()?;
        // signed as the update is: a server may show each key another view
        let answer = self
            .ask(question(trial.name, trial.kind, false), signer, deadline)
            .await?;
        let readable = answer.authoritative
            && matches!(
                answer.response_code,
                ResponseCode::NoError | ResponseCode::NXDomain
            );
        let update = if readable {
            trial.harmless(condition, &answer)?
        } else {
            update_of(trial.zone)
        };
        let answer = self.exchange(update, signer, deadline).await?;
        trial.judge(
            answer.response_code,
            readable,
            signer.map(|signer| signer.name.as_str()),
        )
    }
}

/// What must hold so that the update changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    /// The records of the name are those that were read.
    AsRead,
    /// The name has no such records of its own; those that were read come from a wildcard.
    None,
}

/// In this order: records may change between reading and trying, once.
const CONDITIONS: [Condition; 3] = [Condition::AsRead, Condition::AsRead, Condition::None];

enum Outcome {
    Told(Record),
    /// The records are no longer those that were read.
    Changed,
}

struct Trial<'a> {
    zone: &'a Name,
    name: &'a Name,
    kind: RecordType,
}

impl Trial<'_> {
    /// The update that leaves the records as they are, on the condition that they are as they were read.
    fn harmless(&self, condition: Condition, answer: &Message) -> Result<Message, Trouble> {
        let of_name = |record: &&Resource| record.name == *self.name && record.record_type() == self.kind;
        let mut present: Vec<&Resource> = answer.answers.iter().filter(of_name).collect();
        if condition == Condition::None {
            present.clear();
        }
        let mut update = update_of(self.zone);
        update.add_authority(self.change(&present)?);
        if present.is_empty() {
            let mut none = Resource::update0(self.name.clone(), 0, self.kind);
            none.dns_class = DNSClass::NONE;
            update.add_answer(none);
        }
        for record in present {
            update.add_answer(Resource::from_rdata(self.name.clone(), 0, record.data.clone()));
        }
        Ok(update)
    }

    /// A change that makes no difference to the records that are there.
    fn change(&self, present: &[&Resource]) -> Result<Resource, Trouble> {
        if self.kind == RecordType::PTR {
            let again = present.first().map(|record| (*record).clone());
            let why = || {
                format!(
                    "{} has no record of type PTR that could be added again",
                    show(self.name)
                )
            };
            return again.ok_or_else(|| unknown(why()));
        }
        let absent = (1..=u8::MAX)
            .filter_map(|n| unused(self.kind, n))
            .find(|value| present.iter().all(|record| record.data != *value));
        let value = absent.ok_or_else(|| {
            let kind = show_type(self.kind);
            not_configured(format!(
                "updates of {kind} records cannot be tried: A, AAAA, CNAME, MX and PTR can"
            ))
        })?;
        let mut removal = Resource::from_rdata(self.name.clone(), 0, value);
        removal.dns_class = DNSClass::NONE;
        Ok(removal)
    }

    fn judge(&self, code: ResponseCode, readable: bool, signed: Option<&str>) -> Result<Outcome, Trouble> {
        let (name, zone, kind) = (show(self.name), show(self.zone), show_type(self.kind));
        let by = signed.map_or_else(|| "without a key".to_owned(), |key| format!("with the key {key}"));
        let (allowed, basis) = match code {
            ResponseCode::NoError if readable && self.kind == RecordType::PTR => (
                true,
                format!("accepted, {by}, to add again to {name} a record of type {kind} that it has"),
            ),
            ResponseCode::NoError if readable => (
                true,
                format!(
                    "accepted, {by}, to remove from {name} a record of type {kind} that it does not have"
                ),
            ),
            ResponseCode::NoError => {
                return Err(unknown(format!(
                    "the server takes updates of the zone {zone}, but does not show the records of {name}, so that none could be tried"
                )));
            }
            ResponseCode::Refused if readable => (
                false,
                format!("refuses, {by}, to change records of type {kind} of {name}"),
            ),
            ResponseCode::Refused => (false, format!("refuses, {by}, any update of the zone {zone}")),
            ResponseCode::NotAuth => (false, format!("does not hold the zone {zone}")),
            ResponseCode::NotImp => (false, "takes no updates at all".to_owned()),
            ResponseCode::NXRRSet
            | ResponseCode::YXRRSet
            | ResponseCode::NXDomain
            | ResponseCode::YXDomain => return Ok(Outcome::Changed),
            ResponseCode::ServFail => return Err(refusal(code, &zone)),
            other => {
                let code = code_word(other);
                return Err(unknown(format!(
                    "the server neither accepts nor refuses the update of {name} ({code})"
                )));
            }
        };
        Ok(Outcome::Told(Record::from_iter([
            ("allowed", FactValue::Bool(allowed)),
            ("rcode", FactValue::text(code_word(code))),
            ("signed", FactValue::Bool(signed.is_some())),
            ("basis", FactValue::text(format!("the server {basis}"))),
            ("name", FactValue::text(name)),
            ("zone", FactValue::text(zone)),
            ("type", FactValue::text(kind)),
        ])))
    }
}

fn unknown(why: String) -> Trouble {
    Trouble::new(Cause::Unsupported, why)
}

/// A value of a type that nobody uses (RFC 5737, 3849, 2606).
fn unused(kind: RecordType, n: u8) -> Option<RData> {
    let host = || parse(&format!("update-test-{n}.invalid")).ok();
    Some(match kind {
        RecordType::A => RData::A(Ipv4Addr::new(192, 0, 2, n).into()),
        RecordType::AAAA => RData::AAAA(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, n.into()).into()),
        RecordType::CNAME => RData::CNAME(CNAME(host()?)),
        RecordType::MX => RData::MX(MX::new(u16::MAX, host()?)),
        _ => return None,
    })
}
