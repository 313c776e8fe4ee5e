//! Finds the zone that holds a name.
//!
//! A server refuses in the same words when it serves no such zone and when it will not say. An incremental
//! transfer by datagram tells the two apart: it is read-only, and answered NOTAUTH only where no zone is served.

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::SOA;
use hickory_proto::rr::{Name, RData, Record as Resource, RecordType};

use super::super::Trouble;
use super::super::deadline::Deadline;
use super::judge::{referral, refusal, zone_in};
use super::names::{is_reverse, show};
use super::{Dns, authority, question};
use crate::facts::{Cause, FactValue, Record};

/// Names above one that are asked about.
const CLIMB: usize = 40;

impl Dns {
    pub(super) async fn zone_of(&self, name: &Name, deadline: Deadline) -> Result<Option<Record>, Trouble> {
        let mut at = name.clone();
        for _ in 0..CLIMB {
            let answer = self
                .ask(question(&at, RecordType::SOA, false), None, deadline)
                .await?;
            match answer.response_code {
                ResponseCode::NoError | ResponseCode::NXDomain if answer.authoritative => {}
                ResponseCode::NoError | ResponseCode::NXDomain => {
                    return self.elsewhere(name, &answer, deadline).await;
                }
                ResponseCode::Refused => return self.refused(name, deadline).await,
                code => return Err(refusal(code, &show(name))),
            }
            if let Some(zone) = zone_in(&answer, &at) {
                return Ok(row(name, zone, true));
            }
            // an alias, or a server that does not say: the zone is that of a name above
            if at.is_root() {
                return Ok(None);
            }
            at = at.base_name();
        }
        Err(Trouble::new(
            Cause::Unsupported,
            format!("{} has too many parts", show(name)),
        ))
    }

    /// The server does not serve the zone; it may find it elsewhere, or know who does.
    async fn elsewhere(
        &self,
        name: &Name,
        answer: &Message,
        deadline: Deadline,
    ) -> Result<Option<Record>, Trouble> {
        if !answer.recursion_available {
            return match referral(answer).filter(|zone| is_closer(name, zone)) {
                Some(zone) => Err(Trouble::new(
                    Cause::Unsupported,
                    format!(
                        "the server does not serve the zone of {}: it refers to the servers of {}",
                        show(name),
                        show(zone)
                    ),
                )),
                None => Ok(None),
            };
        }
        let mut at = name.clone();
        for _ in 0..CLIMB {
            let answer = self
                .ask(question(&at, RecordType::SOA, true), None, deadline)
                .await?;
            match answer.response_code {
                ResponseCode::NoError | ResponseCode::NXDomain => {}
                code => return Err(refusal(code, &show(name))),
            }
            if let Some(zone) = zone_in(&answer, &at) {
                return Ok(row(name, zone, answer.authoritative));
            }
            if at.is_root() {
                return Ok(None);
            }
            at = at.base_name();
        }
        Err(Trouble::new(
            Cause::Unsupported,
            format!("{} has too many parts", show(name)),
        ))
    }

    /// The server refuses to say: nothing is proven unless it serves none of the zones that could hold the name.
    async fn refused(&self, name: &Name, deadline: Deadline) -> Result<Option<Record>, Trouble> {
        let mut at = name.clone();
        for _ in 0..CLIMB {
            if !is_closer(name, &at) {
                return Ok(None);
            }
            let answer = self.ask(increment(&at), None, deadline).await?;
            if answer.response_code != ResponseCode::NotAuth {
                break;
            }
            at = at.base_name();
        }
        Err(refusal(ResponseCode::Refused, &show(name)))
    }
}

/// Whether a zone is one that people mean for a name: below the heads of the reverse trees, not the root.
fn is_closer(name: &Name, zone: &Name) -> bool {
    if is_reverse(name) {
        is_reverse(zone)
    } else {
        !zone.is_root()
    }
}

fn row(name: &Name, zone: &Resource, authoritative: bool) -> Option<Record> {
    let (apex, soa) = authority(zone).filter(|(apex, _)| is_closer(name, apex))?;
    Some(Record::from_iter([
        ("zone", FactValue::text(show(apex))),
        ("mname", FactValue::text(show(&soa.mname))),
        ("rname", FactValue::text(show(&soa.rname))),
        ("serial", FactValue::Int(soa.serial.into())),
        ("authoritative", FactValue::Bool(authoritative)),
    ]))
}

/// Asks what is newer than the newest: nothing can be.
fn increment(zone: &Name) -> Message {
    let mut message = question(zone, RecordType::IXFR, false);
    let soa = SOA::new(Name::root(), Name::root(), u32::MAX, 0, 0, 0, 0);
    message.add_authority(Resource::from_rdata(zone.clone(), 0, RData::SOA(soa)));
    message
}
