//! What is told is told once, and what became of it is never guessed.

use std::path::PathBuf;

use serde_json::json;

use super::*;
use crate::transport::Unwritten;

/// Values that would be something else to whoever reads them as a program.
const HOSTILE: [&str; 8] = [
    "a'; exit #",
    "a\"b",
    "[x]*?",
    "$(id)`id`",
    "%PATH%",
    "\u{202e}a\u{200b}",
    "Jürgen 😀",
    "a b & c | d > e",
];

/// What a session does about one act.
async fn done(program: &str) -> (String, bool) {
    let mut session = session(program).await.unwrap();
    match session.act(service("x", ServiceAct::Start).message()).await {
        Ok(_) => ("done".to_owned(), true),
        Err(undone) => (told::<()>(Err(undone.failure)), undone.begun),
    }
}

fn service(name: &str, to: ServiceAct) -> Act {
    Act::Service {
        name: name.into(),
        to,
    }
}

fn value(name: &str, data: RegistryData) -> Act {
    Act::SetValue {
        key: r"HKLM\SOFTWARE\A".into(),
        name: name.into(),
        data,
        view32: false,
    }
}

fn copy(path: &str, keep: Option<&str>) -> Act {
    Act::Copy {
        path: path.into(),
        from: PathBuf::from("/dev/null"),
        keep: keep.map(str::to_owned),
    }
}

const ENDED: &str = "lost: unreachable: the host ended the conversation before it answered";
/// What a host does, what it comes to, and whether something may have been changed.
const ANSWERS: [(&str, &str, bool); 15] = [
    ("ready(); answer(asked(), rows=[])", "done", true),
    ("ready(); answer(asked(), printed='')", "done", true),
    ("ready(); answer(asked(), printed='[{\"code\":0}]')", "done", true),
    (
        "ready(); answer(asked(), absent='denied', detail='no', begun=False)",
        "refused: denied: no",
        false,
    ),
    (
        "ready(); answer(asked(), absent='timeout', detail='slow', begun=True)",
        "refused: timeout: slow",
        true,
    ),
    (
        "ready(); answer(asked(), absent='denied', detail='?')",
        "refused: denied: ?",
        true,
    ),
    (
        "ready(); answer(asked(), absent='denied', detail='?', begun=0)",
        "refused: denied: ?",
        true,
    ),
    (
        "ready(); answer(asked(), lost='gone', begun=False)",
        "lost: unreachable: gone",
        false,
    ),
    (
        "ready(); answer(asked(), lost='gone')",
        "lost: unreachable: gone",
        true,
    ),
    (
        "ready(); answer(asked(), printed='{\"absent\":\"not_found\",\"detail\":\"x\"}')",
        "refused: not_found: x",
        true,
    ),
    ("ready(); asked()", ENDED, true),
    (
        "ready(); asked(); sys.stdout.write('{\"id\":1'); sys.stdout.flush()",
        ENDED,
        true,
    ),
    (
        "ready(); asked(); say('{\"id\":2,\"rows\":[]}')",
        "broken: malformed: the host answers another question",
        true,
    ),
    (
        "ready(); asked(); say('{\"ready\":1}')",
        "broken: malformed: the host answers nothing",
        true,
    ),
    (
        "ready(); asked(); say('{\"absent\":\"denied\"}')",
        "broken: malformed: the host answers nothing",
        true,
    ),
];

#[tokio::test]
async fn only_an_answer_that_says_so_means_that_nothing_was_changed() {
    for (program, expected, begun) in ANSWERS {
        assert_eq!(done(program).await, (expected.to_owned(), begun), "{program}");
    }
}

#[test]
fn messages_hold_their_values_as_data() {
    for hostile in HOSTILE {
        let message = value(hostile, RegistryData::Text(hostile.into())).message();
        assert_eq!(message["value"], hostile);
        assert_eq!(service(hostile, ServiceAct::Stop).message()["name"], hostile);
        let shell = Act::Shell {
            command: Command::PowerShell("1".into()),
            input: json!({ "a": hostile }),
        };
        let input: Value = serde_json::from_str(shell.message()["input"].as_str().unwrap()).unwrap();
        assert_eq!(input["a"], hostile);
    }
    let message = service("A", ServiceAct::SetStart(StartType::Automatic)).message();
    let expected = json!({ "do": "service", "verb": "set_start", "name": "A", "start": "automatic" });
    assert_eq!(message, expected);
}

#[test]
fn values_stand_in_the_registry_as_windows_reads_them() {
    for (data, kind, base64) in [
        (RegistryData::Text("a".into()), "REG_SZ", "YQAAAA=="),
        (
            RegistryData::Expandable("%A%".into()),
            "REG_EXPAND_SZ",
            "JQBBACUAAAA=",
        ),
        (
            RegistryData::Texts(vec!["a".into(), "b".into()]),
            "REG_MULTI_SZ",
            "YQAAAGIAAAAAAA==",
        ),
        (RegistryData::Texts(Vec::new()), "REG_MULTI_SZ", "AAA="),
        (RegistryData::Dword(u32::MAX), "REG_DWORD", "/////w=="),
        (RegistryData::Qword(1), "REG_QWORD", "AQAAAAAAAAA="),
        (RegistryData::Binary(vec![0, 255]), "REG_BINARY", "AP8="),
    ] {
        let act = value("V", data);
        assert_eq!(act.check(), Ok(()));
        let expected = json!({
            "do": "registry", "verb": "set", "key": r"HKLM\SOFTWARE\A", "view": 64, "value": "V", "kind": kind,
            "base64": base64,
        });
        assert_eq!(act.message(), expected);
    }
    for (data, part) in [
        (RegistryData::Text("a\0b".into()), "has one inside"),
        (
            RegistryData::Texts(vec!["a".into(), "b\0".into()]),
            "has one inside",
        ),
        (
            RegistryData::Texts(vec![String::new(), "a".into()]),
            "one of these is",
        ),
        (RegistryData::Binary(vec![0; (1 << 20) + 1]), "this one has more"),
    ] {
        let trouble = value("V", data).check().unwrap_err();
        assert!(trouble.detail.contains(part), "{}", trouble.detail);
    }
}

#[test]
fn what_no_host_would_do_as_it_is_meant_is_refused() {
    let long = "x".repeat(10_000);
    for name in ["", "a/b", r"a\b", "a\nb", "\u{7f}", &long] {
        assert!(service(name, ServiceAct::Start).check().is_err(), "{name:?}");
    }
    assert!(value("", RegistryData::Dword(1)).check().is_ok());
    for name in ["a\nb", "\u{85}", &long] {
        assert!(value(name, RegistryData::Dword(1)).check().is_err(), "{name:?}");
    }
    let below = |name: &str| format!(r"C:\Program Files\{name}");
    for name in [
        "a.exe",
        "a'b;c[1]$(x)%Y%.dll",
        "\u{202e}exe.a",
        "console",
        "com10",
        "com0.x",
        "Jürgen 😀",
    ] {
        assert_eq!(copy(&below(name), None).check(), Ok(()), "{name}");
    }
    for name in [
        "", "..", "a:b", "a*", "a?", "a\"b", "a<b", "a/b", "a\nb", "a.", "a ", "NUL", "nul.txt", "con .x",
        "COM1", "lpt9.log", &long,
    ] {
        assert!(copy(&below(name), None).check().is_err(), "{name:?}");
    }
    for path in [r"C:\", "C:", r"\\server\share\a", "/srv/a"] {
        assert!(copy(path, None).check().is_err(), "{path}");
    }
}

#[test]
fn what_is_kept_stands_beside_the_file() {
    let path = r"C:\A\b.dll";
    assert_eq!(copy(path, Some(r"c:\a\B.dll.before")).check(), Ok(()));
    for elsewhere in [
        path,
        r"c:\a\B.DLL",
        r"C:\B\b.dll.before",
        r"D:\A\b.dll.before",
        r"C:\A\x\b.dll",
    ] {
        assert!(copy(path, Some(elsewhere)).check().is_err(), "{elsewhere}");
        let remove = Act::Remove {
            path: path.into(),
            restore: Some(elsewhere.into()),
        };
        assert!(remove.check().is_err(), "{elsewhere}");
    }
}

#[tokio::test]
async fn commands_of_this_machine_tell_what_became_of_them() {
    let run = |words: &[&str], deadline| {
        let command = Command::Run(words.iter().map(ToString::to_string).collect());
        async move { local_act(&command, &json!({ "a": "b" }), deadline).await }
    };
    let patience = Duration::from_secs(30);
    let refused = |outcome: Result<(), Unwritten>| outcome.unwrap_err().refused;
    assert_eq!(run(&["true"], patience).await, Ok(()));
    assert_eq!(run(&["cat"], patience).await, Ok(()));
    assert!(refused(run(&["no-such-program-here"], patience).await));
    assert!(refused(run(&["/etc/passwd"], patience).await));
    assert!(refused(run(&[], patience).await));
    assert!(!refused(run(&["false"], patience).await));
    assert!(!refused(run(&["printf", "x"], patience).await));
    assert!(!refused(
        run(&["printf", "{\"absent\":\"denied\",\"detail\":\"no\"}"], patience).await
    ));
    let late = run(&["sleep", "60"], Duration::from_millis(100))
        .await
        .unwrap_err();
    assert_eq!((late.refused, late.why.cause), (false, Cause::Timeout));
}

/// A drive with files, of which some moves are refused; says what is there afterwards, and whether that is certain.
const DRIVE: &str = r"
class NTSTATUSError(Exception): pass
class Connection:
    def __init__(self, files, refused): self.files, self.refused = dict(files), refused
    def list(self, folder, mask, attribs): return [dict(attrib=32, size=1)] if mask in self.files else []
    def rename(self, old, new):
        if (old, new) in self.refused or old not in self.files or new in self.files:
            raise NTSTATUSError(0xC0000022, 'denied')
        self.files[new] = self.files.pop(old)
def moved(files, refused):
    session = Session.__new__(Session)
    session.begun, session.shares = False, {'c$': Connection(files, refused)}
    drive = Drive(session, 'C:\\a')
    try:
        drive.swap('C:\\a', 'C:\\new', 'C:\\old')
        said = 'done'
    except Absent as absent:
        said = absent.cause
    print(said, session.begun, sorted(drive.connection.files.items()))
there = dict(a=1, new=2)
moved(there, [])
moved(dict(new=2), [])
moved(there, [('a', 'old')])
moved(there, [('new', 'a')])
moved(there, [('new', 'a'), ('old', 'a')])
moved(dict(there, old=3), [])
";

#[test]
fn a_file_takes_its_place_or_the_old_one_keeps_it() {
    let parts = [
        include_str!("../rpc/trouble.py"),
        include_str!("../rpc/wire.py"),
        include_str!("../rpc/files.py"),
        DRIVE,
    ];
    let run = std::process::Command::new("/usr/bin/python3")
        .args(["-I", "-c", &parts.concat()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    let lines: Vec<&str> = said.lines().collect();
    let expected = [
        "done True [('a', 2), ('old', 1)]",
        "done True [('a', 2)]",
        "denied False [('a', 1), ('new', 2)]",
        "denied False [('a', 1), ('new', 2)]",
        // it could not be put back: only then it is for people to look
        "denied True [('new', 2), ('old', 1)]",
        "denied False [('a', 1), ('new', 2), ('old', 3)]",
    ];
    assert_eq!(lines, expected, "{}", String::from_utf8_lossy(&run.stderr));
}
