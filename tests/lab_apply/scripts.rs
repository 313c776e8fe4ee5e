//! Scripts are written, copied to both servers and read back there; what somebody changed there stays; all is taken back.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::broken::Broken;
use super::live::Base;
use super::live::bases::{CLUSTER, EXCHANGE};
use super::program::{Run, standin};
use super::{clients, dumps, lab, setting};

/// The same servers, asked over ssh.
const OVER_SSH: Base = Base {
    name: "Exchange over ssh",
    pair: &[(
        "    rpc: {}\n    credential: { user: svcservers@corp.example, password: { env: STANDIN_LAB_HOST_ADMIN_PASSWORD } }\n",
        "    ssh: { user: standin, key: /run/standin-lab/ssh/key, known_hosts: /run/standin-lab/ssh/known_hosts }\n",
    )],
    ..EXCHANGE
};

const SCRIPTS: [&str; 9] = [
    "post-failover.cmd",
    "post-failover.ps1",
    "post-restore.cmd",
    "post-restore.ps1",
    "post_failover.bat",
    "post_restore.bat",
    "pre-failback.cmd",
    "pre-failback.ps1",
    "pre_failback.bat",
];

/// The folder of a host that its scripts lie in, as its disk has it.
fn place(server: &str) -> PathBuf {
    let host = setting(server);
    let host = host.split('.').next().unwrap();
    Path::new(&setting("HOME"))
        .join(host)
        .join("C/Program Files/NSI/Double-Take/standin-srcmail-tgtmail")
}

/// Everything in the folder, and in those below it.
fn lies_in(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            let below = lies_in(&entry.path()).into_iter();
            found.extend(below.map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else {
            found.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    found
}

/// A pair, and what is done with its scripts.
struct Written(Broken);

impl Written {
    fn run(&self, words: &[&str]) -> Run {
        standin(self.0.path(), &[&["scripts"], words].concat())
    }

    fn deploy(&self) -> Run {
        self.run(&[self.0.pair(), "--deploy", "--yes", "--format", "json"])
    }

    /// The states of a script on source and target, and the exit code.
    fn status(&self, script: &str) -> (Option<i32>, Vec<String>) {
        let run = self.run(&["status", self.0.pair(), "--format", "json"]);
        let told = run.json();
        let of = |server: &serde_json::Value| {
            let scripts = server["scripts"].as_array().unwrap();
            let found = scripts.iter().find(|one| one["name"] == script);
            found.map_or_else(|| "none".to_owned(), |one| one["state"].to_string())
        };
        (
            run.code,
            told["machines"].as_array().unwrap().iter().map(of).collect(),
        )
    }

    fn here(&self, name: &str) -> PathBuf {
        self.0.path().join("scripts").join(name)
    }

    fn undo(&self, run: &Run) {
        let words = ["undo", &run.json()["run"].to_string(), "--format", "json"];
        let undone = standin(self.0.path(), &words);
        assert_eq!(
            undone.json()["end"],
            "taken_back",
            "{}\n{}",
            undone.out,
            undone.err
        );
    }
}

#[test]
fn scripts_are_copied_over_the_share_and_what_was_changed_there_stays() {
    let Some(_lab) = lab() else { return };
    copied_changed_and_taken_back(&EXCHANGE);
}

#[test]
fn scripts_are_copied_over_ssh_and_what_was_changed_there_stays() {
    let Some(_lab) = lab() else { return };
    copied_changed_and_taken_back(&OVER_SSH);
}

fn copied_changed_and_taken_back(base: &Base) {
    let _forgotten_at_the_end = clients::reset_at_the_end("hosts");
    let pair = Written(Broken::by(base, &[]));
    let before = dumps::all();
    let script = "post-failover.cmd";
    assert_eq!(
        pair.status(script),
        (Some(0), vec!["none".to_owned(); 2]),
        "none are written"
    );

    // copied, read back from the disks of the servers, and nothing is left to do
    let first = done(pair.deploy());
    assert_eq!(first.code, Some(0), "{}", first.err);
    for server in ["SOURCE", "TARGET"] {
        let there = lies_in(&place(server));
        assert_eq!(there.keys().collect::<Vec<_>>(), SCRIPTS, "{server}");
        for (name, bytes) in &there {
            assert_eq!(*bytes, fs::read(pair.here(name)).unwrap(), "{server}: {name}");
        }
    }
    assert_eq!(pair.status(script), (Some(0), both("same")));
    let again = pair.deploy();
    assert_eq!(again.json()["run"], serde_json::Value::Null, "{}", again.out);

    // an own region and a hook make a new version; the one before stays beside it
    let text = fs::read_to_string(pair.here(script)).unwrap();
    let ours = text.replacen("yours: before", "yours: before\r\nrem ours", 1);
    fs::write(pair.here(script), &ours).unwrap();
    fs::create_dir_all(pair.here("hooks")).unwrap();
    fs::write(pair.here("hooks/pre-post-failover.ps1"), "# ours").unwrap();
    assert_eq!(
        pair.status(script).1,
        both("older"),
        "its version is one of those that were kept"
    );
    let second = done(pair.deploy());
    assert_eq!(
        pair.status("hooks/pre-post-failover.ps1"),
        (Some(0), both("same"))
    );
    let there = lies_in(&place("SOURCE"));
    assert_eq!(there[script], ours.as_bytes());
    let kept = there
        .keys()
        .find(|name| name.starts_with("post-failover.cmd."))
        .unwrap();
    assert_eq!(there[kept], text.as_bytes());

    // somebody changes it on the target: told, and never overwritten
    let edited = [ours.as_bytes(), b"rem theirs\r\n"].concat();
    fs::write(place("TARGET").join(script), &edited).unwrap();
    fs::write(pair.here(script), ours.replace("rem ours", "rem ours, too")).unwrap();
    assert_eq!(
        pair.status(script),
        (Some(1), vec!["\"older\"".to_owned(), "\"edited\"".to_owned()])
    );
    let third = done(pair.deploy());
    assert_eq!(third.code, Some(1), "a warning stays: {}", third.out);
    assert_eq!(lies_in(&place("TARGET"))[script], edited);
    assert!(String::from_utf8_lossy(&lies_in(&place("SOURCE"))[script]).contains("ours, too"));
    fs::write(place("TARGET").join(script), &ours).unwrap();

    // all of it is taken back, the last first
    for run in [&third, &second, &first] {
        pair.undo(run);
    }
    let differences = dumps::differences(&before, &dumps::all());
    assert!(differences.is_empty(), "{differences:#?}");
}

fn both(state: &str) -> Vec<String> {
    vec![format!("\"{state}\""); 2]
}

#[track_caller]
fn done(run: Run) -> Run {
    assert_eq!(run.json()["end"], "done", "{}\n{}", run.out, run.err);
    run
}

#[test]
fn why_scripts_cannot_be_copied_is_told_beforehand() {
    let Some(_lab) = lab() else { return };
    let _forgotten_at_the_end = clients::reset_at_the_end("hosts");
    let unshared = super::live::Change {
        name: "the administrative share of the target is gone",
        base: EXCHANGE,
        steps: &[super::live::Step::Host(&["target", "share", "remove", "C$"])],
        ..super::live::NOTHING
    };
    let pair = Written(Broken::by(&EXCHANGE, &[unshared]));
    let run = done(pair.deploy());
    assert_eq!(run.code, Some(3), "{}\n{}", run.out, run.err);
    assert_eq!(lies_in(&place("SOURCE")).len(), SCRIPTS.len());
    assert_eq!(lies_in(&place("TARGET")).len(), 0);
    let told = standin(pair.0.path(), &["check", pair.0.pair(), "--only", "C-15,scripts"]);
    assert!(
        told.out.contains("Share C$ of TGTMAIL is not there"),
        "{}",
        told.out
    );

    let off = "settings:\n  options: { create_scripts: false }\n";
    let file = pair.0.path().join("pair.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("settings:\n", off, 1)).unwrap();
    let refused = pair.deploy();
    assert_eq!(refused.code, Some(2), "{}", refused.out);
    assert!(refused.err.contains("options.create_scripts"), "{}", refused.err);
}

#[test]
fn every_node_of_a_cluster_gets_the_scripts() {
    let Some(_lab) = lab() else { return };
    let _forgotten_at_the_end = clients::reset_at_the_end("hosts");
    let pair = Written(Broken::by(&CLUSTER, &[]));
    let run = done(pair.deploy());
    assert_eq!(run.code, Some(0), "{}\n{}", run.out, run.err);
    let told = pair.run(&["status", pair.0.pair(), "--format", "json"]).json();
    let machines = told["machines"].as_array().unwrap();
    let of_source: Vec<&str> = machines
        .iter()
        .filter(|machine| machine["side"] == "source")
        .map(|machine| machine["machine"].as_str().unwrap())
        .collect();
    assert_eq!(of_source, ["SRCMAIL", "TGTMAIL"]);
    for machine in machines {
        for script in machine["scripts"].as_array().unwrap() {
            assert_eq!(script["state"], "same", "{machine:#}");
        }
    }
    for server in ["SOURCE", "TARGET"] {
        assert_eq!(
            lies_in(&place(server)).keys().collect::<Vec<_>>(),
            SCRIPTS,
            "{server}"
        );
    }
}
