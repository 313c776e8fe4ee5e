//! Text to a checked expression; the only user of rhai.

use std::cell::RefCell;

use rhai::{Engine, OptimizationLevel, Stmt, Token};

use super::budget::Budget;
use super::eval::{self, Locals, Scope};
use super::fault::Fault;
use super::ir::{At, Ir, Node};
use super::location::{self, KeyPart};
use super::lower::{self, Problem};
use super::names::Names;
use super::place::FactRef;
use super::seen::{FactRead, Seen, Trail};
use super::ty::Ty;

/// The longest expression, in bytes; rules of people stay far below.
const MAX_BYTES: usize = 16 * 1024;

/// How deep expressions may nest.
const MAX_DEPTH: usize = 48;

thread_local! {
    static ENGINE: Engine = engine();
}

fn engine() -> Engine {
    let mut engine = Engine::new_raw();
    engine
        .set_optimization_level(OptimizationLevel::None)
        .set_max_expr_depths(MAX_DEPTH, 1)
        .set_max_string_size(MAX_BYTES)
        .set_allow_looping(false)
        .set_allow_anonymous_fn(false)
        .set_allow_statement_expression(false)
        .set_allow_if_expression(false)
        .set_allow_switch_expression(false);
    engine
}

/// Whether the word belongs to the language, so that no fact or field can be named so.
pub fn is_keyword(word: &str) -> bool {
    ENGINE.with(|engine| {
        let words = [word];
        let (mut tokens, _) = engine.lex(&words);
        let first = tokens.next().map(|(token, _)| token);
        !matches!(first, Some(Token::Identifier(_)))
    })
}

/// An expression whose names, functions and types were checked.
#[derive(Clone, Debug)]
pub struct Expression {
    root: Node,
    ty: Ty,
    facts: Vec<(FactRef, At)>,
}

impl Expression {
    /// Reads one expression; all that is wrong with its names and types is told at once.
    pub fn parse(text: &str, names: &Names<'_>) -> Result<Self, Vec<Problem>> {
        if text.len() > MAX_BYTES {
            let message = format!("the expression is longer than {MAX_BYTES} bytes");
            return Err(vec![Problem::new(At { line: 1, column: 1 }, message)]);
        }
        let parsed = ENGINE.with(|engine| engine.compile_expression(text));
        let ast = parsed.map_err(|error| {
            let position = error.position();
            let at = At {
                line: position.line().unwrap_or(1),
                column: position.position().unwrap_or(1),
            };
            vec![Problem::new(at, error.err_type().to_string())]
        })?;
        let [Stmt::Expr(expr)] = ast.statements() else {
            return Err(vec![Problem::new(
                At { line: 1, column: 1 },
                "one expression is wanted here",
            )]);
        };
        lower::lower(expr, names).map(Self::from)
    }

    /// Reads a dotted path, as a template mentions it.
    pub fn path(path: &str, names: &Names<'_>) -> Result<Self, Vec<Problem>> {
        lower::lower_path(path, names).map(Self::from)
    }

    fn from((root, ty): (Node, Ty)) -> Self {
        let mut facts = Vec::new();
        root.walk(&mut |node| {
            if let Ir::Fact(fact) = &node.ir {
                facts.push((fact.clone(), node.at));
            }
        });
        Self { root, ty, facts }
    }

    /// What the expression gives, as far as that is known.
    pub fn ty(&self) -> &Ty {
        &self.ty
    }

    /// The facts that the expression mentions, in its order, with their places.
    pub fn facts(&self) -> impl Iterator<Item = &FactRef> {
        self.facts.iter().map(|(fact, _)| fact)
    }

    /// The fact that the expression is, if it is just that.
    pub fn as_fact(&self) -> Option<&FactRef> {
        match &self.root.ir {
            Ir::Fact(fact) => Some(fact),
            _ => None,
        }
    }

    /// Whether the expression uses the name at this place among its names.
    pub fn uses_local(&self, place: usize) -> bool {
        let mut used = false;
        self.root
            .walk(&mut |node| used |= matches!(node.ir, Ir::Local(i) if i == place));
        used
    }

    /// The fields that it reads directly of the name at this place: `row.cn` gives `cn`.
    pub fn fields_of(&self, place: usize) -> Vec<&str> {
        let mut fields = Vec::new();
        self.root.walk(&mut |node| {
            if let Ir::Field(base, name) = &node.ir
                && matches!(base.ir, Ir::Local(i) if i == place)
            {
                fields.push(name.as_ref());
            }
        });
        fields
    }

    /// Whether the expression names a place: a fact, a record of a collection, or a field of one of these.
    pub fn is_place(&self) -> bool {
        location::is_place(&self.root)
    }

    /// Whether what it gives can be a value that was read somewhere, and not one that was worked out.
    pub fn may_be_read(&self) -> bool {
        location::may_be_read(&self.root)
    }

    /// The fact in which a place lies.
    pub fn fact_of_place(&self) -> Option<&FactRef> {
        location::fact_of(&self.root)
    }

    /// The parts of a place's key.
    pub fn key_parts(&self) -> Vec<KeyPart> {
        location::key_parts(&self.root)
    }

    /// Where the place is that the expression names.
    pub fn trail(&self, scope: &Scope<'_>, locals: &Locals, budget: &Budget) -> Result<Trail, Fault> {
        location::trail(&self.root, scope, locals, budget)
    }

    /// Runs the expression; what it read is added to `reads`.
    pub fn run(
        &self,
        scope: &Scope<'_>,
        locals: &Locals,
        budget: &Budget,
        reads: &RefCell<Vec<FactRead>>,
    ) -> Result<Seen, Fault> {
        eval::run(&self.root, scope, locals, budget, reads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_is_what_cannot_follow_a_dot() {
        let words = "true false let const if else switch do while until loop for in fn private throw try catch \
                     return break continue import export as global this print debug type_of eval call curry Fn \
                     is_def_var is_def_fn is_shared match use thread go sync async await yield module package \
                     static shared with goto exit default case case_of public protected new super var void null \
                     nil spawn name value x_1 group edb mode known cause here item";
        for word in words.split_whitespace() {
            let fails = ENGINE.with(|engine| engine.compile_expression(format!("x.{word}")).is_err());
            assert_eq!(is_keyword(word), fails, "{word}");
        }
    }
}
