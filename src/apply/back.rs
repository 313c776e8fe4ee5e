//! One step back: only where what is there is still what the step left, and never without a look afterwards.

use serde_json::json;

use super::World;
use super::log::Unheard;
use super::run::Run;
use super::settle::{Stands, stands};
use super::state::{Before, State, Values};
use super::step::{absent, gone, needs_hold};
use super::values::{again, only_values};
use crate::evaluate::Status;
use crate::facts::{Absence, Cause};
use crate::plan::{Doing, Known, Performing, Which};
use crate::predicate::Trail;
use crate::store::Kind;

/// An action that takes a step back and failed.
struct Failed {
    why: Absence,
    /// So many were done before it; nothing where it says nothing, since what was not done, or is taken back already, is
    /// refused.
    undone: Option<usize>,
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
    /// Takes one step back, unless another one that stays rests on it.
    pub(super) async fn take_back(&self, place: usize, state: State) -> Result<(), Unheard> {
        let Some(before) = state.before().cloned() else {
            return Ok(());
        };
        if self.is_rested_on(place) {
            return Ok(());
        }
        match self.back(place, &before, &state).await {
            Back::IsSo => self.taken_back(place).await,
            Back::Not(why) => {
                let undone = state.goes_back().then(|| state.undone());
                self.stick(place, why, Kind::Undone, undone).await
            }
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
                    (Stands::AsBefore, None) => self.taken_back(place).await,
                    (Stands::AsBefore, Some(failed)) if failed.undone.is_none() => {
                        self.taken_back(place).await
                    }
                    // The place tells what became of one action; of several some may show nowhere.
                    (Stands::AsBefore, Some(_)) if doings.len() == 1 => self.taken_back(place).await,
                    (_, Some(failed)) => self.stick(place, failed.why, Kind::Undone, failed.undone).await,
                    (_, None) => {
                        let why = not_back(&self.tasks[place].would);
                        self.stick(place, why, Kind::Undone, None).await
                    }
                }
            }
        }
    }

    /// Carries out what takes a step back, from where that broke off before, until one action fails for no plain reason.
    async fn act_back(
        &self,
        place: usize,
        doings: &[Doing],
        state: &State,
    ) -> Result<Option<Failed>, Unheard> {
        let (mut failed, first) = (None, state.undone());
        for (number, doing) in doings.iter().enumerate().skip(first) {
            if number > first {
                let body = json!({ "step": place + 1, "outcome": "action", "action": number });
                self.log.tell([(Kind::Undone, body)]).await?;
                self.count_back(place, number);
            }
            let Err(unwritten) = self.world.act(doing).await else {
                continue;
            };
            let again = number == first && matches!(state, State::GoingBack { .. });
            let is_plain = unwritten.refused && (again || state.now().is_none());
            failed = Some(Failed {
                why: unwritten.why,
                undone: (!is_plain).then_some(number),
            });
            if !is_plain {
                break;
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

    /// Whether a later step that stays rests on this one: needs or changes something that it changed. What a helper did
    /// for a while does not wait for those; it is only left when it was brought back, and that stays.
    fn is_rested_on(&self, place: usize) -> bool {
        let (states, own) = (self.states.borrow(), &self.tasks[place]);
        let stays = self.tasks.iter().zip(&*states).skip(place + 1);
        let mut stays = stays.filter(|(task, state)| task.wave > own.wave && state.is_ours());
        let touches = |other: &Trail| {
            let mut changed = own.changes.iter().map(|goal| &goal.place);
            changed.any(|place| place.covers(other) || other.covers(place))
        };
        stays.any(|(task, _)| {
            let needs = task.needs.iter().map(|(place, _)| place);
            let changes = task.changes.iter().map(|goal| &goal.place);
            task.takes_back == Some(place) || (!own.is_helper && needs.chain(changes).any(touches))
        })
    }

    /// Looks at what is there, and fills in what takes the step back.
    async fn back(&self, place: usize, before: &Before, state: &State) -> Back {
        let task = &self.tasks[place];
        // With nothing seen of it the first action did not come about; a later one may show nowhere.
        // What counts only from a restart on shows nowhere before.
        let shows = !task.restarts && (state.now().is_some() || before.actions == 0);
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
            Ok(doings) => needs_hold(task, &facts).map_or_else(Back::Not, |()| Back::Do(doings)),
        }
    }

    /// How the places of a step stand, read just now.
    pub(super) async fn stands_now(&self, place: usize, before: &Before, done: Option<&Values>) -> Stands {
        let facts = self.look(place, before).await;
        let now = again(self.catalogue, &before.was, &facts);
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
