//! One step back: only where what is there is still what the step left, and never without a look afterwards.

use serde_json::json;

use super::World;
use super::log::Unheard;
use super::run::Run;
use super::settle::{Stands, stands};
use super::state::{Before, State, Values};
use super::step::{absent, again, gone, only_values};
use crate::facts::{Absence, Cause};
use crate::plan::{Doing, Known, Performing, Which};
use crate::store::Kind;

/// How a step is taken back.
enum Back {
    /// What was before is there.
    IsSo,
    Do(Vec<Doing>),
    /// A person has to look at it.
    Not(Absence),
}

impl<W: World> Run<'_, W> {
    /// Takes one step back.
    pub(super) async fn take_back(&self, place: usize, state: State) -> Result<(), Unheard> {
        let Some(before) = state.before().cloned() else {
            return Ok(());
        };
        let was_begun = !matches!(state, State::Open { actions: 0, .. });
        match self.back(place, &before, state.now(), was_begun).await {
            Back::IsSo => self.taken_back(place).await,
            Back::Not(why) => self.stick(place, why, Kind::Undone).await,
            Back::Do(doings) => {
                let intent = self.intent(place, &before, true);
                self.log.tell([(Kind::Intent, intent)]).await?;
                let now = state.now().cloned();
                let going = State::GoingBack {
                    before: before.clone(),
                    now,
                };
                self.note(place, going);
                let done = self.act_back(&doings).await?;
                match (self.stands_now(place, &before, None).await, done) {
                    (Stands::AsBefore, _) => self.taken_back(place).await,
                    (_, Err(why)) => self.stick(place, why, Kind::Undone).await,
                    (_, Ok(())) => {
                        self.stick(place, not_back(&self.tasks[place].would), Kind::Undone)
                            .await
                    }
                }
            }
        }
    }

    /// Carries out what takes a step back; all of it, since each action may stand for itself.
    async fn act_back(&self, doings: &[Doing]) -> Result<Result<(), Absence>, Unheard> {
        let mut failed = Ok(());
        for doing in doings {
            self.log.check_lock().await?;
            if let Err(unwritten) = self.world.act(doing).await
                && failed.is_ok()
            {
                failed = Err(unwritten.why);
            }
        }
        Ok(failed)
    }

    async fn taken_back(&self, place: usize) -> Result<(), Unheard> {
        let body = json!({ "step": place + 1, "outcome": "taken_back" });
        self.log.tell([(Kind::Undone, body)]).await?;
        self.note(place, State::TakenBack);
        Ok(())
    }

    /// Looks at what is there, and fills in what takes the step back.
    async fn back(&self, place: usize, before: &Before, done: Option<&Values>, was_begun: bool) -> Back {
        let task = &self.tasks[place];
        match self.stands_now(place, before, done).await {
            Stands::Otherwise(why) => return Back::Not(why),
            // With nothing seen of it the first action did not come about; a later one may show nowhere.
            Stands::AsBefore if done.is_some() || !was_begun => return Back::IsSo,
            Stands::Changed if !self.is_mended(place).await => return Back::Not(changed(&task.would)),
            Stands::AsBefore | Stands::AsDone | Stands::Between | Stands::Changed => {}
        }
        let facts = self.known();
        let Some(performing) = Performing::new(self.catalogue, &facts, &task.spec) else {
            return Back::Not(gone(task));
        };
        let secrets = self.secrets.borrow().get(&place).cloned();
        let known = Known {
            was: only_values(&before.was),
            read: secrets.unwrap_or_else(|| before.read.clone()),
        };
        // What took a helper back is taken back by doing again what the helper did.
        let which = if task.takes_back.is_some() {
            Which::Actions
        } else {
            Which::Undo
        };
        match performing.doings(which, &known) {
            Err(held) => Back::Not(absent(task, held)),
            Ok(doings) if doings.is_empty() => Back::Not(no_way(&task.would)),
            Ok(doings) => Back::Do(doings),
        }
    }

    /// How the places of a step stand, read just now.
    pub(super) async fn stands_now(&self, place: usize, before: &Before, done: Option<&Values>) -> Stands {
        let facts = self.look(place, before).await;
        let now = again(&before.was, &facts);
        stands(&before.was, done, &now, &self.tasks[place].changes)
    }

    /// Whether the findings that asked for a step are good now, if any did.
    pub(super) async fn is_mended(&self, place: usize) -> bool {
        let bad = self.still_bad(&[place]).await;
        let mends = &self.tasks[place].mends;
        bad.is_some_and(|bad| mends.iter().all(|finding| !bad.contains(finding)))
    }
}

fn told(would: &str, what: &str) -> Absence {
    Absence::new(Cause::Ambiguous, "taking back", format!("{what} (to {would})"))
}

fn not_back(would: &str) -> Absence {
    told(
        would,
        "what takes it back was done without an error, but what was before is not there",
    )
}

fn changed(would: &str) -> Absence {
    told(
        would,
        "what is there was changed, and whether by this step cannot be told",
    )
}

fn no_way(would: &str) -> Absence {
    told(
        would,
        "the fix says of no action that takes back what was found here",
    )
}
