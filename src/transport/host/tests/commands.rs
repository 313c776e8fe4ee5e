//! Commands on this machine.

use serde_json::json;

use super::*;
use crate::facts::FactValue;

const PATIENCE: Duration = Duration::from_secs(30);

async fn run(words: &[&str], input: Value) -> Result<Vec<Record>, Absence> {
    let command = Command::Run(words.iter().map(ToString::to_string).collect());
    local(&command, &input, PATIENCE).await
}

/// The rows that this text on the standard output makes.
async fn printed(text: &str) -> Result<Vec<Record>, Absence> {
    run(&["printf", "%s", text], json!({})).await
}

#[tokio::test]
async fn the_input_is_json_and_so_is_the_output() {
    let rows = run(
        &["cat"],
        json!({ "name": "Jürgen", "size": 3, "list": ["a", null], "in": { "x": true } }),
    )
    .await
    .unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].get("name"), Some(&FactValue::text("Jürgen")));
    assert_eq!(rows[0].get("size"), Some(&FactValue::Int(3)));
    assert_eq!(rows[0].get("list").unwrap().items().unwrap().len(), 2);
    assert!(matches!(rows[0].get("in"), Some(FactValue::Record(_))));
}

#[tokio::test]
async fn what_is_printed_makes_rows() {
    for (text, rows) in [
        ("", 0),
        ("  \n", 0),
        ("null", 0),
        ("[]", 0),
        ("{}", 1),
        ("[{},{\"a\":1}]", 2),
    ] {
        assert_eq!(printed(text).await.unwrap().len(), rows, "{text}");
    }
    for (text, cause, detail) in [
        ("3", Cause::Malformed, "neither an object nor a list"),
        ("[3]", Cause::Malformed, "a row without fields"),
        ("{", Cause::Malformed, "is not JSON"),
        ("\u{1b}[31m", Cause::Malformed, "is not JSON"),
        (
            "{\"absent\":\"denied\",\"detail\":\"not you\"}",
            Cause::Denied,
            "not you",
        ),
    ] {
        let absence = printed(text).await.unwrap_err();
        assert_eq!((absence.cause, &*absence.root), (cause, "local"), "{text}");
        assert!(absence.detail.contains(detail), "{text}: {}", absence.detail);
    }
}

#[tokio::test]
async fn values_that_are_no_facts_are_holes() {
    let rows = printed("{\"a\":1.5,\"b\":99999999999999999999,\"c\":{\"base64\":\"AQI=\"},\"d\":{\"base64\":\"?\"},\"e\":{\"absent\":\"timeout\",\"detail\":\"x\"}}")
        .await
        .unwrap();
    let cause = |field: &str| match rows[0].get(field) {
        Some(FactValue::Absent(why)) => Some(why.cause),
        _ => None,
    };
    assert_eq!(cause("a"), Some(Cause::Malformed));
    assert_eq!(cause("b"), Some(Cause::Malformed));
    assert_eq!(rows[0].get("c"), Some(&FactValue::Bytes([1, 2].into())));
    assert_eq!(cause("d"), Some(Cause::Malformed));
    assert_eq!(cause("e"), Some(Cause::Timeout));
}

#[tokio::test]
async fn a_command_that_fails_says_how() {
    for (words, cause, detail) in [
        (
            &["no-such-program-here"][..],
            Cause::Unsupported,
            "this machine has no program",
        ),
        (&["/etc/passwd"], Cause::Unsupported, "cannot be run"),
        (
            &["sh", "-c", "echo broken >&2; exit 3"],
            Cause::Malformed,
            "sh ended with exit code 3: broken",
        ),
        (
            &["sh", "-c", "kill -9 $$"],
            Cause::Malformed,
            "sh ended with a signal",
        ),
        (&["sh", "-c", "exit 0; x"], Cause::Malformed, ""),
        (&[], Cause::NotConfigured, "begins with its program"),
    ] {
        match run(words, json!({})).await {
            Ok(rows) => assert!(rows.is_empty() && detail.is_empty(), "{words:?}"),
            Err(absence) => {
                assert_eq!(absence.cause, cause, "{words:?}: {}", absence.detail);
                assert!(absence.detail.contains(detail), "{words:?}: {}", absence.detail);
            }
        }
    }
}

#[tokio::test]
async fn a_command_has_its_time_and_no_shell() {
    let command = Command::Run(vec!["sleep".into(), "60".into()]);
    let absence = local(&command, &json!({}), Duration::from_millis(100))
        .await
        .unwrap_err();
    assert_eq!(absence.cause, Cause::Timeout);
    assert_eq!(&*absence.detail, "no answer within 100ms while running sleep");
    // an argument stays one, whatever is in it
    let rows = run(&["printf", "{\"a\":\"%s\"}", "$(id); b c"], json!({}))
        .await
        .unwrap();
    assert_eq!(rows[0].get("a"), Some(&FactValue::text("$(id); b c")));
}

#[tokio::test]
async fn a_lot_of_input_and_output_does_not_block() {
    let long = "x".repeat(1 << 20);
    let rows = run(&["cat"], json!({ "a": long })).await.unwrap();
    assert_eq!(rows[0].get("a").unwrap().as_str().unwrap().len(), 1 << 20);
    // a program that reads nothing
    assert!(run(&["true"], json!({ "a": long })).await.unwrap().is_empty());
}

#[tokio::test]
async fn powershell_is_told_to_be_missing() {
    if child::find(&["pwsh", "powershell"]).is_some() {
        return;
    }
    let command = Command::PowerShell("1".into());
    let absence = local(&command, &json!({}), PATIENCE).await.unwrap_err();
    assert_eq!(absence.cause, Cause::Unsupported);
    assert!(absence.detail.contains("pwsh"), "{}", absence.detail);
}

#[tokio::test]
async fn fifty_thousand_rows_and_more_bytes_than_are_kept() {
    let rows = run(
        &[
            "sh",
            "-c",
            "printf '['; seq -s , -f '{\"n\":%.0f}' 50000; printf ']'",
        ],
        json!({}),
    )
    .await
    .unwrap();
    assert_eq!(rows.len(), 50_000);
    assert_eq!(rows[49_999].get("n"), Some(&FactValue::Int(50_000)));
    let absence = run(&["head", "-c", "70000000", "/dev/zero"], json!({}))
        .await
        .unwrap_err();
    assert_eq!(absence.cause, Cause::Truncated);
    assert!(
        absence.detail.contains("prints more than 67108864 bytes"),
        "{absence}"
    );
}

#[tokio::test]
async fn what_is_no_text_is_malformed() {
    let absence = run(&["printf", r#"{"a":"\377"}"#], json!({})).await.unwrap_err();
    assert_eq!(absence.cause, Cause::Malformed);
    assert!(absence.detail.contains("is not JSON"), "{absence}");
}

#[tokio::test]
async fn a_command_that_is_stopped_in_the_middle_of_its_answer_tells_nothing() {
    let absence = run(&["sh", "-c", r#"printf '[{"a":1},'; kill -9 $$"#], json!({}))
        .await
        .unwrap_err();
    assert_eq!(absence.cause, Cause::Malformed);
    assert!(absence.detail.contains("ended with a signal"), "{absence}");
}
