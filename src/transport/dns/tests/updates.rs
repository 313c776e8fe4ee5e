//! Changes of records: what goes out, what an answer says of them, and that nothing goes out twice.

use std::sync::atomic::{AtomicUsize, Ordering};

use hickory_proto::rr::DNSClass;

use super::super::change::{Change, Data, Way};
use super::super::fake::ptr;
use super::*;
use crate::transport::Unwritten;

const NAME: &str = "mail.corp.example";

fn address(last: u8) -> Data {
    Data::A([192, 0, 2, last].into())
}

fn change(way: Way, data: Data) -> Change {
    Change {
        zone: "corp.example".into(),
        name: NAME.into(),
        data,
        way,
        time_to_live: None,
    }
}

fn add(last: u8) -> Change {
    change(Way::Add, address(last))
}

fn remove(last: u8) -> Change {
    change(Way::Remove, address(last))
}

type Answer = dyn Fn(&Message) -> Vec<Vec<u8>> + Send + Sync;

/// A server with these records, and what it does with updates; the last one that came, and how many there were.
struct Zone {
    fake: Fake,
    last: Arc<std::sync::Mutex<Option<Message>>>,
    updates: Arc<AtomicUsize>,
}

impl Zone {
    async fn of(records: Vec<Resource>, answer: Box<Answer>) -> Self {
        let (last, updates) = (Arc::default(), Arc::default());
        let (seen, count) = (Arc::clone(&last), Arc::clone(&updates));
        let fake = Fake::start(move |question, over| {
            if question.op_code != OpCode::Update {
                return vec![reply(question, |answer| {
                    answer.add_answers(records.iter().cloned());
                })];
            }
            assert_eq!(over, Over::Tcp, "an update goes over TCP");
            AtomicUsize::fetch_add(&count, 1, Ordering::SeqCst);
            *std::sync::Mutex::lock(&seen).unwrap() = Some(question.clone());
            answer(question)
        });
        Self {
            fake: fake.await,
            last,
            updates,
        }
    }

    async fn good(records: Vec<Resource>) -> Self {
        Self::of(
            records,
            Box::new(|update| vec![code(update, ResponseCode::NoError)]),
        )
        .await
    }

    fn updates(&self) -> usize {
        self.updates.load(Ordering::SeqCst)
    }

    /// Conditions and changes of the last update, in short.
    fn told(&self) -> (Vec<String>, Vec<String>) {
        let short = |record: &Resource| {
            let (class, kind) = (record.dns_class, record.record_type());
            format!("{class} {kind} {} {}", record.ttl, record.data)
                .trim()
                .to_owned()
        };
        let update = self.last.lock().unwrap().take().unwrap();
        let of = |part: &[Resource]| part.iter().map(short).collect();
        (of(&update.answers), of(&update.authorities))
    }
}

/// What goes out for a change to a name with these records: what must be, and what is changed.
async fn sent(records: Vec<Resource>, change: Change) -> (String, String) {
    let zone = Zone::good(records).await;
    assert_eq!(dns(&zone.fake).change(&change).await, Ok(()), "{change:?}");
    assert_eq!(zone.updates(), 1);
    let (must, done) = zone.told();
    (must.join(", "), done.join(", "))
}

#[tokio::test]
async fn a_record_is_added_where_nothing_speaks_against_it() {
    let mx = Data::Mx {
        preference: 10,
        exchange: "host.corp.example".into(),
    };
    let mx = Change {
        time_to_live: Some(60),
        ..change(Way::Add, mx)
    };
    let v6 = change(Way::Add, Data::Aaaa("2001:db8::1".parse().unwrap()));
    let alias = change(Way::Add, Data::Cname("host.corp.example".into()));
    for (records, change, must, done) in [
        (vec![], add(1), "NONE A 0 UPDATE", "IN A 1200 192.0.2.1"),
        (vec![a(NAME, 9)], add(1), "IN A 0 192.0.2.9", "IN A 300 192.0.2.1"),
        (vec![], mx, "NONE MX 0 UPDATE", "IN MX 60 10 host.corp.example."),
        (vec![], v6, "NONE AAAA 0 UPDATE", "IN AAAA 1200 2001:db8::1"),
    ] {
        let must = format!("NONE CNAME 0 UPDATE, {must}");
        assert_eq!(sent(records, change).await, (must, done.to_owned()));
    }
    let (must, done) = sent(vec![], alias).await;
    assert_eq!(
        (&*must, &*done),
        ("NONE ANY 0 UPDATE", "IN CNAME 1200 host.corp.example.")
    );
}

#[tokio::test]
async fn a_record_is_removed_from_those_that_were_read() {
    let host = || "host.corp.example".to_owned();
    let pointers = vec![ptr(NAME, "host.corp.example"), ptr(NAME, "x.corp.example")];
    for (records, data, must, done) in [
        (
            vec![a(NAME, 1)],
            address(1),
            "IN A 0 192.0.2.1",
            "NONE A 0 192.0.2.1",
        ),
        (
            vec![cname(NAME, "HOST.corp.example")],
            Data::Cname(host()),
            "IN CNAME 0 HOST.corp.example.",
            "NONE CNAME 0 host.corp.example.",
        ),
        (
            pointers,
            Data::Ptr(host()),
            "IN PTR 0 host.corp.example., IN PTR 0 x.corp.example.",
            "NONE PTR 0 host.corp.example.",
        ),
    ] {
        let told = sent(records, change(Way::Remove, data)).await;
        assert_eq!(told, (must.to_owned(), done.to_owned()));
    }
}

#[tokio::test]
async fn a_record_that_is_there_is_not_added_again() {
    let alias = change(Way::Add, Data::Cname("X.corp.example".into()));
    for (records, change) in [
        (vec![a(NAME, 1), a(NAME, 2)], add(1)),
        (vec![cname(NAME, "x.corp.example")], alias),
    ] {
        let zone = Zone::good(records).await;
        assert_eq!(dns(&zone.fake).change(&change).await, Ok(()));
        assert_eq!(zone.updates(), 0);
    }
}

#[tokio::test]
async fn what_cannot_be_is_not_sent() {
    let elsewhere = Change {
        name: "mail.other.example".into(),
        ..add(1)
    };
    let long = Change {
        name: format!("{}.corp.example", "x".repeat(10_000)),
        ..add(1)
    };
    let odd = change(Way::Add, Data::Cname("$(x); \"%PATH%\"\n\u{202e}".into()));
    let other = change(Way::Add, Data::Cname("y.corp.example".into()));
    let alias = || vec![cname(NAME, "x.corp.example")];
    for (records, change, cause, part) in [
        (vec![], remove(1), Cause::NotFound, "no such record of type A"),
        (
            vec![a(NAME, 2)],
            remove(1),
            Cause::NotFound,
            "no such record of type A",
        ),
        (alias(), remove(1), Cause::NotFound, "no such record of type A"),
        (
            alias(),
            add(1),
            Cause::Unsupported,
            "is an alias of x.corp.example",
        ),
        (
            alias(),
            other,
            Cause::Unsupported,
            "is an alias of x.corp.example",
        ),
        (vec![], elsewhere, Cause::NotConfigured, "is not in the zone"),
        (vec![], long, Cause::NotConfigured, "longer than 63 bytes"),
        (
            vec![],
            odd,
            Cause::NotConfigured,
            "a space or a control character",
        ),
    ] {
        let zone = Zone::good(records).await;
        let unwritten = dns(&zone.fake).change(&change).await.unwrap_err();
        assert!(unwritten.refused && unwritten.why.cause == cause, "{unwritten:?}");
        assert!(unwritten.why.detail.contains(part), "{}", unwritten.why);
        assert!(unwritten.why.detail.chars().count() < 400);
        assert_eq!(zone.updates(), 0);
    }
}

/// What becomes of a change when the server answers so.
async fn answered(change: &Change, answer: ResponseCode) -> Unwritten {
    let there = vec![a(NAME, 1)];
    let zone = Zone::of(there, Box::new(move |update| vec![code(update, answer)])).await;
    let outcome = dns(&zone.fake).change(change).await;
    assert_eq!(zone.updates(), 1);
    outcome.unwrap_err()
}

#[tokio::test]
async fn what_the_server_says_no_to_was_not_done() {
    let alias = change(Way::Add, Data::Cname("x.corp.example".into()));
    let changed = "are not those that the server showed";
    for (change, answer, part) in [
        (
            remove(1),
            ResponseCode::Refused,
            "refuses to change records of type A",
        ),
        (remove(1), ResponseCode::NotAuth, "does not hold the zone"),
        (remove(1), ResponseCode::NotZone, "does not hold the zone"),
        (remove(1), ResponseCode::NotImp, "takes no updates"),
        (remove(1), ResponseCode::FormErr, "does not understand"),
        (remove(1), ResponseCode::YXRRSet, changed),
        (remove(1), ResponseCode::NXRRSet, changed),
        (alias, ResponseCode::YXDomain, "beside which no alias may stand"),
    ] {
        let unwritten = answered(&change, answer).await;
        let denied = answer == ResponseCode::Refused;
        let cause = if denied { Cause::Denied } else { Cause::Unsupported };
        assert!(unwritten.refused && unwritten.why.cause == cause, "{unwritten:?}");
        assert!(unwritten.why.detail.contains(part), "{}", unwritten.why);
    }
    for answer in [ResponseCode::ServFail, ResponseCode::Unknown(11)] {
        assert!(
            !answered(&remove(1), answer).await.refused,
            "it may have been done"
        );
    }
}

#[tokio::test]
async fn an_update_without_an_answer_may_have_been_made_and_is_not_sent_again() {
    let ways: [(Box<Answer>, Cause); 3] = [
        (Box::new(|_| vec![]), Cause::Unreachable),
        (
            Box::new(|_| vec![b"HTTP/1.1 400 Bad Request".to_vec()]),
            Cause::Malformed,
        ),
        (
            Box::new(|update| vec![code(update, ResponseCode::NoError)[..11].to_vec()]),
            Cause::Malformed,
        ),
    ];
    for (answer, cause) in ways {
        let zone = Zone::of(vec![], answer).await;
        let unwritten = dns(&zone.fake).change(&add(1)).await.unwrap_err();
        assert!(
            !unwritten.refused && unwritten.why.cause == cause,
            "{unwritten:?}"
        );
        assert_eq!(zone.updates(), 1);
    }
    let key = Tsig {
        name: "k".into(),
        algorithm: "hmac-sha256".into(),
        secret: "c2VjcmV0".into(),
    };
    let zone = Zone::good(vec![]).await;
    let config = DnsConfig {
        tsig: Some(key),
        ..config("127.0.0.1", zone.fake.address.port(), Duration::from_secs(20))
    };
    // nothing here is signed, so that not even the records are believed
    let unwritten = Dns::new(config).change(&add(1)).await.unwrap_err();
    assert!(
        unwritten.refused && unwritten.why.detail.contains("is not signed"),
        "{unwritten:?}"
    );
    assert_eq!(zone.updates(), 0);
}

#[tokio::test]
async fn what_comes_before_the_update_refuses_it() {
    // it answers questions, but nothing listens to updates
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let question = Message::from_vec(&buffer[..length]).unwrap();
            socket.send_to(&reply(&question, |_| ()), from).await.unwrap();
        }
    });
    let dead = Dns::new(config("127.0.0.1", port, Duration::from_secs(20)));
    let unwritten = dead.change(&add(1)).await.unwrap_err();
    assert!(
        unwritten.refused && unwritten.why.cause == Cause::Unreachable,
        "{unwritten:?}"
    );
    for (answer, authoritative, cause) in [
        (ResponseCode::Refused, true, Cause::Denied),
        (ResponseCode::ServFail, true, Cause::Unsupported),
        (ResponseCode::NoError, false, Cause::Unsupported),
    ] {
        let fake = Fake::start(move |question, _| {
            assert_ne!(question.op_code, OpCode::Update);
            vec![reply(question, |told| {
                told.metadata.response_code = answer;
                told.metadata.authoritative = authoritative;
            })]
        });
        let unwritten = dns(&fake.await).change(&add(1)).await.unwrap_err();
        assert!(unwritten.refused && unwritten.why.cause == cause, "{unwritten:?}");
    }
}

#[tokio::test]
async fn a_name_that_lives_by_a_wildcard_may_get_a_record_of_its_own() {
    let zone = Zone::of(
        vec![a(NAME, 9)],
        Box::new(|update| {
            let own = update
                .answers
                .iter()
                .all(|condition| condition.dns_class == DNSClass::NONE);
            vec![code(
                update,
                if own {
                    ResponseCode::NoError
                } else {
                    ResponseCode::NXRRSet
                },
            )]
        }),
    )
    .await;
    assert_eq!(dns(&zone.fake).change(&add(1)).await, Ok(()));
    assert_eq!(zone.updates(), 2, "the first was surely not done");
    assert!(dns(&zone.fake).change(&remove(9)).await.unwrap_err().refused);
}
