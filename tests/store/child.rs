//! Processes that write to a store until they are killed.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::json;
use standin::store::{Holder, Kind, Lock, Place, Store, StoreError};

use crate::{Bench, at, news, pair};

/// What such a process is to do: "steps" is one run from lock to unlock, "turns" are runs without end.
const TASK: &str = "STANDIN_TEST_TASK";
const PLACE: &str = "STANDIN_TEST_PLACE";

/// The kinds of a run, in order; a lock comes before, its return after.
pub(crate) const STEPS: &[Kind] = &[
    Kind::Began,
    Kind::Intent,
    Kind::Result,
    Kind::Verified,
    Kind::Intent,
    Kind::Undone,
    Kind::Note,
    Kind::Ended,
];

/// This very program, as a process that writes.
pub(crate) fn child(task: &str, place: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "child::writes", "--nocapture", "--test-threads=1"])
        .env(TASK, task)
        .env(PLACE, place)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    command
}

/// Where a process finds the store.
pub(crate) fn address(bench: &Bench) -> String {
    match bench.path() {
        Some(path) => path.parent().unwrap().display().to_string(),
        None => bench.address().unwrap(),
    }
}

/// Processes that are killed one after the other, each after some progress of any.
pub(crate) struct Crowd {
    told: Receiver<i64>,
    tell: Sender<i64>,
    processes: VecDeque<(Child, JoinHandle<()>)>,
    address: String,
}

impl Crowd {
    pub(crate) fn of(count: usize, bench: &Bench) -> Self {
        let (tell, told) = channel();
        let mut crowd = Self {
            told,
            tell,
            processes: VecDeque::new(),
            address: address(bench),
        };
        for _ in 0..count {
            crowd.start();
        }
        crowd
    }

    pub(crate) fn start(&mut self) {
        let mut process = child("turns", &self.address).spawn().unwrap();
        let (mut told, tell) = (Told::of(&mut process), self.tell.clone());
        let reader = std::thread::spawn(move || {
            while let Some(seq) = told.next() {
                tell.send(seq).unwrap();
            }
        });
        self.processes.push_back((process, reader));
    }

    /// Waits until so many entries more are kept; gives the greatest number.
    pub(crate) fn wait(&self, entries: usize) -> i64 {
        self.told.iter().take(entries).max().unwrap()
    }

    /// Kills the oldest process.
    pub(crate) fn kill(&mut self) {
        let (mut process, reader) = self.processes.pop_front().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
        reader.join().unwrap();
    }

    /// Kills all; gives the greatest number that was told since the last wait.
    pub(crate) fn end(mut self) -> i64 {
        while !self.processes.is_empty() {
            self.kill();
        }
        self.told.try_iter().max().unwrap_or(0)
    }
}

/// The numbers of the entries that a process says are kept.
pub(crate) struct Told {
    lines: BufReader<ChildStdout>,
}

impl Told {
    pub(crate) fn of(child: &mut Child) -> Self {
        Self {
            lines: BufReader::new(child.stdout.take().unwrap()),
        }
    }

    /// The next number; none when the process is gone.
    pub(crate) fn next(&mut self) -> Option<i64> {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            // A line that was cut off tells nothing.
            if let Some(seq) = line
                .strip_prefix("kept ")
                .and_then(|rest| rest.strip_suffix('\n'))
            {
                return Some(seq.parse().unwrap());
            }
        }
    }
}

fn tell(seq: i64) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\nkept {seq}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// No test: what [`child`] runs.
#[test]
fn writes() {
    let Ok(task) = std::env::var(TASK) else { return };
    let place = std::env::var(PLACE).unwrap();
    let place = if place.starts_with("postgres://") {
        Place::server(&place).unwrap()
    } else {
        Place::folder(Path::new(&place))
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut store = Store::open(&place).await.unwrap();
        loop {
            if run(&mut store).await.is_some() && task == "steps" {
                break;
            }
        }
        store.close().await;
    });
}

/// One run from lock to unlock; nothing when somebody has the lock, or took it.
async fn run(store: &mut Store) -> Option<()> {
    let Some(lock) = lock(store).await else {
        tokio::time::sleep(Duration::from_millis(2)).await;
        return None;
    };
    tell(lock.run());
    for (step, kind) in STEPS.iter().enumerate() {
        let body = json!({ "step": step });
        match store.append(&lock, &[news(*kind, 1, &body)]).await {
            Ok(seq) => tell(seq),
            Err(StoreError::Stale(_)) => return None,
            Err(error) => panic!("{error}"),
        }
    }
    store.unlock(lock, at(2)).await.ok()
}

async fn lock(store: &mut Store) -> Option<Lock> {
    let (mail, me) = (pair("mail"), Holder::this("somebody@here"));
    match store.lock(&mail, &me, at(0), None).await {
        Ok(lock) => Some(lock),
        Err(StoreError::Held(held)) if held.holder.is_gone() => {
            store.take_over(&mail, &held, &me, at(0), None).await.ok()
        }
        Err(StoreError::Held(_)) => None,
        Err(error) => panic!("{error}"),
    }
}
