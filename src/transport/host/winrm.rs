//! The carrier `winrm`: WS-Management over HTTPS, the PowerShell program on the other side.
//!
//! One shell with one PowerShell in it lives as long as its session; questions go to its input, answers come from its
//! output. A client of our own, since the crate for it would bring a second client for HTTP, a second provider of
//! cryptography and its own roots along, in the last version for this compiler may send a request twice, and gives no
//! way to feed a command. It was tried against a server of our own after the specification, and against Samba's NTLM:
//! no Windows was at hand.

use std::path::Path;

use rustls::version::{TLS12, TLS13};
use secrecy::SecretString;
use tokio::net::TcpStream;

use super::HostConfig;
use super::powershell;
use super::session::{Carried, Failure, Session};
use crate::facts::Cause;
use crate::transport::tls::{Hints, Tls};
use crate::transport::{Trouble, clip};

mod http;
mod ntlm;
mod soap;
#[cfg(test)]
mod tests;

use http::Connection;
use soap::{Fault, Message, NoAnswer, Output};

/// A message takes so much input, whatever else is in it.
const PIECE: usize = 32 * 1024;
const COMPLAINTS: usize = 4096;

/// Who logs on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Who<'a> {
    pub(super) user: &'a str,
    pub(super) password: &'a SecretString,
    pub(super) ca: Option<&'a Path>,
}

/// A shell on the host with our program in it; closed when dropped, as far as there is time for it.
#[derive(Debug)]
pub(super) struct Shell {
    /// Taken when it is closed.
    connection: Option<Connection>,
    url: String,
    place: String,
    id: String,
    command: String,
    complaints: Vec<u8>,
    ended: bool,
}

/// Logs on over the connection and starts the program there.
pub(super) async fn open(
    config: &HostConfig,
    who: Who<'_>,
    place: &str,
    tcp: TcpStream,
) -> Result<Session, Trouble> {
    let tls = roots(who.ca).await?;
    let shell = Shell::open(&tls, config, who, place, tcp).await?;
    let mut session = Session::new(Carried::Winrm(Box::new(shell)), place, config.max_bytes);
    match session.begin(powershell::opening(config, None).as_bytes()).await {
        Ok(()) => Ok(session),
        Err(Failure::Refused(trouble) | Failure::Broken(trouble)) => Err(trouble),
        Err(Failure::Lost(trouble)) => {
            let (complaints, _) = session.last_words().await;
            let said = clip(&complaints);
            if powershell::is_missing(&complaints) {
                return Err(Trouble::new(
                    Cause::Unsupported,
                    format!("{place} finds no PowerShell ({said})"),
                ));
            }
            let detail = if said.is_empty() {
                trouble.detail
            } else {
                format!("{}: {said}", trouble.detail)
            };
            Err(Trouble::new(trouble.cause, detail))
        }
    }
}

/// What is to be said of a server that does not shake hands.
const HINTS: Hints = Hints {
    broke_off: (
        Cause::Unreachable,
        "no HTTPS listener on this port, no certificate for it, or nothing newer than TLS 1.1",
    ),
    no_tls: "; use the port of the HTTPS listener, usually 5986",
};

async fn roots(ca: Option<&Path>) -> Result<Tls, Trouble> {
    let ca = ca.map(Path::to_path_buf);
    let read = tokio::task::spawn_blocking(move || Tls::of(ca.as_deref(), &[&TLS13, &TLS12], &HINTS));
    let failed = |_| {
        Err(Trouble::new(
            Cause::NotConfigured,
            "the trusted authorities cannot be read",
        ))
    };
    read.await.unwrap_or_else(failed)
}

impl Shell {
    async fn open(
        tls: &Tls,
        config: &HostConfig,
        who: Who<'_>,
        place: &str,
        tcp: TcpStream,
    ) -> Result<Self, Trouble> {
        let mut connection = Connection::open(tls, &config.server, place, tcp).await?;
        let url = format!("https://{place}/wsman");
        let first = message(&url, None)?.create();
        let answer = connection.log_on(who.user, who.password, first).await?;
        let id = told(soap::shell(&answer), place)?;
        let mut opened = Self {
            connection: Some(connection),
            url,
            place: place.to_owned(),
            id,
            command: String::new(),
            complaints: Vec::new(),
            ended: false,
        };
        let start = opened.message()?.command(&powershell::COMMAND);
        let answer = opened.ask(start).await?;
        opened.command = told(soap::command(&answer), place)?;
        Ok(opened)
    }

    /// Gives the program something to read.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        for piece in bytes.chunks(PIECE) {
            let send = self.message()?.send(&self.command, piece);
            let answer = self.ask(send).await?;
            told(soap::done(&answer), &self.place)?;
        }
        Ok(())
    }

    /// What the program printed next; nothing at its end.
    pub(super) async fn read(&mut self) -> Result<Vec<u8>, Trouble> {
        while !self.ended {
            let receive = self.message()?.receive(&self.command);
            let answer = self.ask(receive).await?;
            let output = match soap::output(&answer) {
                Ok(Err(fault)) if fault.is_no_output_yet() => Output::default(),
                other => told(other, &self.place)?,
            };
            let room = COMPLAINTS.saturating_sub(self.complaints.len());
            self.complaints.extend(output.complaints.iter().take(room));
            self.ended = output.ended;
            if !output.printed.is_empty() {
                return Ok(output.printed);
            }
        }
        Ok(Vec::new())
    }

    /// What the program complained of so far.
    pub(super) fn complaints(&self) -> String {
        String::from_utf8_lossy(&self.complaints).into_owned()
    }

    async fn ask(&mut self, message: String) -> Result<Vec<u8>, Trouble> {
        let connection = self
            .connection
            .as_mut()
            .expect("it is taken only when this is dropped");
        connection.ask(message).await
    }

    fn message(&self) -> Result<Message<'_>, Trouble> {
        message(&self.url, Some(&self.id))
    }
}

impl Drop for Shell {
    /// Asks for the shell to be closed; where nobody is left to do that, the host closes it after a while.
    fn drop(&mut self) {
        if let (Some(mut connection), Ok(runtime)) =
            (self.connection.take(), tokio::runtime::Handle::try_current())
            && let Ok(message) = self.message()
        {
            let close = message.delete();
            runtime.spawn(async move { connection.ask(close).await });
        }
    }
}

fn message<'a>(to: &'a str, shell: Option<&'a str>) -> Result<Message<'a>, Trouble> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| {
        Trouble::new(
            Cause::Unsupported,
            format!("this machine has no random numbers: {error}"),
        )
    })?;
    // a random number of RFC 9562
    random[6] = random[6] & 0x0f | 0x40;
    random[8] = random[8] & 0x3f | 0x80;
    let number = data_encoding::HEXUPPER.encode(&random);
    let id = [
        &number[..8],
        &number[8..12],
        &number[12..16],
        &number[16..20],
        &number[20..],
    ]
    .join("-");
    Ok(Message { to, id, shell })
}

/// The answer, or what is said of its being none.
fn told<T>(answer: Result<Result<T, Fault>, NoAnswer>, place: &str) -> Result<T, Trouble> {
    match answer {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(fault)) => Err(fault.trouble(place)),
        Err(NoAnswer) => Err(Trouble::new(
            Cause::Malformed,
            format!("what {place} answers is not of WS-Management"),
        )),
    }
}
