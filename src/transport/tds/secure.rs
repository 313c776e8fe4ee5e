//! Protects a connection in the way of this protocol: a first message in the open, in which both sides agree on
//! encryption; a TLS handshake whose bytes travel in packets of the protocol; and TLS alone from then on.
//!
//! It is not left to the library, which would trust the system's authorities beside the given one, and tells only a
//! text of what is wrong with a certificate.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustls::version::TLS12;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio_rustls::client::TlsStream;

use super::TdsConfig;
use crate::facts::Cause;
use crate::transport::Trouble;
use crate::transport::tcp::refused;
use crate::transport::tls::{Hints, Tls};

/// Bytes of the header of a packet: kind, whether it is the last, length, and what is not used here.
pub(super) const HEADER: usize = 8;
/// Bytes of a packet before both sides agree on more.
const PACKET: usize = 4096;

pub(super) const PRELOGIN: u8 = 0x12;
pub(super) const ANSWER: u8 = 0x04;
pub(super) const LAST: u8 = 0x01;

/// The kinds of TLS records, none of which is the kind of a packet.
const TLS_RECORDS: std::ops::RangeInclusive<u8> = 0x14..=0x17;

/// What the first message says of encryption.
const OPTION_VERSION: u8 = 0;
const OPTION_ENCRYPTION: u8 = 1;
const OPTION_INSTANCE: u8 = 2;
const OPTION_THREAD: u8 = 3;
const OPTION_MARS: u8 = 4;
const NO_MORE_OPTIONS: u8 = 0xff;
const ENCRYPT_OFF: u8 = 0;
const ENCRYPT_ON: u8 = 1;
const ENCRYPT_REQUIRED: u8 = 3;

const HINTS: Hints = Hints {
    broke_off: (
        Cause::Unsupported,
        "only TLS 1.0 or 1.1, or no certificate with a key; update it to a version with TLS 1.2, or read it through \
         `shell` probes or a recorded snapshot",
    ),
    no_tls: ": what should be a TLS handshake is not one",
};

/// Reads the authorities that are trusted; blocks. This protocol has no place for the messages of TLS 1.3, and servers
/// need not be ready for a handshake that is cut short.
pub(super) fn roots(config: &TdsConfig) -> Result<Tls, Trouble> {
    Tls::of(config.ca.as_deref(), &[&TLS12], &HINTS).map(Tls::without_resumption)
}

/// A protected connection, and what the server answered to the first message.
#[derive(Debug)]
pub(super) struct Secured<S> {
    pub(super) stream: TlsStream<Packets<S>>,
    pub(super) greeting: Greeting,
}

impl<S> Secured<S> {
    pub(super) fn version(&self) -> Option<String> {
        self.greeting.version()
    }
}

/// Agrees on encryption and shakes hands; the certificate must bear `name`.
pub(super) async fn secure<S>(
    mut stream: S,
    name: &str,
    place: &str,
    tls: &Tls,
) -> Result<Secured<S>, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let greeting = greeted(&mut stream, place).await?;
    match greeting.option(OPTION_ENCRYPTION) {
        Some(&[ENCRYPT_ON | ENCRYPT_REQUIRED, ..]) => {}
        Some(&[_, ..]) => return Err(unencrypted(place)),
        _ => return Err(stranger(place)),
    }
    let broken = |error: io::Error| broken(place, &error);
    let mut stream = tls.connect(name, place, Packets::new(stream)).await?;
    let packets = stream.get_mut().0;
    // the last word of a handshake may be ours
    packets.flush().await.map_err(broken)?;
    packets.bare();
    Ok(Secured { stream, greeting })
}

fn broken(place: &str, error: &io::Error) -> Trouble {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
            hung_up(place)
        }
        _ => refused(place, error),
    }
}

/// What a server answers to the first message, whole.
#[derive(Debug)]
pub(super) struct Greeting(pub(super) Vec<u8>);

impl Greeting {
    fn option(&self, wanted: u8) -> Option<&[u8]> {
        option(&self.0[HEADER..], wanted)
    }

    /// Two parts of the version, and the build.
    pub(super) fn version(&self) -> Option<String> {
        let &[major, minor, high, low, ..] = self.option(OPTION_VERSION)? else {
            return None;
        };
        Some(format!("{major}.{minor}.{}", u16::from_be_bytes([high, low])))
    }

    /// Whether it encrypts: `off`, `on`, `required` or `unsupported`.
    pub(super) fn encryption(&self) -> &'static str {
        match self.option(OPTION_ENCRYPTION) {
            Some([ENCRYPT_OFF, ..]) => "off",
            Some([ENCRYPT_ON, ..]) => "on",
            Some([ENCRYPT_REQUIRED, ..]) => "required",
            _ => "unsupported",
        }
    }
}

/// Sends the first message and waits for the answer; nobody has logged on yet.
pub(super) async fn greeted<S>(stream: &mut S, place: &str) -> Result<Greeting, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let broken = |error: io::Error| broken(place, &error);
    stream.write_all(&first_message()).await.map_err(broken)?;
    let mut header = [0; HEADER];
    stream.read_exact(&mut header).await.map_err(broken)?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    // one packet holds it many times over
    if header[0] != ANSWER || header[1] & LAST == 0 || !(HEADER..=PACKET).contains(&length) {
        return Err(stranger(place));
    }
    let mut greeting = header.to_vec();
    greeting.resize(length, 0);
    stream.read_exact(&mut greeting[HEADER..]).await.map_err(broken)?;
    Ok(Greeting(greeting))
}

fn hung_up(place: &str) -> Trouble {
    Trouble::new(
        Cause::Unreachable,
        format!(
            "{place} hangs up when it is asked for encryption: it is no database server, takes no more connections, \
             or wants strict encryption (TDS 8), which is not built in"
        ),
    )
}

pub(super) fn stranger(place: &str) -> Trouble {
    Trouble::new(
        Cause::Unsupported,
        format!("what answers at {place} is no database server that speaks TDS; check the port"),
    )
}

fn unencrypted(place: &str) -> Trouble {
    Trouble::new(
        Cause::Unsupported,
        format!("{place} has no encryption; give it a certificate: nothing is asked in the open"),
    )
}

/// Asks for encryption of everything.
pub(super) fn first_message() -> Vec<u8> {
    let options: [(u8, &[u8]); 5] = [
        (OPTION_VERSION, &[0; 6]),
        (OPTION_ENCRYPTION, &[ENCRYPT_ON]),
        (OPTION_INSTANCE, &[0]),
        (OPTION_THREAD, &[0; 4]),
        (OPTION_MARS, &[0]),
    ];
    prelogin(PRELOGIN, &options)
}

/// A message of options: a table of their places, then their values.
pub(super) fn prelogin(kind: u8, options: &[(u8, &[u8])]) -> Vec<u8> {
    let short = |number: usize| {
        u16::try_from(number)
            .expect("it is a short message")
            .to_be_bytes()
    };
    let mut table = Vec::new();
    let mut values = Vec::new();
    let begin = options.len() * 5 + 1;
    for (option, value) in options {
        table.push(*option);
        table.extend(short(begin + values.len()));
        table.extend(short(value.len()));
        values.extend_from_slice(value);
    }
    table.push(NO_MORE_OPTIONS);
    let body = [table, values].concat();
    [&header(kind, LAST, body.len())[..], &body].concat()
}

fn header(kind: u8, status: u8, body: usize) -> [u8; HEADER] {
    let [high, low] = u16::try_from(HEADER + body)
        .expect("a packet is short")
        .to_be_bytes();
    [kind, status, high, low, 0, 0, 0, 0]
}

/// The value of an option in the body of a message.
fn option(body: &[u8], wanted: u8) -> Option<&[u8]> {
    let number = |at: usize| {
        Some(usize::from(u16::from_be_bytes([
            *body.get(at)?,
            *body.get(at + 1)?,
        ])))
    };
    let mut at = 0;
    loop {
        let option = *body.get(at)?;
        if option == NO_MORE_OPTIONS {
            return None;
        }
        let (from, length) = (number(at + 1)?, number(at + 3)?);
        if option == wanted {
            return body.get(from..from + length);
        }
        at += 5;
    }
}

/// A stream whose bytes travel in packets until the handshake is over.
#[derive(Debug)]
pub(super) struct Packets<S> {
    stream: S,
    bare: bool,
    /// The other side has left the packets before us: what was read for a header is not one.
    ahead: bool,
    header: [u8; HEADER],
    /// Bytes of the header that have come, and bytes of the packet that have not.
    have: usize,
    left: usize,
    /// What is to be sent, as one message once it is complete.
    message: Vec<u8>,
    sending: Vec<u8>,
    sent: usize,
}

impl<S> Packets<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            bare: false,
            ahead: false,
            header: [0; HEADER],
            have: 0,
            left: 0,
            message: Vec::new(),
            sending: Vec::new(),
            sent: 0,
        }
    }

    /// Goes on without packets.
    pub(super) fn bare(&mut self) {
        self.bare = true;
    }

    fn pack(&mut self) {
        let message = std::mem::take(&mut self.message);
        let count = message.len().div_ceil(PACKET - HEADER);
        for (number, part) in message.chunks(PACKET - HEADER).enumerate() {
            let status = if number + 1 == count { LAST } else { 0 };
            self.sending.extend(header(PRELOGIN, status, part.len()));
            self.sending.extend_from_slice(part);
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Packets<S> {
    /// Sends what has been written so far.
    fn send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pack();
        while self.sent < self.sending.len() {
            let rest = &self.sending[self.sent..];
            let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, rest))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sent += sent;
        }
        self.sending.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }

    /// Reads the header of the next packet; false at the end.
    fn next_packet(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        while self.have < HEADER {
            let mut buffer = ReadBuf::new(&mut self.header[self.have..]);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
            match buffer.filled().len() {
                0 => return Poll::Ready(Ok(false)),
                read => self.have += read,
            }
        }
        let length = usize::from(u16::from_be_bytes([self.header[2], self.header[3]]));
        match (self.header[0], length.checked_sub(HEADER)) {
            (PRELOGIN | ANSWER, Some(left)) => (self.have, self.left) = (0, left),
            (kind, _) if TLS_RECORDS.contains(&kind) => self.ahead = true,
            _ => return Poll::Ready(Err(io::Error::other("a packet of another kind"))),
        }
        Poll::Ready(Ok(true))
    }

    fn read_bare(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.have == 0 {
            return Pin::new(&mut self.stream).poll_read(cx, buffer);
        }
        let part = self.have.min(buffer.remaining());
        buffer.put_slice(&self.header[..part]);
        self.header.copy_within(part..self.have, 0);
        self.have -= part;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Packets<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.bare || this.ahead {
            return this.read_bare(cx, buffer);
        }
        ready!(this.send(cx))?;
        while this.left == 0 {
            if !ready!(this.next_packet(cx))? {
                return Poll::Ready(Ok(()));
            }
            if this.ahead {
                return this.read_bare(cx, buffer);
            }
        }
        let mut part = buffer.take(this.left);
        ready!(Pin::new(&mut this.stream).poll_read(cx, &mut part))?;
        let read = part.filled().len();
        buffer.advance(read);
        this.left -= read;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Packets<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.bare {
            return Pin::new(&mut this.stream).poll_write(cx, bytes);
        }
        this.message.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.bare {
            ready!(this.send(cx))?;
        }
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
