//! The guarded line between a server's connection and the LDAP library.
//!
//! The library gets one end of a local socket pair; a task carries bytes between the other end and the server and
//! lets only vetted messages through. When the line ends, it is known why, which the library does not tell.

use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::ber::Garbage;
use super::guard::{self, Message, Phase};
use crate::facts::Cause;
use crate::transport::{Trouble, clip};

/// Any connection to a server, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Bytes that a server may send unasked: to say why it ends the connection.
const FAREWELL: usize = 64 << 10;

/// What both sides of the line know of it.
#[derive(Debug)]
pub(super) struct Wire(Mutex<State>);

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Bytes that the server may still send for this request, and how many there were.
    allowed: usize,
    limit: usize,
    end: Option<End>,
}

/// Why the line ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    Closed,
    Broken(String),
    Farewell(String),
    Garbage(&'static str),
    TooMuch(usize),
}

impl Wire {
    pub(super) fn new() -> Arc<Self> {
        let state = State {
            phase: Phase::Idle,
            allowed: FAREWELL,
            limit: FAREWELL,
            end: None,
        };
        Arc::new(Self(Mutex::new(state)))
    }

    /// Says that nothing may come until the next request.
    pub(super) fn rest(&self) {
        self.expect(Phase::Idle, FAREWELL);
    }

    /// Says what may come from now on, and how many bytes of it.
    pub(super) fn expect(&self, phase: Phase, bytes: usize) {
        let mut state = self.state();
        (state.phase, state.allowed, state.limit) = (phase, bytes, bytes);
    }

    /// Why the library has no answer.
    pub(super) fn ended(&self) -> End {
        self.state()
            .end
            .clone()
            .unwrap_or(End::Garbage("it cannot be decoded"))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // nothing panics while it is locked
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The length of the first part of `buffer` that may pass; `None` when more bytes are needed.
    fn pass(&self, buffer: &[u8]) -> Result<Option<usize>, End> {
        let mut state = self.state();
        let Some(length) = guard::length(buffer)? else {
            return Ok(None);
        };
        if length > state.allowed {
            return Err(End::TooMuch(state.limit));
        }
        let Some(message) = buffer.get(..length) else {
            return Ok(None);
        };
        if let Message::Farewell(text) = guard::vet(message, state.phase)? {
            return Err(End::Farewell(text));
        }
        state.allowed -= length;
        Ok(Some(length))
    }

    /// How many leading bytes of `buffer` may pass, and why no more may ever.
    fn pass_all(&self, buffer: &[u8]) -> (usize, Option<End>) {
        let mut passed = 0;
        loop {
            match self.pass(&buffer[passed..]) {
                Ok(Some(length)) => passed += length,
                Ok(None) => return (passed, None),
                Err(end) => return (passed, Some(end)),
            }
        }
    }
}

impl From<Garbage> for End {
    fn from(Garbage(why): Garbage) -> Self {
        Self::Garbage(why)
    }
}

impl End {
    pub(super) fn broken(error: &io::Error) -> Self {
        match error.kind() {
            // TLS says so when a peer closes without a farewell
            ErrorKind::UnexpectedEof => Self::Closed,
            _ => Self::Broken(clip(&error.to_string())),
        }
    }

    /// Whether another connection may do better: reading twice does no harm.
    pub(super) const fn lost(&self) -> bool {
        matches!(self, Self::Closed | Self::Broken(_) | Self::Farewell(_))
    }

    pub(super) fn trouble(&self, place: &str) -> Trouble {
        match self {
            Self::Closed => Trouble::new(Cause::Unreachable, format!("{place} closed the connection")),
            Self::Broken(why) => Trouble::new(
                Cause::Unreachable,
                format!("the connection to {place} broke: {why}"),
            ),
            Self::Farewell(text) => {
                let text = clip(text);
                Trouble::new(
                    Cause::Unreachable,
                    format!("{place} ended the connection: {text}"),
                )
            }
            Self::Garbage(why) => Trouble::new(
                Cause::Malformed,
                format!("what {place} sends is not what LDAP demands: {why}"),
            ),
            Self::TooMuch(bytes) => Trouble::new(
                Cause::Truncated,
                format!("the answer of {place} is longer than {bytes} bytes"),
            ),
        }
    }
}

/// Carries bytes both ways until one side ends, and notes why.
pub(super) async fn carry(server: impl Stream, library: impl Stream, wire: Arc<Wire>) {
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let (mut from_library, mut to_library) = tokio::io::split(library);
    let up = async {
        match tokio::io::copy(&mut from_library, &mut to_server).await {
            // the library is done with the connection
            Ok(_) => None,
            Err(error) => Some(End::broken(&error)),
        }
    };
    let end = tokio::select! {
        end = down(&mut from_server, &mut to_library, &wire) => Some(end),
        end = up => end,
    };
    // noted before the library sees its side close
    wire.state().end = end;
}

async fn down(
    from_server: &mut (impl AsyncRead + Unpin),
    to_library: &mut (impl AsyncWrite + Unpin),
    wire: &Wire,
) -> End {
    let mut buffer = Vec::with_capacity(16 << 10);
    loop {
        match from_server.read_buf(&mut buffer).await {
            Ok(0) => return End::Closed,
            Ok(_) => {}
            Err(error) => return End::broken(&error),
        }
        let (passed, end) = wire.pass_all(&buffer);
        if to_library.write_all(&buffer[..passed]).await.is_err() {
            return End::Garbage("the LDAP library gave up on it");
        }
        if let Some(end) = end {
            return end;
        }
        buffer.drain(..passed);
    }
}
