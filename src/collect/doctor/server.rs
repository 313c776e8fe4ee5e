//! A server of the pair: is it found, does its port answer, is the secret there, does it let us in?

use tokio::time::Instant;

use super::{Fetched, Health, Looks, found, put_secret, reached, since};
use crate::collect::transports::Config;
use crate::facts::{Absence, Record};
use crate::pair::Endpoint;
use crate::transport::host::{Host, Question};
use crate::transport::tds::{Query, Tds};

pub(super) async fn examine(endpoint: &Endpoint, fetched: &Fetched, looks: &mut Looks) {
    let (server, port) = endpoint.protocol.address();
    if !found(server, looks).await {
        return;
    }
    // Where a browser knows the port, asking it is part of logging on.
    if let Some(port) = port
        && !reached(server, port, endpoint.deadline, looks).await
    {
        return;
    }
    let Some(config) = fetched.get(&endpoint.name) else {
        return;
    };
    if let Some(reference) = endpoint.protocol.secret()
        && !put_secret(&reference.source, config, looks)
    {
        return;
    }
    let start = Instant::now();
    match asked(config).await {
        Ok(_) => looks.good(
            "log-on",
            format!("it lets us in and answers ({} ms)", since(start)),
        ),
        Err(why) => looks.absent("log-on", Health::Error, &why),
    }
}

/// Asks what every such server can answer.
async fn asked(config: &Result<Config, Absence>) -> Result<Vec<Record>, Absence> {
    match config {
        Ok(Config::Tds(config)) => {
            let query = Query {
                text: "SELECT 1 AS one".to_owned(),
                ..Query::default()
            };
            Tds::new(config.as_ref().clone()).query(&query).await
        }
        Ok(Config::Host(config)) => {
            let question = Question::Service { name: None };
            Host::new(config.as_ref().clone()).ask(&question).await
        }
        Ok(_) => Ok(Vec::new()),
        Err(why) => Err(why.clone()),
    }
}
