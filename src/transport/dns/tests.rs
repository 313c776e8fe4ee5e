mod changes;
mod updates;
mod zones;

use std::time::{Duration, Instant};

use hickory_proto::op::{Message, ResponseCode};
use tokio::net::{TcpListener, UdpSocket};

use super::fake::{Fake, Over, a, cname, code, ns, reply};
use super::*;

const QUICK: Duration = Duration::from_millis(600);

fn config(server: &str, port: u16, deadline: Duration) -> DnsConfig {
    DnsConfig {
        endpoint: "dns".into(),
        server: server.into(),
        port,
        tsig: None,
        deadline,
        connections: 4,
    }
}

fn dns(fake: &Fake) -> Dns {
    // long enough for a machine with other work to do
    Dns::new(config("127.0.0.1", fake.address.port(), Duration::from_secs(20)))
}

fn hasty(fake: &Fake) -> Dns {
    Dns::new(config("127.0.0.1", fake.address.port(), QUICK))
}

fn column(rows: &[Record], field: &str) -> Vec<String> {
    rows.iter()
        .map(|row| row.get(field).map_or_else(String::new, ToString::to_string))
        .collect()
}

async fn why(dns: &Dns) -> (Cause, String) {
    let absence = dns.query("mail.corp.example", "A", false).await.unwrap_err();
    assert_eq!(&*absence.root, "dns");
    (absence.cause, absence.detail.to_string())
}

#[tokio::test]
async fn records_come_as_rows_in_our_order() {
    let fake = Fake::start(|question, _| {
        let two = reply(question, |answer| {
            answer.add_answers([a("mail.corp.example", 9), a("mail.corp.example", 1)]);
        });
        vec![two]
    })
    .await;
    let rows = dns(&fake).query("mail.corp.example.", "a", false).await.unwrap();
    assert_eq!(column(&rows, "address"), ["192.0.2.1", "192.0.2.9"]);
    assert_eq!(column(&rows, "authoritative"), ["yes", "yes"]);
    assert_eq!(fake.asked(), 1);
}

#[tokio::test]
async fn silence_is_a_timeout_after_three_tries_within_the_deadline() {
    let fake = Fake::start(|_, _| vec![]).await;
    let start = Instant::now();
    let (cause, detail) = why(&hasty(&fake)).await;
    assert_eq!(cause, Cause::Timeout);
    assert!(
        detail.contains("no answer within 600ms while asking 127.0.0.1"),
        "{detail}"
    );
    assert!(start.elapsed() < QUICK * 5, "{:?}", start.elapsed());
    assert_eq!(fake.asked(), 3);
}

#[tokio::test]
async fn a_lost_datagram_is_sent_again() {
    let lost = std::sync::atomic::AtomicBool::new(false);
    let fake = Fake::start(move |question, _| {
        if !lost.swap(true, std::sync::atomic::Ordering::SeqCst) {
            return vec![];
        }
        vec![reply(question, |answer| {
            answer.add_answer(a("mail.corp.example", 1));
        })]
    })
    .await;
    let dns = Dns::new(config("127.0.0.1", fake.address.port(), Duration::from_secs(6)));
    assert_eq!(dns.query("mail.corp.example", "A", false).await.unwrap().len(), 1);
    assert_eq!(fake.asked(), 2);
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let free = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let dns = Dns::new(config("127.0.0.1", port, Duration::from_secs(20)));
    let (cause, detail) = why(&dns).await;
    assert_eq!(cause, Cause::Unreachable);
    assert!(detail.contains("refuses the connection"), "{detail}");
    let dns = Dns::new(config("no-such-server.invalid", 53, Duration::from_secs(20)));
    let (cause, detail) = why(&dns).await;
    assert_eq!(cause, Cause::Unreachable, "{detail}");
}

#[tokio::test]
async fn strays_are_passed_over() {
    let fake = Fake::start(|question, _| {
        let mut forged = question.clone();
        forged.metadata.id = question.id.wrapping_add(1);
        let other_name = reply(question, |answer| {
            answer.queries[0].name = names::parse("evil.corp.example").unwrap();
            answer.add_answer(a("mail.corp.example", 66));
        });
        let other_number = reply(&forged, |answer| {
            answer.add_answer(a("mail.corp.example", 66));
        });
        let right = reply(question, |answer| {
            answer.add_answer(a("mail.corp.example", 1));
        });
        vec![other_number, other_name, b"hello".to_vec(), right]
    })
    .await;
    let rows = dns(&fake).query("mail.corp.example", "A", false).await.unwrap();
    assert_eq!(column(&rows, "address"), ["192.0.2.1"]);
}

#[tokio::test]
async fn only_strays_are_no_answer() {
    let fake = Fake::start(|question, _| {
        let mut forged = question.clone();
        forged.metadata.id = question.id.wrapping_add(1);
        vec![code(&forged, ResponseCode::NXDomain)]
    })
    .await;
    let (cause, detail) = why(&hasty(&fake)).await;
    assert_eq!(cause, Cause::Timeout);
    assert!(detail.contains("3 stray answers were passed over"), "{detail}");
}

#[tokio::test]
async fn what_is_not_dns_is_malformed() {
    let fake = Fake::start(|_, _| vec![b"SSH-2.0-somebody_else\r\n".to_vec()]).await;
    let (cause, detail) = why(&hasty(&fake)).await;
    assert_eq!(cause, Cause::Malformed);
    assert!(detail.contains("is not a DNS server"), "{detail}");
    let fake = Fake::start(|question, _| {
        let mut raw = code(question, ResponseCode::NoError);
        raw[7] = 9; // nine answers that are not there
        vec![raw]
    })
    .await;
    let (cause, detail) = why(&dns(&fake)).await;
    assert_eq!(cause, Cause::Malformed, "{detail}");
}

#[tokio::test]
async fn what_is_cut_off_comes_over_a_stream() {
    let fake = Fake::start(|question, over| {
        let answer = reply(question, |answer| {
            answer.metadata.truncation = over == Over::Udp;
            answer.add_answers((0..200).map(|last| a("mail.corp.example", last)));
        });
        // as some servers do it: cut in the midst of a record
        let cut = if over == Over::Udp {
            &answer[..500]
        } else {
            &answer[..]
        };
        vec![cut.to_vec()]
    })
    .await;
    let rows = dns(&fake).query("mail.corp.example", "A", false).await.unwrap();
    assert_eq!(rows.len(), 200);
    assert_eq!(fake.asked(), 2);
}

#[tokio::test]
async fn what_is_cut_off_without_a_stream_is_truncated() {
    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = udp.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        let (length, from) = udp.recv_from(&mut buffer).await.unwrap();
        let question = Message::from_vec(&buffer[..length]).unwrap();
        let cut = reply(&question, |answer| answer.metadata.truncation = true);
        udp.send_to(&cut, from).await.unwrap();
    });
    let (cause, detail) = why(&Dns::new(config("127.0.0.1", port, Duration::from_secs(20)))).await;
    assert_eq!(cause, Cause::Truncated);
    assert!(detail.contains("over TCP"), "{detail}");
}

#[tokio::test]
async fn refusals_have_their_causes() {
    for (answer, cause) in [
        (ResponseCode::Refused, Cause::Denied),
        (ResponseCode::ServFail, Cause::Unreachable),
        (ResponseCode::NotImp, Cause::Unsupported),
        (ResponseCode::FormErr, Cause::Unsupported),
        (ResponseCode::NotAuth, Cause::Unsupported),
        (ResponseCode::YXDomain, Cause::Malformed),
    ] {
        let fake = Fake::start(move |question, _| vec![code(question, answer)]).await;
        let (found, detail) = why(&dns(&fake)).await;
        assert_eq!(found, cause, "{detail}");
        assert!(detail.contains(&judge::code_word(answer)), "{detail}");
    }
}

#[tokio::test]
async fn a_server_that_knows_no_extensions_is_asked_without() {
    let fake = Fake::start(|question, _| match question.edns {
        Some(_) => vec![code(question, ResponseCode::FormErr)],
        None => vec![reply(question, |answer| {
            answer.add_answer(a("mail.corp.example", 1));
        })],
    })
    .await;
    assert_eq!(
        dns(&fake)
            .query("mail.corp.example", "A", false)
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_server_that_does_not_serve_the_zone_proves_nothing() {
    let fake = Fake::start(|question, _| {
        vec![reply(question, |answer| {
            answer.metadata.authoritative = false;
            answer.add_authority(ns("corp.example"));
        })]
    })
    .await;
    let (cause, detail) = why(&dns(&fake)).await;
    assert_eq!(cause, Cause::Unsupported);
    assert!(
        detail.contains("does not serve the zone of mail.corp.example"),
        "{detail}"
    );
    assert!(
        detail.contains("refers to the servers of corp.example"),
        "{detail}"
    );
}

#[tokio::test]
async fn aliases_are_followed_and_circles_are_not() {
    let fake = Fake::start(|question, _| {
        let asked = names::show(&question.queries[0].name);
        vec![reply(question, |answer| match asked.as_str() {
            "mail.corp.example" => {
                answer.add_answer(cname("mail.corp.example", "host.other.example"));
            }
            "host.other.example" => {
                answer.add_answer(a("host.other.example", 7));
            }
            "one.corp.example" => {
                answer.add_answer(cname("one.corp.example", "two.corp.example"));
            }
            "two.corp.example" => {
                answer.add_answer(cname("two.corp.example", "one.corp.example"));
            }
            _ => {
                answer.metadata.authoritative = false;
                answer.metadata.response_code = ResponseCode::Refused;
            }
        })]
    })
    .await;
    let dns = dns(&fake);
    let rows = dns.query("mail.corp.example", "A", false).await.unwrap();
    assert_eq!(column(&rows, "name"), ["host.other.example"]);
    let rows = dns.query("mail.corp.example", "CNAME", false).await.unwrap();
    assert_eq!(column(&rows, "target"), ["host.other.example"]);
    let absence = dns.query("one.corp.example", "A", false).await.unwrap_err();
    assert_eq!(absence.cause, Cause::Malformed);
}

#[tokio::test]
async fn questions_that_cannot_be_asked_are_the_pair_files_fault() {
    let dns = Dns::new(config("127.0.0.1", 1, QUICK));
    for (name, kind) in [("", "A"), ("a..b", "A"), ("a.b", "NONSENSE"), ("a.b", "AXFR")] {
        assert_eq!(
            dns.query(name, kind, false).await.unwrap_err().cause,
            Cause::NotConfigured
        );
    }
    assert_eq!(dns.transfer("a b").await.unwrap_err().cause, Cause::NotConfigured);
    for (zone, name, kind) in [
        ("a", "b", None),
        ("a", "x.a", Some("TXT")),
        ("a", "x.a", Some("?")),
    ] {
        let absence = dns.update_test(zone, name, kind).await.unwrap_err();
        assert!(
            matches!(absence.cause, Cause::NotConfigured | Cause::Unreachable),
            "{absence}"
        );
    }
}

#[tokio::test]
async fn a_bad_key_stops_only_what_needs_it() {
    let fake = Fake::start(|question, _| {
        vec![reply(question, |answer| {
            answer.add_answer(a("mail.corp.example", 1));
        })]
    })
    .await;
    let key = Tsig {
        name: "k".into(),
        algorithm: "hmac-sha256".into(),
        secret: "***".into(),
    };
    let tsig = Some(key);
    let dns = Dns::new(DnsConfig {
        tsig,
        ..config("127.0.0.1", fake.address.port(), Duration::from_secs(20))
    });
    assert!(dns.query("mail.corp.example", "A", false).await.is_ok());
    assert_eq!(
        dns.transfer("corp.example").await.unwrap_err().cause,
        Cause::NotConfigured
    );
    let absence = dns
        .update_test("corp.example", "mail.corp.example", None)
        .await
        .unwrap_err();
    assert_eq!(absence.cause, Cause::NotConfigured);
}

#[tokio::test]
async fn any_answer_is_a_contact() {
    let fake = Fake::start(|question, _| vec![code(question, ResponseCode::Refused)]).await;
    let row = dns(&fake).contact().await.unwrap();
    assert_eq!(row.get("recursion"), Some(&FactValue::Bool(false)));
    let silent = Fake::start(|_, _| vec![]).await;
    let patient = dns(&silent);
    assert_eq!(
        patient.within(QUICK).contact().await.unwrap_err().cause,
        Cause::Timeout
    );
}

#[tokio::test]
async fn a_stream_that_says_nothing_is_a_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let dns = Dns::new(config("127.0.0.1", port, QUICK));
    let absence = dns.transfer("corp.example").await.unwrap_err();
    assert_eq!(absence.cause, Cause::Timeout);
    assert!(
        absence.detail.contains("reading the zone corp.example"),
        "{absence}"
    );
}

#[tokio::test]
async fn questions_may_be_asked_from_any_thread() {
    fn can_move<T: Send>(work: T) -> T {
        work
    }
    let fake = Fake::start(|question, _| vec![code(question, ResponseCode::Refused)]).await;
    let dns = dns(&fake);
    assert!(can_move(dns.query("a.b", "A", false)).await.is_err());
    assert!(can_move(dns.find_zone("a.b")).await.is_err());
    assert!(can_move(dns.transfer("a.b")).await.is_err());
    assert!(can_move(dns.update_test("b", "a.b", None)).await.is_ok());
}

#[tokio::test]
async fn a_record_that_is_not_what_its_type_says_is_malformed() {
    let fake = Fake::start(|question, _| {
        let mut raw = reply(question, |answer| {
            answer.add_answer(a("mail.corp.example", 1));
        });
        // an address of three bytes
        raw.pop();
        let length = raw.len() - 4;
        raw[length] = 3;
        vec![raw]
    })
    .await;
    let (cause, detail) = why(&dns(&fake)).await;
    assert_eq!(cause, Cause::Malformed, "{detail}");
}
