//! A server of the pair: is it found, does its port answer, is the secret there, is TLS trusted, does it let us in?

use tokio::time::Instant;

use super::{Fetched, Health, Looks, found, put_secret, reached, since};
use crate::collect::transports::Config;
use crate::facts::{Absence, Cause};
use crate::pair::{Credential, Endpoint, Protocol};
use crate::transport::host::{Host, Question};
use crate::transport::tds::{Query, Tds};
use crate::transport::tls_reach;

pub(super) async fn examine(endpoint: &Endpoint, fetched: &Fetched, looks: &mut Looks) {
    let (server, port) = endpoint.protocol.address();
    if !found(server, looks).await {
        return;
    }
    let Some(config) = fetched.get(&endpoint.name) else {
        return;
    };
    let port = match port {
        Some(port) => Some(port),
        None => port_of_instance(endpoint, config, looks).await,
    };
    let Some(port) = port else { return };
    if !reached(server, port, endpoint.deadline, looks).await {
        return;
    }
    if let Some(reference) = endpoint.protocol.secret()
        && !put_secret(&reference.source, config, looks)
    {
        return;
    }
    match config {
        Ok(Config::Tds(config)) => database(&Tds::new(config.as_ref().clone()), endpoint, looks).await,
        Ok(Config::Host(config)) => host(&Host::new(config.as_ref().clone()), endpoint, looks).await,
        Ok(_) => {}
        // It was told beside the secret.
        Err(why) => looks.absent("log-on", Health::Error, why),
    }
}

/// A database that a host asks in our place: the steps to that host are told at its own endpoint.
pub(super) async fn examine_through(endpoint: &Endpoint, host: &str, fetched: &Fetched, looks: &mut Looks) {
    let configs = (fetched.get(&endpoint.name), fetched.get(host));
    let (Some(own), Some(Ok(Config::Host(carrier)))) = configs else {
        let detail = format!("`{host}`, which asks in its place, cannot be used; see there");
        return looks.add("log-on", Health::Error, detail, None);
    };
    if let Some(reference) = endpoint.protocol.secret()
        && !put_secret(&reference.source, own, looks)
    {
        return;
    }
    let Ok(Config::Tds(config)) = own else { return };
    let start = Instant::now();
    let tds = Tds::new(config.as_ref().clone());
    let answer = tds
        .query_through(&Host::new(carrier.as_ref().clone()), &one())
        .await;
    match answer {
        Ok(_) => {
            let detail = format!(
                "as {} through {host} ({} ms)",
                who(&endpoint.protocol),
                since(start)
            );
            looks.good("log-on", detail);
        }
        Err(why) => looks.absent("log-on", Health::Error, &why),
    }
}

/// The cheapest question that there is.
fn one() -> Query {
    Query {
        text: "SELECT 1 AS one".to_owned(),
        ..Query::default()
    }
}

/// Where the instance listens, as the browser says.
async fn port_of_instance(
    endpoint: &Endpoint,
    config: &Result<Config, Absence>,
    looks: &mut Looks,
) -> Option<u16> {
    let Protocol::Tds { instance, .. } = &endpoint.protocol else {
        return None;
    };
    let instance = instance.as_deref().unwrap_or_default();
    let Ok(Config::Tds(config)) = config else {
        // Without its secret there is nobody to ask with.
        if let (Some(reference), Err(_)) = (endpoint.protocol.secret(), config) {
            put_secret(&reference.source, config, looks);
        }
        return None;
    };
    match Tds::new(config.as_ref().clone()).port().await {
        Ok(port) => {
            looks.good(
                "instance",
                format!("{instance} listens on {port}, says the browser"),
            );
            Some(port)
        }
        Err(why) => {
            let next = "start the browser and open UDP 1434, or write `port` instead of `instance`";
            looks.add(
                "instance",
                Health::Error,
                why.detail.as_ref(),
                Some(next.to_owned()),
            );
            None
        }
    }
}

async fn database(tds: &Tds, endpoint: &Endpoint, looks: &mut Looks) {
    match tds.shakes_hands().await {
        Ok(version) => looks.good(
            "TLS",
            format!("the certificate is verified; the server is version {version}"),
        ),
        Err(why) => return not_trusted(&why, looks),
    }
    let start = Instant::now();
    match tds.query(&one()).await {
        Ok(_) => looks.good(
            "log-on",
            format!("as {} ({} ms)", who(&endpoint.protocol), since(start)),
        ),
        Err(why) => looks.absent("log-on", Health::Error, &why),
    }
}

async fn host(host: &Host, endpoint: &Endpoint, looks: &mut Looks) {
    if let Protocol::Winrm { server, port, ca, .. } = &endpoint.protocol {
        match tls_reach(server, *port, ca.as_deref(), endpoint.deadline).await {
            Ok(()) => looks.good("TLS", "HTTPS, the certificate is verified"),
            Err(why) => return not_trusted(&why, looks),
        }
    }
    let start = Instant::now();
    // Every Windows has this service, and asking for one is cheap.
    let question = Question::Service {
        name: Some("LanmanServer".to_owned()),
    };
    let answer = host.ask(&question).await;
    let in_time = format!("as {} ({} ms)", who(&endpoint.protocol), since(start));
    match answer {
        Ok(_) => looks.good("log-on", in_time),
        // Who is refused an answer was let in before.
        Err(why) if matches!(why.cause, Cause::Denied | Cause::NotFound) => looks.good("log-on", in_time),
        Err(why) => looks.absent("log-on", Health::Error, &why),
    }
}

/// The detail tells what to do about a certificate.
fn not_trusted(why: &Absence, looks: &mut Looks) {
    let next = (why.cause == Cause::Timeout).then(|| why.cause.hint().to_owned());
    looks.add("TLS", Health::Error, why.detail.as_ref(), next);
}

/// Who logs on.
fn who(protocol: &Protocol) -> &str {
    match protocol {
        Protocol::Ssh { user, .. } => user,
        Protocol::Tds {
            through: Some(_),
            credential: Credential::Anonymous,
            ..
        } => "the account of that host's log-on",
        Protocol::Tds { credential, .. }
        | Protocol::Rpc { credential, .. }
        | Protocol::Winrm { credential, .. } => match credential {
            Credential::Password { user, .. } => user,
            Credential::Kerberos => "the owner of the Kerberos ticket",
            Credential::Anonymous => "nobody",
        },
        Protocol::Ldap { .. } | Protocol::Dns { .. } | Protocol::Tcp { .. } => "nobody",
    }
}
