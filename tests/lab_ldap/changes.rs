//! Changes, as another client of the directory sees them.

use data_encoding::BASE64;
use standin::facts::{Acl, Dn, Right, Sid};
use standin::transport::Unwritten;
use standin::transport::ldap::{Attribute, Change, Edit, Granted, Way};

use super::*;

fn admin() -> Ldap {
    Ldap::new(LdapConfig {
        log_on: password("ADMIN"),
        ..config()
    })
}

fn attribute(name: &str, values: &[&[u8]]) -> Attribute {
    Attribute {
        name: name.to_owned(),
        values: values.iter().map(|value| value.to_vec()).collect(),
    }
}

fn change(dn: &str, edit: Edit) -> Change {
    let dn = dn.to_owned();
    Change { dn, edit }
}

fn modify(dn: &str, way: Way, name: &str, values: &[&[u8]]) -> Change {
    change(dn, Edit::Modify(vec![(way, attribute(name, values))]))
}

fn contact(name: &str) -> (String, Change) {
    let dn = format!("CN={},CN=Users,{DOMAIN}", Dn::escape_value(name));
    let add = Edit::Add(vec![attribute("objectClass", &[b"contact"])]);
    (dn.clone(), change(&dn, add))
}

/// The lines of an object, as the directory's own files have it: name and value, those that Samba keeps by itself
/// left out.
fn files(dn: &str, attributes: &[&str]) -> Vec<(String, Vec<u8>)> {
    let smb_conf = format!("--configfile={}", lab("SMBCONF"));
    let output = Command::new("ldbsearch")
        .args([
            &smb_conf,
            "-H",
            &lab("SAM"),
            "--controls=sd_flags:1:4",
            "-s",
            "base",
            "-b",
            dn,
        ])
        .args(["(objectClass=*)"])
        .args(attributes)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).replace("\n ", "");
    let own = ["uSNChanged", "whenChanged"];
    let line = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let value = match value.strip_prefix(':') {
            Some(encoded) => BASE64.decode(encoded.trim().as_bytes()).ok()?,
            None => value.strip_prefix(' ').unwrap_or(value).as_bytes().to_vec(),
        };
        let shown = !name.contains(['#', ' ']) && !own.contains(&name) && name != "dn";
        shown.then(|| (name.to_owned(), value))
    };
    let mut lines: Vec<_> = told.lines().filter_map(line).collect();
    lines.sort();
    lines
}

/// The values of one attribute, sorted.
fn values(dn: &str, name: &str) -> Vec<Vec<u8>> {
    let own = |(found, value): (String, Vec<u8>)| (found == name).then_some(value);
    files(dn, &[name]).into_iter().filter_map(own).collect()
}

#[track_caller]
fn not_done(outcome: Result<(), Unwritten>, cause: Cause, part: &str) {
    let unwritten = outcome.expect_err("a refusal");
    eprintln!("{}", unwritten.why);
    assert!(unwritten.refused && unwritten.why.cause == cause, "{unwritten:?}");
    assert!(unwritten.why.detail.contains(part), "{}", unwritten.why);
}

#[tokio::test]
async fn objects_come_change_and_go() {
    in_lab!();
    let ldap = admin();
    let (dn, add) = contact("Standin changes");
    ldap.change(&add).await.unwrap();
    assert_eq!(values(&dn, "cn"), [b"Standin changes"]);
    let pristine = files(&dn, &["*"]);
    not_done(
        ldap.change(&add).await,
        Cause::Unsupported,
        "of this name already",
    );
    for (way, given, after) in [
        (Way::Replace, &["a", "b"][..], &["a", "b"][..]),
        (Way::Insert, &["c"], &["a", "b", "c"]),
        (Way::Remove, &["a", "c"], &["b"]),
        (Way::Replace, &["d"], &["d"]),
        (Way::Replace, &[], &[]),
    ] {
        let given: Vec<&[u8]> = given.iter().map(|value| value.as_bytes()).collect();
        ldap.change(&modify(&dn, way, "otherTelephone", &given))
            .await
            .unwrap();
        let after: Vec<&[u8]> = after.iter().map(|value| value.as_bytes()).collect();
        assert_eq!(values(&dn, "otherTelephone"), after, "{way:?}");
    }
    assert_eq!(files(&dn, &["*"]), pristine, "what was changed is taken back");
    ldap.change(&change(&dn, Edit::Delete)).await.unwrap();
    assert_eq!(files(&dn, &["*"]), []);
    not_done(
        ldap.change(&change(&dn, Edit::Delete)).await,
        Cause::NotFound,
        "there is no such object",
    );
}

#[tokio::test]
async fn several_attributes_change_together_or_not_at_all() {
    in_lab!();
    let ldap = admin();
    let (dn, add) = contact("Standin together");
    ldap.change(&add).await.unwrap();
    let both = Edit::Modify(vec![
        (Way::Replace, attribute("description", &[b"new"])),
        (Way::Replace, attribute("noSuchAttribute", &[b"x"])),
    ]);
    let before = files(&dn, &["*"]);
    not_done(
        ldap.change(&change(&dn, both)).await,
        Cause::NotFound,
        "no such attribute",
    );
    assert_eq!(files(&dn, &["*"]), before);
    ldap.change(&change(&dn, Edit::Delete)).await.unwrap();
}

/// What people and attackers put into names and values.
fn hostile() -> Vec<String> {
    let mut all: Vec<String> = [
        "it's \"quoted\"",
        "a;b,c+d=e<f>g\\h#i",
        "#1",
        " spaces at the ends ",
        "[brackets] {braces} (parens)",
        "*)(objectClass=*",
        "two\nlines\r\nand a tab\t",
        "nul\u{0}and bell\u{7}",
        "\u{202e}txt.exe\u{202c} \u{200f}\u{feff}",
        "$(reboot) `reboot` ${HOME}",
        "%PATH% %COMSPEC%",
        "'; DROP TABLE users; --",
        "J\u{fc}rgen \u{1f600} \u{65e5}\u{672c}",
    ]
    .map(str::to_owned)
    .to_vec();
    all.push("x".repeat(10_000));
    all
}

fn short(text: &str) -> String {
    text.chars().take(20).collect()
}

#[tokio::test]
async fn hostile_values_are_read_back_or_refused() {
    in_lab!();
    let ldap = admin();
    let (dn, add) = contact("Standin values");
    ldap.change(&add).await.unwrap();
    let mut refusals = 0;
    for value in hostile() {
        let before = files(&dn, &["*"]);
        let outcome = ldap
            .change(&modify(&dn, Way::Replace, "description", &[value.as_bytes()]))
            .await;
        match outcome {
            Ok(()) => {
                assert_eq!(values(&dn, "description"), [value.as_bytes()], "{value:?}");
                let rows = ldap
                    .search(&search(&dn, Scope::Base, "(objectClass=*)", &["description"]))
                    .await
                    .unwrap();
                assert_eq!(text(&rows[0], "description"), value);
            }
            Err(unwritten) => {
                assert!(unwritten.refused, "{unwritten:?}");
                eprintln!("{:?}: {}", short(&value), unwritten.why);
                assert_eq!(files(&dn, &["*"]), before, "{value:?}");
                refusals += 1;
            }
        }
    }
    eprintln!("{refusals} of {} values refused", hostile().len());
    let bytes: Vec<u8> = (0..=255).collect();
    ldap.change(&modify(
        &dn,
        Way::Replace,
        "userCertificate",
        &[&bytes, b"\0", b"\xff\xfe"],
    ))
    .await
    .unwrap();
    assert_eq!(
        values(&dn, "userCertificate"),
        [b"\0".to_vec(), bytes, b"\xff\xfe".to_vec()]
    );
    ldap.change(&change(&dn, Edit::Delete)).await.unwrap();
}

#[tokio::test]
async fn hostile_names_make_that_object_or_none() {
    in_lab!();
    let ldap = admin();
    let (top, users) = (
        format!("CN=Users,{DOMAIN}"),
        search(
            &format!("CN=Users,{DOMAIN}"),
            Scope::One,
            "(objectClass=*)",
            &["cn"],
        ),
    );
    let names = async || {
        let rows = ldap.search(&users).await.unwrap();
        let names = rows
            .iter()
            .filter_map(|row| row.get("cn").map(ToString::to_string));
        names
            .filter(|name| !name.starts_with("Standin "))
            .collect::<BTreeSet<_>>()
    };
    let before = names().await;
    for name in hostile() {
        let (dn, add) = contact(&name);
        match ldap.change(&add).await {
            Ok(()) => {
                let row = &ldap
                    .search(&search(&dn, Scope::Base, "(objectClass=*)", &["cn"]))
                    .await
                    .unwrap()[0];
                assert_eq!(text(row, "cn"), name);
                assert_eq!(names().await.len(), before.len() + 1, "{name:?}");
                ldap.change(&change(&dn, Edit::Delete)).await.unwrap();
            }
            Err(unwritten) => {
                assert!(unwritten.refused, "{unwritten:?}");
                eprintln!("{:?}: {}", short(&name), unwritten.why);
            }
        }
        assert_eq!(names().await, before, "{name:?} in {top}");
    }
}

async fn found(filter: &str) -> String {
    let base = format!("CN=Configuration,{DOMAIN}");
    let rows = admin().search(&search(&base, Scope::Sub, filter, &["cn"])).await;
    text(&rows.unwrap()[0], "dn").to_owned()
}

async fn sid(account: &str) -> Sid {
    let rows = admin()
        .search(&search(
            DOMAIN,
            Scope::Sub,
            &format!("(sAMAccountName={account})"),
            &["objectSid"],
        ))
        .await
        .unwrap();
    match rows[0].get("objectSid") {
        Some(FactValue::Bytes(bytes)) => Sid::from_bytes(bytes).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn rights(wanted: &[(u32, &str)]) -> Vec<Right> {
    let right = |(mask, object): &(u32, &str)| Right {
        mask: *mask,
        object: object.parse().ok(),
        property_set: None,
    };
    wanted.iter().map(right).collect()
}

/// The security descriptor to the byte, and its access list in another client's words.
async fn descriptor(dn: &str) -> (Vec<u8>, Vec<Vec<u8>>) {
    let asked = search(dn, Scope::Base, "(objectClass=*)", &["nTSecurityDescriptor"]);
    let asked = Search {
        security_descriptors: true,
        ..asked
    };
    let rows = admin().search(&asked).await.unwrap();
    match rows[0].get("nTSecurityDescriptor") {
        Some(FactValue::Bytes(bytes)) => (bytes.to_vec(), values(dn, "nTSecurityDescriptor")),
        other => panic!("{other:?}"),
    }
}

const BOOKS: &str = "a8df743e-c5ea-11d1-bbcb-0080c76670c0";
const NAMES: &str = "f3a64788-5306-11d1-a9c5-0000f80367c1";

#[tokio::test]
async fn rights_are_granted_and_taken_back_to_the_byte() {
    in_lab!();
    let ldap = admin();
    let list = found("(cn=Default Offline Address List)").await;
    let source = format!("CN=SRCMAIL,CN=Computers,{DOMAIN}");
    let group = found("(objectClass=msExchAdminGroup)").await;
    for (dn, account, wanted) in [
        (&list, "svcdr", &[(0x10, BOOKS), (0x20, BOOKS)][..]),
        // it has others there already
        (&list, "TGTMAIL$", &[(0x10, BOOKS), (0x8, NAMES), (0x100, BOOKS)]),
        (&source, "svcdr", &[(0x8, NAMES), (0x20, NAMES)]),
        (&source, "svcdr", &[(0x2_0000, ""), (0x4, "")]),
        (&group, "svcdr", &[(0x1, BOOKS), (0x2, BOOKS)]),
    ] {
        let (to, rights) = (sid(account).await, rights(wanted));
        let before = descriptor(dn).await;
        let was = Acl::from_bytes(&before.0).unwrap();
        let grant = change(
            dn,
            Edit::Grant(vec![Granted {
                to: to.clone(),
                rights: rights.clone(),
                before: None,
            }]),
        );
        ldap.change(&grant).await.unwrap();
        let granted = descriptor(dn).await;
        assert!(granted.0 != before.0 && granted.1 != before.1);
        let has = Acl::from_bytes(&granted.0).unwrap();
        assert_eq!(has.lacking(std::slice::from_ref(&to), None, &rights), Ok(vec![]));
        ldap.change(&grant).await.unwrap();
        assert_eq!(descriptor(dn).await, granted, "once is enough");
        let before_that = Some(Arc::new(was));
        let revoke = change(
            dn,
            Edit::Revoke(vec![Granted {
                to,
                rights,
                before: before_that,
            }]),
        );
        for _ in 0..2 {
            ldap.change(&revoke).await.unwrap();
            assert_eq!(descriptor(dn).await, before, "{dn}");
        }
    }
}

#[tokio::test]
async fn what_the_account_may_not_do_changes_nothing() {
    in_lab!();
    let reader = Ldap::new(config());
    let folders = found("(objectClass=msExchPFTree)").await;
    let (new, add) = contact("Standin refused");
    let grant = Edit::Grant(vec![Granted {
        to: sid("svcstandin").await,
        rights: rights(&[(0x20, BOOKS)]),
        before: None,
    }]);
    let before = files(&folders, &["*", "nTSecurityDescriptor"]);
    for edit in [
        Edit::Modify(vec![(Way::Replace, attribute("description", &[b"x"]))]),
        Edit::Delete,
        grant,
    ] {
        not_done(
            reader.change(&change(&folders, edit)).await,
            Cause::Denied,
            "lacks the right to change it",
        );
        assert_eq!(files(&folders, &["*", "nTSecurityDescriptor"]), before);
    }
    not_done(
        reader.change(&add).await,
        Cause::Denied,
        "lacks the right to change it",
    );
    assert_eq!(files(&new, &["*"]), []);
}

#[tokio::test]
async fn the_schema_tells_what_rights_are_called() {
    in_lab!();
    let ldap = Ldap::new(config());
    let schema = format!("CN=Schema,CN=Configuration,{DOMAIN}");
    let extended = format!("CN=Extended-Rights,CN=Configuration,{DOMAIN}");
    for (base, filter, name, guid) in [
        (
            &schema,
            "(&(objectClass=*)(|(lDAPDisplayName=offlineabserver)))",
            "lDAPDisplayName",
            "schemaIDGUID",
        ),
        (
            &schema,
            "(&(objectClass=*)(|(lDAPDisplayName=msExchRoutingGroupContainer)))",
            "lDAPDisplayName",
            "schemaIDGUID",
        ),
        (
            &extended,
            "(&(objectClass=controlAccessRight)(|(cn=send-as)))",
            "cn",
            "rightsGuid",
        ),
    ] {
        let asked = search(base, Scope::One, filter, &[name, guid, "attributeSecurityGUID"]);
        let rows = ldap.search(&asked).await.unwrap();
        assert_eq!(rows.len(), 1, "{filter}");
        assert!(rows[0].get(guid).is_some() && rows[0].get(name).is_some());
    }
}
