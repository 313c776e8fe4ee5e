//! How far each step of a run is, as its journal tells it: what a run does and what is told later are one.

use serde_json::{Value, json};
use thiserror::Error;

use super::task::{Task, value_at};
use crate::catalogue::Catalogue;
use crate::facts::{Absence, FactValue, from_json, to_json};
use crate::plan::{trail_from_json, trail_json};
use crate::predicate::Trail;
use crate::store::{Entry, Kind, Seq, Store, StoreError};

/// How many entries are in memory at a time.
const PAGE: usize = 500;

/// What was, or is, at the places of a step, in the order of the fix's `sets`, finding by finding.
pub(super) type Values = Vec<Vec<(Trail, Result<FactValue, Absence>)>>;

/// What a step found before it did anything, and how far it is known to have come since.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Before {
    pub(super) was: Values,
    /// What the fix read for itself; a secret is nowhere but in memory.
    pub(super) read: Vec<Result<FactValue, Absence>>,
    /// So many of its actions are known to be done.
    pub(super) actions: usize,
}

/// How far a step is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum State {
    #[default]
    Waiting,
    /// It was so before the run came to it.
    WasSo,
    /// It was announced.
    Open {
        before: Before,
        /// How many actions it has.
        of: usize,
    },
    /// Everything was done, and this is what is there since.
    Done {
        before: Before,
        now: Values,
    },
    /// Nothing of it was done.
    Failed(Absence),
    /// It is being taken back; so many of the actions for that are known to be done.
    GoingBack {
        before: Before,
        now: Option<Values>,
        undone: usize,
    },
    TakenBack,
    /// A person has to look at it; what was before is kept for whoever takes it back later.
    Stuck {
        before: Option<Before>,
        now: Option<Values>,
        why: Absence,
        /// So many of the actions that take it back were done before one failed.
        undone: Option<usize>,
    },
}

impl State {
    /// Whether something of it may be there that this run brought about.
    pub(super) const fn is_ours(&self) -> bool {
        matches!(
            self,
            Self::Open { .. }
                | Self::Done { .. }
                | Self::GoingBack { .. }
                | Self::Stuck { before: Some(_), .. }
        )
    }

    /// What was there before, if anything was begun.
    pub(super) const fn before(&self) -> Option<&Before> {
        match self {
            Self::Open { before, .. } | Self::Done { before, .. } | Self::GoingBack { before, .. } => {
                Some(before)
            }
            Self::Stuck { before, .. } => before.as_ref(),
            _ => None,
        }
    }

    /// What is there since it was done, if that was seen.
    pub(super) const fn now(&self) -> Option<&Values> {
        match self {
            Self::Done { now, .. } => Some(now),
            Self::GoingBack { now, .. } | Self::Stuck { now, .. } => now.as_ref(),
            _ => None,
        }
    }

    /// Whether it was being taken back already.
    pub(super) const fn goes_back(&self) -> bool {
        matches!(self, Self::GoingBack { .. } | Self::Stuck { undone: Some(_), .. })
    }

    /// How many of the actions that take it back are known to be done.
    pub(super) const fn undone(&self) -> usize {
        match self {
            Self::GoingBack { undone, .. }
            | Self::Stuck {
                undone: Some(undone), ..
            } => *undone,
            _ => 0,
        }
    }
}

pub(super) fn values_json(values: &Values) -> Value {
    let place = |(place, value): &(Trail, Result<FactValue, Absence>)| {
        let value = value.clone().unwrap_or_else(FactValue::absent);
        json!({ "at": trail_json(place), "name": place.to_string(), "value": to_json(&value) })
    };
    let each = |places: &Vec<_>| places.iter().map(place).collect::<Vec<Value>>();
    values.iter().map(each).collect::<Vec<_>>().into()
}

fn values_from_json(value: &Value, catalogue: &Catalogue) -> Result<Values, String> {
    let place = |value: &Value| {
        let place = trail_from_json(&value["at"])?;
        let value = match value_at(&value["value"], &place, catalogue)? {
            FactValue::Absent(why) => Err(Absence::clone(&why)),
            value => Ok(value),
        };
        Ok((place, value))
    };
    let each = |places: &Value| {
        let places = places.as_array().map(Vec::as_slice).unwrap_or_default();
        places.iter().map(place).collect::<Result<Vec<_>, String>>()
    };
    let all = value.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().map(each).collect()
}

/// Why a run cannot be gone on with, nor taken back.
#[derive(Debug, Error)]
pub enum Unreadable {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The packs have no such fix or place any more, or the entry is damaged.
    #[error("the journal of run {run} cannot be read: {why}")]
    Entry { run: Seq, why: String },
}

/// A run as its journal has it.
#[derive(Debug, Default)]
pub struct Book {
    /// What the run began with: its body.
    pub(super) began: Value,
    pub(super) tasks: Vec<Task>,
    pub(super) states: Vec<State>,
    /// Whether everything is being taken back.
    pub(super) goes_back: bool,
    /// How it ended the last time, if it did.
    pub(super) ended: Option<String>,
}

impl Book {
    /// Reads a run from its journal, page by page; one that is not there has not begun.
    pub async fn read(store: &mut Store, run: Seq, catalogue: &Catalogue) -> Result<Self, Unreadable> {
        let mut book = Self::default();
        let mut after = 0;
        loop {
            let page = store.entries_after(run, after, PAGE).await?;
            for entry in &page {
                let taken = book.take(entry, catalogue);
                taken.map_err(|why| Unreadable::Entry { run, why })?;
            }
            match page.last() {
                Some(last) if page.len() == PAGE => after = last.seq,
                _ => return Ok(book),
            }
        }
    }

    /// A run that has not begun.
    pub(super) fn new(began: Value, tasks: Vec<Task>) -> Self {
        Self {
            began,
            states: vec![State::Waiting; tasks.len()],
            tasks,
            goes_back: false,
            ended: None,
        }
    }

    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// Whether a failure leaves what was done.
    pub fn keeps(&self) -> bool {
        self.began["keep"] == true
    }

    /// Whether the run changes anything at all.
    pub fn has_begun(&self) -> bool {
        !self.began.is_null()
    }

    /// The catalogue that its steps come from: SHA-256.
    pub fn catalogue(&self) -> &str {
        self.began["catalogue"].as_str().unwrap_or_default()
    }

    /// Whether steps are left that the run has not come to, or not come to an end with.
    pub fn is_unfinished(&self) -> bool {
        self.has_begun() && self.ended.is_none()
    }

    /// Takes note of the next entry; `Err` says what in it cannot be read.
    pub fn take(&mut self, entry: &Entry, catalogue: &Catalogue) -> Result<(), String> {
        let told = |why: String| format!("entry {}: {why}", entry.seq);
        match entry.kind {
            Kind::Began => {
                let steps = entry.body["steps"]
                    .as_array()
                    .map(Vec::as_slice)
                    .unwrap_or_default();
                let tasks = steps.iter().map(|step| Task::from_json(step, catalogue));
                self.tasks = tasks.collect::<Result<_, String>>().map_err(told)?;
                self.states = vec![State::Waiting; self.tasks.len()];
                self.began.clone_from(&entry.body);
            }
            Kind::Ended => self.ended = Some(entry.body["end"].as_str().unwrap_or_default().to_owned()),
            Kind::Intent | Kind::Result | Kind::Verified | Kind::Undone => {
                self.ended = None;
                let place = count(&entry.body["step"]).and_then(|number| number.checked_sub(1));
                let place = place.filter(|place| *place < self.tasks.len());
                let place = place.ok_or_else(|| told("there is no such step".to_owned()))?;
                let state = self
                    .next(place, entry.kind, &entry.body, catalogue)
                    .map_err(told)?;
                self.states[place] = state;
            }
            Kind::Note if entry.body["course"] == "back" => self.goes_back = true,
            Kind::Checked | Kind::Collected | Kind::Planned | Kind::Locked | Kind::Unlocked | Kind::Note => {}
        }
        Ok(())
    }

    fn next(&self, place: usize, kind: Kind, body: &Value, catalogue: &Catalogue) -> Result<State, String> {
        let state = self.states[place].clone();
        let why = || absence(&body["why"]);
        Ok(match (kind, state, body["outcome"].as_str()) {
            (Kind::Intent, state, _) if body["back"] == true => State::GoingBack {
                now: state.now().cloned(),
                undone: state.undone(),
                before: state.before().cloned().ok_or("taken back before it was done")?,
            },
            (Kind::Intent, _, _) => State::Open {
                before: self.before_from_json(place, body, catalogue)?,
                of: count(&body["actions"]).unwrap_or(usize::MAX),
            },
            (Kind::Result, State::Open { mut before, of }, Some("action")) => {
                before.actions = count(&body["action"]).unwrap_or(0);
                State::Open { before, of }
            }
            (Kind::Undone, State::GoingBack { before, now, .. }, Some("action")) => State::GoingBack {
                before,
                now,
                undone: count(&body["action"]).unwrap_or(0),
            },
            (Kind::Result, _, Some("was_so")) => State::WasSo,
            (Kind::Result, _, Some("not_done")) => State::Failed(why()?),
            (Kind::Verified, State::Open { before, .. }, _) => State::Done {
                before,
                now: values_from_json(&body["now"], catalogue)?,
            },
            // While a run goes on, only what was half done is taken back, and done anew.
            (Kind::Undone, _, Some("taken_back")) if !self.goes_back => State::Waiting,
            (Kind::Undone, _, Some("taken_back")) => State::TakenBack,
            (Kind::Undone | Kind::Result, state, Some("stuck")) => State::Stuck {
                before: state.before().cloned(),
                now: state.now().cloned(),
                why: why()?,
                undone: count(&body["undone"]),
            },
            (_, state, _) => state,
        })
    }

    fn before_from_json(&self, place: usize, body: &Value, catalogue: &Catalogue) -> Result<Before, String> {
        let fix = catalogue
            .fixes
            .get(&self.tasks[place].spec.fix)
            .ok_or("its fix is gone")?;
        let given = body["read"].as_array().map(Vec::as_slice).unwrap_or_default();
        let read = fix.read.iter().enumerate().map(|(place, reading)| {
            let value = given.get(place).unwrap_or(&Value::Null);
            match from_json(&reading.ty, value).map_err(|misfit| misfit.to_string())? {
                FactValue::Absent(why) => Ok(Err(Absence::clone(&why))),
                value => Ok(Ok(value)),
            }
        });
        Ok(Before {
            was: values_from_json(&body["was"], catalogue)?,
            read: read.collect::<Result<_, String>>()?,
            actions: 0,
        })
    }
}

fn count(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|count| usize::try_from(count).ok())
}

/// An absence as the journal has it.
pub(super) fn absence_json(why: &Absence) -> Value {
    to_json(&FactValue::absent(why.clone()))
}

fn absence(value: &Value) -> Result<Absence, String> {
    match from_json(&crate::facts::FactType::Bool, value) {
        Ok(FactValue::Absent(why)) => Ok(Absence::clone(&why)),
        _ => Err("it does not say why".to_owned()),
    }
}
