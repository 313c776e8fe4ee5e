//! From nothing to a connection that is logged on.

use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt as _};
use tracing::debug;

use super::ask;
use super::codes;
use super::secure::{self, Packets, Secured};
use super::wire::{Line, Wire};
use super::{LogOn, TdsConfig};
use crate::facts::Cause;
use crate::transport::deadline::Deadline;
use crate::transport::tls::Tls;
use crate::transport::{Trouble, browser, tcp};

/// Where a server listens that says nothing else.
pub(super) const USUAL_PORT: u16 = 1433;
/// Bytes that a server may send before and while somebody logs on.
const LOG_ON_BYTES: usize = 1 << 20;

type ServerStream = TlsStream<Packets<TcpStream>>;

/// One connection, logged on; closed when dropped.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) client: Client<Compat<Wire<ServerStream>>>,
    pub(super) line: Arc<Line>,
    /// How long others made it wait; that is not the server's doing.
    pub(super) waited: Duration,
}

/// What is found out once and holds for every connection.
#[derive(Debug, Default)]
pub(super) struct Found {
    tls: OnceCell<Tls>,
    port: OnceCell<u16>,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A replica that is open to readers alone takes it too.
    Reading,
    Writing,
}

/// Connects, protects the connection and logs on, all before the deadline counted from `since`.
pub(super) async fn open(
    config: &TdsConfig,
    place: &str,
    found: &Found,
    purpose: Purpose,
    since: Instant,
) -> Result<Connection, Trouble> {
    check(config)?;
    let deadline = Deadline::since(since, config.deadline);
    let port = port(config, found, deadline).await?;
    let tcp = tcp::connect(&config.server, port, deadline).await?;
    let tls = tls(config, found).await?;
    let name = certificate_name(config);
    let doing = format!("shaking hands with {place}");
    let secured = deadline
        .run(&doing, secure::secure(tcp, name, place, tls))
        .await?;

    let asked = Instant::now();
    let turn = config.gate.turn().await?;
    let waited = asked.elapsed();
    let doing = format!("logging on to {place}");
    let outcome = deadline
        .later(waited)
        .run(&doing, Box::pin(log_on(config, port, place, purpose, secured)))
        .await;
    turn.settle(&outcome).await;
    let mut connection = outcome?;
    connection.waited = waited;
    debug!(
        endpoint = &*config.endpoint,
        operation = "log-on",
        address = place,
        port,
        duration_ms = since.elapsed().as_millis(),
        waited_ms = waited.as_millis(),
        "opened a connection"
    );
    Ok(connection)
}

/// Refuses what cannot come about, before anything is opened.
fn check(config: &TdsConfig) -> Result<(), Trouble> {
    match &config.log_on {
        LogOn::Kerberos if cfg!(not(any(windows, all(feature = "kerberos", unix)))) => Err(Trouble::new(
            Cause::Unsupported,
            "this build has no Kerberos log-on; build it with the cargo feature `kerberos`, or log on with a password",
        )),
        LogOn::Sql { user, password } if user.is_empty() || password.expose_secret().is_empty() => {
            let missing = if user.is_empty() { "user" } else { "password" };
            let detail = format!("the {missing} for {} is empty", config.server);
            Err(Trouble::new(Cause::BadCredentials, detail))
        }
        _ => Ok(()),
    }
}

/// The authorities that are trusted.
pub(super) async fn tls<'f>(config: &TdsConfig, found: &'f Found) -> Result<&'f Tls, Trouble> {
    found.tls.get_or_try_init(|| roots(config)).await
}

/// The name that the server's certificate must bear.
pub(super) fn certificate_name(config: &TdsConfig) -> &str {
    config.certificate_name.as_deref().unwrap_or(&config.server)
}

pub(super) async fn port(config: &TdsConfig, found: &Found, deadline: Deadline) -> Result<u16, Trouble> {
    match (config.port, &config.instance) {
        (Some(port), _) => Ok(port),
        (None, None) => Ok(USUAL_PORT),
        (None, Some(instance)) => {
            let ask = || browser::port_of(&config.server, browser::PORT, instance, deadline);
            let port = found.port.get_or_try_init(ask).await.copied();
            port.map_err(|trouble| match trouble.cause {
                Cause::Timeout | Cause::Unreachable => Trouble {
                    detail: format!("{}; or write `port` instead of `instance`", trouble.detail),
                    ..trouble
                },
                _ => trouble,
            })
        }
    }
}

async fn roots(config: &TdsConfig) -> Result<Tls, Trouble> {
    let config = config.clone();
    let read = tokio::task::spawn_blocking(move || secure::roots(&config));
    let failed = |_| {
        Err(Trouble::new(
            Cause::NotConfigured,
            "the trusted authorities cannot be read",
        ))
    };
    read.await.unwrap_or_else(failed)
}

async fn log_on(
    config: &TdsConfig,
    port: u16,
    place: &str,
    purpose: Purpose,
    secured: Secured<TcpStream>,
) -> Result<Connection, Trouble> {
    let line = Line::new(LOG_ON_BYTES);
    let wire = Wire::new(secured.stream, secured.greeting.0, Arc::clone(&line)).compat();
    let mut settings = Config::new();
    settings.host(&config.server);
    settings.port(port);
    settings.application_name("standin");
    settings.readonly(purpose == Purpose::Reading);
    // the connection is encrypted already
    settings.encryption(EncryptionLevel::NotSupported);
    // both are ours to keep
    settings.handshake_timeout(None);
    settings.command_timeout(None);
    settings.lossy_utf16_decoding(true);
    let subject = match &config.log_on {
        LogOn::Sql { user, password } => {
            settings.authentication(AuthMethod::sql_server(user, password.expose_secret()));
            format!("log-on of {user}")
        }
        LogOn::Kerberos => {
            with_ticket(&mut settings);
            codes::WITH_TICKET.to_owned()
        }
    };
    let client = match &config.log_on {
        LogOn::Sql { .. } => Box::pin(Client::connect(settings, wire)).await,
        LogOn::Kerberos => with_patience(settings, wire).await,
    };
    let client = client.map_err(|error| ask::explain(place, &subject, &error, &line).into_trouble())?;
    Ok(Connection {
        client,
        line,
        waited: Duration::ZERO,
    })
}

type Logged = tiberius::Result<Client<Compat<Wire<ServerStream>>>>;

/// The Kerberos library blocks, for long when no domain controller answers: it does so on a thread of its own, which
/// holds nobody up when the deadline has passed or the program ends.
async fn with_patience(settings: Config, wire: Compat<Wire<ServerStream>>) -> Logged {
    let (done, logged) = tokio::sync::oneshot::channel();
    let runtime = tokio::runtime::Handle::current();
    let work = move || drop(done.send(runtime.block_on(Client::connect(settings, wire))));
    let failed = |message: String| {
        Err(tiberius::error::Error::Io {
            kind: std::io::ErrorKind::Other,
            message,
        })
    };
    match std::thread::Builder::new()
        .name("kerberos".to_owned())
        .spawn(work)
    {
        Ok(_) => logged.await.unwrap_or_else(|_| failed("it broke off".to_owned())),
        Err(error) => failed(error.to_string()),
    }
}

#[cfg(any(windows, all(feature = "kerberos", unix)))]
fn with_ticket(settings: &mut Config) {
    settings.authentication(AuthMethod::Integrated);
}

#[cfg(not(any(windows, all(feature = "kerberos", unix))))]
fn with_ticket(_: &mut Config) {}
