use super::*;
use crate::facts::{Cause, Guid, Record, Right, WinPath};
use crate::plan::{At, Detail, Doing};

const OBJECT: &str = "CN=Default,DC=corp,DC=example";

fn doing(verb: &'static str, details: Vec<(&str, FactValue)>) -> Doing {
    let object = (verb.to_owned(), Detail::Text(OBJECT.to_owned()));
    let rest = details
        .into_iter()
        .map(|(slot, value)| (slot.to_owned(), Detail::Value(value)));
    Doing {
        on: "directory".to_owned(),
        at: At::Endpoint("directory".into()),
        protocol: "ldap",
        verb,
        reads: "do it to",
        command: None,
        details: std::iter::once(object).chain(rest).collect(),
    }
}

fn edit(verb: &'static str, details: Vec<(&str, FactValue)>) -> Result<Edit, Unwritten> {
    let doing = doing(verb, details);
    let change = change(Deed::new(&doing), &Schema::default())?;
    assert_eq!(change.dn, OBJECT);
    Ok(change.edit)
}

fn attribute(name: &str, values: &[&[u8]]) -> Attribute {
    let values = values.iter().map(|value| value.to_vec()).collect();
    let name = name.to_owned();
    Attribute { name, values }
}

fn sid() -> Sid {
    "S-1-5-21-1-2-3-1122".parse().unwrap()
}

#[test]
fn values_have_the_form_that_a_directory_knows() {
    let acl: Acl = "D:(A;;RP;;;AU)".parse().unwrap();
    let text = FactValue::text;
    for (value, octets) in [
        (text("a"), b"a".to_vec()),
        (FactValue::Bool(true), b"TRUE".to_vec()),
        (FactValue::Bool(false), b"FALSE".to_vec()),
        (FactValue::Int(-7), b"-7".to_vec()),
        (FactValue::Bytes([0, 255].into()), vec![0, 255]),
        (FactValue::Sid(sid()), sid().to_bytes()),
        (FactValue::Acl(acl.clone().into()), acl.to_bytes()),
        (
            FactValue::Dn("CN=a\\,b,DC=x".parse().unwrap()),
            b"CN=a\\,b,DC=x".to_vec(),
        ),
        (FactValue::Path(WinPath::new(r"E:\a b")), br"E:\a b".to_vec()),
        (
            FactValue::Version("6.5.7638".parse().unwrap()),
            b"6.5.7638".to_vec(),
        ),
    ] {
        let shown = value.clone();
        let added = edit("add", vec![("attributes cn", value)]).unwrap();
        assert_eq!(added, Edit::Add(vec![attribute("cn", &[&octets])]), "{shown}");
    }
}

#[test]
fn nothing_is_left_out_where_it_is_added_and_removed_where_it_is_replaced() {
    let several = FactValue::list([
        FactValue::text("top"),
        FactValue::Nothing,
        FactValue::text("person"),
    ]);
    let details = |slot: [&'static str; 3]| {
        vec![
            (slot[0], several.clone()),
            (slot[1], FactValue::Nothing),
            (slot[2], FactValue::list([])),
        ]
    };
    assert_eq!(
        edit("add", details(["attributes a", "attributes b", "attributes c"])),
        Ok(Edit::Add(vec![attribute("a", &[b"top", b"person"])]))
    );
    assert_eq!(
        edit("modify", details(["replace a", "replace b", "insert c"])),
        Ok(Edit::Modify(vec![
            (Way::Replace, attribute("a", &[b"top", b"person"])),
            (Way::Replace, attribute("b", &[])),
        ]))
    );
    assert_eq!(
        edit("modify", details(["remove a", "remove b", "insert c"])),
        Ok(Edit::Modify(vec![(
            Way::Remove,
            attribute("a", &[b"top", b"person"])
        )]))
    );
    assert_eq!(edit("delete", vec![]), Ok(Edit::Delete));
}

#[test]
fn what_has_no_form_in_a_directory_is_refused() {
    let unread = FactValue::absent(Absence::new(Cause::Denied, "directory", "hidden"));
    for (value, cause) in [
        (FactValue::Record(Record::default().into()), Cause::Malformed),
        (FactValue::list([FactValue::list([])]), Cause::Malformed),
        (
            FactValue::Time("2026-11-28T05:00:00Z".parse().unwrap()),
            Cause::Malformed,
        ),
        (unread.clone(), Cause::Denied),
        (FactValue::list([FactValue::text("a"), unread]), Cause::Denied),
    ] {
        let unwritten = edit("modify", vec![("replace cn", value)]).unwrap_err();
        assert!(unwritten.refused && unwritten.why.cause == cause, "{unwritten:?}");
    }
    for (verb, to, before) in [
        ("grant", FactValue::text("alice"), FactValue::Nothing),
        ("revoke", FactValue::Sid(sid()), FactValue::text("D:")),
    ] {
        let details = vec![("to", to), ("rights", rights()), ("before", before)];
        assert!(edit(verb, details).unwrap_err().refused);
    }
}

#[test]
fn what_was_there_before_is_kept() {
    let acl: Arc<Acl> = Arc::new("D:(A;;RP;;;AU)".parse().unwrap());
    for (value, before) in [
        (FactValue::Acl(Arc::clone(&acl)), Some(acl)),
        (FactValue::Nothing, None),
    ] {
        let to = FactValue::Sid(sid());
        let revoke = edit(
            "revoke",
            vec![("to", to), ("rights", rights()), ("before", value)],
        );
        assert_eq!(revoke, Ok(Edit::Revoke(vec![granted(sid(), before)])));
    }
}

fn rights() -> FactValue {
    FactValue::list([FactValue::text("read-control")])
}

fn granted(to: Sid, before: Option<Arc<Acl>>) -> Granted {
    let rights = vec![Right {
        mask: 0x2_0000,
        object: None,
        property_set: None,
    }];
    Granted { to, rights, before }
}

#[test]
fn several_accounts_are_one_change() {
    let other: Sid = "S-1-5-18".parse().unwrap();
    let slots = |to: &Sid| [("to", FactValue::Sid(to.clone())), ("rights", rights())];
    let details = [sid(), other.clone()].iter().flat_map(slots).collect();
    let both = vec![granted(sid(), None), granted(other, None)];
    assert_eq!(edit("grant", details), Ok(Edit::Grant(both)));
}

fn wanted(rights: &[&str]) -> Result<Vec<crate::facts::WantedRight>, Unwritten> {
    let rights = FactValue::list(rights.iter().map(|right| FactValue::text(*right)));
    rights::wanted(Deed::new(&doing("grant", vec![("rights", rights)])))
}

#[test]
fn rights_that_are_none_are_refused() {
    for right in [
        "",
        "read",
        "fly home",
        "read a b",
        "read a)(cn=*",
        "read ä",
        "write $(x)",
    ] {
        let unwritten = wanted(&[right]).unwrap_err();
        assert!(
            unwritten.refused && unwritten.why.cause == Cause::Malformed,
            "{right}"
        );
    }
}

#[test]
fn names_of_rights_are_those_of_the_schema() {
    let (names, control) = (
        "f3a64788-5306-11d1-a9c5-0000f80367c1",
        "ab721a56-1e2f-11d0-9819-00aa0040529b",
    );
    let guid: Guid = names.parse().unwrap();
    let mut schema = Schema::default();
    let bytes = |guid: Guid| FactValue::Bytes(guid.to_bytes().into());
    let attribute = Record::from_iter([
        ("lDAPDisplayName", FactValue::text("servicePrincipalName")),
        ("schemaIDGUID", bytes(guid)),
        ("attributeSecurityGUID", bytes(control.parse().unwrap())),
    ]);
    let extended = Record::from_iter([
        ("cn", FactValue::text("Send-As")),
        ("rightsGuid", FactValue::text(control)),
    ]);
    schema.take(&rights::SHELVES[0], &attribute).unwrap();
    schema.take(&rights::SHELVES[0], &attribute).unwrap();
    schema.take(&rights::SHELVES[1], &extended).unwrap();
    let by_guid = format!("read {names}");
    let asked = wanted(&[
        "write serviceprincipalname",
        "validated servicePrincipalName",
        "control send-as",
        "write-dacl",
        &by_guid,
    ]);
    let right = |mask, object: &str, set: &str| Right {
        mask,
        object: object.parse().ok(),
        property_set: set.parse().ok(),
    };
    assert_eq!(
        schema.resolve(asked.unwrap()),
        Ok(vec![
            right(0x20, names, control),
            right(0x8, names, ""),
            right(0x100, control, ""),
            right(0x4_0000, "", ""),
            right(0x10, names, ""),
        ])
    );
    for missing in ["read Send-As", "control servicePrincipalName", "read nothing"] {
        let absence = schema.resolve(wanted(&[missing]).unwrap()).unwrap_err();
        assert_eq!(absence.cause, Cause::NotFound);
    }
    let other = Record::from_iter([
        ("lDAPDisplayName", FactValue::text("ServicePrincipalName")),
        ("schemaIDGUID", bytes(control.parse().unwrap())),
    ]);
    assert_eq!(
        schema.take(&rights::SHELVES[0], &other).unwrap_err().cause,
        Cause::Ambiguous
    );
    let none = Record::from_iter([("lDAPDisplayName", FactValue::text("x"))]);
    assert_eq!(
        schema.take(&rights::SHELVES[0], &none).unwrap_err().cause,
        Cause::NotFound
    );
}
