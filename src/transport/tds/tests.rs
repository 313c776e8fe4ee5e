//! What no real server does when it is asked to: it breaks off, talks nonsense, sends too much.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::facts::Cause;

mod batches;
mod fake;

use fake::{Fake, Reply, answer, column_int, done, error, row_int, unfinished, wide_columns, wide_row};

fn one() -> Query {
    Query {
        text: "SELECT 1 AS one".to_owned(),
        ..Query::default()
    }
}

#[track_caller]
fn refused(outcome: Result<Vec<Record>, Absence>, cause: Cause, part: &str) {
    let absence = outcome.expect_err("an absence");
    assert_eq!(absence.cause, cause, "{absence}");
    assert!(absence.detail.contains(part), "{absence}");
    assert_eq!(&*absence.root, "source.tds");
}

/// A whole answer of one row.
fn seven() -> Vec<u8> {
    answer(&[column_int("one"), row_int(7), done()])
}

fn sevens(rows: &[Record]) -> Vec<&FactValue> {
    rows.iter().map(|row| row.get("one").unwrap()).collect()
}

#[tokio::test]
async fn rows_come_by_the_names_of_their_columns() {
    let fake = Fake::start(|_| Reply::Send(seven())).await;
    let tds = fake.tds();
    for _ in 0..3 {
        let rows = tds.query(&one()).await.unwrap();
        assert_eq!(sevens(&rows), [&FactValue::Int(7)]);
    }
    assert_eq!(fake.connections(), 1);
    assert!(fake.asked()[0].contains("SELECT 1 AS one"), "{:?}", fake.asked());
}

#[tokio::test]
async fn values_of_many_types_come_as_they_are() {
    let wide = answer(&[wide_columns(), wide_row(), done()]);
    let fake = Fake::start(move |_| Reply::Send(wide.clone())).await;
    let rows = fake.tds().query(&one()).await.unwrap();
    let shown: Vec<_> = rows[0]
        .iter()
        .map(|(name, value)| format!("{name}: {} {value}", value.kind()))
        .collect();
    assert_eq!(
        shown,
        [
            "bytes: bytes 0x0102",
            "decimal: text -0.0007",
            "guid: text 04030201-0605-0807-090A-0B0C0D0E0F10",
            "int: int 7",
            "long: text abcd",
            "none: nothing none",
            "time: time 2000-01-01T00:00:01Z",
            "torn: absent ?(malformed)",
            "variant: int 5",
        ]
    );
    assert!(rows[0].get("torn").unwrap().to_string().contains("malformed"));
}

#[tokio::test]
async fn a_database_is_chosen_in_the_same_call() {
    let fake = Fake::start(|_| Reply::Send(seven())).await;
    let query = Query {
        database: Some("pay]roll".to_owned()),
        ..one()
    };
    fake.tds().query(&query).await.unwrap();
    assert!(
        fake.asked()[0].contains("USE [pay]]roll];\nSELECT 1"),
        "{:?}",
        fake.asked()
    );
    for name in ["", "a\0b", &"x".repeat(129)] {
        let database = Some(name.to_owned());
        refused(
            fake.tds().query(&Query { database, ..one() }).await,
            Cause::Malformed,
            "not the name of a database",
        );
    }
}

#[tokio::test]
async fn tables_with_the_same_columns_are_one_answer() {
    let two = answer(&[
        column_int("one"),
        row_int(1),
        done(),
        column_int("one"),
        row_int(2),
        done(),
    ]);
    let rows = Fake::start(move |_| Reply::Send(two.clone()))
        .await
        .tds()
        .query(&one())
        .await
        .unwrap();
    assert_eq!(sevens(&rows), [&FactValue::Int(1), &FactValue::Int(2)]);
    for (tables, part) in [
        (
            [column_int("one"), column_int("two")],
            "several tables with different columns",
        ),
        (
            [column_int("one"), column_int("")],
            "column 1 of the answer has no name",
        ),
    ] {
        let bad = answer(&[tables[0].clone(), done(), tables[1].clone(), done()]);
        let fake = Fake::start(move |_| Reply::Send(bad.clone())).await;
        refused(fake.tds().query(&one()).await, Cause::Malformed, part);
    }
}

#[tokio::test]
async fn an_error_behind_rows_takes_them_back() {
    let late = answer(&[
        column_int("one"),
        row_int(1),
        error(1205, 13, "deadlock"),
        error(1, 16, "x"),
        done(),
    ]);
    let fake = Fake::start(move |number| Reply::Send(if number == 0 { late.clone() } else { seven() })).await;
    let tds = fake.tds();
    refused(tds.query(&one()).await, Cause::Unreachable, "lost a deadlock");
    // the connection is as good as before
    tds.query(&one()).await.unwrap();
    assert_eq!(fake.connections(), 1);
}

#[tokio::test]
async fn a_lost_connection_is_opened_once_more() {
    // the second question finds its connection closed
    let fake = Fake::start(|number| {
        if number == 1 {
            Reply::Close
        } else {
            Reply::Send(seven())
        }
    })
    .await;
    let tds = fake.tds();
    for _ in 0..2 {
        tds.query(&one()).await.unwrap();
    }
    assert_eq!((fake.connections(), fake.asked().len()), (2, 3));

    let fake = Fake::start(|_| Reply::Close).await;
    refused(
        fake.tds().query(&one()).await,
        Cause::Unreachable,
        "closed the connection",
    );
    assert_eq!(fake.connections(), 2);
}

#[tokio::test]
async fn rows_are_not_asked_for_twice() {
    let begin = [column_int("one"), row_int(1), row_int(2)];
    let fake = Fake::start(move |_| Reply::Last(unfinished(&begin))).await;
    refused(fake.tds().query(&one()).await, Cause::Unreachable, "connection");
    assert_eq!(fake.connections(), 1);
}

#[tokio::test]
async fn nonsense_and_silence_are_told() {
    for (reply, cause, part) in [
        (
            answer(&[vec![0x42; 40]]),
            Cause::Malformed,
            "not what TDS demands",
        ),
        (answer(&[row_int(1)]), Cause::Malformed, "not what TDS demands"),
        (
            Vec::new(),
            Cause::Timeout,
            "no answer within 500ms while asking 127.0.0.1:",
        ),
    ] {
        let silent = reply.is_empty();
        let fake = Fake::start(move |_| Reply::Send(reply.clone())).await;
        let tds = if silent { fake.impatient() } else { fake.tds() };
        refused(tds.query(&one()).await, cause, part);
    }
}

#[tokio::test]
async fn after_a_missed_deadline_the_connection_is_dropped() {
    let fake = Fake::start(|number| Reply::Send(if number == 0 { Vec::new() } else { seven() })).await;
    let tds = fake.impatient();
    refused(tds.query(&one()).await, Cause::Timeout, "no answer within");
    tds.query(&one()).await.unwrap();
    assert_eq!(fake.connections(), 2);
}

#[tokio::test]
async fn an_answer_has_limits() {
    let many: Vec<Vec<u8>> = [vec![column_int("one")], vec![row_int(1); 30], vec![done()]].concat();
    let many = answer(&many);
    let fake = Fake::start(move |_| Reply::Send(many.clone())).await;
    let limited = |max_rows, max_bytes| {
        Tds::new(TdsConfig {
            max_rows,
            max_bytes,
            ..fake.config()
        })
    };
    assert_eq!(limited(30, 1000).query(&one()).await.unwrap().len(), 30);
    refused(
        limited(29, 1000).query(&one()).await,
        Cause::Truncated,
        "more than 29 rows",
    );
    refused(
        limited(30, 100).query(&one()).await,
        Cause::Truncated,
        "longer than 100 bytes",
    );
}

#[tokio::test]
async fn a_refused_log_on_is_tried_once() {
    let fake = Fake::refusing(18456).await;
    let tds = fake.tds();
    for _ in 0..3 {
        refused(
            tds.query(&one()).await,
            Cause::BadCredentials,
            "log-on of standin: user or password is wrong",
        );
    }
    // another server with the same credential is not tried either
    let other = Tds::new(TdsConfig {
        gate: Arc::clone(&tds.config.gate),
        ..fake.config()
    });
    refused(
        other.query(&one()).await,
        Cause::BadCredentials,
        "log-on of standin",
    );
    assert_eq!(fake.log_ons(), 1);
}

#[tokio::test]
async fn who_does_not_encrypt_is_not_asked() {
    for (encryption, part) in [(0, "has no encryption"), (2, "has no encryption")] {
        let fake = Fake::with_encryption(encryption).await;
        refused(fake.tds().query(&one()).await, Cause::Unsupported, part);
    }
    for (greeting, cause, part) in [
        (
            &b"SSH-2.0-OpenSSH_9.2\r\n"[..],
            Cause::Unsupported,
            "no database server that speaks TDS",
        ),
        (
            b"\x04\x01\x00\x09\0\0\0\0\xff",
            Cause::Unsupported,
            "no database server that speaks TDS",
        ),
        (
            b"",
            Cause::Unreachable,
            "hangs up when it is asked for encryption",
        ),
    ] {
        let fake = Fake::raw(greeting).await;
        refused(fake.tds().query(&one()).await, cause, part);
    }
}

#[tokio::test]
async fn a_certificate_must_be_right() {
    let fake = Fake::start(|_| Reply::Send(seven())).await;
    let elsewhere = TdsConfig {
        certificate_name: Some("db2".to_owned()),
        ..fake.config()
    };
    refused(
        Tds::new(elsewhere).query(&one()).await,
        Cause::Unreachable,
        "is for 127.0.0.1, db1, not for db2",
    );
    let named = TdsConfig {
        certificate_name: Some("db1".to_owned()),
        ..fake.config()
    };
    assert!(Tds::new(named).query(&one()).await.is_ok());
    let ours = TdsConfig {
        ca: None,
        ..fake.config()
    };
    refused(
        Tds::new(ours).query(&one()).await,
        Cause::Unreachable,
        "not trusted here",
    );
    let authority = Fake::with_authority_as_certificate().await;
    refused(
        authority.tds().query(&one()).await,
        Cause::Unreachable,
        "is an authority's own",
    );
}

#[tokio::test]
async fn an_empty_password_goes_nowhere() {
    let fake = Fake::start(|_| Reply::Send(seven())).await;
    let log_on = LogOn::Sql {
        user: "standin".to_owned(),
        password: String::new().into(),
    };
    let tds = Tds::new(TdsConfig {
        log_on,
        ..fake.config()
    });
    refused(
        tds.query(&one()).await,
        Cause::BadCredentials,
        "the password for 127.0.0.1 is empty",
    );
    assert_eq!(fake.connections(), 0);
}

#[tokio::test]
async fn parameters_keep_their_types() {
    let fake = Fake::start(|_| Reply::Send(seven())).await;
    let query = Query {
        params: vec![
            "Straße".into(),
            FactValue::Int(-1),
            true.into(),
            FactValue::Bytes([1, 2].as_slice().into()),
            FactValue::Nothing,
        ],
        ..one()
    };
    fake.tds().query(&query).await.unwrap();
    let asked = &fake.asked()[0];
    let types = "@P1 nvarchar(4000),@P2 bigint,@P3 bit,@P4 varbinary(8000),@P5 nvarchar(4000)";
    assert!(asked.contains(types), "{asked}");
    let odd = Query {
        params: vec![FactValue::list([])],
        ..one()
    };
    refused(
        fake.tds().query(&odd).await,
        Cause::Malformed,
        "@P1 is of the kind list",
    );
}

#[test]
fn hostile_answers_end_in_an_absence() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 200,
        ..ProptestConfig::default()
    });
    let wide = answer(&[wide_columns(), wide_row(), wide_row(), done()]);
    let change = (8..wide.len(), any::<u8>());
    let token = (
        prop::sample::select(vec![
            0x79, 0x81, 0x88, 0xa4, 0xa5, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xd1, 0xd2, 0xd3, 0xe3, 0xed,
            0xfd,
        ]),
        prop::collection::vec(any::<u8>(), 0..30),
    );
    let strategy = prop_oneof![
        prop::collection::vec(change, 1..4).prop_map(move |changes| {
            let mut bytes = wide.clone();
            for (at, byte) in changes {
                bytes[at] = byte;
            }
            bytes
        }),
        prop::collection::vec(token, 1..4).prop_map(|tokens| {
            let tokens = tokens.into_iter().map(|(kind, body)| [vec![kind], body].concat());
            answer(&tokens.collect::<Vec<_>>())
        }),
    ];
    runner
        .run(&strategy, |bytes| {
            runtime.block_on(async {
                let fake = Fake::start(move |_| Reply::Last(bytes.clone())).await;
                let outcome =
                    tokio::time::timeout(Duration::from_secs(5), fake.impatient().query(&one())).await;
                prop_assert!(outcome.is_ok(), "it takes too long");
                Ok(())
            })
        })
        .unwrap();
}
