//! What an expression can be, as far as that is known before it runs.

use std::fmt;

use crate::facts::FactType;

/// The type of an expression; lists and sets are one, for they compare and are searched alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ty {
    /// Known only when it runs.
    Any,
    /// `()`.
    Nothing,
    List(Box<Self>),
    /// Anything but a list or set.
    Is(FactType),
}

impl Ty {
    pub const BOOL: Self = Self::Is(FactType::Bool);
    pub const INT: Self = Self::Is(FactType::Int);
    pub const TEXT: Self = Self::Is(FactType::Text);

    pub fn list(item: Self) -> Self {
        Self::List(Box::new(item))
    }

    /// The type of an item: of a list's items, of a collection's records.
    pub fn item(&self) -> Option<Self> {
        match self {
            Self::Any => Some(Self::Any),
            Self::List(item) => Some(Self::clone(item)),
            Self::Is(FactType::Map(fields)) => Some(Self::Is(FactType::Record(fields.clone()))),
            _ => None,
        }
    }

    /// The type of a field, or `None` when there is no such field.
    pub fn field(&self, name: &str) -> Option<Self> {
        match self {
            Self::Any => Some(Self::Any),
            Self::Is(FactType::Record(fields)) => fields.get(name).map(Self::from),
            _ => None,
        }
    }

    /// Whether a value of this type and one of the other can ever be equal.
    pub fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any | Self::Nothing, _) | (_, Self::Any | Self::Nothing) => true,
            (Self::List(a), Self::List(b)) => a.meets(b),
            (Self::Is(a), Self::Is(b)) => is_text(a) && is_text(b) || kind(a) == kind(b),
            _ => false,
        }
    }

    /// Whether values of this type have an order.
    pub fn is_ordered(&self) -> bool {
        matches!(self, Self::Any)
            || matches!(self, Self::Is(ty) if is_text(ty)
                || matches!(ty, FactType::Int | FactType::Version | FactType::Time | FactType::Ip))
    }

    pub fn is_text(&self) -> bool {
        matches!(self, Self::Is(ty) if is_text(ty))
    }
}

/// Whether the type is written and compared as plain text.
fn is_text(ty: &FactType) -> bool {
    matches!(ty, FactType::Text | FactType::OneOf(_) | FactType::Host)
}

fn kind(ty: &FactType) -> std::mem::Discriminant<FactType> {
    std::mem::discriminant(ty)
}

impl From<&FactType> for Ty {
    fn from(ty: &FactType) -> Self {
        match ty {
            FactType::List(item) | FactType::Set(item) => Self::list(Self::from(item.as_ref())),
            other => Self::Is(other.clone()),
        }
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("anything"),
            Self::Nothing => f.write_str("()"),
            Self::List(item) if **item == Self::Any => f.write_str("a list"),
            Self::List(item) => write!(f, "list of {item}"),
            Self::Is(ty) => write!(f, "{ty}"),
        }
    }
}
