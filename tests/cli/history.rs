//! What is remembered of runs, and that a check never fails because of it.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use standin::store::{PairName, StateFolder};

use crate::live::{pair, run};
use crate::run::{Run, ended, program};

const CHECK: &[&str] = &["check", ".", "--only", "directory"];

/// Runs statements in the store of a folder, while nothing else does.
fn store(folder: &Path, sql: &'static str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(folder.join("state/store.sqlite"));
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

#[test]
fn nothing_is_recorded_before_the_first_run() {
    let folder = tempfile::tempdir().unwrap();
    let list = run(folder.path(), &["history", "list"]);
    assert_eq!(
        (list.code, list.out.as_str()),
        (Some(0), "nothing is recorded yet\n"),
        "{}",
        list.err
    );
    assert_eq!(run(folder.path(), &["history", "show", "1"]).code, Some(2));
    assert_eq!(run(folder.path(), &["history", "verify"]).code, Some(2));
    pair(folder.path(), 1);
    let explained = run(folder.path(), &["explain", "C-25", "."]);
    assert_eq!(explained.code, Some(2), "{}", explained.out);
    assert!(
        explained.err.contains("no whole check of . is remembered"),
        "{}",
        explained.err
    );
    assert!(!folder.path().join("state").exists());
}

#[test]
fn runs_are_listed_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    pair(folder.path(), 1);
    let check = run(folder.path(), CHECK);
    assert_eq!(
        (check.code, check.err.matches("history").count()),
        (Some(3), 0),
        "{}",
        check.err
    );
    let collect = run(folder.path(), &["collect", ".", "--out", "a.json"]);
    assert_eq!(collect.code, Some(3), "{}", collect.err);
    let replay = run(folder.path(), &["check", ".", "--snapshot", "a.json"]);
    assert_eq!(replay.code, Some(3), "{}", replay.err);

    let list = run(folder.path(), &["history", "list", "--format", "json"]).json();
    let runs = list["runs"].as_array().unwrap();
    let kinds: Vec<_> = runs
        .iter()
        .map(|run| (run["run"].as_i64(), run["first"]["kind"].as_str()))
        .collect();
    assert_eq!(
        kinds,
        [(Some(2), Some("collected")), (Some(1), Some("checked"))],
        "a replay is no run"
    );
    let body = &runs[1]["first"]["body"];
    assert_eq!(body["only"], serde_json::json!(["directory"]));
    assert!(body["summary"]["unknown"].as_u64().unwrap() > 0, "{body}");
    assert_eq!(body["catalogue"].as_str().unwrap().len(), 64);

    let human = run(folder.path(), &["history", "list", "--pair", "A-B"]);
    assert!(
        human.out.contains("checked") && human.out.contains("unknown"),
        "{}",
        human.out
    );
    assert!(human.out.contains("a.json"), "{}", human.out);
    let none = run(folder.path(), &["history", "list", "--pair", "other"]);
    assert!(none.out.contains("nothing is recorded"), "{}", none.out);
    let shown = run(folder.path(), &["history", "show", "2"]);
    let snapshot = fs::read_to_string(folder.path().join("a.json")).unwrap();
    assert!(
        shown.out.contains(&standin::store::digest_of(&snapshot)),
        "{}",
        shown.out
    );
}

#[test]
fn verifying_finds_what_was_changed() {
    let folder = tempfile::tempdir().unwrap();
    pair(folder.path(), 1);
    for _ in 0..3 {
        run(folder.path(), CHECK);
    }
    let sound = run(folder.path(), &["history", "verify"]);
    assert_eq!(sound.code, Some(0), "{}{}", sound.out, sound.err);
    let last = sound.out.trim().rsplit_once("last entry: ").unwrap().1.to_owned();
    assert_eq!(
        run(folder.path(), &["history", "verify", "--noted", &last]).code,
        Some(0)
    );
    assert_eq!(
        run(folder.path(), &["history", "verify", "--noted", "3:00000000"]).code,
        Some(1)
    );
    assert_eq!(
        run(folder.path(), &["history", "verify", "--noted", "three"]).code,
        Some(2)
    );
    store(
        folder.path(),
        "DROP TRIGGER entries_stay_as_they_are; UPDATE entries SET at = '2020-01-01T00:00:00Z' WHERE seq = 2",
    );
    let found = run(folder.path(), &["history", "verify", "--format", "json"]);
    assert_eq!(found.code, Some(1), "{}", found.err);
    assert_eq!(
        found.json()["damage"],
        serde_json::json!([{ "entry": 2, "what": "it was changed" }])
    );
    let human = run(folder.path(), &["history", "verify"]);
    assert!(human.out.contains("NOT as they were written"), "{}", human.out);
}

/// The answer of a check, which must be there, and the talk.
fn answered(run: Run) -> String {
    assert_eq!(run.code, Some(3), "{}{}", run.out, run.err);
    assert!(run.out.contains("unreachable"), "{}", run.out);
    run.err
}

#[test]
fn a_check_answers_without_a_store() {
    let folder = tempfile::tempdir().unwrap();
    pair(folder.path(), 1);
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let inside = ended(
        program(&file.join("state"))
            .current_dir(folder.path())
            .args(CHECK),
    );
    let told = answered(inside);
    assert!(told.contains("this run is not kept in the history"), "{told}");
    let homeless = ended(
        program(&file)
            .env_remove("STANDIN_STATE")
            .current_dir(folder.path())
            .args(CHECK),
    );
    let told = answered(homeless);
    assert!(told.contains("set HOME, XDG_STATE_HOME or --state"), "{told}");
    let history = ended(program(&file.join("state")).args(["history", "verify"]));
    assert_eq!(history.code, Some(2), "{}", history.err);

    run(folder.path(), CHECK);
    store(folder.path(), "UPDATE store_version SET version = 7");
    let told = answered(run(folder.path(), CHECK));
    assert!(told.contains("a newer Standin made the store"), "{told}");
    let list = run(folder.path(), &["history", "list"]);
    assert_eq!(list.code, Some(2), "{}", list.out);
    assert!(list.err.contains("newer"), "{}", list.err);
    fs::write(
        folder.path().join("state/store.sqlite"),
        "this is a text of somebody ".repeat(99),
    )
    .unwrap();
    let told = answered(run(folder.path(), CHECK));
    assert!(told.contains("is no store"), "{told}");
}

#[test]
fn a_check_answers_while_another_process_writes() {
    let folder = tempfile::tempdir().unwrap();
    pair(folder.path(), 1);
    run(folder.path(), CHECK);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let options = SqliteConnectOptions::new().filename(folder.path().join("state/store.sqlite"));
    let mut held = runtime
        .block_on(SqliteConnection::connect_with(&options))
        .unwrap();
    runtime
        .block_on(sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut held))
        .unwrap();
    let told = answered(run(folder.path(), CHECK));
    assert!(told.contains("another process is writing to the store"), "{told}");
    let list = run(folder.path(), &["history", "list"]);
    assert_eq!(list.code, Some(0), "readers do not wait: {}", list.err);
}

#[test]
fn the_key_and_the_last_check_of_older_versions_serve_on() {
    let folder = tempfile::tempdir().unwrap();
    pair(folder.path(), 1);
    let made = run(folder.path(), &["collect", ".", "--out", "a.json"]);
    assert_eq!(made.code, Some(3), "{}", made.err);
    let snapshot = fs::read_to_string(folder.path().join("a.json")).unwrap();
    let id = |text: &str| {
        serde_json::from_str::<Value>(text).unwrap()["digest_key"]
            .as_str()
            .unwrap()
            .to_owned()
    };

    fs::remove_dir_all(folder.path().join("state")).unwrap();
    let name = PairName::new("a-b", ("A", "192.0.2.1"), ("B", "192.0.2.2"));
    let old = StateFolder::of(&folder.path().join("state"), &name);
    fs::create_dir_all(old.path()).unwrap();
    fs::write(old.path().join("digest.key"), [7; 32]).unwrap();
    fs::write(old.path().join("last.json"), &snapshot).unwrap();
    let explained = run(folder.path(), &["explain", "C-25", "."]);
    assert_eq!(explained.code, Some(0), "{}", explained.err);
    assert_eq!(
        fs::read_dir(old.path()).unwrap().count(),
        0,
        "it is in the store now"
    );
    for _ in 0..2 {
        let check = run(folder.path(), &["check", ".", "--save", "b.json"]);
        assert!(check.err.contains("since the last check"), "{}", check.err);
        let now = id(&fs::read_to_string(folder.path().join("b.json")).unwrap());
        fs::remove_file(folder.path().join("b.json")).unwrap();
        // The name that the old key always had.
        assert_eq!(now, "e9e461a2f97f7970");
        assert_ne!(now, id(&snapshot));
    }
}

#[test]
fn a_password_is_neither_taken_from_the_arguments_nor_shown() {
    let folder = tempfile::tempdir().unwrap();
    pair(folder.path(), 1);
    let address = "postgres://op:s3cret@127.0.0.1:1/standin";
    let refused = run(folder.path(), &["check", ".", "--store", address]);
    assert_eq!(refused.code, Some(2), "{}", refused.out);
    assert!(
        refused.err.contains("PGPASSWORD") && !refused.err.contains("s3cret"),
        "{}",
        refused.err
    );
    let mut program = program(&folder.path().join("state"));
    let program = program.env("STANDIN_STORE", address).current_dir(folder.path());
    let told = answered(ended(program.args(CHECK).args(["--log", "trace"])));
    assert!(
        told.contains("the store postgres://op@127.0.0.1:1/standin cannot be reached"),
        "{told}"
    );
    assert!(!told.contains("s3cret"), "{told}");
    assert!(!folder.path().join("state/store.sqlite").exists());
}

#[test]
fn a_plan_is_recorded_by_its_digest() {
    let folder = tempfile::tempdir().unwrap();
    pair(folder.path(), 1);
    let plan = run(folder.path(), &["plan", ".", "--out", "plan.json"]);
    assert_eq!(plan.code, Some(3), "{}{}", plan.out, plan.err);
    let list = run(folder.path(), &["history", "list", "--format", "json"]).json();
    let run = &list["runs"][0]["first"];
    assert_eq!(run["kind"], "planned");
    let text = fs::read_to_string(folder.path().join("plan.json")).unwrap();
    assert_eq!(run["body"]["plan"], standin::store::digest_of(&text));
}
