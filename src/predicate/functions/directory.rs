//! Names and rights of the directory.

use std::sync::Arc;

use super::text::parsed;
use super::{Budget, Fault, Function, Outcome, Param, Ty, as_int, as_text, field_of, items_of, wrong};
use crate::facts::{
    Absence, Acl, Cause, Dn, FactMap, FactType, FactValue, Guid, Key, Lookup, Right, Sid, WantedRight,
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "dn",
        call: "dn(text)",
        about: "The distinguished name that the text is.",
        params: &[Param::Anything],
        optional: 0,
        result: |_| Ty::Is(FactType::Dn),
        run: |_, args| parsed(&FactType::Dn, &args[0]),
    },
    Function {
        name: "sid",
        call: "sid(value)",
        about: "The SID that the text or the bytes are.",
        params: &[Param::Anything],
        optional: 0,
        result: |_| Ty::Is(FactType::Sid),
        run: |_, args| parsed(&FactType::Sid, &args[0]),
    },
    Function {
        name: "guid",
        call: "guid(bytes)",
        about: "The GUID that the bytes are, as text.",
        params: &[Param::Anything],
        optional: 0,
        result: |_| Ty::TEXT,
        run: guid,
    },
    Function {
        name: "parent",
        call: "parent(dn[, n])",
        about: "The name n levels up, one when n is not given; () above the top.",
        params: &[Param::Dn, Param::Int],
        optional: 1,
        result: |_| Ty::Is(FactType::Dn),
        run: parent,
    },
    Function {
        name: "rdn",
        call: "rdn(dn)",
        about: "The value of the first part of the name.",
        params: &[Param::Dn],
        optional: 0,
        result: |_| Ty::TEXT,
        run: |_, args| Ok(as_dn(&args[0])?.rdn_value().into()),
    },
    Function {
        name: "is_below",
        call: "is_below(dn, ancestor)",
        about: "Whether the object lies somewhere below the other one.",
        params: &[Param::Dn, Param::Dn],
        optional: 0,
        result: |_| Ty::BOOL,
        run: |_, args| Ok(as_dn(&args[0])?.is_below(&as_dn(&args[1])?).into()),
    },
    Function {
        name: "below",
        call: "below(dn, ancestor, name)",
        about: "The names of the parts below the ancestor, top down, with a server's own name as `$`: a key that \
                is the same on both servers.",
        params: &[Param::Dn, Param::Dn, Param::Text],
        optional: 0,
        result: |_| Ty::list(Ty::TEXT),
        run: below,
    },
    Function {
        name: "lacking",
        call: "lacking(acl, sids, rights, schema[, object_sid])",
        about: "Those of the rights that the holder of the SIDs does not have on the object. Rights are `read`, `write`, \
                `validated`, `create`, `delete` or `control` and a name of the schema; the schema is a collection of \
                {guid, property_set} by name.",
        params: &[Param::Acl, Param::List, Param::List, Param::Map, Param::Sid],
        optional: 1,
        result: |_| Ty::list(Ty::TEXT),
        run: lacking,
    },
];

/// A name; text is read as one, so that a row of the directory needs no conversion.
fn as_dn(value: &FactValue) -> Result<Dn, Fault> {
    match parsed(&FactType::Dn, value)? {
        FactValue::Dn(dn) => Ok(dn),
        other => Err(wrong("a dn", &other)),
    }
}

fn guid(_: &Budget, args: &[FactValue]) -> Outcome {
    let guid = match &args[0] {
        FactValue::Bytes(bytes) => Guid::from_bytes(bytes).map_err(|e| Fault::mixed(e.to_string()))?,
        FactValue::Text(text) => text.parse::<Guid>().map_err(|e| Fault::mixed(e.to_string()))?,
        other => return Err(wrong("a GUID", other)),
    };
    Ok(FactValue::text(guid.to_string()))
}

fn parent(_: &Budget, args: &[FactValue]) -> Outcome {
    let levels = args.get(1).map_or(Ok(1), as_int)?;
    let mut dn = as_dn(&args[0])?;
    for _ in 0..levels.clamp(0, 1000) {
        match dn.parent() {
            Some(parent) => dn = parent,
            None => return Ok(FactValue::Nothing),
        }
    }
    Ok(FactValue::Dn(dn))
}

fn below(_: &Budget, args: &[FactValue]) -> Outcome {
    let (dn, ancestor, name) = (as_dn(&args[0])?, as_dn(&args[1])?, as_text(&args[2])?);
    let Some(rdns) = dn.below(&ancestor) else {
        return Err(Fault::mixed(format!("{dn} does not lie below {ancestor}")));
    };
    Ok(FactValue::list(
        rdns.iter()
            .rev()
            .map(|rdn| FactValue::text(without_name(rdn.value(), name))),
    ))
}

/// The value with the server's own name replaced, where it stands as a whole word.
fn without_name(value: &str, name: &str) -> String {
    if name.is_empty() {
        return value.to_owned();
    }
    let (folded, wanted) = (value.to_lowercase(), name.to_lowercase());
    if folded.len() != value.len() {
        return value.to_owned();
    }
    let boundary = |c: Option<char>| c.is_none_or(|c| !(c.is_alphanumeric() || c == '-' || c == '_'));
    let mut out = String::new();
    let mut from = 0;
    while let Some(found) = folded[from..].find(&wanted) {
        let (start, end) = (from + found, from + found + wanted.len());
        out.push_str(&value[from..start]);
        let whole = boundary(folded[..start].chars().next_back()) && boundary(folded[end..].chars().next());
        out.push_str(if whole { "$" } else { &value[start..end] });
        from = end;
    }
    out.push_str(&value[from..]);
    out
}

/// An access list; the bytes of one are read, so that a row of the directory needs no conversion.
fn as_acl(value: &FactValue) -> Result<Arc<Acl>, Fault> {
    match parsed(&FactType::Acl, value)? {
        FactValue::Acl(acl) => Ok(acl),
        other => Err(wrong("an acl", &other)),
    }
}

fn as_sid(value: &FactValue) -> Result<Sid, Fault> {
    match value {
        FactValue::Sid(sid) => Ok(sid.clone()),
        other => Err(wrong("a sid", other)),
    }
}

fn lacking(budget: &Budget, args: &[FactValue]) -> Outcome {
    let acl = as_acl(&args[0])?;
    let sids: Result<Vec<Sid>, Fault> = items_of(budget, &args[1])?.into_iter().map(as_sid).collect();
    let sids = sids?;
    let FactValue::Map(schema) = &args[3] else {
        return Err(wrong("a collection", &args[3]));
    };
    let object = args
        .get(4)
        .filter(|v| **v != FactValue::Nothing)
        .map(as_sid)
        .transpose()?;
    let mut lacking = Vec::new();
    for wanted in items_of(budget, &args[2])? {
        let right = resolved(as_text(wanted)?, schema)?;
        let decided = acl
            .lacking(&sids, object.as_ref(), &[right])
            .map_err(|why| undecided(&why.to_string()))?;
        if !decided.is_empty() {
            lacking.push(wanted.clone());
        }
    }
    Ok(FactValue::list(lacking))
}

fn undecided(why: &str) -> Fault {
    Fault::Absent(Absence::new(
        Cause::Unsupported,
        "access list",
        format!("the rights cannot be decided: {why}"),
    ))
}

/// The right with the GUIDs that the schema has for its name.
fn resolved(text: &str, schema: &FactMap) -> Result<Right, Fault> {
    let named = match text
        .parse::<WantedRight>()
        .map_err(|e| Fault::mixed(e.to_string()))?
    {
        WantedRight::Whole(right) => return Ok(right),
        WantedRight::Named(named) => named,
    };
    if let Some(guid) = named.guid() {
        return Ok(named.resolve(guid, None));
    }
    let entry = match schema.get(&Key::new([named.name.as_str()])) {
        Lookup::Found(entry) => entry,
        Lookup::Hole(why) => return Err(Fault::Absent(why.clone())),
        Lookup::Missing => {
            let detail = format!("the schema has no `{}`", named.name);
            return Err(Fault::Absent(Absence::new(Cause::NotFound, "schema", detail)));
        }
    };
    let FactValue::Record(record) = &entry.value else {
        return Err(wrong("a record", &entry.value));
    };
    let guid_of = |value: &FactValue| {
        as_text(value)?
            .parse::<Guid>()
            .map_err(|e| Fault::mixed(e.to_string()))
    };
    let set = match field_of(record, "property_set")? {
        FactValue::Nothing => None,
        value => Some(guid_of(value)?),
    };
    Ok(named.resolve(guid_of(field_of(record, "guid")?)?, set))
}

#[cfg(test)]
mod tests {
    use super::{Acl, FactValue, as_acl, without_name};

    #[test]
    fn an_access_list_may_come_as_the_bytes_of_a_row() {
        let acl: Acl = "O:SYG:SYD:(A;;RP;;;AU)".parse().unwrap();
        let bytes = FactValue::Bytes(acl.to_bytes().into());
        assert_eq!(*as_acl(&bytes).unwrap(), acl);
        assert!(as_acl(&FactValue::Bytes([1, 2, 3].into())).is_err());
        assert!(as_acl(&FactValue::Nothing).is_err());
    }

    #[test]
    fn only_the_whole_name_is_replaced() {
        for (value, name, wanted) in [
            ("Mailbox Store (EXCH1)", "exch1", "Mailbox Store ($)"),
            ("Mailbox Store (EXCH10)", "EXCH1", "Mailbox Store (EXCH10)"),
            ("EXCH1", "EXCH1", "$"),
            ("SG of EXCH1-OLD", "EXCH1", "SG of EXCH1-OLD"),
            ("x", "", "x"),
        ] {
            assert_eq!(without_name(value, name), wanted);
        }
    }
}
