//! Handshakes with servers of every bad kind.

use std::io::Write as _;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;

/// An authority, its certificate in a file, and servers that it vouches for.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: NamedTempFile,
}

impl Authority {
    fn new() -> Self {
        Self::named("Corp CA")
    }

    fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(issuer.pem().as_bytes()).unwrap();
        Self { issuer, file }
    }

    fn server(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> ServerConfig {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap()
    }
}

/// Shakes hands with a server of this certificate, as if it were `host`.
async fn shake(server: ServerConfig, host: &str, ca: Option<&Path>) -> Result<(), Trouble> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let _ = TlsAcceptor::from(Arc::new(server)).accept(tcp).await;
    });
    let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    Tls::new(ca)?.connect(host, "dc1:636", tcp).await.map(|_| ())
}

/// Shakes hands with a server that answers with these bytes.
async fn shake_raw(answer: &'static [u8]) -> Trouble {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let mut hello = [0; 4096];
        let _ = tcp.read(&mut hello).await;
        let _ = tcp.write_all(answer).await;
    });
    let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let ours = Authority::new();
    let tls = Tls::new(Some(ours.file.path())).unwrap();
    tls.connect("dc1", "dc1:636", tcp).await.unwrap_err()
}

#[tokio::test]
async fn a_server_of_the_given_authority_is_trusted() {
    let ours = Authority::new();
    let server = ours.server(&["dc1.corp.example"], |_| ());
    shake(server, "dc1.corp.example", Some(ours.file.path()))
        .await
        .unwrap();
    let by_address = ours.server(&["127.0.0.1"], |_| ());
    shake(by_address, "127.0.0.1", Some(ours.file.path()))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_unknown_authority_is_named_as_such() {
    let ours = Authority::new();
    // one of another name, and one of the same name with another key
    for theirs in [Authority::named("Other CA"), Authority::new()] {
        let server = theirs.server(&["dc1.corp.example"], |_| ());
        let trouble = shake(server, "dc1.corp.example", Some(ours.file.path()))
            .await
            .unwrap_err();
        assert_eq!(trouble.cause, Cause::Unreachable);
        assert!(
            trouble.detail.contains("is not signed by the authority in "),
            "{}",
            trouble.detail
        );
    }
    let system = Tls {
        ca: None,
        ..Tls::new(Some(ours.file.path())).unwrap()
    };
    let trouble = system.certificate("dc1", "dc1:636", &CertificateError::UnknownIssuer);
    assert!(
        trouble.detail.contains("not trusted here; name"),
        "{}",
        trouble.detail
    );
}

#[tokio::test]
async fn dates_are_checked() {
    let ours = Authority::new();
    for (from, to, expected) in [
        (
            2001,
            2002,
            "the certificate of dc1:636 expired at 2002-01-01T00:00:00Z; renew it on the server",
        ),
        (
            2900,
            2901,
            "the certificate of dc1:636 is not valid before 2900-01-01T00:00:00Z; check the clocks",
        ),
    ] {
        let server = ours.server(&["dc1"], |params| {
            params.not_before = date_time_ymd(from, 1, 1);
            params.not_after = date_time_ymd(to, 1, 1);
        });
        let trouble = shake(server, "dc1", Some(ours.file.path())).await.unwrap_err();
        assert_eq!(
            (trouble.cause, trouble.detail.as_str()),
            (Cause::Unreachable, expected)
        );
    }
}

#[tokio::test]
async fn names_are_checked() {
    let ours = Authority::new();
    let server = ours.server(&["dc1.corp.example", "corp.example"], |_| ());
    let trouble = shake(server, "dc2.corp.example", Some(ours.file.path()))
        .await
        .unwrap_err();
    let expected =
        "the certificate of dc1:636 is for dc1.corp.example, corp.example, not for dc2.corp.example; ";
    assert!(trouble.detail.starts_with(expected), "{}", trouble.detail);
}

#[tokio::test]
async fn a_name_that_cannot_be_checked_is_refused() {
    let ours = Authority::new();
    let server = ours.server(&["dc1"], |_| ());
    let trouble = shake(server, "not a name", Some(ours.file.path()))
        .await
        .unwrap_err();
    assert_eq!(trouble.cause, Cause::NotConfigured);
}

#[tokio::test]
async fn servers_that_speak_no_tls() {
    // (what it answers, cause, part of the detail); the second is an alert about the protocol version, the third a
    // hello of TLS 1.0
    let old_hello = b"\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01\
        01234567890123456789012345678901\x00\x00\x2f\x00";
    let cases: [(&'static [u8], Cause, &str); 4] = [
        (
            b"0\x0c\x02\x01\x01a\x07\x0a\x01\x02\x04\0\x04\0 and more of it",
            Cause::Unsupported,
            "does not speak TLS",
        ),
        (
            b"\x15\x03\x01\x00\x02\x02\x46",
            Cause::Unsupported,
            "has no TLS 1.2 or newer",
        ),
        (old_hello, Cause::Unsupported, "has no TLS 1.2 or newer"),
        (b"", Cause::Unreachable, "broke off the TLS handshake"),
    ];
    for (answer, cause, part) in cases {
        let trouble = shake_raw(answer).await;
        assert_eq!(trouble.cause, cause, "{}", trouble.detail);
        assert!(trouble.detail.contains(part), "{}", trouble.detail);
    }
}

#[test]
fn a_ca_file_must_hold_a_certificate() {
    let empty = NamedTempFile::new().unwrap();
    for (file, part) in [
        (empty.path(), "no certificate in PEM form"),
        (Path::new("/no/such/file"), "cannot be used"),
    ] {
        let trouble = Tls::new(Some(file)).unwrap_err();
        assert_eq!(trouble.cause, Cause::NotConfigured);
        assert!(trouble.detail.contains(part), "{}", trouble.detail);
    }
}
