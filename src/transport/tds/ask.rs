//! One question and its answer.

use std::sync::Arc;

use futures_util::TryStreamExt as _;
use tiberius::error::Error;
use tiberius::{ColumnData, QueryItem, ToSql};

use super::connect::Connection;
use super::rows::Columns;
use super::wire::{End, Line};
use super::{Query, TdsConfig, codes};
use crate::facts::{Cause, FactValue, Record};
use crate::transport::deadline::Deadline;
use crate::transport::{Trouble, clip};

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server said no; the connection is as good as before.
    Refused(Trouble),
    /// The connection ended before there was a row: another one may do better.
    Lost(Trouble),
    /// The connection is of no use any more, and neither would another be.
    Broken(Trouble),
}

impl Failure {
    pub(super) fn into_trouble(self) -> Trouble {
        match self {
            Self::Refused(trouble) | Self::Lost(trouble) | Self::Broken(trouble) => trouble,
        }
    }
}

/// A value as a parameter of a question.
pub(super) enum Param {
    Text(Arc<str>),
    Int(i64),
    Bool(bool),
    Bytes(Arc<[u8]>),
    Nothing,
}

impl ToSql for Param {
    fn to_sql(&self) -> ColumnData<'_> {
        match self {
            Self::Text(text) => ColumnData::String(Some(text.as_ref().into())),
            Self::Int(number) => ColumnData::I64(Some(*number)),
            Self::Bool(truth) => ColumnData::Bit(Some(*truth)),
            Self::Bytes(bytes) => ColumnData::Binary(Some(bytes.as_ref().into())),
            Self::Nothing => ColumnData::String(None),
        }
    }
}

/// A question as it is sent.
pub(super) struct Question {
    /// It goes out as one call for which the chosen database holds and after which it does not, so that a connection
    /// serves one database after the other.
    pub(super) text: String,
    pub(super) params: Vec<Param>,
    /// What the question is about, for messages.
    pub(super) subject: String,
}

impl Question {
    pub(super) fn new(query: &Query) -> Result<Self, Trouble> {
        Self::of(&query.text, &query.params, query.database.as_deref())
    }

    pub(super) fn of(text: &str, params: &[FactValue], database: Option<&str>) -> Result<Self, Trouble> {
        let params = params.iter().enumerate().map(param);
        Ok(Self {
            text: match database {
                Some(database) => format!("USE {};\n{text}", bracketed(database)?),
                None => text.to_owned(),
            },
            params: params.collect::<Result<_, _>>()?,
            subject: match database {
                Some(database) => format!("database {}", clip(database)),
                None => String::new(),
            },
        })
    }
}

/// Values of other kinds have no place in a question.
fn param((at, value): (usize, &FactValue)) -> Result<Param, Trouble> {
    Ok(match value {
        FactValue::Nothing => Param::Nothing,
        FactValue::Bool(truth) => Param::Bool(*truth),
        FactValue::Int(number) => Param::Int(*number),
        FactValue::Bytes(bytes) => Param::Bytes(Arc::clone(bytes)),
        FactValue::Text(text) | FactValue::Host(text) => Param::Text(Arc::clone(text)),
        FactValue::Version(_)
        | FactValue::Ip(_)
        | FactValue::Subnet(_)
        | FactValue::Path(_)
        | FactValue::Dn(_)
        | FactValue::Sid(_)
        | FactValue::Time(_) => Param::Text(value.to_string().into()),
        FactValue::Absent(why) => return Err(Trouble::new(why.cause, &*why.detail)),
        other => {
            let (number, kind) = (at + 1, other.kind());
            let detail =
                format!("the parameter @P{number} is of the kind {kind}, which a query has no place for");
            return Err(Trouble::new(Cause::Malformed, detail));
        }
    })
}

/// The name of a database as one token.
fn bracketed(name: &str) -> Result<String, Trouble> {
    let length = name.encode_utf16().count();
    if !(1..=128).contains(&length) || name.contains('\0') {
        let detail = format!("`{}` is not the name of a database", clip(name));
        return Err(Trouble::new(Cause::Malformed, detail));
    }
    Ok(format!("[{}]", name.replace(']', "]]")))
}

impl Connection {
    /// Asks, and reads the answer to its end.
    pub(super) async fn query(
        &mut self,
        question: &Question,
        config: &TdsConfig,
        place: &str,
        deadline: Deadline,
    ) -> Result<Vec<Record>, Failure> {
        self.line.expect(config.max_bytes);
        let about = if question.subject.is_empty() { "" } else { ", " };
        let doing = format!("asking {place}{about}{}", question.subject);
        let work = async { Ok(self.answer(question, config, place).await) };
        deadline.run(&doing, work).await.map_err(Failure::Broken)?
    }

    async fn answer(
        &mut self,
        question: &Question,
        config: &TdsConfig,
        place: &str,
    ) -> Result<Vec<Record>, Failure> {
        let line = Arc::clone(&self.line);
        let failed = |error: &Error| explain(place, &question.subject, error, &line);
        let params: Vec<&dyn ToSql> = question.params.iter().map(|param| param as &dyn ToSql).collect();
        let mut table = Table::new(config, place);
        let mut stream = self
            .client
            .query(&question.text, &params)
            .await
            .map_err(|error| failed(&error))?;
        loop {
            match stream.try_next().await {
                Ok(Some(item)) => table.take(item).map_err(Failure::Broken)?,
                Ok(None) => return Ok(table.rows),
                Err(error) => {
                    let failure = failed(&error);
                    return Err(match failure {
                        Failure::Lost(trouble) if !table.rows.is_empty() => Failure::Broken(trouble),
                        failure => failure,
                    });
                }
            }
        }
    }
}

/// The rows of one answer.
struct Table<'a> {
    config: &'a TdsConfig,
    place: &'a str,
    columns: Option<Columns>,
    rows: Vec<Record>,
}

impl<'a> Table<'a> {
    fn new(config: &'a TdsConfig, place: &'a str) -> Self {
        Self {
            config,
            place,
            columns: None,
            rows: Vec::new(),
        }
    }

    fn take(&mut self, item: QueryItem) -> Result<(), Trouble> {
        match item {
            QueryItem::Metadata(metadata) => self.columns(metadata.columns()),
            QueryItem::Row(_) if self.rows.len() >= self.config.max_rows => Err(Trouble::new(
                Cause::Truncated,
                format!(
                    "the answer of {} has more than {} rows",
                    self.place, self.config.max_rows
                ),
            )),
            QueryItem::Row(row) => {
                let columns = self.columns.as_ref();
                let record = columns.and_then(|columns| columns.record(row, &self.config.endpoint));
                self.rows
                    .push(record.ok_or_else(|| garbage(self.place, "a row does not fit its columns"))?);
                Ok(())
            }
        }
    }

    /// Several tables are one answer when they have the same columns.
    fn columns(&mut self, columns: &[tiberius::Column]) -> Result<(), Trouble> {
        let malformed = |why: String| Trouble::new(Cause::Malformed, format!("{}: {why}", self.place));
        let columns = Columns::of(columns).map_err(malformed)?;
        if self
            .columns
            .as_ref()
            .is_some_and(|before| !before.same_names(&columns))
        {
            return Err(malformed(
                "the query gives several tables with different columns".to_owned(),
            ));
        }
        self.columns = Some(columns);
        Ok(())
    }
}

pub(super) fn garbage(place: &str, why: &str) -> Trouble {
    Trouble::new(
        Cause::Malformed,
        format!("what {place} sends is not what TDS demands: {why}"),
    )
}

/// What the library's error means.
pub(super) fn explain(place: &str, subject: &str, error: &Error, line: &Line) -> Failure {
    if let Error::Server(error) = error {
        let trouble = codes::explain(place, subject, error);
        return if error.class() < codes::FATAL {
            Failure::Refused(trouble)
        } else {
            Failure::Broken(trouble)
        };
    }
    if let Some(end) = line.end() {
        let trouble = end.trouble(place);
        return if end.lost() {
            Failure::Lost(trouble)
        } else {
            Failure::Broken(trouble)
        };
    }
    Failure::Broken(match error {
        Error::Routing { host, port } => Trouble::new(
            Cause::Unsupported,
            format!(
                "{place} sends readers on to {}:{port}; name the server itself, not a listener",
                clip(host)
            ),
        ),
        Error::Encoding(_) | Error::Utf8 | Error::Utf16 => Trouble::new(
            Cause::Malformed,
            format!(
                "a text in the answer of {place} is not valid in its character set; write CAST(... AS nvarchar(4000))"
            ),
        ),
        Error::Io { message, .. } => End::Broken(clip(message)).trouble(place),
        other => ticket(place, other).unwrap_or_else(|| garbage(place, &clip(&other.to_string()))),
    })
}

#[cfg(all(feature = "kerberos", unix))]
fn ticket(place: &str, error: &Error) -> Option<Trouble> {
    match error {
        Error::Gssapi(why) => Some(crate::transport::ticket::explain(
            place,
            "the database server",
            why,
        )),
        _ => None,
    }
}

#[cfg(not(all(feature = "kerberos", unix)))]
fn ticket(_: &str, _: &Error) -> Option<Trouble> {
    None
}
