//! Expressions and phrases of a file, checked against the names in scope, with their problems at their places.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::predicate::{Expression, Names, Problem, Ty};
use crate::template::Context;
use crate::yaml::Node;
use crate::yaml::decode::borrowed;

use super::Phrase;

/// Reads an expression; a boolean or number without quotes is one too.
pub(super) fn expression(node: &Node, names: &Names<'_>, sink: &mut Diagnostics) -> Option<Expression> {
    let text = borrowed(node, "an expression", sink)?;
    match Expression::parse(text, names) {
        Ok(expression) => Some(expression),
        Err(problems) => {
            for problem in problems {
                sink.push(located(node, &problem));
            }
            None
        }
    }
}

/// Reads an expression that says yes or no.
pub(super) fn condition(node: &Node, names: &Names<'_>, sink: &mut Diagnostics) -> Option<Expression> {
    let expression = expression(node, names, sink)?;
    if expression.ty().meets(&Ty::BOOL) && *expression.ty() != Ty::Nothing {
        return Some(expression);
    }
    let message = format!("this is {}, but yes or no is wanted", expression.ty());
    sink.push(Diagnostic::error("wrong-type", message).at(node.span, ""));
    None
}

fn located(node: &Node, problem: &Problem) -> Diagnostic {
    let place = node.locate(problem.at.line, problem.at.column);
    let diagnostic = Diagnostic::error("bad-expression", problem.message.clone()).at(place, "");
    match &problem.unknown {
        Some((word, known)) => diagnostic.did_you_mean(word, known.iter().map(String::as_str)),
        None => diagnostic,
    }
}

/// Reads a template for this context; the facts that it mentions must be declared.
pub(super) fn phrase(
    node: &Node,
    context: Context,
    names: &Names<'_>,
    sink: &mut Diagnostics,
) -> Option<Phrase> {
    let text = borrowed(node, "a text", sink)?;
    match Phrase::compile(text, context, names) {
        Ok(phrase) => Some(phrase),
        Err(problems) => {
            for problem in problems {
                sink.push(located(node, &problem));
            }
            None
        }
    }
}
