//! Functions, and what is written like one but is not evaluated like one.

use rhai::{Expr, FnCallExpr};

use super::{Lowering, Problem, Typed, typed};
use crate::facts::FactValue;
use crate::predicate::Ty;
use crate::predicate::functions::{self, Function};
use crate::predicate::ir::{At, Ir};
use crate::predicate::pattern::Pattern;

impl Lowering<'_> {
    /// A call, an operator or `in`; the receiver of a method is its first argument.
    pub(super) fn call(&mut self, call: &FnCallExpr, receiver: Option<Typed>, here: At) -> Option<Typed> {
        let name = call.name.as_str();
        if call.op_token.is_some() && receiver.is_none() && name != "contains" {
            return self.operator(name, &call.args, here);
        }
        match (name, call.args.as_ref()) {
            ("not", [arg]) if receiver.is_none() => return self.negated(arg, here),
            ("known" | "cause", [arg]) if receiver.is_none() => return self.judged_absence(name, arg, here),
            _ => {}
        }
        let receiver_failed = receiver.is_none();
        let mut args: Vec<Option<Typed>> = Vec::new();
        if !receiver_failed {
            args.push(receiver);
        }
        args.extend(call.args.iter().map(|arg| self.value(arg)));
        let args: Vec<Typed> = args.into_iter().collect::<Option<_>>()?;
        if name == "capture" {
            return self.capture(args, here);
        }
        let Some(function) = functions::find(name) else {
            let known = functions::all()
                .map(|f| f.name)
                .chain(["known", "cause", "not", "capture"]);
            return self.refuse(Problem::unknown(here, "function", name, known));
        };
        self.checked_call(function, args, here)
    }

    pub(super) fn checked_call(
        &mut self,
        function: &'static Function,
        args: Vec<Typed>,
        here: At,
    ) -> Option<Typed> {
        let types: Vec<Ty> = args.iter().map(|arg| arg.ty.clone()).collect();
        if let ("contains", [Ty::List(item), value]) = (function.name, types.as_slice())
            && !item.meets(value)
        {
            return self.fail(here, format!("{value} is never in a list of {item}"));
        }
        if let Err(message) = function.accepts(&types) {
            return self.fail(here, message);
        }
        let ty = (function.result)(&types);
        Some(typed(
            Ir::Call(function, args.into_iter().map(|arg| arg.node).collect()),
            here,
            ty,
        ))
    }

    pub(super) fn negated(&mut self, arg: &Expr, here: At) -> Option<Typed> {
        let arg = self.condition(arg)?;
        Some(typed(Ir::Not(Box::new(arg.node)), here, Ty::BOOL))
    }

    pub(super) fn judged_absence(&mut self, name: &str, arg: &Expr, here: At) -> Option<Typed> {
        if !self.names.judges_absence {
            let message = format!("`{name}(x)` is for rules that say `judges_absence: true`");
            return self.fail(here, message);
        }
        let arg = Box::new(self.value(arg)?.node);
        Some(match name {
            "known" => typed(Ir::Known(arg), here, Ty::BOOL),
            _ => typed(Ir::Cause(arg), here, Ty::Is(functions::cause_type())),
        })
    }

    pub(super) fn capture(&mut self, args: Vec<Typed>, here: At) -> Option<Typed> {
        let wanted = "capture(text, \"pattern\") wants a text and a pattern in quotes with one group";
        let Ok([text, pattern]) = <[Typed; 2]>::try_from(args) else {
            return self.fail(here, wanted);
        };
        let Ir::Constant(FactValue::Text(pattern)) = &pattern.node.ir else {
            return self.fail(here, wanted);
        };
        if !text.ty.meets(&Ty::TEXT) {
            return self.fail(here, format!("capture wants a text, this is {}", text.ty));
        }
        match Pattern::new(pattern) {
            Ok(pattern) => Some(typed(Ir::Capture(Box::new(text.node), pattern), here, Ty::TEXT)),
            Err(message) => self.fail(here, message),
        }
    }
}
