//! Processes that change a peer in this one, and are killed.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, ErrorKind};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use standin::facts::{Absence, Cause};
use standin::store::{Place, Seq, Store};
use standin::transport::Unwritten;
use tempfile::TempDir;

use crate::rig::{pair, run};
use crate::{Course, Outcome, Peer, Rig};

const TASK: &str = "STANDIN_TEST_TASK";
const FOLDER: &str = "STANDIN_TEST_FOLDER";
const PEER: &str = "STANDIN_TEST_PEER";
const RUN: &str = "STANDIN_TEST_RUN";

/// The way to the peer: a line there, a line back.
pub(crate) struct Wire {
    lines: BufReader<UnixStream>,
}

impl Wire {
    fn to(path: &str) -> Self {
        Self {
            lines: BufReader::new(UnixStream::connect(path).unwrap()),
        }
    }

    pub(crate) fn ask(&mut self, what: &Value) -> Value {
        say(self.lines.get_mut(), what).unwrap();
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    pub(crate) fn look(&mut self) -> Peer {
        serde_json::from_value(self.ask(&json!("look"))).unwrap()
    }

    pub(crate) fn act(&mut self, words: &[Value]) -> Result<(), Unwritten> {
        match self.ask(&json!({ "act": words })) {
            Value::Null => Ok(()),
            why => Err(Unwritten::refused(Absence::new(
                Cause::NotFound,
                "peer",
                why.to_string(),
            ))),
        }
    }
}

fn say(stream: &mut UnixStream, what: &Value) -> io::Result<()> {
    io::Write::write_all(stream, format!("{what}\n").as_bytes())
}

/// No test: what a process that is to be killed runs.
#[test]
fn runs() {
    let Ok(task) = std::env::var(TASK) else { return };
    let course = match task.as_str() {
        "apply" => Course::Apply,
        "resume" => Course::Resume,
        _ => Course::Undo,
    };
    let folder = std::env::var(FOLDER).unwrap();
    let mut wire = Wire::to(&std::env::var(PEER).unwrap());
    let peer = wire.look();
    run(async {
        let mut rig = Rig::with(peer, Place::folder(Path::new(&folder)));
        rig.wire = Some(wire.into());
        rig.run
            .set(std::env::var(RUN).ok().map(|run| run.parse().unwrap()));
        let Outcome::Ended(ended) = rig.go(course).await else {
            panic!("the store refused")
        };
        let end = json!({ "end": ended.end.word() });
        rig.wire.unwrap().borrow_mut().ask(&end);
    });
}

/// When a process is killed.
#[derive(Clone, Copy, Debug)]
enum Dies {
    Never,
    /// At a journal entry, or around an action.
    At(usize),
    After(Duration),
}

/// A peer, a store and one run, over processes that come and go.
struct Chain {
    peer: Peer,
    folder: TempDir,
    sockets: TempDir,
    run: Option<Seq>,
    /// For what the disk under it does.
    disk: Vec<(&'static str, String)>,
    told: String,
}

impl Chain {
    fn new() -> Self {
        let folder = || tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap());
        Self {
            peer: Peer::broken(),
            folder: folder(),
            sockets: folder(),
            run: None,
            disk: Vec::new(),
            told: String::new(),
        }
    }

    /// Lets a process do its part; gives how it ended, unless it was killed.
    fn go(&mut self, course: Course, dies: Dies) -> Option<String> {
        write!(self.told, "{course:?} dies {dies:?}, ").unwrap();
        let task = match course {
            Course::Resume if self.run.is_some() => "resume",
            Course::Undo if self.run.is_some() => "undo",
            _ => "apply",
        };
        let socket = self.sockets.path().join("peer");
        let _ = std::fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "kill::runs", "--nocapture", "--test-threads=1"])
            .env(TASK, task)
            .env(FOLDER, self.folder.path())
            .env(PEER, &socket)
            .envs(self.disk.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit());
        if let Some(run) = self.run {
            command.env(RUN, run.to_string());
        }
        let child = Arc::new(Mutex::new(command.spawn().unwrap()));
        let timer = match dies {
            Dies::After(time) => {
                let child = child.clone();
                Some(std::thread::spawn(move || {
                    std::thread::sleep(time);
                    let _ = child.lock().unwrap().kill();
                }))
            }
            _ => None,
        };
        let end = self.serve(&listener, &child, dies);
        child.lock().unwrap().wait().unwrap();
        if let Some(timer) = timer {
            timer.join().unwrap();
        }
        end
    }

    /// Answers a process until it is gone.
    fn serve(&mut self, listener: &UnixListener, child: &Mutex<Child>, dies: Dies) -> Option<String> {
        let mut lines = BufReader::new(accepted(listener, child)?);
        let (mut moment, mut end) = (0, None);
        let mut dies_now = || {
            moment += 1;
            let now = matches!(dies, Dies::At(at) if at == moment);
            if now {
                child.lock().unwrap().kill().unwrap();
            }
            now
        };
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line).unwrap_or(0) == 0 || !line.ends_with('\n') {
                return end;
            }
            let asked: Value = serde_json::from_str(&line).unwrap();
            let answer = match asked.as_object().and_then(|asked| asked.iter().next()) {
                None if asked == "look" => json!(self.peer),
                None if dies_now() => continue,
                Some((what, value)) if what == "act" => {
                    if dies_now() {
                        continue;
                    }
                    let done = self.peer.act(value.as_array().unwrap());
                    if dies_now() {
                        continue;
                    }
                    done.err().map_or(Value::Null, Value::String)
                }
                Some((what, value)) if what == "run" => {
                    self.run = value.as_i64();
                    Value::Null
                }
                Some((_, value)) => {
                    end = value.as_str().map(str::to_owned);
                    Value::Null
                }
                None => Value::Null,
            };
            // Who is dead hears nothing.
            let _ = say(lines.get_mut(), &answer);
        }
    }

    /// Lets it come to its end, and looks whether the world is the one that was wanted.
    fn finish(&mut self, course: Course, goal: &Value) {
        self.disk.clear();
        let end = self.go(course, Dies::Never);
        let told = &self.told;
        match end.as_deref() {
            Some("done") => assert_eq!(self.peer.target, *goal, "{told}"),
            Some("taken_back") => assert_eq!(self.peer, Peer::broken(), "{told}"),
            other => panic!("{told}: {other:?} {}", self.peer.target),
        }
        run(async {
            let mut store = Store::open(&Place::folder(self.folder.path())).await.unwrap();
            assert_eq!(store.verify(None).await.unwrap().damage, [], "{told}");
            assert_eq!(store.unfinished(&pair()).await.unwrap(), None, "{told}");
            store.close().await;
        });
    }
}

/// The connection of a process, unless it died before.
fn accepted(listener: &UnixListener, child: &Mutex<Child>) -> Option<UnixStream> {
    listener.set_nonblocking(true).unwrap();
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).unwrap();
                return Some(stream);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
        if child.lock().unwrap().try_wait().unwrap().is_some() {
            return None;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Numbers that follow from a seed.
struct Dice(usize);

impl Dice {
    fn next(&mut self, most: usize) -> usize {
        self.0 = (self.0 * 48_271 + 11) % 2_147_483_647;
        self.0 / 7 % most
    }

    fn course(&mut self) -> Course {
        [Course::Resume, Course::Undo][self.next(2)]
    }
}

/// How many processes are killed.
const ROUNDS: usize = 450;

#[test]
fn killed_at_every_moment_and_at_any_time_it_goes_on_or_back() {
    let goal = crate::crash::goal();
    let (chains, killed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        while killed.load(Ordering::Relaxed) < ROUNDS {
            let number = chains.fetch_add(1, Ordering::Relaxed);
            let (mut chain, mut dice) = (Chain::new(), Dice(number + 1));
            for link in 0..3 {
                let (course, dies) = match (link, dice.next(2)) {
                    (0, _) => (Course::Apply, Dies::At(1 + number % 55)),
                    (_, 0) => (dice.course(), Dies::At(1 + dice.next(40))),
                    _ => {
                        let time =
                            Duration::from_micros(20_000 + 500 * u64::try_from(dice.next(300)).unwrap());
                        (dice.course(), Dies::After(time))
                    }
                };
                if chain.go(course, dies).is_none() {
                    killed.fetch_add(1, Ordering::Relaxed);
                }
            }
            chain.finish(dice.course(), &goal);
        }
    };
    side_by_side(work);
}

#[test]
#[cfg(target_os = "linux")]
fn killed_at_any_write_on_a_disk_that_loses_what_was_not_synced_it_goes_on_or_back() {
    use crate::disk::{Left, disk, restored};

    let goal = crate::crash::goal();
    let library = disk();
    let (next, deaths) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let is_over = AtomicBool::new(false);
    let work = || {
        while !is_over.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let (mut chain, mut dice) = (Chain::new(), Dice(number + 1));
            for link in 0..2 {
                let (course, dies) = match link {
                    0 => (Course::Apply, 1 + 13 * number),
                    _ => (dice.course(), 1 + dice.next(300)),
                };
                let image = TempDir::new().unwrap();
                chain.disk = vec![
                    ("LD_PRELOAD", library.display().to_string()),
                    ("STANDIN_DISK", chain.folder.path().display().to_string()),
                    ("STANDIN_DISK_IMAGE", image.path().display().to_string()),
                    ("STANDIN_DISK_DIES", dies.to_string()),
                ];
                if chain.go(course, Dies::Never).is_some() {
                    is_over.fetch_or(link == 0, Ordering::Relaxed);
                    continue;
                }
                deaths.fetch_add(1, Ordering::Relaxed);
                let left = [Left::All, Left::Synced, Left::Names][(number + link) % 3];
                write!(chain.told, "at write {dies} with {left:?} left, ").unwrap();
                chain.folder = restored(chain.folder.path(), image.path(), left);
            }
            chain.finish(dice.course(), &goal);
        }
    };
    side_by_side(work);
    std::fs::remove_file(library).unwrap();
    let deaths = deaths.into_inner();
    assert!(deaths > 50, "{deaths}");
}

/// Two at a time.
fn side_by_side(work: impl Fn() + Sync) {
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(&work);
        }
    });
}
