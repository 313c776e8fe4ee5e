//! Searches and changes against servers that behave, and against those that do not.

use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use super::*;
use crate::facts::FactValue;

mod answers;
mod changes;
mod fake;
mod hostile;

use fake::{Fake, Reply, Request, bound, done, entry, farewell, message, tlv};

/// A search that every fake server can answer.
fn anything() -> Search {
    Search {
        base: "DC=corp,DC=example".to_owned(),
        scope: Scope::Sub,
        filter: "(objectClass=*)".to_owned(),
        attributes: vec!["cn".to_owned()],
        binary: BTreeSet::new(),
        security_descriptors: false,
    }
}

/// The same search, many times at once.
async fn at_once(ldap: Ldap, count: usize) -> Vec<Result<Vec<Record>, Absence>> {
    let ldap = Arc::new(ldap);
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..count {
        let ldap = Arc::clone(&ldap);
        all.spawn(async move { ldap.search(&anything()).await });
    }
    all.join_all().await
}

#[tokio::test]
async fn nothing_is_opened_before_the_first_search_and_no_more_than_needed() {
    let fake = Fake::start(|_| None).await;
    let ldap = fake.ldap();
    assert_eq!(fake.connections(), 0);
    for _ in 0..5 {
        assert_eq!(ldap.search(&anything()).await.unwrap(), []);
    }
    assert_eq!((fake.connections(), fake.binds()), (1, 1));
}

#[tokio::test]
async fn many_searches_share_a_few_connections() {
    let fake = Fake::start(|_| None).await;
    assert!(at_once(fake.ldap(), 100).await.iter().all(Result::is_ok));
    assert!((1..=4).contains(&fake.connections()), "{}", fake.connections());
}

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    let text = "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data 52e, v4563";
    let fake =
        Fake::start(|asked| (asked.operation == fake::BIND).then(|| Reply::Send(bound(asked, 49, text))))
            .await;
    // two endpoints with one credential
    let config = fake.config();
    let other = Ldap::new(LdapConfig {
        endpoint: "catalogue".into(),
        ..config.clone()
    });
    let (first, second) = tokio::join!(at_once(Ldap::new(config), 20), at_once(other, 20));
    for outcome in first.into_iter().chain(second) {
        let absence = outcome.unwrap_err();
        assert_eq!(absence.cause, Cause::BadCredentials);
        assert!(
            absence
                .detail
                .contains("log-on of alice: user or password is wrong"),
            "{}",
            absence.detail
        );
        assert!(!absence.detail.contains("secret"));
    }
    assert_eq!(fake.binds(), 1);
}

#[tokio::test]
async fn an_empty_password_is_never_sent() {
    let fake = Fake::start(|_| None).await;
    for (user, password) in [("alice", ""), ("", "secret")] {
        let log_on = LogOn::Simple {
            user: user.to_owned(),
            password: SecretString::from(password),
        };
        let absence = Ldap::new(LdapConfig {
            log_on,
            ..fake.config()
        })
        .search(&anything())
        .await
        .unwrap_err();
        assert_eq!(absence.cause, Cause::BadCredentials);
    }
    assert_eq!(fake.connections(), 0);
}

#[tokio::test]
async fn an_anonymous_search_does_not_log_on() {
    let fake = Fake::start(|_| None).await;
    let ldap = Ldap::new(LdapConfig {
        log_on: LogOn::Anonymous,
        ..fake.config()
    });
    ldap.search(&anything()).await.unwrap();
    assert_eq!((fake.connections(), fake.binds()), (1, 0));
}

#[tokio::test]
async fn a_lost_connection_is_opened_once_more() {
    type Lose = fn(&Request) -> Reply;
    let ways: [Lose; 4] = [
        |_| Reply::Close,
        |_| Reply::Reset,
        |_| Reply::Last(farewell("the server restarts")),
        // in the middle of an answer
        |asked| Reply::Last(entry(asked, "CN=a", &[])),
    ];
    for lose in ways {
        let searched = |asked: &Request| asked.operation == fake::SEARCH;
        let once =
            Fake::start(move |asked| (searched(asked) && asked.connection == 0).then(|| lose(asked))).await;
        assert_eq!(
            once.ldap().search(&anything()).await.unwrap(),
            [],
            "the first answer does not count"
        );
        assert_eq!(once.connections(), 2);
        let always = Fake::start(move |asked| searched(asked).then(|| lose(asked))).await;
        let absence = always.ldap().search(&anything()).await.unwrap_err();
        assert_eq!(absence.cause, Cause::Unreachable, "{}", absence.detail);
        assert_eq!(always.connections(), 2);
    }
}

#[tokio::test]
async fn a_log_on_is_not_repeated() {
    let fake = Fake::start(|asked| (asked.operation == fake::BIND).then_some(Reply::Reset)).await;
    let ldap = fake.ldap();
    for _ in 0..3 {
        assert_eq!(
            ldap.search(&anything()).await.unwrap_err().cause,
            Cause::Unreachable
        );
    }
    assert_eq!((fake.connections(), fake.binds()), (1, 1));
}

#[tokio::test]
async fn a_refusal_leaves_the_connection_good() {
    let fake = Fake::start(|asked| {
        (asked.operation == fake::SEARCH).then(|| Reply::Send(done(asked, 50, "INSUFF_ACCESS_RIGHTS", &[])))
    })
    .await;
    let ldap = fake.ldap();
    for _ in 0..3 {
        let absence = ldap.search(&anything()).await.unwrap_err();
        assert_eq!((absence.cause, &*absence.root), (Cause::Denied, "directory"));
    }
    assert_eq!(fake.connections(), 1);
}

#[tokio::test]
async fn a_silent_server_ends_with_the_deadline() {
    for silent in [fake::BIND, fake::SEARCH] {
        let fake = Fake::start(move |asked| (asked.operation == silent).then_some(Reply::Silence)).await;
        let start = Instant::now();
        let outcomes = at_once(fake.ldap(), 3).await;
        assert!(
            start.elapsed() < Duration::from_millis(900),
            "{:?}",
            start.elapsed()
        );
        for outcome in outcomes {
            let absence = outcome.unwrap_err();
            assert_eq!(absence.cause, Cause::Timeout);
            assert!(
                absence.detail.starts_with("no answer within 400ms while "),
                "{}",
                absence.detail
            );
        }
    }
}

#[tokio::test]
async fn a_dead_server_is_tried_once() {
    let fake = Fake::start(|_| None).await;
    let config = LdapConfig {
        port: 1,
        ..fake.config()
    };
    for outcome in at_once(Ldap::new(config), 10).await {
        assert_eq!(outcome.unwrap_err().cause, Cause::Unreachable);
    }
    // the first asked waits for a server that never says anything; the others do not wait in their turn
    let silent = Fake::start(|_| Some(Reply::Silence)).await;
    let start = Instant::now();
    assert!(at_once(silent.ldap(), 40).await.iter().all(Result::is_err));
    assert!(
        start.elapsed() < Duration::from_millis(900),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(silent.connections(), 1);
}

#[tokio::test]
async fn tls_is_asked_for_in_the_clear_and_nothing_else_counts() {
    let agreed = |more: &[u8]| {
        let result = [tlv(0x0a, &[0]), tlv(4, b""), tlv(4, b"")].concat();
        [&message(1, &tlv(0x78, &result), &[]), more].concat()
    };
    let refused = {
        let result = [tlv(0x0a, &[52]), tlv(4, b""), tlv(4, b"no certificate")].concat();
        message(1, &tlv(0x78, &result), &[])
    };
    let smuggled = agreed(b"0\x0c\x02\x01\x02a\x07\x0a\x01\x00\x04\x00\x04\x00");
    for (answer, cause, part) in [
        (
            refused,
            Cause::Unsupported,
            "offers no StartTLS (LDAP result 52: no certificate)",
        ),
        (smuggled, Cause::Malformed, "sends more than it was asked for"),
        (
            b"HTTP/1.1 400 Bad Request\r\n".to_vec(),
            Cause::Malformed,
            "does not begin like an LDAP message",
        ),
        (agreed(b""), Cause::Timeout, "while shaking hands with 127.0.0.1:"),
    ] {
        let fake = Fake::raw(answer).await;
        let ldap = Ldap::new(LdapConfig {
            security: Security::StartTls,
            ..fake.config()
        });
        let absence = ldap.search(&anything()).await.unwrap_err();
        assert_eq!(absence.cause, cause, "{}", absence.detail);
        assert!(absence.detail.contains(part), "{}", absence.detail);
        assert_eq!(fake.binds(), 0);
    }
}

#[tokio::test]
async fn log_ons_that_cannot_be_are_told_before_anything_is_opened() {
    let fake = Fake::start(|_| None).await;
    let password = fake.config().log_on;
    for (log_on, security, part) in [
        (password, Security::Gssapi, "set `security: ldaps` for a password"),
        #[cfg(not(feature = "kerberos"))]
        (LogOn::Kerberos, Security::Gssapi, "the cargo feature `kerberos`"),
        #[cfg(feature = "kerberos")]
        (LogOn::Kerberos, Security::Plain, "needs `security: gssapi`"),
    ] {
        let ldap = Ldap::new(LdapConfig {
            security,
            log_on,
            ..fake.config()
        });
        let absence = ldap.search(&anything()).await.unwrap_err();
        assert_eq!(absence.cause, Cause::Unsupported);
        assert!(absence.detail.contains(part), "{}", absence.detail);
    }
    assert_eq!(fake.connections(), 0);
}

#[tokio::test]
async fn what_is_no_filter_is_not_asked() {
    let fake = Fake::start(|_| None).await;
    let deep = format!("{}(a=b){}", "(!".repeat(100), ")".repeat(100));
    for filter in ["", "(cn=*", "cn=a)(b", &deep] {
        let search = Search {
            filter: filter.to_owned(),
            ..anything()
        };
        let absence = fake.ldap().search(&search).await.unwrap_err();
        assert_eq!(absence.cause, Cause::Malformed);
        assert!(
            absence.detail.contains("is not an LDAP filter"),
            "{}",
            absence.detail
        );
    }
    assert_eq!(fake.connections(), 0);
}

#[test]
fn no_secret_is_shown() {
    let log_on = LogOn::Simple {
        user: "alice".to_owned(),
        password: SecretString::from("geheim"),
    };
    assert!(!format!("{log_on:?}").contains("geheim"));
}

#[test]
fn values_of_one_and_of_many() {
    let text = FactValue::text;
    let record = |values: &[&[u8]], binary: bool| {
        let search = Search {
            binary: binary.then(|| "CN".to_owned()).into_iter().collect(),
            ..anything()
        };
        let names = rows::Names::of(&search);
        let values = values.iter().map(|value| value.to_vec()).collect();
        let row = rows::Row {
            dn: "CN=a".to_owned(),
            attributes: [("cn".to_owned(), values)].into(),
            partial: BTreeMap::new(),
        };
        names.record(row).get("cn").cloned()
    };
    let bytes = |bytes: &[u8]| FactValue::Bytes(Arc::from(bytes));
    assert_eq!(record(&[], false), None);
    assert_eq!(record(&[b"a"], false), Some(text("a")));
    assert_eq!(
        record(&[b"a", b"b"], false),
        Some(FactValue::list([text("a"), text("b")]))
    );
    assert_eq!(record(&[b"a"], true), Some(bytes(b"a")));
    assert_eq!(record(&[b"\xff"], false), Some(bytes(b"\xff")));
    // one value that is no text makes bytes of all
    assert_eq!(
        record(&[b"a", b"\xff"], false),
        Some(FactValue::list([bytes(b"a"), bytes(b"\xff")]))
    );
}
