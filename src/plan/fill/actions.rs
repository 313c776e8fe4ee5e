//! What would be done, action by action, as it would be sent.

use super::{Filling, LATER, on};
use crate::catalogue::{Action, Arg, Attributes, On, Phrase, Safety};
use crate::facts::{Absence, FactValue};
use crate::plan::model::{At, Detail, Doing, Held};
use crate::predicate::{Expression, Fault, Locals, Seen};
use crate::template::RenderError;

impl<'a> Filling<'_, 'a> {
    pub(in crate::plan) fn action(
        &self,
        action: &'a Action,
        locals: &Locals,
        doing: &mut Vec<Doing>,
    ) -> Result<(), Held> {
        let Some(each) = &action.for_each else {
            return self.one(action, locals, doing);
        };
        let items = match self.run(each, locals) {
            Ok(items) => items,
            // How often is known when it is read.
            Err(Held::Unknown(why)) if why.root.as_ref() == LATER => {
                FactValue::list([FactValue::absent(why)])
            }
            Err(held) => return Err(held),
        };
        for item in self.elements(&items)? {
            let mut locals = locals.clone();
            locals.0.push(match item {
                FactValue::Absent(why) => Err(Fault::Absent(Absence::clone(&why))),
                item => Ok(Seen::computed(item)),
            });
            self.one(action, &locals, doing)?;
        }
        Ok(())
    }

    /// The items of a list, or the records of a collection; what of that is not known holds the step back.
    fn elements(&self, value: &FactValue) -> Result<Vec<FactValue>, Held> {
        match value {
            FactValue::List(items) | FactValue::Set(items) => Ok(items.to_vec()),
            FactValue::Map(map) => match map.holes().next() {
                Some((_, why)) => Err(Held::Unknown(why.clone())),
                None => Ok(map.iter().map(|entry| entry.value.clone()).collect()),
            },
            FactValue::Nothing => Ok(Vec::new()),
            other => Err(Held::Refused(format!(
                "fix {}: a list is wanted, this is a {}",
                self.fix.id,
                other.kind()
            ))),
        }
    }

    fn one(&self, action: &'a Action, locals: &Locals, doing: &mut Vec<Doing>) -> Result<(), Held> {
        if let Some(when) = &action.when {
            match self.holds(when, locals) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                // Whether it is done is known when it is read.
                Err(Held::Unknown(why)) if why.root.as_ref() == LATER => {}
                Err(held) => return Err(held),
            }
        }
        let mut details = Vec::new();
        for (name, arg) in action.filled() {
            self.arg(name, arg, action, locals, &mut details)?;
        }
        let at = self.at(&action.on, locals)?;
        let one = Doing {
            on: match &at {
                At::Host(_, host) => host.to_string(),
                _ => on(&action.on, self.scope.here, self.basis),
            },
            at,
            command: match &action.object {
                Arg::Program(command) => Some(command.clone()),
                _ => None,
            },
            protocol: action.verb.protocol,
            verb: action.verb.name,
            reads: action.verb.reads,
            details,
        };
        let joins = |last: &&mut Doing| action.verb.joins() && last.is_about_that_of(&one);
        match doing.last_mut().filter(joins) {
            Some(last) => last.details.extend(one.details.into_iter().skip(1)),
            None => doing.push(one),
        }
        Ok(())
    }

    /// Who does it.
    fn at(&self, on: &On, locals: &Locals) -> Result<At, Held> {
        let nobody = || Held::Refused("there is no server in question here".to_owned());
        match on {
            On::Local => Ok(At::Local),
            On::Endpoint(name) => Ok(At::Endpoint(name.clone())),
            On::Side(side) => Ok(At::Server(*side)),
            On::Here => self.scope.here.map(At::Server).ok_or_else(nobody),
            On::Host(host) => {
                let side = self.scope.here.ok_or_else(nobody)?;
                match self.text(host, false, locals)? {
                    Detail::Text(host) if host.is_empty() => Ok(At::Server(side)),
                    Detail::Text(host) => Ok(At::Host(side, host.into())),
                    _ => Err(Held::Refused("who does it must be known beforehand".to_owned())),
                }
            }
        }
    }

    fn arg(
        &self,
        name: &str,
        arg: &Arg,
        action: &Action,
        locals: &Locals,
        details: &mut Vec<(String, Detail)>,
    ) -> Result<(), Held> {
        let value = |value: &Expression| self.value(value, locals);
        match arg {
            Arg::Text(phrase) => {
                let text = self.text(phrase, action.for_each.is_some(), locals)?;
                details.push((name.to_owned(), text));
            }
            Arg::Value(expression) => details.push((name.to_owned(), value(expression)?)),
            Arg::Values(all) => {
                for (place, expression) in all.iter().enumerate() {
                    details.push((format!("@P{}", place + 1), value(expression)?));
                }
            }
            Arg::Named(all) => {
                for (key, expression) in all {
                    details.push((format!("{name} {key}"), value(expression)?));
                }
            }
            Arg::Attributes(all) => {
                for one in all {
                    self.attributes(name, one, action, locals, details)?;
                }
            }
            Arg::Word(word) => details.push((name.to_owned(), Detail::Text((*word).to_owned()))),
            Arg::Program(command) => details.push((name.to_owned(), Detail::Text(command.to_string()))),
        }
        Ok(())
    }

    /// An attribute with its value, or one for each item of a list.
    fn attributes(
        &self,
        name: &str,
        one: &Attributes,
        action: &Action,
        locals: &Locals,
        details: &mut Vec<(String, Detail)>,
    ) -> Result<(), Held> {
        let has_item = one.for_each.is_some() || action.for_each.is_some();
        let mut put = |locals: &Locals| {
            let Detail::Text(key) = self.text(&one.name, has_item, locals)? else {
                return Err(Held::Refused("the name of an attribute is not known".to_owned()));
            };
            if one.name.constant.is_none() && action.decides_who_gets_in(&key) {
                self.may_decide_who_gets_in(&key)?;
            }
            details.push((format!("{name} {key}"), self.value(&one.value, locals)?));
            Ok(())
        };
        let Some(each) = &one.for_each else {
            return put(locals);
        };
        for item in self.elements(&self.run(each, locals)?)? {
            let mut locals = locals.clone();
            locals.0.push(Ok(Seen::computed(item)));
            put(&locals)?;
        }
        Ok(())
    }

    /// A name of an attribute that is filled in was not seen when the pack was checked.
    fn may_decide_who_gets_in(&self, attribute: &str) -> Result<(), Held> {
        if self.fix.safety == Safety::Destructive {
            return Ok(());
        }
        Err(Held::Refused(format!(
            "fix {}: `{attribute}` decides who gets in, and only a fix with `safety: destructive` may have it filled in",
            self.fix.id
        )))
    }

    fn value(&self, value: &Expression, locals: &Locals) -> Result<Detail, Held> {
        match self.run(value, locals) {
            Ok(value) => Ok(Detail::Value(value)),
            Err(Held::Unknown(why)) if why.root.as_ref() == LATER => Ok(Detail::Later(why.detail)),
            Err(held) => Err(held),
        }
    }

    fn text(&self, phrase: &Phrase, has_item: bool, locals: &Locals) -> Result<Detail, Held> {
        let names = self.names(has_item);
        match phrase.render(&self.phrase_scope(&names, locals)) {
            Ok(text) => Ok(Detail::Text(text)),
            Err(RenderError::Absent(why)) if why.root.as_ref() == LATER => {
                Ok(Detail::Later(phrase.template.text().into()))
            }
            Err(RenderError::Absent(why)) => Err(Held::Unknown(why)),
            Err(RenderError::Refused(error)) => Err(Held::Refused(error.message)),
        }
    }
}
