//! Changes: what goes out, what an answer says of them, and that nothing goes out twice.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::ber::Reader;
use super::super::guard::{SEQUENCE, TEXT};
use super::fake::changed;
use super::*;
use crate::facts::{Acl, Right};
use crate::transport::Unwritten;

const OBJECT: &str = "CN=Default,DC=corp,DC=example";

fn change(edit: Edit) -> Change {
    Change {
        dn: OBJECT.to_owned(),
        edit,
    }
}

fn attribute(name: &str, values: &[&[u8]]) -> Attribute {
    Attribute {
        name: name.to_owned(),
        values: values.iter().map(|value| value.to_vec()).collect(),
    }
}

fn replaced(name: &str, values: &[&[u8]]) -> Change {
    change(Edit::Modify(vec![(Way::Replace, attribute(name, values))]))
}

fn edits() -> [Edit; 5] {
    [
        Edit::Add(vec![attribute("cn", &[b"a"])]),
        Edit::Modify(vec![(Way::Insert, attribute("cn", &[b"a"]))]),
        Edit::Delete,
        grant(),
        revoke(None),
    ]
}

const ACCOUNT: &str = "S-1-5-21-1-2-3-1122";

fn rights() -> Vec<Right> {
    let object = "a8df743e-c5ea-11d1-bbcb-0080c76670c0".parse().ok();
    let right = |mask| Right {
        mask,
        object,
        property_set: None,
    };
    vec![right(0x10), right(0x20)]
}

fn granted(to: &str) -> Granted {
    Granted {
        to: to.parse().unwrap(),
        rights: rights(),
        before: None,
    }
}

fn grant() -> Edit {
    Edit::Grant(vec![granted(ACCOUNT)])
}

fn revoke(before: Option<&str>) -> Edit {
    Edit::Revoke(vec![Granted {
        before: before.map(|list| Arc::new(list.parse().unwrap())),
        ..granted(ACCOUNT)
    }])
}

/// What stood there before; one with a part of what is granted, so that there is something to take back, too.
const LIST: &str = "D:(OA;;RP;a8df743e-c5ea-11d1-bbcb-0080c76670c0;;S-1-5-21-1-2-3-1122)(A;ID;RC;;;AU)";

/// A server that shows this access list and does what `answer` says with changes, which it counts.
async fn server(
    list: &str,
    answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
) -> (Fake, Arc<AtomicUsize>) {
    let bytes = list.parse::<Acl>().unwrap().to_bytes();
    let changes = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&changes);
    let fake = Fake::start(move |asked| {
        if asked.is_change() {
            seen.fetch_add(1, Ordering::SeqCst);
            return Some(answer(asked));
        }
        let shown = |name: &String| entry(asked, OBJECT, &[(name, &[&bytes])]);
        let row = asked.attributes.iter().find(|name| *name != "1.1").map(shown);
        let rows = row.unwrap_or_default();
        (asked.operation == fake::SEARCH).then(|| Reply::Send([rows, done(asked, 0, "", &[])].concat()))
    });
    (fake.await, changes)
}

/// The last change that a server saw.
async fn sent(list: &str, edit: Edit) -> Option<Request> {
    let seen = Arc::new(std::sync::Mutex::new(None));
    let note = Arc::clone(&seen);
    let (fake, _) = server(list, move |asked| {
        *note.lock().unwrap() = Some(asked.clone());
        Reply::Send(changed(asked, 0, "", &[]))
    })
    .await;
    assert_eq!(fake.ldap().change(&change(edit)).await, Ok(()));
    assert_eq!((fake.connections(), fake.binds()), (1, 1));
    seen.lock().unwrap().take()
}

/// Name and values of each part, sorted.
fn attributes(content: &[u8]) -> Vec<(String, Vec<Vec<u8>>)> {
    let mut parts = Reader::new(content);
    let mut all = Vec::new();
    while !parts.is_empty() {
        let mut part = Reader::new(parts.expect(SEQUENCE).unwrap());
        let way = part.optional(0x0a).unwrap();
        if let Some([way, ..]) = way {
            all.push((format!("way {way}"), Vec::new()));
            part = Reader::new(part.expect(SEQUENCE).unwrap());
        }
        let name = part.text(TEXT).unwrap().to_owned();
        let mut set = Reader::new(part.expect(0x31).unwrap());
        let mut values = Vec::new();
        while !set.is_empty() {
            values.push(set.expect(TEXT).unwrap().to_vec());
        }
        values.sort();
        all.push((name, values));
    }
    all
}

#[tokio::test]
async fn each_change_goes_out_as_it_is() {
    let odd: &[u8] = b"'\"();\n\0\xff $(x) %PATH%\xe2\x80\xae";
    let add = Edit::Add(vec![
        attribute("objectClass", &[b"top", b"person"]),
        attribute("2.5.4.3", &[odd]),
    ]);
    let request = sent(LIST, add).await.unwrap();
    assert_eq!((request.operation, request.parts), (fake::ADD, None));
    let mut parts = Reader::new(&request.content);
    assert_eq!(parts.text(TEXT), Ok(OBJECT));
    assert_eq!(
        attributes(parts.expect(SEQUENCE).unwrap()),
        [
            (
                "objectClass".to_owned(),
                vec![b"person".to_vec(), b"top".to_vec()]
            ),
            ("2.5.4.3".to_owned(), vec![odd.to_vec()]),
        ]
    );

    let modify = Edit::Modify(vec![
        (Way::Replace, attribute("description", &[])),
        (Way::Insert, attribute("userCertificate;binary", &[odd])),
        (Way::Remove, attribute("description", &[b"a"])),
    ]);
    let request = sent(LIST, modify).await.unwrap();
    assert_eq!(request.operation, fake::MODIFY);
    let mut parts = Reader::new(&request.content);
    assert_eq!(parts.text(TEXT), Ok(OBJECT));
    let told = attributes(parts.expect(SEQUENCE).unwrap());
    let names: Vec<(&str, usize)> = told
        .iter()
        .map(|(name, values)| (&**name, values.len()))
        .collect();
    assert_eq!(
        names,
        [
            ("way 2", 0),
            ("description", 0),
            ("way 0", 0),
            ("userCertificate;binary", 1),
            ("way 1", 0),
            ("description", 1),
        ]
    );

    let request = sent(LIST, Edit::Delete).await.unwrap();
    assert_eq!(
        (request.operation, &*request.content),
        (fake::DELETE, OBJECT.as_bytes())
    );
}

#[tokio::test]
async fn of_an_access_list_only_itself_is_written() {
    let granted = LIST.replace(
        "(A;ID",
        "(OA;;WP;a8df743e-c5ea-11d1-bbcb-0080c76670c0;;S-1-5-21-1-2-3-1122)(A;ID",
    );
    for (before, edit, after) in [(LIST, grant(), &*granted), (&*granted, revoke(Some(LIST)), LIST)] {
        let owned = format!("O:SYG:SY{before}");
        let request = sent(&owned, edit.clone()).await.unwrap();
        assert_eq!((request.operation, request.parts), (fake::MODIFY, Some(4)));
        let mut parts = Reader::new(&request.content);
        parts.text(TEXT).unwrap();
        let told = attributes(parts.expect(SEQUENCE).unwrap());
        assert_eq!(told[0].0, "way 2");
        assert_eq!(told[1].0, "nTSecurityDescriptor");
        assert_eq!(told[1].1, [after.parse::<Acl>().unwrap().to_bytes()]);
        assert!(
            sent(after, edit).await.is_none(),
            "nothing is written when it is so already"
        );
    }
}

#[tokio::test]
async fn several_accounts_are_one_change_or_none() {
    let accounts = [ACCOUNT, "S-1-5-21-1-2-3-1123"];
    let list = "D:(A;ID;RC;;;AU)";
    let request = sent(list, Edit::Grant(accounts.map(granted).to_vec()))
        .await
        .unwrap();
    let mut parts = Reader::new(&request.content);
    parts.text(TEXT).unwrap();
    let told = attributes(parts.expect(SEQUENCE).unwrap());
    let book = "a8df743e-c5ea-11d1-bbcb-0080c76670c0";
    let both = accounts.map(|to| format!("(OA;;RPWP;{book};;{to})")).concat();
    let both: Acl = list.replace("D:", &format!("D:{both}")).parse().unwrap();
    assert_eq!(told[1].1, [both.to_bytes()]);

    // who is denied it is named behind one who is not
    let denied = format!("D:(OD;;WP;{book};;{})", accounts[1]);
    let (fake, changes) = server(&denied, |asked| Reply::Send(changed(asked, 0, "", &[]))).await;
    let edit = Edit::Grant(accounts.map(granted).to_vec());
    let unwritten = fake.ldap().change(&change(edit)).await.unwrap_err();
    assert!(unwritten.refused);
    assert_eq!(changes.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_access_list_that_cannot_be_changed_is_left_alone() {
    for (list, cause, part) in [
        ("O:SY", Cause::Denied, "carries no DACL"),
        (
            "D:NO_ACCESS_CONTROL",
            Cause::Unsupported,
            "everybody may do everything",
        ),
        (
            "D:(D;;WP;;;WD)",
            Cause::Unsupported,
            "an entry that denies it comes first",
        ),
    ] {
        let (fake, changes) = server(list, |asked| Reply::Send(changed(asked, 0, "", &[]))).await;
        let unwritten = fake.ldap().change(&change(grant())).await.unwrap_err();
        assert!(unwritten.refused && unwritten.why.cause == cause, "{unwritten:?}");
        assert!(unwritten.why.detail.contains(part), "{}", unwritten.why);
        assert_eq!(changes.load(Ordering::SeqCst), 0);
    }
    let hidden = Fake::start(|_| None).await;
    let unwritten = hidden.ldap().change(&change(grant())).await.unwrap_err();
    assert!(
        unwritten.refused && unwritten.why.cause == Cause::Denied,
        "{unwritten:?}"
    );
}

#[tokio::test]
async fn what_the_server_says_no_to_was_not_done() {
    for (code, cause, refused, part) in [
        (16, Cause::NotFound, true, "has no such value"),
        (19, Cause::Unsupported, true, "not one that the directory allows"),
        (20, Cause::Unsupported, true, "has this value already"),
        (32, Cause::NotFound, true, "there is no such object"),
        (50, Cause::Denied, true, "lacks the right to change it"),
        (51, Cause::Unreachable, true, "busy"),
        (65, Cause::Unsupported, true, "its class does not allow"),
        (66, Cause::Unsupported, true, "objects below it"),
        (68, Cause::Unsupported, true, "of this name already"),
        // these do not say whether it was done
        (3, Cause::Timeout, false, "took longer"),
        (80, Cause::Malformed, false, "does not say"),
        (113, Cause::Malformed, false, "unknown result"),
    ] {
        let (fake, changes) = server(LIST, move |asked| {
            Reply::Send(changed(asked, code, "told so", &[]))
        })
        .await;
        let ldap = fake.ldap();
        for (nth, edit) in edits().into_iter().enumerate() {
            let unwritten = ldap.change(&change(edit)).await.unwrap_err();
            assert_eq!(
                (unwritten.why.cause, unwritten.refused),
                (cause, refused),
                "{code}"
            );
            assert!(unwritten.why.detail.contains(part), "{}", unwritten.why);
            assert!(unwritten.why.detail.contains("told so"), "{}", unwritten.why);
            assert_eq!(changes.load(Ordering::SeqCst), nth + 1);
        }
        assert_eq!(fake.connections(), 1, "the connection stays good");
    }
}

#[tokio::test]
async fn a_change_is_not_sent_after_a_referral() {
    let other = Fake::start(|_| None).await;
    let url = format!("ldap://127.0.0.1:{}/DC=other", other.port);
    let (fake, changes) = server(LIST, move |asked| Reply::Send(changed(asked, 10, "", &[&url]))).await;
    let unwritten = fake.ldap().change(&change(Edit::Delete)).await.unwrap_err();
    assert!(unwritten.refused && unwritten.why.cause == Cause::Unsupported);
    assert!(
        unwritten.why.detail.contains("DC=other, where no change is sent"),
        "{}",
        unwritten.why
    );
    assert_eq!((changes.load(Ordering::SeqCst), other.connections()), (1, 0));
}

#[tokio::test]
async fn a_change_whose_answer_is_missing_may_have_been_made_and_is_not_sent_again() {
    type Lose = fn(&Request) -> Reply;
    let ways: [(Lose, Cause); 6] = [
        (|_| Reply::Close, Cause::Unreachable),
        (|_| Reply::Reset, Cause::Unreachable),
        (
            |_| Reply::Last(farewell("the server restarts")),
            Cause::Unreachable,
        ),
        (|_| Reply::Silence, Cause::Timeout),
        (
            |_| Reply::Send(b"HTTP/1.1 400 Bad Request\r\n".to_vec()),
            Cause::Malformed,
        ),
        // the answer to something else
        (|asked| Reply::Send(done(asked, 0, "", &[])), Cause::Malformed),
    ];
    for (lose, cause) in ways {
        for edit in edits() {
            let (fake, changes) = server(LIST, lose).await;
            let ldap = fake.ldap();
            let unwritten = ldap.change(&change(edit.clone())).await.unwrap_err();
            assert!(
                !unwritten.refused && unwritten.why.cause == cause,
                "{edit:?}: {unwritten:?}"
            );
            assert_eq!(changes.load(Ordering::SeqCst), 1);
            // the next request has a connection of its own
            assert_eq!(ldap.search(&anything()).await.unwrap().len(), 1);
            assert_eq!(fake.connections(), 2);
        }
    }
}

#[tokio::test]
async fn a_connection_that_ended_meanwhile_is_opened_again_before_a_change() {
    for edit in edits() {
        let list = LIST.parse::<Acl>().unwrap().to_bytes();
        let fake = Fake::start(move |asked| {
            if asked.operation != fake::SEARCH || asked.base.starts_with("DC=") {
                return None;
            }
            // it answers a search, and is gone at the next one
            if asked.connection == 0 {
                return Some(Reply::Close);
            }
            let row = entry(asked, OBJECT, &[("nTSecurityDescriptor", &[&list])]);
            Some(Reply::Send([row, done(asked, 0, "", &[])].concat()))
        })
        .await;
        let ldap = fake.ldap();
        ldap.search(&anything()).await.unwrap();
        assert_eq!(ldap.change(&change(edit)).await, Ok(()));
        assert_eq!(fake.connections(), 2);
    }
}

#[tokio::test]
async fn what_comes_before_the_change_refuses_it() {
    let refused = |outcome: Result<(), Unwritten>| outcome.unwrap_err().refused;
    let fake = Fake::start(|_| None).await;
    let dead = LdapConfig {
        port: 1,
        ..fake.config()
    };
    assert!(refused(Ldap::new(dead).change(&change(Edit::Delete)).await));
    let stranger =
        Fake::start(|asked| (asked.operation == fake::BIND).then(|| Reply::Send(bound(asked, 49, "")))).await;
    assert!(refused(stranger.ldap().change(&change(Edit::Delete)).await));
    let silent = Fake::start(|asked| (asked.operation == fake::SEARCH).then_some(Reply::Silence)).await;
    assert!(refused(silent.ldap().change(&change(Edit::Delete)).await));
    let missing =
        Fake::start(|asked| (asked.operation == fake::SEARCH).then(|| Reply::Send(done(asked, 32, "", &[]))))
            .await;
    assert!(refused(missing.ldap().change(&change(grant())).await));
}

#[tokio::test]
async fn what_is_no_name_is_not_sent() {
    let fake = Fake::start(|_| None).await;
    let ldap = fake.ldap();
    let long = "a".repeat(257);
    let names = [
        "", "-a", "1a", "a b", "a\n", "cn:", "cn;", "a;b c", "ä", "1", "1.", ".1", "1..2", "cn\0", "$(x)",
        "*", &long,
    ];
    for name in names {
        let unwritten = ldap.change(&replaced(name, &[b"x"])).await.unwrap_err();
        assert!(
            unwritten.refused && unwritten.why.cause == Cause::Malformed,
            "{name:?}"
        );
        assert!(
            unwritten.why.detail.contains("is not the name of an attribute"),
            "{}",
            unwritten.why
        );
    }
    let value = |name: &str| attribute(name, &[b"x"]);
    for (dn, edit) in [
        ("", Edit::Delete),
        ("Default", Edit::Delete),
        ("<GUID=00>", Edit::Delete),
        ("CN=a\"b,DC=x", Edit::Delete),
        (OBJECT, Edit::Add(vec![])),
        (OBJECT, Edit::Modify(vec![])),
        (OBJECT, Edit::Add(vec![value("cn"), value("CN")])),
        (OBJECT, Edit::Add(vec![attribute("cn", &[])])),
        (OBJECT, Edit::Modify(vec![(Way::Insert, attribute("cn", &[]))])),
        (OBJECT, Edit::Modify(vec![(Way::Remove, attribute("cn", &[]))])),
        (OBJECT, Edit::Grant(vec![])),
        (
            OBJECT,
            Edit::Grant(vec![
                granted("S-1-5-18"),
                Granted {
                    rights: vec![],
                    ..granted(ACCOUNT)
                },
            ]),
        ),
    ] {
        let dn = dn.to_owned();
        let change = Change { dn, edit };
        let unwritten = ldap.change(&change).await.unwrap_err();
        assert!(
            unwritten.refused && unwritten.why.cause == Cause::Malformed,
            "{change:?}"
        );
    }
    assert_eq!(fake.connections(), 0);
}

#[tokio::test]
async fn changes_side_by_side_share_the_connections() {
    let (fake, changes) = server(LIST, |asked| Reply::Send(changed(asked, 0, "", &[]))).await;
    let ldap = Arc::new(Ldap::new(LdapConfig {
        // the first waits for the log-on, and the others for it
        deadline: Duration::from_secs(20),
        ..fake.config()
    }));
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let ldap = Arc::clone(&ldap);
        all.spawn(async move { ldap.change(&replaced("cn", &[b"x"])).await });
    }
    assert!(all.join_all().await.iter().all(Result::is_ok));
    assert_eq!(changes.load(Ordering::SeqCst), 100);
    assert!((1..=4).contains(&fake.connections()), "{}", fake.connections());
}
