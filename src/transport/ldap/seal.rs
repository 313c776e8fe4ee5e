//! A connection on which every buffer is sealed with a Kerberos session key (RFC 4422, section 3.7).

use std::fmt;
use std::io::{self, ErrorKind};
use std::num::NonZero;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use libgssapi::context::{ClientCtx, SecurityContext as _};
use libgssapi::error::Error as GssError;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::wire::Stream;
use crate::transport::clip;

/// Bytes of one sealed buffer that we take; the server is told.
pub(super) const LONGEST_SEALED: u32 = 0x009f_ffb8;

/// Bytes that are sealed at once; a server takes more, and the seal adds less than the rest of it.
const MOST_AT_ONCE: usize = 16 << 10;
const SEAL: u32 = 256;

pub(super) struct Sealed {
    server: Box<dyn Stream>,
    context: ClientCtx,
    most_at_once: usize,
    /// What came and is still sealed; what is open and not read yet.
    inbound: Vec<u8>,
    open: Vec<u8>,
    /// What is sealed and not sent yet.
    unsent: Vec<u8>,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // the rest holds what was said
        f.debug_struct("Sealed")
            .field("most_at_once", &self.most_at_once)
            .finish_non_exhaustive()
    }
}

impl Sealed {
    /// `most` is what the server takes in one buffer, when it has a limit.
    pub(super) fn new(server: Box<dyn Stream>, context: ClientCtx, most: Option<NonZero<u32>>) -> Self {
        let most = most.map_or(u32::MAX, |most| most.get().saturating_sub(SEAL).max(1));
        let most_at_once = usize::try_from(most).unwrap_or(MOST_AT_ONCE).min(MOST_AT_ONCE);
        Self {
            server,
            context,
            most_at_once,
            inbound: Vec::new(),
            open: Vec::new(),
            unsent: Vec::new(),
        }
    }

    /// Opens the first sealed buffer that is there as a whole.
    fn unseal(&mut self) -> io::Result<bool> {
        let Some(length) = self.inbound.first_chunk() else {
            return Ok(false);
        };
        let length = u32::from_be_bytes(*length);
        if length > LONGEST_SEALED {
            return Err(invalid("a sealed answer is longer than agreed"));
        }
        let end = 4 + usize::try_from(length).map_err(|_| invalid("a sealed answer is too long"))?;
        let Some(token) = self.inbound.get(4..end) else {
            return Ok(false);
        };
        let opened = self
            .context
            .unwrap(token)
            .map_err(|error| seal_error("a seal is broken", error))?;
        self.open.extend_from_slice(&opened);
        self.inbound.drain(..end);
        Ok(true)
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let sent = ready!(Pin::new(&mut self.server).poll_write(cx, &self.unsent))?;
            if sent == 0 {
                return Poll::Ready(Err(ErrorKind::WriteZero.into()));
            }
            self.unsent.drain(..sent);
        }
        Poll::Ready(Ok(()))
    }
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, why)
}

fn seal_error(what: &str, error: GssError) -> io::Error {
    invalid(&format!("{what}: {}", clip(&error.to_string())))
}

impl AsyncRead for Sealed {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.open.is_empty() {
            if this.unseal()? {
                continue;
            }
            let mut chunk = [0; 4096];
            let mut buffer = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut this.server).poll_read(cx, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.inbound.extend_from_slice(buffer.filled());
        }
        let length = this.open.len().min(into.remaining());
        into.put_slice(&this.open[..length]);
        this.open.drain(..length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Sealed {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_send(cx))?;
        let bytes = &bytes[..bytes.len().min(this.most_at_once)];
        let token = this
            .context
            .wrap(true, bytes)
            .map_err(|error| seal_error("nothing can be sealed", error))?;
        let length = u32::try_from(token.len()).map_err(|_| invalid("a sealed question is too long"))?;
        this.unsent.extend_from_slice(&length.to_be_bytes());
        this.unsent.extend_from_slice(&token);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send(cx))?;
        Pin::new(&mut this.server).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send(cx))?;
        Pin::new(&mut this.server).poll_shutdown(cx)
    }
}
