//! The places that a fix needs or sets, with their values.

use super::Scopes;
use crate::catalogue::context::expression;
use crate::catalogue::{PlaceValue, Spot};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::facts::FactType;
use crate::predicate::{At, Expression, Problem, Ty};
use crate::yaml::decode::entries;
use crate::yaml::{Key, Node};

impl Scopes<'_> {
    pub(super) fn places(&self, node: &Node, sink: &mut Diagnostics) -> Option<Vec<PlaceValue>> {
        let mut all = Some(Vec::new());
        for (key, value) in entries(node, sink)? {
            match (self.place(key, value, sink), &mut all) {
                (Some(place), Some(all)) => all.push(place),
                _ => all = None,
            }
        }
        all
    }

    fn place(&self, key: &Key, value: &Node, sink: &mut Diagnostics) -> Option<PlaceValue> {
        let spot = self.spot(key, sink);
        let text = format!("{}: {}", key.text, value.text().unwrap_or_default());
        let is_any = value.text() == Some("any");
        let value = if is_any {
            None
        } else {
            Some(expression(value, &self.asking, sink)?)
        };
        let spot = spot?;
        if let (Spot::Fact(place), Some(value)) = (&spot, &value)
            && !place.ty().meets(value.ty())
        {
            let message = format!("`{}` is {}, this is {}", key.text, place.ty(), value.ty());
            sink.push(Diagnostic::error("wrong-type", message).at(key.span, ""));
            return None;
        }
        Some(PlaceValue {
            spot,
            value,
            text,
            span: key.span,
        })
    }

    fn spot(&self, key: &Key, sink: &mut Diagnostics) -> Option<Spot> {
        if let Some(name) = self.places.iter().find(|name| name.as_ref() == key.text) {
            return Some(Spot::Input(name.clone()));
        }
        let problems = match Expression::parse(&key.text, &self.asking) {
            Ok(place) if !place.is_place() => vec![Problem {
                at: At { line: 1, column: 1 },
                message: "this is no place: a fact, `fact[key]` or a field of one of these".to_owned(),
                unknown: None,
            }],
            Ok(place) if matches!(place.ty(), Ty::Is(FactType::Map(_))) => vec![Problem {
                at: At { line: 1, column: 1 },
                message: "this is a whole collection; a place is one record of it: `fact[key]`".to_owned(),
                unknown: None,
            }],
            Ok(place) => return Some(Spot::Fact(place)),
            Err(problems) => problems,
        };
        for problem in problems {
            let wrong = Diagnostic::error("bad-place", problem.message).at(key.span, "");
            sink.push(match &problem.unknown {
                Some((word, known)) => wrong.did_you_mean(word, known.iter().map(String::as_str)),
                None => wrong,
            });
        }
        None
    }
}
