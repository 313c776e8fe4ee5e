//! Questions to the servers of a pair: their databases, their Windows, their shells.

use std::time::Duration;

use serde_json::{Map, Value};

use super::probe::Asking;
use crate::catalogue::{Command, HostAsk, On, PackSource, RegistryAsk, ShellAsk, TdsAsk};
use crate::facts::{Absence, Cause, FactValue, Record, to_json};
use crate::transport::host::{self, FilePart, Host, Question, RegistryPart};
use crate::transport::tds::Query;

/// How long a command of this machine may take that says nothing else.
const LOCAL_DEADLINE: Duration = Duration::from_secs(30);

impl Asking<'_> {
    pub(super) async fn tds(&self, ask: &TdsAsk) -> Result<Vec<Record>, Absence> {
        let params = ask.params.iter().map(|param| self.value(param));
        let database = match &ask.database {
            None => None,
            Some(name) => match self.value(name)? {
                FactValue::Text(name) => Some(name.to_string()),
                FactValue::Nothing => None,
                other => return Err(self.malformed(&format!("`database` gave a {}", other.kind()))),
            },
        };
        let query = Query {
            text: self.text(&ask.query)?,
            params: params.collect::<Result<_, _>>()?,
            database,
        };
        let (transports, pair) = (&self.run.transports, self.run.request.pair);
        let name = self.endpoint_name()?;
        let tds = transports.tds(name)?;
        match pair.endpoint(name).and_then(|endpoint| pair.through(endpoint)) {
            None => tds.query(&query).await,
            Some(host) => {
                tds.query_through(&transports.host(&host.name, None)?, &query)
                    .await
            }
        }
    }

    pub(super) async fn host(&self, ask: &HostAsk) -> Result<Vec<Record>, Absence> {
        let question = self.question(ask)?;
        self.asked_host()?.ask(&question).await
    }

    pub(super) async fn shell(&self, ask: &ShellAsk) -> Result<Vec<Record>, Absence> {
        self.trusted()?;
        let command = match &ask.command {
            Command::PowerShell(text) => host::Command::PowerShell(text.to_string()),
            Command::Run(words) => host::Command::Run(words.clone()),
        };
        let given = ask.input.iter();
        let given = given.map(|(name, value)| Ok((name.to_string(), to_json(&self.value(value)?))));
        let input = Value::Object(given.collect::<Result<Map<_, _>, Absence>>()?);
        if matches!(self.probe.on, On::Local) {
            let deadline = self.deadline()?.unwrap_or(LOCAL_DEADLINE);
            return host::local(&command, &input, deadline).await;
        }
        self.asked_host()?.ask(&Question::Shell { command, input }).await
    }

    /// Whether the pack of the probe may run programs.
    fn trusted(&self) -> Result<(), Absence> {
        let request = self.run.request;
        let pack = request
            .catalogue
            .packs
            .iter()
            .find(|pack| pack.name == self.probe.pack);
        if pack.is_some_and(|pack| pack.is_trusted(request.trusted)) {
            return Ok(());
        }
        let folder = match pack.map(|pack| &pack.origin) {
            Some(PackSource::Folder(folder)) => folder.display().to_string(),
            _ => "PACK".to_owned(),
        };
        let detail = format!(
            "the pack `{}` would run a program and is not trusted; look at it, then: standin trust {folder}",
            self.probe.pack
        );
        Err(Absence::new(
            Cause::NotCollected,
            format!("pack {}", self.probe.pack),
            detail,
        ))
    }

    /// The host that the probe asks.
    fn asked_host(&self) -> Result<Host, Absence> {
        let other = match &self.probe.on {
            On::Host(host) => Some(self.text(host)?).filter(|host| !host.is_empty()),
            _ => None,
        };
        let host = self
            .run
            .transports
            .host(self.endpoint_name()?, other.as_deref())?;
        // A probe's own limit replaces the endpoint's, else a longer one would mean nothing.
        Ok(match self.deadline()? {
            Some(limit) => host.within(limit),
            None => host,
        })
    }

    fn question(&self, ask: &HostAsk) -> Result<Question, Absence> {
        let name = |phrase: &Option<_>| phrase.as_ref().map(|phrase| self.text(phrase)).transpose();
        Ok(match ask {
            HostAsk::Service { name: asked } => Question::Service { name: name(asked)? },
            HostAsk::Share { name: asked } => Question::Share { name: name(asked)? },
            HostAsk::Group { name } => Question::Group {
                name: self.text(name)?,
            },
            HostAsk::Disk => Question::Disk,
            HostAsk::File { path, columns } => Question::File {
                path: self.text(path)?,
                want: columns.iter().filter_map(|column| part(column)).collect(),
            },
            HostAsk::Registry { key, what, view32 } => Question::Registry {
                key: self.text(key)?,
                what: match what {
                    RegistryAsk::Value(name) => RegistryPart::Value(self.text(name)?),
                    RegistryAsk::Values => RegistryPart::Values,
                    RegistryAsk::Keys => RegistryPart::Keys,
                },
                view32: *view32,
            },
        })
    }
}

/// What of a file a column needs; its path and kind come for nothing.
fn part(column: &str) -> Option<FilePart> {
    Some(match column {
        "size" => FilePart::Size,
        "modified" => FilePart::Modified,
        "version" => FilePart::Version,
        "product_version" => FilePart::ProductVersion,
        "sha256" => FilePart::Sha256,
        _ => return None,
    })
}
