//! Endpoints: what is asked, where it listens and who asks.

use super::credential::{credential, hide_others, secret};
use super::values::{duration, host, path_in};
use super::{Credential, SecretRef};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::yaml::decode::{integer_in, nonempty, one_of};
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

const PROTOCOLS: [&str; 3] = ["ldap", "dns", "tcp"];

/// Decodes one entry of `endpoints:`.
pub(super) fn endpoint(key: &Key, node: &Node, folder: &Path, sink: &mut Diagnostics) -> Option<Endpoint> {
    let named = check_name(key, sink);
    let mut fields = Fields::of(node, sink, "an endpoint")?;
    let connections = fields.or("connections", 4, integer_in(1, 64));
    let deadline = fields.or("deadline", Duration::from_secs(10), duration);
    let found = fields.one_key_of(&PROTOCOLS);
    if let Some((kind, _)) = found {
        suits(key, kind, &mut fields);
    }
    let protocol = match found {
        Some(("ldap", node)) => {
            let credential = fields.required("credential", |node, sink| credential(node, folder, sink));
            fields.decode(node, |node, sink| ldap(node, credential, folder, sink))
        }
        Some(("dns", node)) => fields.decode(node, |node, sink| dns(node, folder, sink)),
        Some((_, node)) => fields.decode(node, tcp),
        None => {
            // Without a protocol nothing says whether this belongs here.
            fields.node("credential");
            None
        }
    };
    fields.finish();
    let connections = usize::try_from(connections?).expect("it is between 1 and 64");
    named?;
    Some(Endpoint {
        name: key.text.clone(),
        protocol: protocol?,
        connections,
        deadline: deadline?,
        span: key.span,
    })
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

fn ldap(
    node: &Node,
    credential: Option<Credential>,
    folder: &Path,
    sink: &mut Diagnostics,
) -> Option<Protocol> {
    let mut fields = Fields::of(node, sink, "`ldap`")?;
    let server = fields.required("server", host);
    let security = fields.or("security", Security::Ldaps, one_of(&SECURITY));
    let usual = if security == Some(Security::Ldaps) {
        636
    } else {
        389
    };
    let port = fields.or("port", usual, port);
    let ca = fields.optional("ca", path_in(folder));
    let base = fields.optional("base", nonempty);
    let place = fields.node("security").map_or(node.span, |node| node.span);
    if let (Some(security), Some(credential)) = (security, &credential) {
        protects(security, credential, place, &mut fields);
    }
    fields.finish();
    Some(Protocol::Ldap {
        server: server?,
        port: port?,
        security: security?,
        ca,
        base,
        credential: credential?,
    })
}

const SECURITY: [(&str, Security); 4] = [
    ("ldaps", Security::Ldaps),
    ("starttls", Security::StartTls),
    ("plain", Security::Plain),
    ("gssapi", Security::Gssapi),
];

fn protects(security: Security, credential: &Credential, place: Span, fields: &mut Fields<'_, '_>) {
    match (security, credential) {
        (Security::Plain, Credential::Password { .. }) => fields.report(
            Diagnostic::warning(
                "unprotected-password",
                "the password crosses the network in the open",
            )
            .at(place, "")
            .help("use `ldaps` or `starttls`"),
        ),
        (Security::Gssapi, Credential::Password { .. } | Credential::Anonymous) => fields.report(
            Diagnostic::error("wrong-credential", "`gssapi` needs a Kerberos ticket")
                .at(place, "")
                .help("write `credential: { kerberos: {} }`, or use `ldaps`"),
        ),
        _ => {}
    }
}

fn dns(node: &Node, folder: &Path, sink: &mut Diagnostics) -> Option<Protocol> {
    let mut fields = Fields::of(node, sink, "`dns`")?;
    let server = fields.required("server", host);
    let port = fields.or("port", 53, port);
    let has_key = fields.has("tsig");
    let tsig = fields.optional("tsig", |node, sink| tsig(node, folder, sink));
    fields.finish();
    if has_key && tsig.is_none() {
        return None;
    }
    Some(Protocol::Dns {
        server: server?,
        port: port?,
        tsig,
    })
}

fn tsig(node: &Node, folder: &Path, sink: &mut Diagnostics) -> Option<TsigRef> {
    hide_others(node, &["name", "algorithm"], sink);
    let mut fields = Fields::of(node, sink, "a DNS key")?;
    let name = fields.required("name", host);
    let algorithm = fields.or("algorithm", ALGORITHMS[0].1, one_of(&ALGORITHMS));
    let secret = fields.required("secret", |node, sink| secret(node, folder, sink));
    fields.finish();
    Some(TsigRef {
        name: name?,
        algorithm: algorithm?,
        secret: secret?,
    })
}

const ALGORITHMS: [(&str, &str); 3] = [
    ("hmac-sha256", "hmac-sha256"),
    ("hmac-sha384", "hmac-sha384"),
    ("hmac-sha512", "hmac-sha512"),
];

fn tcp(node: &Node, sink: &mut Diagnostics) -> Option<Protocol> {
    let mut fields = Fields::of(node, sink, "`tcp`")?;
    let server = fields.required("server", host);
    let port = fields.required("port", port);
    fields.finish();
    Some(Protocol::Tcp {
        server: server?,
        port: port?,
    })
}

fn port(node: &Node, sink: &mut Diagnostics) -> Option<u16> {
    integer_in(1, 65535)(node, sink).and_then(|port| u16::try_from(port).ok())
}
