use super::*;
use crate::facts::descriptor::tests::any_acl;
use proptest::prelude::*;

fn read(text: &str) -> Result<String, SddlError> {
    text.parse::<Acl>().map(|acl| acl.to_string())
}

#[test]
fn plain_text_stays_as_it_is() {
    let texts = [
        "",
        "D:",
        "D:NO_ACCESS_CONTROL",
        "O:S-1-5-32-544",
        "G:S-1-5-18D:P",
        "O:S-1-5-32-544G:S-1-5-18D:PARAI",
        "D:AI(A;OICINPIOID;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;S-1-1-0)(D;;GAGXGWGR;;;S-1-5-10)",
        "D:(A;;0x0;;;S-1-5-11)(A;;0x2000010;;;S-1-5-11)(A;SAFA;RP;;;S-1-5-11)",
        "D:(OA;CI;RPWP;a8df743e-c5ea-11d1-bbcb-0080c76670c0;;S-1-5-21-1-2-3-1104)",
        "D:(OD;CIIO;SW;;3435244a-a982-11d2-a9ff-00c04f8eedd8;S-1-0x123456789abc-1)",
        // An audit entry, a condition, a flag without a word.
        "D:(X;02400800ff010f00)",
        "D:(X;09001800ff010f0001010000000000010000000061727478)",
        "D:(X;0020140020000000010100000000000100000000)",
    ];
    for text in texts {
        assert_eq!(read(text).as_deref(), Ok(text));
    }
}

#[test]
fn other_spellings_are_read() {
    let cases = [
        (
            " O:BAG:SYD:(A;;GA;;;PS) ",
            "O:S-1-5-32-544G:S-1-5-18D:(A;;GA;;;S-1-5-10)",
        ),
        ("D:AIP(A;IDCI;0x30;;;AU)", "D:PAI(A;CIID;RPWP;;;S-1-5-11)"),
        (
            "D:(OA;;WPRP;{A8DF743E-C5EA-11D1-BBCB-0080C76670C0};;WD)",
            "D:(OA;;RPWP;a8df743e-c5ea-11d1-bbcb-0080c76670c0;;S-1-1-0)",
        ),
        // Without an attribute it is for all of them, and a hexadecimal plain entry is a plain entry.
        ("D:(OD;;RP;;;WD)", "D:(D;;RP;;;S-1-1-0)"),
        (
            "D:(X;0000140020000000010100000000000100000000)",
            "D:(A;;WP;;;S-1-1-0)",
        ),
    ];
    for (text, plain) in cases {
        assert_eq!(read(text).as_deref(), Ok(plain), "{text}");
    }
}

#[test]
fn what_is_no_access_list_is_refused() {
    let s = str::to_owned;
    let cases = [
        ("nonsense", SddlError::Section(s("nonsense"))),
        ("G:SYO:BA", SddlError::Section(s("O:BA"))),
        ("D:PX", SddlError::Control(s("X"))),
        ("D:(A;;RP;;;WD)P", SddlError::Section(s("P"))),
        ("S:AI", SddlError::SystemList),
        ("D:PS:AI", SddlError::SystemList),
        ("D:(A;;RP;;;WD)S:(AU;;RP;;;WD)", SddlError::SystemList),
        ("D:(A;;RP;;;WD", SddlError::Unclosed(s("(A;;RP;;;WD"))),
        ("D:()", SddlError::Fields(1)),
        ("D:(A;;RP;;WD)", SddlError::Fields(5)),
        ("D:(A;;RP;;;WD;)", SddlError::Fields(7)),
        ("D:(AU;;RP;;;WD)", SddlError::Kind(s("AU"))),
        (
            "D:(XA;;RP;;;WD;(@User.a))",
            SddlError::Condition(s("XA;;RP;;;WD;(@User.a")),
        ),
        ("D:(A;CO;RP;;;WD)", SddlError::Flags(s("CO"))),
        ("D:(A;C;RP;;;WD)", SddlError::Flags(s("C"))),
        ("D:(A;;;;;WD)", SddlError::Rights(s(""))),
        ("D:(A;;RPX;;;WD)", SddlError::Rights(s("RPX"))),
        ("D:(A;;0x;;;WD)", SddlError::Rights(s("0x"))),
        ("D:(A;;0x+1;;;WD)", SddlError::Rights(s("0x+1"))),
        ("D:(A;;0x100000000;;;WD)", SddlError::Rights(s("0x100000000"))),
        ("D:(A;;RP;;;DA)", SddlError::DomainAlias(s("DA"))),
        ("O:ZZ", SddlError::Alias(s("ZZ"))),
        ("O:", SddlError::Alias(s(""))),
        ("O:S-1-5-x", SddlError::Sid(SidError::Text)),
        ("D:(OA;;RP;x;;WD)", SddlError::Guid(GuidError::Text)),
        (
            "D:(A;;RP;a8df743e-c5ea-11d1-bbcb-0080c76670c0;;WD)",
            SddlError::Unlimited,
        ),
        ("D:(X;0)", SddlError::Hex(s("0"))),
        ("D:(X;zz)", SddlError::Hex(s("zz"))),
        (
            "D:(X;02)",
            SddlError::Entry(DescriptorError::CutShort("entry of the DACL")),
        ),
        ("D:(X;0200040000)", SddlError::Entry(DescriptorError::Trailing(1))),
    ];
    for (text, why) in cases {
        assert_eq!(read(text), Err(why), "{text}");
    }
}

#[test]
fn a_list_too_large_for_its_binary_form_is_refused() {
    // Each entry has 20 bytes, the list 8.
    let list = |entries: usize| format!("D:{}", "(A;;RP;;;WD)".repeat(entries)).parse::<Acl>();
    assert!(list(3276).is_ok_and(|acl| Acl::from_bytes(&acl.to_bytes()) == Ok(acl)));
    assert_eq!(list(3277), Err(SddlError::TooLarge));
}

#[test]
fn aliases_are_in_order_and_known_once() {
    let mut words: Vec<&str> = words::ALIASES.iter().map(|(alias, _)| *alias).collect();
    assert!(words.is_sorted());
    words.extend(words::OF_A_DOMAIN);
    let all = words.len();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), all);
}

proptest! {
    #[test]
    fn any_list_survives_text(acl in any_acl()) {
        prop_assert_eq!(acl.to_string().parse::<Acl>(), Ok(acl));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "([OGDS]:|\\((A|D|OA|OD|X|XA);|[;)(PAI]|0x|RP|CI|S-1-5-18|WD|\u{e9}|.)*") {
        if let Ok(acl) = text.parse::<Acl>() {
            prop_assert_eq!(acl.to_string().parse::<Acl>(), Ok(acl));
        }
    }
}
