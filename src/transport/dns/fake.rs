//! A DNS server that does what a test says: for answers that no well-kept server gives.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::{A, CNAME, NS, PTR, SOA};
use hickory_proto::rr::{RData, Record as Resource};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};

use super::names::parse;

/// What is sent back for a question: any number of messages, which need not be DNS.
pub(super) type Behaviour = dyn Fn(&Message, Over) -> Vec<Vec<u8>> + Send + Sync;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    Udp,
    Tcp,
}

/// A server on a port of its own, over UDP and TCP; it ends with the test's runtime.
pub(super) struct Fake {
    pub(super) address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Fake {
    pub(super) async fn start(
        behaviour: impl Fn(&Message, Over) -> Vec<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        let behaviour: Arc<Behaviour> = Arc::new(behaviour);
        let asked = Arc::new(AtomicUsize::new(0));
        let (udp, tcp) = ports().await;
        let address = udp.local_addr().unwrap();
        tokio::spawn(serve_datagrams(udp, Arc::clone(&behaviour), Arc::clone(&asked)));
        tokio::spawn(serve_streams(tcp, behaviour, Arc::clone(&asked)));
        Self { address, asked }
    }

    /// How many questions came.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// The same free port for both protocols.
async fn ports() -> (UdpSocket, TcpListener) {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
            return (udp, tcp);
        }
    }
}

async fn serve_datagrams(socket: UdpSocket, behaviour: Arc<Behaviour>, asked: Arc<AtomicUsize>) {
    let mut buffer = vec![0; 65_535];
    while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
        asked.fetch_add(1, Ordering::SeqCst);
        let question = Message::from_vec(&buffer[..length]).unwrap();
        for answer in behaviour(&question, Over::Udp) {
            socket.send_to(&answer, from).await.unwrap();
        }
    }
}

async fn serve_streams(listener: TcpListener, behaviour: Arc<Behaviour>, asked: Arc<AtomicUsize>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let length = stream.read_u16().await.unwrap();
        let mut raw = vec![0; usize::from(length)];
        stream.read_exact(&mut raw).await.unwrap();
        asked.fetch_add(1, Ordering::SeqCst);
        for answer in behaviour(&Message::from_vec(&raw).unwrap(), Over::Tcp) {
            let length = u16::try_from(answer.len()).unwrap();
            stream.write_u16(length).await.unwrap();
            stream.write_all(&answer).await.unwrap();
        }
    }
}

/// The bytes of an answer to `question`, changed as the test wants it.
pub(super) fn reply(question: &Message, change: impl FnOnce(&mut Message)) -> Vec<u8> {
    let mut answer = Message::response(question.id, question.op_code);
    answer.add_queries(question.queries.iter().cloned());
    answer.metadata.authoritative = true;
    change(&mut answer);
    answer.to_vec().unwrap()
}

pub(super) fn code(question: &Message, code: ResponseCode) -> Vec<u8> {
    reply(question, |answer| answer.metadata.response_code = code)
}

pub(super) fn a(owner: &str, last: u8) -> Resource {
    Resource::from_rdata(parse(owner).unwrap(), 300, RData::A(A::new(192, 0, 2, last)))
}

pub(super) fn cname(owner: &str, target: &str) -> Resource {
    Resource::from_rdata(
        parse(owner).unwrap(),
        300,
        RData::CNAME(CNAME(parse(target).unwrap())),
    )
}

pub(super) fn ptr(owner: &str, target: &str) -> Resource {
    Resource::from_rdata(
        parse(owner).unwrap(),
        300,
        RData::PTR(PTR(parse(target).unwrap())),
    )
}

pub(super) fn ns(owner: &str) -> Resource {
    Resource::from_rdata(
        parse(owner).unwrap(),
        300,
        RData::NS(NS(parse("ns.corp.example").unwrap())),
    )
}

pub(super) fn soa(owner: &str, serial: u32) -> Resource {
    let name = |text| parse(text).unwrap();
    let soa = SOA::new(
        name("ns.corp.example"),
        name("hostmaster.corp.example"),
        serial,
        1,
        1,
        1,
        1,
    );
    Resource::from_rdata(name(owner), 300, RData::SOA(soa))
}
