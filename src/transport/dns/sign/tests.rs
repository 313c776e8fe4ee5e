use super::*;
use hickory_proto::op::{MessageType, OpCode, Query};
use hickory_proto::rr::RecordType;
use hickory_proto::rr::TSigResponseContext;
use hickory_proto::rr::rdata::tsig::make_tsig_record;

fn key(secret: &str) -> Tsig {
    Tsig {
        name: "lab-update".into(),
        algorithm: "HMAC-SHA256.".into(),
        secret: secret.into(),
    }
}

fn question() -> Message {
    let mut message = Message::new(7, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(
        names::parse("corp.example").unwrap(),
        RecordType::SOA,
    ));
    message
}

/// An answer as a server with `signer` gives it, with the error that it reports.
fn answer(signer: &Signer, mac: Vec<u8>, now: u64, error: Option<TsigError>) -> Vec<u8> {
    let mut answer = question().into_response();
    let raw = answer.to_vec().unwrap();
    let context = match error {
        Some(TsigError::BadKey) => {
            TSigResponseContext::unknown_key(7, now, signer.signer.signer_name().clone())
        }
        Some(TsigError::BadSig) => TSigResponseContext::bad_signature(7, now, signer.signer.clone()),
        other => TSigResponseContext::new(7, now, signer.signer.clone(), mac, other),
    };
    answer.set_signature(context.sign(&raw).unwrap());
    answer.to_vec().unwrap()
}

fn check(theirs: &Signer, at: u64, error: Option<TsigError>) -> Result<(), Trouble> {
    let ours = Signer::new(&key("c2VjcmV0")).unwrap();
    let mut message = question();
    let mut verifier = ours.sign(&mut message, 1_000_000).unwrap();
    let mac = message.signature().unwrap().data.mac.clone();
    let raw = answer(theirs, mac, at, error);
    verifier.single(&raw, &Message::from_vec(&raw).unwrap())
}

#[test]
fn a_signed_answer_is_trusted() {
    let theirs = Signer::new(&key("c2VjcmV0")).unwrap();
    assert_eq!(check(&theirs, 1_000_010, None), Ok(()));
}

#[test]
fn an_answer_under_another_secret_or_time_is_not() {
    let other = Signer::new(&key("b3RoZXI=")).unwrap();
    assert_eq!(
        check(&other, 1_000_000, None).unwrap_err().cause,
        Cause::Malformed
    );
    let same = Signer::new(&key("c2VjcmV0")).unwrap();
    assert_eq!(check(&same, 2_000_000, None).unwrap_err().cause, Cause::Malformed);
    // signed so early that a subtraction would underflow
    assert_eq!(check(&same, 0, None).unwrap_err().cause, Cause::Malformed);
}

#[test]
fn what_the_server_rejects_is_said_in_words() {
    let theirs = Signer::new(&key("c2VjcmV0")).unwrap();
    for (error, words) in [
        (TsigError::BadKey, "does not know the key lab-update"),
        (TsigError::BadSig, "another secret for the key lab-update"),
        (TsigError::BadTime, "clocks differ"),
        (TsigError::Unknown(99), "error 99"),
    ] {
        let trouble = check(&theirs, 1_000_000, Some(error)).unwrap_err();
        assert_eq!(trouble.cause, Cause::BadCredentials);
        assert!(trouble.detail.contains(words), "{}", trouble.detail);
    }
}

#[test]
fn the_server_tells_its_time() {
    let signer = Signer::new(&key("c2VjcmV0")).unwrap();
    let verifier = signer.sign(&mut question(), 1_000_000).unwrap();
    let tsig = |other: &[u8]| {
        TSIG::new(
            TsigAlgorithm::HmacSha256,
            0,
            300,
            vec![],
            7,
            Some(TsigError::BadTime),
            other.to_vec(),
        )
    };
    let ahead = 1_000_420_u64.to_be_bytes();
    assert!(verifier.skew(&tsig(&ahead[2..])).contains("420 s ahead of"));
    assert!(verifier.skew(&tsig(&[0; 6])).contains("1000000 s behind"));
    assert_eq!(verifier.skew(&tsig(&[1])), " too much");
}

#[test]
fn an_unsigned_yes_is_not_trusted_and_an_unsigned_no_is() {
    let signer = Signer::new(&key("c2VjcmV0")).unwrap();
    let mut verifier = signer.sign(&mut question(), 1).unwrap();
    let mut message = question().into_response();
    assert_eq!(
        verifier.single(&[], &message).unwrap_err().cause,
        Cause::Malformed
    );
    message.metadata.response_code = ResponseCode::Refused;
    assert_eq!(verifier.single(&[], &message), Ok(()));
}

/// The signature of a later message of a chain, over all that came since the last one.
fn signature(signer: &Signer, previous: &[u8], since: &[u8], now: u64) -> TSIG {
    let length = u16::try_from(previous.len()).unwrap();
    let times = [&now.to_be_bytes()[2..], &FUDGE.to_be_bytes()].concat();
    let covered = [&length.to_be_bytes(), previous, since, &times].concat();
    let mac = signer.signer.sign(&covered).unwrap();
    TSIG::new(TsigAlgorithm::HmacSha256, now, FUDGE, mac, 7, None, vec![])
}

#[test]
fn a_signature_covers_the_unsigned_messages_before_it() {
    let signer = Signer::new(&key("c2VjcmV0")).unwrap();
    let outcome = |tampered: bool| {
        let mut question = question();
        let mut verifier = signer.sign(&mut question, 1_000_000)?;
        let mac = question.signature().unwrap().data.mac.clone();
        let first = answer(&signer, mac, 1_000_000, None);
        let parsed = Message::from_vec(&first).unwrap();
        verifier.next(&first, &parsed)?;

        let mut plain = self::question().into_response();
        let raw = plain.to_vec().unwrap();
        plain.metadata.authoritative = tampered;
        verifier.next(&plain.to_vec().unwrap(), &plain)?;

        let previous = &parsed.signature().unwrap().data.mac;
        let mut last = self::question().into_response();
        let tsig = signature(
            &signer,
            previous,
            &[raw, last.to_vec().unwrap()].concat(),
            1_000_001,
        );
        last.set_signature(Box::new(make_tsig_record(
            signer.signer.signer_name().clone(),
            tsig,
        )));
        verifier.next(&last.to_vec().unwrap(), &last)?;
        verifier.finish()
    };
    assert_eq!(outcome(false), Ok(()));
    assert_eq!(outcome(true).unwrap_err().cause, Cause::Malformed);
}

#[test]
fn a_chain_ends_signed_and_does_not_go_on_unsigned() {
    let signer = Signer::new(&key("c2VjcmV0")).unwrap();
    let chain = |unsigned: usize| {
        let mut question = question();
        let mut verifier = signer.sign(&mut question, 1).unwrap();
        let first = answer(&signer, question.signature().unwrap().data.mac.clone(), 1, None);
        verifier.next(&first, &Message::from_vec(&first).unwrap())?;
        let plain = self::question().into_response();
        for _ in 0..unsigned {
            verifier.next(&plain.to_vec().unwrap(), &plain)?;
        }
        verifier.finish()
    };
    assert_eq!(chain(0), Ok(()));
    assert!(
        chain(1)
            .unwrap_err()
            .detail
            .contains("last message is not signed")
    );
    assert!(chain(UNSIGNED_RUN + 1).unwrap_err().detail.contains("too many"));
}

#[test]
fn unusable_keys_say_why_and_not_what() {
    for (name, algorithm, secret, cause) in [
        ("k", "hmac-sha256", "not base64!", Cause::NotConfigured),
        ("k", "hmac-sha256", "", Cause::NotConfigured),
        ("k..", "hmac-sha256", "c2VjcmV0", Cause::NotConfigured),
        ("k", "hmac-md5", "c2VjcmV0", Cause::Unsupported),
        ("k", "gss-tsig", "c2VjcmV0", Cause::Unsupported),
    ] {
        let key = Tsig {
            name: name.into(),
            algorithm: algorithm.into(),
            secret: secret.into(),
        };
        let Err(trouble) = Signer::new(&key) else {
            panic!("{name} {algorithm} was taken")
        };
        assert_eq!(trouble.cause, cause, "{}", trouble.detail);
        assert!(!trouble.detail.contains("not base64!"), "{}", trouble.detail);
    }
}

#[test]
fn the_secret_is_not_printed() {
    assert!(!format!("{:?}", key("c2VjcmV0")).contains("c2VjcmV0"));
}
