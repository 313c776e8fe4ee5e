//! Looks at what a server sends before the LDAP library does.
//!
//! The library trusts its peer: it panics on messages of another shape, follows nesting as deep as it goes and keeps
//! whatever a length announces. So only whole messages pass, of the few kinds that may come now, of exactly their
//! shape, and no more bytes than the request allows.

use super::ber::{Element, Garbage, Reader};

/// What may come from the server now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing was asked.
    Idle,
    StartTls,
    LogOn,
    Search,
    Change,
}

/// The result of one operation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) code: u32,
    pub(super) text: String,
    /// What a log-on of several steps goes on with.
    pub(super) credentials: Option<Vec<u8>>,
}

/// A message that may pass.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    Result(Answer),
    /// A found entry or a reference.
    Item,
    /// The server says that it is going to close the connection, and why.
    Farewell(String),
}

pub(super) const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const TEXT: u8 = 0x04;
const ENUMERATED: u8 = 0x0a;
const BIND_RESPONSE: u8 = 0x61;
const SEARCH_ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;
const MODIFY_RESPONSE: u8 = 0x67;
const ADD_RESPONSE: u8 = 0x69;
const DELETE_RESPONSE: u8 = 0x6b;
const SEARCH_REFERENCE: u8 = 0x73;
const EXTENDED_RESPONSE: u8 = 0x78;
const CONTROLS: u8 = 0xa0;
const REFERRALS: u8 = 0xa3;
const SASL_CREDENTIALS: u8 = 0x87;
const RESPONSE_NAME: u8 = 0x8a;
const RESPONSE_VALUE: u8 = 0x8b;

/// The length of the first message in `buffer`, once it is known.
pub(super) fn length(buffer: &[u8]) -> Result<Option<usize>, Garbage> {
    match buffer.first() {
        None => Ok(None),
        Some(&SEQUENCE) => Ok(Element::extent(buffer)?.map(|(_, end)| end)),
        Some(_) => Err(Garbage("it does not begin like an LDAP message")),
    }
}

/// Checks one whole message.
pub(super) fn vet(message: &[u8], phase: Phase) -> Result<Message, Garbage> {
    let mut outer = Reader::new(message);
    let mut parts = Reader::new(outer.expect(SEQUENCE)?);
    outer.end()?;
    let id = parts.small_number(INTEGER)?;
    let operation = parts.next()?;
    if id == 0 {
        return farewell(&operation);
    }
    let vetted = operation_in(phase, &operation)?;
    if let Some(controls) = parts.optional(CONTROLS)? {
        vet_controls(controls)?;
    }
    parts.end()?;
    Ok(vetted)
}

fn operation_in(phase: Phase, operation: &Element<'_>) -> Result<Message, Garbage> {
    match (phase, operation.tag) {
        (Phase::LogOn, BIND_RESPONSE)
        | (Phase::Search, SEARCH_DONE)
        | (Phase::Change, ADD_RESPONSE | MODIFY_RESPONSE | DELETE_RESPONSE)
        | (Phase::StartTls, EXTENDED_RESPONSE) => result(operation.content).map(Message::Result),
        (Phase::Search, SEARCH_ENTRY) => entry(operation.content),
        (Phase::Search, SEARCH_REFERENCE) => texts(operation.content).map(|()| Message::Item),
        _ => Err(Garbage("the answer is not of the kind that was asked for")),
    }
}

/// Unsolicited messages have the id 0; only the notice of disconnection exists.
fn farewell(operation: &Element<'_>) -> Result<Message, Garbage> {
    if operation.tag != EXTENDED_RESPONSE {
        return Err(Garbage("it is a message that nobody asked for"));
    }
    // some directories put its name outside, so what follows the operation is not looked at
    result(operation.content).map(|answer| Message::Farewell(answer.text))
}

fn result(content: &[u8]) -> Result<Answer, Garbage> {
    let mut parts = Reader::new(content);
    let code = parts.small_number(ENUMERATED)?;
    parts.text(TEXT)?;
    let text = parts.text(TEXT)?.to_owned();
    if let Some(referrals) = parts.optional(REFERRALS)? {
        texts(referrals)?;
    }
    let credentials = parts.optional(SASL_CREDENTIALS)?.map(<[u8]>::to_vec);
    if let Some(name) = parts.optional(RESPONSE_NAME)? {
        std::str::from_utf8(name).map_err(|_| Garbage("a name is not UTF-8"))?;
    }
    parts.optional(RESPONSE_VALUE)?;
    parts.end()?;
    Ok(Answer {
        code,
        text,
        credentials,
    })
}

fn entry(content: &[u8]) -> Result<Message, Garbage> {
    let mut parts = Reader::new(content);
    parts.text(TEXT)?;
    let mut attributes = Reader::new(parts.expect(SEQUENCE)?);
    parts.end()?;
    while !attributes.is_empty() {
        let mut attribute = Reader::new(attributes.expect(SEQUENCE)?);
        attribute.text(TEXT)?;
        let mut values = Reader::new(attribute.expect(SET)?);
        attribute.end()?;
        while !values.is_empty() {
            values.expect(TEXT)?;
        }
    }
    Ok(Message::Item)
}

fn texts(content: &[u8]) -> Result<(), Garbage> {
    let mut parts = Reader::new(content);
    while !parts.is_empty() {
        parts.text(TEXT)?;
    }
    Ok(())
}

fn vet_controls(content: &[u8]) -> Result<(), Garbage> {
    let mut controls = Reader::new(content);
    while !controls.is_empty() {
        let mut control = Reader::new(controls.expect(SEQUENCE)?);
        control.text(TEXT)?;
        if control.optional(BOOLEAN)?.is_some_and(<[u8]>::is_empty) {
            return Err(Garbage("a truth value is empty"));
        }
        control.optional(TEXT)?;
        control.end()?;
    }
    Ok(())
}
