//! One step back: only where what is there is still what the step left, and never without a look afterwards.

use serde_json::json;

use super::World;
use super::log::Unheard;
use super::run::Run;
use super::settle::{Stands, stands};
use super::state::{Before, State, Values};
use super::step::{absent, again, gone, only_values};
use crate::evaluate::Status;
use crate::facts::{Absence, Cause};
use crate::plan::{Doing, Known, Performing, Which};
use crate::store::Kind;

/// An action that takes a step back and failed.
struct Failed {
    why: Absence,
    /// What was not done, or is taken back already, is refused: that says nothing.
    is_plain: bool,
}

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
        match self.back(place, &before, &state).await {
            Back::IsSo => self.taken_back(place).await,
            Back::Not(why) => self.stick(place, why, Kind::Undone).await,
            Back::Do(doings) => {
                let intent = self.intent(place, &before, true);
                self.log.tell([(Kind::Intent, intent)]).await?;
                let going = State::GoingBack {
                    before: before.clone(),
                    now: state.now().cloned(),
                    undone: state.undone(),
                };
                self.note(place, going);
                let failed = self.act_back(place, &doings, &state).await?;
                match (self.stands_now(place, &before, None).await, failed) {
                    (Stands::AsBefore, None | Some(Failed { is_plain: true, .. })) => {
                        self.taken_back(place).await
                    }
                    // The place tells what became of one action; of several some may show nowhere.
                    (Stands::AsBefore, Some(_)) if doings.len() == 1 => self.taken_back(place).await,
                    (_, Some(failed)) => self.stick(place, failed.why, Kind::Undone).await,
                    (_, None) => {
                        self.stick(place, not_back(&self.tasks[place].would), Kind::Undone)
                            .await
                    }
                }
            }
        }
    }

    /// Carries out what takes a step back, from where that broke off before; all of it, since each action may stand for
    /// itself. Gives the failure that says most.
    async fn act_back(
        &self,
        place: usize,
        doings: &[Doing],
        state: &State,
    ) -> Result<Option<Failed>, Unheard> {
        let (mut failed, first): (Option<Failed>, usize) = (None, state.undone());
        for (number, doing) in doings.iter().enumerate().skip(first) {
            if number > first {
                let body = json!({ "step": place + 1, "outcome": "action", "action": number });
                self.log.tell([(Kind::Undone, body)]).await?;
                self.count_back(place, number);
            } else {
                self.log.check_lock().await?;
            }
            let Err(unwritten) = self.world.act(doing).await else {
                continue;
            };
            let again = number == first && state.goes_back();
            let is_plain = unwritten.refused && (again || state.now().is_none());
            if failed.as_ref().is_none_or(|failed| failed.is_plain && !is_plain) {
                failed = Some(Failed {
                    why: unwritten.why,
                    is_plain,
                });
            }
        }
        Ok(failed)
    }

    fn count_back(&self, place: usize, number: usize) {
        if let State::GoingBack { undone, .. } = &mut self.states.borrow_mut()[place] {
            *undone = number;
        }
    }

    async fn taken_back(&self, place: usize) -> Result<(), Unheard> {
        let body = json!({ "step": place + 1, "outcome": "taken_back" });
        self.log.tell([(Kind::Undone, body)]).await?;
        self.note(place, State::TakenBack);
        Ok(())
    }

    /// Looks at what is there, and fills in what takes the step back.
    async fn back(&self, place: usize, before: &Before, state: &State) -> Back {
        let task = &self.tasks[place];
        // With nothing seen of it the first action did not come about; a later one may show nowhere.
        let shows = state.now().is_some() || before.actions == 0;
        let is_so = match self.stands_now(place, before, state.now()).await {
            Stands::Otherwise(why) => return Back::Not(why),
            Stands::AsBefore if shows && !state.goes_back() => return Back::IsSo,
            Stands::AsBefore => shows,
            Stands::Changed if !self.is_mended(place).await => return Back::Not(changed(&task.would)),
            Stands::AsDone | Stands::Between | Stands::Changed => false,
        };
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
            // Of several actions that take it back those that are left may show nowhere.
            Ok(doings) if is_so && doings.len() == 1 => Back::IsSo,
            Ok(doings) => Back::Do(doings),
        }
    }

    /// How the places of a step stand, read just now.
    pub(super) async fn stands_now(&self, place: usize, before: &Before, done: Option<&Values>) -> Stands {
        let facts = self.look(place, before).await;
        let now = again(&before.was, &facts);
        stands(&before.was, done, &now, &self.tasks[place].changes)
    }

    /// Whether the findings that asked for a step are known to be good now, if any did.
    pub(super) async fn is_mended(&self, place: usize) -> bool {
        let judged = self.judged(&[place]).await;
        let is_good = |status: &Status| !status.is_bad() && *status != Status::Unknown;
        let mut mends = self.tasks[place].mends.iter();
        judged.is_some_and(|judged| mends.all(|finding| judged.get(finding).is_none_or(is_good)))
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
