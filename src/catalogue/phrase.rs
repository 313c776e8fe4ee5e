//! A template whose names were checked.

use std::cell::Cell;
use std::sync::Arc;

use crate::facts::{Absence, Cause, FactPath, FactSchema};
use crate::predicate::{At, Expression, FactRef, Fault, Locals, Names, Place, Problem, Scope};
use crate::template::{self, Context, Found, RenderError, Template};

/// A template and the facts that it mentions.
#[derive(Clone, Debug)]
pub struct Phrase {
    pub template: Arc<Template>,
    pub facts: Vec<FactRef>,
    /// What it says for every subject alike, in one line, so that findings can share it.
    pub constant: Option<Arc<str>>,
}

impl Phrase {
    /// Compiles the text for its context; a name that nobody declares is a problem.
    pub(super) fn compile(text: &str, context: Context, names: &Names<'_>) -> Result<Self, Vec<Problem>> {
        let template = Template::compile(text, context).map_err(|error| {
            vec![Problem {
                at: At {
                    line: error.line,
                    column: error.column,
                },
                message: error.message,
                unknown: None,
            }]
        })?;
        let mut facts = Vec::new();
        let mut problems = Vec::new();
        for mention in template.mentions() {
            match Expression::path(&mention.path, names) {
                Ok(expression) => facts.extend(expression.facts().cloned()),
                Err(found) => {
                    let at = At {
                        line: mention.line,
                        column: mention.column,
                    };
                    problems.extend(found.into_iter().map(|p| Problem { at, ..p }));
                }
            }
        }
        if problems.is_empty() {
            Ok(Self {
                constant: template.constant().map(|text| one_line(text).into()),
                template: Arc::new(template),
                facts,
            })
        } else {
            Err(problems)
        }
    }

    /// Fills the template.
    pub fn render(&self, scope: &PhraseScope<'_>) -> Result<String, RenderError> {
        self.template.render(scope)
    }

    /// What a finding says, in one line; what filling it took is added up.
    pub fn say(&self, scope: &PhraseScope<'_>, work: &Cell<u64>) -> Arc<str> {
        if let Some(constant) = &self.constant {
            return constant.clone();
        }
        match self.template.render_counted(scope, work) {
            Ok(text) => one_line(&text).into(),
            Err(error) => format!("({error})").into(),
        }
    }
}

/// Folded text of YAML as one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where a phrase finds its values: facts, and the names in scope.
#[derive(Clone, Copy, Debug)]
pub struct PhraseScope<'a> {
    pub schema: &'a FactSchema,
    pub scope: Scope<'a>,
    /// The names in scope, in the order of `locals`.
    pub names: &'a [&'a str],
    pub locals: &'a Locals,
}

impl template::Scope for PhraseScope<'_> {
    fn find(&self, path: &str) -> Option<Found> {
        if let Some(place) = self.names.iter().position(|name| *name == path) {
            return Some(match self.locals.0.get(place)? {
                Ok(seen) => Ok(seen.value.clone()),
                Err(Fault::Absent(why)) => Err(why.clone()),
                Err(fault) => Err(Absence::new(Cause::Malformed, path, fault.to_string())),
            });
        }
        let (word, name) = path.split_once('.')?;
        let place: Place = word.parse().ok()?;
        self.schema.type_of(place.schema_root(), name)?;
        let path = FactPath::new(place.root(self.scope.here)?, name);
        Some(self.scope.facts.get(&path).cloned())
    }
}
