//! A run: wave after wave forward, and step after step back.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use futures_util::StreamExt as _;
use tokio_util::sync::CancellationToken;

use super::changing::Changing;
use super::fresh::Fresh;
use super::log::{Log, Unheard};
use super::state::{Book, State};
use super::task::Task;
use super::watch::Event;
use super::{Watch, World};
use crate::catalogue::Catalogue;
use crate::evaluate::{self, Selection, Status, Subject};
use crate::facts::{Absence, Cause, FactPath, FactValue, Facts};
use crate::pair::Waiver;

/// So many steps of a wave are under way at a time; connections have limits of their own.
const AT_A_TIME: usize = 64;

/// The rule and the subject of a finding.
type Mended = (Arc<str>, Subject);

/// A run while it goes on.
pub(super) struct Run<'a, W> {
    pub(super) world: &'a W,
    pub(super) catalogue: &'a Catalogue,
    pub(super) waivers: &'a [Waiver],
    pub(super) today: jiff::civil::Date,
    pub(super) fresh: Fresh<'a, W>,
    pub(super) log: Log<'a>,
    pub(super) watch: &'a dyn Watch,
    pub(super) stop: CancellationToken,
    pub(super) tasks: Vec<Task>,
    pub(super) changing: Changing,
    pub(super) states: RefCell<Vec<State>>,
    /// Whether a step failed, so that no further one is begun.
    pub(super) failing: Cell<bool>,
    /// What steps of this process read for themselves, secrets included.
    pub(super) secrets: RefCell<BTreeMap<usize, Vec<Result<FactValue, Absence>>>>,
}

impl<W: World> Run<'_, W> {
    pub(super) fn is_stopped(&self) -> bool {
        self.failing.get() || self.is_to_stop()
    }

    /// Whether nothing is to be begun, not even to take something back.
    fn is_to_stop(&self) -> bool {
        self.stop.is_cancelled() || self.log.has_failed()
    }

    pub(super) fn state(&self, place: usize) -> State {
        self.states.borrow()[place].clone()
    }

    /// Takes note of how far a step is; whoever watches is told.
    pub(super) fn note(&self, place: usize, state: State) {
        let event = match &state {
            State::Waiting => None,
            State::WasSo => Some(Event::WasSo),
            State::Open { .. } => Some(Event::Begins),
            State::Done { .. } => Some(Event::Done),
            State::Failed(why) => Some(Event::Failed(why)),
            State::GoingBack { .. } => Some(Event::GoesBack),
            State::TakenBack => Some(Event::TakenBack),
            State::Stuck { why, .. } => Some(Event::Stuck(why)),
        };
        if let Some(event) = event {
            self.watch.step(place + 1, event);
        }
        self.states.borrow_mut()[place] = state;
    }

    /// Does everything that waits, wave after wave, until something fails or it is stopped.
    pub(super) async fn forward(&self) -> Result<(), Unheard> {
        for places in self.waves(|state| *state == State::Waiting).into_values() {
            if self.is_stopped() {
                break;
            }
            side_by_side(places.iter().map(|place| self.step(*place))).await?;
            self.look_again(&places).await?;
        }
        Ok(())
    }

    /// Takes back everything that this run brought about, the last wave first, until it is stopped.
    pub(super) async fn backward(&self) -> Result<(), Unheard> {
        for places in self.waves(State::is_ours).into_values().rev() {
            let steps = places.iter().map(|place| async {
                if self.is_to_stop() {
                    return Ok(());
                }
                self.take_back(*place, self.state(*place)).await
            });
            side_by_side(steps).await?;
        }
        Ok(())
    }

    /// The steps that are so far, by their waves.
    fn waves(&self, are: fn(&State) -> bool) -> BTreeMap<usize, Vec<usize>> {
        let mut waves: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, (task, state)) in self.tasks.iter().zip(&*self.states.borrow()).enumerate() {
            if are(state) {
                waves.entry(task.wave).or_default().push(place);
            }
        }
        waves
    }

    /// Judges the findings again that asked for these steps; one that is still bad is a failure of its step.
    pub(super) async fn look_again(&self, places: &[usize]) -> Result<(), Unheard> {
        let done: Vec<usize> = places
            .iter()
            .copied()
            .filter(|place| matches!(self.states.borrow()[*place], State::Done { .. }))
            .filter(|place| !self.tasks[*place].restarts)
            .collect();
        let Some(judged) = self.judged(&done).await else {
            return Ok(());
        };
        let is_bad = |mended: &Mended| judged.get(mended).is_some_and(|status| status.is_bad());
        for place in done {
            let task = &self.tasks[place];
            let mut mends = task.mends.iter();
            let Some((rule, subject)) = mends.find(|mended| is_bad(mended)) else {
                continue;
            };
            let detail = format!("it was done, but {rule} still finds the same about {subject}");
            let why = Absence::new(Cause::Ambiguous, rule.clone(), detail);
            self.failing.set(true);
            self.fail_done(place, why).await?;
        }
        Ok(())
    }

    /// What is found, as things are now, by the rules that asked for these steps; nothing when none asked.
    pub(super) async fn judged(&self, places: &[usize]) -> Option<HashMap<Mended, Status>> {
        let mends = places.iter().flat_map(|place| &self.tasks[*place].mends);
        let rules: BTreeSet<&Arc<str>> = mends.map(|(rule, _)| rule).collect();
        if rules.is_empty() {
            return None;
        }
        let selection = Selection {
            only: rules.iter().map(ToString::to_string).collect(),
            skip: Vec::new(),
        };
        let read = evaluate::selected(self.catalogue, &selection);
        let read: BTreeSet<FactPath> = read
            .into_iter()
            .flat_map(crate::catalogue::reads_of_rule)
            .filter(|path| self.fresh.known().observation(path).is_some())
            .collect();
        let facts = self.fresh.read(read).await;
        let judged = evaluate::judge(self.catalogue, &facts, &selection, self.waivers, self.today).ok()?;
        let findings = judged.findings.into_iter();
        Some(
            findings
                .map(|finding| ((finding.rule, finding.subject), finding.status))
                .collect(),
        )
    }

    pub(super) fn into_book(self, began: serde_json::Value) -> (Book, Option<crate::store::StoreError>) {
        let mut book = Book::new(began, self.tasks);
        book.states = self.states.into_inner();
        (book, self.log.into_failure())
    }

    /// What is known now.
    pub(super) fn known(&self) -> Rc<Facts> {
        self.fresh.known()
    }
}

/// Those that are under way come to their end whatever happens to others.
async fn side_by_side(
    steps: impl Iterator<Item = impl Future<Output = Result<(), Unheard>>>,
) -> Result<(), Unheard> {
    let mut steps = futures_util::stream::iter(steps).buffer_unordered(AT_A_TIME);
    let mut all = Ok(());
    while let Some(step) = steps.next().await {
        all = all.and(step);
    }
    all
}
