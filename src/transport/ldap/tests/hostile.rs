//! Servers that send what they should not: always an absence, never a panic, a hang or a heap full of it.

use proptest::prelude::*;

use super::fake::{changed, page_done};
use super::*;
use crate::transport::ldap::ber::Garbage;
use crate::transport::ldap::guard::{self, Phase};

/// Brackets in brackets, as deep as the bytes go.
fn nested(depth: usize) -> Vec<u8> {
    (0..depth).fold(Vec::new(), |inner, _| {
        let length = u32::try_from(inner.len()).unwrap().to_be_bytes();
        // built back to front and turned round at the end
        let mut outer = inner;
        outer.extend(length.iter().rev());
        outer.extend([0x84, 0x30]);
        outer
    })
}

fn bomb() -> Vec<u8> {
    let mut bytes = nested(100_000);
    bytes.reverse();
    bytes
}

#[tokio::test]
async fn garbage_is_malformed() {
    let asked = Request {
        connection: 0,
        id: 1,
        operation: fake::SEARCH,
        base: String::new(),
        attributes: vec![],
        cookie: vec![],
        parts: None,
        content: Vec::new(),
    };
    for (bytes, cause) in [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), Cause::Malformed),
        (vec![0; 4096], Cause::Malformed),
        (bomb(), Cause::Malformed),
        (tlv(0x30, b"nothing of it"), Cause::Malformed),
        (vec![0x30, 0x80, 0, 0], Cause::Malformed),
        // an answer to a search that nobody made
        (done(&asked, 0, "", &[]), Cause::Malformed),
        (vec![0x30, 0x84, 0x7f, 0xff, 0xff, 0xff], Cause::Truncated),
    ] {
        let fake = Fake::raw(bytes.clone()).await;
        let absence = fake.ldap().search(&anything()).await.unwrap_err();
        assert_eq!(absence.cause, cause, "{}", absence.detail);
    }
}

#[tokio::test]
async fn garbage_after_the_log_on_is_malformed() {
    let fake = Fake::start(|asked| (asked.operation == fake::SEARCH).then(|| Reply::Send(bomb()))).await;
    let absence = fake.ldap().search(&anything()).await.unwrap_err();
    assert_eq!(absence.cause, Cause::Malformed, "{}", absence.detail);
    assert_eq!(fake.connections(), 1, "garbage is not asked for twice");
}

#[tokio::test]
async fn a_flood_ends_with_the_limit() {
    let fake = Fake::start(|asked| {
        (asked.operation == fake::SEARCH).then(|| Reply::Send(entry(asked, "CN=a", &[]).repeat(100_000)))
    })
    .await;
    let ldap = Ldap::new(LdapConfig {
        max_rows: usize::MAX,
        deadline: Duration::from_secs(20),
        ..fake.config()
    });
    let absence = ldap.search(&anything()).await.unwrap_err();
    assert_eq!(absence.cause, Cause::Truncated, "{}", absence.detail);
}

#[tokio::test]
async fn a_page_control_must_make_sense() {
    let fake = Fake::start(|asked| {
        let value = tlv(4, &bomb());
        let control = tlv(0x30, &[tlv(4, b"1.2.840.113556.1.4.319"), value].concat());
        let result = [tlv(0x0a, &[0]), tlv(4, b""), tlv(4, b"")].concat();
        (asked.operation == fake::SEARCH)
            .then(|| Reply::Send(message(asked.id, &tlv(0x65, &result), &tlv(0xa0, &control))))
    })
    .await;
    let ldap = Ldap::new(LdapConfig {
        max_bytes: 1 << 24,
        ..fake.config()
    });
    let absence = ldap.search(&anything()).await.unwrap_err();
    assert_eq!(absence.cause, Cause::Malformed, "{}", absence.detail);
}

#[test]
fn only_what_was_asked_for_may_come() {
    let asked = Request {
        connection: 0,
        id: 7,
        operation: fake::SEARCH,
        base: String::new(),
        attributes: vec![],
        cookie: vec![],
        parts: None,
        content: Vec::new(),
    };
    let (change, log_on, row, end) = (
        changed(
            &Request {
                operation: fake::DELETE,
                ..asked.clone()
            },
            0,
            "",
            &[],
        ),
        bound(&asked, 0, ""),
        entry(&asked, "CN=a", &[("cn", &[b"x"])]),
        page_done(&asked, b"c"),
    );
    for (message, good) in [
        (&change, Phase::Change),
        (&log_on, Phase::LogOn),
        (&row, Phase::Search),
        (&end, Phase::Search),
    ] {
        for phase in [
            Phase::Idle,
            Phase::StartTls,
            Phase::LogOn,
            Phase::Search,
            Phase::Change,
        ] {
            assert_eq!(guard::vet(message, phase).is_ok(), phase == good, "{phase:?}");
        }
    }
    assert!(guard::vet(&farewell("bye"), Phase::Idle).is_ok());
    let two = [row.clone(), row].concat();
    assert_eq!(
        guard::vet(&two, Phase::Search),
        Err(Garbage("it has more parts than it should"))
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever passes the guard, the library can decode; bytes are changed in an answer that is right.
    #[test]
    fn no_answer_upsets_the_library(changes in prop::collection::vec((0..200_usize, any::<u8>()), 0..4), cut in 0..220_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let fake = Fake::start(move |asked| {
                let row = entry(asked, "CN=a", &[("cn", &[b"x", b"\xff"]), ("member;range=0-0", &[b"y"])]);
                let mut answer = [row, page_done(asked, b"")].concat();
                for (at, byte) in &changes {
                    if let Some(place) = answer.get_mut(*at) {
                        *place = *byte;
                    }
                }
                answer.truncate(cut.max(20));
                (asked.operation == fake::SEARCH).then_some(Reply::Last(answer))
            })
            .await;
            let ldap = Ldap::new(LdapConfig { deadline: Duration::from_millis(60), ..fake.config() });
            if let Err(absence) = ldap.search(&anything()).await {
                assert!(!absence.detail.contains("cannot be decoded"), "{}", absence.detail);
            }
        });
    }
}
