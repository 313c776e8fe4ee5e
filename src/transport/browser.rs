//! Asks the browser of a database host which instances it has, and on which ports they listen (MS-SQLR).
//!
//! One datagram there, one back, on UDP 1434. Nobody proves who they are, so an answer is a hint where to connect
//! and never more: who listens there is proved by the certificate of that connection. A browser that is switched off
//! is silent, and an instance that is told to hide is not named.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::Instant;
use tracing::debug;

use super::deadline::Deadline;
use super::tcp::{address, look_up, refused};
use super::{Trouble, clip};
use crate::facts::{Absence, Cause, Record};

mod answer;
#[cfg(test)]
mod tests;

pub use answer::Instance;

/// Where a browser listens.
pub const PORT: u16 = 1434;

/// How often a question is sent: a datagram may be lost on the way.
const TRIES: usize = 2;
/// The most instances that a broadcast gathers.
const MOST: usize = 5_000;

/// The instances of a host, one row each: `server instance clustered version port`.
pub async fn instances(host: &str, port: u16, deadline: Duration) -> Result<Vec<Record>, Absence> {
    let place = address(host, port);
    let start = Instant::now();
    let found = listed(host, port, Deadline::after(deadline)).await;
    debug!(
        endpoint = place,
        operation = "browse",
        rows = found.as_ref().map_or(0, Vec::len),
        failed = found.as_ref().err().map(|trouble| trouble.cause.word()),
        duration_ms = start.elapsed().as_millis(),
        "asked the browser"
    );
    let found = found.map_err(|trouble| trouble.at(&place.as_str().into()))?;
    Ok(found.iter().map(Instance::row).collect())
}

/// What the browsers of this machine's network say to a question that goes to all of them; listens for so long.
pub async fn everybody(port: u16, listen: Duration) -> Result<Vec<Record>, Absence> {
    let found = shouted((Ipv4Addr::BROADCAST, port).into(), listen).await;
    let found = found.map_err(|trouble| trouble.at(&"broadcast".into()))?;
    Ok(found.iter().map(Instance::row).collect())
}

/// The port of one instance of a host.
///
/// Asks for that instance first, because the answer is short and comes whole; why there is none is told by the list.
pub(crate) async fn port_of(
    host: &str,
    port: u16,
    instance: &str,
    deadline: Deadline,
) -> Result<u16, Trouble> {
    let question = [&[4], instance.as_bytes(), &[0]].concat();
    let found = match asked(host, port, &question, deadline.share(2)).await {
        Ok(found) => found,
        // Silence is also what it has to say about an instance that it does not know.
        Err(trouble) if trouble.cause == Cause::Timeout => listed(host, port, deadline).await?,
        Err(trouble) => return Err(trouble),
    };
    let wanted = found
        .iter()
        .find(|found| found.name.eq_ignore_ascii_case(instance));
    let Some(wanted) = wanted else {
        let names: Vec<&str> = found.iter().map(|found| found.name.as_str()).collect();
        let names = clip(&names.join(", "));
        let detail = format!("the browser of {host} knows no instance {instance}; it knows {names}");
        return Err(Trouble::new(Cause::NotFound, detail));
    };
    wanted.port.ok_or_else(|| {
        let detail = format!("the instance {instance} of {host} takes no connections over TCP");
        Trouble::new(Cause::Unsupported, detail)
    })
}

/// The instances of a host.
pub(crate) async fn listed(host: &str, port: u16, deadline: Deadline) -> Result<Vec<Instance>, Trouble> {
    asked(host, port, &[3], deadline).await
}

/// Asks the first address of the host that answers.
async fn asked(host: &str, port: u16, question: &[u8], deadline: Deadline) -> Result<Vec<Instance>, Trouble> {
    let doing = format!("looking up {host}");
    let addresses = deadline.run(&doing, look_up(host, port)).await?;
    let mut last = Trouble::new(Cause::Unreachable, format!("{host} has no address"));
    for (tried, to) in addresses.iter().enumerate() {
        let share = deadline.share(addresses.len() - tried);
        match asked_at(host, *to, question, share).await {
            Err(trouble) if matches!(trouble.cause, Cause::Unreachable | Cause::Timeout) => last = trouble,
            done => return done,
        }
    }
    Err(last)
}

async fn asked_at(
    host: &str,
    to: SocketAddr,
    question: &[u8],
    deadline: Deadline,
) -> Result<Vec<Instance>, Trouble> {
    let place = address(host, to.port());
    let failed = |error: io::Error| match error.kind() {
        // What a closed port says to a datagram.
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => Trouble::new(
            Cause::Unreachable,
            format!("no browser listens at {place} (UDP): it is not running, or not installed"),
        ),
        _ => refused(&place, &error),
    };
    let socket = open(to).await.map_err(failed)?;
    // It hears nobody but the server.
    socket.connect(to).await.map_err(failed)?;
    let mut buffer = vec![0; usize::from(u16::MAX)];
    let doing =
        format!("asking the browser at {place} (UDP); it is not running, or a firewall is in the way");
    for left in (1..=TRIES).rev() {
        let work = async {
            socket.send(question).await.map_err(failed)?;
            let received = socket.recv(&mut buffer).await.map_err(failed)?;
            answer::read(&buffer[..received]).map_err(|why| garbage(&place, &why))
        };
        match deadline.share(left).run(&doing, work).await {
            Err(trouble) if trouble.cause == Cause::Timeout => {}
            done => return done,
        }
    }
    Err(deadline.missed(&doing))
}

/// Asks everybody and gathers what is said until the time is over; what cannot be read is passed over.
async fn shouted(to: SocketAddr, listen: Duration) -> Result<Vec<Instance>, Trouble> {
    let failed = |error: io::Error| {
        let why = clip(&error.to_string());
        Trouble::new(
            Cause::Unreachable,
            format!("this machine cannot ask everybody on its network: {why}"),
        )
    };
    let socket = open(to).await.map_err(failed)?;
    socket.set_broadcast(true).map_err(failed)?;
    socket.send_to(&[2], to).await.map_err(failed)?;
    let end = Instant::now() + listen;
    let mut buffer = vec![0; usize::from(u16::MAX)];
    let mut found: Vec<Instance> = Vec::new();
    while let Ok(received) = tokio::time::timeout_at(end, socket.recv_from(&mut buffer)).await {
        let (received, _) = received.map_err(failed)?;
        let told = answer::read(&buffer[..received]).unwrap_or_default();
        // A host with several addresses answers several times.
        for instance in told {
            if !found.contains(&instance) {
                found.push(instance);
            }
        }
        if found.len() > MOST {
            let detail = format!("more than {MOST} instances answered");
            return Err(Trouble::new(Cause::Truncated, detail));
        }
    }
    found.sort();
    Ok(found)
}

fn garbage(place: &str, why: &str) -> Trouble {
    let detail = format!("what answers at {place} (UDP) is not a browser: {why}");
    Trouble::new(Cause::Malformed, detail)
}

/// A socket on a port that nobody can foretell.
async fn open(to: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = match to {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    UdpSocket::bind(any).await
}
