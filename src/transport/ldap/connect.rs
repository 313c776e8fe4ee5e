//! From nothing to a connection that is logged on.

use std::sync::Arc;
use std::time::Duration;

use ldap3::{LdapConnAsync, LdapConnSettings, LdapResult, StdStream};
use secrecy::{ExposeSecret as _, SecretString};
#[cfg(any(test, not(unix)))]
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use tracing::debug;

use super::ask::{ANSWER_BYTES, start_tls};
use super::guard::Phase;
use super::wire::{self, Stream, Wire};
use super::{LdapConfig, LogOn, Security, codes};
use crate::facts::Cause;
use crate::transport::deadline::Deadline;
use crate::transport::tls::Tls;
use crate::transport::{Trouble, tcp};

/// One connection, logged on; closed when dropped.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) ldap: ldap3::Ldap,
    pub(super) place: String,
    pub(super) wire: Arc<Wire>,
    /// Which parts of a security descriptor the server shows.
    pub(super) descriptor_parts: u8,
    /// How long others made it wait; that is not the server's doing.
    pub(super) waited: Duration,
    _tasks: [AbortOnDropHandle<()>; 2],
}

/// A connection of which nobody has logged on yet.
struct Reached {
    server: Box<dyn Stream>,
    /// The server's, when there is TLS.
    #[cfg_attr(
        not(all(feature = "kerberos", unix)),
        expect(dead_code, reason = "Kerberos log-ons are tied to it")
    )]
    certificate: Option<Vec<u8>>,
}

/// Connects, protects the connection and logs on, all before the deadline counted from `since`.
pub(super) async fn open(
    config: &LdapConfig,
    place: &str,
    tls: &OnceCell<Tls>,
    since: Instant,
) -> Result<Connection, Trouble> {
    check(config)?;
    let deadline = Deadline::since(since, config.deadline);
    let reached = reach(config, place, tls, deadline).await?;
    let mut waited = Duration::ZERO;
    let mut connection = if matches!(config.log_on, LogOn::Anonymous) {
        Connection::over(reached.server, place).await?
    } else {
        let asked = Instant::now();
        let turn = config.gate.turn().await?;
        waited = asked.elapsed();
        let doing = format!("logging on to {place}");
        let outcome = deadline
            .later(waited)
            .run(&doing, log_on(config, place, reached))
            .await;
        turn.settle(&outcome).await;
        outcome?
    };
    connection.waited = waited;
    debug!(
        endpoint = &*config.endpoint,
        operation = "log-on",
        address = place,
        duration_ms = since.elapsed().as_millis(),
        waited_ms = waited.as_millis(),
        "opened a connection"
    );
    Ok(connection)
}

/// Refuses what cannot come about, before anything is opened.
fn check(config: &LdapConfig) -> Result<(), Trouble> {
    let impossible = match (&config.log_on, config.security) {
        (LogOn::Kerberos, _) if cfg!(not(all(feature = "kerberos", unix))) => {
            "this build has no Kerberos log-on; build it with the cargo feature `kerberos`, or log on with a password"
        }
        (LogOn::Kerberos, Security::Plain) => "a Kerberos log-on needs `security: gssapi`, or one with TLS",
        (LogOn::Simple { .. } | LogOn::Anonymous, Security::Gssapi) => {
            "only a Kerberos log-on can seal the connection; set `security: ldaps` for a password"
        }
        _ => return Ok(()),
    };
    Err(Trouble::new(Cause::Unsupported, impossible))
}

async fn reach(
    config: &LdapConfig,
    place: &str,
    tls: &OnceCell<Tls>,
    deadline: Deadline,
) -> Result<Reached, Trouble> {
    let mut tcp = tcp::connect(&config.host, config.port, deadline).await?;
    if matches!(config.security, Security::Plain | Security::Gssapi) {
        return Ok(Reached {
            server: Box::new(tcp),
            certificate: None,
        });
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
    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let certificate = shown.map(|certificate| certificate.to_vec());
    Ok(Reached {
        server: Box::new(stream),
        certificate,
    })
}

async fn read_roots(config: &LdapConfig) -> Result<Tls, Trouble> {
    let ca = config.ca.clone();
    let read = tokio::task::spawn_blocking(move || Tls::new(ca.as_deref()));
    let failed = |_| {
        Err(Trouble::new(
            Cause::NotConfigured,
            "the trusted authorities cannot be read",
        ))
    };
    read.await.unwrap_or_else(failed)
}

async fn log_on(config: &LdapConfig, place: &str, reached: Reached) -> Result<Connection, Trouble> {
    match &config.log_on {
        LogOn::Anonymous => Connection::over(reached.server, place).await,
        LogOn::Simple { user, password } => {
            let mut connection = Connection::over(reached.server, place).await?;
            connection.bind(user, password).await?;
            Ok(connection)
        }
        LogOn::Kerberos => Connection::over(kerberos(config, place, reached).await?, place).await,
    }
}

#[cfg(all(feature = "kerberos", unix))]
async fn kerberos(config: &LdapConfig, place: &str, reached: Reached) -> Result<Box<dyn Stream>, Trouble> {
    super::kerberos::log_on(
        reached.server,
        reached.certificate.as_deref(),
        place,
        &config.host,
    )
    .await
}

#[cfg(not(all(feature = "kerberos", unix)))]
#[expect(clippy::unused_async, reason = "it has the signature of the one that works")]
async fn kerberos(config: &LdapConfig, _: &str, reached: Reached) -> Result<Box<dyn Stream>, Trouble> {
    check(config).map(|()| reached.server)
}

impl Connection {
    /// Puts the LDAP library at one end of a guarded line to the server.
    async fn over(server: Box<dyn Stream>, place: &str) -> Result<Self, Trouble> {
        let trouble = |what: String| Trouble::new(Cause::Unreachable, format!("no line to {place}: {what}"));
        let (stream, near, url) = local_pair().await.map_err(|error| trouble(error.to_string()))?;
        let settings = LdapConnSettings::new().set_std_stream(stream);
        let library = LdapConnAsync::with_settings(settings, url).await;
        let (library, ldap) = library.map_err(|error| trouble(error.to_string()))?;
        let wire = Wire::new();
        let carrier = tokio::spawn(wire::carry(server, near, Arc::clone(&wire)));
        // why it ends is known by the wire
        let driver = tokio::spawn(async move { drop(library.drive().await) });
        let tasks = [AbortOnDropHandle::new(carrier), AbortOnDropHandle::new(driver)];
        let place = place.to_owned();
        Ok(Self {
            ldap,
            place,
            wire,
            descriptor_parts: 7,
            waited: Duration::ZERO,
            _tasks: tasks,
        })
    }

    async fn bind(&mut self, user: &str, password: &SecretString) -> Result<(), Trouble> {
        self.wire.expect(Phase::LogOn, ANSWER_BYTES);
        let answer = self.ldap.simple_bind(user, password.expose_secret()).await;
        // the library's own error is not shown: it may hold the request
        let result: LdapResult = answer.map_err(|_| self.wire.ended().trouble(&self.place))?;
        self.wire.rest();
        match result.rc {
            codes::SUCCESS => Ok(()),
            _ => Err(codes::explain(&self.place, &format!("log-on of {user}"), &result)),
        }
    }
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
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

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
