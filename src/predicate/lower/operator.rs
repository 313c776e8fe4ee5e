//! Operators: comparisons, whose sides must be able to meet, and arithmetic.

use rhai::Expr;

use super::{Lowering, Problem, Typed, constant, place, typed};
use crate::facts::{FactType, FactValue};
use crate::predicate::Ty;
use crate::predicate::ir::{Arithmetic, At, Comparison, Ir};

impl Lowering<'_> {
    pub(super) fn operator(&mut self, name: &str, args: &[Expr], here: At) -> Option<Typed> {
        let comparison = match name {
            "==" => Some(Comparison::Equal),
            "!=" => Some(Comparison::NotEqual),
            "<" => Some(Comparison::Less),
            "<=" => Some(Comparison::LessOrEqual),
            ">" => Some(Comparison::Greater),
            ">=" => Some(Comparison::GreaterOrEqual),
            _ => None,
        };
        let arithmetic = match name {
            "+" => Some(Arithmetic::Add),
            "-" => Some(Arithmetic::Subtract),
            "*" => Some(Arithmetic::Multiply),
            _ => None,
        };
        match (comparison, arithmetic, args) {
            (Some(comparison), _, [a, b]) => self.comparison(comparison, a, b, here),
            (_, Some(arithmetic), [a, b]) => self.arithmetic(arithmetic, a, b, here),
            (_, _, [arg]) if name == "!" => match arg {
                Expr::FnCall(call, position) if call.name == "contains" => {
                    let found = self.call(call, None, place(*position))?;
                    Some(typed(Ir::Not(Box::new(found.node)), here, Ty::BOOL))
                }
                arg => self.negated(arg, here),
            },
            _ => self.fail(here, format!("the operator `{name}` is not used here")),
        }
    }

    pub(super) fn comparison(
        &mut self,
        comparison: Comparison,
        a: &Expr,
        b: &Expr,
        here: At,
    ) -> Option<Typed> {
        let (a, b) = (self.value(a), self.value(b));
        let (a, b) = (a?, b?);
        let (a, b) = self.literals(a, b)?;
        if !a.ty.meets(&b.ty) {
            return self.fail(here, format!("{} and {} can never be equal", a.ty, b.ty));
        }
        let ordered = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if ordered && !(a.ty.is_ordered() && b.ty.is_ordered()) {
            return self.fail(here, format!("{} and {} have no order", a.ty, b.ty));
        }
        Some(typed(
            Ir::Compare(comparison, Box::new(a.node), Box::new(b.node)),
            here,
            Ty::BOOL,
        ))
    }

    /// A text written in the expression takes the type of what it is compared with.
    pub(super) fn literals(&mut self, a: Typed, b: Typed) -> Option<(Typed, Typed)> {
        let (left, right) = (a.ty.clone(), b.ty.clone());
        Some((self.literal(a, &right)?, self.literal(b, &left)?))
    }

    pub(super) fn literal(&mut self, value: Typed, other: &Ty) -> Option<Typed> {
        let (Ir::Constant(FactValue::Text(text)), Ty::Is(wanted)) = (&value.node.ir, other) else {
            return Some(value);
        };
        match wanted {
            FactType::Text | FactType::Host | FactType::Record(_) | FactType::Map(_) => Some(value),
            FactType::OneOf(words) if words.iter().any(|w| w == text) => Some(value),
            FactType::OneOf(words) => {
                let known = words.iter().map(ToString::to_string);
                let problem = Problem::unknown(value.node.at, "value", text, known);
                self.refuse(problem)
            }
            _ => match wanted.parse(text) {
                Some(parsed) => Some(constant(parsed, Ty::Is(wanted.clone()), value.node.at)),
                None => self.fail(
                    value.node.at,
                    format!("\"{text}\" is no {wanted}, so the two can never be equal"),
                ),
            },
        }
    }

    pub(super) fn arithmetic(&mut self, operator: Arithmetic, a: &Expr, b: &Expr, here: At) -> Option<Typed> {
        let (a, b) = (self.value(a), self.value(b));
        let (a, b) = (a?, b?);
        let numbers = a.ty.meets(&Ty::INT) && b.ty.meets(&Ty::INT);
        let joins = operator == Arithmetic::Add
            && (a.ty.is_text() && b.ty.is_text() || matches!((&a.ty, &b.ty), (Ty::List(_), Ty::List(_))));
        if !numbers && !joins {
            return self.fail(here, format!("{} and {} do not add up", a.ty, b.ty));
        }
        let ty = if a.ty == Ty::Any {
            b.ty.clone()
        } else {
            a.ty.clone()
        };
        Some(typed(
            Ir::Arithmetic(operator, Box::new(a.node), Box::new(b.node)),
            here,
            ty,
        ))
    }
}
