//! From rhai's syntax tree to ours: names, functions and types are checked on the way.

mod call;
mod chain;
mod operator;

use rhai::{Expr, Position, Stmt};

use crate::facts::FactValue;
use crate::predicate::ir::{At, Ir, Node};
use crate::predicate::names::Names;
use crate::predicate::place::Place;
use crate::predicate::ty::Ty;

/// Something wrong with an expression, at a place in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub at: At,
    pub message: String,
    /// What was written and what could have been meant: the word, and the words that exist.
    pub unknown: Option<(String, Vec<String>)>,
}

impl Problem {
    pub(super) fn new(at: At, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
            unknown: None,
        }
    }

    fn unknown(at: At, what: &str, word: &str, known: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let known = known.into_iter().map(Into::into).collect();
        Self {
            at,
            message: format!("there is no {what} `{word}`"),
            unknown: Some((word.to_owned(), known)),
        }
    }
}

/// Lowers an expression, or tells all that is wrong with it.
pub(super) fn lower(expr: &Expr, names: &Names<'_>) -> Result<(Node, Ty), Vec<Problem>> {
    let mut lowering = Lowering::new(names);
    let lowered = lowering.value(expr);
    match lowered {
        Some(typed) if lowering.problems.is_empty() => Ok((typed.node, typed.ty)),
        _ => Err(lowering.problems),
    }
}

/// Lowers a dotted path, as a template mentions it.
pub(super) fn lower_path(path: &str, names: &Names<'_>) -> Result<(Node, Ty), Vec<Problem>> {
    let mut lowering = Lowering::new(names);
    let at = At { line: 1, column: 1 };
    let mut words = path.split('.');
    let first = lowering.variable(words.next().unwrap_or_default(), at);
    let last = words.try_fold(first, |base, word| Some(lowering.property(base?, word, at)));
    match last.flatten().and_then(|base| lowering.whole(base)) {
        Some(typed) if lowering.problems.is_empty() => Ok((typed.node, typed.ty)),
        _ => Err(lowering.problems),
    }
}

struct Typed {
    node: Node,
    ty: Ty,
}

/// What stands before a dot: a value, or the beginning of a fact's name.
enum Base {
    Value(Typed),
    Prefix { place: Place, name: String, at: At },
}

struct Lowering<'a> {
    names: &'a Names<'a>,
    problems: Vec<Problem>,
}

fn place(position: Position) -> At {
    At {
        line: position.line().unwrap_or(1),
        column: position.position().unwrap_or(1),
    }
}

const fn typed(ir: Ir, at: At, ty: Ty) -> Typed {
    Typed {
        node: Node { ir, at },
        ty,
    }
}

impl<'a> Lowering<'a> {
    const fn new(names: &'a Names<'a>) -> Self {
        Self {
            names,
            problems: Vec::new(),
        }
    }

    fn refuse<T>(&mut self, problem: Problem) -> Option<T> {
        self.problems.push(problem);
        None
    }

    fn fail<T>(&mut self, at: At, message: impl Into<String>) -> Option<T> {
        self.refuse(Problem::new(at, message))
    }

    fn value(&mut self, expr: &Expr) -> Option<Typed> {
        match self.base(expr)? {
            Base::Value(value) => Some(value),
            Base::Prefix { place, name, at } => self.incomplete(place, &name, at),
        }
    }

    fn incomplete<T>(&mut self, place: Place, name: &str, at: At) -> Option<T> {
        let whole = if name.is_empty() {
            place.to_string()
        } else {
            format!("{place}.{name}")
        };
        self.fail(at, format!("`{whole}` is not a fact but the beginning of a name"))
    }

    fn base(&mut self, expr: &Expr) -> Option<Base> {
        let here = place(expr.position());
        let value = match expr {
            Expr::Variable(variable, _, position) => return self.variable(&variable.1, place(*position)),
            Expr::Dot(pair, flags, position) => {
                let base = self.base(&pair.lhs)?;
                return self.dot(base, pair, *flags, place(*position));
            }
            Expr::Index(pair, flags, position) => {
                let base = self.base(&pair.lhs)?;
                return self.index(base, pair, *flags, place(*position));
            }
            Expr::BoolConstant(b, _) => constant(FactValue::Bool(*b), Ty::BOOL, here),
            Expr::IntegerConstant(n, _) => constant(FactValue::Int(*n), Ty::INT, here),
            Expr::StringConstant(text, _) => constant(text.as_str().into(), Ty::TEXT, here),
            Expr::Unit(_) => constant(FactValue::Nothing, Ty::Nothing, here),
            Expr::InterpolatedString(parts, _) => self.interpolated(parts, here)?,
            Expr::Array(items, _) => self.array(items, here)?,
            Expr::And(parts, _) => self.logic(parts, here, Ir::All)?,
            Expr::Or(parts, _) => self.logic(parts, here, Ir::Any)?,
            Expr::FnCall(call, position) => self.call(call, None, place(*position))?,
            Expr::FloatConstant(..) => return self.fail(here, "numbers with a point are not used here"),
            Expr::CharConstant(..) => return self.fail(here, "write texts in double quotes"),
            Expr::Coalesce(..) => {
                return self.fail(
                    here,
                    "`??` would hide what is not known; write what is meant with `== ()` or `known(x)`",
                );
            }
            _ => return self.fail(here, "this has no place in an expression here"),
        };
        Some(Base::Value(value))
    }

    fn interpolated(&mut self, parts: &[Expr], here: At) -> Option<Typed> {
        let mut nodes = Vec::new();
        for part in parts {
            let part = match part {
                Expr::Stmt(block) => match block.iter().next() {
                    Some(Stmt::Expr(inner)) if block.len() == 1 => self.value(inner)?,
                    _ => return self.fail(here, "one expression is wanted between the braces"),
                },
                other => self.value(other)?,
            };
            nodes.push(part.node);
        }
        Some(typed(Ir::Text(nodes), here, Ty::TEXT))
    }

    fn array(&mut self, items: &[Expr], here: At) -> Option<Typed> {
        let items: Vec<Option<Typed>> = items.iter().map(|item| self.value(item)).collect();
        let items: Vec<Typed> = items.into_iter().collect::<Option<_>>()?;
        let first = items.first().map_or(Ty::Any, |item| item.ty.clone());
        let same = items.iter().all(|item| item.ty == first);
        let ty = Ty::list(if same { first } else { Ty::Any });
        Some(typed(
            Ir::List(items.into_iter().map(|item| item.node).collect()),
            here,
            ty,
        ))
    }

    fn logic(&mut self, parts: &[Expr], here: At, make: fn(Vec<Node>) -> Ir) -> Option<Typed> {
        let parts: Vec<Option<Typed>> = parts.iter().map(|part| self.condition(part)).collect();
        let parts: Vec<Typed> = parts.into_iter().collect::<Option<_>>()?;
        Some(typed(
            make(parts.into_iter().map(|part| part.node).collect()),
            here,
            Ty::BOOL,
        ))
    }

    fn condition(&mut self, expr: &Expr) -> Option<Typed> {
        let value = self.value(expr)?;
        if !value.ty.meets(&Ty::BOOL) || value.ty == Ty::Nothing {
            return self.fail(
                value.node.at,
                format!("yes or no is wanted here, this is {}", value.ty),
            );
        }
        Some(value)
    }
}

fn constant(value: FactValue, ty: Ty, at: At) -> Typed {
    typed(Ir::Constant(value), at, ty)
}
