//! Questions that are asked before the LDAP library takes the connection: for TLS, and the steps of a log-on.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::codes::SUCCESS;
use super::guard::{self, Answer, Message, Phase};
use super::wire::{End, Stream};
use crate::facts::Cause;
use crate::transport::{Trouble, clip};

/// What a server may send in answer to one of them.
pub(super) const ANSWER_BYTES: usize = 1 << 20;

/// Asks for TLS: extended request 1.3.6.1.4.1.1466.20037 with message id 1.
const START_TLS: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

/// Asks in the clear for TLS on this connection.
pub(super) async fn start_tls(server: &mut impl Stream, place: &str) -> Result<(), Trouble> {
    let answer = ask(server, START_TLS, Phase::StartTls, place).await?;
    if answer.code == SUCCESS {
        return Ok(());
    }
    let text = clip(&answer.text);
    let detail = format!(
        "{place} offers no StartTLS (LDAP result {}: {text}); give the server a certificate, or set another `security`",
        answer.code
    );
    Err(Trouble::new(Cause::Unsupported, detail))
}

/// Sends one message and waits for its answer, after which nothing may come along: in the clear it would be
/// somebody else's, smuggled into what is protected from now on.
pub(super) async fn ask(
    server: &mut impl Stream,
    message: &[u8],
    phase: Phase,
    place: &str,
) -> Result<Answer, Trouble> {
    let broken = |error| End::broken(&error).trouble(place);
    let garbage = |garbage| End::from(garbage).trouble(place);
    server.write_all(message).await.map_err(broken)?;
    server.flush().await.map_err(broken)?;
    let mut answer = Vec::new();
    let length = loop {
        match guard::length(&answer).map_err(garbage)? {
            Some(length) if length > ANSWER_BYTES => return Err(End::TooMuch(ANSWER_BYTES).trouble(place)),
            Some(length) if length <= answer.len() => break length,
            _ => {}
        }
        if server.read_buf(&mut answer).await.map_err(broken)? == 0 {
            return Err(End::Closed.trouble(place));
        }
    };
    match guard::vet(&answer[..length], phase).map_err(garbage)? {
        Message::Result(_) if length < answer.len() => {
            Err(End::Garbage("it sends more than it was asked for").trouble(place))
        }
        Message::Result(answer) => Ok(answer),
        Message::Farewell(text) => Err(End::Farewell(text).trouble(place)),
        Message::Item => Err(End::Garbage("it answers something else").trouble(place)),
    }
}
