//! An expression after all its names, functions and types were checked.

use std::sync::Arc;

use super::functions::Function;
use super::pattern::Pattern;
use super::place::FactRef;
use crate::facts::FactValue;

/// Line and column in the expression's own text, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    pub line: usize,
    pub column: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
}

#[derive(Clone, Debug)]
pub(super) enum Ir {
    Constant(FactValue),
    /// A text with expressions in it.
    Text(Vec<Node>),
    List(Vec<Node>),
    Fact(FactRef),
    /// A name by its place among the names in scope.
    Local(usize),
    Field(Box<Node>, Arc<str>),
    Index(Box<Node>, Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    Arithmetic(Arithmetic, Box<Node>, Box<Node>),
    Known(Box<Node>),
    Cause(Box<Node>),
    Capture(Box<Node>, Pattern),
    Call(&'static Function, Vec<Node>),
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) ir: Ir,
    pub(super) at: At,
}

impl Node {
    /// Calls `visit` for this node and every node below it.
    pub(super) fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        match &self.ir {
            Ir::Constant(_) | Ir::Fact(_) | Ir::Local(_) => {}
            Ir::Text(nodes) | Ir::List(nodes) | Ir::All(nodes) | Ir::Any(nodes) | Ir::Call(_, nodes) => {
                for node in nodes {
                    node.walk(visit);
                }
            }
            Ir::Field(a, _) | Ir::Not(a) | Ir::Known(a) | Ir::Cause(a) | Ir::Capture(a, _) => a.walk(visit),
            Ir::Index(a, b) | Ir::Compare(_, a, b) | Ir::Arithmetic(_, a, b) => {
                a.walk(visit);
                b.walk(visit);
            }
        }
    }
}
