//! A plan to effects: each step is announced, done, read back, and can be taken back.
//!
//! Before anything is done, the journal has it on disk with what was there; after it, what came of it. So whoever goes
//! on after a crash knows everything but how far the one step came that was under way, and that is settled by looking,
//! never assumed: what is as before was not done, what is as planned was, and a third thing stops for a person.
//! [`apply()`], [`resume()`] and [`undo()`] are the same few parts in another order.

mod back;
mod changing;
mod deed;
mod fresh;
mod live;
mod log;
mod run;
mod settle;
mod state;
mod step;
mod task;
mod values;
mod watch;
mod world;

use std::cell::{Cell, RefCell};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::catalogue::Catalogue;
use crate::facts::{Absence, Facts};
use crate::pair::Waiver;
use crate::store::{Kind, Lock, Store, StoreError};

use changing::Changing;
use fresh::Fresh;
use log::{Log, Unheard};
use run::Run;
use settle::Stands;
use state::{Before, State};

pub use live::{Live, endpoints};
pub use state::{Book, Unreadable};
pub use task::{Goal, Task, tasks};
pub use watch::{Event, Unwatched, Watch};
pub use world::World;

/// What a run works with.
pub struct Means<'a, W> {
    pub world: &'a W,
    pub catalogue: &'a Catalogue,
    pub waivers: &'a [Waiver],
    /// What was read just now, settings and parameters included.
    pub facts: Facts,
    pub store: &'a mut Store,
    pub lock: &'a Lock,
    pub clock: &'a dyn Fn() -> Timestamp,
    pub watch: &'a dyn Watch,
    /// Stops the run between steps.
    pub stop: CancellationToken,
    /// Whether a failure leaves what was done, instead of taking it back.
    pub keep: bool,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Every step is done.
    Done,
    /// It was stopped between steps; it can go on, or be taken back.
    Stopped,
    /// What was done is taken back.
    TakenBack,
    /// Something stays that a person has to look at.
    NeedsPerson,
}

impl End {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::TakenBack => "taken_back",
            Self::NeedsPerson => "needs_person",
        }
    }
}

/// What became of one step.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// The run did not come to it.
    NotBegun,
    WasSo,
    Done,
    NotDone(Absence),
    TakenBack,
    /// A person has to look at it.
    Stuck(Absence),
}

/// A run that is over.
#[derive(Debug)]
pub struct Ended {
    pub end: End,
    /// The tasks with what became of each.
    pub steps: Vec<(Task, Fate)>,
}

impl Ended {
    /// Whether the step at this place was done for a while only, and is not brought back: a service that is down, or up,
    /// because others needed it.
    pub fn is_held(&self, place: usize) -> bool {
        let (task, fate) = &self.steps[place];
        let is_back = |(other, fate): &(Task, Fate)| other.takes_back == Some(place) && *fate == Fate::Done;
        task.is_helper && matches!(fate, Fate::Done | Fate::Stuck(_)) && !self.steps.iter().any(is_back)
    }
}

/// Does these tasks; on a failure what was done is taken back, unless it is to be kept.
pub async fn apply<W: World>(
    means: Means<'_, W>,
    tasks: Vec<Task>,
    mut began: Value,
) -> Result<Ended, StoreError> {
    began["steps"] = tasks.iter().map(Task::to_json).collect();
    began["keep"] = json!(means.keep);
    carry_out(means, Book::new(began, tasks), Course::Begin).await
}

/// Goes on with a run that was stopped or broke off: what was under way is settled, then the rest is done.
pub async fn resume<W: World>(means: Means<'_, W>, book: Book) -> Result<Ended, StoreError> {
    carry_out(means, book, Course::GoOn).await
}

/// Takes back everything that a run brought about.
pub async fn undo<W: World>(means: Means<'_, W>, book: Book) -> Result<Ended, StoreError> {
    carry_out(means, book, Course::Back).await
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    Begin,
    GoOn,
    Back,
}

async fn carry_out<W: World>(means: Means<'_, W>, book: Book, course: Course) -> Result<Ended, StoreError> {
    let today = (means.clock)().to_zoned(TimeZone::UTC).date();
    let keep = means.keep;
    let began = book.began.clone();
    let course = match course {
        // What was being taken back when it broke off goes on to be.
        Course::GoOn if book.goes_back => Course::Back,
        course => course,
    };
    let run = Run {
        world: means.world,
        catalogue: means.catalogue,
        waivers: means.waivers,
        today,
        fresh: Fresh::new(means.world, means.catalogue, means.facts),
        log: Log::new(means.store, means.lock, means.clock, means.watch),
        watch: means.watch,
        stop: means.stop,
        changing: Changing::of(&book.tasks),
        tasks: book.tasks,
        states: RefCell::new(book.states),
        failing: Cell::new(false),
        secrets: RefCell::default(),
    };
    let end = follow(&run, course, keep, &began).await;
    let (book, failure) = run.into_book(began);
    match (end, failure) {
        (_, Some(failure)) => Err(failure),
        (Ok(end), None) => Ok(book.over(end)),
        (Err(Unheard), None) => unreachable!("what is unheard of has a failure"),
    }
}

async fn follow<W: World>(
    run: &Run<'_, W>,
    course: Course,
    keep: bool,
    began: &Value,
) -> Result<End, Unheard> {
    match course {
        Course::Begin => {
            run.log.tell([(Kind::Began, began.clone())]).await?;
            run.forward().await?;
        }
        Course::GoOn => {
            run.settle().await?;
            if !run.is_stopped() {
                let all: Vec<usize> = (0..run.tasks.len()).collect();
                run.look_again(&all).await?;
            }
            run.forward().await?;
        }
        Course::Back => {}
    }
    let back = course == Course::Back || (run.failing.get() && !keep);
    if back {
        run.log.tell([(Kind::Note, json!({ "course": "back" }))]).await?;
        run.backward().await?;
    }
    let end = run.end(back);
    if end != End::Stopped {
        run.log
            .tell([(Kind::Ended, json!({ "end": end.word() }))])
            .await?;
    }
    Ok(end)
}

impl<W: World> Run<'_, W> {
    /// Settles what was under way when the run broke off: what is as it was to be is done; a step that is half done is
    /// taken back, and done anew, as one is that failed.
    async fn settle(&self) -> Result<(), Unheard> {
        for place in (0..self.tasks.len()).rev() {
            let state = self.state(place);
            match &state {
                State::Failed(_) => self.note(place, State::Waiting),
                State::Open { before, of: 1 } if self.is_done(place, before).await => {
                    self.see(place, before.clone()).await?;
                }
                State::Open { .. } | State::GoingBack { .. } | State::Stuck { before: Some(_), .. } => {
                    self.take_back(place, state).await?;
                    if self.state(place) == State::TakenBack {
                        self.note(place, State::Waiting);
                    } else {
                        self.failing.set(true);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether the one action of a step came about, as far as looking tells.
    async fn is_done(&self, place: usize, before: &Before) -> bool {
        match self.stands_now(place, before, None).await {
            Stands::AsDone => true,
            Stands::Changed => self.is_mended(place).await,
            Stands::AsBefore | Stands::Between | Stands::Otherwise(_) => false,
        }
    }

    fn end(&self, back: bool) -> End {
        let states = self.states.borrow();
        let any = |is: fn(&State) -> bool| states.iter().any(is);
        let left = any(State::is_ours);
        if back && left && self.stop.is_cancelled() {
            return End::Stopped;
        }
        if any(|state| matches!(state, State::Stuck { .. })) {
            return End::NeedsPerson;
        }
        match back {
            true if left => End::NeedsPerson,
            true => End::TakenBack,
            false if self.failing.get() => End::NeedsPerson,
            false if any(|state| *state == State::Waiting) => End::Stopped,
            false => End::Done,
        }
    }
}

impl Book {
    fn over(self, end: End) -> Ended {
        let fate = |state: State| match state {
            State::Waiting => Fate::NotBegun,
            State::WasSo => Fate::WasSo,
            State::Done { .. } => Fate::Done,
            State::Failed(why) => Fate::NotDone(why),
            State::TakenBack => Fate::TakenBack,
            State::Stuck { why, .. } => Fate::Stuck(why),
            State::Open { .. } | State::GoingBack { .. } => {
                Fate::Stuck(Absence::not_collected("what became of it"))
            }
        };
        Ended {
            end,
            steps: self
                .tasks
                .into_iter()
                .zip(self.states.into_iter().map(fate))
                .collect(),
        }
    }
}
