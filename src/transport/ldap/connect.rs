//! From nothing to a connection that is logged on.

use std::sync::Arc;
use std::time::Duration;

use ldap3::{LdapConnAsync, LdapConnSettings, LdapError, LdapResult, StdStream};
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use tracing::debug;

use super::guard::{self, Message, Phase};
use super::wire::{self, End, Sealing, Stream, Wire};
use super::{LdapConfig, LogOn, Security, codes};
use crate::facts::Cause;
use crate::transport::deadline::Deadline;
use crate::transport::tls::Tls;
use crate::transport::{Trouble, tcp};

/// What a server may send in answer to one step of a log-on.
const LOG_ON_BYTES: usize = 1 << 20;

/// Asks for TLS: extended request 1.3.6.1.4.1.1466.20037 with message id 1.
const START_TLS: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

/// One connection, logged on; closed when dropped.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) ldap: ldap3::Ldap,
    pub(super) place: String,
    pub(super) wire: Arc<Wire>,
    /// Cleared when the server refuses to show more of a security descriptor than the access list.
    pub(super) descriptor_parts: u8,
    /// How long others made it wait; that is not the server's doing.
    pub(super) waited: Duration,
    _tasks: [AbortOnDropHandle<()>; 2],
}

/// Connects, protects the connection and logs on, all before the deadline counted from `since`.
pub(super) async fn open(
    config: &LdapConfig,
    place: &str,
    tls: &OnceCell<Tls>,
    since: Instant,
) -> Result<Connection, Trouble> {
    let deadline = Deadline::since(since, config.deadline);
    let sealing = sealing(config)?;
    let tcp = tcp::connect(&config.host, config.port, deadline).await?;
    let server = protect(config, place, tls, deadline, tcp).await?;
    let mut connection = Connection::over(server, place, sealing).await?;
    if !matches!(config.log_on, LogOn::Anonymous) {
        let asked = Instant::now();
        let turn = config.gate.turn().await?;
        connection.waited = asked.elapsed();
        let outcome = connection.log_on(config, deadline.later(connection.waited)).await;
        turn.settle(&outcome).await;
        outcome?;
    }
    debug!(
        endpoint = &*config.endpoint,
        operation = "log-on",
        address = place,
        duration_ms = since.elapsed().as_millis(),
        waited_ms = connection.waited.as_millis(),
        "opened a connection"
    );
    Ok(connection)
}

fn sealing(config: &LdapConfig) -> Result<Sealing, Trouble> {
    match (&config.log_on, config.security) {
        (LogOn::Kerberos, _) if cfg!(not(feature = "kerberos")) => Err(Trouble::new(
            Cause::Unsupported,
            "this build has no Kerberos log-on; build it with the cargo feature `kerberos`, or log on with a password",
        )),
        (LogOn::Kerberos, Security::Gssapi) => Ok(Sealing::After(0)),
        (LogOn::Kerberos, _) => Err(Trouble::new(
            Cause::Unsupported,
            "a Kerberos log-on seals the connection itself; set `security: gssapi` and the plain port for it",
        )),
        (_, Security::Gssapi) => Err(Trouble::new(
            Cause::Unsupported,
            "only a Kerberos log-on can seal the connection; set `security: ldaps` for a password",
        )),
        _ => Ok(Sealing::Never),
    }
}

async fn protect(
    config: &LdapConfig,
    place: &str,
    tls: &OnceCell<Tls>,
    deadline: Deadline,
    mut tcp: TcpStream,
) -> Result<Box<dyn Stream>, Trouble> {
    if matches!(config.security, Security::Plain | Security::Gssapi) {
        return Ok(Box::new(tcp));
    }
    if config.security == Security::StartTls {
        deadline
            .run(&format!("asking {place} for TLS"), start_tls(&mut tcp, place))
            .await?;
    }
    let tls = tls.get_or_try_init(|| read_roots(config)).await?;
    let doing = format!("shaking hands with {place}");
    let stream = deadline
        .run(&doing, tls.connect(&config.host, place, tcp))
        .await?;
    Ok(Box::new(stream))
}

async fn read_roots(config: &LdapConfig) -> Result<Tls, Trouble> {
    let ca = config.ca.clone();
    let read = tokio::task::spawn_blocking(move || Tls::new(ca.as_deref()));
    read.await.unwrap_or_else(|_| {
        Err(Trouble::new(
            Cause::NotConfigured,
            "the trusted authorities cannot be read",
        ))
    })
}

/// Asks for TLS in the clear; nothing that was sent along with the answer may count.
async fn start_tls(tcp: &mut TcpStream, place: &str) -> Result<(), Trouble> {
    let broken = |error| End::broken(&error).trouble(place);
    let garbage = |garbage| End::from(garbage).trouble(place);
    tcp.write_all(START_TLS).await.map_err(broken)?;
    let mut answer = Vec::new();
    let length = loop {
        match guard::length(&answer).map_err(garbage)? {
            Some(length) if length > LOG_ON_BYTES => return Err(End::TooMuch(LOG_ON_BYTES).trouble(place)),
            Some(length) if length <= answer.len() => break length,
            _ => {}
        }
        if tcp.read_buf(&mut answer).await.map_err(broken)? == 0 {
            return Err(End::Closed.trouble(place));
        }
    };
    match guard::vet(&answer[..length], Phase::StartTls).map_err(garbage)? {
        Message::Result(0, _) if length < answer.len() => {
            Err(End::Garbage("it sends more in the clear after it agreed to TLS").trouble(place))
        }
        Message::Result(0, _) => Ok(()),
        Message::Result(code, text) => Err(Trouble::new(
            Cause::Unsupported,
            format!(
                "{place} offers no StartTLS (LDAP result {code}: {}); give the server a certificate, or set \
                 another `security`",
                crate::transport::clip(&text)
            ),
        )),
        Message::Farewell(text) => Err(End::Farewell(text).trouble(place)),
        Message::Item => Err(End::Garbage("it answers something else").trouble(place)),
    }
}

impl Connection {
    /// Puts the LDAP library at one end of a guarded line to the server.
    async fn over(server: Box<dyn Stream>, place: &str, sealing: Sealing) -> Result<Self, Trouble> {
        let trouble = |what: String| Trouble::new(Cause::Unreachable, format!("no line to {place}: {what}"));
        let (stream, near, url) = local_pair().await.map_err(|error| trouble(error.to_string()))?;
        let settings = LdapConnSettings::new().set_std_stream(stream);
        let (driver, ldap) = LdapConnAsync::with_settings(settings, url)
            .await
            .map_err(|error| trouble(error.to_string()))?;
        let wire = Wire::new(sealing);
        let carrier = tokio::spawn(wire::carry(server, near, Arc::clone(&wire)));
        // why it ends is known by the wire
        let driver = tokio::spawn(async move { drop(driver.drive().await) });
        let tasks = [AbortOnDropHandle::new(carrier), AbortOnDropHandle::new(driver)];
        Ok(Self {
            ldap,
            place: place.to_owned(),
            wire,
            descriptor_parts: 7,
            waited: Duration::ZERO,
            _tasks: tasks,
        })
    }

    async fn log_on(&mut self, config: &LdapConfig, deadline: Deadline) -> Result<(), Trouble> {
        self.wire.expect(Phase::LogOn, LOG_ON_BYTES);
        let doing = format!("logging on to {}", self.place);
        let (who, result) = match &config.log_on {
            LogOn::Anonymous => return Ok(()),
            LogOn::Simple { user, password } => {
                let (ldap, wire, place) = (&mut self.ldap, &self.wire, &self.place);
                let bind = async {
                    let answer = ldap.simple_bind(user, password.expose_secret()).await;
                    answer.map_err(|error| ended(wire, &error).trouble(place))
                };
                (format!("log-on of {user}"), deadline.run(&doing, bind).await?)
            }
            LogOn::Kerberos => (
                "log-on with Kerberos".to_owned(),
                self.kerberos(config, &doing, deadline).await?,
            ),
        };
        self.wire.rest();
        match result.rc {
            codes::SUCCESS => Ok(()),
            _ => Err(codes::explain(&self.place, &who, &result)),
        }
    }

    #[cfg(feature = "kerberos")]
    async fn kerberos(
        &self,
        config: &LdapConfig,
        doing: &str,
        deadline: Deadline,
    ) -> Result<LdapResult, Trouble> {
        deadline
            .run(
                doing,
                super::kerberos::log_on(&self.ldap, &self.wire, &self.place, &config.host),
            )
            .await
    }

    #[cfg(not(feature = "kerberos"))]
    #[expect(clippy::unused_async, reason = "it has the signature of the one that works")]
    async fn kerberos(&self, config: &LdapConfig, _: &str, _: Deadline) -> Result<LdapResult, Trouble> {
        Err(sealing(config)
            .err()
            .unwrap_or_else(|| Trouble::new(Cause::Unsupported, "there is no Kerberos")))
    }
}

/// Why the library has no answer; its own error is not shown, it may hold the request.
pub(super) fn ended(wire: &Wire, error: &LdapError) -> End {
    wire.end().unwrap_or(match error {
        LdapError::FilterParsing => End::Garbage("the filter is not one"),
        _ => End::Garbage("it cannot be decoded"),
    })
}

/// A private line inside this process: the library's end, ours, and the address that makes the library take it.
#[cfg(unix)]
#[expect(clippy::unused_async, reason = "the other systems wait for theirs")]
async fn local_pair() -> std::io::Result<(StdStream, tokio::net::UnixStream, &'static str)> {
    let (library, near) = std::os::unix::net::UnixStream::pair()?;
    near.set_nonblocking(true)?;
    Ok((
        StdStream::Unix(library),
        tokio::net::UnixStream::from_std(near)?,
        "ldapi://standin",
    ))
}

/// The same over the loopback interface, where nothing better exists; a stranger who gets in first is turned away.
#[cfg(any(test, not(unix)))]
async fn loopback_pair() -> std::io::Result<(StdStream, TcpStream, &'static str)> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let near = TcpStream::connect(listener.local_addr()?).await?;
    loop {
        let (library, from) = listener.accept().await?;
        if from == near.local_addr()? {
            return Ok((StdStream::Tcp(library.into_std()?), near, "ldap://standin"));
        }
    }
}

#[cfg(not(unix))]
use loopback_pair as local_pair;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_line_over_the_loopback_interface_is_one() {
        let (library, mut near, _) = loopback_pair().await.unwrap();
        let StdStream::Tcp(library) = library else {
            panic!("not a TCP stream")
        };
        assert_eq!(library.peer_addr().unwrap(), near.local_addr().unwrap());
        near.write_all(b"x").await.unwrap();
        let mut library = TcpStream::from_std(library).unwrap();
        assert_eq!(library.read_u8().await.unwrap(), b'x');
    }
}
