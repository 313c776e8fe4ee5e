use hickory_proto::op::{OpCode, ResponseCode};
use hickory_proto::rr::DNSClass;

use super::super::fake::{Fake, Over, a, code, reply, soa};
use super::*;

/// What a transfer of corp.example gives when the server sends these messages and hangs up.
async fn transferred(messages: Vec<Vec<hickory_proto::rr::Record>>) -> Result<Vec<Record>, Absence> {
    let fake = Fake::start(move |question, over| {
        assert_eq!(over, Over::Tcp);
        let answers = messages.iter().map(|records| {
            reply(question, |answer| {
                answer.add_answers(records.iter().cloned());
            })
        });
        answers.collect()
    })
    .await;
    dns(&fake).transfer("corp.example").await
}

#[tokio::test]
async fn a_transfer_is_whole_or_nothing() {
    let start = || soa("corp.example", 7);
    let record = |last| a("mail.corp.example", last);
    let whole = transferred(vec![vec![start(), record(1)], vec![record(2)], vec![start()]])
        .await
        .unwrap();
    assert_eq!(column(&whole, "type"), ["SOA", "A", "A"]);
    for (messages, cause) in [
        (vec![vec![start(), record(1)], vec![record(2)]], Cause::Truncated),
        (vec![vec![start(), record(1)], vec![]], Cause::Malformed),
        (vec![vec![record(1), start()]], Cause::Malformed),
        (
            vec![vec![soa("other.example", 7), soa("other.example", 7)]],
            Cause::Malformed,
        ),
        (
            vec![vec![start(), record(1), soa("corp.example", 8)]],
            Cause::Malformed,
        ),
        (vec![vec![start(), start(), record(1)]], Cause::Malformed),
        (vec![], Cause::Unreachable),
    ] {
        let absence = transferred(messages).await.unwrap_err();
        assert_eq!(absence.cause, cause, "{absence}");
    }
}

#[tokio::test]
async fn a_transfer_without_end_is_cut_off() {
    let many = |from: usize| {
        (0..400)
            .map(|n| a(&format!("h{}.corp.example", from + n), 1))
            .collect::<Vec<_>>()
    };
    let mut messages = vec![vec![soa("corp.example", 7)]];
    messages.extend((0..251).map(|n| many(n * 400)));
    let absence = transferred(messages).await.unwrap_err();
    assert_eq!(absence.cause, Cause::Truncated);
    assert!(absence.detail.contains("too large"), "{absence}");
}

#[tokio::test]
async fn refused_transfers() {
    for (answer, cause) in [
        (ResponseCode::Refused, Cause::Denied),
        (ResponseCode::NotAuth, Cause::Unsupported),
        (ResponseCode::ServFail, Cause::Unreachable),
    ] {
        let fake = Fake::start(move |question, _| vec![code(question, answer)]).await;
        assert_eq!(
            dns(&fake).transfer("corp.example").await.unwrap_err().cause,
            cause
        );
    }
}

/// A server that serves corp.example and answers updates with `to_updates`; an update that would change
/// something ends the test.
async fn updatable(to_updates: ResponseCode, readable: bool) -> Fake {
    Fake::start(move |question, _| {
        if question.op_code == OpCode::Update {
            for update in &question.authorities {
                assert_eq!(
                    update.dns_class,
                    DNSClass::NONE,
                    "only single values are taken out"
                );
                let here = question.answers.iter().any(|present| present.data == update.data);
                assert!(!here, "what is taken out is not there");
                assert!(!question.answers.is_empty(), "there is a condition");
            }
            return vec![code(question, to_updates)];
        }
        if !readable {
            return vec![code(question, ResponseCode::Refused)];
        }
        vec![reply(question, |answer| {
            // the first candidate is taken
            answer.add_answer(a("mail.corp.example", 1));
        })]
    })
    .await
}

#[tokio::test]
async fn update_tests_tell_what_is_proven() {
    for (answer, readable, expected) in [
        (ResponseCode::NoError, true, Ok(true)),
        (ResponseCode::Refused, true, Ok(false)),
        (ResponseCode::NotAuth, true, Ok(false)),
        (ResponseCode::Refused, false, Ok(false)),
        (ResponseCode::NotAuth, false, Ok(false)),
        (ResponseCode::NoError, false, Err(Cause::Unsupported)),
        (ResponseCode::NXRRSet, true, Err(Cause::Unsupported)),
        (ResponseCode::NotImp, true, Err(Cause::Unsupported)),
        (ResponseCode::FormErr, true, Err(Cause::Unsupported)),
        (ResponseCode::ServFail, true, Err(Cause::Unreachable)),
    ] {
        let fake = updatable(answer, readable).await;
        let row = dns(&fake)
            .update_test("corp.example", "mail.corp.example", None)
            .await;
        let allowed = row.map(|row| row.get("allowed") == Some(&FactValue::Bool(true)));
        assert_eq!(
            allowed.map_err(|absence| absence.cause),
            expected,
            "{answer:?} {readable}"
        );
    }
}

#[tokio::test]
async fn the_type_that_is_tried_fits_the_name() {
    let fake = Fake::start(|question, _| vec![reply(question, |_| ())]).await;
    for (zone, name, kind, expected) in [
        ("corp.example", "new.corp.example", None, "A"),
        ("2.0.192.in-addr.arpa", "1.2.0.192.in-addr.arpa", None, "PTR"),
        ("corp.example", "corp.example", Some("mx"), "MX"),
        ("corp.example", "www.corp.example", Some("CNAME"), "CNAME"),
        ("corp.example", "www.corp.example", Some("AAAA"), "AAAA"),
    ] {
        let row = dns(&fake).update_test(zone, name, kind).await.unwrap();
        assert_eq!(row.get("type"), Some(&FactValue::text(expected)));
        assert_eq!(row.get("rcode"), Some(&FactValue::text("NOERROR")));
    }
}
