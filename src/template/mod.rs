//! Protocol text and messages with values of facts in them.
//!
//! A template is minijinja's syntax without what can surprise: it inserts values, branches and loops, and
//! nothing else. Each has a [`Context`] that decides how a value is written there, so that no value from a
//! server can become syntax; a value that has no safe form there is refused. A fact that could not be read
//! fails protocol text and is named in messages. Expressions that judge are `predicate`'s.

mod check;
mod context;
mod plain;
mod scope;
mod script;
mod tsql;

pub use check::Mention;
pub use context::{Context, is_attribute};
pub use scope::{Found, Scope};

use crate::diagnostic::excerpt;
use crate::facts::Absence;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value, filters};
use plain::Part;
use scope::{Names, Reads};
use std::cell::Cell;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// A checked template, ready to be filled.
#[derive(Clone)]
pub struct Template {
    context: Context,
    text: Arc<str>,
    mentions: Vec<Mention>,
    filler: Filler,
}

/// What fills a template; most are never filled in a run, so what that needs is made when it is needed.
#[derive(Clone)]
enum Filler {
    Constant(Arc<str>),
    /// Of messages and scripts; the engine fills in what these cannot, and tells why it cannot either.
    Parts(Arc<[Part]>, Engine),
    Engine(Engine),
}

type Engine = Box<OnceLock<Result<Environment<'static>, TemplateError>>>;

/// What is wrong with a template, at a place of its text that counts from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    pub line: usize,
    pub column: usize,
    pub message: String,
}

/// Why a template gave no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A fact that is not known would have gone into protocol text.
    #[error("{0}")]
    Absent(Absence),
    /// A value has no safe form there, or the template cannot be filled with it.
    #[error(transparent)]
    Refused(#[from] TemplateError),
}

impl Template {
    /// One unit is an instruction or 64 bytes of text.
    const FUEL: u64 = 100_000;
    const LONGEST: usize = 64 << 10;

    /// Reads and checks a template.
    pub fn compile(text: &str, context: Context) -> Result<Self, TemplateError> {
        if text.len() > Self::LONGEST {
            let message = format!("a template is not longer than {} bytes", Self::LONGEST);
            return Err(TemplateError {
                line: 1,
                column: 1,
                message,
            });
        }
        let contents = check::check(text, context)?;
        let filler = match contents.parts {
            Some(parts) => match plain::constant(&parts) {
                Some(constant) => Filler::Constant(constant.into()),
                None if matches!(context, Context::Text | Context::PowerShell | Context::Cmd) => {
                    Filler::Parts(parts.into(), Box::default())
                }
                None => Filler::Engine(Box::default()),
            },
            None => Filler::Engine(Box::default()),
        };
        Ok(Self {
            context,
            text: text.into(),
            mentions: contents.mentions,
            filler,
        })
    }

    fn environment(context: Context, text: &str) -> Result<Environment<'static>, TemplateError> {
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(Self::FUEL));
        environment.set_debug(false);
        environment.set_formatter(move |out, _, value| context::write(context, out, value));
        environment.add_filter("lower", filters::lower);
        environment.add_filter("upper", filters::upper);
        environment.add_filter("trim", filters::trim);
        environment.add_filter("join", filters::join);
        environment.add_filter("length", scope::length);
        if context == Context::Tsql {
            tsql::add_filters(&mut environment);
        }
        environment
            .add_template_owned(NAME, text.to_owned())
            .map_err(|error| located(&error, text))?;
        Ok(environment)
    }

    /// Returns the dotted paths that the template reads, in the order of their first places.
    pub fn mentions(&self) -> &[Mention] {
        &self.mentions
    }

    pub fn context(&self) -> Context {
        self.context
    }

    /// Returns the template as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the text of a template that has no values in it.
    pub fn constant(&self) -> Option<&Arc<str>> {
        match &self.filler {
            Filler::Constant(text) => Some(text),
            Filler::Parts(..) | Filler::Engine(_) => None,
        }
    }

    /// Fills the template.
    pub fn render(&self, scope: &dyn Scope) -> Result<String, RenderError> {
        self.render_counted(scope, &Cell::default())
    }

    /// Fills the template and adds up what that took: one is an instruction, or 64 bytes of text.
    pub fn render_counted(&self, scope: &dyn Scope, work: &Cell<u64>) -> Result<String, RenderError> {
        let text = match &self.filler {
            Filler::Constant(text) => text.to_string(),
            Filler::Parts(parts, engine) => match plain::fill(parts, self.context, Self::LONGEST, scope) {
                Some(text) => {
                    let took = parts.len() + text.len() / 64;
                    work.set(work.get().saturating_add(took as u64));
                    text
                }
                None => self.filled(engine, scope, work)?,
            },
            Filler::Engine(engine) => self.filled(engine, scope, work)?,
        };
        context::whole(self.context, &text).map_err(|message| TemplateError {
            line: 1,
            column: 1,
            message,
        })?;
        Ok(text)
    }

    fn filled(&self, engine: &Engine, scope: &dyn Scope, work: &Cell<u64>) -> Result<String, RenderError> {
        let engine = engine.get_or_init(|| Self::environment(self.context, &self.text));
        let engine = engine.as_ref().map_err(Clone::clone)?;
        let reads = Reads::default();
        let names = Names::root(&self.mentions, scope, &reads);
        let template = engine
            .get_template(NAME)
            .map_err(|error| located(&error, &self.text))?;
        let rendered = template.render_captured(Value::from_object(names));
        // How far a template came that failed is not known; only a loop can have made it far.
        let most = if self.text.contains("{%") { Self::FUEL } else { 0 };
        let took = match &rendered {
            Ok(rendered) => rendered.state().fuel_levels().map_or(0, |(took, _)| took),
            Err(_) => most,
        };
        work.set(work.get().saturating_add(took));
        // In protocol text it does not matter what was done with the absent value: reading it is enough.
        if self.context != Context::Text
            && let Some(why) = reads.first()
        {
            return Err(RenderError::Absent(why));
        }
        let rendered = rendered.map_err(|error| located(&error, &self.text))?;
        Ok(rendered.into_output())
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template")
            .field("context", &self.context)
            .field("text", &self.text)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.context == other.context && self.text == other.text
    }
}

impl Eq for Template {}

/// minijinja wants a name; it is never shown.
const NAME: &str = "template";

fn located(error: &minijinja::Error, text: &str) -> TemplateError {
    let range = error.range();
    let expression = range.clone().and_then(|range| text.get(range));
    let message = match (error.kind(), error.detail(), expression) {
        (ErrorKind::UndefinedError, _, Some(expression)) => format!("`{}` has no value", excerpt(expression)),
        (ErrorKind::OutOfFuel, ..) => "filling this template takes too long".to_owned(),
        (_, Some(detail), _) => detail.to_owned(),
        (kind, None, _) => kind.to_string(),
    };
    match range {
        Some(range) => check::at(text, range.start, message),
        None => TemplateError {
            line: error.line().unwrap_or(1),
            column: 1,
            message,
        },
    }
}

#[cfg(test)]
mod tests;
