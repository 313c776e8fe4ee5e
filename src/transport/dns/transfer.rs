//! Reads a whole zone (AXFR).
//!
//! A zone begins and ends with its start of authority; what breaks off before is no answer, because a list that
//! may lack records proves nothing about those that it lacks.

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{Name, Record as Resource, RecordType};

use super::super::Trouble;
use super::super::deadline::Deadline;
use super::super::local::unix_seconds;
use super::exchange::Stream;
use super::judge::refusal;
use super::message::Request;
use super::names::show;
use super::sign::Verifier;
use super::{Dns, authority, question, rows};
use crate::facts::{Cause, Record};

/// Records of a zone that are read.
const MOST_RECORDS: usize = 100_000;
/// Bytes of a zone that are read.
const MOST_BYTES: usize = 32 << 20;

impl Dns {
    pub(super) async fn read_zone(&self, zone: &Name, deadline: Deadline) -> Result<Vec<Record>, Trouble> {
        let mut message = question(zone, RecordType::AXFR, false);
        let signer = self.signer()?;
        let verifier = signer
            .map(|signer| signer.sign(&mut message, unix_seconds()))
            .transpose()?;
        let request = Request::new(&message)?;
        let mut stream = Stream::open(&self.server.host, self.server.port, deadline).await?;
        let doing = format!("reading the zone {} from {}", show(zone), self.server.place());
        let whole = deadline
            .run(&doing, self.read_all(zone, &request, &mut stream, verifier))
            .await?;
        Ok(rows::rows(&whole, true))
    }

    async fn read_all(
        &self,
        zone: &Name,
        request: &Request,
        stream: &mut Stream,
        mut verifier: Option<Verifier<'_>>,
    ) -> Result<Vec<Resource>, Trouble> {
        stream.send(request).await?;
        let mut reading = Reading::new(zone);
        while !reading.complete {
            let reply = stream
                .answer(request, &self.server)
                .await
                .map_err(|trouble| reading.broken(trouble))?;
            if let Some(verifier) = &mut verifier {
                verifier.next(&reply.raw, &reply.message)?;
            }
            reading.take(reply.message, reply.raw.len())?;
        }
        verifier.map_or(Ok(()), Verifier::finish)?;
        Ok(reading.records)
    }
}

/// A zone as far as it has come.
struct Reading<'z> {
    zone: &'z Name,
    records: Vec<Resource>,
    bytes: usize,
    complete: bool,
}

impl<'z> Reading<'z> {
    fn new(zone: &'z Name) -> Self {
        Self {
            zone,
            records: Vec::new(),
            bytes: 0,
            complete: false,
        }
    }

    fn take(&mut self, message: Message, length: usize) -> Result<(), Trouble> {
        if message.response_code != ResponseCode::NoError {
            return Err(self.refused(message.response_code));
        }
        self.bytes += length;
        if message.answers.is_empty() {
            return Err(self.malformed("a message of the transfer holds no records"));
        }
        for record in message.answers {
            if self.complete {
                return Err(self.malformed("records follow the end of the zone"));
            }
            self.add(record)?;
        }
        Ok(())
    }

    fn add(&mut self, record: Resource) -> Result<(), Trouble> {
        let start = authority(&record).map(|(apex, soa)| (apex.clone(), soa.serial));
        match (self.records.first().and_then(authority), start) {
            (None, Some((apex, _))) if apex == *self.zone => self.records.push(record),
            (None, _) => {
                return Err(self.malformed("the transfer does not begin with the zone's start of authority"));
            }
            (Some((_, first)), Some((_, serial))) => {
                if first.serial != serial {
                    return Err(self.malformed("the zone changed during its transfer"));
                }
                self.complete = true;
            }
            (Some(_), None) => self.records.push(record),
        }
        if self.records.len() > MOST_RECORDS || self.bytes > MOST_BYTES {
            return Err(Trouble::new(
                Cause::Truncated,
                format!(
                    "the zone {} is too large: more than {MOST_RECORDS} records or {MOST_BYTES} bytes",
                    show(self.zone)
                ),
            ));
        }
        Ok(())
    }

    fn malformed(&self, why: &str) -> Trouble {
        Trouble::new(
            Cause::Malformed,
            format!("the transfer of {} cannot be used: {why}", show(self.zone)),
        )
    }

    fn refused(&self, code: ResponseCode) -> Trouble {
        match code {
            ResponseCode::Refused => Trouble::new(
                Cause::Denied,
                format!("the server refuses the transfer of {} (REFUSED)", show(self.zone)),
            ),
            other => refusal(other, &show(self.zone)),
        }
    }

    /// What happened within the zone, and how far it had come.
    fn broken(&self, trouble: Trouble) -> Trouble {
        if self.records.is_empty() {
            return trouble;
        }
        let (zone, got) = (show(self.zone), self.records.len());
        Trouble::new(
            trouble.cause,
            format!(
                "the transfer of {zone} broke off after {got} records: {}",
                trouble.detail
            ),
        )
    }
}
