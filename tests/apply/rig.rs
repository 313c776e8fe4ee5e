//! What a test turns: a peer, a store, what happens to each action, and when the process dies.

use std::cell::{Cell, Ref, RefCell};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::rc::Rc;
use std::sync::LazyLock;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};
use standin::apply::{self, Book, End, Ended, Event, Fate, Means, Watch, World};
use standin::catalogue::{Catalogue, PackFile, PackFiles, PackSource, Reading, load};
use standin::collect::For;
use standin::diagnostic::{SourceMap, human};
use standin::evaluate::{Selection, judge};
use standin::facts::{Absence, Cause, FactPath, FactValue, Facts, Root};
use standin::plan::{Basis, Doing, plan};
use standin::store::{Holder, Lock, PairName, Place, Seq, Store, StoreError};
use standin::transport::Unwritten;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::Peer;
use crate::kill::Wire;
use crate::peer::words;

/// The pack of the small product.
pub(crate) static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let file = |path: &str, text: &str| PackFile::new(path, path, text.to_owned());
    let own = PackFiles {
        folder: "own".to_owned(),
        origin: PackSource::Embedded,
        files: vec![
            file("pack.yaml", include_str!("pack/pack.yaml")),
            file("facts/own.yaml", include_str!("pack/facts.yaml")),
            file("rules/own.yaml", include_str!("pack/rules.yaml")),
            file("fixes/own.yaml", include_str!("pack/fixes.yaml")),
        ],
    };
    let mut sources = SourceMap::new();
    let loaded = load(&[own], &mut sources);
    let told = human(&loaded.diagnostics, &sources, false);
    loaded.catalogue.unwrap_or_else(|| panic!("{told}"))
});

/// What happens to an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happens {
    /// It is done.
    Done,
    /// The other side says no.
    Refused,
    /// The connection is lost before it is done.
    LostBefore,
    /// The connection is lost when it is done.
    LostAfter,
    /// The other side says that it is done, and did nothing.
    Nothing,
    /// The other side says that it is done, and did something else.
    Else,
}

/// What is done with a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    Apply,
    Resume,
    Undo,
}

/// How a process came to its end.
pub(crate) enum Outcome {
    Ended(Ended),
    /// The store refused to go on.
    Refused(StoreError),
    Crashed,
}

impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ended(ended) => {
                writeln!(f, "{:?}", ended.end)?;
                for (task, fate) in &ended.steps {
                    writeln!(f, "  {}: {fate:?}", task.would)?;
                }
                Ok(())
            }
            Self::Refused(error) => write!(f, "{error}"),
            Self::Crashed => f.write_str("crashed"),
        }
    }
}

impl Outcome {
    pub(crate) fn end(&self) -> Option<End> {
        match self {
            Self::Ended(ended) => Some(ended.end),
            _ => None,
        }
    }

    /// What a person has to look at.
    pub(crate) fn stuck(&self) -> Vec<String> {
        let Self::Ended(ended) = self else {
            return Vec::new();
        };
        let steps = ended.steps.iter();
        let stuck = steps.filter(|(_, fate)| matches!(fate, Fate::Stuck(_)));
        stuck.map(|(task, _)| task.would.clone()).collect()
    }
}

struct Crash;

type Decide = Box<dyn FnMut(&[Value]) -> Happens>;

/// A world, a store, and everything that is counted.
pub(crate) struct Rig {
    pub(crate) peer: RefCell<Peer>,
    pub(crate) place: Place,
    _folder: Option<TempDir>,
    /// What happens to an action, by its words.
    pub(crate) happens: RefCell<Decide>,
    /// Every action that reached the peer, in order.
    pub(crate) acts: RefCell<Vec<Vec<Value>>>,
    pub(crate) readings: Cell<usize>,
    pub(crate) commits: Cell<usize>,
    /// Journal entries and actions so far.
    pub(crate) moments: Cell<usize>,
    /// The moment when the process dies.
    pub(crate) dies: Cell<usize>,
    pub(crate) delay: Cell<Duration>,
    /// Actions that are under way, and the most that there were at a time.
    acting: Cell<usize>,
    pub(crate) most: Cell<usize>,
    pub(crate) keep: Cell<bool>,
    pub(crate) stop: RefCell<CancellationToken>,
    /// Stops the run once so many steps are done.
    pub(crate) stops_after: Cell<usize>,
    pub(crate) run: Cell<Option<Seq>>,
    /// The way to a peer in another process.
    pub(crate) wire: Option<RefCell<Wire>>,
}

pub(crate) fn pair() -> PairName {
    PairName::new("own", ("A", "192.0.2.1"), ("B", "192.0.2.2"))
}

pub(crate) fn clock() -> Timestamp {
    Timestamp::from_second(1_795_316_400).unwrap()
}

/// Every fact that there is.
pub(crate) fn all() -> BTreeSet<FactPath> {
    let names = CATALOGUE.facts.keys();
    let sides = |name: &std::sync::Arc<str>| {
        [Root::Source, Root::Target].map(|root| FactPath::new(root, name.clone()))
    };
    names.flat_map(sides).collect()
}

impl Rig {
    pub(crate) fn new(peer: Peer) -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap());
        let place = Place::folder(folder.path());
        Self {
            _folder: Some(folder),
            ..Self::with(peer, place)
        }
    }

    pub(crate) fn with(peer: Peer, place: Place) -> Self {
        Self {
            peer: RefCell::new(peer),
            place,
            _folder: None,
            happens: RefCell::new(Box::new(|_| Happens::Done)),
            acts: RefCell::default(),
            readings: Cell::new(0),
            commits: Cell::new(0),
            moments: Cell::new(0),
            dies: Cell::new(0),
            delay: Cell::default(),
            acting: Cell::default(),
            most: Cell::default(),
            keep: Cell::new(false),
            stop: RefCell::default(),
            stops_after: Cell::new(0),
            run: Cell::new(None),
            wire: None,
        }
    }

    /// The process dies at this moment, if it comes to it; 0: at none.
    pub(crate) fn dies_at(&self, moment: usize) {
        self.moments.set(0);
        self.dies.set(moment);
    }

    fn moment(&self) {
        self.moments.set(self.moments.get() + 1);
        if self.moments.get() == self.dies.get() {
            resume_unwind(Box::new(Crash));
        }
    }

    pub(crate) fn target(&self) -> Value {
        self.peer.borrow().target.clone()
    }

    /// Looks at the peer.
    fn look(&self) -> Ref<'_, Peer> {
        if let Some(wire) = &self.wire {
            *self.peer.borrow_mut() = wire.borrow_mut().look();
        }
        self.peer.borrow()
    }

    /// What a plan would do now.
    pub(crate) fn planned(&self) -> Vec<apply::Task> {
        let facts = self.look().facts(&CATALOGUE, &all());
        let date = jiff::civil::Date::ZERO;
        let judged = judge(&CATALOGUE, &facts, &Selection::default(), &[], date).unwrap();
        let basis = Basis {
            catalogue: &CATALOGUE,
            facts: &facts,
            findings: &judged.findings,
        };
        apply::tasks(&plan(&basis).unwrap(), &judged.findings)
    }

    /// Plans and applies, or goes on with the run, as a new process would.
    pub(crate) async fn go(&self, course: Course) -> Outcome {
        let tasks = self.planned();
        self.go_with(course, tasks).await
    }

    /// The same with tasks that were planned before.
    pub(crate) async fn go_with(&self, course: Course, tasks: Vec<apply::Task>) -> Outcome {
        let mut store = Store::open(&self.place).await.unwrap();
        let run = if course == Course::Apply {
            None
        } else {
            self.run.get()
        };
        let lock = lock(&mut store, run).await;
        self.run.set(Some(lock.run()));
        if let Some(wire) = &self.wire {
            wire.borrow_mut().ask(&json!({ "run": lock.run() }));
        }
        let done = self.carry_out(course, tasks, &mut store, &lock);
        let outcome = match AssertUnwindSafe(done).catch_unwind().await {
            Ok(Ok(ended)) => Outcome::Ended(ended),
            Ok(Err(error)) => Outcome::Refused(error),
            Err(panic) if panic.is::<Crash>() => Outcome::Crashed,
            Err(panic) => resume_unwind(panic),
        };
        if matches!(outcome, Outcome::Ended(_)) {
            store.unlock(lock, clock()).await.unwrap();
        }
        store.close().await;
        outcome
    }

    async fn carry_out(
        &self,
        course: Course,
        tasks: Vec<apply::Task>,
        store: &mut Store,
        lock: &Lock,
    ) -> Result<Ended, StoreError> {
        let book = match course {
            Course::Apply => None,
            _ => Some(Book::read(store, lock.run(), &CATALOGUE).await.unwrap()),
        };
        let facts = self.look().facts(&CATALOGUE, &all());
        let watch = Watching { rig: self };
        let means = Means {
            world: self,
            catalogue: &CATALOGUE,
            waivers: &[],
            facts,
            store,
            lock,
            clock: &clock,
            watch: &watch,
            stop: self.stop.borrow().clone(),
            keep: self.keep.get(),
        };
        match (course, book) {
            (Course::Resume, Some(book)) if book.has_begun() => apply::resume(means, book).await,
            (Course::Undo, Some(book)) if book.has_begun() => apply::undo(means, book).await,
            _ => apply::apply(means, tasks, json!({ "catalogue": "x" })).await,
        }
    }

    fn does(&self, words: &[Value]) -> Result<(), Unwritten> {
        self.acts.borrow_mut().push(words.to_vec());
        let happens = (self.happens.borrow_mut())(words);
        let why = |text: &str| Absence::new(Cause::Unreachable, "peer", text);
        let mut peer = self.peer.borrow_mut();
        let mut act = |words: &[Value]| {
            let done = peer.act(words);
            done.map_err(|error| Unwritten::refused(Absence::new(Cause::NotFound, "peer", error)))
        };
        match happens {
            Happens::Done => act(words),
            Happens::Refused => Err(Unwritten::refused(why("no"))),
            Happens::LostBefore => Err(Unwritten::uncertain(why("lost"))),
            Happens::LostAfter => act(words).and(Err(Unwritten::uncertain(why("lost")))),
            Happens::Nothing => Ok(()),
            Happens::Else => {
                let mut other = words.to_vec();
                if other[0] == "SET" {
                    *other.last_mut().unwrap() = json!("strange");
                    act(&other)?;
                }
                Ok(())
            }
        }
    }
}

/// Takes the lock, from a dead process if need be.
pub(crate) async fn lock(store: &mut Store, run: Option<Seq>) -> Lock {
    let me = Holder::this("op@adm1");
    loop {
        let taken = match store.held(&pair()).await.unwrap() {
            Some(held) => store.take_over(&pair(), &held, &me, clock(), run).await,
            None => store.lock(&pair(), &me, clock(), run).await,
        };
        match taken {
            Err(StoreError::Held(_) | StoreError::Busy { .. }) => {}
            taken => return taken.unwrap(),
        }
    }
}

struct Watching<'r> {
    rig: &'r Rig,
}

impl Watch for Watching<'_> {
    fn step(&self, _: usize, event: Event<'_>) {
        let rig = self.rig;
        if matches!(event, Event::Done | Event::TakenBack) && rig.stops_after.get() > 0 {
            rig.stops_after.set(rig.stops_after.get() - 1);
            if rig.stops_after.get() == 0 {
                rig.stop.borrow().cancel();
            }
        }
    }

    fn wrote(&self, _: usize) {
        self.rig.commits.set(self.rig.commits.get() + 1);
        if let Some(wire) = &self.rig.wire {
            wire.borrow_mut().ask(&json!("wrote"));
        }
        self.rig.moment();
    }
}

impl World for Rig {
    async fn read(&self, _: &Facts, wanted: &BTreeSet<FactPath>) -> Facts {
        self.readings.set(self.readings.get() + 1);
        pass(self.delay.get()).await;
        self.look().facts(&CATALOGUE, wanted)
    }

    async fn read_for(&self, _: &Facts, reading: &Reading, of: For<'_>) -> Result<FactValue, Absence> {
        pass(self.delay.get()).await;
        let account = of.given[0].1.value.to_string();
        self.peer.borrow().secret(&reading.name, &account)
    }

    async fn act(&self, doing: &Doing) -> Result<(), Unwritten> {
        self.moment();
        self.acting.set(self.acting.get() + 1);
        self.most.set(self.most.get().max(self.acting.get()));
        pass(self.delay.get()).await;
        self.acting.set(self.acting.get() - 1);
        let done = match &self.wire {
            Some(wire) => wire.borrow_mut().act(&words(doing)),
            None => self.does(&words(doing)),
        };
        self.moment();
        done
    }
}

async fn pass(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// Runs a test on one thread.
pub(crate) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test);
}

/// A function that decides what happens to actions.
pub(crate) fn happens(rig: &Rig, decide: impl FnMut(&[Value]) -> Happens + 'static) {
    *rig.happens.borrow_mut() = Box::new(decide);
}

/// The same, to the first action with these words only.
pub(crate) fn happens_once(rig: &Rig, words: &[Value], what: Happens) -> Rc<Cell<bool>> {
    let (words, happened) = (words.to_vec(), Rc::new(Cell::new(false)));
    let told = happened.clone();
    happens(rig, move |act| {
        if act == words && !happened.replace(true) {
            return what;
        }
        Happens::Done
    });
    told
}
