//! What the Kerberos library says, in words.

use super::{Trouble, clip};
use crate::facts::Cause;

/// Sign in the library's text, cause, meaning.
const SIGNS: &[(&str, Cause, &str)] = &[
    ("no credentials were supplied", Cause::BadCredentials, NO_TICKET),
    ("no kerberos credentials", Cause::BadCredentials, NO_TICKET),
    ("no credentials cache", Cause::BadCredentials, NO_TICKET),
    ("credentials cache file", Cause::BadCredentials, NO_TICKET),
    ("ticket expired", Cause::BadCredentials, OLD_TICKET),
    ("credentials have expired", Cause::BadCredentials, OLD_TICKET),
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
        "the realm's domain controllers are not known; look at krb5.conf",
    ),
];

const NO_TICKET: &str = "there is no ticket; get one with kinit";
const OLD_TICKET: &str = "the ticket has expired; get another with kinit";

/// Why there was no log-on to `place` for `service`, as in `ldap/dc1.corp.example`.
pub(crate) fn explain(place: &str, service: &str, why: &str) -> Trouble {
    let text = why.to_lowercase();
    let (_, cause, meaning) = SIGNS
        .iter()
        .copied()
        .find(|(sign, ..)| text.contains(sign))
        .unwrap_or(("", Cause::Denied, "the log-on is refused"));
    Trouble::new(
        cause,
        format!(
            "{place}, Kerberos log-on for {service}: {meaning} ({})",
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
            let trouble = explain("dc1:389", "ldap/dc1.corp.example", why);
            assert_eq!(trouble.cause, cause, "{why}");
            assert!(trouble.detail.contains(part), "{}", trouble.detail);
        }
    }
}
