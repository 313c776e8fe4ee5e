//! A directory server that answers as a test says.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::super::ber::Reader;
use super::super::guard::{self, INTEGER, SEQUENCE, TEXT};
use crate::transport::LogOnGate;
use crate::transport::ldap::{Ldap, LdapConfig, LogOn, Security};

pub(super) const BIND: u8 = 0x60;
pub(super) const SEARCH: u8 = 0x63;
pub(super) const MODIFY: u8 = 0x66;
pub(super) const ADD: u8 = 0x68;
pub(super) const DELETE: u8 = 0x4a;

/// What a client asked.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Which connection it came on, from 0.
    pub(super) connection: usize,
    pub(super) id: u8,
    pub(super) operation: u8,
    pub(super) base: String,
    pub(super) attributes: Vec<String>,
    /// The cookie of the page that is asked for.
    pub(super) cookie: Vec<u8>,
    /// Which parts of security descriptors are meant.
    pub(super) parts: Option<u8>,
    /// The operation as it was sent, without its tag.
    pub(super) content: Vec<u8>,
}

impl Request {
    pub(super) const fn is_change(&self) -> bool {
        matches!(self.operation, MODIFY | ADD | DELETE)
    }
}

pub(super) enum Reply {
    Send(Vec<u8>),
    /// Sends this and closes.
    Last(Vec<u8>),
    Close,
    Reset,
    Silence,
}

pub(super) struct Fake {
    pub(super) port: u16,
    connections: Arc<AtomicUsize>,
    binds: Arc<AtomicUsize>,
}

impl Fake {
    /// Starts a server; log-ons succeed unless `answer` says otherwise.
    pub(super) async fn start(answer: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let fake = Self {
            port,
            connections: Arc::default(),
            binds: Arc::default(),
        };
        let (connections, binds) = (Arc::clone(&fake.connections), Arc::clone(&fake.binds));
        let answer = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let number = connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(tcp, number, Arc::clone(&binds), Arc::clone(&answer)));
            }
        });
        fake
    }

    /// Starts a server that sends these bytes to every connection and says nothing more.
    pub(super) async fn raw(bytes: Vec<u8>) -> Self {
        Self::start(move |_| Some(Reply::Send(bytes.clone()))).await
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(super) fn binds(&self) -> usize {
        self.binds.load(Ordering::SeqCst)
    }

    pub(super) fn config(&self) -> LdapConfig {
        LdapConfig {
            endpoint: "directory".into(),
            host: "127.0.0.1".to_owned(),
            port: self.port,
            security: Security::Plain,
            ca: None,
            log_on: LogOn::Simple {
                user: "alice".to_owned(),
                password: "secret".to_owned().into(),
            },
            gate: Arc::new(LogOnGate::default()),
            connections: 4,
            deadline: Duration::from_millis(400),
            max_rows: 10_000,
            max_bytes: 1 << 20,
        }
    }

    pub(super) fn ldap(&self) -> Ldap {
        Ldap::new(self.config())
    }
}

async fn serve(
    mut tcp: TcpStream,
    connection: usize,
    binds: Arc<AtomicUsize>,
    answer: Arc<impl Fn(&Request) -> Option<Reply>>,
) {
    let mut buffer = Vec::new();
    loop {
        while let Ok(Some(length)) = guard::length(&buffer) {
            if length > buffer.len() {
                break;
            }
            let request = read(&buffer[..length], connection);
            buffer.drain(..length);
            if request.operation == BIND {
                binds.fetch_add(1, Ordering::SeqCst);
            }
            let reply = match answer(&request) {
                Some(reply) => reply,
                None if request.operation == BIND => Reply::Send(bound(&request, 0, "")),
                None if request.is_change() => Reply::Send(changed(&request, 0, "", &[])),
                None => Reply::Send(done(&request, 0, "", &[])),
            };
            match reply {
                Reply::Send(bytes) => tcp.write_all(&bytes).await.unwrap_or_default(),
                Reply::Silence => {}
                Reply::Close => return,
                Reply::Last(bytes) => return tcp.write_all(&bytes).await.unwrap_or_default(),
                Reply::Reset => return tcp.set_zero_linger().unwrap_or_default(),
            }
        }
        if tcp.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
            return;
        }
    }
}

fn read(message: &[u8], connection: usize) -> Request {
    let mut parts = Reader::new(Reader::new(message).expect(SEQUENCE).unwrap());
    let id = u8::try_from(parts.small_number(INTEGER).unwrap()).unwrap();
    let operation = parts.next().unwrap();
    let mut request = Request {
        connection,
        id,
        operation: operation.tag,
        base: String::new(),
        attributes: Vec::new(),
        cookie: Vec::new(),
        parts: None,
        content: operation.content.to_vec(),
    };
    if operation.tag == SEARCH {
        let mut search = Reader::new(operation.content);
        search.text(TEXT).unwrap().clone_into(&mut request.base);
        for _ in 0..6 {
            search.next().unwrap();
        }
        let mut attributes = Reader::new(search.expect(SEQUENCE).unwrap());
        while !attributes.is_empty() {
            request.attributes.push(attributes.text(TEXT).unwrap().to_owned());
        }
    }
    let mut controls = Reader::new(parts.optional(0xa0).unwrap().unwrap_or_default());
    while !controls.is_empty() {
        let mut control = Reader::new(controls.expect(SEQUENCE).unwrap());
        let name = control.text(TEXT).unwrap();
        control.optional(0x01).unwrap();
        let mut value = Reader::new(
            Reader::new(control.expect(TEXT).unwrap())
                .expect(SEQUENCE)
                .unwrap(),
        );
        let number = value.small_number(INTEGER).unwrap();
        match name {
            "1.2.840.113556.1.4.319" => request.cookie = value.expect(TEXT).unwrap().to_vec(),
            "1.2.840.113556.1.4.801" => request.parts = u8::try_from(number).ok(),
            other => panic!("unknown control {other}"),
        }
    }
    request
}

/// Tag, length, content.
pub(super) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x84], &length[..], content].concat()
}

fn text(text: &str) -> Vec<u8> {
    tlv(TEXT, text.as_bytes())
}

pub(super) fn message(id: u8, operation: &[u8], controls: &[u8]) -> Vec<u8> {
    tlv(SEQUENCE, &[&tlv(INTEGER, &[id]), operation, controls].concat())
}

fn result(code: u8, why: &str, more: &[u8]) -> Vec<u8> {
    [&tlv(0x0a, &[code]), &text(""), &text(why), more].concat()
}

pub(super) fn bound(to: &Request, code: u8, why: &str) -> Vec<u8> {
    message(to.id, &tlv(0x61, &result(code, why, &[])), &[])
}

pub(super) fn done(to: &Request, code: u8, why: &str, referrals: &[&str]) -> Vec<u8> {
    answer(to, 0x65, code, why, referrals)
}

/// The result of a change.
pub(super) fn changed(to: &Request, code: u8, why: &str, referrals: &[&str]) -> Vec<u8> {
    let tag = if to.operation == DELETE {
        0x6b
    } else {
        to.operation + 1
    };
    answer(to, tag, code, why, referrals)
}

fn answer(to: &Request, tag: u8, code: u8, why: &str, referrals: &[&str]) -> Vec<u8> {
    let referrals: Vec<u8> = referrals.iter().flat_map(|url| text(url)).collect();
    let more = if referrals.is_empty() {
        Vec::new()
    } else {
        tlv(0xa3, &referrals)
    };
    message(to.id, &tlv(tag, &result(code, why, &more)), &[])
}

/// The end of a page; an empty cookie ends the last one.
pub(super) fn page_done(to: &Request, cookie: &[u8]) -> Vec<u8> {
    let value = tlv(SEQUENCE, &[tlv(INTEGER, &[0]), tlv(TEXT, cookie)].concat());
    let control = tlv(
        SEQUENCE,
        &[text("1.2.840.113556.1.4.319"), tlv(TEXT, &value)].concat(),
    );
    message(to.id, &tlv(0x65, &result(0, "", &[])), &tlv(0xa0, &control))
}

pub(super) fn entry(to: &Request, dn: &str, attributes: &[(&str, &[&[u8]])]) -> Vec<u8> {
    let attributes: Vec<u8> = attributes
        .iter()
        .flat_map(|(name, values)| {
            let values: Vec<u8> = values.iter().flat_map(|value| tlv(TEXT, value)).collect();
            tlv(SEQUENCE, &[text(name), tlv(0x31, &values)].concat())
        })
        .collect();
    message(
        to.id,
        &tlv(0x64, &[text(dn), tlv(SEQUENCE, &attributes)].concat()),
        &[],
    )
}

pub(super) fn reference(to: &Request, url: &str) -> Vec<u8> {
    message(to.id, &tlv(0x73, &text(url)), &[])
}

/// The notice that a server is going to close the connection.
pub(super) fn farewell(why: &str) -> Vec<u8> {
    let name = tlv(0x8a, b"1.3.6.1.4.1.1466.20036");
    message(0, &tlv(0x78, &result(52, why, &name)), &[])
}
