//! Drafts with all that follows from the facts: places, texts, and what would be done.

mod actions;

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::Basis;
use super::draft::{Asking, Draft};
use super::model::{Change, Doing, Held, Left, LeftBecause, TakenBack};
use super::places::{Site, Use};
use crate::catalogue::{Fix, On, Phase, Phrase, PhraseScope, PlaceValue, Spot, Undo};
use crate::evaluate::Given;
use crate::facts::{Absence, Cause, FactType, FactValue};
use crate::predicate::{Budget, Expression, Fault, Locals, Scope, Seen};

/// A draft, worked out.
#[derive(Clone, Debug)]
pub(super) struct Filled<'a> {
    pub(super) draft: Draft<'a>,
    pub(super) phase: Phase,
    /// Where it is done.
    pub(super) on: String,
    pub(super) needs: Vec<Needed>,
    pub(super) changes: Vec<Change>,
    pub(super) would: String,
    pub(super) restart: Vec<String>,
    pub(super) back: TakenBack,
    pub(super) actions: Vec<Doing>,
}

/// A need, and what is there now.
#[derive(Clone, Debug)]
pub(super) struct Needed {
    pub(super) place: Use,
    pub(super) found: Result<FactValue, Absence>,
}

impl Needed {
    /// Whether it is met as things are.
    pub(super) fn is_so(&self) -> Result<bool, &Absence> {
        let found = self.found.as_ref()?;
        Ok(match &self.place.value {
            None => *found != FactValue::Nothing,
            Some(needed) => found.sort_order(needed).is_eq(),
        })
    }
}

/// The root of what is only read when the step is done.
const LATER: &str = "read when it is done";

/// Works out all drafts; those that cannot be are left.
pub(super) fn all<'a>(basis: &Basis<'a>, drafts: Vec<Draft<'a>>, left: &mut Vec<Left>) -> Vec<Filled<'a>> {
    let mut filled = Vec::with_capacity(drafts.len());
    for draft in drafts {
        match fill(basis, draft.clone()) {
            Ok(one) => filled.push(one),
            Err(held) => left.extend(LeftBecause::held(&draft, &held)),
        }
    }
    filled
}

/// Works out one draft; `Err` says why it cannot be done.
pub(super) fn fill<'a>(basis: &Basis<'a>, draft: Draft<'a>) -> Result<Filled<'a>, Held> {
    let filling = Filling::of(basis, &draft);
    let acting = filling.acting(&draft);
    for condition in &draft.fix.when {
        if !filling.holds(&condition.holds, &acting)? {
            return Err(Held::Condition(filling.say(&condition.otherwise, &acting)));
        }
    }
    let first = draft.asked.first().map(asking_locals);
    let phase = filling.choice(&draft.fix.phase, first.as_ref().unwrap_or(&acting))?;
    let (mut needs, mut changes) = (Vec::new(), Vec::new());
    for asking in &draft.asked {
        let locals = asking_locals(asking);
        for need in &draft.fix.needs {
            filling.need(need, asking, &locals, &mut needs)?;
        }
        for set in &draft.fix.sets {
            filling.set(set, asking, &locals, &mut changes)?;
        }
    }
    let mut restart = Vec::new();
    for (when, what) in &draft.fix.restart {
        if when
            .as_ref()
            .map_or(Ok(true), |when| filling.holds(when, &acting))?
        {
            // What says nothing is no restart.
            restart.extend(Some(filling.say(what, &acting)).filter(|text| !text.is_empty()));
            break;
        }
    }
    let mut actions = Vec::new();
    for action in &draft.fix.actions {
        filling.action(action, &acting, &mut actions)?;
    }
    Ok(Filled {
        phase: phase.copied().unwrap_or_default(),
        on: on(&draft.fix.on, draft.here, basis),
        needs,
        changes,
        would: draft
            .fix
            .would
            .as_ref()
            .map_or_else(String::new, |would| filling.say(would, &acting)),
        restart,
        back: taken_back(draft.fix),
        actions,
        draft,
    })
}

pub(super) struct Filling<'b, 'a> {
    basis: &'b Basis<'a>,
    fix: &'a Fix,
    scope: Scope<'a>,
    budget: Budget,
}

/// What a phrase says of a draft.
pub(super) fn said<'a>(basis: &Basis<'a>, draft: &Draft<'a>, phrase: &Phrase) -> String {
    let filling = Filling::of(basis, draft);
    filling.say(phrase, &filling.acting(draft))
}

impl<'b, 'a> Filling<'b, 'a> {
    pub(super) fn of(basis: &'b Basis<'a>, draft: &Draft<'a>) -> Self {
        Self {
            basis,
            fix: draft.fix,
            scope: Scope {
                facts: basis.facts,
                here: draft.here,
            },
            budget: Budget::default(),
        }
    }

    /// The inputs that the findings share, `asked`, nothing for `was`, and what is read when the step is done.
    fn acting(&self, draft: &Draft<'_>) -> Locals {
        let later = |detail: String| Err(Absence::new(Cause::NotCollected, LATER, detail));
        let read = self.fix.read.iter();
        let read: Vec<_> = read
            .map(|reading| later(format!("{} is read then", reading.name)))
            .collect();
        Self::locals(draft, draft.asked_values(), later(LATER.to_owned()), &read)
    }

    /// The names that actions may use, in their places.
    pub(super) fn locals(
        draft: &Draft<'_>,
        asked: FactValue,
        was: Result<FactValue, Absence>,
        read: &[Result<FactValue, Absence>],
    ) -> Locals {
        let known = |value: Result<FactValue, Absence>| value.map(Seen::computed).map_err(Fault::Absent);
        let mut locals: Vec<Result<Seen, Fault>> = Vec::new();
        if let Some(first) = draft.asked.first() {
            locals.extend(first.given.iter().map(|given| Ok(seen(given))));
        }
        locals.push(known(Ok(asked)));
        locals.push(known(was));
        locals.extend(read.iter().cloned().map(known));
        Locals(locals)
    }

    /// The names of those, as templates use them; one that has no meaning for the step is empty.
    fn names(&self, has_item: bool) -> Vec<&'a str> {
        let inputs = self.fix.inputs.keys();
        let mut names: Vec<&str> = inputs
            .map(|name| {
                if self.fix.is_shared(name) {
                    name.as_ref()
                } else {
                    ""
                }
            })
            .collect();
        names.push(if self.fix.one_per.is_empty() { "" } else { "asked" });
        names.push("was");
        names.extend(self.fix.read.iter().map(|reading| reading.name.as_ref()));
        if has_item {
            names.push("item");
        }
        names
    }

    fn run(&self, expression: &Expression, locals: &Locals) -> Result<FactValue, Held> {
        expression
            .run(&self.scope, locals, &self.budget, &RefCell::default())
            .map(|seen| seen.value)
            .map_err(|fault| self.held(fault))
    }

    fn held(&self, fault: Fault) -> Held {
        match fault {
            Fault::Absent(why) => Held::Unknown(why),
            other => {
                let detail = format!("fix {}: {other}", self.fix.id);
                Held::Unknown(Absence::new(Cause::Malformed, self.fix.id.clone(), detail))
            }
        }
    }

    pub(super) fn holds(&self, condition: &Expression, locals: &Locals) -> Result<bool, Held> {
        match self.run(condition, locals)? {
            FactValue::Bool(holds) => Ok(holds),
            other => {
                let detail = format!(
                    "fix {}: yes or no is wanted, this is a {}",
                    self.fix.id,
                    other.kind()
                );
                Err(Held::Unknown(Absence::new(
                    Cause::Malformed,
                    self.fix.id.clone(),
                    detail,
                )))
            }
        }
    }

    /// The first choice whose condition holds.
    fn choice<'t, T>(
        &self,
        choices: &'t [(Option<Expression>, T)],
        locals: &Locals,
    ) -> Result<Option<&'t T>, Held> {
        for (when, is) in choices {
            if when.as_ref().map_or(Ok(true), |when| self.holds(when, locals))? {
                return Ok(Some(is));
            }
        }
        Ok(None)
    }

    fn say(&self, phrase: &Phrase, locals: &Locals) -> String {
        let names = self.names(false);
        phrase
            .say(&self.phrase_scope(&names, locals), &Cell::default())
            .to_string()
    }

    fn phrase_scope<'s>(&self, names: &'s [&'s str], locals: &'s Locals) -> PhraseScope<'s>
    where
        'a: 's,
    {
        PhraseScope {
            schema: &self.basis.catalogue.schema,
            scope: self.scope,
            names,
            locals,
        }
    }

    pub(super) fn site(&self, spot: &Spot, asking: &Asking, locals: &Locals) -> Result<Site, Held> {
        let trail = match spot {
            Spot::Fact(place) => place
                .trail(&self.scope, locals, &self.budget)
                .map_err(|fault| self.held(fault))?,
            Spot::Input(name) => {
                let inputs = self.fix.inputs.keys().zip(&asking.given);
                let mut given = inputs.filter(|(input, _)| *input == name).map(|(_, given)| given);
                match given.next() {
                    Some(Given::Place(place)) => place.clone(),
                    _ => return Err(self.held(Fault::Absent(Absence::not_collected(name)))),
                }
            }
        };
        Ok(Site::of(trail, self.basis.catalogue))
    }

    /// The place with its value in the type of what is there.
    fn place(&self, place: &PlaceValue, asking: &Asking, locals: &Locals) -> Result<Use, Held> {
        let site = self.site(&place.spot, asking, locals)?;
        let value = match &place.value {
            None => None,
            Some(value) => {
                let value = self.run(value, locals)?;
                let ty: Option<FactType> = site.trail.ty(|path| self.basis.catalogue.schema.type_at(path));
                Some(match ty {
                    Some(ty) => ty.coerce(value).map_err(|misfit| {
                        let detail = format!("{}: {misfit}", site.trail);
                        Held::Unknown(Absence::new(Cause::Malformed, self.fix.id.clone(), detail))
                    })?,
                    None => value,
                })
            }
        };
        Ok(Use { site, value })
    }

    fn need(
        &self,
        need: &PlaceValue,
        asking: &Asking,
        locals: &Locals,
        needs: &mut Vec<Needed>,
    ) -> Result<(), Held> {
        let place = self.place(need, asking, locals)?;
        if !needs
            .iter()
            .any(|known| known.place.site == place.site && known.place.value == place.value)
        {
            let found = place.site.trail.read(self.basis.facts);
            needs.push(Needed { place, found });
        }
        Ok(())
    }

    /// What one finding asks must not be the opposite of what another one does.
    fn set(
        &self,
        set: &PlaceValue,
        asking: &Asking,
        locals: &Locals,
        changes: &mut Vec<Change>,
    ) -> Result<(), Held> {
        let place = self.place(set, asking, locals)?;
        match changes.iter().find(|known| known.place.site == place.site) {
            Some(known) if known.place.value == place.value => Ok(()),
            Some(_) => Err(Held::Contradiction(place.site.trail)),
            None => {
                let old = place.site.trail.read(self.basis.facts);
                changes.push(Change { place, old });
                Ok(())
            }
        }
    }
}

/// The inputs of one finding.
pub(super) fn asking_locals(asking: &Asking) -> Locals {
    Locals(asking.given.iter().map(|given| Ok(seen(given))).collect())
}

fn seen(given: &Given) -> Seen {
    Seen::computed(given.value())
}

/// Where something is done, in the words of the pair.
pub(super) fn on(on: &On, here: Option<crate::facts::Side>, basis: &Basis<'_>) -> String {
    let name = |side: crate::facts::Side| {
        let path = crate::facts::FactPath::new(side, "name");
        let name = basis.facts.get(&path).ok().and_then(FactValue::as_str);
        name.map_or_else(|| side.word().to_owned(), str::to_owned)
    };
    match on {
        On::Side(side) => name(*side),
        On::Here => here.map_or_else(|| on.to_string(), name),
        On::Local => "this machine".to_owned(),
        On::Endpoint(_) | On::Host(_) => on.to_string(),
    }
}

/// How the fix is taken back; an old secret is kept nowhere, so that it lasts as long as the run that read it.
fn taken_back(fix: &Fix) -> TakenBack {
    match &fix.undo {
        Some(Undo::Actions(_)) if fix.undoes_a_secret() => TakenBack::WhileItRuns,
        Some(Undo::Actions(_)) => TakenBack::Yes,
        Some(Undo::No(reason)) => TakenBack::No(Arc::from(reason.as_str())),
        None => TakenBack::No("the fix does not say how".into()),
    }
}
