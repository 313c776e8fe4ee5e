//! Questions to hosts that no endpoint names: whether they answer, and what they say of themselves to anybody.

use std::time::Duration;

use super::probe::Asking;
use crate::catalogue::{BrowserAsk, Phrase};
use crate::facts::{Absence, Cause, FactValue, Record};
use crate::transport::{browser, tcp, tds};

/// How long one of them may take that says nothing else.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);
/// How long a browser may keep silent: many are switched off.
const BROWSER: Duration = Duration::from_secs(4);
/// How long answers to a question to all are listened for.
const LISTEN: Duration = Duration::from_secs(3);

impl Asking<'_> {
    /// Connects to the first of these hosts that accepts it; blanks stand between them.
    pub(super) async fn tcp(
        &self,
        hosts: &Phrase,
        port: &Phrase,
        greets: bool,
    ) -> Result<Vec<Record>, Absence> {
        let (hosts, port) = (self.text(hosts)?, self.port(port)?);
        let detail = format!("{}: there is no host to connect to", self.path);
        let mut outcome = Err(Absence::new(Cause::NotFound, self.path.to_string(), detail));
        let hosts: Vec<&str> = hosts.split_whitespace().collect();
        let share = DEADLINE / u32::try_from(hosts.len().max(1)).unwrap_or(u32::MAX);
        for host in hosts {
            outcome = if greets {
                tds::greeting(host, port, share).await
            } else {
                tcp::tcp_reach(host, port, share).await.map(reached)
            };
            if outcome.is_ok() {
                break;
            }
        }
        outcome.map(|row| vec![row])
    }

    pub(super) async fn browser(&self, ask: &BrowserAsk) -> Result<Vec<Record>, Absence> {
        match ask {
            BrowserAsk::Everybody => browser::everybody(browser::PORT, LISTEN).await,
            BrowserAsk::Host { host, port } => {
                let port = port.as_ref().map(|port| self.port(port)).transpose()?;
                browser::instances(&self.text(host)?, port.unwrap_or(browser::PORT), BROWSER).await
            }
        }
    }

    fn port(&self, phrase: &Phrase) -> Result<u16, Absence> {
        let text = self.text(phrase)?;
        text.parse()
            .map_err(|_| self.malformed(&format!("`{text}` is no port")))
    }
}

fn reached(took: Duration) -> Record {
    let milliseconds = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
    [
        ("open", FactValue::Bool(true)),
        ("milliseconds", milliseconds.into()),
    ]
    .into_iter()
    .collect()
}
