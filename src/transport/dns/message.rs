//! A message as it goes out, and which of those that come in is its answer.
//!
//! What does not belong to the question is passed over: anybody can send a datagram.

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::RecordType;

use super::super::Trouble;
use crate::facts::Cause;

const HEADER: usize = 12;

/// A message as it goes out, and what its answer must look like.
pub(super) struct Request {
    pub(super) bytes: Vec<u8>,
    id: u16,
    operation: OpCode,
    question: Option<Query>,
}

impl Request {
    pub(super) fn new(message: &Message) -> Result<Self, Trouble> {
        let bytes = message.to_vec();
        let too_long = |error: &dyn std::fmt::Display| {
            Trouble::new(
                Cause::Unsupported,
                format!("the question cannot be written: {error}"),
            )
        };
        let bytes = bytes.map_err(|error| too_long(&error))?;
        if bytes.len() > usize::from(u16::MAX) {
            return Err(too_long(&"it is too long"));
        }
        Ok(Self {
            bytes,
            id: message.id,
            operation: message.op_code,
            question: message.queries.first().cloned(),
        })
    }
}

/// An answer, also as it came, since signatures cover its bytes.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) raw: Vec<u8>,
    pub(super) message: Message,
}

/// What a message from the network is to a request.
#[derive(Debug)]
pub(super) enum Heard {
    Answer(Box<Reply>),
    /// The answer, but it did not fit.
    CutOff,
    /// A DNS message that answers something else.
    Stray,
    /// Not DNS.
    Noise,
    /// The answer to the request by its number, but it cannot be read.
    Garbage(String),
}

pub(super) fn recognize(request: &Request, raw: &[u8]) -> Heard {
    let Some(header) = raw.first_chunk::<HEADER>() else {
        return Heard::Noise;
    };
    let id = u16::from_be_bytes([header[0], header[1]]);
    if id != request.id || header[2] & 0x80 == 0 {
        return if Message::from_vec(raw).is_ok() {
            Heard::Stray
        } else {
            Heard::Noise
        };
    }
    // what was cut off need not be readable
    if header[2] & 0x02 != 0 {
        return Heard::CutOff;
    }
    let message = match Message::from_vec(raw) {
        Ok(message) => message,
        Err(error) => return Heard::Garbage(error.to_string()),
    };
    if belongs(request, &message) {
        Heard::Answer(Box::new(Reply {
            raw: raw.to_vec(),
            message,
        }))
    } else {
        Heard::Stray
    }
}

/// Whether an answer repeats the question; refusals, answers to updates and parts of a transfer may leave it out.
fn belongs(request: &Request, message: &Message) -> bool {
    if message.message_type != MessageType::Response || message.op_code != request.operation {
        return false;
    }
    match (message.queries.as_slice(), &request.question) {
        ([], question) => {
            let transfer = question
                .as_ref()
                .is_some_and(|ours| ours.query_type == RecordType::AXFR);
            transfer || message.response_code != ResponseCode::NoError || request.operation == OpCode::Update
        }
        ([theirs], Some(ours)) => {
            theirs.name.eq_ignore_root(&ours.name)
                && theirs.query_type == ours.query_type
                && theirs.query_class == ours.query_class
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::names::parse;
    use super::*;
    use proptest::prelude::*;

    fn question(name: &str) -> Message {
        let mut message = Message::new(7, MessageType::Query, OpCode::Query);
        message.add_query(Query::query(parse(name).unwrap(), RecordType::A));
        message
    }

    fn kind(raw: &[u8]) -> &'static str {
        match recognize(&Request::new(&question("Mail.corp.example")).unwrap(), raw) {
            Heard::Answer(_) => "answer",
            Heard::CutOff => "cut off",
            Heard::Stray => "stray",
            Heard::Noise => "noise",
            Heard::Garbage(_) => "garbage",
        }
    }

    #[test]
    fn only_what_belongs_to_the_question_is_its_answer() {
        let good = question("mail.CORP.example").into_response();
        let changed = |change: fn(&mut Message)| {
            let mut message = good.clone();
            change(&mut message);
            message.to_vec().unwrap()
        };
        assert_eq!(kind(&changed(|_| ())), "answer");
        assert_eq!(kind(&changed(|m| m.metadata.id = 8)), "stray");
        assert_eq!(
            kind(&changed(|m| m.metadata.message_type = MessageType::Query)),
            "stray"
        );
        assert_eq!(kind(&changed(|m| m.metadata.op_code = OpCode::Update)), "stray");
        assert_eq!(
            kind(&changed(|m| m.queries[0].query_type = RecordType::AAAA)),
            "stray"
        );
        assert_eq!(
            kind(&changed(|m| m.queries[0].name = parse("x.corp.example").unwrap())),
            "stray"
        );
        assert_eq!(kind(&changed(|m| m.queries.clear())), "stray");
        assert_eq!(
            kind(&changed(|m| {
                m.queries.clear();
                m.metadata.response_code = ResponseCode::FormErr;
            })),
            "answer"
        );
        assert_eq!(kind(&changed(|m| m.metadata.truncation = true)), "cut off");
        assert_eq!(kind(b"SSH-2.0-OpenSSH_9.2\r\n"), "noise");
        assert_eq!(kind(b"\0\x07"), "noise");
        assert_eq!(kind(&[0, 7, 0x80, 0, 0, 9, 0, 0, 0, 0, 0, 0]), "garbage");
    }

    proptest! {
        #[test]
        fn nothing_from_the_network_panics(body in prop::collection::vec(any::<u8>(), 0..200), ours in any::<bool>()) {
            let mut raw = body;
            if ours && raw.len() > 3 {
                raw[..3].copy_from_slice(&[0, 7, 0x84]);
            }
            kind(&raw);
        }

        #[test]
        fn damaged_answers_do_not_panic(place in 0_usize..60, byte in any::<u8>(), cut in 0_usize..60) {
            let mut raw = question("mail.corp.example").into_response().to_vec().unwrap();
            let place = place % raw.len();
            raw[place] = byte;
            raw.truncate(raw.len() - cut.min(raw.len()));
            kind(&raw);
        }
    }
}
