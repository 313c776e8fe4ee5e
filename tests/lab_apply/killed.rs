//! Runs that are killed at any step, then taken back, or gone on with and taken back, by another process.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::broken::Broken;
use super::live::bases::EXCHANGE;
use super::program::standin;
use super::{batch, dumps};

/// So many unless `STANDIN_KILLS` says otherwise; 50 take some minutes.
const ROUNDS: usize = 5;

#[test]
fn killed_runs_leave_nothing_that_is_not_settled() {
    let Some(_lab) = super::lab() else { return };
    let changes = batch::heaps(EXCHANGE.name).swap_remove(0);
    let pair = Broken::by(&EXCHANGE, &changes);
    let broken = dumps::all();
    let rounds = std::env::var("STANDIN_KILLS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let mut unfinished = 0;
    for round in 0..rounds {
        kill_at(pair.path(), pair.pair(), round);
        let Some(run) = last_run(pair.path()) else {
            continue;
        };
        let left = is_unfinished(pair.path(), &run);
        unfinished += usize::from(left);
        if left && round % 2 == 1 {
            let done = standin(pair.path(), &["apply", "--resume", &run, "--format", "json"]);
            assert_eq!(
                done.json()["end"],
                "done",
                "round {round}: {}{}",
                done.out,
                done.err
            );
        }
        let back = standin(pair.path(), &["undo", &run, "--format", "json"]);
        assert_eq!(
            back.json()["end"],
            "taken_back",
            "round {round}: {}{}",
            back.out,
            back.err
        );
        let differences = dumps::differences(&broken, &dumps::all());
        assert!(differences.is_empty(), "round {round}: {differences:#?}");
    }
    eprintln!("{rounds} rounds, {unfinished} runs were killed before their end");
    assert!(
        unfinished > rounds / 2,
        "most of the runs ended before they were killed"
    );
    let verified = standin(pair.path(), &["history", "verify"]);
    assert_eq!(verified.code, Some(0), "{}", verified.out);
}

/// Begins to mend, and kills the program some time after so many steps are told to be done.
fn kill_at(folder: &Path, pair: &str, round: usize) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_standin"))
        .args(["fix", pair, "--yes", "--confirm", "all"])
        .env("STANDIN_STATE", folder.join("state"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let steps = lines
        .map_while(Result::ok)
        .filter(|line| line.starts_with("step "));
    // The plan has about 25 steps; those of a round are told close to one another.
    let _ = steps.take(1 + round * 7 % 20).count();
    std::thread::sleep(Duration::from_millis((round as u64 * 37) % 120));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// The latest run that began to change servers.
fn last_run(folder: &Path) -> Option<String> {
    let list = standin(folder, &["history", "list", "--format", "json"]).json();
    let runs = list["runs"].as_array().unwrap().iter();
    let mut changing = runs.filter(|run| run["first"]["kind"] == "locked");
    changing.next().map(|run| run["run"].to_string())
}

fn is_unfinished(folder: &Path, run: &str) -> bool {
    let shown = standin(folder, &["history", "show", run, "--format", "json"]).json();
    let entries = shown["entries"].as_array().unwrap();
    !entries.iter().any(|entry| entry["kind"] == "ended")
}
