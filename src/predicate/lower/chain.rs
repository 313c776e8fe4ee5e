//! Names with what follows them: dots, brackets and methods.

use rhai::{ASTFlags, BinaryExpr, Expr};

use super::{Base, Lowering, Problem, Typed, place, typed};
use crate::facts::{FactType, Root};
use crate::predicate::ir::{At, Ir};
use crate::predicate::{FactRef, Place, Ty};

impl Lowering<'_> {
    pub(super) fn variable(&mut self, name: &str, at: At) -> Option<Base> {
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
    pub(super) fn dot(&mut self, base: Base, pair: &BinaryExpr, flags: ASTFlags, at: At) -> Option<Base> {
        if flags.contains(ASTFlags::NEGATED) {
            return self.fail(at, "`?.` would hide what is not known; write `.`");
        }
        match &pair.rhs {
            Expr::Dot(rest, flags, position) => {
                let base = self.member(base, &rest.lhs)?;
                self.dot(base, rest, *flags, place(*position))
            }
            Expr::Index(rest, flags, position) => {
                let base = self.member(base, &rest.lhs)?;
                self.index(base, rest, *flags, place(*position))
            }
            last => self.member(base, last),
        }
    }

    /// What follows a bracket: the key alone, or the key and the chain after the bracket.
    pub(super) fn index(&mut self, base: Base, pair: &BinaryExpr, flags: ASTFlags, at: At) -> Option<Base> {
        if flags.contains(ASTFlags::NEGATED) {
            return self.fail(at, "`?[` would hide what is not known; write `[`");
        }
        if flags.contains(ASTFlags::BREAK) {
            return self.element(base, &pair.rhs, at);
        }
        match &pair.rhs {
            Expr::Dot(rest, flags, position) => {
                let base = self.element(base, &rest.lhs, at)?;
                self.dot(base, rest, *flags, place(*position))
            }
            Expr::Index(rest, flags, position) => {
                let base = self.element(base, &rest.lhs, at)?;
                self.index(base, rest, *flags, place(*position))
            }
            last => self.element(base, last, at),
        }
    }

    pub(super) fn member(&mut self, base: Base, member: &Expr) -> Option<Base> {
        match member {
            Expr::Property(property, position) => self.property(base, &property.2, place(*position)),
            Expr::MethodCall(call, position) => {
                let receiver = self.whole(base)?;
                self.call(call, Some(receiver), place(*position)).map(Base::Value)
            }
            other => self.fail(place(other.position()), "a field name is wanted after the dot"),
        }
    }

    pub(super) fn whole(&mut self, base: Base) -> Option<Typed> {
        match base {
            Base::Value(value) => Some(value),
            Base::Prefix { place, name, at } => self.incomplete(place, &name, at),
        }
    }

    pub(super) fn property(&mut self, base: Base, name: &str, here: At) -> Option<Base> {
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
                let what = if matches!(root, Root::Setting) {
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

    pub(super) fn no_field<T>(&mut self, ty: &Ty, name: &str, here: At) -> Option<T> {
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

    pub(super) fn element(&mut self, base: Base, key: &Expr, here: At) -> Option<Base> {
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
}
