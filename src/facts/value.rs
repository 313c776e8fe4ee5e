//! One value of a fact, and what it looks like to a person.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::mem::discriminant;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use jiff::Timestamp;

use super::{Absence, Acl, Dn, FactMap, Record, Sid, Version, WinPath};

/// The keyed digest of a secret: tells two secrets apart without holding either.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    /// Names the key; digests under different keys say nothing about each other.
    pub key: Arc<str>,
    /// Hexadecimal HMAC-SHA-256.
    pub mac: Arc<str>,
}

/// A typed value read from somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactValue {
    /// Proven nothing: `()` in expressions.
    Nothing,
    Bool(bool),
    Int(i64),
    Text(Arc<str>),
    Version(Version),
    Ip(IpAddr),
    Subnet(IpNet),
    Path(WinPath),
    Dn(Dn),
    Sid(Sid),
    Acl(Arc<Acl>),
    Bytes(Arc<[u8]>),
    Digest(Digest),
    Time(Timestamp),
    Host(Arc<str>),
    List(Arc<[Self]>),
    /// Sorted, without duplicates.
    Set(Arc<[Self]>),
    Record(Arc<Record>),
    Map(Arc<FactMap>),
    /// A hole: this part could not be read.
    Absent(Arc<Absence>),
}

impl FactValue {
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(items.into_iter().collect())
    }

    pub fn absent(why: Absence) -> Self {
        Self::Absent(Arc::new(why))
    }

    /// The word for this kind of value in errors.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Text(_) => "text",
            Self::Version(_) => "version",
            Self::Ip(_) => "ip",
            Self::Subnet(_) => "subnet",
            Self::Path(_) => "path",
            Self::Dn(_) => "dn",
            Self::Sid(_) => "sid",
            Self::Acl(_) => "acl",
            Self::Bytes(_) => "bytes",
            Self::Digest(_) => "digest",
            Self::Time(_) => "time",
            Self::Host(_) => "host",
            Self::List(_) => "list",
            Self::Set(_) => "set",
            Self::Record(_) => "record",
            Self::Map(_) => "map_of",
            Self::Absent(_) => "absent",
        }
    }

    /// The items of a list or set.
    pub fn items(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) | Self::Set(items) => Some(items),
            _ => None,
        }
    }

    /// The text of a text or host.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Host(text) => Some(text),
            _ => None,
        }
    }

    /// Orders two values of one kind; `None` when they cannot be compared.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        Some(match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Text(a) | Self::Host(a), Self::Text(b) | Self::Host(b)) => a.cmp(b),
            (Self::Version(a), Self::Version(b)) => a.cmp(b),
            (Self::Ip(a), Self::Ip(b)) => a.cmp(b),
            (Self::Subnet(a), Self::Subnet(b)) => a.cmp(b),
            (Self::Path(a), Self::Path(b)) => a.cmp(b),
            (Self::Dn(a), Self::Dn(b)) => a.cmp(b),
            (Self::Sid(a), Self::Sid(b)) => a.cmp(b),
            (Self::Bytes(a), Self::Bytes(b)) => a.cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::Digest(a), Self::Digest(b)) if a.key == b.key => a.mac.cmp(&b.mac),
            _ => return None,
        })
    }

    /// A total order for sets and joins: by kind, then by value, then by text.
    pub fn sort_order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::List(a), Self::List(b)) | (Self::Set(a), Self::Set(b)) => {
                a.iter().map(Comparable).cmp(b.iter().map(Comparable))
            }
            (Self::Record(a), Self::Record(b)) => {
                let sorted = |(name, value)| (name, Comparable(value));
                a.iter().map(sorted).cmp(b.iter().map(sorted))
            }
            _ if discriminant(self) == discriminant(other) => self
                .order(other)
                .unwrap_or_else(|| self.to_string().cmp(&other.to_string())),
            _ => self.kind().cmp(other.kind()),
        }
    }

    /// Makes a set: sorted, each value once.
    pub fn set(items: impl IntoIterator<Item = Self>) -> Self {
        let mut items: Vec<Self> = items.into_iter().collect();
        items.sort_by(Self::sort_order);
        items.dedup();
        Self::Set(items.into())
    }
}

/// A value as sets and joins compare it: every value has an order, and equal ones have equal hashes.
#[derive(Clone, Copy, Debug)]
pub struct Comparable<'a>(pub &'a FactValue);

impl Ord for Comparable<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.sort_order(other.0)
    }
}

impl PartialOrd for Comparable<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Comparable<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Comparable<'_> {}

impl Hash for Comparable<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        use FactValue as V;
        discriminant(self.0).hash(state);
        match self.0 {
            V::Nothing => {}
            V::Bool(value) => value.hash(state),
            V::Int(value) => value.hash(state),
            V::Text(value) | V::Host(value) => value.hash(state),
            V::Version(value) => value.hash(state),
            V::Ip(value) => value.hash(state),
            V::Subnet(value) => value.hash(state),
            V::Path(value) => value.hash(state),
            V::Dn(value) => value.hash(state),
            V::Sid(value) => value.hash(state),
            V::Bytes(value) => value.hash(state),
            V::Digest(value) => value.hash(state),
            V::Time(value) => value.hash(state),
            V::List(items) | V::Set(items) => items.iter().for_each(|item| Self(item).hash(state)),
            V::Record(record) => {
                for (name, value) in record.iter() {
                    name.hash(state);
                    Comparable(value).hash(state);
                }
            }
            V::Acl(_) | V::Map(_) | V::Absent(_) => self.0.to_string().hash(state),
        }
    }
}

impl From<&str> for FactValue {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<bool> for FactValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for FactValue {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

/// Shows the value as a person reads it, on one line; nothing is escaped for a terminal here.
impl fmt::Display for FactValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("none"),
            Self::Bool(true) => f.write_str("yes"),
            Self::Bool(false) => f.write_str("no"),
            Self::Int(n) => write!(f, "{n}"),
            Self::Text(t) | Self::Host(t) => f.write_str(t),
            Self::Version(v) => write!(f, "{v}"),
            Self::Ip(ip) => write!(f, "{ip}"),
            Self::Subnet(net) => write!(f, "{net}"),
            Self::Path(p) => write!(f, "{p}"),
            Self::Dn(dn) => write!(f, "{dn}"),
            Self::Sid(sid) => write!(f, "{sid}"),
            Self::Acl(acl) => write!(f, "{acl}"),
            Self::Bytes(bytes) => f.write_str(&hex(bytes)),
            Self::Digest(d) => write!(f, "{}:{}", d.key, d.mac),
            Self::Time(t) => write!(f, "{t}"),
            Self::List(items) | Self::Set(items) => write_joined(f, items.iter()),
            Self::Record(record) => {
                for (i, (name, value)) in record.iter().enumerate() {
                    write!(f, "{}{name}: {value}", if i > 0 { ", " } else { "" })?;
                }
                Ok(())
            }
            Self::Map(map) => write_joined(f, map.iter().map(|e| &e.key)),
            Self::Absent(why) => write!(f, "?({})", why.cause),
        }
    }
}

fn write_joined<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: impl Iterator<Item = T>) -> fmt::Result {
    let mut empty = true;
    for item in items {
        if !empty {
            f.write_str(", ")?;
        }
        write!(f, "{item}")?;
        empty = false;
    }
    if empty { f.write_str("none") } else { Ok(()) }
}

/// Bytes as `0x` and lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::from("0x"), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher as _, RandomState};

    use proptest::prelude::*;

    use super::*;
    use crate::facts::Cause;

    fn value() -> impl Strategy<Value = FactValue> {
        let scalar = prop_oneof![
            Just(FactValue::Nothing),
            any::<bool>().prop_map(FactValue::Bool),
            (-2_i64..3).prop_map(FactValue::Int),
            "[abAB]{0,2}".prop_map(FactValue::text),
            "[abAB]{0,2}".prop_map(|text| FactValue::Host(text.into())),
            "[0-1]\\.[0-1](\\.0)?".prop_map(|text| FactValue::Version(text.parse().unwrap())),
            "[cC]:\\\\[ab]".prop_map(|text| FactValue::Path(WinPath::new(&text))),
            Just(FactValue::absent(Absence::new(Cause::Denied, "a", "b"))),
        ];
        scalar.prop_recursive(2, 6, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(FactValue::list),
                prop::collection::vec(inner.clone(), 0..3).prop_map(FactValue::set),
                prop::collection::btree_map("[ab]", inner, 0..3)
                    .prop_map(|fields| FactValue::Record(Arc::new(fields.into_iter().collect()))),
            ]
        })
    }

    proptest! {
        #[test]
        fn values_have_one_order_and_equal_ones_one_hash(a in value(), b in value(), c in value()) {
            let (x, y, z) = (Comparable(&a), Comparable(&b), Comparable(&c));
            prop_assert_eq!(x.cmp(&y), y.cmp(&x).reverse());
            if x <= y && y <= z {
                prop_assert!(x <= z);
            }
            let hashes = RandomState::new();
            if x == y {
                prop_assert_eq!(hashes.hash_one(x), hashes.hash_one(y));
                prop_assert_eq!(&a, &b);
            }
        }
    }
}
