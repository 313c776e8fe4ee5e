//! Log-on with the Kerberos ticket of whoever runs this, which also seals the connection.

use ldap3::{LdapError, LdapResult};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::connect::ended;
use super::wire::Wire;
use crate::facts::Cause;
use crate::transport::{Trouble, clip};

/// Logs on at `host`, whose full name is part of the service that the ticket is for.
pub(super) async fn log_on(
    ldap: &ldap3::Ldap,
    wire: &Wire,
    place: &str,
    host: &str,
) -> Result<LdapResult, Trouble> {
    let (mut ldap, service_host) = (ldap.clone(), host.to_owned());
    let runtime = Handle::current();
    let (done, answer) = oneshot::channel();
    // the Kerberos library blocks, for long when no KDC answers; a thread of its own holds nobody up when the
    // deadline has passed or the program ends
    let thread = std::thread::Builder::new()
        .name("kerberos".to_owned())
        .spawn(move || {
            let outcome = runtime.block_on(ldap.sasl_gssapi_bind(&service_host));
            let _ = done.send(outcome);
        });
    if let Err(error) = thread {
        return Err(Trouble::new(
            Cause::Unreachable,
            format!("no thread for the log-on to {place}: {error}"),
        ));
    }
    match answer.await {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(LdapError::GssapiOperationError(why))) => Err(explain(place, host, &why)),
        Ok(Err(error)) => Err(ended(wire, &error).trouble(place)),
        Err(_) => Err(Trouble::new(
            Cause::Malformed,
            format!("the Kerberos log-on to {place} broke off"),
        )),
    }
}

/// Sign in the library's text, cause, meaning.
const SIGNS: &[(&str, Cause, &str)] = &[
    (
        "no kerberos credentials",
        Cause::BadCredentials,
        "there is no ticket; get one with kinit",
    ),
    (
        "no credentials cache",
        Cause::BadCredentials,
        "there is no ticket; get one with kinit",
    ),
    (
        "credentials cache file",
        Cause::BadCredentials,
        "there is no ticket; get one with kinit",
    ),
    (
        "ticket expired",
        Cause::BadCredentials,
        "the ticket has expired; get another with kinit",
    ),
    (
        "credentials have expired",
        Cause::BadCredentials,
        "the ticket has expired; get another with kinit",
    ),
    (
        "clock skew",
        Cause::Denied,
        "the clocks differ too much; set them right",
    ),
    (
        "server not found",
        Cause::Unreachable,
        "the domain knows no such service; use the server's full name",
    ),
    (
        "cannot contact any kdc",
        Cause::Unreachable,
        "no domain controller answers for the ticket",
    ),
    (
        "cannot find kdc",
        Cause::Unreachable,
        "the realm's domain controllers are not known here; look at krb5.conf",
    ),
];

fn explain(place: &str, host: &str, why: &str) -> Trouble {
    let text = why.to_lowercase();
    let (_, cause, meaning) = SIGNS
        .iter()
        .copied()
        .find(|(sign, ..)| text.contains(sign))
        .unwrap_or(("", Cause::Denied, "the log-on is refused"));
    Trouble::new(
        cause,
        format!(
            "{place}, Kerberos log-on for ldap/{host}: {meaning} ({})",
            clip(why)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kerberos_says_is_told_in_words() {
        for (why, cause, part) in [
            (
                "No Kerberos credentials available (default cache: FILE:/tmp/krb5cc_0)",
                Cause::BadCredentials,
                "kinit",
            ),
            ("Ticket expired", Cause::BadCredentials, "expired"),
            (
                "Server not found in Kerberos database",
                Cause::Unreachable,
                "full name",
            ),
            (
                "Cannot contact any KDC for realm 'CORP.EXAMPLE'",
                Cause::Unreachable,
                "no domain controller",
            ),
            ("something else", Cause::Denied, "refused (something else)"),
        ] {
            let trouble = explain("dc1:389", "dc1.corp.example", why);
            assert_eq!(trouble.cause, cause, "{why}");
            assert!(trouble.detail.contains(part), "{}", trouble.detail);
        }
    }
}
