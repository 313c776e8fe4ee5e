//! What an answer proves.
//!
//! "There is nothing" is only said when somebody who must know says so: a server that serves the zone, or a
//! resolver that was asked to find out. A server that merely does not know proves nothing.

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::CNAME;
use hickory_proto::rr::{Name, RData, Record as Resource, RecordType};

use super::super::Trouble;
use super::names::{show, show_type};
use crate::facts::Cause;

/// Aliases that are followed within one answer.
const CHAIN: usize = 16;

/// What was asked.
pub(super) struct Asked<'a> {
    pub(super) name: &'a Name,
    pub(super) kind: RecordType,
    pub(super) recurse: bool,
}

/// What the answer says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Records(Vec<Resource>),
    /// The name is an alias of this one, of which the answer says nothing.
    Alias(Name),
    /// Proven: there is no such record.
    Nothing,
}

pub(super) fn judge(asked: &Asked<'_>, message: &Message) -> Result<Found, Trouble> {
    match message.response_code {
        ResponseCode::NoError => judge_records(asked, message),
        ResponseCode::NXDomain if must_know(asked, message) => Ok(Found::Nothing),
        ResponseCode::NXDomain => Err(lame(asked.name)),
        code => Err(refusal(code, &show(asked.name))),
    }
}

fn judge_records(asked: &Asked<'_>, message: &Message) -> Result<Found, Trouble> {
    let any = asked.kind == RecordType::ANY;
    let mut owner = asked.name;
    for _ in 0..CHAIN {
        let of_owner = || message.answers.iter().filter(|record| record.name == *owner);
        let fitting: Vec<Resource> = of_owner()
            .filter(|record| any || record.record_type() == asked.kind)
            .cloned()
            .collect();
        if !fitting.is_empty() {
            return Ok(Found::Records(fitting));
        }
        match of_owner().find_map(alias) {
            Some(target) => owner = &target.0,
            None => return judge_absence(asked, owner, message),
        }
    }
    let why = format!(
        "{} is an alias in a circle, or of too many aliases",
        show(asked.name)
    );
    Err(Trouble::new(Cause::Malformed, why))
}

fn alias(record: &Resource) -> Option<&CNAME> {
    match &record.data {
        RData::CNAME(target) => Some(target),
        _ => None,
    }
}

/// No record of the kind stands in the answer for `owner`, to which the aliases lead.
fn judge_absence(asked: &Asked<'_>, owner: &Name, message: &Message) -> Result<Found, Trouble> {
    let referral = referral(message).is_some();
    let proven = if owner == asked.name {
        must_know(asked, message) && (message.authoritative || !referral)
    } else {
        // the server vouches for the alias; for what it leads to only when it shows that it serves that too
        zone_in(message, owner).is_some() || (asked.recurse && message.recursion_available && !referral)
    };
    match (proven, owner == asked.name) {
        (true, _) => Ok(Found::Nothing),
        (false, false) => Ok(Found::Alias(owner.clone())),
        (false, true) => Err(referral_or_lame(asked.name, message)),
    }
}

/// Whether "nothing" from this server is a proof.
fn must_know(asked: &Asked<'_>, message: &Message) -> bool {
    message.authoritative || (asked.recurse && message.recursion_available)
}

/// The zone of `name`, when its start of authority stands in the answer.
pub(super) fn zone_in<'m>(message: &'m Message, name: &Name) -> Option<&'m Resource> {
    let sections = message.answers.iter().chain(&message.authorities);
    sections
        .filter(|record| matches!(record.data, RData::SOA(_)) && record.name.zone_of(name))
        .max_by_key(|record| record.name.num_labels())
}

/// Where the server sends those who ask: the name whose servers it lists.
pub(super) fn referral(message: &Message) -> Option<&Name> {
    let soa = message
        .authorities
        .iter()
        .any(|record| record.record_type() == RecordType::SOA);
    let servers = message
        .authorities
        .iter()
        .find(|record| record.record_type() == RecordType::NS);
    servers
        .map(|record| &record.name)
        .filter(|_| !soa && message.answers.is_empty())
}

fn referral_or_lame(name: &Name, message: &Message) -> Trouble {
    match referral(message).filter(|zone| !zone.is_root()) {
        Some(zone) => Trouble::new(
            Cause::Unsupported,
            format!(
                "the server does not serve the zone of {}: it refers to the servers of {}",
                show(name),
                show(zone)
            ),
        ),
        None => lame(name),
    }
}

fn lame(name: &Name) -> Trouble {
    Trouble::new(
        Cause::Unsupported,
        format!("the server does not serve the zone of {}", show(name)),
    )
}

/// Why a server gives no answer at all, by its response code.
pub(super) fn refusal(code: ResponseCode, what: &str) -> Trouble {
    let word = code_word(code);
    let (cause, why) = match code {
        ResponseCode::Refused => (
            Cause::Denied,
            format!("the server refuses to answer for {what}: no right, or a zone that it does not serve"),
        ),
        ResponseCode::ServFail => (
            Cause::Unreachable,
            format!(
                "the server could not find out about {what}: a zone that is not loaded, or servers it cannot reach"
            ),
        ),
        ResponseCode::NotAuth => (
            Cause::Unsupported,
            format!("the server does not serve the zone of {what}"),
        ),
        ResponseCode::NotImp => (
            Cause::Unsupported,
            format!("the server does not do what was asked for {what}"),
        ),
        ResponseCode::FormErr => (
            Cause::Unsupported,
            format!("the server did not understand what was asked for {what}"),
        ),
        _ => (
            Cause::Malformed,
            format!("the server gave an unexpected answer for {what}"),
        ),
    };
    Trouble::new(cause, format!("{why} ({word})"))
}

/// The word for a response code in the standards.
pub(super) fn code_word(code: ResponseCode) -> String {
    let word = match code {
        ResponseCode::NoError => "NOERROR",
        ResponseCode::FormErr => "FORMERR",
        ResponseCode::ServFail => "SERVFAIL",
        ResponseCode::NXDomain => "NXDOMAIN",
        ResponseCode::NotImp => "NOTIMP",
        ResponseCode::Refused => "REFUSED",
        ResponseCode::YXDomain => "YXDOMAIN",
        ResponseCode::YXRRSet => "YXRRSET",
        ResponseCode::NXRRSet => "NXRRSET",
        ResponseCode::NotAuth => "NOTAUTH",
        ResponseCode::NotZone => "NOTZONE",
        other => return format!("RCODE {}", u16::from(other)),
    };
    word.to_owned()
}

/// How an alias that leads elsewhere is told.
pub(super) fn of_alias(trouble: &Trouble, name: &Name, target: &Name, kind: RecordType) -> Trouble {
    let (name, target, kind) = (show(name), show(target), show_type(kind));
    let detail = format!(
        "{name} is an alias of {target}, whose {kind} is not known: {}",
        trouble.detail
    );
    Trouble::new(trouble.cause, detail)
}

#[cfg(test)]
mod tests {
    use super::super::names::parse;
    use super::*;
    use hickory_proto::op::{MessageType, OpCode};
    use hickory_proto::rr::rdata::{A, NS, SOA};

    /// Builds an answer from words: `aa`, `ra`, a response code, and records of three kinds.
    fn answer(words: &str) -> Message {
        let mut message = Message::new(7, MessageType::Response, OpCode::Query);
        let name = |text: &str| parse(text).unwrap();
        for word in words.split_whitespace() {
            let parts: Vec<&str> = word.split(':').collect();
            match parts.as_slice() {
                ["aa"] => message.metadata.authoritative = true,
                ["ra"] => message.metadata.recursion_available = true,
                ["nxdomain"] => message.metadata.response_code = ResponseCode::NXDomain,
                ["refused"] => message.metadata.response_code = ResponseCode::Refused,
                ["servfail"] => message.metadata.response_code = ResponseCode::ServFail,
                ["a", owner] => {
                    message.add_answer(Resource::from_rdata(
                        name(owner),
                        60,
                        RData::A(A::new(192, 0, 2, 1)),
                    ));
                }
                ["cname", owner, target] => {
                    message.add_answer(Resource::from_rdata(
                        name(owner),
                        60,
                        RData::CNAME(CNAME(name(target))),
                    ));
                }
                ["soa", owner] => {
                    let soa = SOA::new(name("n"), name("h"), 1, 1, 1, 1, 1);
                    message.add_authority(Resource::from_rdata(name(owner), 60, RData::SOA(soa)));
                }
                ["ns", owner] => {
                    message.add_authority(Resource::from_rdata(name(owner), 60, RData::NS(NS(name("n")))));
                }
                _ => panic!("{word}"),
            }
        }
        message
    }

    fn verdict(recurse: bool, words: &str) -> String {
        let name = parse("m.x").unwrap();
        match judge(
            &Asked {
                name: &name,
                kind: RecordType::A,
                recurse,
            },
            &answer(words),
        ) {
            Ok(Found::Records(records)) => records
                .iter()
                .map(|r| show(&r.name))
                .collect::<Vec<_>>()
                .join(" "),
            Ok(Found::Alias(target)) => format!("-> {}", show(&target)),
            Ok(Found::Nothing) => "nothing".into(),
            Err(trouble) => trouble.cause.to_string(),
        }
    }

    #[test]
    fn what_answers_prove_when_the_server_must_know_itself() {
        for (words, expected) in [
            ("aa a:m.x", "m.x"),
            ("a:m.x", "m.x"),
            ("aa a:other.x", "nothing"),
            ("aa soa:x", "nothing"),
            ("aa", "nothing"),
            ("aa nxdomain soa:x", "nothing"),
            ("nxdomain soa:x", "unsupported"),
            ("nxdomain ra soa:x", "unsupported"),
            ("", "unsupported"),
            ("ra", "unsupported"),
            ("ns:x", "unsupported"),
            ("ns:.", "unsupported"),
            ("refused", "denied"),
            ("servfail", "unreachable"),
            ("aa cname:m.x:w.x a:w.x", "w.x"),
            ("aa cname:m.x:w.x soa:x", "nothing"),
            ("aa cname:m.x:w.y soa:x", "-> w.y"),
            ("aa cname:m.x:w.y", "-> w.y"),
            ("aa nxdomain cname:m.x:w.x soa:x", "nothing"),
            ("aa cname:m.x:w.x cname:w.x:m.x", "malformed"),
        ] {
            assert_eq!(verdict(false, words), expected, "{words:?}");
        }
    }

    #[test]
    fn what_answers_prove_when_the_server_finds_out() {
        for (words, expected) in [
            ("ra a:m.x", "m.x"),
            ("ra nxdomain", "nothing"),
            ("ra soa:x", "nothing"),
            ("ra", "nothing"),
            ("ra ns:x", "unsupported"),
            ("nxdomain", "unsupported"),
            ("ra cname:m.x:w.y soa:y", "nothing"),
            ("ra cname:m.x:w.y", "nothing"),
            ("cname:m.x:w.y", "-> w.y"),
            ("aa ns:x", "nothing"),
        ] {
            assert_eq!(verdict(true, words), expected, "{words:?}");
        }
    }

    #[test]
    fn only_a_zone_above_the_name_is_its_zone() {
        let message = answer("aa soa:y soa:x soa:corp.x");
        let zone = |name: &str| zone_in(&message, &parse(name).unwrap()).map(|soa| show(&soa.name));
        assert_eq!(zone("m.corp.x").as_deref(), Some("corp.x"));
        assert_eq!(zone("m.x").as_deref(), Some("x"));
        assert_eq!(zone("m.z"), None);
    }
}
