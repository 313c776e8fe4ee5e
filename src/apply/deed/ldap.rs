//! Actions of the directory.

use std::sync::Arc;

use super::Deed;
use crate::facts::{Absence, Acl, FactValue, Sid};
use crate::transport::Unwritten;
use crate::transport::ldap::{Attribute, Change, Edit, Granted, Ldap, Way};

mod rights;
#[cfg(test)]
mod tests;

pub(super) use rights::Schema;

/// The first slot of what is said of each account.
const ACCOUNT: &str = "to";

/// Makes the change that the action is.
pub(in crate::apply) async fn run(deed: Deed<'_>, ldap: &Ldap) -> Result<(), Unwritten> {
    let wanted: Vec<_> = deed.each(ACCOUNT).map(rights::wanted).collect::<Result<_, _>>()?;
    let schema = Schema::read(ldap, &wanted.concat()).await;
    ldap.change(&change(deed, &schema.map_err(Unwritten::refused)?)?)
        .await
}

/// The change in the directory's terms.
///
/// An attribute whose value is `()` is left out where it would be added, and goes away where it is replaced. A list
/// stands for several values.
pub(super) fn change(deed: Deed<'_>, schema: &Schema) -> Result<Change, Unwritten> {
    let edit = match deed.verb() {
        "add" => Edit::Add(given(deed, "attributes")?),
        "modify" => Edit::Modify(modified(deed)?),
        "delete" => Edit::Delete,
        "grant" => Edit::Grant(accounts(deed, schema)?),
        "revoke" => Edit::Revoke(accounts(deed, schema)?),
        other => return Err(deed.refused(format!("`{other}` is nothing that is done to a directory"))),
    };
    let dn = deed.text(deed.verb())?.to_owned();
    Ok(Change { dn, edit })
}

/// The attributes of a slot, without those that have no value.
fn given(deed: Deed<'_>, slot: &str) -> Result<Vec<Attribute>, Unwritten> {
    let mut attributes = attributes(deed, slot)?;
    attributes.retain(|attribute| !attribute.values.is_empty());
    Ok(attributes)
}

fn modified(deed: Deed<'_>) -> Result<Vec<(Way, Attribute)>, Unwritten> {
    let mut edits = Vec::new();
    for (way, attributes) in [
        (Way::Replace, attributes(deed, "replace")?),
        (Way::Insert, given(deed, "insert")?),
        (Way::Remove, given(deed, "remove")?),
    ] {
        edits.extend(attributes.into_iter().map(|attribute| (way, attribute)));
    }
    Ok(edits)
}

fn attributes(deed: Deed<'_>, slot: &str) -> Result<Vec<Attribute>, Unwritten> {
    let attribute = |(name, value): (&str, &FactValue)| {
        let values = value.items().unwrap_or(std::slice::from_ref(value));
        let values = values.iter().filter(|value| **value != FactValue::Nothing);
        let octets = values.map(|value| octets(value).map_err(|why| unfit(deed, name, &why)));
        Ok(Attribute {
            name: name.to_owned(),
            values: octets.collect::<Result<_, _>>()?,
        })
    };
    deed.entries(slot)?.into_iter().map(attribute).collect()
}

/// Why a value is none of a directory's.
enum Unfit<'a> {
    Unknown(&'a Absence),
    Kind(&'static str),
}

fn unfit(deed: Deed<'_>, name: &str, why: &Unfit<'_>) -> Unwritten {
    match why {
        Unfit::Unknown(why) => Unwritten::refused(Absence::clone(why)),
        Unfit::Kind(kind) => deed.refused(format!(
            "a value of `{name}` is a {kind}, which has no form in a directory"
        )),
    }
}

/// A value as a directory holds it.
fn octets(value: &FactValue) -> Result<Vec<u8>, Unfit<'_>> {
    Ok(match value {
        FactValue::Bool(true) => b"TRUE".to_vec(),
        FactValue::Bool(false) => b"FALSE".to_vec(),
        FactValue::Bytes(bytes) => bytes.to_vec(),
        FactValue::Sid(sid) => sid.to_bytes(),
        FactValue::Acl(acl) => acl.to_bytes(),
        FactValue::Dn(dn) => dn.as_str().as_bytes().to_vec(),
        FactValue::Path(path) => path.as_str().as_bytes().to_vec(),
        FactValue::Text(text) | FactValue::Host(text) => text.as_bytes().to_vec(),
        FactValue::Int(_) | FactValue::Version(_) | FactValue::Ip(_) | FactValue::Subnet(_) => {
            value.to_string().into_bytes()
        }
        FactValue::Absent(why) => return Err(Unfit::Unknown(why)),
        // a directory writes times in two ways, and nothing tells which one is meant
        FactValue::Time(_)
        | FactValue::Digest(_)
        | FactValue::Nothing
        | FactValue::List(_)
        | FactValue::Set(_)
        | FactValue::Record(_)
        | FactValue::Map(_) => return Err(Unfit::Kind(value.kind())),
    })
}

fn accounts(deed: Deed<'_>, schema: &Schema) -> Result<Vec<Granted>, Unwritten> {
    let granted = |one| {
        Ok(Granted {
            to: holder(one)?,
            rights: schema.resolve(rights::wanted(one)?).map_err(Unwritten::refused)?,
            before: before(one)?,
        })
    };
    deed.each(ACCOUNT).map(granted).collect()
}

fn holder(deed: Deed<'_>) -> Result<Sid, Unwritten> {
    match deed.value("to")? {
        FactValue::Sid(sid) => Ok(sid.clone()),
        other => Err(deed.refused(format!("`to` is no SID but {}", other.kind()))),
    }
}

/// The access list as it was, of which nothing is taken back.
fn before(deed: Deed<'_>) -> Result<Option<Arc<Acl>>, Unwritten> {
    match deed.optional_value("before")? {
        None => Ok(None),
        Some(FactValue::Acl(acl)) => Ok(Some(Arc::clone(acl))),
        Some(other) => Err(deed.refused(format!("`before` is no access list but {}", other.kind()))),
    }
}
