//! Which rights a name stands for: the directory's own schema says it, at the time of the change.
//!
//! It is the schema, by the same names, that rules hand to `lacking`; asked here, an action needs no facts beyond
//! its own. Names that are GUIDs need no schema.

use std::collections::BTreeMap;

use super::Deed;
use crate::facts::{Absence, Cause, FactValue, Guid, NamedRight, Record, Right, Verb, WantedRight};
use crate::transport::Unwritten;
use crate::transport::ldap::{Ldap, Scope, Search};

/// The rights that the action names.
pub(super) fn wanted(deed: Deed<'_>) -> Result<Vec<WantedRight>, Unwritten> {
    let texts = deed.value("rights")?;
    let parse = |text: &FactValue| {
        if let FactValue::Absent(why) = text {
            return Err(Unwritten::refused(Absence::clone(why)));
        }
        let right = text.as_str().unwrap_or_default().parse::<WantedRight>();
        let right = right.map_err(|why| deed.refused(format!("`{text}` is no right: {why}")))?;
        match &right {
            WantedRight::Named(named) if !is_a_name(&named.name) => {
                Err(deed.refused(format!("`{}` is no name of a schema", named.name)))
            }
            _ => Ok(right),
        }
    };
    let texts = texts.items().unwrap_or(std::slice::from_ref(texts));
    texts.iter().map(parse).collect()
}

/// Names of attributes, classes and extended rights; GUIDs in braces are none, but need no schema.
fn is_a_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    name.parse::<Guid>().is_ok() || name.bytes().all(fits)
}

/// What a directory's schema has under names: the GUID of the thing, and of the property set that it belongs to.
#[derive(Debug, Default)]
pub(in crate::apply) struct Schema(BTreeMap<(bool, String), (Guid, Option<Guid>)>);

/// Extended rights have names of their own, beside those of attributes and classes.
fn key(named: &NamedRight) -> (bool, String) {
    (named.verb == Verb::Control, named.name.to_ascii_lowercase())
}

/// Where names of one kind stand in a directory.
pub(super) struct Shelf {
    extended: bool,
    /// The attribute of the directory's own description that tells the place.
    context: &'static str,
    below: &'static str,
    class: &'static str,
    name: &'static str,
    guid: &'static str,
}

pub(super) const SHELVES: [Shelf; 2] = [
    Shelf {
        extended: false,
        context: "schemaNamingContext",
        below: "",
        class: "*",
        name: "lDAPDisplayName",
        guid: "schemaIDGUID",
    },
    Shelf {
        extended: true,
        context: "configurationNamingContext",
        below: "CN=Extended-Rights,",
        class: "controlAccessRight",
        name: "cn",
        guid: "rightsGuid",
    },
];

const PROPERTY_SET: &str = "attributeSecurityGUID";

impl Schema {
    /// Reads what the rights need of the schema, nothing where they name no names.
    pub(super) async fn read(ldap: &Ldap, wanted: &[WantedRight]) -> Result<Self, Absence> {
        let unknown_ones = wanted.iter().filter_map(|right| match right {
            WantedRight::Named(named) if named.guid().is_none() => Some(key(named)),
            _ => None,
        });
        let names: Vec<(bool, String)> = unknown_ones.collect();
        let mut schema = Self::default();
        if names.is_empty() {
            return Ok(schema);
        }
        let contexts = SHELVES.map(|shelf| shelf.context).to_vec();
        let own = ask(ldap, "", Scope::Base, "(objectClass=*)", &contexts).await?;
        let own = own.into_iter().next().unwrap_or_default();
        for shelf in &SHELVES {
            let mut any = String::new();
            for (_, name) in names.iter().filter(|(extended, _)| *extended == shelf.extended) {
                any.extend(["(", shelf.name, "=", name, ")"]);
            }
            if any.is_empty() {
                continue;
            }
            let filter = format!("(&(objectClass={})(|{any}))", shelf.class);
            let context = own.get(shelf.context).and_then(FactValue::as_str);
            let context =
                context.ok_or_else(|| unknown(format!("the directory tells no {}", shelf.context)))?;
            let base = format!("{}{context}", shelf.below);
            let attributes = [shelf.name, shelf.guid, PROPERTY_SET];
            for row in ask(ldap, &base, Scope::One, &filter, &attributes).await? {
                schema.take(shelf, &row)?;
            }
        }
        Ok(schema)
    }

    pub(super) fn take(&mut self, from: &Shelf, row: &Record) -> Result<(), Absence> {
        let name = row.get(from.name).and_then(FactValue::as_str).unwrap_or_default();
        let set = row.get(PROPERTY_SET).map(guid);
        let (Some(Some(guid)), None | Some(Some(_))) = (row.get(from.guid).map(guid), set) else {
            return Err(unknown(format!("the directory tells no GUID of `{name}`")));
        };
        let found = (guid, set.flatten());
        match self.0.insert((from.extended, name.to_ascii_lowercase()), found) {
            Some(other) if other != found => {
                let why = format!("the directory has more than one `{name}`");
                Err(Absence::new(Cause::Ambiguous, "schema", why))
            }
            _ => Ok(()),
        }
    }

    /// The rights with the GUIDs that the schema has for their names.
    pub(super) fn resolve(&self, wanted: Vec<WantedRight>) -> Result<Vec<Right>, Absence> {
        let one = |right| {
            let named = match right {
                WantedRight::Whole(right) => return Ok(right),
                WantedRight::Named(named) => named,
            };
            if let Some(guid) = named.guid() {
                return Ok(named.resolve(guid, None));
            }
            let (guid, set) = self
                .0
                .get(&key(&named))
                .ok_or_else(|| unknown(format!("the directory has no `{}`", named.name)))?;
            Ok(named.resolve(*guid, *set))
        };
        wanted.into_iter().map(one).collect()
    }
}

fn unknown(why: String) -> Absence {
    Absence::new(Cause::NotFound, "schema", why)
}

async fn ask(
    ldap: &Ldap,
    base: &str,
    scope: Scope,
    filter: &str,
    attributes: &[&str],
) -> Result<Vec<Record>, Absence> {
    let search = Search {
        base: base.to_owned(),
        scope,
        filter: filter.to_owned(),
        attributes: attributes.iter().map(ToString::to_string).collect(),
        binary: [].into(),
        security_descriptors: false,
    };
    ldap.search(&search).await
}

/// Schema objects hold it as bytes, extended rights as text.
fn guid(value: &FactValue) -> Option<Guid> {
    match value {
        FactValue::Bytes(bytes) => Guid::from_bytes(bytes).ok(),
        other => other.as_str()?.parse().ok(),
    }
}
