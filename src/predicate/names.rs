//! The names that an expression may use.

use std::sync::Arc;

use crate::facts::FactSchema;

use super::Ty;

/// Names in scope when an expression is checked; each has a place that [`super::Locals`] fills when it runs.
#[derive(Clone, Debug)]
pub struct Names<'a> {
    pub schema: &'a FactSchema,
    /// Whether `here` and `peer` mean something.
    pub has_here: bool,
    /// Whether `known(x)` and `cause(x)` may be used.
    pub judges_absence: bool,
    locals: Vec<(String, Ty)>,
}

impl<'a> Names<'a> {
    pub fn new(schema: &'a FactSchema) -> Self {
        Self {
            schema,
            has_here: false,
            judges_absence: false,
            locals: Vec::new(),
        }
    }

    #[must_use]
    pub fn with_here(mut self, has_here: bool) -> Self {
        self.has_here = has_here;
        self
    }

    #[must_use]
    pub fn judging_absence(mut self, judges: bool) -> Self {
        self.judges_absence = judges;
        self
    }

    /// Adds a name; its place is the number of names added before.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, ty: Ty) -> Self {
        self.push(name, ty);
        self
    }

    /// Adds these names in their order.
    #[must_use]
    pub fn with_all(mut self, names: &[(Arc<str>, Ty)]) -> Self {
        for (name, ty) in names {
            self.push(name.as_ref(), ty.clone());
        }
        self
    }

    pub fn push(&mut self, name: impl Into<String>, ty: Ty) {
        self.locals.push((name.into(), ty));
    }

    /// The place and type of a name; a later one hides an earlier one.
    pub(super) fn local(&self, name: &str) -> Option<(usize, &Ty)> {
        self.locals
            .iter()
            .enumerate()
            .rev()
            .find(|(_, (n, _))| n == name)
            .map(|(i, (_, ty))| (i, ty))
    }

    /// Every word that may start an expression.
    pub(super) fn words(&self) -> Vec<&str> {
        let roots = super::Place::WORDS
            .into_iter()
            .filter(|w| self.has_here || !matches!(*w, "here" | "peer"));
        let named = self.locals.iter().map(|(name, _)| name.as_str());
        named.filter(|name| !name.is_empty()).chain(roots).collect()
    }
}
