//! From rhai's syntax tree to ours: names, functions and types are checked on the way.

use rhai::{ASTFlags, BinaryExpr, Expr, FnCallExpr, Position, Stmt};

use super::functions::{self, Function};
use super::ir::{Arithmetic, At, Comparison, Ir, Node};
use super::names::Names;
use super::place::{FactRef, Place};
use super::ty::Ty;
use crate::facts::{FactType, FactValue};

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
    let mut lowering = Lowering {
        names,
        problems: Vec::new(),
    };
    let lowered = lowering.value(expr);
    match lowered {
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

fn at(position: Position) -> At {
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

impl Lowering<'_> {
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
        let here = at(expr.position());
        let value = match expr {
            Expr::Variable(variable, _, position) => return self.variable(&variable.1, at(*position)),
            Expr::Dot(pair, flags, position) => {
                let base = self.base(&pair.lhs)?;
                return self.dot(base, pair, *flags, at(*position));
            }
            Expr::Index(pair, flags, position) => {
                let base = self.base(&pair.lhs)?;
                return self.index(base, pair, *flags, at(*position));
            }
            Expr::BoolConstant(b, _) => constant(FactValue::Bool(*b), Ty::BOOL, here),
            Expr::IntegerConstant(n, _) => constant(FactValue::Int(*n), Ty::INT, here),
            Expr::StringConstant(text, _) => constant(text.as_str().into(), Ty::TEXT, here),
            Expr::Unit(_) => constant(FactValue::Nothing, Ty::Nothing, here),
            Expr::InterpolatedString(parts, _) => self.interpolated(parts, here)?,
            Expr::Array(items, _) => self.array(items, here)?,
            Expr::And(parts, _) => self.logic(parts, here, Ir::All)?,
            Expr::Or(parts, _) => self.logic(parts, here, Ir::Any)?,
            Expr::FnCall(call, position) => self.call(call, None, at(*position))?,
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

    fn variable(&mut self, name: &str, at: At) -> Option<Base> {
        if let Some((place, ty)) = self.names.local(name) {
            return Some(Base::Value(typed(Ir::Local(place), at, ty.clone())));
        }
        match name.parse::<Place>() {
            Ok(Place::Here | Place::Peer) if !self.names.has_here => self.fail(
                at,
                format!("`{name}` has no meaning here: no one server is in question"),
            ),
            Ok(place) => Some(Base::Prefix {
                place,
                name: String::new(),
                at,
            }),
            Err(()) => self.refuse(Problem::unknown(at, "name", name, self.names.words())),
        }
    }

    /// What follows a dot: `rhs` is a field or method, or a chain that starts with one.
    fn dot(&mut self, base: Base, pair: &BinaryExpr, flags: ASTFlags, at: At) -> Option<Base> {
        if flags.contains(ASTFlags::NEGATED) {
            return self.fail(at, "`?.` would hide what is not known; write `.`");
        }
        match &pair.rhs {
            Expr::Dot(rest, flags, position) => {
                let base = self.member(base, &rest.lhs)?;
                self.dot(base, rest, *flags, self::at(*position))
            }
            Expr::Index(rest, flags, position) => {
                let base = self.member(base, &rest.lhs)?;
                self.index(base, rest, *flags, self::at(*position))
            }
            last => self.member(base, last),
        }
    }

    /// What follows a bracket: the key alone, or the key and the chain after the bracket.
    fn index(&mut self, base: Base, pair: &BinaryExpr, flags: ASTFlags, at: At) -> Option<Base> {
        if flags.contains(ASTFlags::NEGATED) {
            return self.fail(at, "`?[` would hide what is not known; write `[`");
        }
        if flags.contains(ASTFlags::BREAK) {
            return self.element(base, &pair.rhs, at);
        }
        match &pair.rhs {
            Expr::Dot(rest, flags, position) => {
                let base = self.element(base, &rest.lhs, at)?;
                self.dot(base, rest, *flags, self::at(*position))
            }
            Expr::Index(rest, flags, position) => {
                let base = self.element(base, &rest.lhs, at)?;
                self.index(base, rest, *flags, self::at(*position))
            }
            last => self.element(base, last, at),
        }
    }

    fn member(&mut self, base: Base, member: &Expr) -> Option<Base> {
        match member {
            Expr::Property(property, position) => self.property(base, &property.2, at(*position)),
            Expr::MethodCall(call, position) => {
                let receiver = self.whole(base)?;
                self.call(call, Some(receiver), at(*position)).map(Base::Value)
            }
            other => self.fail(at(other.position()), "a field name is wanted after the dot"),
        }
    }

    fn whole(&mut self, base: Base) -> Option<Typed> {
        match base {
            Base::Value(value) => Some(value),
            Base::Prefix { place, name, at } => self.incomplete(place, &name, at),
        }
    }

    fn property(&mut self, base: Base, name: &str, here: At) -> Option<Base> {
        match base {
            Base::Prefix {
                place,
                name: prefix,
                at: start,
            } => {
                let full = if prefix.is_empty() {
                    name.to_owned()
                } else {
                    format!("{prefix}.{name}")
                };
                let root = place.schema_root();
                if let Some(ty) = self.names.schema.type_of(root, &full) {
                    let ty = Ty::from(ty);
                    let fact = FactRef {
                        place,
                        name: full.into(),
                    };
                    return Some(Base::Value(typed(Ir::Fact(fact), start, ty)));
                }
                if self.names.schema.has_prefix(root, &full) {
                    return Some(Base::Prefix {
                        place,
                        name: full,
                        at: start,
                    });
                }
                let what = if matches!(root, crate::facts::Root::Setting) {
                    "setting"
                } else {
                    "fact"
                };
                let known = self.names.schema.names(root).map(|n| format!("{place}.{n}"));
                self.refuse(Problem::unknown(here, what, &format!("{place}.{full}"), known))
            }
            Base::Value(value) => {
                let Some(ty) = value.ty.field(name) else {
                    return self.no_field(&value.ty, name, here);
                };
                Some(Base::Value(typed(
                    Ir::Field(Box::new(value.node), name.into()),
                    here,
                    ty,
                )))
            }
        }
    }

    fn no_field<T>(&mut self, ty: &Ty, name: &str, here: At) -> Option<T> {
        match ty {
            Ty::Is(FactType::Record(fields)) => self.refuse(Problem::unknown(
                here,
                "field",
                name,
                fields.keys().map(ToString::to_string),
            )),
            Ty::Is(FactType::Map(_)) => self.fail(
                here,
                format!("`{name}` is read of one record: a collection is indexed first, `[key].{name}`"),
            ),
            other => self.fail(here, format!("a {other} has no field `{name}`")),
        }
    }

    fn element(&mut self, base: Base, key: &Expr, here: At) -> Option<Base> {
        let base = self.whole(base)?;
        let key = self.value(key)?;
        let ty = match &base.ty {
            Ty::List(_) if !Ty::INT.meets(&key.ty) => {
                return self.fail(here, "a list is indexed by a whole number");
            }
            Ty::Is(FactType::Record(_)) if Ty::TEXT.meets(&key.ty) => Ty::Any,
            ty => match ty.item() {
                Some(item) => item,
                None => return self.fail(here, format!("a {ty} cannot be indexed")),
            },
        };
        let ir = Ir::Index(Box::new(base.node), Box::new(key.node));
        Some(Base::Value(typed(ir, here, ty)))
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

    /// A call, an operator or `in`; the receiver of a method is its first argument.
    fn call(&mut self, call: &FnCallExpr, receiver: Option<Typed>, here: At) -> Option<Typed> {
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

    fn checked_call(&mut self, function: &'static Function, args: Vec<Typed>, here: At) -> Option<Typed> {
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

    fn negated(&mut self, arg: &Expr, here: At) -> Option<Typed> {
        let arg = self.condition(arg)?;
        Some(typed(Ir::Not(Box::new(arg.node)), here, Ty::BOOL))
    }

    fn judged_absence(&mut self, name: &str, arg: &Expr, here: At) -> Option<Typed> {
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

    fn capture(&mut self, args: Vec<Typed>, here: At) -> Option<Typed> {
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
        let compiled = regex::RegexBuilder::new(pattern).size_limit(1 << 20).build();
        match compiled {
            Ok(regex) if regex.captures_len() >= 2 => {
                Some(typed(Ir::Capture(Box::new(text.node), regex), here, Ty::TEXT))
            }
            Ok(_) => self.fail(here, wanted),
            Err(error) => self.fail(here, format!("the pattern is not one: {error}")),
        }
    }

    fn operator(&mut self, name: &str, args: &[Expr], here: At) -> Option<Typed> {
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
                    let found = self.call(call, None, at(*position))?;
                    Some(typed(Ir::Not(Box::new(found.node)), here, Ty::BOOL))
                }
                arg => self.negated(arg, here),
            },
            _ => self.fail(here, format!("the operator `{name}` is not used here")),
        }
    }

    fn comparison(&mut self, comparison: Comparison, a: &Expr, b: &Expr, here: At) -> Option<Typed> {
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
    fn literals(&mut self, a: Typed, b: Typed) -> Option<(Typed, Typed)> {
        let (left, right) = (a.ty.clone(), b.ty.clone());
        Some((self.literal(a, &right)?, self.literal(b, &left)?))
    }

    fn literal(&mut self, value: Typed, other: &Ty) -> Option<Typed> {
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

    fn arithmetic(&mut self, operator: Arithmetic, a: &Expr, b: &Expr, here: At) -> Option<Typed> {
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

fn constant(value: FactValue, ty: Ty, at: At) -> Typed {
    typed(Ir::Constant(value), at, ty)
}
