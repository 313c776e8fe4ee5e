//! Expressions of rules and probes: rhai's syntax, our meaning.
//!
//! rhai reads the text; what it gives is checked and lowered to a small tree of our own, which is what runs.
//! So a misspelt fact, an unknown function or a comparison that can never be true is refused when the pack is
//! loaded, a fact that could not be read ends the expression where it is read (it cannot turn into `false` on
//! the way), every fact that was really read is evidence, and a pack can reach nothing but the functions listed
//! in [`functions`]: there is no loop, no clock, no output and no state in an expression.

mod budget;
mod compare;
mod eval;
mod fault;
pub mod functions;
mod ir;
mod location;
mod lower;
mod names;
mod parse;
mod pattern;
mod place;
mod seen;
mod ty;
mod whole;

pub use budget::Budget;
pub use eval::{Locals, Scope, key_of};
pub use fault::Fault;
pub use ir::At;
pub use location::KeyPart;
pub use lower::Problem;
pub use names::Names;
pub use parse::{Expression, is_keyword};
pub use place::{FactRef, Place};
pub use seen::{FactRead, Seen, Trail};
pub use ty::Ty;

#[cfg(test)]
mod tests;
