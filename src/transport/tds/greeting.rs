//! What a database server says of itself before anybody logs on (MS-TDS, pre-login).
//!
//! One packet there and one back, in the open, without a name or a password: enough to know that such a server
//! listens and which version it has. What it says is not proven. A server that speaks nothing but TLS from the first
//! byte on hangs up instead.

use std::time::Duration;

use tokio::time::Instant;
use tracing::debug;

use super::secure;
use crate::facts::{Absence, FactValue, Record};
use crate::transport::Trouble;
use crate::transport::deadline::Deadline;
use crate::transport::tcp::{address, connect};

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
    let greeting = deadline.run(&doing, secure::greeted(&mut stream, &place)).await?;
    Ok(Said {
        version: greeting.version().ok_or_else(|| secure::stranger(&place))?,
        encryption: greeting.encryption(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Cause;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
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
            (b"", Cause::Unreachable),
            (b"220 mail.corp.example ESMTP\r\n", Cause::Unsupported),
            (&REAL[..20], Cause::Unreachable),
            (&[4, 1, 0, 9, 0, 0, 1, 0, 255], Cause::Unsupported),
            (&[4, 1, 0xff, 0xff, 0, 0, 1, 0], Cause::Unsupported),
        ];
        for (answer, cause) in rows {
            let why = greeted(answer).await.unwrap_err();
            assert_eq!(why.cause, cause, "{answer:?}: {}", why.detail);
        }
    }
}
