//! What the library gets of a connection: a stream on which the first messages are repeated, that ends when the
//! server sends more than a question allows, and of which it is known why it ended.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::secure::HEADER;
use crate::facts::Cause;
use crate::transport::{Trouble, clip};

/// What both sides of the wire know of it.
#[derive(Debug)]
pub(super) struct Line(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Bytes that the server may still send for this question, and how many there were.
    allowed: usize,
    limit: usize,
    end: Option<End>,
}

/// Why the connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    Closed,
    Broken(String),
    TooMuch(usize),
}

impl Line {
    pub(super) fn new(bytes: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            allowed: bytes,
            limit: bytes,
            end: None,
        })))
    }

    /// Says how many bytes may come from now on.
    pub(super) fn expect(&self, bytes: usize) {
        let mut state = self.state();
        (state.allowed, state.limit) = (bytes, bytes);
    }

    /// Why no more comes, when that is so.
    pub(super) fn end(&self) -> Option<End> {
        self.state().end.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // nothing panics while it is locked
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what came; an error ends the connection.
    fn came(&self, outcome: io::Result<usize>) -> io::Result<()> {
        let mut state = self.state();
        let end = match outcome {
            Ok(0) => End::Closed,
            Ok(bytes) if bytes > state.allowed => End::TooMuch(state.limit),
            Ok(bytes) => {
                state.allowed -= bytes;
                return Ok(());
            }
            // TLS says so when a peer closes without a farewell
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => End::Closed,
            Err(error) => End::Broken(clip(&error.to_string())),
        };
        state.end.get_or_insert(end);
        Err(io::Error::other("the connection has ended"))
    }
}

impl End {
    /// Whether another connection may do better: reading twice does no harm.
    pub(super) const fn lost(&self) -> bool {
        matches!(self, Self::Closed | Self::Broken(_))
    }

    pub(super) fn trouble(&self, place: &str) -> Trouble {
        match self {
            Self::Closed => Trouble::new(Cause::Unreachable, format!("{place} closed the connection")),
            Self::Broken(why) => Trouble::new(
                Cause::Unreachable,
                format!("the connection to {place} broke: {why}"),
            ),
            Self::TooMuch(bytes) => Trouble::new(
                Cause::Truncated,
                format!("the answer of {place} is longer than {bytes} bytes"),
            ),
        }
    }
}

/// The library's end. Encryption is agreed on before it begins, so it hears the server's answer to that once more,
/// and its own first message, which asks for none, goes nowhere.
#[derive(Debug)]
pub(super) struct Wire<S> {
    stream: S,
    line: Arc<Line>,
    greeting: Vec<u8>,
    /// The library's first message as far as it is there; nothing once it was complete.
    first: Option<Vec<u8>>,
}

impl<S> Wire<S> {
    pub(super) fn new(stream: S, greeting: Vec<u8>, line: Arc<Line>) -> Self {
        Self {
            stream,
            line,
            greeting,
            first: Some(Vec::new()),
        }
    }

    /// Takes what belongs to the library's first message.
    fn swallow(&mut self, bytes: &[u8]) -> Option<usize> {
        let first = self.first.as_mut()?;
        let whole = |first: &[u8]| match first {
            [_, _, high, low, ..] => usize::from(u16::from_be_bytes([*high, *low])),
            _ => HEADER,
        };
        let mut taken = 0;
        while taken < bytes.len() && first.len() < whole(first) {
            first.push(bytes[taken]);
            taken += 1;
        }
        if first.len() >= HEADER && first.len() >= whole(first) {
            self.first = None;
        }
        Some(taken)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.greeting.is_empty() {
            let part = this.greeting.len().min(buffer.remaining());
            buffer.put_slice(&this.greeting[..part]);
            this.greeting.drain(..part);
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let outcome = ready!(Pin::new(&mut this.stream).poll_read(cx, buffer));
        let came = outcome.map(|()| buffer.filled().len() - before);
        Poll::Ready(this.line.came(came))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Some(taken) = this.swallow(bytes) {
            return Poll::Ready(Ok(taken));
        }
        let outcome = ready!(Pin::new(&mut this.stream).poll_write(cx, bytes));
        Poll::Ready(match outcome {
            Ok(sent) => Ok(sent),
            Err(error) => this.line.came(Err(error)).map(|()| 0),
        })
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
