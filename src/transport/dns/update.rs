//! Tries whether a name may be changed, without changing it.
//!
//! The update is real, but says itself that it does nothing: it takes one value out of the records of a name, on
//! the condition that those records are exactly the ones just read, which do not hold that value. A server
//! checks the key, the name and the type before it looks at values (RFC 2136 3.3), so its answer tells the right.
//!
//! An update under a condition that fails would not do: the standard has servers check conditions before rights, and
//! whether one does cannot be seen. An empty update would not do either: it names nothing that could be refused.

use std::net::{Ipv4Addr, Ipv6Addr};

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::{CNAME, MX, PTR};
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
        // a condition may fail once because the records changed in between
        let first = self.attempt(&trial, deadline).await?;
        match first {
            Outcome::Told(row) => Ok(row),
            Outcome::Changed => match self.attempt(&trial, deadline).await? {
                Outcome::Told(row) => Ok(row),
                Outcome::Changed => Err(unknown(format!(
                    "the records of {} that the server shows are not those that it would change",
                    show(name)
                ))),
            },
        }
    }

    async fn attempt(&self, trial: &Trial<'_>, deadline: Deadline) -> Result<Outcome, Trouble> {
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
            trial.harmless(&answer)?
        } else {
            update_of(trial.zone)
        };
        let answer = self.exchange(update, signer, deadline).await?;
        let by = signer.map_or_else(
            || "without a key".to_owned(),
            |signer| format!("with the key {}", signer.name),
        );
        trial.judge(answer.response_code, readable, &by)
    }
}

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
    /// The update that takes out what is not there, on the condition that it is not there.
    fn harmless(&self, answer: &Message) -> Result<Message, Trouble> {
        let present: Vec<&RData> = answer
            .answers
            .iter()
            .filter(|record| record.name == *self.name && record.record_type() == self.kind)
            .map(|record| &record.data)
            .collect();
        let value = self.value_not_in(&present)?;
        let mut update = update_of(self.zone);
        if present.is_empty() {
            let mut none = Resource::update0(self.name.clone(), 0, self.kind);
            none.dns_class = DNSClass::NONE;
            update.add_answer(none);
        }
        for data in present {
            update.add_answer(Resource::from_rdata(self.name.clone(), 0, data.clone()));
        }
        let mut removal = Resource::from_rdata(self.name.clone(), 0, value);
        removal.dns_class = DNSClass::NONE;
        update.add_authority(removal);
        Ok(update)
    }

    /// A value that nobody uses (RFC 5737, 3849, 2606), and that is not among the present ones.
    fn value_not_in(&self, present: &[&RData]) -> Result<RData, Trouble> {
        let candidates = (1..=u8::MAX).filter_map(|n| unused(self.kind, n));
        candidates
            .into_iter()
            .find(|value| !present.contains(&value))
            .ok_or_else(|| {
                let kind = show_type(self.kind);
                not_configured(format!(
                    "updates of {kind} records cannot be tried: A, AAAA, CNAME, MX and PTR can"
                ))
            })
    }

    fn judge(&self, code: ResponseCode, readable: bool, by: &str) -> Result<Outcome, Trouble> {
        let (name, zone, kind) = (show(self.name), show(self.zone), show_type(self.kind));
        let told = |allowed: bool, basis: String| {
            Ok(Outcome::Told(Record::from_iter([
                ("allowed", FactValue::Bool(allowed)),
                ("rcode", FactValue::text(code_word(code))),
                ("basis", FactValue::text(basis)),
                ("name", FactValue::text(name.as_str())),
                ("zone", FactValue::text(zone.as_str())),
                ("type", FactValue::text(kind.as_str())),
            ])))
        };
        match code {
            ResponseCode::NoError if readable => told(
                true,
                format!(
                    "the server accepted, {by}, to remove from {name} a record of type {kind} that it does not have"
                ),
            ),
            ResponseCode::Refused if readable => told(
                false,
                format!("the server refuses, {by}, to change records of type {kind} of {name}"),
            ),
            ResponseCode::Refused => told(
                false,
                format!("the server refuses, {by}, any update of the zone {zone}"),
            ),
            ResponseCode::NotAuth => told(false, format!("the server does not serve the zone {zone}")),
            ResponseCode::NXRRSet
            | ResponseCode::YXRRSet
            | ResponseCode::NXDomain
            | ResponseCode::YXDomain => Ok(Outcome::Changed),
            ResponseCode::NoError => Err(unknown(format!(
                "the server takes updates of the zone {zone}, but does not show the records of {name}, so that none could be tried"
            ))),
            ResponseCode::NotImp => Err(unknown("the server takes no updates (NOTIMP)".to_owned())),
            ResponseCode::ServFail => Err(refusal(code, &zone)),
            other => Err(unknown(format!(
                "the server neither accepts nor refuses the update of {name} ({})",
                code_word(other)
            ))),
        }
    }
}

fn unknown(why: String) -> Trouble {
    Trouble::new(Cause::Unsupported, why)
}

/// A value of a type, from ranges that are set aside for examples.
fn unused(kind: RecordType, n: u8) -> Option<RData> {
    let host = || parse(&format!("update-test-{n}.invalid")).ok();
    Some(match kind {
        RecordType::A => RData::A(Ipv4Addr::new(192, 0, 2, n).into()),
        RecordType::AAAA => RData::AAAA(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, n.into()).into()),
        RecordType::CNAME => RData::CNAME(CNAME(host()?)),
        RecordType::PTR => RData::PTR(PTR(host()?)),
        RecordType::MX => RData::MX(MX::new(u16::MAX, host()?)),
        _ => return None,
    })
}
