use super::*;
use crate::facts::descriptor::tests::any_acl;
use crate::facts::sid::tests::any_sid;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

const NAMES: &str = "f3a64788-5306-11d1-a9c5-0000f80367c1";
const BOOKS: &str = "a8df743e-c5ea-11d1-bbcb-0080c76670c0";
const ACCOUNT: &str = "S-1-5-21-1-2-3-1122";
const READ: u32 = 0x10;
const WRITE: u32 = 0x20;

fn right(mask: u32, object: &str) -> Right {
    Right {
        mask,
        object: object.parse().ok(),
        property_set: None,
    }
}

fn edit(sddl: &str) -> DaclEdit {
    let acl: Acl = sddl.parse().unwrap();
    DaclEdit::read(&acl.to_bytes()).unwrap()
}

fn shown(edit: &DaclEdit) -> String {
    Acl::from_bytes(&edit.to_bytes()).unwrap().to_string()
}

/// The same text as it is written here.
fn plain(sddl: &str) -> String {
    sddl.parse::<Acl>().unwrap().to_string()
}

fn account() -> Sid {
    ACCOUNT.parse().unwrap()
}

#[test]
fn what_is_missing_is_added_behind_the_explicit_entries() {
    let both = [right(READ, NAMES), right(WRITE, NAMES)];
    let wide = [Right {
        mask: 0x2_0000,
        object: None,
        property_set: None,
    }];
    for (before, rights, after) in [
        (
            "D:AI(A;;RP;;;AU)(A;ID;RC;;;AU)",
            &both[..],
            "D:AI(A;;RP;;;AU){+}(A;ID;RC;;;AU)",
        ),
        ("D:(A;ID;RC;;;AU)", &both, "D:{+}(A;ID;RC;;;AU)"),
        (
            "D:(D;;WD;;;WD)(A;;RC;;;AU)",
            &both,
            "D:(D;;WD;;;WD)(A;;RC;;;AU){+}",
        ),
        ("D:P", &both, "D:P{+}"),
        // one for the whole object stands before those for its parts
        (
            "D:(A;;RP;;;AU)(OA;;WP;{book};;AU)(A;ID;RC;;;AU)",
            &wide,
            "D:(A;;RP;;;AU)(A;;RC;;;{me})(OA;;WP;{book};;AU)(A;ID;RC;;;AU)",
        ),
        // what is there is not widened, because somebody else made it
        (
            "D:(OA;;RP;{name};;{me})",
            &both,
            "D:(OA;;RP;{name};;{me})(OA;;WP;{name};;{me})",
        ),
        // what children inherit says nothing about this object
        (
            "D:(OA;CI;RPWP;{name};;{me})",
            &both,
            "D:(OA;CI;RPWP;{name};;{me}){+}",
        ),
        ("D:(OA;;RPWP;{book};;{me})", &both, "D:(OA;;RPWP;{book};;{me}){+}"),
    ] {
        let fill = |text: &str| {
            let text = text.replace("{+}", "(OA;;RPWP;{name};;{me})");
            text.replace("{name}", NAMES)
                .replace("{book}", BOOKS)
                .replace("{me}", ACCOUNT)
        };
        let was: Acl = fill(before).parse().unwrap();
        let mut edit = edit(&fill(before));
        let untouched = edit.clone();
        edit.grant(&account(), rights).unwrap();
        assert_eq!(shown(&edit), plain(&fill(after)));
        edit.revoke(&account(), rights, Some(&was));
        assert_eq!(edit.to_bytes(), untouched.to_bytes(), "{before}");
    }
}

#[test]
fn granted_twice_is_granted_once() {
    let mut list = edit("D:(A;;RP;;;AU)");
    let before = list.to_bytes();
    list.grant(&account(), &[right(READ, NAMES), right(WRITE, NAMES)])
        .unwrap();
    let once = list.to_bytes();
    list.grant(&account(), &[right(WRITE, NAMES)]).unwrap();
    assert_eq!(list.to_bytes(), once);
    list.revoke(&account(), &[right(WRITE, NAMES)], None);
    list.revoke(&account(), &[right(READ, NAMES), right(WRITE, NAMES)], None);
    assert_eq!(list.to_bytes(), before);
}

#[test]
fn what_was_allowed_before_stays() {
    let sddl = format!("D:(OA;;RPWP;{NAMES};;{ACCOUNT})(A;;RP;;;AU)");
    let before: Acl = sddl.parse().unwrap();
    let mut list = edit(&sddl);
    list.grant(&account(), &[right(WRITE, NAMES), right(0x8, NAMES)])
        .unwrap();
    list.revoke(
        &account(),
        &[right(WRITE, NAMES), right(0x8, NAMES)],
        Some(&before),
    );
    assert_eq!(shown(&list), plain(&sddl));
}

#[test]
fn a_grant_that_would_not_count_is_refused() {
    for sddl in [
        format!("D:(OD;;WP;{NAMES};;{ACCOUNT})"),
        "D:(D;;WP;;;WD)".to_owned(),
        "D:(D;;WP;;;AU)(A;;WP;;;WD)".to_owned(),
    ] {
        let outcome = edit(&sddl).grant(&account(), &[right(WRITE, NAMES)]);
        assert_eq!(outcome, Err(DaclError::Denied), "{sddl}");
    }
    let of_others = format!("D:(D;;WP;;;{ACCOUNT}1)");
    edit(&of_others)
        .grant(&account(), &[right(WRITE, NAMES)])
        .unwrap();
}

#[test]
fn lists_that_are_not_there_are_not_made() {
    for (sddl, why) in [
        ("O:SY", DaclError::Absent),
        ("D:NO_ACCESS_CONTROL", DaclError::Null),
    ] {
        let acl: Acl = sddl.parse().unwrap();
        assert_eq!(DaclEdit::read(&acl.to_bytes()), Err(why));
    }
    assert!(DaclEdit::read(&[1, 2, 3]).is_err());
}

#[test]
fn a_list_without_room_is_left_alone() {
    let entry = |n: i32| format!("(A;;RP;;;S-1-5-21-1-2-3-{n})");
    let many = (0..1820).map(entry).collect::<Vec<_>>().concat();
    let outcome = edit(&format!("D:{many}")).grant(&account(), &[right(WRITE, NAMES)]);
    assert_eq!(outcome, Err(DaclError::TooLarge));
}

fn any_rights() -> impl Strategy<Value = Vec<Right>> {
    let mask = (0..9_u32).prop_map(|bit| 1 << bit);
    let object = option::of(prop_oneof![Just(NAMES), Just(BOOKS)]);
    let right = (mask, object).prop_map(|(mask, object)| Right {
        mask,
        object: object.and_then(|guid| guid.parse().ok()),
        property_set: None,
    });
    vec(right, 0..5)
}

proptest! {
    #[test]
    fn what_is_granted_and_taken_back_was_never_there(acl in any_acl(), to in any_sid(), rights in any_rights()) {
        let bytes = acl.to_bytes();
        if let Ok(mut list) = DaclEdit::read(&bytes) {
            let before = list.clone();
            let written = Acl::from_bytes(&before.to_bytes()).unwrap();
            prop_assert_eq!(written.dacl(), acl.dacl());
            if list.grant(&to, &rights).is_ok() {
                let kept = list.entries.iter().filter(|entry| before.entries.contains(entry)).count();
                prop_assert!(kept >= before.entries.len());
                for _ in 0..2 {
                    list.revoke(&to, &rights, Some(&acl));
                    prop_assert_eq!(&list.entries, &before.entries);
                }
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..200), to in any_sid(), rights in any_rights()) {
        let mut bytes = bytes;
        if bytes.len() > 20 {
            bytes[..20].copy_from_slice(&[1, 0, 4, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0]);
        }
        if let Ok(mut list) = DaclEdit::read(&bytes) {
            let _ = list.grant(&to, &rights);
            list.revoke(&to, &rights, None);
            prop_assert!(Acl::from_bytes(&list.to_bytes()).is_ok());
        }
    }
}
