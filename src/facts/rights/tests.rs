use super::*;
use crate::facts::acl::{Access, Ace, Effect, RawAce};
use crate::facts::{Acl, Sid};

const TARGET: &str = "S-1-5-21-1-2-3-1104";
const GROUP: &str = "S-1-5-21-1-2-3-2000";
const OTHER: &str = "S-1-5-21-1-2-3-9999";
const ATTRIBUTE: &str = "a8df743e-c5ea-11d1-bbcb-0080c76670c0";
const SET: &str = "e48d0154-bcf8-11d1-8702-00c04fb96050";
const CLASS: &str = "34de6b40-a982-11d2-a9ff-00c04f8eedd8";
const ELSE: &str = "f3a64788-5306-11d1-a9c5-0000f80367c1";

/// Fills in the names, so that a table can be read.
fn sddl(text: &str) -> String {
    let names = [
        ("TARGET", TARGET),
        ("GROUP", GROUP),
        ("OTHER", OTHER),
        ("ATTRIBUTE", ATTRIBUTE),
        ("CLASS", CLASS),
        ("ELSE", ELSE),
        ("SET", SET),
    ];
    names
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
}

fn acl(text: &str) -> Acl {
    sddl(text).parse().unwrap_or_else(|why| panic!("{text}: {why}"))
}

fn sid(text: &str) -> Sid {
    text.parse().unwrap()
}

/// `X` in a wanted right is the attribute, the class or the extended right.
fn right(text: &str) -> Right {
    match text.parse().unwrap() {
        WantedRight::Whole(right) => right,
        WantedRight::Named(named) => {
            let guid = if matches!(named.verb, Verb::Create | Verb::Delete) {
                CLASS
            } else {
                ATTRIBUTE
            };
            named.resolve(guid.parse().unwrap(), Some(SET.parse().unwrap()))
        }
    }
}

fn decide(acl: &Acl, object_sid: Option<&str>, wanted: &str) -> Result<bool, Undecidable> {
    let sids = [sid(TARGET), sid(GROUP)];
    let lacking = acl.lacking(&sids, object_sid.map(sid).as_ref(), &[right(wanted)])?;
    Ok(lacking.is_empty())
}

#[test]
fn the_first_entry_that_fits_decides() {
    let cases = [
        // No list, an empty one, somebody else's.
        ("D:NO_ACCESS_CONTROL", "write X", true),
        ("D:", "write X", false),
        ("D:(A;;GA;;;OTHER)", "write X", false),
        // Whom an entry is for.
        ("D:(A;;WP;;;TARGET)", "write X", true),
        ("D:(A;;WP;;;GROUP)", "write X", true),
        ("D:(A;;RP;;;WD)", "read X", true),
        ("D:(A;;RP;;;AU)", "read X", true),
        ("D:(A;;RP;;;AN)", "read X", false),
        ("D:(A;;GA;;;CO)", "read X", false),
        // Order.
        ("D:(D;;WP;;;GROUP)(A;;WP;;;TARGET)", "write X", false),
        ("D:(A;;WP;;;TARGET)(D;;WP;;;GROUP)", "write X", true),
        ("D:(D;;WP;;;OTHER)(A;;WP;;;TARGET)", "write X", true),
        ("D:(D;;RP;;;GROUP)(A;;WP;;;TARGET)", "write X", true),
        ("D:(A;ID;WP;;;TARGET)(D;ID;WP;;;GROUP)", "write X", true),
        // Inheritance.
        ("D:(A;CIID;WP;;;TARGET)", "write X", true),
        ("D:(A;CIIO;WP;;;TARGET)", "write X", false),
        ("D:(D;CIIO;WP;;;TARGET)(A;;WP;;;TARGET)", "write X", true),
        ("D:(OA;CIID;WP;;CLASS;TARGET)", "write X", true),
    ];
    for (text, wanted, granted) in cases {
        assert_eq!(decide(&acl(text), None, wanted), Ok(granted), "{text} {wanted}");
    }
}

#[test]
fn entries_may_be_limited_to_attributes_sets_and_classes() {
    let cases = [
        ("D:(OA;;WP;ATTRIBUTE;;TARGET)", "write X", true),
        ("D:(OA;;WP;SET;;TARGET)", "write X", true),
        ("D:(OA;;WP;ELSE;;TARGET)", "write X", false),
        ("D:(OD;;WP;ELSE;;TARGET)(A;;WP;;;TARGET)", "write X", true),
        ("D:(OD;;WP;ATTRIBUTE;;TARGET)(A;;WP;;;TARGET)", "write X", false),
        (
            "D:(OD;;WP;SET;;GROUP)(OA;;WP;ATTRIBUTE;;TARGET)",
            "write X",
            false,
        ),
        ("D:(OA;;WP;ATTRIBUTE;;TARGET)(OD;;WP;SET;;GROUP)", "write X", true),
        ("D:(OA;;CC;CLASS;;TARGET)", "create X", true),
        ("D:(OA;;CCDC;ELSE;;TARGET)", "create X", false),
        ("D:(OA;;DC;CLASS;;TARGET)", "delete X", true),
        ("D:(A;;SD;;;TARGET)", "delete X", false),
        // A set counts for attributes only.
        ("D:(OA;;SW;SET;;TARGET)", "validated X", false),
        ("D:(OA;;CR;SET;;TARGET)", "control X", false),
        ("D:(OA;;CR;ATTRIBUTE;;TARGET)", "control X", true),
        ("D:(A;;CR;;;TARGET)", "control X", true),
        // Rights on the whole object do not come from a limited entry.
        ("D:(OA;;GA;ATTRIBUTE;;TARGET)", "write-dacl", false),
        ("D:(OD;;GA;ATTRIBUTE;;TARGET)(A;;WD;;;TARGET)", "write-dacl", true),
        // Either kind of writing is a right of its own.
        ("D:(OA;;WP;ATTRIBUTE;;TARGET)", "validated X", false),
        ("D:(OA;;SW;ATTRIBUTE;;TARGET)", "write X", false),
        ("D:(OA;;SW;ATTRIBUTE;;TARGET)", "validated X", true),
        ("D:(A;;SW;;;TARGET)", "validated X", true),
    ];
    for (text, wanted, granted) in cases {
        assert_eq!(decide(&acl(text), None, wanted), Ok(granted), "{text} {wanted}");
    }
}

#[test]
fn generic_rights_mean_what_they_mean_in_a_directory() {
    let everything = [
        "read X",
        "write X",
        "validated X",
        "create X",
        "delete X",
        "control X",
        "write-dacl",
        "write-owner",
        "delete",
        "read-control",
        "list",
    ];
    let cases = [
        ("GA", everything.as_slice()),
        ("0xf01ff", everything.as_slice()),
        ("GR", &["read X", "read-control", "list"]),
        ("GW", &["write X", "validated X", "read-control"]),
        ("GX", &["read-control", "list"]),
    ];
    for (rights, granted) in cases {
        let list = acl(&format!("D:(A;;{rights};;;TARGET)"));
        for wanted in everything {
            assert_eq!(
                decide(&list, None, wanted),
                Ok(granted.contains(&wanted)),
                "{rights} {wanted}"
            );
        }
    }
    assert_eq!(
        decide(&acl("D:(D;;GW;;;GROUP)(A;;GA;;;TARGET)"), None, "write X"),
        Ok(false)
    );
    assert_eq!(
        decide(&acl("D:(D;;GW;;;GROUP)(A;;GA;;;TARGET)"), None, "read X"),
        Ok(true)
    );
}

#[test]
fn every_bit_is_decided_by_itself() {
    let both = Right {
        mask: READ_PROPERTY | WRITE_PROPERTY,
        object: None,
        property_set: None,
    };
    let sids = [sid(TARGET)];
    let lacks = |text: &str| acl(text).lacking(&sids, None, &[both]);
    assert_eq!(lacks("D:(A;;RP;;;TARGET)(A;;WP;;;AU)"), Ok(vec![]));
    assert_eq!(
        lacks("D:(A;;RP;;;TARGET)(D;;RPWP;;;AU)(A;;WP;;;TARGET)"),
        Ok(vec![0])
    );
    let generic = Right {
        mask: 0x4000_0000,
        ..both
    };
    let missing = acl("D:(A;;RPWP;;;TARGET)").lacking(&sids, None, &[both, generic, both]);
    assert_eq!(missing, Ok(vec![1]));
}

#[test]
fn self_is_the_account_that_the_object_stands_for() {
    let list = acl("D:(OA;;SW;ATTRIBUTE;;PS)");
    assert_eq!(decide(&list, Some(TARGET), "validated X"), Ok(true));
    assert_eq!(decide(&list, Some(OTHER), "validated X"), Ok(false));
    assert_eq!(decide(&list, None, "validated X"), Ok(false));
    let denied = acl("D:(D;;WP;;;PS)(A;;GA;;;TARGET)");
    assert_eq!(decide(&denied, Some(TARGET), "write X"), Ok(false));
    assert_eq!(decide(&denied, Some(OTHER), "write X"), Ok(true));
}

#[test]
fn an_owner_may_read_and_write_the_list() {
    let cases = [
        ("O:TARGETD:", "write-dacl", true),
        ("O:GROUPD:", "read-control", true),
        ("O:TARGETD:(D;;WD;;;TARGET)", "write-dacl", true),
        ("O:TARGETD:", "write-owner", false),
        ("O:TARGETD:", "write X", false),
        ("O:OTHERD:", "write-dacl", false),
        // Owner Rights takes the place of what is implied.
        ("O:TARGETD:(A;;RC;;;OW)", "write-dacl", false),
        ("O:TARGETD:(A;;RC;;;OW)", "read-control", true),
        ("O:TARGETD:(A;CIIO;RC;;;OW)", "write-dacl", true),
        ("O:TARGETD:(A;;WP;;;OW)", "write X", true),
        ("O:OTHERD:(A;;WP;;;OW)", "write X", false),
        ("D:(A;;WP;;;OW)", "write X", false),
    ];
    for (text, wanted, granted) in cases {
        assert_eq!(decide(&acl(text), None, wanted), Ok(granted), "{text} {wanted}");
    }
}

/// Adds an entry in front of a list.
fn with_first(ace: &Ace, rest: &str) -> Acl {
    format!("O:{TARGET}D:({ace}){}", sddl(rest)).parse().unwrap()
}

/// An entry under a condition that is not read.
fn conditional(effect: Effect, sid: Sid) -> Ace {
    let kind = if effect == Effect::Allow { 0x09 } else { 0x0a };
    let mut bytes = vec![kind, 0, 0, 0, 0xff, 0x01, 0x0f, 0x00];
    bytes.extend(sid.to_bytes());
    bytes.extend(b"artx");
    bytes[2] = u8::try_from(bytes.len()).unwrap();
    let access = Access {
        effect,
        flags: 0,
        mask: 0x000f_01ff,
        object: None,
        inherited: None,
        sid,
    };
    Ace::Conditional(access, RawAce(bytes.into()))
}

#[test]
fn a_condition_counts_only_where_it_could_decide() {
    let doubt = Err(Undecidable::Conditional { entry: 1 });
    let cases = [
        (Effect::Allow, "", doubt.clone()),
        (Effect::Allow, "(D;;WP;;;GROUP)", doubt.clone()),
        (Effect::Allow, "(A;;WP;;;GROUP)", Ok(true)),
        (Effect::Deny, "(A;;WP;;;GROUP)", doubt),
        (Effect::Deny, "(D;;WP;;;GROUP)", Ok(false)),
        (Effect::Deny, "", Ok(false)),
    ];
    for (effect, rest, decided) in cases {
        let list = with_first(&conditional(effect, sid(GROUP)), rest);
        assert_eq!(decide(&list, None, "write X"), decided, "{effect:?} {rest}");
        let of_others = with_first(&conditional(effect, sid(OTHER)), "(A;;WP;;;TARGET)");
        assert_eq!(decide(&of_others, None, "write X"), Ok(true));
    }
    let list = with_first(&conditional(Effect::Allow, Sid::OWNER_RIGHTS), "");
    assert_eq!(
        decide(&list, None, "write-dacl"),
        Err(Undecidable::Conditional { entry: 1 })
    );
}

#[test]
fn an_unknown_entry_could_say_anything() {
    let other = |kind: u8, flags: u8| Ace::Other(RawAce([kind, flags, 4, 0].into()));
    let doubt = Err(Undecidable::UnknownEntry { entry: 1, kind: 0x20 });
    for rest in ["", "(A;;WP;;;TARGET)", "(D;;WP;;;TARGET)"] {
        assert_eq!(
            decide(&with_first(&other(0x20, 0), rest), None, "write X"),
            doubt,
            "{rest}"
        );
    }
    assert_eq!(
        decide(
            &with_first(&other(0x20, 0), "(A;;WD;;;TARGET)"),
            None,
            "write-dacl"
        ),
        doubt
    );
    // For children only, or about auditing.
    for ace in [other(0x20, 0x08), other(0x02, 0), other(0x11, 0)] {
        assert_eq!(
            decide(&with_first(&ace, "(A;;WP;;;TARGET)"), None, "write X"),
            Ok(true)
        );
    }
    let late = acl("D:(A;;WP;;;TARGET)(X;20000400)");
    assert_eq!(decide(&late, None, "write X"), Ok(true));
}

#[test]
fn a_sid_of_the_logon_is_a_doubt() {
    let network = sid("S-1-5-2");
    let doubt = Err(Undecidable::Logon {
        entry: 1,
        sid: network.clone(),
    });
    assert_eq!(decide(&acl("D:(A;;WP;;;NU)"), None, "write X"), doubt);
    assert_eq!(
        decide(&acl("D:(D;;WP;;;NU)(A;;WP;;;TARGET)"), None, "write X"),
        doubt
    );
    assert_eq!(decide(&acl("D:(D;;WP;;;NU)"), None, "write X"), Ok(false));
    let held = acl("D:(A;;WP;;;NU)").lacking(&[network], None, &[right("write X")]);
    assert_eq!(held, Ok(vec![]));
}

#[test]
fn what_was_not_read_is_not_judged() {
    assert_eq!(
        decide(&acl("O:TARGETG:GROUP"), None, "write X"),
        Err(Undecidable::NoDacl)
    );
    let nobody = acl("D:(A;;GA;;;WD)").lacking(&[], None, &[right("read X")]);
    assert_eq!(nobody, Err(Undecidable::NoSids));
}

#[test]
fn one_doubt_spoils_the_list_but_not_a_right_that_is_surely_lacking() {
    let list = acl("D:(A;;WP;;;NU)");
    let sids = [sid(TARGET)];
    assert!(
        list.lacking(&sids, None, &[right("read X"), right("write X")])
            .is_err()
    );
    let both = Right {
        mask: READ_PROPERTY | WRITE_PROPERTY,
        object: None,
        property_set: None,
    };
    assert_eq!(list.lacking(&sids, None, &[both]), Ok(vec![0]));
}

#[test]
fn words_become_rights() {
    let cases = [
        ("read a", Verb::Read, 0x10),
        ("write a", Verb::Write, 0x20),
        ("validated a", Verb::Validated, 0x8),
        ("create a", Verb::Create, 0x1),
        ("delete a", Verb::Delete, 0x2),
        ("control  a", Verb::Control, 0x100),
    ];
    for (text, verb, mask) in cases {
        let WantedRight::Named(named) = text.parse().unwrap() else {
            panic!("{text}")
        };
        assert_eq!((named.verb, named.name.as_str(), named.guid()), (verb, "a", None));
        assert_eq!(
            named.resolve(ATTRIBUTE.parse().unwrap(), None).mask,
            mask,
            "{text}"
        );
    }
    let masks = [
        ("write-dacl", 0x0004_0000),
        ("write-owner", 0x0008_0000),
        ("delete", 0x0001_0000),
        ("read-control", 0x0002_0000),
        ("list", 0x4),
    ];
    for (text, mask) in masks {
        assert_eq!(
            text.parse(),
            Ok(WantedRight::Whole(Right {
                mask,
                object: None,
                property_set: None
            }))
        );
    }
    let by_guid = NamedRight {
        verb: Verb::Write,
        name: ATTRIBUTE.into(),
    };
    assert_eq!(by_guid.guid(), ATTRIBUTE.parse().ok());
}

#[test]
fn other_words_are_refused() {
    assert_eq!(
        "wrte a".parse::<WantedRight>(),
        Err(RightError::Verb("wrte".into()))
    );
    assert_eq!(
        "write".parse::<WantedRight>(),
        Err(RightError::Whole("write".into()))
    );
    assert_eq!("".parse::<WantedRight>(), Err(RightError::Words(0)));
    assert_eq!("read a b".parse::<WantedRight>(), Err(RightError::Words(3)));
}
