//! Types of facts, and how a value becomes one.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use super::{Acl, FactMap, FactValue, Record, Sid, WinPath};

/// The fields of a record, in the order of their declaration.
pub type Fields = IndexMap<Arc<str>, FactType>;

/// The type of a fact, a setting or a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactType {
    Bool,
    Int,
    Text,
    Version,
    Ip,
    Subnet,
    Path,
    Dn,
    Sid,
    Acl,
    Bytes,
    Digest,
    Time,
    Host,
    /// A text out of a closed list.
    OneOf(Arc<[Arc<str>]>),
    List(Arc<Self>),
    Set(Arc<Self>),
    Record(Arc<Fields>),
    /// Records by key.
    Map(Arc<Fields>),
}

/// A value that does not fit its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Where inside the value: `[3].edb`, or nothing for the value itself.
    pub at: String,
    pub wanted: String,
    pub found: String,
}

impl Misfit {
    pub(super) fn new(wanted: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            at: String::new(),
            wanted: wanted.into(),
            found: found.into(),
        }
    }

    pub(super) fn within(mut self, place: impl fmt::Display) -> Self {
        self.at = format!("{place}{}", self.at);
        self
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.at.is_empty() {
            write!(f, "at {}: ", self.at)?;
        }
        write!(f, "expected {}, found {}", self.wanted, self.found)
    }
}

impl FactType {
    /// The scalar type of this name.
    pub fn scalar(word: &str) -> Option<Self> {
        Some(match word {
            "bool" => Self::Bool,
            "int" => Self::Int,
            "text" => Self::Text,
            "version" => Self::Version,
            "ip" => Self::Ip,
            "subnet" => Self::Subnet,
            "path" => Self::Path,
            "dn" => Self::Dn,
            "sid" => Self::Sid,
            "acl" => Self::Acl,
            "bytes" => Self::Bytes,
            "digest" => Self::Digest,
            "time" => Self::Time,
            "host" => Self::Host,
            _ => return None,
        })
    }

    /// The names that [`FactType::scalar`] knows.
    pub const SCALARS: [&'static str; 14] = [
        "bool", "int", "text", "version", "ip", "subnet", "path", "dn", "sid", "acl", "bytes", "digest",
        "time", "host",
    ];

    /// Whether the type holds any number of values, so that none is an answer too.
    pub const fn is_collection(&self) -> bool {
        matches!(self, Self::List(_) | Self::Set(_) | Self::Map(_))
    }

    /// Turns `value` into this type, parsing text where the type is written as text.
    pub fn coerce(&self, value: FactValue) -> Result<FactValue, Misfit> {
        if matches!(value, FactValue::Absent(_) | FactValue::Nothing) {
            return Ok(value);
        }
        match self {
            Self::List(item) => collect_items(item, value).map(FactValue::list),
            Self::Set(item) => collect_items(item, value).map(FactValue::set),
            Self::Record(fields) => match value {
                FactValue::Record(record) => Ok(FactValue::Record(Arc::new(coerce_record(fields, &record)?))),
                other => Err(self.misfit(&other)),
            },
            Self::Map(fields) => match value {
                FactValue::Map(map) => coerce_map(fields, &map),
                other => Err(self.misfit(&other)),
            },
            _ => self.coerce_scalar(value),
        }
    }

    fn coerce_scalar(&self, value: FactValue) -> Result<FactValue, Misfit> {
        if let FactValue::List(items) = &value {
            return match items.as_ref() {
                [one] => self.coerce_scalar(one.clone()),
                _ => Err(Misfit::new(self.to_string(), format!("{} values", items.len()))),
            };
        }
        let fits = match self {
            Self::Bool => matches!(value, FactValue::Bool(_)),
            Self::Int => matches!(value, FactValue::Int(_)),
            Self::Text => matches!(value, FactValue::Text(_)),
            Self::Version => matches!(value, FactValue::Version(_)),
            Self::Ip => matches!(value, FactValue::Ip(_)),
            Self::Subnet => matches!(value, FactValue::Subnet(_)),
            Self::Path => matches!(value, FactValue::Path(_)),
            Self::Dn => matches!(value, FactValue::Dn(_)),
            Self::Sid => matches!(value, FactValue::Sid(_)),
            Self::Acl => matches!(value, FactValue::Acl(_)),
            Self::Bytes => matches!(value, FactValue::Bytes(_)),
            Self::Digest => matches!(value, FactValue::Digest(_)),
            Self::Time => matches!(value, FactValue::Time(_)),
            Self::Host => matches!(value, FactValue::Host(_)),
            _ => false,
        };
        if fits {
            return Ok(value);
        }
        let parsed = match &value {
            FactValue::Text(text) | FactValue::Host(text) => self.parse(text),
            FactValue::Bytes(bytes) => self.decode(bytes),
            FactValue::Int(n) if matches!(self, Self::Text | Self::Version) => self.parse(&n.to_string()),
            FactValue::Ip(ip) if matches!(self, Self::Text | Self::Host) => self.parse(&ip.to_string()),
            FactValue::Dn(dn) if matches!(self, Self::Text) => Some(FactValue::text(dn.to_string())),
            _ => None,
        };
        parsed.ok_or_else(|| self.misfit(&value))
    }

    /// Reads a scalar of this type from text.
    pub fn parse(&self, text: &str) -> Option<FactValue> {
        let trimmed = text.trim();
        Some(match self {
            Self::Bool => match trimmed.to_ascii_lowercase().as_str() {
                "true" => FactValue::Bool(true),
                "false" => FactValue::Bool(false),
                _ => return None,
            },
            Self::Int => FactValue::Int(trimmed.parse().ok()?),
            Self::Text => FactValue::text(text),
            Self::Version => FactValue::Version(trimmed.parse().ok()?),
            Self::Ip => FactValue::Ip(trimmed.parse().ok()?),
            Self::Subnet => FactValue::Subnet(trimmed.parse::<ipnet::IpNet>().ok()?.trunc()),
            Self::Path if !trimmed.is_empty() => FactValue::Path(WinPath::new(trimmed)),
            Self::Dn => FactValue::Dn(text.parse().ok()?),
            Self::Sid => FactValue::Sid(trimmed.parse().ok()?),
            Self::Acl => FactValue::Acl(Arc::new(trimmed.parse::<Acl>().ok()?)),
            Self::Bytes => FactValue::Bytes(unhex(trimmed)?.into()),
            Self::Digest => {
                let (key, mac) = trimmed.split_once(':')?;
                FactValue::Digest(super::Digest {
                    key: key.into(),
                    mac: mac.into(),
                })
            }
            Self::Time => FactValue::Time(trimmed.parse().ok()?),
            Self::Host if !trimmed.is_empty() => FactValue::Host(trimmed.into()),
            Self::OneOf(words) => words
                .iter()
                .find(|w| w.as_ref() == trimmed)
                .map(|w| FactValue::Text(w.clone()))?,
            _ => return None,
        })
    }

    /// Reads a scalar of this type from the bytes that a protocol gave.
    fn decode(&self, bytes: &[u8]) -> Option<FactValue> {
        match self {
            Self::Sid => Sid::from_bytes(bytes).ok().map(FactValue::Sid),
            Self::Acl => Acl::from_bytes(bytes)
                .ok()
                .map(|acl| FactValue::Acl(Arc::new(acl))),
            _ => self.parse(std::str::from_utf8(bytes).ok()?),
        }
    }

    fn misfit(&self, found: &FactValue) -> Misfit {
        let shown: String = found.to_string().chars().take(80).collect();
        Misfit::new(self.to_string(), format!("{} `{shown}`", found.kind()))
    }
}

fn collect_items(item: &FactType, value: FactValue) -> Result<Vec<FactValue>, Misfit> {
    match value.items() {
        Some(items) => items
            .iter()
            .enumerate()
            .map(|(i, v)| {
                item.coerce(v.clone())
                    .map_err(|m| m.within(format_args!("[{i}]")))
            })
            .collect(),
        None => Ok(vec![item.coerce(value)?]),
    }
}

fn coerce_record(fields: &Fields, record: &Record) -> Result<Record, Misfit> {
    if let Some((name, _)) = record.iter().find(|(name, _)| !fields.contains_key(*name)) {
        return Err(Misfit::new(known_fields(fields), format!("the field `{name}`")));
    }
    fields
        .iter()
        .map(|(name, ty)| {
            let value = record.get(name).cloned().unwrap_or_else(|| {
                FactValue::absent(super::Absence::not_collected(&format!("field {name}")))
            });
            let value = ty.coerce(value).map_err(|m| m.within(format_args!(".{name}")))?;
            Ok((name.clone(), value))
        })
        .collect()
}

fn known_fields(fields: &Fields) -> String {
    let names: Vec<&str> = fields.keys().map(AsRef::as_ref).collect();
    format!("the fields {}", names.join(", "))
}

fn coerce_map(fields: &Fields, map: &FactMap) -> Result<FactValue, Misfit> {
    let mut typed = FactMap::new(map.is_exact());
    for entry in map.iter() {
        let value = match &entry.value {
            FactValue::Record(record) => coerce_record(fields, record)
                .map(|r| FactValue::Record(Arc::new(r)))
                .map_err(|m| m.within(format_args!("[{}]", entry.key)))?,
            FactValue::Absent(_) => entry.value.clone(),
            other => return Err(FactType::Record(Arc::new(fields.clone())).misfit(other)),
        };
        typed.insert(entry.key.clone(), value);
    }
    for (prefix, why) in map.holes() {
        typed.add_hole(prefix, why.clone());
    }
    Ok(FactValue::Map(Arc::new(typed)))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    if digits.len() % 2 != 0 || !digits.is_ascii() {
        return None;
    }
    (0..digits.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&digits[i..i + 2], 16).ok())
        .collect()
}

/// Shows the type as the YAML writes it.
impl fmt::Display for FactType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneOf(words) => write!(f, "one of {}", words.join(", ")),
            Self::List(item) => write!(f, "list of {item}"),
            Self::Set(item) => write!(f, "set of {item}"),
            Self::Record(fields) => write!(f, "record {{ {} }}", shown_fields(fields)),
            Self::Map(fields) => write!(f, "map_of {{ {} }}", shown_fields(fields)),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Text => f.write_str("text"),
            Self::Version => f.write_str("version"),
            Self::Ip => f.write_str("ip"),
            Self::Subnet => f.write_str("subnet"),
            Self::Path => f.write_str("path"),
            Self::Dn => f.write_str("dn"),
            Self::Sid => f.write_str("sid"),
            Self::Acl => f.write_str("acl"),
            Self::Bytes => f.write_str("bytes"),
            Self::Digest => f.write_str("digest"),
            Self::Time => f.write_str("time"),
            Self::Host => f.write_str("host"),
        }
    }
}

fn shown_fields(fields: &Fields) -> String {
    let shown: Vec<String> = fields.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_what_the_type_says_or_nothing() {
        assert_eq!(FactType::Bool.coerce("TRUE".into()), Ok(true.into()));
        assert_eq!(FactType::Int.coerce("7638".into()), Ok(7638.into()));
        assert!(FactType::Int.coerce("7638x".into()).is_err());
        assert!(FactType::Bool.coerce(1.into()).is_err());
        let one: FactValue = FactValue::list(["x".into()]);
        assert_eq!(FactType::Text.coerce(one), Ok("x".into()));
        assert!(
            FactType::Text
                .coerce(FactValue::list(["x".into(), "y".into()]))
                .is_err()
        );
        let words = FactType::OneOf(["dns".into(), "identity".into()].into());
        assert!(words.coerce("dns".into()).is_ok());
        assert_eq!(
            words.coerce("dsn".into()).unwrap_err().wanted,
            "one of dns, identity"
        );
    }

    #[test]
    fn a_misfit_says_where() {
        let fields: Fields = [("edb".into(), FactType::List(Arc::new(FactType::Int)))]
            .into_iter()
            .collect();
        let record: Record = [("edb", FactValue::list([1.into(), "a".into()]))]
            .into_iter()
            .collect();
        let misfit = FactType::Record(Arc::new(fields))
            .coerce(FactValue::Record(Arc::new(record)))
            .unwrap_err();
        assert_eq!(misfit.to_string(), "at .edb[1]: expected int, found text `a`");
    }
}
