//! Scripts for cmd, run by Wine's cmd with a recorder in the place of every program that they call: exactly the intended
//! calls in their order, when all goes well, when the source is alive, when any call fails, and when they are resumed.
//!
//! Wine's cmd loses `%%`; what real cmd makes of it is told by the model in `src/generate/tests.rs`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::pairs::scripts;

const WINE: &str = "/usr/lib/wine/wine64";
/// The step of the failover that no script of cmd does, for it is PowerShell; at the way back it is the last one.
const BY_HAND: &str = "resume passed 4";
/// A name that means something to cmd wherever it is not quoted.
const HOSTILE: &str = "Or&d^e!r (1)";

/// One call of a script: what is put in place before, and how it is called.
struct Case {
    script: &'static str,
    arguments: &'static str,
    /// It begins with what was done until the step that a person does.
    resumes: bool,
    /// The call that fails, by any part of it; the script is resumed once it does not fail any more.
    fail: String,
    alive: bool,
}

/// What came of it.
struct Ended {
    code: i32,
    /// Of the script when it was resumed.
    again: Option<i32>,
    calls: Vec<String>,
}

struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    /// The script and the recorders; nothing where Wine or the tools are not installed.
    fn set() -> Option<Self> {
        let there = |program: &str| {
            Command::new("sh")
                .args(["-c", &format!("command -v {program}")])
                .output()
        };
        let missing: Vec<&str> = [WINE, "x86_64-w64-mingw32-as", "gcc"]
            .into_iter()
            .filter(|program| !there(program).is_ok_and(|found| found.status.success()))
            .collect();
        if !missing.is_empty() {
            let told = format!(
                "needs {} (tests/lab/install.sh installs them)",
                missing.join(", ")
            );
            assert!(
                std::env::var("STANDIN_LAB").as_deref() != Ok("required"),
                "{told}"
            );
            eprintln!("skipped: {told}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let pair = folder.path().join("pair");
        fs::create_dir(&pair).unwrap();
        let from = Path::new("fixtures/sql-database-mode");
        fs::copy(from.join("pair.yaml"), pair.join("pair.yaml")).unwrap();
        let snapshot = fs::read_to_string(from.join("snapshot.json")).unwrap();
        fs::write(pair.join("snapshot.json"), snapshot.replace("Orders", HOSTILE)).unwrap();
        for (name, text) in scripts(&pair) {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let recorder = folder.path().join("sc.exe");
        let made = Command::new("tests/written/wine/make.sh")
            .arg(&recorder)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        for name in ["net", "ping", "ipconfig", "osql", "ldifde", "dnscmd"] {
            fs::copy(&recorder, folder.path().join(name).with_extension("exe")).unwrap();
        }
        Some(Self { folder })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs every case in one session of cmd; starting Wine takes longer than they do.
    fn run(&self, cases: &[Case]) -> Vec<Ended> {
        let mut driver = String::from("@echo off\n");
        for (number, case) in cases.iter().enumerate() {
            let (script, arguments) = (case.script, case.arguments);
            fs::write(self.at(&format!("{number}.fail")), &case.fail).unwrap();
            let mut line = |text: String| writeln!(driver, "{text}").unwrap();
            line(format!(
                "del calls.txt state-* alive.txt {script}.done >nul 2>nul"
            ));
            line(format!("copy {number}.fail fail.txt >nul"));
            if case.alive {
                line(">alive.txt echo alive".to_owned());
            }
            if case.resumes {
                line(format!("copy first.done {script}.done >nul"));
            }
            line(format!("cmd /c {script}.cmd {arguments}"));
            line(format!(">{number}.code echo %errorlevel%"));
            if !case.fail.is_empty() {
                line("del fail.txt".to_owned());
                line(format!("cmd /c {script}.cmd resume"));
                line(format!(">{number}.again echo %errorlevel%"));
            }
            line(format!("copy calls.txt {number}.calls >nul"));
            line(format!("copy {script}.done {number}.done >nul"));
        }
        let driver = driver.replace('\n', "\r\n");
        fs::write(self.at("driver.cmd"), driver).unwrap();
        self.wine(WINE, &["cmd", "/c", "driver.cmd"]);
        let read = |name: String| fs::read_to_string(self.at(&name)).unwrap_or_default();
        let ended = (0..cases.len()).map(|number| Ended {
            code: read(format!("{number}.code")).trim().parse().unwrap(),
            again: read(format!("{number}.again")).trim().parse().ok(),
            calls: read(format!("{number}.calls"))
                .lines()
                .map(|line| line.trim_end().to_owned())
                .collect(),
        });
        ended.collect()
    }

    fn wine(&self, program: &str, arguments: &[&str]) {
        let ended = Command::new(program)
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.folder.path())
            .env("WINEPREFIX", self.at("prefix"))
            .env("WINEDEBUG", "-all")
            // Neither .NET nor a browser is asked for.
            .env("WINEDLLOVERRIDES", "mscoree,mshtml=d")
            .output();
        ended.unwrap();
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.wine("/usr/lib/wine/wineserver64", &["-k"]);
    }
}

fn failover(arguments: &'static str, resumes: bool, fail: &str) -> Case {
    let fail = fail.to_owned();
    Case {
        script: "post-failover",
        arguments,
        resumes,
        fail,
        alive: false,
    }
}

fn failback(fail: &str) -> Case {
    Case {
        script: "pre-failback",
        ..failover("", false, fail)
    }
}

/// The calls that change something, each with what it was given in a file.
fn doing(calls: &[String]) -> Vec<String> {
    let mut doing: Vec<String> = Vec::new();
    for line in calls {
        let is_call = line.contains(".exe") || line.starts_with("ipconfig");
        match doing.last_mut() {
            Some(call) if !is_call => {
                call.push('\n');
                call.push_str(line);
            }
            _ => doing.push(line.clone()),
        }
    }
    doing.retain(|call| !call.contains(" query") && !call.starts_with("ping"));
    doing
}

#[test]
fn cmd_makes_the_calls_that_were_meant() {
    let Some(stage) = Stage::set() else { return };
    let silent = r"\\10.2.8.41 query";
    let first = stage.run(&[
        Case {
            alive: true,
            ..failover("", false, "")
        },
        Case {
            alive: true,
            ..failover("", false, "osql")
        },
        failover("", false, silent),
        failback(""),
    ]);
    // A source that answers is closed, or nothing goes on; a silent one is passed by.
    let came = |ended: &Ended| (ended.code, ended.again, doing(&ended.calls).len());
    let came: Vec<_> = first.iter().map(came).collect();
    assert_eq!(
        came,
        [(2, None, 2), (4, Some(2), 3), (2, Some(2), 0), (2, None, 8)]
    );

    fs::copy(stage.at("2.done"), stage.at("first.done")).unwrap();
    let all = stage.run(&[failover(BY_HAND, true, "")]).remove(0);
    assert_eq!(all.code, 0, "{:?}", all.calls);
    insta::assert_snapshot!(all.calls.join("\n"));

    // Whatever fails, nothing goes on; and what was done is not done again once it does not fail any more.
    let calls = doing(&first[3].calls);
    // One of each kind, with the second half of what takes a name from one account and gives it to another; or every one.
    let places = match std::env::var("STANDIN_WINE").as_deref() {
        Ok("all") => (0..calls.len()).collect(),
        _ => vec![0, 2, 3, 5],
    };
    let failing = places
        .iter()
        .map(|place| failback(calls[*place].lines().next().unwrap()));
    let failing: Vec<_> = failing.collect();
    for ((place, ended), case) in places.into_iter().zip(stage.run(&failing)).zip(failing) {
        let call = &calls[place];
        let mut meant = calls.clone();
        meant.insert(place, call.clone());
        let meant = (3, Some(2), meant);
        let told = |ended: &Ended| (ended.code, ended.again, doing(&ended.calls));
        if told(&ended) == meant {
            continue;
        }
        // On a busy machine Wine now and then does not start a program at all.
        eprintln!("once more: {call}");
        assert_eq!(told(&stage.run(&[case])[0]), meant, "{call}");
    }
}
