use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;

use super::super::fake::{Fake, cname, code, ns, reply, soa};
use super::*;

async fn zone(fake: &Fake, name: &str) -> Result<String, Cause> {
    match dns(fake).find_zone(name).await {
        Ok(Some(row)) => Ok(format!(
            "{} {}",
            row.get("zone").unwrap(),
            row.get("authoritative").unwrap()
        )),
        Ok(None) => Ok("none".into()),
        Err(absence) => Err(absence.cause),
    }
}

#[tokio::test]
async fn zones_are_found_in_authority_or_by_climbing() {
    let fake = Fake::start(|question, _| {
        let asked = names::show(&question.queries[0].name);
        vec![reply(question, |answer| match asked.as_str() {
            "mail.corp.example" | "17.2.0.192.in-addr.arpa" => {
                answer.add_authorities([soa("corp.example", 1), soa("0.192.in-addr.arpa", 1)]);
            }
            "www.corp.example" => {
                answer.add_answer(cname("www.corp.example", "x.other.example"));
                answer.add_authority(soa("other.example", 1));
            }
            "corp.example" => {
                answer.add_answer(soa("corp.example", 1));
            }
            "1.2.3.10.in-addr.arpa" => {
                answer.metadata.response_code = ResponseCode::NXDomain;
                answer.add_authority(soa("in-addr.arpa", 1));
            }
            _ => {}
        })]
    })
    .await;
    for (name, expected) in [
        ("mail.corp.example", "corp.example yes"),
        ("corp.example", "corp.example yes"),
        ("www.corp.example", "corp.example yes"),
        ("192.0.2.17", "0.192.in-addr.arpa yes"),
        ("10.3.2.1", "none"),
        ("nothing.anywhere", "none"),
        ("2001:db8::1", "none"),
    ] {
        assert_eq!(zone(&fake, name).await.as_deref(), Ok(expected), "{name}");
    }
}

#[tokio::test]
async fn a_zone_of_others_is_not_said_to_be_missing() {
    let refers = |to: &'static str| {
        Fake::start(move |question, _| {
            vec![reply(question, |answer| {
                answer.metadata.authoritative = false;
                answer.add_authority(ns(to));
            })]
        })
    };
    assert_eq!(
        zone(&refers("10.in-addr.arpa").await, "10.3.2.1").await,
        Err(Cause::Unsupported)
    );
    assert_eq!(
        zone(&refers("in-addr.arpa").await, "10.3.2.1").await.as_deref(),
        Ok("none")
    );
    assert_eq!(
        zone(&refers(".").await, "mail.corp.example").await.as_deref(),
        Ok("none")
    );

    let finds_out = Fake::start(|question, _| {
        vec![reply(question, |answer| {
            answer.metadata.authoritative = false;
            answer.metadata.recursion_available = true;
            if question.recursion_desired {
                answer.add_answer(soa("10.in-addr.arpa", 1));
            }
        })]
    })
    .await;
    assert_eq!(
        zone(&finds_out, "10.3.2.1").await.as_deref(),
        Ok("10.in-addr.arpa no")
    );
}

#[tokio::test]
async fn a_refusal_proves_no_zone_only_where_none_is_served() {
    let refuses = |served: &'static str| {
        Fake::start(move |question, _| {
            let query = &question.queries[0];
            let increment = query.query_type == RecordType::IXFR;
            let answer = if increment && names::show(&query.name) != served {
                ResponseCode::NotAuth
            } else {
                ResponseCode::Refused
            };
            vec![code(question, answer)]
        })
    };
    assert_eq!(zone(&refuses("").await, "10.3.2.1").await.as_deref(), Ok("none"));
    assert_eq!(
        zone(&refuses("10.in-addr.arpa").await, "10.3.2.1").await,
        Err(Cause::Denied)
    );
    assert_eq!(
        zone(&refuses("corp.example").await, "mail.corp.example").await,
        Err(Cause::Denied)
    );
    assert_eq!(zone(&refuses("").await, "fd00::1").await.as_deref(), Ok("none"));
}
