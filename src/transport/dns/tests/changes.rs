use hickory_proto::op::{Message, OpCode, ResponseCode};
use hickory_proto::rr::DNSClass;

use super::super::fake::{Fake, Over, a, code, ptr, reply, soa};
use super::*;

/// What a transfer of corp.example gives when the server sends these messages and hangs up.
async fn transferred(messages: Vec<Vec<hickory_proto::rr::Record>>) -> Result<Vec<Record>, Absence> {
    let fake = Fake::start(move |question, over| {
        assert_eq!(over, Over::Tcp);
        let answers = messages.iter().enumerate().map(|(nth, records)| {
            reply(question, |answer| {
                // only the first message need repeat the question
                answer.queries.truncate(usize::from(nth == 0));
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
        (
            vec![vec![start(), record(1)], vec![record(2)]],
            Cause::Unreachable,
        ),
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

/// Fails the test when an update could change something.
fn assert_harmless(question: &Message) {
    for update in &question.authorities {
        assert!(!question.answers.is_empty(), "there is a condition");
        let known = question.answers.iter().any(|present| present.data == update.data);
        match update.dns_class {
            DNSClass::NONE => assert!(!known, "what is taken out is not there"),
            DNSClass::IN => assert!(known && update.ttl == 300, "what is added is there"),
            other => panic!("{other} takes out more than one value"),
        }
    }
}

/// A server that has records for every name and answers updates with `to_updates`.
async fn updatable(to_updates: ResponseCode, readable: bool) -> Fake {
    Fake::start(move |question, _| {
        if question.op_code == OpCode::Update {
            assert_harmless(question);
            return vec![code(question, to_updates)];
        }
        if !readable {
            return vec![code(question, ResponseCode::Refused)];
        }
        vec![reply(question, |answer| {
            let name = names::show(&question.queries[0].name);
            // the first value that would be tried is taken
            answer.add_answers([a(&name, 1), ptr(&name, "mail.corp.example")]);
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
        (ResponseCode::NotImp, true, Ok(false)),
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
    let fake = updatable(ResponseCode::NoError, true).await;
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

#[tokio::test]
async fn a_pointer_that_is_not_there_cannot_be_tried() {
    let fake = Fake::start(|question, _| vec![code(question, ResponseCode::NXDomain)]).await;
    let zone = "2.0.192.in-addr.arpa";
    let absence = dns(&fake)
        .update_test(zone, "9.2.0.192.in-addr.arpa", None)
        .await
        .unwrap_err();
    assert_eq!(absence.cause, Cause::Unsupported, "{absence}");
}

#[tokio::test]
async fn a_name_that_lives_by_a_wildcard_is_tried_as_the_empty_name_that_it_is() {
    let fake = Fake::start(|question, _| {
        if question.op_code == OpCode::Update {
            assert_harmless(question);
            let own = question
                .answers
                .iter()
                .all(|condition| condition.dns_class == DNSClass::NONE);
            return vec![code(
                question,
                if own {
                    ResponseCode::NoError
                } else {
                    ResponseCode::NXRRSet
                },
            )];
        }
        vec![reply(question, |answer| {
            answer.add_answer(a("any.corp.example", 1));
        })]
    })
    .await;
    let row = dns(&fake)
        .update_test("corp.example", "any.corp.example", None)
        .await
        .unwrap();
    assert_eq!(row.get("allowed"), Some(&FactValue::Bool(true)));
}
