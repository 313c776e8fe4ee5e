//! A directory: name, port, TLS, secret, log-on, clock, and what the account may read.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use tokio::time::Instant;

use super::{Fetched, Health, Looks, found, put_secret, reached, since};
use crate::collect::transports::Config;
use crate::facts::{Absence, Cause, FactValue, Record};
use crate::pair::{Credential, Endpoint, Protocol, Security};
use crate::transport::ldap::{Ldap, LdapConfig, LogOn, Scope, Search};

pub(super) async fn examine(
    endpoint: &Endpoint,
    fetched: &Fetched,
    clock: &dyn Fn() -> Timestamp,
    looks: &mut Looks,
) {
    let (server, Some(port)) = endpoint.protocol.address() else {
        return;
    };
    if !found(server, looks).await || !reached(server, port, endpoint.deadline, looks).await {
        return;
    }
    let Protocol::Ldap {
        security,
        credential,
        base,
        ..
    } = &endpoint.protocol
    else {
        return;
    };
    let Some(config) = fetched.get(&endpoint.name) else {
        return;
    };
    if let Credential::Password { password, .. } = credential
        && !put_secret(&password.source, config, looks)
    {
        return;
    }
    let Ok(Config::Ldap(config)) = config else {
        return;
    };
    if !protected(*security, config, looks).await {
        return;
    }
    let ldap = Ldap::new(config.as_ref().clone());
    let Some(root) = logged_on(&ldap, credential, looks).await else {
        return;
    };
    compare_clocks(&ldap, &root, clock, looks).await;
    may_read(&ldap, base.as_deref(), &root, looks).await;
}

/// The root of the directory: what it is, and its time.
fn root_search() -> Search {
    Search {
        base: String::new(),
        scope: Scope::Base,
        filter: "(objectClass=*)".to_owned(),
        attributes: ["currentTime", "defaultNamingContext", "dnsHostName"]
            .map(str::to_owned)
            .into(),
        binary: BTreeSet::new(),
        security_descriptors: false,
    }
}

/// Whether TLS comes about; asked without a log-on, so that the two are told apart.
async fn protected(security: Security, config: &LdapConfig, looks: &mut Looks) -> bool {
    let kind = match security {
        Security::Ldaps => "LDAPS",
        Security::StartTls => "StartTLS",
        Security::Plain => {
            let next = "use `security: ldaps` or `starttls` when the server offers it";
            looks.warn("TLS", "nothing protects what is read and the log-on", next);
            return true;
        }
        Security::Gssapi => {
            looks.good("TLS", "not used: Kerberos protects the connection");
            return true;
        }
    };
    let anonymous = Ldap::new(LdapConfig {
        log_on: LogOn::Anonymous,
        gate: std::sync::Arc::default(),
        connections: 1,
        ..config.clone()
    });
    match anonymous.search(&root_search()).await {
        // What is refused after the connection is there says nothing of TLS.
        Err(why) if !matches!(why.cause, Cause::Denied | Cause::BadCredentials) => {
            // The detail tells what to do about a certificate.
            let next = (why.cause == Cause::Timeout).then(|| why.cause.hint().to_owned());
            looks.add("TLS", Health::Error, why.detail.as_ref(), next);
            false
        }
        _ => {
            looks.good("TLS", format!("{kind}, the certificate is verified"));
            true
        }
    }
}

/// The directory's root, read as who the pair file says.
async fn logged_on(ldap: &Ldap, credential: &Credential, looks: &mut Looks) -> Option<Record> {
    let start = Instant::now();
    let answer = ldap.search(&root_search()).await.and_then(|rows| {
        let none = || {
            Absence::new(
                Cause::Malformed,
                "root",
                "the server shows no root of its directory",
            )
        };
        rows.into_iter().next().ok_or_else(none)
    });
    let who = match credential {
        Credential::Anonymous => "nobody (anonymous)".to_owned(),
        Credential::Kerberos => "the owner of the Kerberos ticket".to_owned(),
        Credential::Password { user, .. } => user.clone(),
    };
    match answer {
        Ok(root) => {
            let host = root.get("dnsHostName").map(|host| format!(" at {host}"));
            let host = host.unwrap_or_default();
            looks.good("log-on", format!("as {who}{host} ({} ms)", since(start)));
            Some(root)
        }
        Err(why) => {
            looks.absent("log-on", Health::Error, &why);
            None
        }
    }
}

/// Kerberos and signed DNS requests fail from five minutes on; less is worth a word.
const FAILS: i64 = 300;
const ODD: i64 = 60;

async fn compare_clocks(ldap: &Ldap, root: &Record, clock: &dyn Fn() -> Timestamp, looks: &mut Looks) {
    // Asked again over the open connection: the first answer also took the time of the log-on.
    let before = clock();
    let again = ldap.search(&root_search()).await.ok();
    let after = clock();
    let root = again.as_ref().and_then(|rows| rows.first()).unwrap_or(root);
    let told = root.get("currentTime").map(ToString::to_string);
    let Some(theirs) = told.as_deref().and_then(generalized_time) else {
        let detail = "the directory does not tell its time";
        looks.add("clock", Health::Unknown, detail, None);
        return;
    };
    let skew = if theirs < before {
        theirs.duration_since(before)
    } else if theirs > after {
        theirs.duration_since(after)
    } else {
        jiff::SignedDuration::ZERO
    };
    // The directory tells whole seconds.
    let seconds = skew.as_secs();
    let detail = match seconds {
        -1..=1 => "as this machine's".to_owned(),
        seconds if seconds > 0 => format!("{seconds} s ahead of this machine"),
        seconds => format!("{} s behind this machine", -seconds),
    };
    let next = "set the clocks by one time server; Kerberos and signed DNS requests fail from 5 minutes on";
    match seconds.abs() {
        FAILS.. => looks.add("clock", Health::Error, detail, Some(next.to_owned())),
        ODD..FAILS => looks.warn("clock", detail, next),
        _ => looks.good("clock", detail),
    }
}

/// A time such as `20261122183000.0Z`.
fn generalized_time(text: &str) -> Option<Timestamp> {
    let digits = text
        .get(..14)
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    let part = |range: std::ops::Range<usize>| digits[range].parse::<i8>().ok();
    let year = digits[..4].parse::<i16>().ok()?;
    let time = DateTime::new(
        year,
        part(4..6)?,
        part(6..8)?,
        part(8..10)?,
        part(10..12)?,
        part(12..14)?,
        0,
    );
    let right = text.ends_with('Z');
    Some(
        time.ok()
            .filter(|_| right)?
            .to_zoned(TimeZone::UTC)
            .ok()?
            .timestamp(),
    )
}

/// Whether the account sees entries, and who may do what with them.
async fn may_read(ldap: &Ldap, base: Option<&str>, root: &Record, looks: &mut Looks) {
    let domain = root.get("defaultNamingContext").map(ToString::to_string);
    let Some(base) = base.map(str::to_owned).or(domain) else {
        looks.add(
            "search",
            Health::Unknown,
            "the directory names no domain of its own",
            None,
        );
        return;
    };
    let mut search = Search {
        base: base.clone(),
        scope: Scope::One,
        attributes: vec!["objectClass".to_owned()],
        ..root_search()
    };
    match ldap.search(&search).await {
        Ok(rows) if rows.is_empty() => {
            let next = "give the account the right to list the domain's contents";
            looks.warn("search", format!("nothing is seen directly below {base}"), next);
        }
        Ok(rows) => looks.good("search", format!("{} entries directly below {base}", rows.len())),
        Err(why) => {
            looks.absent("search", Health::Error, &why);
            return;
        }
    }
    search.scope = Scope::Base;
    search.attributes = vec!["nTSecurityDescriptor".to_owned()];
    search.security_descriptors = true;
    let read = ldap.search(&search).await;
    let seen = read.map(|rows| {
        rows.first()
            .is_some_and(|row| row.get("nTSecurityDescriptor").is_some_and(is_there))
    });
    match seen {
        Ok(true) => looks.good("rights", "access lists can be read"),
        Ok(false) => {
            let next = "give the account `Read permissions`; rules on rights are unknown without";
            looks.warn("rights", format!("the access list of {base} is not shown"), next);
        }
        Err(why) => looks.absent("rights", Health::Warning, &why),
    }
}

fn is_there(value: &FactValue) -> bool {
    matches!(value, FactValue::Bytes(bytes) if !bytes.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_s_time_is_read() {
        let read = |text| generalized_time(text).map(|time| time.to_string());
        assert_eq!(read("20261122183000.0Z").unwrap(), "2026-11-22T18:30:00Z");
        for wrong in [
            "",
            "20261122183000.0",
            "2026112218300",
            "20261322183000Z",
            "2026112218300äZ",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
