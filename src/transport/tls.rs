//! TLS to servers, always verified.
//!
//! The chain and the host name are checked against the system's roots, or against one given CA file and nothing
//! else. There is no way to switch the check off: a fact from an unverified server would be anybody's claim. When
//! a handshake fails, the detail says which of the many reasons it was and what to do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, Error as TlsError, RootCertStore,
    SupportedProtocolVersion,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

mod binding;

pub(crate) use binding::endpoint_binding;

use super::deadline::Deadline;
use super::tcp::{address, connect};
use super::{Trouble, clip};
use crate::facts::{Absence, Cause};

/// Whether a server that speaks TLS from the first byte on shakes hands, and its certificate is good.
pub async fn tls_reach(host: &str, port: u16, ca: Option<&Path>, deadline: Duration) -> Result<(), Absence> {
    let place = address(host, port);
    let deadline = Deadline::after(deadline);
    let shaken = async {
        let stream = connect(host, port, deadline).await?;
        let tls = Tls::read(ca).await?;
        let doing = format!("shaking hands with {place}");
        deadline
            .run(&doing, tls.connect(host, &place, stream))
            .await
            .map(drop)
    };
    let shaken = shaken.await;
    shaken.map_err(|trouble| trouble.at(&place.as_str().into()))
}

/// How TLS connections of one endpoint are made.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    config: Arc<ClientConfig>,
    ca: Option<PathBuf>,
    hints: &'static Hints,
}

/// What to say of a server that does not shake hands, which depends on what it is.
#[derive(Debug)]
pub(crate) struct Hints {
    /// It hangs up: what that means, and what completes "broke off the TLS handshake: it has".
    pub(crate) broke_off: (Cause, &'static str),
    /// It answers with something else; completes "does not speak TLS".
    pub(crate) no_tls: &'static str,
}

const USUAL: Hints = Hints {
    broke_off: (
        Cause::Unreachable,
        "no TLS on this port, no certificate, or nothing newer than TLS 1.1",
    ),
    no_tls: "; use the TLS port, or another `security`",
};

impl Tls {
    /// Reads the roots; blocks for some milliseconds.
    pub(crate) fn new(ca: Option<&Path>) -> Result<Self, Trouble> {
        Self::of(ca, &[&TLS13, &TLS12], &USUAL)
    }

    /// The same without blocking.
    pub(crate) async fn read(ca: Option<&Path>) -> Result<Self, Trouble> {
        let ca = ca.map(Path::to_path_buf);
        let read = tokio::task::spawn_blocking(move || Self::new(ca.as_deref()));
        let failed = |_| {
            Err(Trouble::new(
                Cause::NotConfigured,
                "the trusted authorities cannot be read",
            ))
        };
        read.await.unwrap_or_else(failed)
    }

    /// For a protocol that knows nothing newer than TLS 1.2, or that is explained in another way.
    pub(crate) fn of(
        ca: Option<&Path>,
        versions: &[&'static SupportedProtocolVersion],
        hints: &'static Hints,
    ) -> Result<Self, Trouble> {
        let roots = match ca {
            Some(file) => roots_in(file)?,
            None => system_roots()?,
        };
        // named here, because two providers in one program leave no default
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .expect("the provider has the cipher suites of TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            config: Arc::new(config),
            ca: ca.map(Path::to_path_buf),
            hints,
        })
    }

    /// Makes every handshake a whole one.
    #[must_use]
    pub(crate) fn without_resumption(mut self) -> Self {
        Arc::make_mut(&mut self.config).resumption = Resumption::disabled();
        self
    }

    /// Shakes hands with `host`, whose address `place` is for messages.
    pub(crate) async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        host: &str,
        place: &str,
        stream: S,
    ) -> Result<TlsStream<S>, Trouble> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            Trouble::new(
                Cause::NotConfigured,
                format!("{host} cannot be the name in a certificate"),
            )
        })?;
        let connector = TlsConnector::from(Arc::clone(&self.config));
        connector
            .connect(name, stream)
            .await
            .map_err(|error| self.explain(host, place, &error))
    }

    fn explain(&self, host: &str, place: &str, error: &io::Error) -> Trouble {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) {
            Some(TlsError::InvalidCertificate(reason)) => self.certificate(host, place, reason),
            Some(error) => handshake(place, error, self.hints),
            None => {
                let (cause, meaning) = self.hints.broke_off;
                let detail = format!("{place} broke off the TLS handshake: it has {meaning} ({error})");
                Trouble::new(cause, detail)
            }
        }
    }

    fn certificate(&self, host: &str, place: &str, reason: &CertificateError) -> Trouble {
        use CertificateError as E;
        let detail = match reason {
            // a bad signature is what an authority of the same name with another key leaves
            E::UnknownIssuer | E::BadSignature => match &self.ca {
                None => format!(
                    "the certificate of {place} is signed by an authority that is not trusted here; \
                     name the authority's certificate as `ca: FILE` in the pair file"
                ),
                Some(file) => format!(
                    "the certificate of {place} is not signed by the authority in {}; \
                     name the right certificate as `ca: FILE` in the pair file",
                    file.display()
                ),
            },
            E::Expired => format!("the certificate of {place} has expired; renew it on the server"),
            E::ExpiredContext { not_after, .. } => {
                format!(
                    "the certificate of {place} expired at {}; renew it on the server",
                    moment(*not_after)
                )
            }
            E::NotValidYet => format!("the certificate of {place} is not valid yet; check the clocks"),
            E::NotValidYetContext { not_before, .. } => format!(
                "the certificate of {place} is not valid before {}; check the clocks",
                moment(*not_before)
            ),
            E::NotValidForName => wrong_name(host, place, &[]),
            E::NotValidForNameContext { presented, .. } => wrong_name(host, place, presented),
            E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
                format!("the certificate of {place} is not meant for a server; give the server another one")
            }
            // the library has no better sign of it
            other if other.to_string().contains("CaUsedAsEndEntity") => format!(
                "the certificate of {place} is an authority's own, which no server may show; give the server one \
                 that an authority signed, or a self-signed one that is not marked as an authority's (CA:TRUE)"
            ),
            other => {
                let why = clip(&other.to_string());
                format!("the certificate of {place} cannot be accepted: {why}")
            }
        };
        Trouble::new(Cause::Unreachable, detail)
    }
}

fn wrong_name(host: &str, place: &str, presented: &[String]) -> String {
    let names = if presented.is_empty() {
        "no name at all (a common name does not count)".to_owned()
    } else {
        // as rustls writes them: DnsName("dc1.corp.example"), IpAddress(192.0.2.1)
        let plain = |name: &String| {
            name.split(['"', '(', ')'])
                .rfind(|part| !part.is_empty())
                .unwrap_or(name)
                .to_owned()
        };
        clip(&presented.iter().map(plain).collect::<Vec<_>>().join(", "))
    };
    format!(
        "the certificate of {place} is for {names}, not for {host}; use the certificate's name in the pair file, \
         or give the server a certificate with this one"
    )
}

fn handshake(place: &str, error: &TlsError, hints: &Hints) -> Trouble {
    match error {
        TlsError::InvalidMessage(_) => Trouble::new(
            Cause::Unsupported,
            format!("what answers at {place} does not speak TLS{}", hints.no_tls),
        ),
        TlsError::PeerIncompatible(_)
        | TlsError::AlertReceived(
            AlertDescription::ProtocolVersion
            | AlertDescription::HandshakeFailure
            | AlertDescription::InsufficientSecurity,
        ) => Trouble::new(
            Cause::Unsupported,
            format!(
                "{place} has no TLS 1.2 or newer, or no cipher in common; enable TLS 1.2 there ({error})"
            ),
        ),
        other => {
            let why = clip(&other.to_string());
            Trouble::new(
                Cause::Malformed,
                format!("the TLS handshake with {place} failed: {why}"),
            )
        }
    }
}

fn moment(time: UnixTime) -> String {
    i64::try_from(time.as_secs())
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .map_or_else(|| "an unknown time".to_owned(), |time| time.to_string())
}

fn roots_in(file: &Path) -> Result<RootCertStore, Trouble> {
    let problem = |why: String| {
        let file = file.display();
        Trouble::new(
            Cause::NotConfigured,
            format!("the CA file {file} cannot be used: {why}"),
        )
    };
    let certificates =
        CertificateDer::pem_file_iter(file).map_err(|error| problem(clip(&error.to_string())))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        let certificate = certificate.map_err(|error| problem(clip(&error.to_string())))?;
        roots
            .add(certificate)
            .map_err(|error| problem(clip(&error.to_string())))?;
    }
    if roots.is_empty() {
        return Err(problem("it has no certificate in PEM form".to_owned()));
    }
    Ok(roots)
}

fn system_roots() -> Result<RootCertStore, Trouble> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // one damaged root of the system must not take the others away
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        return Err(Trouble::new(
            Cause::NotConfigured,
            "this machine trusts no authority; install its ca-certificates, or name `ca: FILE` in the pair file",
        ));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests;
