//! TCP connections and whether they come about.

use std::io::{self, ErrorKind};
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::Instant;
use tracing::debug;

use super::deadline::Deadline;
use super::{Trouble, clip};
use crate::facts::{Absence, Cause};

/// Tells how long it takes until a port accepts a connection, name look-up included.
pub async fn tcp_reach(host: &str, port: u16, deadline: Duration) -> Result<Duration, Absence> {
    let start = Instant::now();
    let outcome = connect(host, port, Deadline::after(deadline)).await;
    let taken = start.elapsed();
    let place = address(host, port);
    debug!(
        endpoint = place,
        operation = "reach",
        reached = outcome.is_ok(),
        duration_ms = taken.as_millis()
    );
    outcome
        .map(|_| taken)
        .map_err(|trouble| trouble.at(&Arc::from(place)))
}

/// Connects to the first address of `host` that answers.
pub(crate) async fn connect(host: &str, port: u16, deadline: Deadline) -> Result<TcpStream, Trouble> {
    let place = address(host, port);
    let addresses = deadline
        .run(&format!("looking up {host}"), look_up(host, port))
        .await?;
    let mut last = Trouble::new(Cause::Unreachable, format!("{host} has no address"));
    for (tried, to) in addresses.iter().enumerate() {
        // a black hole among the addresses must leave time for the next one
        let share = deadline.share(addresses.len() - tried);
        let attempt = async {
            TcpStream::connect(to)
                .await
                .map_err(|error| refused(&place, &error))
        };
        match share.run(&format!("connecting to {place}"), attempt).await {
            Ok(stream) => {
                // questions are small and wait for their answers
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(trouble) => last = trouble,
        }
    }
    Err(last)
}

pub(super) async fn look_up(host: &str, port: u16) -> Result<Vec<SocketAddr>, Trouble> {
    match lookup_host((host, port)).await {
        Ok(found) => Ok(found.collect()),
        Err(error) => {
            let why = clip(&error.to_string());
            Err(Trouble::new(
                Cause::Unreachable,
                format!("the name {host} has no address: {why}"),
            ))
        }
    }
}

/// Host and port as people write them.
pub(crate) fn address(host: &str, port: u16) -> String {
    if host.parse::<Ipv6Addr>().is_ok() {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

pub(super) fn refused(place: &str, error: &io::Error) -> Trouble {
    match error.kind() {
        ErrorKind::ConnectionRefused => Trouble::new(
            Cause::Unreachable,
            format!("{place} refuses the connection: nothing listens there, or a firewall says no"),
        ),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            Trouble::new(Cause::Unreachable, format!("there is no route to {place}"))
        }
        ErrorKind::TimedOut => Trouble::new(Cause::Timeout, format!("{place} does not answer")),
        _ => Trouble::new(
            Cause::Unreachable,
            format!("{place}: {}", clip(&error.to_string())),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    const SHORT: Duration = Duration::from_millis(300);

    #[tokio::test]
    async fn an_open_port_is_reached() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(tcp_reach("127.0.0.1", port, SHORT).await.unwrap() < SHORT);
    }

    #[tokio::test]
    async fn a_closed_port_is_unreachable() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let absence = tcp_reach("127.0.0.1", port, SHORT).await.unwrap_err();
        assert_eq!(absence.cause, Cause::Unreachable);
        assert_eq!(&*absence.root, format!("127.0.0.1:{port}"));
        assert!(
            absence.detail.contains("refuses the connection"),
            "{}",
            absence.detail
        );
    }

    #[tokio::test]
    async fn a_name_without_address_is_unreachable() {
        let absence = tcp_reach("no-such-host.invalid", 1, Duration::from_secs(20))
            .await
            .unwrap_err();
        assert_eq!(absence.cause, Cause::Unreachable);
        assert!(
            absence.detail.contains("no-such-host.invalid has no address"),
            "{}",
            absence.detail
        );
    }

    #[test]
    fn kinds_of_failure_have_their_causes() {
        for (kind, cause) in [
            (ErrorKind::ConnectionRefused, Cause::Unreachable),
            (ErrorKind::HostUnreachable, Cause::Unreachable),
            (ErrorKind::NetworkUnreachable, Cause::Unreachable),
            (ErrorKind::TimedOut, Cause::Timeout),
            (ErrorKind::PermissionDenied, Cause::Unreachable),
        ] {
            assert_eq!(refused("a:1", &kind.into()).cause, cause, "{kind:?}");
        }
    }

    #[test]
    fn addresses_read_well() {
        assert_eq!(address("dc1", 636), "dc1:636");
        assert_eq!(address("::1", 636), "[::1]:636");
    }
}
