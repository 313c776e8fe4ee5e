//! What comes of questions that are answered.

use super::*;

#[tokio::test]
async fn the_server_tells_who_it_is() {
    in_lab!();
    for (server, expected) in [("SOURCE", "SRCMAIL"), ("TARGET", "TGTMAIL")] {
        let config = TdsConfig {
            server: lab(server),
            ..config()
        };
        assert_eq!(name(&ask(config, WHO).await.unwrap()), expected);
    }
}

#[tokio::test]
async fn every_type_comes_without_loss() {
    in_lab!();
    let rows = ask(config(), "SELECT * FROM lab.types").await.unwrap();
    assert_eq!(rows.len(), 2);
    for (field, kind, value) in [
        ("tiny", "int", "255"),
        ("int", "int", "-2147483648"),
        ("big", "int", "9223372036854775807"),
        ("bit", "bool", "yes"),
        ("float", "text", "0.1"),
        ("numeric", "text", "35000000021700001"),
        ("decimal", "text", "-0.0500"),
        ("money", "text", "1234.5000"),
        ("text", "text", "Straße \u{1F600}"),
        ("empty", "text", ""),
        ("plain", "text", "Strasse"),
        ("bytes", "bytes", "0x0001020304050607"),
        ("guid", "text", "6F9619FF-8B86-D011-B42D-00C04FC964FF"),
        ("time", "time", "2024-03-01T10:20:30Z"),
        ("precise", "time", "2024-03-01T10:20:30.0000001Z"),
        ("variant", "int", "7"),
    ] {
        let found = rows[0].get(field).unwrap();
        assert_eq!(
            (found.kind(), found.to_string().as_str()),
            (kind, value),
            "{field}"
        );
        assert_eq!(rows[1].get(field), Some(&FactValue::Nothing), "{field}");
    }
    let long = rows[0].get("long").unwrap().to_string();
    assert_eq!(long, "long ".repeat(4000));
}

#[tokio::test]
async fn a_value_that_cannot_be_read_is_a_hole_in_its_row() {
    in_lab!();
    let rows = ask(config(), "SELECT * FROM lab.types").await.unwrap();
    for (field, part) in [
        ("torn", "torn: the text has characters that are none"),
        ("latin", "latin: a text in a code page"),
        ("utf8", "utf8: a text in a code page"),
        ("rich", "rich: so much money"),
        ("rough", "rough: a number in a variant"),
    ] {
        match rows[0].get(field) {
            Some(FactValue::Absent(why)) => {
                assert_eq!(why.cause, Cause::Malformed, "{why}");
                assert!(why.detail.starts_with(part), "{why}");
            }
            other => panic!("{field}: {other:?}"),
        }
    }
    // bytes that are no text in the column's own character set end the answer: that is the library's doing
    refused(
        ask(config(), "SELECT text FROM lab.broken").await,
        Cause::Malformed,
        "CAST(... AS nvarchar(4000))",
    );
}

#[tokio::test]
async fn parameters_are_values_whatever_is_in_them() {
    in_lab!();
    let query = Query {
        text: "SELECT @P1 AS a, @P2 AS b, @P3 AS c, @P4 AS d, @P5 AS e".to_owned(),
        params: vec![
            "'; DROP TABLE x --\u{1F600}".into(),
            FactValue::Int(i64::MIN),
            true.into(),
            FactValue::Bytes([0, 255].as_slice().into()),
            FactValue::Nothing,
        ],
        database: None,
    };
    let rows = Tds::new(config()).query(&query).await.unwrap();
    let shown: Vec<String> = rows[0].iter().map(|(_, value)| value.to_string()).collect();
    let bytes = r"b'\x00\xff'";
    assert_eq!(
        shown,
        [
            "\"'; DROP TABLE x --\u{1F600}\"",
            "-9223372036854775808",
            "True",
            bytes,
            "None"
        ]
    );
}

#[tokio::test]
async fn a_connection_serves_one_database_after_the_other() {
    in_lab!();
    let tds = Tds::new(TdsConfig {
        connections: 1,
        ..config()
    });
    for database in [Some("payroll"), None, Some("hr"), Some("HR"), None] {
        let query = Query {
            database: database.map(str::to_owned),
            ..text("SELECT DB_NAME() AS name")
        };
        let expected = database.unwrap_or("master").to_lowercase();
        assert_eq!(name(&tds.query(&query).await.unwrap()), expected);
    }
}

#[tokio::test]
async fn fifty_thousand_rows() {
    in_lab!();
    let start = Instant::now();
    let rows = ask(config(), "SELECT n, name FROM lab.many").await.unwrap();
    eprintln!("50,000 rows: {:?}, the server's work included", start.elapsed());
    assert_eq!(rows.len(), 50_000);
    assert_eq!(rows[49_999].get("n"), Some(&FactValue::Int(49_999)));
    assert_eq!(rows[49_999].get("name").unwrap().to_string(), "row 49999");
}

#[tokio::test]
async fn too_much_is_told() {
    in_lab!();
    let few = TdsConfig {
        max_rows: 49_999,
        ..config()
    };
    refused(
        ask(few, "SELECT n, name FROM lab.many").await,
        Cause::Truncated,
        "more than 49999 rows",
    );
    let short = TdsConfig {
        max_bytes: 1 << 20,
        ..config()
    };
    let before = memory();
    refused(
        ask(short, "SELECT n, text FROM lab.big").await,
        Cause::Truncated,
        "longer than 1048576 bytes",
    );
    let more = memory().saturating_sub(before);
    eprintln!("an answer of 40 MB, cut off after 1 MB: {more} kB more");
    assert!(more < 20_000, "{more} kB");
}

/// The most memory that this process has had so far, in kB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn many_questions_share_few_connections() {
    in_lab!();
    let tds = Arc::new(Tds::new(config()));
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..60 {
        let tds = Arc::clone(&tds);
        all.spawn(async move { tds.query(&text(WHO)).await.unwrap().len() });
    }
    assert_eq!(all.join_all().await, [1; 60]);
}
