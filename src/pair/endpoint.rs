//! Endpoints: what is asked, where it listens and who asks.

use super::credential::credential;
use super::protocol::{Around, PROTOCOLS, protocol};
use super::values::duration;
use super::{Credential, SecretRef};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::yaml::decode::integer_in;
use crate::yaml::{Fields, Key, Node};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One way to ask something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub name: String,
    pub protocol: Protocol,
    /// At a time.
    pub connections: usize,
    /// For one request, retries included.
    pub deadline: Duration,
    /// Where the file names it.
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    Ldap {
        server: String,
        port: u16,
        security: Security,
        /// The authority's certificate; without it the system's are asked.
        ca: Option<PathBuf>,
        /// Where searches start that do not say it.
        base: Option<String>,
        credential: Credential,
    },
    Dns {
        server: String,
        port: u16,
        tsig: Option<TsigRef>,
    },
    Tcp {
        server: String,
        port: u16,
    },
    /// A database server.
    Tds {
        server: String,
        /// Without it the port is the usual one, or that of the instance.
        port: Option<u16>,
        /// Found by asking the server's browser.
        instance: Option<String>,
        ca: Option<PathBuf>,
        /// The name in the server's certificate, where it is not that of the server.
        certificate_name: Option<String>,
        /// The endpoint of a host that asks in our place, for a server that is too old to be asked directly.
        through: Option<String>,
        /// With `through`, [`Credential::Anonymous`] is the account of the host's own log-on.
        credential: Credential,
    },
    /// A Windows host, over remote procedure calls and file shares.
    Rpc {
        server: String,
        port: u16,
        credential: Credential,
    },
    /// A Windows host, over remote management; always HTTPS.
    Winrm {
        server: String,
        port: u16,
        ca: Option<PathBuf>,
        credential: Credential,
    },
    /// A host with a secure shell; keys of a file or an agent, never a password.
    Ssh {
        server: String,
        port: u16,
        user: String,
        key: Option<PathBuf>,
        known_hosts: Option<PathBuf>,
    },
}

impl Protocol {
    /// The name of the protocol in the pair file.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Ldap { .. } => "ldap",
            Self::Dns { .. } => "dns",
            Self::Tcp { .. } => "tcp",
            Self::Tds { .. } => "tds",
            Self::Rpc { .. } => "rpc",
            Self::Winrm { .. } => "winrm",
            Self::Ssh { .. } => "ssh",
        }
    }

    /// Where it listens; no port where a browser has to be asked for it.
    pub fn address(&self) -> (&str, Option<u16>) {
        match self {
            Self::Ldap { server, port, .. }
            | Self::Dns { server, port, .. }
            | Self::Tcp { server, port }
            | Self::Rpc { server, port, .. }
            | Self::Winrm { server, port, .. }
            | Self::Ssh { server, port, .. } => (server, Some(*port)),
            Self::Tds {
                server,
                port: None,
                instance: None,
                ..
            } => (server, Some(Self::TDS_PORT)),
            Self::Tds { server, port, .. } => (server, *port),
        }
    }

    /// Where a database server listens that is not asked for an instance.
    pub const TDS_PORT: u16 = 1433;

    /// The secret that it needs, if it needs one.
    pub fn secret(&self) -> Option<&SecretRef> {
        match self {
            Self::Ldap { credential, .. }
            | Self::Tds { credential, .. }
            | Self::Rpc { credential, .. }
            | Self::Winrm { credential, .. } => match credential {
                Credential::Password { password, .. } => Some(password),
                Credential::Anonymous | Credential::Kerberos => None,
            },
            Self::Dns { tsig, .. } => tsig.as_ref().map(|key| &key.secret),
            Self::Tcp { .. } | Self::Ssh { .. } => None,
        }
    }
}

/// What protects a connection to a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    Ldaps,
    StartTls,
    Plain,
    Gssapi,
}

/// A key that is shared with a DNS server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TsigRef {
    pub name: String,
    pub algorithm: &'static str,
    pub secret: SecretRef,
}

/// How many connections at a time, and how long a request may take, where the file says nothing.
pub(super) const CONNECTIONS: usize = 4;
pub(super) const DEADLINE: Duration = Duration::from_secs(10);

/// Decodes one entry of `endpoints:` that speaks one protocol.
pub(super) fn endpoint(key: &Key, node: &Node, folder: &Path, sink: &mut Diagnostics) -> Option<Endpoint> {
    let named = check_name(key, sink);
    let mut fields = Fields::of(node, sink, "an endpoint")?;
    let limits = limits(&mut fields);
    let found = fields.one_key_of(&PROTOCOLS);
    let had_credential = fields.has("credential");
    let credential = match found {
        // They log on by other means, or not at all.
        Some(("dns" | "tcp" | "ssh", _)) => None,
        Some(_) => fields.optional("credential", |node, sink| credential(node, folder, sink)),
        // Without a protocol nothing says whether a credential belongs here.
        None => {
            fields.node("credential");
            None
        }
    };
    let around = Around {
        server: None,
        wrong_credential: had_credential && credential.is_none(),
        credential,
    };
    let decoded = found.and_then(|(kind, node)| {
        suits(key, kind, &mut fields);
        fields.decode(node, |node, sink| protocol(kind, node, &around, folder, sink))
    });
    fields.finish();
    let (connections, deadline) = limits?;
    named?;
    Some(Endpoint {
        name: key.text.clone(),
        protocol: decoded?,
        connections: connections.unwrap_or(CONNECTIONS),
        deadline: deadline.unwrap_or(DEADLINE),
        span: key.span,
    })
}

/// The limits of an endpoint that the file gives.
pub(super) fn limits(fields: &mut Fields<'_, '_>) -> Option<(Option<usize>, Option<Duration>)> {
    let connections = fields.or("connections", None, |node, sink| {
        let number = integer_in(1, 64)(node, sink)?;
        Some(Some(usize::try_from(number).expect("it is between 1 and 64")))
    });
    let deadline = fields.or("deadline", None, |node, sink| duration(node, sink).map(Some));
    Some((connections?, deadline?))
}

fn check_name(key: &Key, sink: &mut Diagnostics) -> Option<()> {
    let right = key.text.starts_with(|c: char| c.is_ascii_lowercase())
        && key
            .text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !right {
        let wrong = Diagnostic::error(
            "wrong-value",
            "an endpoint's name has small letters, digits and `_`",
        );
        sink.push(wrong.at(key.span, ""));
        return None;
    }
    if key.text == "local" {
        let wrong = Diagnostic::error("wrong-value", "`local` is this machine and needs no endpoint");
        sink.push(wrong.at(key.span, "choose another name"));
        return None;
    }
    Some(())
}

/// Refuses another protocol for the two names that the engine knows by their protocol.
fn suits(key: &Key, kind: &str, fields: &mut Fields<'_, '_>) {
    let wanted = match key.text.as_str() {
        "directory" => "ldap",
        "dns" => "dns",
        _ => return,
    };
    if wanted != kind {
        let message = format!("the endpoint `{}` speaks {wanted}, not {kind}", key.text);
        fields.report(Diagnostic::error("wrong-protocol", message).at(key.span, ""));
    }
}
