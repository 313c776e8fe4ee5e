//! One question and its answer: in a datagram first, over a stream when that is too small.
//!
//! Only questions that change nothing are asked in datagrams, so that they may be repeated.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};

use super::super::deadline::Deadline;
use super::super::tcp::{address, connect, look_up, refused};
use super::super::{Trouble, clip};
use super::message::{Heard, Reply, Request, recognize};
use crate::facts::Cause;

/// How often a datagram is sent: it may be lost on the way.
const TRIES: usize = 3;
/// Messages on a stream that belong to no question of ours, before it is given up.
const STRAYS: usize = 16;

/// Where questions go.
#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
}

impl Server {
    pub(super) fn place(&self) -> String {
        address(&self.host, self.port)
    }

    /// Asks the first address of the server that answers.
    pub(super) async fn ask(&self, request: &Request, deadline: Deadline) -> Result<Reply, Trouble> {
        let doing = format!("looking up {}", self.host);
        let addresses = deadline.run(&doing, look_up(&self.host, self.port)).await?;
        let mut last = Trouble::new(Cause::Unreachable, format!("{} has no address", self.host));
        for (tried, to) in addresses.iter().enumerate() {
            let share = deadline.share(addresses.len() - tried);
            match self.ask_at(*to, request, share).await {
                Err(trouble) if matches!(trouble.cause, Cause::Unreachable | Cause::Timeout) => {
                    last = trouble;
                }
                done => return done,
            }
        }
        Err(last)
    }

    async fn ask_at(&self, to: SocketAddr, request: &Request, deadline: Deadline) -> Result<Reply, Trouble> {
        if let Some(reply) = self.over_datagrams(to, request, deadline).await? {
            return Ok(reply);
        }
        let cut_off = |trouble: Trouble| match trouble.cause {
            Cause::Unreachable => Trouble::new(
                Cause::Truncated,
                format!(
                    "the answer does not fit into a datagram, and over TCP {}",
                    trouble.detail
                ),
            ),
            _ => trouble,
        };
        let stream = Stream::open(&to.ip().to_string(), to.port(), deadline).await;
        self.over_stream(stream.map_err(cut_off)?, request, deadline)
            .await
    }

    /// The answer in a datagram, or nothing when it was cut off.
    async fn over_datagrams(
        &self,
        to: SocketAddr,
        request: &Request,
        deadline: Deadline,
    ) -> Result<Option<Reply>, Trouble> {
        let failed = |error: io::Error| self.io_trouble(&error);
        let socket = open(to).await.map_err(failed)?;
        let mut ears = Ears {
            buffer: vec![0; usize::from(u16::MAX)],
            strays: 0,
            noise: false,
        };
        let doing = format!("asking {}", self.place());
        for left in (1..=TRIES).rev() {
            let work = async {
                socket.send(&request.bytes).await.map_err(failed)?;
                self.listen(&socket, request, &mut ears).await
            };
            match deadline.share(left).run(&doing, work).await {
                Err(trouble) if trouble.cause == Cause::Timeout => {}
                done => return done,
            }
        }
        Err(ears.silence(&self.place(), deadline.missed(&doing)))
    }

    async fn listen(
        &self,
        socket: &UdpSocket,
        request: &Request,
        ears: &mut Ears,
    ) -> Result<Option<Reply>, Trouble> {
        loop {
            let received = socket
                .recv(&mut ears.buffer)
                .await
                .map_err(|error| self.io_trouble(&error))?;
            match recognize(request, &ears.buffer[..received]) {
                Heard::Answer(reply) => return Ok(Some(*reply)),
                Heard::CutOff => return Ok(None),
                Heard::Stray => ears.strays += 1,
                Heard::Noise => ears.noise = true,
                Heard::Garbage(why) => return Err(self.garbage(&why)),
            }
        }
    }

    async fn over_stream(
        &self,
        mut stream: Stream,
        request: &Request,
        deadline: Deadline,
    ) -> Result<Reply, Trouble> {
        let work = async {
            stream.send(request).await?;
            stream.answer(request, self).await
        };
        deadline
            .run(&format!("asking {} over TCP", self.place()), work)
            .await
    }

    fn garbage(&self, why: &str) -> Trouble {
        Trouble::new(
            Cause::Malformed,
            format!("the answer of {} cannot be read: {}", self.place(), clip(why)),
        )
    }

    fn io_trouble(&self, error: &io::Error) -> Trouble {
        match error.kind() {
            // what a closed port says to a datagram on some systems
            ErrorKind::ConnectionReset => refused(&self.place(), &ErrorKind::ConnectionRefused.into()),
            _ => refused(&self.place(), error),
        }
    }
}

/// What was heard besides the answer.
struct Ears {
    buffer: Vec<u8>,
    strays: usize,
    noise: bool,
}

impl Ears {
    fn silence(&self, place: &str, missed: Trouble) -> Trouble {
        if self.noise {
            return Trouble::new(
                Cause::Malformed,
                format!("what answers at {place} is not a DNS server"),
            );
        }
        match self.strays {
            0 => missed,
            1 => Trouble {
                detail: format!("{} (1 stray answer was passed over)", missed.detail),
                ..missed
            },
            n => Trouble {
                detail: format!("{} ({n} stray answers were passed over)", missed.detail),
                ..missed
            },
        }
    }
}

/// A socket that hears only the server, on a port that nobody can foretell.
async fn open(to: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = match to {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(to).await?;
    Ok(socket)
}

/// A connection on which each message is preceded by its length.
pub(super) struct Stream(TcpStream);

impl Stream {
    pub(super) async fn open(host: &str, port: u16, deadline: Deadline) -> Result<Self, Trouble> {
        connect(host, port, deadline).await.map(Self)
    }

    pub(super) async fn send(&mut self, request: &Request) -> Result<(), Trouble> {
        let length = u16::try_from(request.bytes.len()).expect("a request is as long as a message may be");
        let framed = [length.to_be_bytes().as_slice(), &request.bytes].concat();
        self.0.write_all(&framed).await.map_err(|error| hung_up(&error))
    }

    async fn receive(&mut self) -> Result<Vec<u8>, Trouble> {
        let length = self.0.read_u16().await.map_err(|error| hung_up(&error))?;
        let mut raw = vec![0; usize::from(length)];
        self.0
            .read_exact(&mut raw)
            .await
            .map_err(|error| hung_up(&error))?;
        Ok(raw)
    }

    /// The next message that belongs to the request.
    pub(super) async fn answer(&mut self, request: &Request, server: &Server) -> Result<Reply, Trouble> {
        for _ in 0..STRAYS {
            match recognize(request, &self.receive().await?) {
                Heard::Answer(reply) => return Ok(*reply),
                Heard::Stray => {}
                Heard::CutOff => return Err(server.garbage("it is cut off, though TCP has room for it")),
                Heard::Noise => return Err(server.garbage("it is not DNS")),
                Heard::Garbage(why) => return Err(server.garbage(&why)),
            }
        }
        Err(server.garbage("it belongs to another question"))
    }
}

fn hung_up(error: &io::Error) -> Trouble {
    match error.kind() {
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Trouble::new(
            Cause::Unreachable,
            "the server closed the connection before its answer was complete",
        ),
        _ => Trouble::new(
            Cause::Unreachable,
            format!("the connection broke: {}", clip(&error.to_string())),
        ),
    }
}
