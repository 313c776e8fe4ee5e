//! "Another server has it": where to, and whether our log-on may go there.
//!
//! A server that refers us elsewhere names the host to which we would send the credential, so it decides nothing on
//! its own. The one rule: the host must lie in the domain of the server that we were told to ask, and the connection
//! keeps its security (or gets TLS where there was none). One step, no further. Everything else is an absence that
//! shows the referral, and a person adds that server to the pair file.
//!
//! *References* among the rows of a search lead to other naming contexts; the search asked for one, so they are
//! counted and left alone.

use super::{LdapConfig, Security};

/// Where a referral leads, as far as it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Referral {
    tls: bool,
    pub(super) host: String,
    port: Option<u16>,
    /// The base to search there, when it is another one.
    pub(super) base: Option<String>,
}

impl Referral {
    /// Reads an LDAP URL: `ldap://host:port/base?...`.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "ldap" => false,
            "ldaps" => true,
            _ => return None,
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (authority, None),
        };
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        if host.is_empty() || !host.chars().all(name) {
            return None;
        }
        let base = path.split('?').next().unwrap_or_default();
        let base = if base.is_empty() {
            None
        } else {
            Some(unescape(base)?)
        };
        Some(Self {
            tls,
            host: host.to_ascii_lowercase(),
            port,
            base,
        })
    }

    /// The connection to make instead of `asked`, when our log-on may go there.
    pub(super) fn follow(&self, asked: &LdapConfig) -> Option<LdapConfig> {
        if !same_domain(&asked.host, &self.host) {
            return None;
        }
        let security = match asked.security {
            Security::Plain if self.tls => Security::Ldaps,
            kept => kept,
        };
        let own_kind = self.tls == (security == Security::Ldaps);
        let port = match self.port {
            Some(port) if own_kind => port,
            // a port of the other kind says nothing about ours
            _ if security == asked.security => asked.port,
            _ => 636,
        };
        Some(LdapConfig {
            host: self.host.clone(),
            port,
            security,
            ..asked.clone()
        })
    }
}

/// Whether `host` lies in the domain of `asked`: below what follows its first label, which must be a domain of two
/// labels at least.
fn same_domain(asked: &str, host: &str) -> bool {
    if asked.parse::<std::net::IpAddr>().is_ok() {
        return false;
    }
    let asked = asked.trim_end_matches('.').to_ascii_lowercase();
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let within = |domain: &str| {
        domain.contains('.')
            && (host == domain || host.strip_suffix(domain).is_some_and(|h| h.ends_with('.')))
    };
    within(&asked) || asked.split_once('.').is_some_and(|(_, domain)| within(domain))
}

/// Undoes percent escapes.
fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}
