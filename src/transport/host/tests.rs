//! Against children that speak the protocol as nobody should.

use std::path::Path;

use super::child::Running;
use super::session::{Carried, Failure, Session};
use super::*;

mod acts;
mod commands;

/// Where the lines of the conversation begin and end in the stand-ins below.
const PRELUDE: &str = "
import sys, json, time, os
line = sys.stdin.readline
def say(text): print(text, flush=True)
def ready(): line(); say('{\"ready\":1}')
def asked(): return json.loads(line())
def answer(q, **more): say(json.dumps(dict(id=q['id'], **more)))
";

const MAX_BYTES: usize = 10_000;

/// A session with a Python program in place of ours.
async fn session(program: &str) -> Result<Session, Failure> {
    let text = format!("{PRELUDE}{program}");
    let child = Running::start(Path::new("/usr/bin/python3"), &["-I", "-c", &text]).unwrap();
    let mut session = Session::new(Carried::Child(Box::new(child)), "the host", MAX_BYTES);
    session.begin(b"hello\n").await?;
    Ok(session)
}

fn group(name: &str) -> Question {
    Question::Group { name: name.into() }
}

/// What a session does about one question.
async fn outcome(program: &str) -> String {
    match session(program).await {
        Ok(mut session) => told(session.ask(&group("x")).await.map(|rows| rows.len())),
        Err(failure) => format!("begins: {}", told::<usize>(Err(failure))),
    }
}

fn told<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> String {
    match outcome {
        Ok(value) => format!("{value:?}"),
        Err(Failure::Refused(trouble)) => format!("refused: {}: {}", trouble.cause, trouble.detail),
        Err(Failure::Broken(trouble)) => format!("broken: {}: {}", trouble.cause, trouble.detail),
        Err(Failure::Lost(trouble)) => format!("lost: {}: {}", trouble.cause, trouble.detail),
    }
}

#[tokio::test]
async fn names_of_all_scripts_go_there_and_back() {
    let program = "ready()\nwhile True:\n q=asked()\n answer(q, rows=[dict(name=q['name'])])";
    let mut session = session(program).await.unwrap();
    for name in ["Jürgen 😀", "a\"b", "\u{7f}", "Администраторы"] {
        let rows = session.ask(&group(name)).await.unwrap();
        assert_eq!(rows[0]["name"], name);
    }
}

#[tokio::test]
async fn whatever_a_child_does_is_told() {
    let ended = "the host ended the conversation before it answered";
    for (program, expected) in [
        ("ready(); answer(asked(), rows=[])", "0".to_owned()),
        (
            "ready(); answer(asked(), absent='denied', detail='no\\nway')",
            "refused: denied: no way".into(),
        ),
        // greetings and warnings before the answer
        (
            "say('hi'); ready(); q=asked(); say(''); say('WARNING'); answer(q, rows=[])",
            "0".into(),
        ),
        ("ready(); asked()", format!("lost: unreachable: {ended}")),
        (
            "ready(); asked(); sys.stdout.write('{\"id\":1,\"ro'); sys.stdout.flush()",
            format!("lost: unreachable: {ended}"),
        ),
        (
            "ready(); asked(); say('oops')",
            format!("lost: unreachable: {ended}; it said: oops"),
        ),
        (
            "ready(); q=asked(); answer(q, lost='the line is dead')",
            "lost: unreachable: the line is dead".into(),
        ),
        ("", format!("begins: lost: unreachable: {ended}")),
        (
            "line(); say('{\"absent\":\"bad_credentials\",\"detail\":\"no\"}')",
            "begins: refused: bad_credentials: no".into(),
        ),
        (
            "ready(); asked(); say('{\"id\":2,\"rows\":[]}')",
            "broken: malformed: the host answers another question".into(),
        ),
        (
            "ready(); asked(); say('{\"ready\":1}')",
            "broken: malformed: the host answers nothing".into(),
        ),
        (
            "ready(); asked(); say('{\"id\":1}')",
            "broken: malformed: the answer has neither rows nor a reason for having none".into(),
        ),
        (
            "ready(); asked(); say('{\"id\":1,\"rows\":{}}')",
            "broken: malformed: the answer has neither rows nor a reason for having none".into(),
        ),
        (
            "ready(); asked(); say('{\"id\":1,\"absent\":\"dunno\"}')",
            "broken: malformed: the answer has neither rows nor a reason for having none".into(),
        ),
        (
            "ready(); q=asked(); answer(q, rows=['x'*20000])",
            "broken: truncated: the answer of the host is longer than is allowed".into(),
        ),
        (
            "ready(); asked()\nwhile True: say('noise')",
            "broken: malformed: the host talks of other things; it said: noise".into(),
        ),
    ] {
        assert_eq!(outcome(program).await, expected, "{program}");
    }
}

#[tokio::test]
async fn garbage_is_told() {
    let bytes = "ready(); asked(); sys.stdout.buffer.write(b'{\"id\":1,\"rows\":[\"\\xff\"]}\\n'); sys.stdout.flush()";
    let said = outcome(bytes).await;
    assert!(
        said.starts_with("broken: malformed: the answer is not UTF-8"),
        "{said}"
    );
    let said = outcome("ready(); asked(); say('{]')").await;
    assert!(
        said.starts_with("broken: malformed: the answer is not JSON"),
        "{said}"
    );
    let said = outcome("ready(); asked(); say('{\"id\":1,\"rows\":' + '['*5000)").await;
    assert!(
        said.starts_with("broken: malformed: the answer is not JSON"),
        "{said}"
    );
    let said =
        outcome("ready(); asked(); sys.stdout.buffer.write(os.urandom(5000)); sys.stdout.flush()").await;
    assert!(
        said.starts_with("lost: ") || said.starts_with("broken: "),
        "{said}"
    );
    // without an end of line, memory stays bounded
    let said = outcome("ready(); asked()\nwhile True: sys.stdout.write('x'*1000)").await;
    assert_eq!(
        said,
        "broken: truncated: the answer of the host is longer than is allowed"
    );
}

/// A question whose answer may have many rows, and one row of it in Python.
type List = (fn() -> Question, &'static str);
const LISTS: [List; 5] = [
    (
        || Question::Service { name: None },
        "display='The service %d' % n, state='running', start='manual', delayed=False, account='LocalSystem', \
         command='C:/x.exe', depends_on=['RPCSS']",
    ),
    (
        || Question::Registry {
            key: r"HKLM\SOFTWARE".into(),
            what: RegistryPart::Values,
            view32: false,
        },
        "kind='REG_DWORD', value=n",
    ),
    (|| Question::Share { name: None }, "kind='disk', comment=''"),
    (
        || Question::Disk,
        "drive='C:', kind='fixed', size=n, free=0, label=None",
    ),
    (|| group("Everybody"), "sid='S-1-5-%d' % n"),
];

#[tokio::test]
async fn many_rows_are_no_trouble() {
    for (question, fields) in LISTS {
        let (question, endpoint) = (question(), Arc::from("source.rpc"));
        let program = format!(
            "ready(); q=asked(); answer(q, rows=[dict(name='N%d' % n, {fields}) for n in range(50000)])"
        );
        let text = format!("{PRELUDE}{program}");
        let child = Running::start(Path::new("/usr/bin/python3"), &["-I", "-c", &text]).unwrap();
        let mut session = Session::new(Carried::Child(Box::new(child)), "the host", 64 << 20);
        session.begin(b"hello\n").await.unwrap();
        let rows = session.ask(&question).await.unwrap();
        let few = answer::records(&question, rows.clone(), 49_999, &endpoint);
        assert_eq!(few.unwrap_err().cause, Cause::Truncated);
        let records = answer::records(&question, rows, 50_000, &endpoint).unwrap();
        assert_eq!(records.len(), 50_000);
        let fields = records[49_999].iter();
        let holes = fields.filter(|(_, value)| matches!(value, crate::facts::FactValue::Absent(_)));
        assert_eq!(holes.count(), 0, "{question:?}");
    }
}

#[test]
fn fields_that_are_not_what_they_should_be_are_holes() {
    let endpoint = Arc::from("source.rpc");
    let row = serde_json::json!({
        "path": 3, "kind": "file", "size": "big", "sha256": { "absent": "denied", "detail": "no" }, "extra": true,
        "version": null,
    });
    let question = Question::File {
        path: r"C:\x".into(),
        want: FilePart::ALL.into_iter().collect(),
    };
    let records = answer::records(&question, vec![row], 10, &endpoint).unwrap();
    let cause = |field: &str| match records[0].get(field) {
        Some(crate::facts::FactValue::Absent(why)) => Some((why.cause, why.root.to_string())),
        _ => None,
    };
    let malformed = Some((Cause::Malformed, "source.rpc".to_owned()));
    for field in ["path", "size", "modified", "version", "product_version"] {
        assert_eq!(cause(field), malformed, "{field}");
    }
    assert_eq!(cause("sha256"), Some((Cause::Denied, "source.rpc".to_owned())));
    assert_eq!(records[0].get("kind").unwrap().to_string(), "file");
    assert!(records[0].get("extra").is_none());
    // one row was asked for
    for rows in [vec![], vec![serde_json::json!({}); 2], vec![serde_json::json!(3)]] {
        assert_eq!(
            answer::records(&question, rows, 10, &endpoint).unwrap_err().cause,
            Cause::Malformed
        );
    }
}

#[test]
fn a_field_of_another_kind_is_a_hole_in_every_answer() {
    let endpoint = Arc::from("source.rpc");
    for (question, _) in LISTS {
        let question = question();
        let named = [
            "name",
            "display",
            "state",
            "start",
            "account",
            "command",
            "comment",
            "kind",
            "drive",
            "label",
            "sid",
            "size",
            "free",
            "delayed",
            "depends_on",
        ];
        // a list of numbers fits nowhere
        let row: Value = named
            .map(|name| (name.to_owned(), serde_json::json!([1])))
            .into_iter()
            .collect();
        let records = answer::records(&question, vec![row], 10, &endpoint).unwrap();
        for (name, value) in records[0].iter().filter(|(name, _)| name.as_ref() != "value") {
            let crate::facts::FactValue::Absent(why) = value else {
                panic!("{question:?}: {name} is {value:?}");
            };
            assert_eq!((why.cause, &*why.root), (Cause::Malformed, "source.rpc"));
        }
    }
}

#[tokio::test]
async fn a_dropped_session_kills_its_child() {
    let program = "ready(); q=asked(); answer(q, rows=[dict(pid=os.getpid())]); time.sleep(600)";
    let mut session = session(program).await.unwrap();
    let rows = session.ask(&group("x")).await.unwrap();
    let process = format!("/proc/{}", rows[0]["pid"]);
    assert!(Path::new(&process).exists());
    drop(session);
    for _ in 0..200 {
        if !Path::new(&process).exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the child lives on");
}

#[tokio::test]
async fn a_child_sees_no_secret_of_ours() {
    let program = "ready(); q=asked(); answer(q, rows=[dict(names=sorted(os.environ))])";
    let mut session = session(program).await.unwrap();
    let rows = session.ask(&group("x")).await.unwrap();
    let names: Vec<&str> = rows[0]["names"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    // cargo gives tests dozens of variables
    assert!(std::env::vars_os().any(|(name, _)| name == "CARGO_MANIFEST_DIR"));
    assert!(
        names.contains(&"PATH") && !names.iter().any(|name| name.starts_with("CARGO")),
        "{names:?}"
    );
}
