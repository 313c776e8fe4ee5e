//! Found entries as records.
//!
//! Every row has `dn`. An attribute with one value is a text, with several a list; it is bytes when the search says
//! so or when a value is not UTF-8. Names come out in the case in which they were asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ldap3::asn1::{PL, StructureTag};

use super::Search;
use crate::facts::{FactValue, Record};

/// Attributes of every directory whose values are bytes even when they happen to read as text.
const BINARY: [&str; 9] = [
    "attributesecurityguid",
    "dnsrecord",
    "ntsecuritydescriptor",
    "objectguid",
    "objectsid",
    "schemaidguid",
    "sidhistory",
    "tokengroups",
    "usercertificate",
];

/// An entry before it is a record: values are added range by range.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) dn: String,
    pub(super) attributes: BTreeMap<String, Vec<Vec<u8>>>,
    /// Attributes of which the server has told only the values before this index.
    pub(super) partial: BTreeMap<String, usize>,
}

/// The entry is not shaped like one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misshapen(pub(super) &'static str);

/// The names of a search, looked up without regard to case.
#[derive(Debug)]
pub(super) struct Names {
    asked: BTreeMap<String, String>,
    binary: BTreeSet<String>,
}

impl Names {
    pub(super) fn of(search: &Search) -> Self {
        let asked = search
            .attributes
            .iter()
            .map(|name| (name.to_ascii_lowercase(), name.clone()))
            .collect();
        let mut binary: BTreeSet<_> = search
            .binary
            .iter()
            .map(|name| name.to_ascii_lowercase())
            .collect();
        binary.extend(BINARY.map(str::to_owned));
        Self { asked, binary }
    }

    /// The name as it was asked for, else as the server writes it.
    fn asked(&self, told: &str) -> String {
        self.asked
            .get(&told.to_ascii_lowercase())
            .map_or_else(|| told.to_owned(), Clone::clone)
    }

    pub(super) fn record(&self, row: Row) -> Record {
        let attributes = row.attributes.into_iter().filter_map(|(name, values)| {
            let bytes = self.binary.contains(&name.to_ascii_lowercase());
            Some((name, value(values, bytes)?))
        });
        attributes
            .chain([("dn".to_owned(), FactValue::text(row.dn))])
            .collect()
    }
}

/// No value at all is no attribute.
fn value(values: Vec<Vec<u8>>, bytes: bool) -> Option<FactValue> {
    let texts: Option<Vec<&str>> = values
        .iter()
        .map(|value| std::str::from_utf8(value).ok())
        .collect();
    let mut items: Vec<FactValue> = match texts.filter(|_| !bytes) {
        Some(texts) => texts.into_iter().map(FactValue::text).collect(),
        None => values
            .into_iter()
            .map(|value| FactValue::Bytes(Arc::from(value)))
            .collect(),
    };
    if items.len() > 1 {
        Some(FactValue::list(items))
    } else {
        items.pop()
    }
}

/// Part of the values of an attribute: `member;range=0-1499`, the last one `member;range=1500-*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: usize,
    last: Option<usize>,
}

fn range(options: &str) -> Option<Result<Range, Misshapen>> {
    let option = options
        .split(';')
        .find(|option| option.get(..6).is_some_and(|o| o.eq_ignore_ascii_case("range=")))?;
    let parse = |(first, last): (&str, &str)| {
        let first = first.parse().ok()?;
        let last = if last == "*" {
            None
        } else {
            Some(last.parse().ok().filter(|last| *last >= first)?)
        };
        Some(Range { first, last })
    };
    Some(
        option[6..]
            .split_once('-')
            .and_then(parse)
            .ok_or(Misshapen("a range of values makes no sense")),
    )
}

impl Row {
    /// Reads an entry.
    pub(super) fn read(entry: StructureTag, names: &Names) -> Result<Self, Misshapen> {
        let [dn, attributes] = pair(entry)?;
        let mut row = Self {
            dn: text(dn)?,
            attributes: BTreeMap::new(),
            partial: BTreeMap::new(),
        };
        for attribute in parts(attributes)? {
            let [name, values] = pair(attribute)?;
            row.add(&text(name)?, parts(values)?, names)?;
        }
        Ok(row)
    }

    fn add(&mut self, described: &str, values: Vec<StructureTag>, names: &Names) -> Result<(), Misshapen> {
        let (name, options) = described.split_once(';').unwrap_or((described, ""));
        let name = names.asked(name);
        let known = self.attributes.entry(name.clone()).or_default();
        for value in values {
            known.push(bytes(value)?);
        }
        if let Some(range) = range(options).transpose()? {
            self.note(&name, range)?;
        }
        Ok(())
    }

    /// Notes what is still to be read, and that no value was left out or told twice.
    fn note(&mut self, name: &str, range: Range) -> Result<(), Misshapen> {
        let told = self.attributes.get(name).map_or(0, Vec::len);
        match range {
            Range { first: 0, last: None } => {}
            Range {
                first: 0,
                last: Some(last),
            } if told == last + 1 => {
                self.partial.insert(name.to_owned(), told);
            }
            _ => return Err(Misshapen("a range of values does not hold what it says")),
        }
        Ok(())
    }

    /// Takes over the next values of `name` from the answer to a question for them.
    pub(super) fn continue_with(&mut self, name: &str, answer: StructureTag) -> Result<(), Misshapen> {
        let [_, attributes] = pair(answer)?;
        let from = self.partial.remove(name).unwrap_or_default();
        for attribute in parts(attributes)? {
            let [described, values] = pair(attribute)?;
            let described = text(described)?;
            let (told, options) = described.split_once(';').unwrap_or((&described, ""));
            let Some(range) = range(options).transpose()? else {
                continue;
            };
            if !told.eq_ignore_ascii_case(name) {
                continue;
            }
            let values = parts(values)?
                .into_iter()
                .map(bytes)
                .collect::<Result<Vec<_>, _>>()?;
            let whole = range
                .last
                .is_none_or(|last| last + 1 == range.first + values.len());
            if range.first != from || !whole || (values.is_empty() && range.last.is_some()) {
                return Err(Misshapen("a range of values does not follow the one before"));
            }
            if range.last.is_some() {
                self.partial.insert(name.to_owned(), from + values.len());
            }
            self.attributes.entry(name.to_owned()).or_default().extend(values);
            return Ok(());
        }
        Err(Misshapen(
            "the further values of an attribute were not told; they may have changed meanwhile",
        ))
    }
}

fn parts(tag: StructureTag) -> Result<Vec<StructureTag>, Misshapen> {
    match tag.payload {
        PL::C(parts) => Ok(parts),
        PL::P(_) => Err(Misshapen("an entry is not shaped like one")),
    }
}

fn pair(tag: StructureTag) -> Result<[StructureTag; 2], Misshapen> {
    <[StructureTag; 2]>::try_from(parts(tag)?).map_err(|_| Misshapen("an entry is not shaped like one"))
}

fn bytes(tag: StructureTag) -> Result<Vec<u8>, Misshapen> {
    match tag.payload {
        PL::P(bytes) => Ok(bytes),
        PL::C(_) => Err(Misshapen("a value is not shaped like one")),
    }
}

fn text(tag: StructureTag) -> Result<String, Misshapen> {
    String::from_utf8(bytes(tag)?).map_err(|_| Misshapen("a name is not UTF-8"))
}
