use super::*;
use crate::facts::sid::tests::any_sid;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn any_access() -> impl Strategy<Value = Access> {
    let guid = || option::of(any::<[u8; 16]>().prop_map(Guid::from_wire));
    let effect = prop_oneof![Just(Effect::Allow), Just(Effect::Deny)];
    let mask = prop_oneof![any::<u32>(), (0..32u32).prop_map(|bit| 1 << bit)];
    (effect, any::<u8>(), mask, guid(), guid(), any_sid()).prop_map(
        |(effect, flags, mask, object, inherited, sid)| Access {
            effect,
            flags,
            mask,
            object,
            inherited,
            sid,
        },
    )
}

/// Entries that neither allow nor deny, as far as we know.
fn any_other() -> impl Strategy<Value = Ace> {
    let kind = any::<u8>().prop_filter("must not be a known type", |kind| {
        KINDS.iter().all(|known| known.0 != *kind)
    });
    (kind, any::<u8>(), vec(any::<u8>(), 0..24)).prop_map(|(kind, flags, body)| {
        let size = u8::try_from(ACE_HEADER + body.len()).unwrap();
        Ace::Other(RawAce([vec![kind, flags, size, 0], body].concat().into()))
    })
}

/// Entries under a condition, with the bytes that say so.
fn any_conditional() -> impl Strategy<Value = Ace> {
    (any_access(), vec(any::<u8>(), 0..12)).prop_map(|(access, condition)| {
        let mut bytes = write_ace(&Ace::Plain(access.clone()));
        bytes.extend(condition);
        bytes[0] = match bytes[0] {
            0x00 => 0x09,
            0x01 => 0x0a,
            0x05 => 0x0b,
            _ => 0x0c,
        };
        let size = u16::try_from(bytes.len()).unwrap();
        bytes[2..4].copy_from_slice(&size.to_le_bytes());
        Ace::Conditional(access, RawAce(bytes.into()))
    })
}

fn any_list(ace: impl Strategy<Value = Ace>) -> impl Strategy<Value = Acl> {
    let control =
        (any::<u16>()).prop_map(|bits| bits & (PROTECTED | AUTO_INHERIT_REQUESTED | AUTO_INHERITED));
    let list = (control, vec(ace, 0..6)).prop_map(|(control, aces)| Dacl::Entries {
        control,
        aces: aces.into(),
    });
    let dacl = prop_oneof![1 => Just(Dacl::Absent), 1 => Just(Dacl::Null), 8 => list];
    (option::of(any_sid()), option::of(any_sid()), dacl).prop_map(|(owner, group, dacl)| Acl {
        owner,
        group,
        dacl,
    })
}

/// Any access list.
pub(in crate::facts) fn any_acl() -> impl Strategy<Value = Acl> {
    any_list(prop_oneof![4 => any_access().prop_map(Ace::Plain), 1 => any_conditional(), 1 => any_other()])
}

/// Compares with another reader of the same format what both of them understand.
fn agrees_with_oracle(ours: &Acl, oracle: &windows_sddl::SecurityDescriptor) -> Result<(), TestCaseError> {
    let ours_sid = |sid: &Option<Sid>| sid.as_ref().map(Sid::to_bytes);
    let oracle_sid = |sid: &Option<windows_sddl::Sid>| sid.as_ref().map(windows_sddl::Sid::to_bytes);
    prop_assert_eq!(ours_sid(&ours.owner), oracle_sid(&oracle.owner));
    prop_assert_eq!(ours_sid(&ours.group), oracle_sid(&oracle.group));
    let aces = match (&ours.dacl, oracle.dacl_kind) {
        (Dacl::Absent, windows_sddl::DaclKind::NotPresent) | (Dacl::Null, windows_sddl::DaclKind::Null) => {
            return Ok(());
        }
        (Dacl::Entries { aces, .. }, windows_sddl::DaclKind::Present) => aces,
        (ours, oracle) => return Err(TestCaseError::fail(format!("{ours:?} is not {oracle:?}"))),
    };
    let theirs = &oracle.dacl.as_ref().unwrap().aces;
    prop_assert_eq!(aces.len(), theirs.len());
    for (ours, theirs) in aces.iter().zip(theirs) {
        let Ace::Plain(ours) = ours else {
            prop_assert!(matches!(theirs.ace_type, windows_sddl::AceType::Other(_)));
            continue;
        };
        prop_assert_eq!(ours.effect == Effect::Allow, theirs.is_allow());
        prop_assert_eq!(ours.flags, theirs.flags);
        prop_assert_eq!(
            ours.mask & windows_sddl::AccessMask::all().bits(),
            theirs.mask.bits()
        );
        prop_assert_eq!(
            ours.object.map(Guid::to_bytes),
            theirs.object_type.map(|guid| guid.0)
        );
        prop_assert_eq!(
            ours.inherited.map(Guid::to_bytes),
            theirs.inherited_object_type.map(|guid| guid.0)
        );
        prop_assert_eq!(ours.sid.to_bytes(), theirs.trustee.to_bytes());
    }
    Ok(())
}

/// The list stands before owner and group, has room to grow, and holds a limited and an audit entry.
fn directory_blob() -> Vec<u8> {
    let system = Sid::LOCAL_SYSTEM.to_bytes();
    let limited = [
        &[0x05, 0x12, 0x38, 0, 0x30, 0, 0, 0, 3, 0, 0, 0][..],
        &[
            0x3e, 0x74, 0xdf, 0xa8, 0xea, 0xc5, 0xd1, 0x11, 0xbb, 0xcb, 0, 0x80, 0xc7, 0x66, 0x70, 0xc0,
        ],
        &[
            0x4a, 0x24, 0x35, 0x34, 0x82, 0xa9, 0xd2, 0x11, 0xa9, 0xff, 0, 0xc0, 0x4f, 0x8e, 0xed, 0xd8,
        ],
        &system,
    ]
    .concat();
    let list = [
        &[4, 0, 0x4c, 0, 2, 0, 0, 0][..],
        &limited,
        &[0x02, 0x40, 8, 0, 1, 2, 3, 4],
        &[0xaa; 4],
    ]
    .concat();
    let owner = u8::try_from(20 + list.len()).unwrap();
    let header = [
        1, 0, 0x04, 0x94, owner, 0, 0, 0, owner, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0,
    ];
    [&header[..], &list, &system].concat()
}

#[test]
fn a_directory_s_layout_is_read() {
    let acl = Acl::from_bytes(&directory_blob()).unwrap();
    let text = "O:S-1-5-18G:S-1-5-18D:PAI\
        (OA;CIID;RPWP;a8df743e-c5ea-11d1-bbcb-0080c76670c0;3435244a-a982-11d2-a9ff-00c04f8eedd8;S-1-5-18)\
        (X;0240080001020304)";
    assert_eq!(acl.to_string(), text);
    assert_eq!(Acl::from_bytes(&acl.to_bytes()), Ok(acl));
}

#[test]
fn no_list_and_an_absent_one_differ() {
    let header = |control: u8| [&[1, 0, control, 0x80][..], &[0; 16]].concat();
    assert_eq!(Acl::from_bytes(&header(0x04)).unwrap().dacl, Dacl::Null);
    assert_eq!(Acl::from_bytes(&header(0x00)).unwrap().dacl, Dacl::Absent);
}

#[test]
fn an_object_entry_without_guids_is_a_plain_one() {
    let mut bytes = write_ace(&Ace::Plain(Access {
        effect: Effect::Deny,
        flags: 0,
        mask: 1,
        object: None,
        inherited: None,
        sid: Sid::EVERYONE,
    }));
    let plain = read_ace(&bytes).unwrap().0;
    bytes.splice(8..8, [0; 4]);
    (bytes[0], bytes[2]) = (0x06, bytes[2] + 4);
    assert_eq!(read_ace(&bytes).unwrap().0, plain);
}

#[test]
fn wrong_bytes_are_refused() {
    let whole = directory_blob();
    for end in 0..whole.len() {
        assert!(Acl::from_bytes(&whole[..end]).is_err(), "{end}");
    }
    let with = |place: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[place] = byte;
        Acl::from_bytes(&bytes).unwrap_err()
    };
    let cases = [
        (
            0,
            2,
            DescriptorError::Revision {
                what: "security descriptor",
                found: 2,
            },
        ),
        (3, 0x14, DescriptorError::Absolute),
        (6, 1, CutShort("SID")),
        (19, 0xff, CutShort("DACL")),
        (
            20,
            5,
            DescriptorError::Revision {
                what: "DACL",
                found: 5,
            },
        ),
        (22, 7, CutShort("DACL")),
        (23, 1, CutShort("DACL")),
        (24, 9, CutShort("entry of the DACL")),
        (30, 2, DescriptorError::EntrySize),
        (30, 0x20, CutShort("entry of the DACL")),
        (31, 1, CutShort("entry of the DACL")),
        (30, 0x30, DescriptorError::Sid(SidError::CutShort)),
    ];
    for (place, byte, why) in cases {
        assert_eq!(with(place, byte), why, "{place}");
    }
}

proptest! {
    #[test]
    fn any_list_survives_bytes(acl in any_acl()) {
        prop_assert_eq!(Acl::from_bytes(&acl.to_bytes()), Ok(acl));
    }

    #[test]
    fn another_reader_reads_the_same(acl in any_list(any_access().prop_map(Ace::Plain))) {
        let oracle = windows_sddl::parse(&acl.to_bytes()).unwrap();
        agrees_with_oracle(&acl, &oracle)?;
    }

    /// Each case damages one list in many ways.
    #[test]
    fn damaged_bytes_are_read_alike_or_refused(
        acl in any_acl(),
        damages in vec(vec((any::<prop::sample::Index>(), any::<u8>()), 1..5), 40),
        end in any::<prop::sample::Index>(),
    ) {
        let whole = acl.to_bytes();
        for damage in damages {
            let mut bytes = whole.clone();
            for (place, byte) in damage {
                bytes[place.index(whole.len())] = byte;
            }
            let _ = Acl::from_bytes(&bytes[..end.index(bytes.len())]);
            if let (Ok(ours), Ok(oracle)) = (Acl::from_bytes(&bytes), windows_sddl::parse(&bytes)) {
                agrees_with_oracle(&ours, &oracle)?;
                prop_assert_eq!(Acl::from_bytes(&ours.to_bytes()), Ok(ours));
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = Acl::from_bytes(&bytes);
    }
}
