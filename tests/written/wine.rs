//! Scripts for cmd, run by Wine's cmd with a recorder in the place of every program that they call: exactly the intended
//! calls in their order, when all goes well, when the source is alive or silent or neither is known, when any call fails,
//! and when they are resumed.
//!
//! Wine's cmd loses `%%`; what real cmd makes of it is told by the model in `src/generate/tests.rs`.

mod fences;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::pairs::scripts;

const WINE: &str = "/usr/lib/wine/wine64";
/// The step of the failover that no script of cmd does, for it is PowerShell; at the way back it is the last one.
const BY_HAND: &str = "resume passed 4";
/// The server that has to be out, and the only other host of the pair.
const SOURCE: &str = "10.2.8.41";
const WITNESS: &str = "dc1.corp.litware.example";
/// A name that means something to cmd wherever it is not quoted.
const HOSTILE: &str = "Or&d^e!r (1)";

/// Calls a script where a variable stands in the way of what programs end with.
const CALLED: &str = "@set ERRORLEVEL=0\r\n@%1.cmd %2 %3 %4\r\n";
/// Calls a script that cannot take away what another night has as done.
const HELD: &str = "@set ERRORLEVEL=\r\n@>post-failover.done echo x\r\n@attrib +r post-failover.done\r\n@cmd /c post-failover.cmd\r\n\
    @set CODE=%errorlevel%\r\n@attrib -r post-failover.done\r\n@exit /b %CODE%\r\n";

/// One call of a script: what is put in place before, and how it is called.
struct Case {
    script: &'static str,
    arguments: &'static str,
    /// It begins with what was done until the step that a person does.
    resumes: bool,
    /// What a call ends with and any part of it; the script is resumed once it does not fail any more.
    fail: String,
    /// The same, for calls that go on to fail.
    world: &'static str,
    /// Who answers a ping.
    alive: &'static str,
}

/// What came of it.
struct Ended {
    code: i32,
    /// Of the script when it was resumed.
    again: Option<i32>,
    calls: Vec<String>,
    log: Vec<String>,
    /// What a script that is resumed goes on behind.
    done: String,
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
            if name == "post-failover.cmd" {
                let witness = format!("set WITNESSES={WITNESS}\r\n");
                assert!(text.contains(&witness), "{text}");
                let alone = text.replace(&witness, "set WITNESSES=\r\n");
                let alone = alone.replace("post-failover", "alone");
                fs::write(folder.path().join("alone.cmd"), alone).unwrap();
            }
            fs::write(folder.path().join(name), text).unwrap();
        }
        for (name, text) in [("called.cmd", CALLED), ("held.cmd", HELD)] {
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
            fs::write(self.at(&format!("{number}.world")), case.world).unwrap();
            fs::write(self.at(&format!("{number}.alive")), format!("1 {}\n", case.alive)).unwrap();
            // What another run left there is none of this one.
            for what in ["code", "again", "calls", "done", "log"] {
                let _ = fs::remove_file(self.at(&format!("{number}.{what}")));
            }
            let mut line = |text: String| writeln!(driver, "{text}").unwrap();
            line(format!(
                "del calls.txt state-* {script}.done {script}.log >nul 2>nul"
            ));
            for what in ["fail", "world", "alive"] {
                line(format!("copy {number}.{what} {what}.txt >nul"));
            }
            if case.resumes {
                line(format!("copy first.done {script}.done >nul"));
            }
            line(format!("cmd /c called.cmd {script} {arguments}"));
            line(format!(">{number}.code echo %errorlevel%"));
            if !case.fail.is_empty() {
                line("del fail.txt".to_owned());
                line(format!("cmd /c called.cmd {script} resume"));
                line(format!(">{number}.again echo %errorlevel%"));
            }
            line(format!("copy calls.txt {number}.calls >nul"));
            line(format!("copy {script}.done {number}.done >nul"));
            line(format!("copy {script}.log {number}.log >nul"));
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
            log: read(format!("{number}.log")).lines().map(str::to_owned).collect(),
            done: read(format!("{number}.done")),
        });
        ended.collect()
    }

    /// Runs every case, and sees that of each came what was meant.
    fn prove<T: PartialEq + std::fmt::Debug>(
        &self,
        cases: &[Case],
        meant: &[T],
        came: impl Fn(usize, &Ended) -> T,
    ) -> Vec<Ended> {
        let mut all = self.run(cases);
        for (place, (meant, ended)) in meant.iter().zip(&mut all).enumerate() {
            if came(place, ended) != *meant {
                // On a busy machine Wine now and then does not start a program at all.
                eprintln!("once more: {:?} {:?}", ended.calls, ended.log);
                *ended = self.run(&cases[place..=place]).remove(0);
            }
            assert_eq!(came(place, ended), *meant, "{:?} {:?}", ended.calls, ended.log);
        }
        all
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

/// A failover that begins anew, in a world where a source is as it is, by what `sc` ends with, and these answer a ping.
fn failover(world: &'static str, alive: &'static str) -> Case {
    Case {
        script: "post-failover",
        arguments: "",
        resumes: false,
        fail: String::new(),
        world,
        alive,
    }
}

fn failback(fail: String) -> Case {
    Case {
        script: "pre-failback",
        fail,
        ..failover("", "")
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
    fences::assert_told_apart(&stage);
    let (begun, back) = assert_begun(&stage);
    fs::write(stage.at("first.done"), begun).unwrap();
    assert_resumed(&stage);
    assert_stopped(&stage, &doing(&back));
}

/// What a failover that began anew has as done, and the calls of a failback.
fn assert_begun(stage: &Stage) -> (String, Vec<String>) {
    let alive = || failover("", SOURCE);
    let cases = [
        alive(),
        Case {
            fail: "1 osql".to_owned(),
            ..alive()
        },
        // Who was silent may be back by the time that the script is resumed.
        Case {
            fail: format!(r"1722 \\{SOURCE} query"),
            ..failover("", WITNESS)
        },
        Case {
            script: "held",
            ..alive()
        },
        failback(String::new()),
    ];
    let meant = [
        (2, None, 2),
        (4, Some(2), 3),
        (2, Some(2), 2),
        (3, None, 0),
        (2, None, 8),
    ];
    let mut ended = stage.prove(&cases, &meant, |_, ended| {
        (ended.code, ended.again, doing(&ended.calls).len())
    });
    let back = ended.pop().unwrap();
    (ended.remove(0).done, back.calls)
}

fn assert_resumed(stage: &Stage) {
    let resumed = |world| Case {
        arguments: BY_HAND,
        resumes: true,
        ..failover(world, SOURCE)
    };
    // A service whose state cannot be read is neither stopped nor running.
    let cases = [resumed(""), resumed("1060 query MSDTC")];
    let ended = stage.prove(&cases, &[(0, true), (3, false)], |_, ended| {
        (
            ended.code,
            ended.calls.iter().any(|call| call.contains("start MSDTC")),
        )
    });
    insta::assert_snapshot!("cmd_makes_the_calls_that_were_meant", ended[0].calls.join("\n"));
}

/// Whichever call fails, nothing goes on; and what was done is not done again once it does not fail any more.
fn assert_stopped(stage: &Stage, calls: &[String]) {
    let case = |call: &String| failback(format!("1 {}", call.lines().next().unwrap()));
    let cases: Vec<Case> = calls.iter().map(case).collect();
    let meant = calls.iter().enumerate().map(|(place, call)| {
        let mut meant = calls.to_vec();
        meant.insert(place, call.clone());
        (3, Some(2), meant)
    });
    let meant: Vec<_> = meant.collect();
    stage.prove(&cases, &meant, |_, ended| {
        (ended.code, ended.again, doing(&ended.calls))
    });
}
