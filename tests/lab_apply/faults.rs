//! Each action of the lab's plans in turn goes wrong: everything is taken back, and a second time finds nothing to do.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Timestamp;
use serde_json::json;
use standin::apply::{self, Book, End, Ended, Fate, Live, Unwatched, World};
use standin::catalogue::Reading;
use standin::collect::{Digests, For, Silent};
use standin::diagnostic::SourceMap;
use standin::evaluate::Selection;
use standin::facts::{Absence, Cause, FactPath, FactValue, Facts};
use standin::pair::{PairFile, Secrets};
use standin::pipeline::{self, Attended, Looked, Means, Opened};
use standin::plan::Doing;
use standin::store::{DigestKey, Holder, PairName, Place, Seq, Store};
use standin::transport::Unwritten;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::broken::Broken;
use super::live::bases::{DATABASES, EXCHANGE};
use super::live::{Base, Change};
use super::{batch, dumps};

/// So many actions of a pair go wrong unless `STANDIN_FAULTS=all`, which takes about an hour.
const SAMPLE: usize = 2;

/// What goes wrong with an action.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// It is refused before it is sent.
    Refused,
    /// The connection is lost before it is done.
    LostBefore,
    /// The connection is lost when it is done.
    LostAfter,
}

const FAULTS: [Fault; 3] = [Fault::Refused, Fault::LostBefore, Fault::LostAfter];

/// An action by what it does, and how often that was done before.
type Act = (String, usize);

#[test]
fn what_goes_wrong_with_an_exchange_pair_is_taken_back() {
    let Some(_lab) = super::lab() else { return };
    each_goes_wrong(&EXCHANGE);
}

#[test]
fn what_goes_wrong_with_a_sql_pair_is_taken_back() {
    let Some(_lab) = super::lab() else { return };
    each_goes_wrong(&DATABASES);
}

fn each_goes_wrong(base: &Base) {
    let heaps = batch::heaps(base.name);
    let mut wrong = Vec::new();
    if std::env::var("STANDIN_FAULTS").is_ok_and(|which| which == "all") {
        for heap in &heaps {
            wrong.extend(go_wrong(base, heap, |_, _| true));
        }
    } else {
        let seed = seed();
        let (heap, first) = (seed % heaps.len(), seed / heaps.len());
        let chosen = |place: usize, all: usize| (place + first).is_multiple_of(all.div_ceil(SAMPLE));
        wrong.extend(go_wrong(base, &heaps[heap], chosen));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Which ones go wrong; another choice each time, unless `STANDIN_SEED` says which.
fn seed() -> usize {
    let said = std::env::var("STANDIN_SEED").ok();
    let seed = said.map_or_else(|| now().as_second(), |seed| seed.parse().unwrap());
    eprintln!("STANDIN_SEED={seed}");
    usize::try_from(seed).unwrap()
}

/// Lets one action after another go wrong, those that are chosen by their place among so many; tells what is not as it
/// was afterwards.
fn go_wrong(base: &Base, heap: &[Change], chosen: impl Fn(usize, usize) -> bool) -> Vec<String> {
    let start = Instant::now();
    let mut pair = Some(Site::open(base, heap));
    let acts = pair.as_ref().unwrap().acts();
    let all = acts.len() * FAULTS.len();
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for (place, (act, fault)) in acts
        .iter()
        .flat_map(|act| FAULTS.map(|fault| (act, fault)))
        .enumerate()
    {
        if !chosen(place, all) {
            continue;
        }
        tried += 1;
        let site = pair.get_or_insert_with(|| Site::open(base, heap));
        if let Err(why) = site.goes_wrong(act, fault) {
            wrong.push(format!("{fault:?} at {act:?}:\n{why}"));
            eprintln!("{}", wrong.last().unwrap());
            // Its lab is put back before the next one is broken.
            pair = None;
        }
    }
    eprintln!(
        "{}: {tried} of {all} cases of {} actions, {} wrong, {:?}",
        base.name,
        acts.len(),
        wrong.len(),
        start.elapsed()
    );
    wrong
}

/// A broken pair, and what a run needs to reach it.
struct Site {
    attended: Attended,
    opened: Opened,
    before: BTreeMap<String, String>,
    place: Place,
    runtime: Runtime,
    key: DigestKey,
    broken: Broken,
    _state: TempDir,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no caller who knows the time"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

fn opened(file: &Path) -> Opened {
    let mut sources = SourceMap::new();
    pipeline::open(file, &[], now(), &mut sources).unwrap()
}

impl Site {
    fn open(base: &Base, heap: &[Change]) -> Self {
        let broken = Broken::by(base, heap);
        let opened = opened(broken.path());
        let selection = Selection::default();
        let mut secrets = Secrets::default();
        let attended = Attended::open(&opened, &selection, &mut secrets);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        let state = tempfile::tempdir().unwrap();
        let key = DigestKey::random();
        Self {
            before: dumps::all(),
            place: Place::folder(state.path()),
            attended,
            opened,
            runtime,
            key,
            broken,
            _state: state,
        }
    }

    fn look(&self) -> Looked {
        let make = |secret: &[u8]| self.key.digest(secret);
        let means = Means {
            timeout: self.opened.pair.collect.timeout,
            clock: &now,
            progress: &Silent,
            cancelled: CancellationToken::new(),
            digests: Some(Digests {
                key: self.key.id(),
                make: &make,
            }),
        };
        let selection = Selection::default();
        let looked = self.attended.look(&self.opened, &selection, means);
        self.runtime.block_on(looked).unwrap()
    }

    /// Everything that is done when nothing goes wrong; it is taken back.
    fn acts(&self) -> Vec<Act> {
        let (run, ended, acts) = self.work(None, None);
        assert_eq!(ended.end, End::Done, "{:#?}", ended.steps);
        let (_, back, _) = self.work(Some(run), None);
        assert_eq!(back.end, End::TakenBack, "{:#?}", back.steps);
        assert_eq!(self.differences(), Vec::<String>::new());
        acts
    }

    fn goes_wrong(&self, act: &Act, fault: Fault) -> Result<(), String> {
        let (run, ended, acts) = self.work(None, Some((act.clone(), fault)));
        if !acts.contains(act) {
            return Err(format!("the run did not come to it: {}", told(&ended)));
        }
        // The program's exit code 4.
        if ended.end != End::TakenBack {
            return Err(told(&ended));
        }
        let differences = self.differences();
        if !differences.is_empty() {
            return Err(format!("{}\n{differences:#?}", told(&ended)));
        }
        let (_, again, acts) = self.work(Some(run), None);
        if again.end != End::TakenBack || !acts.is_empty() {
            return Err(format!("taken back again: {acts:?}\n{}", told(&again)));
        }
        Ok(())
    }

    fn differences(&self) -> Vec<String> {
        dumps::differences(&self.before, &dumps::all())
    }

    /// Does everything, or takes this run back.
    fn work(&self, back: Option<Seq>, goes_wrong: Option<(Act, Fault)>) -> (Seq, Ended, Vec<Act>) {
        let looked = self.look();
        let file: PathBuf = pipeline::pair_file(self.broken.path());
        let pair_file = PairFile::new(&file, std::fs::read_to_string(&file).unwrap());
        let said = || opened(&file).said;
        let make = |secret: &[u8]| self.key.digest(secret);
        let catalogue = &self.opened.catalogue;
        let world = Faulty {
            live: Live {
                peers: &self.attended.peers,
                catalogue,
                pair: &self.opened.pair,
                file: &pair_file,
                said: &said,
                trusted: &self.opened.trusted,
                timeout: self.opened.pair.collect.timeout,
                clock: &now,
                digests: Some(Digests {
                    key: self.key.id(),
                    make: &make,
                }),
            },
            goes_wrong,
            acts: RefCell::default(),
        };
        let done = self.carry_out(&world, &looked, back);
        let (run, ended) = self.runtime.block_on(done);
        (run, ended, world.acts.into_inner())
    }

    async fn carry_out(&self, world: &Faulty<'_>, looked: &Looked, back: Option<Seq>) -> (Seq, Ended) {
        let name = PairName::new("faults", ("a", "192.0.2.1"), ("b", "192.0.2.2"));
        let mut store = Store::open(&self.place).await.unwrap();
        let lock = store.lock(&name, &Holder::this("op"), now(), back).await.unwrap();
        let (run, catalogue) = (lock.run(), &self.opened.catalogue);
        let book = Book::read(&mut store, run, catalogue).await.unwrap();
        let means = apply::Means {
            world,
            catalogue,
            waivers: &[],
            facts: looked.facts(&self.opened),
            store: &mut store,
            lock: &lock,
            clock: &now,
            watch: &Unwatched,
            stop: CancellationToken::new(),
            keep: false,
        };
        let ended = if back.is_some() {
            apply::undo(means, book).await
        } else {
            let planned = looked.plan(&self.opened).unwrap();
            let tasks = apply::tasks(&planned.plan, &looked.answer.judged.findings);
            apply::apply(means, tasks, json!({})).await
        };
        store.unlock(lock, now()).await.unwrap();
        store.close().await;
        (run, ended.unwrap())
    }
}

/// What did not come back.
fn told(ended: &Ended) -> String {
    let steps = ended.steps.iter();
    let left = steps.filter(|(_, fate)| !matches!(fate, Fate::NotBegun | Fate::TakenBack | Fate::WasSo));
    let left = left.map(|(task, fate)| format!("\n  {}: {fate:?}", task.would));
    format!("{:?}{}", ended.end, left.collect::<String>())
}

/// The servers, of which one does not hear one action, or is not heard.
struct Faulty<'a> {
    live: Live<'a>,
    goes_wrong: Option<(Act, Fault)>,
    /// Everything that was to be done, in order.
    acts: RefCell<Vec<Act>>,
}

impl World for Faulty<'_> {
    async fn read(&self, known: &Facts, wanted: &BTreeSet<FactPath>) -> Facts {
        self.live.read(known, wanted).await
    }

    async fn read_for(&self, known: &Facts, reading: &Reading, of: For<'_>) -> Result<FactValue, Absence> {
        self.live.read_for(known, reading, of).await
    }

    async fn act(&self, doing: &Doing) -> Result<(), Unwritten> {
        let fault = self.note(doing);
        let why = || Absence::new(Cause::Unreachable, doing.protocol, "it went wrong");
        match fault {
            None => self.live.act(doing).await,
            Some(Fault::Refused) => Err(Unwritten::refused(why())),
            Some(Fault::LostBefore) => Err(Unwritten::uncertain(why())),
            Some(Fault::LostAfter) => {
                let done = self.live.act(doing).await;
                done.and(Err(Unwritten::uncertain(why())))
            }
        }
    }
}

impl Faulty<'_> {
    /// Takes note of an action, and says what goes wrong with it.
    fn note(&self, doing: &Doing) -> Option<Fault> {
        let what = format!(
            "{} {} on {}: {:?}",
            doing.protocol, doing.verb, doing.on, doing.details
        );
        let mut acts = self.acts.borrow_mut();
        let before = acts.iter().filter(|(other, _)| *other == what).count();
        let act = (what, before);
        acts.push(act.clone());
        let goes_wrong = self.goes_wrong.as_ref().filter(|(wrong, _)| *wrong == act);
        goes_wrong.map(|(_, fault)| *fault)
    }
}
