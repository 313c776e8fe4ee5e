//! A database server that answers as a test says.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::transport::LogOnGate;
use crate::transport::tds::secure::{ANSWER, HEADER, LAST, PRELOGIN, Packets, prelogin};
use crate::transport::tds::{LogOn, Tds, TdsConfig};

pub(super) enum Reply {
    Send(Vec<u8>),
    /// Sends this and closes.
    Last(Vec<u8>),
    Close,
}

/// What a server does, question by question.
type Answer = dyn Fn(usize) -> Reply + Send + Sync;

pub(super) struct Fake {
    port: u16,
    ca: NamedTempFile,
    seen: Arc<Seen>,
}

/// What a server has seen so far.
#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    log_ons: AtomicUsize,
    asked: Mutex<Vec<String>>,
}

struct Manner {
    tls: TlsAcceptor,
    /// What it says of encryption.
    encryption: u8,
    /// Sent in place of everything else.
    raw: Option<&'static [u8]>,
    /// The error with which it refuses log-ons.
    refuses: Option<u32>,
    answer: Box<Answer>,
}

impl Fake {
    /// Starts a server that takes everybody and answers questions by their number.
    pub(super) async fn start(answer: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::of(false, |manner| manner.answer = Box::new(answer)).await
    }

    pub(super) async fn refusing(error: u32) -> Self {
        Self::of(false, |manner| manner.refuses = Some(error)).await
    }

    pub(super) async fn with_encryption(encryption: u8) -> Self {
        Self::of(false, |manner| manner.encryption = encryption).await
    }

    pub(super) async fn raw(bytes: &'static [u8]) -> Self {
        Self::of(false, |manner| manner.raw = Some(bytes)).await
    }

    /// One whose certificate is that of the authority itself.
    pub(super) async fn with_authority_as_certificate() -> Self {
        Self::of(true, |_| {}).await
    }

    async fn of(authority_itself: bool, change: impl FnOnce(&mut Manner)) -> Self {
        let (tls, ca) = certificate(authority_itself);
        let mut manner = Manner {
            tls,
            encryption: 1,
            raw: None,
            refuses: None,
            answer: Box::new(|_| Reply::Close),
        };
        change(&mut manner);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, manner) = (Arc::<Seen>::default(), Arc::new(manner));
        let fake = Self {
            port,
            ca,
            seen: Arc::clone(&seen),
        };
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                seen.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(tcp, Arc::clone(&manner), Arc::clone(&seen)));
            }
        });
        fake
    }

    pub(super) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    pub(super) fn log_ons(&self) -> usize {
        self.seen.log_ons.load(Ordering::SeqCst)
    }

    /// The questions as they came, with their parameters' types.
    pub(super) fn asked(&self) -> Vec<String> {
        self.seen.asked.lock().unwrap().clone()
    }

    pub(super) fn config(&self) -> TdsConfig {
        TdsConfig {
            endpoint: "source.tds".into(),
            server: "127.0.0.1".to_owned(),
            port: Some(self.port),
            instance: None,
            ca: Some(self.ca.path().to_owned()),
            certificate_name: None,
            log_on: LogOn::Sql {
                user: "standin".to_owned(),
                password: "secret".to_owned().into(),
            },
            gate: Arc::new(LogOnGate::default()),
            connections: 4,
            deadline: Duration::from_secs(30),
            max_rows: 1000,
            max_bytes: 1 << 20,
        }
    }

    pub(super) fn tds(&self) -> Tds {
        Tds::new(self.config())
    }

    /// One that does not wait for long.
    pub(super) fn impatient(&self) -> Tds {
        Tds::new(TdsConfig {
            deadline: Duration::from_millis(500),
            ..self.config()
        })
    }
}

/// A certificate for `127.0.0.1` and `db1`, or the authority's own, and the authority's in a file.
fn certificate(authority_itself: bool) -> (TlsAcceptor, NamedTempFile) {
    let names = || vec!["127.0.0.1".to_owned(), "db1".to_owned()];
    let mut params = CertificateParams::new(names()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "Corp CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority_key = key.serialize_der();
    let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(issuer.pem().as_bytes()).unwrap();
    let (shown, key): (CertificateDer<'static>, Vec<u8>) = if authority_itself {
        (issuer.der().clone(), authority_key)
    } else {
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(names())
            .unwrap()
            .signed_by(&key, &issuer)
            .unwrap();
        (leaf.der().clone(), key.serialize_der())
    };
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![shown], PrivateKeyDer::try_from(key).unwrap())
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), file)
}

/// Serves one connection until either side has enough.
async fn serve(mut tcp: TcpStream, manner: Arc<Manner>, seen: Arc<Seen>) -> std::io::Result<()> {
    message(&mut tcp).await?;
    if let Some(raw) = manner.raw {
        tcp.write_all(raw).await?;
        return Ok(());
    }
    let options: [(u8, &[u8]); 2] = [(0, &[16, 0, 0, 0, 0, 0]), (1, &[manner.encryption])];
    let mut greeting = prelogin(PRELOGIN, &options);
    greeting[0] = ANSWER;
    tcp.write_all(&greeting).await?;
    let mut tls = manner.tls.accept(Packets::new(tcp)).await?;
    tls.get_mut().0.bare();

    message(&mut tls).await?;
    seen.log_ons.fetch_add(1, Ordering::SeqCst);
    let reply = match manner.refuses {
        Some(number) => answer(&[error(number, 14, "Login failed."), done()]),
        None => answer(&[log_on_answer(), done()]),
    };
    tls.write_all(&reply).await?;
    loop {
        let question = message(&mut tls).await?;
        let number = {
            let mut asked = seen.asked.lock().unwrap();
            asked.push(readable(&question));
            asked.len() - 1
        };
        match (manner.answer)(number) {
            Reply::Send(bytes) => tls.write_all(&bytes).await?,
            Reply::Last(bytes) => {
                tls.write_all(&bytes).await?;
                return tls.shutdown().await;
            }
            Reply::Close => return Ok(()),
        }
    }
}

/// The body of one message.
async fn message(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut header = [0; HEADER];
        stream.read_exact(&mut header).await?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]])) - HEADER;
        let mut part = vec![0; length];
        stream.read_exact(&mut part).await?;
        body.extend(part);
        if header[1] & LAST != 0 {
            return Ok(body);
        }
    }
}

/// The ASCII characters of what is written in UTF-16.
fn readable(bytes: &[u8]) -> String {
    let shown = |byte: &u8| byte.is_ascii_graphic() || b" \n".contains(byte);
    bytes
        .iter()
        .filter(|byte| shown(byte))
        .map(|byte| char::from(*byte))
        .collect()
}

/// A whole answer of these parts.
pub(super) fn answer(parts: &[Vec<u8>]) -> Vec<u8> {
    packet(LAST, parts)
}

/// The first packet of an answer that has more of them.
pub(super) fn unfinished(parts: &[Vec<u8>]) -> Vec<u8> {
    packet(0, parts)
}

fn packet(status: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    let body = parts.concat();
    let [high, low] = u16::try_from(HEADER + body.len()).unwrap().to_be_bytes();
    [&[ANSWER, status, high, low, 0, 0, 1, 0], &body[..]].concat()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn short_text(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.encode_utf16().count()).unwrap();
    [&[length], &utf16(text)[..]].concat()
}

fn sized(token: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_le_bytes();
    [&[token], &length[..], body].concat()
}

fn log_on_answer() -> Vec<u8> {
    let body = [&[1, 0x74, 0, 0, 4], &short_text("fake")[..], &[16, 0, 0, 0]].concat();
    sized(0xad, &body)
}

/// A table of one column of whole numbers.
pub(super) fn column_int(name: &str) -> Vec<u8> {
    let column = [&[0, 0, 0, 0, 0, 0, 0x38], &short_text(name)[..]].concat();
    [&[0x81, 1, 0], &column[..]].concat()
}

pub(super) fn row_int(value: i32) -> Vec<u8> {
    [&[0xd1], &value.to_le_bytes()[..]].concat()
}

const COLLATION: [u8; 5] = [0x09, 0x04, 0xd0, 0x00, 0x34];

/// A table with columns of many types.
pub(super) fn wide_columns() -> Vec<u8> {
    let text = |size: u16| [&[0xe7], &size.to_le_bytes()[..], &COLLATION].concat();
    let columns = [
        ("int", vec![0x26, 4]),
        ("none", text(40)),
        ("torn", text(40)),
        ("long", text(0xffff)),
        ("bytes", vec![0xa5, 40, 0]),
        ("decimal", vec![0x6a, 17, 38, 4]),
        ("time", vec![0x2a, 7]),
        ("guid", vec![0x24, 16]),
        ("variant", vec![0x62, 0x40, 0x1f, 0, 0]),
    ];
    let count = u16::try_from(columns.len()).unwrap().to_le_bytes();
    let described = columns.map(|(name, kind)| [&[0; 6], &kind[..], &short_text(name)].concat());
    [&[0x81], &count[..], &described.concat()].concat()
}

/// A row of that table; `torn` is half of a character.
pub(super) fn wide_row() -> Vec<u8> {
    let values: [&[u8]; 10] = [
        &[0xd1],
        &[4, 7, 0, 0, 0],
        &[0xff, 0xff],
        &[2, 0, 0x00, 0xd8],
        // in two chunks
        &[
            8, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, b'a', 0, b'b', 0, 4, 0, 0, 0, b'c', 0, b'd', 0, 0, 0, 0, 0,
        ],
        &[2, 0, 1, 2],
        &[5, 0, 7, 0, 0, 0],
        &[8, 0x80, 0x96, 0x98, 0, 0, 0x07, 0x24, 0x0b],
        &[16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
        &[6, 0, 0, 0, 0x38, 0, 5, 0, 0, 0],
    ];
    values.concat()
}

pub(super) fn done() -> Vec<u8> {
    vec![0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
}

pub(super) fn error(number: u32, class: u8, text: &str) -> Vec<u8> {
    let length = u16::try_from(text.encode_utf16().count()).unwrap().to_le_bytes();
    let body = [
        &number.to_le_bytes()[..],
        &[1, class],
        &length,
        &utf16(text),
        &short_text("db1"),
        &short_text(""),
        &1_u32.to_le_bytes(),
    ];
    sized(0xaa, &body.concat())
}
