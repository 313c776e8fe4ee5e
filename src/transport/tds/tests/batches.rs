//! Batches: done once, or not done for a reason that says whether anything was changed.

use super::*;
use crate::transport::Unwritten;

const HASH: &str = "0x02007E1A44CE1B8A53E5F1F4B8B0A5A90B6E4C6E";

fn batch() -> Batch {
    Batch {
        text: format!("ALTER LOGIN [app] WITH PASSWORD = {HASH} HASHED;"),
        ..Batch::default()
    }
}

fn begun() -> Vec<u8> {
    [column_int("standin_begun"), row_int(1)].concat()
}

#[track_caller]
fn undone(outcome: Result<(), Unwritten>, cause: Cause, refused: bool, part: &str) {
    let unwritten = outcome.expect_err("it is not done");
    let why = &unwritten.why;
    assert_eq!((why.cause, unwritten.refused), (cause, refused), "{why}");
    assert!(why.detail.contains(part), "{why}");
    assert_eq!(&*why.root, "source.tds");
}

#[tokio::test]
async fn a_batch_has_a_connection_of_its_own() {
    let done = answer(&[begun(), done(), column_int("name"), row_int(3), done()]);
    let fake = Fake::start(move |_| Reply::Send(done.clone())).await;
    let tds = fake.tds();
    for _ in 0..2 {
        let database = Some("pay]roll".to_owned());
        tds.batch(&Batch { database, ..batch() }).await.unwrap();
    }
    assert_eq!((fake.connections(), fake.asked().len()), (2, 2));
    let sent = "USE [pay]]roll];\nSET XACT_ABORT ON; SELECT 1 AS standin_begun;\nALTER LOGIN [app]";
    assert!(fake.asked()[0].contains(sent), "{:?}", fake.asked());
}

#[tokio::test]
async fn an_error_tells_whether_anything_may_be_changed() {
    let late = [column_int("name"), row_int(1), done(), error(15023, 16, "late")].concat();
    for (parts, cause, refused, part) in [
        (
            vec![error(102, 15, "Incorrect syntax"), done()],
            Cause::Unsupported,
            true,
            "102",
        ),
        (
            vec![error(911, 16, "no such database"), done()],
            Cause::NotFound,
            true,
            "911",
        ),
        (
            vec![begun(), error(15023, 16, "exists"), done()],
            Cause::Malformed,
            false,
            "15023",
        ),
        (
            vec![begun(), done(), late, done()],
            Cause::Malformed,
            false,
            "late",
        ),
        (
            vec![error(596, 21, "killed"), done()],
            Cause::Unreachable,
            false,
            "596",
        ),
    ] {
        let bytes = answer(&parts);
        let fake = Fake::start(move |_| Reply::Send(bytes.clone())).await;
        undone(fake.tds().batch(&batch()).await, cause, refused, part);
        assert_eq!(fake.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_batch_is_never_sent_twice() {
    for (reply, cause) in [
        (None, Cause::Unreachable),
        (Some(Vec::new()), Cause::Timeout),
        (Some(unfinished(&[begun()])), Cause::Timeout),
        (Some(answer(&[vec![0x42; 40]])), Cause::Malformed),
    ] {
        let fake = Fake::start(move |_| reply.clone().map_or(Reply::Close, Reply::Send)).await;
        let tds = if cause == Cause::Timeout {
            fake.impatient()
        } else {
            fake.tds()
        };
        undone(tds.batch(&batch()).await, cause, false, "127.0.0.1");
        assert_eq!((fake.connections(), fake.asked().len()), (1, 1));
    }
}

#[tokio::test]
async fn what_was_never_sent_is_refused() {
    let fake = Fake::refusing(18456).await;
    undone(
        fake.tds().batch(&batch()).await,
        Cause::BadCredentials,
        true,
        "log-on",
    );
    let fake = Fake::with_encryption(2).await;
    undone(
        fake.tds().batch(&batch()).await,
        Cause::Unsupported,
        true,
        "no encryption",
    );
    let fake = Fake::start(|_| Reply::Close).await;
    let list = Batch {
        params: vec![FactValue::list([])],
        ..batch()
    };
    undone(
        fake.tds().batch(&list).await,
        Cause::Malformed,
        true,
        "@P1 is of the kind list",
    );
    let nowhere = Batch {
        database: Some(String::new()),
        ..batch()
    };
    undone(
        fake.tds().batch(&nowhere).await,
        Cause::Malformed,
        true,
        "not the name",
    );
    assert_eq!(fake.connections(), 0);
}

#[tokio::test]
async fn one_batch_at_a_time() {
    // the first is never answered, and gives up at its deadline
    let fake = Fake::start(|number| match number {
        0 => Reply::Send(Vec::new()),
        _ => Reply::Send(answer(&[begun(), done()])),
    })
    .await;
    let tds = fake.impatient();
    let (one, two) = (batch(), batch());
    let first = async { (tds.batch(&one).await, fake.asked().len()) };
    let ((first, asked), second) = tokio::join!(first, tds.batch(&two));
    undone(first, Cause::Timeout, false, "no answer within");
    assert_eq!(asked, 1, "the second waits for the first");
    second.unwrap();
}

#[tokio::test]
async fn what_a_batch_says_is_not_told() {
    let told = format!("Incorrect syntax near '{HASH}', 0x7f stays");
    let bytes = answer(&[error(102, 15, &told), done()]);
    let fake = Fake::start(move |_| Reply::Send(bytes.clone())).await;
    let unwritten = fake.tds().batch(&batch()).await.unwrap_err();
    assert!(
        unwritten.why.detail.contains("near '0x…', 0x7f stays"),
        "{unwritten:?}"
    );
    assert!(!format!("{:?}", batch()).contains("app"));
}
