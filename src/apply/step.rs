//! One step forward: looked at, announced, done, looked at again.

use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Value, json};

use super::World;
use super::log::Unheard;
use super::run::Run;
use super::settle::Stands;
use super::state::{Before, State, Values, absence_json, values_json};
use super::task::Task;
use super::values::{again, only_values, values};
use crate::collect::For;
use crate::facts::{Absence, Cause, FactValue, Facts, to_json};
use crate::plan::{Doing, Held, Known, Performing, Which};
use crate::predicate::{Seen, Trail};
use crate::store::Kind;
use crate::transport::Unwritten;

/// Why a step is not done as it was planned.
enum Not {
    /// It is so already.
    Needed,
    Possible(Absence),
}

/// A step with everything that it needs.
struct Ready {
    before: Before,
    doings: Vec<Doing>,
}

impl<W: World> Run<'_, W> {
    /// Does one step, unless the run is stopped.
    pub(super) async fn step(&self, place: usize) -> Result<(), Unheard> {
        if self.is_stopped() {
            return Ok(());
        }
        let ready = match self.ready(place).await {
            Ok(ready) => ready,
            Err(not) => return self.leave(place, not).await,
        };
        // Others may have failed while this one was looked at.
        if self.is_stopped() {
            return Ok(());
        }
        let mut intent = self.intent(place, &ready.before, false);
        intent["actions"] = json!(ready.doings.len());
        self.log.tell([(Kind::Intent, intent)]).await?;
        self.note(
            place,
            State::Open {
                before: ready.before.clone(),
                of: ready.doings.len(),
            },
        );
        match self.act(place, &ready.doings).await? {
            Ok(()) => self.see(place, ready.before).await,
            Err(unwritten) => self.fail_open(place, ready.before, unwritten).await,
        }
    }

    /// Reads what the step looks at, and fills in what it does.
    async fn ready(&self, place: usize) -> Result<Ready, Not> {
        let task = &self.tasks[place];
        let facts = self.fresh.read(task.facts()).await;
        let performing = Performing::new(self.catalogue, &facts, &task.spec);
        let performing = performing.ok_or_else(|| Not::Possible(gone(task)))?;
        let was =
            values(self.catalogue, &performing, &facts).map_err(|held| Not::Possible(absent(task, held)))?;
        self.as_planned(task, &facts)?;
        if let Some(helper) = task.takes_back {
            return self.ready_to_take_back(place, helper, &performing, was);
        }
        let read = self.read_for(task, &performing, &facts).await;
        let known = Known {
            was: only_values(&was),
            read: read.clone(),
        };
        let doings = performing.doings(Which::Actions, &known);
        let doings = doings.map_err(|held| Not::Possible(absent(task, held)))?;
        self.secrets.borrow_mut().insert(place, read.clone());
        Ok(Ready {
            before: Before {
                was,
                read,
                actions: 0,
            },
            doings,
        })
    }

    /// A helper that was not needed, or is taken back already, leaves nothing to take back.
    fn ready_to_take_back(
        &self,
        place: usize,
        helper: usize,
        performing: &Performing<'_>,
        was: Values,
    ) -> Result<Ready, Not> {
        let task = &self.tasks[place];
        let State::Done { before, .. } = self.state(helper) else {
            return Err(Not::Needed);
        };
        let known = Known {
            was: only_values(&before.was),
            read: before.read.clone(),
        };
        let doings = performing.doings(Which::Undo, &known);
        let doings = doings.map_err(|held| Not::Possible(absent(task, held)))?;
        let before = Before {
            was,
            read: before.read,
            actions: 0,
        };
        Ok(Ready { before, doings })
    }

    /// Refuses a step whose places or needs are no longer as the plan has them, but for what the run itself changed.
    fn as_planned(&self, task: &Task, facts: &Facts) -> Result<(), Not> {
        let mut so = 0;
        for goal in &task.changes {
            let is = goal.place.read(facts).map_err(Not::Possible)?;
            let lasting = |value| self.catalogue.without_volatile(&goal.place, value);
            let old = goal.old.clone().map(lasting);
            if goal.new.is_some() && goal.is_met_by(&is) {
                so += 1;
            } else if old != Ok(lasting(is.clone())) && !self.changed_by_us(&goal.place) {
                let old = old.unwrap_or_else(FactValue::absent);
                let detail = format!(
                    "{} was {old} when the run was planned, and is {is} now",
                    goal.place
                );
                return Err(Not::Possible(Absence::new(
                    Cause::Ambiguous,
                    goal.place.to_string(),
                    detail,
                )));
            }
        }
        if so == task.changes.len() && so > 0 {
            return Err(Not::Needed);
        }
        needs_hold(task, facts).map_err(Not::Possible)
    }

    /// Whether a step that this run did changed the place, or something in or around it.
    fn changed_by_us(&self, place: &Trail) -> bool {
        let states = self.states.borrow();
        let mut around = self.changing.around(place);
        around.any(|step| states[step].is_ours())
    }

    async fn read_for(
        &self,
        task: &Task,
        performing: &Performing<'_>,
        facts: &Facts,
    ) -> Vec<Result<FactValue, Absence>> {
        let fix = performing.fix();
        let first = task.spec.given.first().into_iter().flatten();
        let given: Vec<(Arc<str>, Seen)> = fix
            .inputs
            .keys()
            .cloned()
            .zip(first.map(|given| Seen::computed(given.value())))
            .collect();
        let of = For {
            fix: &fix.id,
            here: task.spec.here,
            given: &given,
        };
        let mut read = Vec::new();
        for reading in &fix.read {
            read.push(self.world.read_for(facts, reading, of).await);
        }
        read
    }

    /// What the journal tells before something is done.
    pub(super) fn intent(&self, place: usize, before: &Before, back: bool) -> Value {
        let fix = self.catalogue.fixes.get(&self.tasks[place].spec.fix);
        let readings = fix.into_iter().flat_map(|fix| &fix.read);
        let read = readings.zip(&before.read).map(|(reading, value)| {
            let secret = || {
                let detail = format!("{} is a secret and kept nowhere", reading.name);
                Absence::new(Cause::NotCollected, reading.name.clone(), detail)
            };
            let value = if reading.secret {
                Err(secret())
            } else {
                value.clone()
            };
            to_json(&value.unwrap_or_else(FactValue::absent))
        });
        json!({
            "step": place + 1,
            "back": back,
            "fix": self.tasks[place].spec.fix,
            "on": self.tasks[place].on,
            "would": self.tasks[place].would,
            "was": values_json(&before.was),
            "read": read.collect::<Vec<_>>(),
        })
    }

    /// Carries out one action after the other; each that is done is known before the next begins.
    pub(super) async fn act(&self, place: usize, doings: &[Doing]) -> Result<Result<(), Unwritten>, Unheard> {
        for (number, doing) in doings.iter().enumerate() {
            if number > 0 {
                let body = json!({ "step": place + 1, "outcome": "action", "action": number });
                self.log.tell([(Kind::Result, body)]).await?;
                self.count(place, number);
            }
            if let Err(unwritten) = self.world.act(doing).await {
                return Ok(Err(unwritten));
            }
        }
        Ok(Ok(()))
    }

    fn count(&self, place: usize, number: usize) {
        if let State::Open { before, .. } = &mut self.states.borrow_mut()[place] {
            before.actions = number;
        }
    }

    /// Looks whether the step brought about what it was to.
    pub(super) async fn see(&self, place: usize, before: Before) -> Result<(), Unheard> {
        let facts = self.look(place, &before).await;
        match self.seen(&self.tasks[place], &facts, &before) {
            Ok(now) => {
                let body = json!({ "step": place + 1, "now": values_json(&now) });
                let done = json!({ "step": place + 1, "outcome": "done" });
                self.log
                    .tell([(Kind::Result, done), (Kind::Verified, body)])
                    .await?;
                self.note(place, State::Done { before, now });
                Ok(())
            }
            Err(why) => self.fail_open(place, before, Unwritten::uncertain(why)).await,
        }
    }

    /// The facts in which the places of a step lie, read again.
    pub(super) async fn look(&self, place: usize, before: &Before) -> Rc<Facts> {
        let places = before.was.iter().flatten().map(|(place, _)| place.fact.clone());
        self.fresh
            .read(self.tasks[place].facts().into_iter().chain(places))
            .await
    }

    fn seen(&self, task: &Task, facts: &Facts, before: &Before) -> Result<Values, Absence> {
        let performing = Performing::new(self.catalogue, facts, &task.spec).ok_or_else(|| gone(task))?;
        let now = again(self.catalogue, &before.was, facts);
        for ((place, value), (_, was)) in now.iter().flatten().zip(before.was.iter().flatten()) {
            let is = value.as_ref().map_err(Clone::clone)?;
            let goal = task.changes.iter().find(|goal| goal.place == *place);
            // What counts only from a restart on may not show before.
            let waits = task.restarts && was.as_ref() == Ok(is);
            if goal.is_some_and(|goal| !goal.is_met_by(is)) && !waits {
                let detail = format!("it was done without an error, but {place} is {is}");
                return Err(Absence::new(Cause::Ambiguous, place.to_string(), detail));
            }
        }
        let known = Known {
            was: only_values(&before.was),
            read: before.read.clone(),
        };
        match performing.is_as_checked(&known) {
            Ok(true) => Ok(now),
            Ok(false) => {
                let detail = "it was done without an error, but its check does not hold";
                Err(Absence::new(Cause::Ambiguous, task.spec.fix.clone(), detail))
            }
            Err(held) => Err(absent(task, held)),
        }
    }

    /// A step of which nothing is done.
    async fn leave(&self, place: usize, not: Not) -> Result<(), Unheard> {
        let (state, body) = match not {
            Not::Needed => (State::WasSo, json!({ "step": place + 1, "outcome": "was_so" })),
            Not::Possible(why) => {
                self.failing.set(true);
                let body = json!({ "step": place + 1, "outcome": "not_done", "why": absence_json(&why) });
                (State::Failed(why), body)
            }
        };
        self.log.tell([(Kind::Result, body)]).await?;
        self.note(place, state);
        Ok(())
    }

    /// A step that was begun and did not come to its end: what is there tells how far it came.
    async fn fail_open(&self, place: usize, before: Before, unwritten: Unwritten) -> Result<(), Unheard> {
        self.failing.set(true);
        let stands = self.stands_now(place, &before, None).await;
        let first = matches!(self.state(place), State::Open { before, .. } if before.actions == 0);
        // What was refused at the first action changed nothing, wherever its places are.
        let shows = !self.tasks[place].restarts;
        if first && (unwritten.refused || shows && stands == Stands::AsBefore) {
            let why = unwritten.why;
            let body = json!({ "step": place + 1, "outcome": "not_done", "why": absence_json(&why) });
            self.log.tell([(Kind::Result, body)]).await?;
            self.note(place, State::Failed(why));
            return Ok(());
        }
        self.stick(place, unwritten.why, Kind::Result, None).await
    }

    /// A step that was done whole, but did not mend what it was for.
    pub(super) async fn fail_done(&self, place: usize, why: Absence) -> Result<(), Unheard> {
        self.stick(place, why, Kind::Result, None).await
    }

    /// A step that stays as it is; it may still be taken back.
    pub(super) async fn stick(
        &self,
        place: usize,
        why: Absence,
        kind: Kind,
        undone: Option<usize>,
    ) -> Result<(), Unheard> {
        let why_json = absence_json(&why);
        let body = json!({ "step": place + 1, "outcome": "stuck", "why": why_json, "undone": undone });
        self.log.tell([(kind, body)]).await?;
        let state = self.state(place);
        self.note(
            place,
            State::Stuck {
                before: state.before().cloned(),
                now: state.now().cloned(),
                why,
                undone,
            },
        );
        Ok(())
    }
}

/// Whether everything is as it must be while a step is done, or taken back.
pub(super) fn needs_hold(task: &Task, facts: &Facts) -> Result<(), Absence> {
    for (place, value) in &task.needs {
        let is = place.read(facts)?;
        let met = value
            .as_ref()
            .map_or(is != FactValue::Nothing, |value| value.sort_order(&is).is_eq());
        if !met {
            let wanted = value
                .as_ref()
                .map_or_else(|| "there".to_owned(), ToString::to_string);
            let detail = format!("it needs {place} to be {wanted}, and that is {is} now");
            return Err(Absence::new(Cause::Ambiguous, place.to_string(), detail));
        }
    }
    Ok(())
}

pub(super) fn gone(task: &Task) -> Absence {
    let detail = format!("there is no fix {} any more", task.spec.fix);
    Absence::new(Cause::NotConfigured, task.spec.fix.clone(), detail)
}

/// Why a step cannot be filled in.
pub(super) fn absent(task: &Task, held: Held) -> Absence {
    let told = |detail: String| Absence::new(Cause::Unsupported, task.spec.fix.clone(), detail);
    match held {
        Held::Unknown(why) | Held::NeedUnknown(_, why) => why,
        Held::Condition(text) | Held::Refused(text) => told(text),
        Held::NeedUnmet(unmet) => told(format!("it needs {}, which is {}", unmet.place, unmet.found)),
        Held::Contradiction(place) => told(format!("its findings want {place} to be different things")),
    }
}
