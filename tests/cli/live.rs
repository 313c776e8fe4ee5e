//! Live runs against a directory that never answers, or is not there.

use std::net::TcpListener;
use std::path::Path;

use crate::run::{Run, ended, program};

/// A pair whose directory is at this port.
pub(crate) fn pair(folder: &Path, port: u16) {
    let text = format!(
        "pair: a-b\npacks: [common]\nsource: {{ name: A, address: 192.0.2.1 }}\n\
         target: {{ name: B, address: 192.0.2.2 }}\nendpoints:\n  directory:\n    \
         ldap: {{ server: 127.0.0.1, port: {port}, security: starttls }}\n    credential: anonymous\n    \
         deadline: 30s\nsettings: {{ dns: {{ map: [{{ source: 192.0.2.1, target: 192.0.2.2 }}] }} }}\n"
    );
    std::fs::write(folder.join("pair.yaml"), text).unwrap();
}

pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Run {
    ended(program(&folder.join("state")).current_dir(folder).args(arguments))
}

#[test]
fn a_dead_directory_is_unknown_and_never_good() {
    let folder = tempfile::tempdir().unwrap();
    pair(folder.path(), 1);
    let first = run(folder.path(), &["check", ".", "--only", "directory"]);
    assert_eq!(first.code, Some(3), "{}{}", first.out, first.err);
    assert!(first.out.contains("unreachable"), "{}", first.out);
    let second = run(folder.path(), &["check", ".", "--only", "directory"]);
    assert!(second.err.contains("since the last check"), "{}", second.err);
    let other = run(
        folder.path(),
        &["check", ".", "--only", "directory", "--skip", "dns"],
    );
    assert!(!other.err.contains("since the last check"), "{}", other.err);
}

/// What `collect` writes about a fact of this pair.
fn collected(folder: &Path, fact: &str) -> serde_json::Value {
    let file = folder.join("a.json");
    let run = run(folder, &["collect", ".", "--out", "a.json", "--force"]);
    assert_eq!(run.code, Some(3), "{}{}", run.out, run.err);
    let mut snapshot: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    snapshot["facts"][fact].take()
}

#[test]
fn the_name_of_the_source_needs_no_directory_when_its_domain_is_said() {
    let folder = tempfile::tempdir().unwrap();
    pair(folder.path(), 1);
    let dead = collected(folder.path(), "pair.dns.source_name");
    assert_eq!(dead["absent"]["cause"], "unreachable", "{dead}");
    let file = folder.path().join("pair.yaml");
    let said = std::fs::read_to_string(&file).unwrap();
    let said = said.replace("name: A,", "name: A, domain: Corp.Example,");
    std::fs::write(&file, &said).unwrap();
    assert_eq!(
        collected(folder.path(), "pair.dns.source_name")["value"],
        "a.corp.example"
    );
    let own = said.replace(
        "settings: { dns: {",
        "settings: { dns: { source_name: Mail.Corp.Example,",
    );
    std::fs::write(&file, own).unwrap();
    assert_eq!(
        collected(folder.path(), "pair.dns.source_name")["value"],
        "mail.corp.example"
    );
}

#[test]
fn what_needs_consent_says_how_to_give_it_and_that_nothing_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    pair(folder.path(), 1);
    let test = collected(folder.path(), "pair.dns.update_test");
    assert_eq!(test["absent"]["cause"], "not_configured", "{test}");
    let told = test["absent"]["detail"].as_str().unwrap();
    assert!(
        told.contains("it would be with `dns.update_test: true` under `settings`."),
        "{told}"
    );
    assert!(told.contains("nothing is changed by it"), "{told}");
}

#[test]
fn a_recording_replays_the_same_answer() {
    let folder = tempfile::tempdir().unwrap();
    pair(folder.path(), 1);
    let live = run(
        folder.path(),
        &["check", ".", "--save", "a.json", "--format", "json"],
    );
    let again = run(folder.path(), &["collect", ".", "--out", "a.json"]);
    assert_eq!(again.code, Some(2), "{}", again.err);
    let replayed = run(
        folder.path(),
        &["check", ".", "--snapshot", "a.json", "--format", "json"],
    );
    assert_eq!((live.code, replayed.code), (Some(3), Some(3)));
    let statuses = |run: &Run| {
        let findings = run.json()["findings"].take();
        let all = findings.as_array().unwrap().clone();
        all.iter()
            .map(|f| format!("{} {} {}", f["rule"], f["subject"], f["status"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(statuses(&live), statuses(&replayed));
    let forced = run(folder.path(), &["collect", ".", "--out", "a.json", "--force"]);
    assert_eq!(forced.code, Some(3), "{}{}", forced.out, forced.err);
    let explained = run(folder.path(), &["explain", "C-25", "."]);
    assert_eq!(explained.code, Some(0), "{}", explained.err);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(folder.path().join("a.json"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn the_whole_run_has_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    pair(folder.path(), silent.local_addr().unwrap().port());
    let start = std::time::Instant::now();
    let limited = run(folder.path(), &["check", ".", "--timeout", "500ms"]);
    assert!(start.elapsed() < std::time::Duration::from_secs(10));
    assert_eq!(limited.code, Some(3), "{}{}", limited.out, limited.err);
    assert!(limited.out.contains("timeout"), "{}", limited.out);
}

#[test]
#[cfg(unix)]
fn ctrl_c_leaves_what_was_read() {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::process::{Command, Stdio};

    let folder = tempfile::tempdir().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    pair(folder.path(), silent.local_addr().unwrap().port());
    for (arguments, kept) in [
        (&["collect", ".", "--out", "a.json"][..], true),
        (&["check", "."], false),
    ] {
        let mut child = program(&folder.path().join("state"))
            .current_dir(folder.path())
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut talk = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        talk.read_line(&mut line).unwrap();
        assert!(line.starts_with("reading"), "{line}");
        let killed = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
        let mut rest = String::new();
        talk.read_to_string(&mut rest).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
        let file = if kept {
            folder.path().join("a.json")
        } else {
            let states = std::fs::read_dir(folder.path().join("state")).unwrap();
            let mut files = states.map(|state| state.unwrap().path().join("partial.json"));
            files.find(|file| file.exists()).unwrap()
        };
        let snapshot: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        assert_eq!(snapshot["complete"], false);
    }
}
