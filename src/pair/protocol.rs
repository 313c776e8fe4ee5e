//! The protocols of endpoints, each with what it needs to know.

use super::Credential;
use super::credential::{credential, hide_others, secret};
use super::endpoint::{Protocol, Security, TsigRef};
use super::values::{host, path_in};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::yaml::decode::{integer_in, nonempty, one_of};
use crate::yaml::{Fields, Node};
use std::path::Path;

/// Every protocol of an endpoint that has one.
pub(super) const PROTOCOLS: [&str; 7] = ["ldap", "dns", "tcp", "tds", "rpc", "winrm", "ssh"];

/// What holds around a protocol that does not say it itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Around {
    pub(super) server: Option<String>,
    pub(super) credential: Option<Credential>,
    /// It was given and wrong, which was told.
    pub(super) wrong_credential: bool,
}

/// Decodes one of [`PROTOCOLS`].
pub(super) fn protocol(
    kind: &str,
    node: &Node,
    around: &Around,
    folder: &Path,
    sink: &mut Diagnostics,
) -> Option<Protocol> {
    match kind {
        "ldap" => ldap(node, around, folder, sink),
        "dns" => dns(node, folder, sink),
        "tcp" => tcp(node, sink),
        "tds" => tds(node, around, folder, sink),
        "rpc" => rpc(node, around, folder, sink),
        "winrm" => winrm(node, around, folder, sink),
        _ => ssh(node, around, folder, sink),
    }
}

/// The server of a protocol: its own, or that around it.
fn server(fields: &mut Fields<'_, '_>, around: &Around) -> Option<String> {
    match &around.server {
        Some(server) => fields.or("server", server.clone(), host),
        None => fields.required("server", host),
    }
}

/// The credential of a protocol: its own, or that around it.
fn log_on(fields: &mut Fields<'_, '_>, around: &Around, folder: &Path) -> Option<Credential> {
    let decode = |node: &Node, sink: &mut Diagnostics| credential(node, folder, sink);
    match &around.credential {
        Some(credential) => fields.or("credential", credential.clone(), decode),
        None if around.wrong_credential => fields.optional("credential", decode),
        None => fields.required("credential", decode),
    }
}

/// The credential of a server that knows nobody without a name.
fn named_log_on(fields: &mut Fields<'_, '_>, around: &Around, folder: &Path) -> Option<Credential> {
    let found = log_on(fields, around, folder)?;
    if found == Credential::Anonymous {
        let wrong = Diagnostic::error("wrong-credential", "nobody may ask this without a name");
        let help = "write `credential: { user: NAME, password: { env: NAME } }` or `{ kerberos: {} }`";
        fields.report(wrong.at(fields.span().start(), "").help(help));
        return None;
    }
    Some(found)
}

fn tds(node: &Node, around: &Around, folder: &Path, sink: &mut Diagnostics) -> Option<Protocol> {
    let mut fields = Fields::of(node, sink, "`tds`")?;
    let server = server(&mut fields, around);
    let (port, instance) = match fields.at_most_one_of(&["port", "instance"]) {
        Some(("port", node)) => (Some(fields.decode(node, port)), None),
        Some((_, node)) => (None, Some(fields.decode(node, instance))),
        None => (None, None),
    };
    let ca = fields.optional("ca", path_in(folder));
    let certificate_name = fields.optional("certificate_name", host);
    let through = fields.optional("through", nonempty);
    let credential = match through {
        // A log-on of Windows that holds around it is not one of the database.
        Some(_) => fields.or("credential", Credential::Anonymous, |node, sink| {
            credential(node, folder, sink)
        }),
        None => named_log_on(&mut fields, around, folder),
    };
    let at = fields.node("through").map(|node| node.span);
    if let (Some(_), Some(Credential::Kerberos), Some(span)) = (&through, &credential, at) {
        let wrong =
            Diagnostic::error("wrong-credential", "a ticket does not travel `through` a host").at(span, "");
        fields.report(wrong.help("leave the credential out: then the account of the host's log-on asks"));
    }
    fields.finish();
    Some(Protocol::Tds {
        server: server?,
        // The outer one is whether it was given, the inner one whether it was right.
        port: port.map_or(Some(None), |port| port.map(Some))?,
        instance: instance.map_or(Some(None), |name| name.map(Some))?,
        ca,
        certificate_name,
        through,
        credential: credential?,
    })
}

/// The name of an instance: what its browser can be asked for.
fn instance(node: &Node, sink: &mut Diagnostics) -> Option<String> {
    let name = nonempty(node, sink)?;
    let right = |c: char| c.is_alphanumeric() || "_$#".contains(c);
    if name.chars().count() <= 16 && name.chars().all(right) {
        return Some(name);
    }
    let wrong = Diagnostic::error("wrong-value", "this is not the name of an instance").at(node.span, "");
    sink.push(wrong.help("write the name alone, such as PAYROLL, without the server's"));
    None
}

fn rpc(node: &Node, around: &Around, folder: &Path, sink: &mut Diagnostics) -> Option<Protocol> {
    let mut fields = Fields::of(node, sink, "`rpc`")?;
    let server = server(&mut fields, around);
    let port = fields.or("port", 445, port);
    let credential = named_log_on(&mut fields, around, folder);
    fields.finish();
    Some(Protocol::Rpc {
        server: server?,
        port: port?,
        credential: credential?,
    })
}

fn winrm(node: &Node, around: &Around, folder: &Path, sink: &mut Diagnostics) -> Option<Protocol> {
    let mut fields = Fields::of(node, sink, "`winrm`")?;
    let server = server(&mut fields, around);
    let port = fields.or("port", 5986, port);
    let ca = fields.optional("ca", path_in(folder));
    let credential = named_log_on(&mut fields, around, folder);
    if credential == Some(Credential::Kerberos) {
        let wrong = Diagnostic::error("wrong-credential", "`winrm` needs a user and a password");
        fields.report(
            wrong
                .at(fields.span().start(), "")
                .help("use `rpc` to log on with a ticket"),
        );
        return None;
    }
    fields.finish();
    Some(Protocol::Winrm {
        server: server?,
        port: port?,
        ca,
        credential: credential?,
    })
}

fn ssh(node: &Node, around: &Around, folder: &Path, sink: &mut Diagnostics) -> Option<Protocol> {
    let mut fields = Fields::of(node, sink, "`ssh`")?;
    let server = server(&mut fields, around);
    let port = fields.or("port", 22, port);
    let user = fields.required("user", user);
    let key = fields.optional("key", path_in(folder));
    let known_hosts = fields.optional("known_hosts", path_in(folder));
    fields.finish();
    Some(Protocol::Ssh {
        server: server?,
        port: port?,
        user: user?,
        key,
        known_hosts,
    })
}

/// A user's name that no shell client takes for an option.
fn user(node: &Node, sink: &mut Diagnostics) -> Option<String> {
    let name = nonempty(node, sink)?;
    if name.starts_with('-') || name.chars().any(|c| c.is_control() || c.is_whitespace()) {
        sink.push(Diagnostic::error("wrong-value", "this is not the name of a user").at(node.span, ""));
        return None;
    }
    Some(name)
}

fn ldap(node: &Node, around: &Around, folder: &Path, sink: &mut Diagnostics) -> Option<Protocol> {
    let mut fields = Fields::of(node, sink, "`ldap`")?;
    let server = server(&mut fields, around);
    let security = fields.or("security", Security::Ldaps, one_of(&SECURITY));
    let usual = if security == Some(Security::Ldaps) {
        636
    } else {
        389
    };
    let port = fields.or("port", usual, port);
    let ca = fields.optional("ca", path_in(folder));
    let base = fields.optional("base", nonempty);
    let credential = log_on(&mut fields, around, folder);
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
