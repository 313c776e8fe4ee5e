//! What the numbers of a database server's errors mean for a fact.

use tiberius::error::TokenError;

use crate::facts::Cause;
use crate::transport::{Trouble, clip};

/// What is refused when no user and no password are in play.
pub(super) const WITH_TICKET: &str = "log-on with Kerberos";

/// The connection ends with errors of this class and above.
pub(super) const FATAL: u8 = 20;

const OLDER: &str = "this version of the server has no such thing";
const NO_RIGHT: &str = "the log-on lacks the right to it";
const NO_DATABASE: &str = "the log-on may not use the database";
const NOT_OPEN: &str = "the database is not open to readers at present";
const OFFLINE: &str = "the database is offline; bring it online, or leave it out";
const BUSY: &str = "the server is short of memory or connections";
const NOT_UP: &str = "the server is starting, stopping or paused";

/// Number, cause, meaning.
const ERRORS: &[(u32, Cause, &str)] = &[
    (
        102,
        Cause::Unsupported,
        "the server does not understand what it is asked",
    ),
    (
        156,
        Cause::Unsupported,
        "the server does not understand what it is asked",
    ),
    (195, Cause::Unsupported, OLDER),
    (207, Cause::Unsupported, OLDER),
    (208, Cause::Unsupported, OLDER),
    (229, Cause::Denied, NO_RIGHT),
    (230, Cause::Denied, NO_RIGHT),
    (262, Cause::Denied, NO_RIGHT),
    (297, Cause::Denied, NO_RIGHT),
    (300, Cause::Denied, NO_RIGHT),
    (371, Cause::Denied, NO_RIGHT),
    (701, Cause::Unreachable, BUSY),
    (911, Cause::NotFound, "there is no such database"),
    (916, Cause::Denied, NO_DATABASE),
    (921, Cause::Unreachable, "the database has not been recovered yet"),
    (922, Cause::Unreachable, "the database is being recovered"),
    (923, Cause::Denied, "the database is open to its owner only"),
    (
        924,
        Cause::Unreachable,
        "the database is open to one user at a time, and somebody has it",
    ),
    (
        926,
        Cause::Unreachable,
        "the database is marked as suspect; repair or restore it",
    ),
    (
        927,
        Cause::Unreachable,
        "the database is being restored; recover it, or leave it out",
    ),
    (942, Cause::Unreachable, OFFLINE),
    (
        945,
        Cause::Unreachable,
        "files of the database cannot be opened, or there is no room",
    ),
    (
        946,
        Cause::Unreachable,
        "the database was written by a newer version",
    ),
    (952, Cause::Unreachable, "the database is changing its state"),
    (954, Cause::Unreachable, "the database is a mirror"),
    (955, Cause::Unreachable, NOT_OPEN),
    (
        976,
        Cause::Unreachable,
        "the database is a replica that nobody may read",
    ),
    (
        978,
        Cause::Unreachable,
        "the database is a replica that only read-only log-ons may use",
    ),
    (983, Cause::Unreachable, NOT_OPEN),
    (
        1205,
        Cause::Unreachable,
        "the question lost a deadlock against another one; ask again",
    ),
    (1222, Cause::Timeout, "somebody holds a lock for too long"),
    (2812, Cause::Unsupported, OLDER),
    (4060, Cause::Denied, NO_DATABASE),
    (
        4064,
        Cause::Denied,
        "the log-on's default database cannot be opened; set another one for it",
    ),
    (4121, Cause::Unsupported, OLDER),
    (6005, Cause::Unreachable, NOT_UP),
    (8645, Cause::Unreachable, BUSY),
    (15123, Cause::Unsupported, OLDER),
    (
        15151,
        Cause::Denied,
        "it does not exist, or the log-on lacks the right to see it",
    ),
    (15247, Cause::Denied, NO_RIGHT),
    (
        15281,
        Cause::Unsupported,
        "the server's administrator has turned this off (sp_configure)",
    ),
    (17142, Cause::Unreachable, NOT_UP),
    (17187, Cause::Unreachable, NOT_UP),
    (17809, Cause::Unreachable, BUSY),
    (17892, Cause::Denied, "a trigger of the server refuses the log-on"),
    (18401, Cause::Unreachable, "the server is upgrading itself"),
    (18450, Cause::Unreachable, NOT_UP),
    (18451, Cause::Unreachable, NOT_UP),
    (
        18452,
        Cause::BadCredentials,
        "the log-on comes from a domain that the server does not trust, or it takes Windows log-ons only",
    ),
    (
        18456,
        Cause::BadCredentials,
        "user or password is wrong, or the server takes Windows log-ons only; its error log says which",
    ),
    (
        18461,
        Cause::Unreachable,
        "the server is open to one administrator only",
    ),
    (18470, Cause::BadCredentials, "the log-on is disabled"),
    (18486, Cause::BadCredentials, "the log-on is locked out"),
    (18487, Cause::BadCredentials, "the password has expired"),
    (
        18488,
        Cause::BadCredentials,
        "the password must be changed before the first log-on",
    ),
    (22001, Cause::NotFound, "the registry has no such key or value"),
];

/// What is not in the table goes by how grave it is.
fn by_class(class: u8) -> (Cause, &'static str) {
    match class {
        13 => (Cause::Unreachable, "another question stood in the way"),
        14 => (Cause::Denied, "the server refuses it"),
        15 => (
            Cause::Unsupported,
            "the server does not understand what it is asked",
        ),
        17..FATAL => (
            Cause::Unreachable,
            "the server lacks what it needs for the answer",
        ),
        FATAL.. => (Cause::Unreachable, "the server gave up"),
        _ => (Cause::Malformed, "it fails there"),
    }
}

/// Why `place` did not do what was asked; `subject` names it, as a database or the log-on of somebody.
pub(super) fn explain(place: &str, subject: &str, error: &TokenError) -> Trouble {
    told(place, subject, error.code(), error.class(), error.message())
}

pub(super) fn told(place: &str, subject: &str, number: u32, class: u8, text: &str) -> Trouble {
    let known = ERRORS.iter().find(|(known, ..)| *known == number);
    let (mut cause, mut meaning) =
        known.map_or_else(|| by_class(class), |(_, cause, meaning)| (*cause, *meaning));
    if number == 18456 && subject == WITH_TICKET {
        meaning = "the server has no log-on for whose ticket this is; create one there";
    }
    // the procedures that read the registry say everything with one number
    if number == 22001 && text.contains("error 5") {
        (cause, meaning) = (Cause::Denied, "the server's own account may not read that key");
    }
    let at = if subject.is_empty() {
        String::new()
    } else {
        format!(", {}", clip(subject))
    };
    Trouble::new(
        cause,
        format!("{place}{at}: {meaning} (error {number}: {})", clip(text)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_causes() {
        use Cause::{BadCredentials, Denied, Malformed, NotFound, Timeout, Unreachable, Unsupported};
        assert!(ERRORS.is_sorted_by(|a, b| a.0 < b.0));
        for (number, class, cause) in [
            (18456, 14, BadCredentials),
            (18452, 14, BadCredentials),
            (18486, 14, BadCredentials),
            (229, 14, Denied),
            (300, 14, Denied),
            (916, 14, Denied),
            (4060, 11, Denied),
            (4242, 14, Denied),
            (208, 16, Unsupported),
            (207, 16, Unsupported),
            (195, 15, Unsupported),
            (2812, 16, Unsupported),
            (4242, 15, Unsupported),
            (911, 16, NotFound),
            (942, 14, Unreachable),
            (952, 16, Unreachable),
            (4242, 17, Unreachable),
            (4242, 21, Unreachable),
            (1222, 16, Timeout),
            (245, 16, Malformed),
        ] {
            assert_eq!(told("db1:1433", "", number, class, "").cause, cause, "{number}");
        }
    }

    #[test]
    fn what_happened_is_told_with_its_number() {
        assert_eq!(
            told(
                "db1:1433",
                "log-on of standin",
                18470,
                14,
                "Login failed\r\n for 'standin'."
            )
            .detail,
            "db1:1433, log-on of standin: the log-on is disabled (error 18470: Login failed for 'standin'.)"
        );
        let ticket = told("db1:1433", WITH_TICKET, 18456, 14, "Login failed").detail;
        assert!(ticket.contains("no log-on for whose ticket this is"), "{ticket}");
        let registry = |why: &str| told("db1:1433", "", 22001, 16, why);
        assert_eq!(registry("RegOpenKeyEx() returned error 2").cause, Cause::NotFound);
        assert_eq!(
            registry("RegOpenKeyEx() returned error 5, 'Access is denied.'").cause,
            Cause::Denied
        );
    }

    #[test]
    fn what_the_server_says_is_clipped() {
        let detail = told("db1:1433", &"x".repeat(5000), 50000, 16, &"x\n".repeat(5000)).detail;
        assert!(detail.chars().count() < 500 && !detail.contains('\n'), "{detail}");
    }
}
