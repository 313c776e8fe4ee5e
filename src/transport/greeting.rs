//! What a database server says of itself before anybody logs on (MS-TDS, pre-login).
//!
//! One packet there and one back, in the open, without a name or a password: enough to know that such a server
//! listens and which version it has. What it says is not proven. A server that speaks nothing but TLS from the first
//! byte on hangs up instead.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tracing::debug;

use super::deadline::Deadline;
use super::tcp::{address, connect};
use super::{Trouble, clip};
use crate::facts::{Absence, Cause, FactValue, Record};

/// Kinds of packets, and the mark of the last one of a message.
const PRE_LOGIN: u8 = 0x12;
const REPLY: u8 = 0x04;
const LAST: u8 = 0x01;
const HEADER: usize = 8;

/// What stands in a pre-login message, and its end.
const VERSION: u8 = 0;
const ENCRYPTION: u8 = 1;
const INSTANCE: u8 = 2;
const END: u8 = 0xff;

/// The longest reply that is read.
const LONGEST: usize = 4_096;

/// Whether such a server listens there, and what it says of itself: `open milliseconds version encryption`.
pub async fn greeting(host: &str, port: u16, deadline: Duration) -> Result<Record, Absence> {
    let start = Instant::now();
    let outcome = exchanged(host, port, Deadline::after(deadline)).await;
    let took = start.elapsed().as_millis();
    let place = address(host, port);
    debug!(
        endpoint = place,
        operation = "greet",
        failed = outcome.as_ref().err().map(|trouble| trouble.cause.word()),
        duration_ms = took,
        "asked for a greeting"
    );
    let said = outcome.map_err(|trouble| trouble.at(&place.as_str().into()))?;
    let milliseconds = i64::try_from(took).unwrap_or(i64::MAX);
    Ok(Record::from_iter([
        ("open", true.into()),
        ("milliseconds", milliseconds.into()),
        ("version", FactValue::text(said.version)),
        ("encryption", said.encryption.into()),
    ]))
}

#[derive(Debug, PartialEq, Eq)]
struct Said {
    version: String,
    encryption: &'static str,
}

async fn exchanged(host: &str, port: u16, deadline: Deadline) -> Result<Said, Trouble> {
    let place = address(host, port);
    let mut stream = connect(host, port, deadline).await?;
    let doing = format!("waiting for the greeting of {place}");
    let reply = deadline.run(&doing, reply(&mut stream, &place)).await?;
    read(&reply).map_err(|why| {
        let detail = format!("what answers at {place} is no database server: {why}");
        Trouble::new(Cause::Malformed, detail)
    })
}

/// Sends the question; the payload of the one packet that comes back.
async fn reply(stream: &mut TcpStream, place: &str) -> Result<Vec<u8>, Trouble> {
    let hung_up = |error: std::io::Error| {
        let why = clip(&error.to_string());
        let detail = format!("{place} takes the connection, but gives no greeting: {why}");
        Trouble::new(Cause::Unsupported, detail)
    };
    stream.write_all(&question()).await.map_err(hung_up)?;
    let mut header = [0; HEADER];
    stream.read_exact(&mut header).await.map_err(hung_up)?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    if header[0] != REPLY || !(HEADER..=LONGEST).contains(&length) {
        let detail = format!("what answers at {place} is no database server");
        return Err(Trouble::new(Cause::Malformed, detail));
    }
    let mut payload = vec![0; length - HEADER];
    stream.read_exact(&mut payload).await.map_err(hung_up)?;
    Ok(payload)
}

/// The question: our version, which nobody looks at, no wish for encryption, no instance.
fn question() -> Vec<u8> {
    let values: [(u8, &[u8]); 3] = [(VERSION, &[0; 6]), (ENCRYPTION, &[0]), (INSTANCE, &[0])];
    let mut offset = u16::try_from(values.len() * 5 + 1).expect("three options are short");
    let mut options = Vec::new();
    let mut data = Vec::new();
    for (name, value) in values {
        let length = u16::try_from(value.len()).expect("a value is short");
        options.push(name);
        options.extend(offset.to_be_bytes());
        options.extend(length.to_be_bytes());
        data.extend(value);
        offset += length;
    }
    options.push(END);
    let length = u16::try_from(HEADER + options.len() + data.len()).expect("the question is short");
    let [high, low] = length.to_be_bytes();
    [&[PRE_LOGIN, LAST, high, low, 0, 0, 0, 0], &*options, &*data].concat()
}

/// Reads the options of a reply.
fn read(payload: &[u8]) -> Result<Said, String> {
    let mut found = [None; 2];
    let mut rest = payload;
    loop {
        match rest {
            [END, ..] => break,
            [name, a, b, c, d, more @ ..] => {
                let at = usize::from(u16::from_be_bytes([*a, *b]));
                let length = usize::from(u16::from_be_bytes([*c, *d]));
                let value = payload.get(at..at + length);
                let value = value.ok_or_else(|| format!("option {name} lies outside of its packet"))?;
                if let Some(place) = found.get_mut(usize::from(*name)) {
                    *place = Some(value);
                }
                rest = more;
            }
            _ => return Err("its options have no end".to_owned()),
        }
    }
    let Some([major, minor, build @ .., _, _]) = found[usize::from(VERSION)] else {
        return Err("it names no version".to_owned());
    };
    let &[high, low] = build else {
        return Err("it names no version".to_owned());
    };
    Ok(Said {
        version: format!("{major}.{minor}.{}", u16::from_be_bytes([high, low])),
        encryption: match found[usize::from(ENCRYPTION)] {
            Some([0, ..]) => "off",
            Some([1, ..]) => "on",
            Some([3, ..]) => "required",
            _ => "unsupported",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// The reply of a server of version 15.0.4123 that wants encryption.
    const REAL: &[u8] = &[
        4, 1, 0, 26, 0, 0, 1, 0, 0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 255, 15, 0, 0x10, 0x1b, 0, 0, 3,
    ];

    /// A server that answers whatever it is asked with these bytes; its port.
    async fn server(answer: &'static [u8]) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut asked = [0; 64];
                let _ = stream.read(&mut asked).await;
                let _ = stream.write_all(answer).await;
            }
        });
        port
    }

    async fn greeted(answer: &'static [u8]) -> Result<Record, Absence> {
        greeting("127.0.0.1", server(answer).await, Duration::from_millis(500)).await
    }

    #[tokio::test]
    async fn a_server_tells_its_version_to_anybody() {
        let row = greeted(REAL).await.unwrap();
        assert_eq!(row.get("version").unwrap().to_string(), "15.0.4123");
        assert_eq!(row.get("encryption").unwrap().to_string(), "required");
        assert!(row.get("milliseconds").is_some());
    }

    #[tokio::test]
    async fn what_is_no_such_server_is_told() {
        let rows: [(&[u8], Cause); 5] = [
            (b"", Cause::Unsupported),
            (b"220 mail.corp.example ESMTP\r\n", Cause::Malformed),
            (&REAL[..20], Cause::Unsupported),
            (&[4, 1, 0, 9, 0, 0, 1, 0, 255], Cause::Malformed),
            (&[4, 1, 0xff, 0xff, 0, 0, 1, 0], Cause::Malformed),
        ];
        for (answer, cause) in rows {
            let why = greeted(answer).await.unwrap_err();
            assert_eq!(why.cause, cause, "{answer:?}: {}", why.detail);
        }
    }

    #[test]
    fn the_question_is_as_the_protocol_wants_it() {
        let question = question();
        assert_eq!(question.len(), usize::from(question[3]));
        assert_eq!(question[HEADER..HEADER + 5], [VERSION, 0, 16, 0, 6]);
        assert_eq!(question[HEADER + 15], END);
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..60)) {
            let _ = read(&bytes);
        }
    }
}
