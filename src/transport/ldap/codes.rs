//! What the result codes of LDAP, and the finer ones of Active Directory, mean for a fact.

use ldap3::LdapResult;

use crate::facts::Cause;
use crate::transport::{Trouble, clip};

pub(super) const SUCCESS: u32 = 0;
pub(super) const REFERRAL: u32 = 10;

const OPERATIONS_ERROR: u32 = 1;
const TIME_LIMIT: u32 = 3;
const OTHER: u32 = 80;
pub(super) const NOT_FOUND: u32 = 32;
const INVALID_CREDENTIALS: u32 = 49;

/// Code, cause, meaning.
const CODES: &[(u32, Cause, &str)] = &[
    (OPERATIONS_ERROR, Cause::Malformed, "the server could not do it"),
    (2, Cause::Malformed, "the server does not understand the request"),
    (
        TIME_LIMIT,
        Cause::Timeout,
        "the search took longer than the server allows",
    ),
    (
        4,
        Cause::Truncated,
        "the answer has more entries than the server allows",
    ),
    (7, Cause::Unsupported, "the server has no such way to log on"),
    (
        8,
        Cause::Unsupported,
        "the server wants an encrypted or signed connection; set `security: ldaps`, `starttls` or `gssapi`",
    ),
    (REFERRAL, Cause::Unsupported, "another server has it"),
    (
        11,
        Cause::Truncated,
        "the search exceeds what the server's administrator allows",
    ),
    (
        12,
        Cause::Unsupported,
        "the server lacks a control that is needed",
    ),
    (
        13,
        Cause::Unsupported,
        "the server wants an encrypted connection; set `security: ldaps` or `starttls`",
    ),
    (
        14,
        Cause::Malformed,
        "the server wants to go on with a log-on that has ended",
    ),
    (16, Cause::NotFound, "there is no such attribute"),
    (
        17,
        Cause::Unsupported,
        "the server's schema has no such attribute",
    ),
    (
        18,
        Cause::Unsupported,
        "the server cannot compare the attribute in this way",
    ),
    (
        21,
        Cause::Malformed,
        "a value in the search does not fit its attribute",
    ),
    (NOT_FOUND, Cause::NotFound, "there is no such object"),
    (33, Cause::Malformed, "an alias leads nowhere"),
    (
        34,
        Cause::Malformed,
        "the base of the search is not a distinguished name",
    ),
    (36, Cause::Denied, "an alias may not be followed"),
    (
        48,
        Cause::BadCredentials,
        "the account may not log on in this way",
    ),
    (
        INVALID_CREDENTIALS,
        Cause::BadCredentials,
        "the log-on is refused",
    ),
    (50, Cause::Denied, "the account lacks the right to read it"),
    (51, Cause::Unreachable, "the server is busy"),
    (52, Cause::Unreachable, "the server is not available at present"),
    (53, Cause::Unsupported, "the server is unwilling to do it"),
    (81, Cause::Unreachable, "the server is down"),
    (85, Cause::Timeout, "the server gave up waiting"),
];

/// The same for a change, where it means something else than for a search.
const CHANGE_CODES: &[(u32, Cause, &str)] = &[
    (
        TIME_LIMIT,
        Cause::Timeout,
        "the change took longer than the server allows",
    ),
    (
        11,
        Cause::Unsupported,
        "the change exceeds what the server's administrator allows",
    ),
    (
        16,
        Cause::NotFound,
        "there is no such attribute, or it has no such value",
    ),
    (
        19,
        Cause::Unsupported,
        "a value is not one that the directory allows there",
    ),
    (20, Cause::Unsupported, "the attribute has this value already"),
    (21, Cause::Unsupported, "a value does not fit its attribute"),
    (
        34,
        Cause::Malformed,
        "this is not a distinguished name to the server",
    ),
    (50, Cause::Denied, "the account lacks the right to change it"),
    (
        64,
        Cause::Unsupported,
        "an object of its class cannot have this name",
    ),
    (
        65,
        Cause::Unsupported,
        "its class does not allow an attribute, or demands another",
    ),
    (66, Cause::Unsupported, "there are objects below it"),
    (67, Cause::Unsupported, "the attribute is its name"),
    (68, Cause::Unsupported, "there is an object of this name already"),
    (69, Cause::Unsupported, "its class cannot be changed"),
    (71, Cause::Unsupported, "the change needs several servers"),
    (OTHER, Cause::Malformed, "the server does not say what went wrong"),
];

/// What Active Directory adds to a refused log-on as `data NNN`.
const LOG_ON_CODES: &[(&str, &str)] = &[
    ("525", "there is no such user"),
    ("52e", "user or password is wrong"),
    ("52f", "the account's restrictions forbid the log-on"),
    ("530", "the account may not log on at this time"),
    ("531", "the account may not log on from this machine"),
    ("532", "the password has expired"),
    ("533", "the account is disabled"),
    ("568", "the account is in too many groups"),
    ("701", "the account has expired"),
    ("773", "the password must be changed before the first log-on"),
    ("775", "the account is locked out"),
];

/// Why `place` did not do what was asked; `subject` names it, as the base of a search.
pub(super) fn explain(place: &str, subject: &str, result: &LdapResult) -> Trouble {
    told(place, subject, result, CODES.iter())
}

/// Why `place` did not change `subject`.
pub(super) fn explain_change(place: &str, subject: &str, result: &LdapResult) -> Trouble {
    let mut trouble = told(place, subject, result, CHANGE_CODES.iter().chain(CODES));
    if result.rc == REFERRAL {
        let to = clip(&result.refs.join(" "));
        trouble.detail = format!("{}; it refers to {to}, where no change is sent", trouble.detail);
    }
    trouble
}

/// Whether a change may have been made although this is the result.
pub(super) fn leaves_in_doubt(code: u32) -> bool {
    let known = CODES.iter().chain(CHANGE_CODES).any(|known| known.0 == code);
    matches!(code, TIME_LIMIT | OTHER) || !known
}

fn told<'a>(
    place: &str,
    subject: &str,
    result: &LdapResult,
    mut codes: impl Iterator<Item = &'a (u32, Cause, &'a str)>,
) -> Trouble {
    let unknown = (
        result.rc,
        Cause::Malformed,
        "the server answers with an unknown result",
    );
    let (_, mut cause, mut meaning) = codes
        .find(|(code, ..)| *code == result.rc)
        .copied()
        .unwrap_or(unknown);
    if result.rc == OPERATIONS_ERROR && not_logged_on(&result.text) {
        (cause, meaning) = (Cause::Denied, "the server wants a log-on first");
    }
    if result.rc == INVALID_CREDENTIALS {
        meaning = log_on_code(&result.text).unwrap_or(meaning);
    }
    let mut detail = format!("{place}, {}: {meaning}", clip(subject));
    if result.rc == NOT_FOUND && !result.matched.is_empty() {
        detail = format!("{detail}; the nearest is {}", clip(&result.matched));
    }
    let text = clip(&result.text);
    let text = if text.is_empty() {
        String::new()
    } else {
        format!(": {text}")
    };
    Trouble::new(cause, format!("{detail} (LDAP result {}{text})", result.rc))
}

/// Whether an operationsError only says that nobody has logged on.
fn not_logged_on(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["000004dc", "successful bind", "without authentication"]
        .iter()
        .any(|sign| text.contains(sign))
}

fn log_on_code(text: &str) -> Option<&'static str> {
    let (_, after) = text.split_once("data ")?;
    let code = after
        .split(|c: char| !c.is_ascii_hexdigit())
        .next()?
        .to_ascii_lowercase();
    LOG_ON_CODES
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(rc: u32, matched: &str, text: &str) -> LdapResult {
        LdapResult {
            rc,
            matched: matched.into(),
            text: text.into(),
            refs: vec![],
            ctrls: vec![],
        }
    }

    #[test]
    fn every_code_has_its_cause() {
        use Cause::{
            BadCredentials, Denied, Malformed, NotFound, Timeout, Truncated, Unreachable, Unsupported,
        };
        for (code, cause) in [
            (1, Malformed),
            (2, Malformed),
            (3, Timeout),
            (4, Truncated),
            (8, Unsupported),
            (10, Unsupported),
            (11, Truncated),
            (13, Unsupported),
            (32, NotFound),
            (34, Malformed),
            (48, BadCredentials),
            (49, BadCredentials),
            (50, Denied),
            (51, Unreachable),
            (52, Unreachable),
            (53, Unsupported),
            (85, Timeout),
            (4242, Malformed),
        ] {
            assert_eq!(
                explain("dc1:636", "base", &result(code, "", "")).cause,
                cause,
                "{code}"
            );
        }
        assert!(CODES.is_sorted_by_key(|(code, ..)| code));
        assert!(CHANGE_CODES.is_sorted_by_key(|(code, ..)| code));
    }

    #[test]
    fn a_search_without_log_on_is_denied() {
        for text in [
            "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be \
             completed on the connection., data 0, v4563\0",
            "00002020: Operation unavailable without authentication",
        ] {
            assert_eq!(
                explain("dc1:636", "base", &result(1, "", text)).cause,
                Cause::Denied
            );
        }
    }

    #[test]
    fn refused_log_ons_are_told_in_words() {
        let text = |code| {
            format!(
                "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data {code}, v4563\0"
            )
        };
        for (code, meaning) in LOG_ON_CODES {
            let detail = explain("dc1:636", "log-on of alice", &result(49, "", &text(code))).detail;
            assert!(
                detail.starts_with(&format!("dc1:636, log-on of alice: {meaning} (LDAP result 49: ")),
                "{detail}"
            );
        }
        let unknown = explain(
            "dc1:636",
            "log-on of alice",
            &result(49, "", "Invalid credentials"),
        )
        .detail;
        assert_eq!(
            unknown,
            "dc1:636, log-on of alice: the log-on is refused (LDAP result 49: Invalid credentials)"
        );
        let upper = explain("dc1:636", "log-on", &result(49, "", "data 52E, v1")).detail;
        assert!(upper.contains("user or password is wrong"), "{upper}");
    }

    #[test]
    fn the_nearest_object_is_named() {
        let detail = explain("dc1:636", "CN=a,DC=x", &result(32, "DC=x", "")).detail;
        assert_eq!(
            detail,
            "dc1:636, CN=a,DC=x: there is no such object; the nearest is DC=x (LDAP result 32)"
        );
    }

    #[test]
    fn what_the_server_says_is_clipped() {
        let detail = explain("dc1:636", "b", &result(80, "", &"x\n".repeat(5000))).detail;
        assert!(detail.chars().count() < 350 && !detail.contains('\n'), "{detail}");
    }
}
