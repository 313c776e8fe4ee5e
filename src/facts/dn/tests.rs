use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

fn dn(text: &str) -> Dn {
    text.parse().unwrap_or_else(|why| panic!("{text}: {why}"))
}

#[test]
fn values_lose_their_escapes() {
    let cases = [
        ("CN=plain", "plain"),
        ("cn=a=b", "a=b"),
        (r"CN=Smith\, John", "Smith, John"),
        (r#"CN=a\+b\;c\<d\>e\"f\\g\=h"#, r#"a+b;c<d>e"f\g=h"#),
        (r"CN=\#1", "#1"),
        (r"CN=\ two spaces\ ", " two spaces "),
        (r"CN=two\20", "two "),
        (r"CN=inner  spaces  ", "inner  spaces"),
        (r"CN=trailing\  ", "trailing "),
        (r"CN=trailing \ ", "trailing  "),
        (r"CN=back\\ ", r"back\"),
        (r"CN=Box\0ACNF:9f795218", "Box\nCNF:9f795218"),
        (r"CN=Lu\C4\8Di\C4\87", "Lučić"),
        ("CN=Lučić", "Lučić"),
        (r#"CN="Smith, John; <x>""#, "Smith, John; <x>"),
        (r#"CN="a\"b""#, "a\"b"),
        (r#"CN="" "#, ""),
        ("CN=", ""),
        ("1.3.6.1.4.1.1466.0=#04024869", "#04024869"),
        ("OU=Sales+CN=J. Smith", "Sales"),
        (r"CN=SMTP (EXCH1-{9f795218-b093})", "SMTP (EXCH1-{9f795218-b093})"),
    ];
    for (text, value) in cases {
        assert_eq!(dn(text).rdn_value(), value, "{text}");
    }
}

#[test]
fn same_names_are_equal() {
    let cases = [
        ("CN=Exch1,DC=Example", "cn=EXCH1,dc=example"),
        ("CN=a, DC=b", "CN=a,DC=b"),
        ("CN = a , DC = b", "CN=a,DC=b"),
        (r"CN=a\2Cb", r"CN=a\,b"),
        (r#"CN="a,b""#, r"CN=a\,b"),
        ("CN=a+OU=b", "ou=B + cn=A"),
        ("CN=#04AB", "CN=#04ab"),
        ("CN=ΟΔΟΣ", "CN=οδοσ"),
    ];
    for (left, right) in cases {
        assert_eq!(dn(left), dn(right));
        assert_eq!(dn(left).cmp(&dn(right)), Ordering::Equal);
    }
}

#[test]
fn different_names_are_not() {
    let cases = [
        ("CN=a,DC=b", "CN=a"),
        ("CN=a", "OU=a"),
        (r"CN=a\+OU=b", "CN=a+OU=b"),
        (r"CN=\#04ab", "CN=#04ab"),
        (r"CN=a\20", "CN=a"),
        ("CN=EXCH1,DC=b", "CN=EXCH10,DC=b"),
    ];
    for (left, right) in cases {
        assert_ne!(dn(left), dn(right));
    }
}

#[test]
fn what_is_no_name_is_refused() {
    let cases = [
        ("", DnError::Empty),
        ("  ", DnError::Empty),
        ("<GUID=f3a64788530611d1a9c50000f80367c1>", DnError::Extended),
        ("<SID=S-1-5-32>;CN=a", DnError::Extended),
        ("CN", DnError::Attribute { at: 0 }),
        ("=a", DnError::Attribute { at: 0 }),
        ("CN=a,", DnError::Attribute { at: 5 }),
        ("CN=a,,DC=b", DnError::Attribute { at: 5 }),
        ("CN=a+", DnError::Attribute { at: 5 }),
        ("C.N=a", DnError::Attribute { at: 0 }),
        ("1..2=a", DnError::Attribute { at: 0 }),
        ("/o=org/ou=x", DnError::Attribute { at: 0 }),
        ("CN=a;DC=b", DnError::Unescaped { at: 4, found: ';' }),
        ("CN=a<b", DnError::Unescaped { at: 4, found: '<' }),
        ("CN=a\"b", DnError::Unescaped { at: 4, found: '"' }),
        (r"CN=a\", DnError::Escape { at: 4 }),
        (r"CN=a\x", DnError::Escape { at: 4 }),
        (r"CN=a\4", DnError::Escape { at: 4 }),
        (r"CN=\č", DnError::Escape { at: 3 }),
        (r"CN=\C4", DnError::NotText { at: 3 }),
        ("CN=#", DnError::Hex { at: 3 }),
        ("CN=#0", DnError::Hex { at: 3 }),
        ("CN=#04x", DnError::Hex { at: 3 }),
        ("CN=\"a", DnError::Quote { at: 3 }),
        ("CN=\"a\"b", DnError::Quote { at: 3 }),
    ];
    for (text, why) in cases {
        assert_eq!(text.parse::<Dn>(), Err(why), "{text}");
    }
}

#[test]
fn text_stays_as_it_was_written() {
    let name = dn(r" cn=Smith\2C J , OU=People+L=Here,DC=b\   ");
    assert_eq!(name.as_str(), r"cn=Smith\2C J , OU=People+L=Here,DC=b\ ");
    let parent = name.parent().unwrap();
    assert_eq!(parent.to_string(), r"OU=People+L=Here,DC=b\ ");
    assert_eq!(parent.parent().unwrap().as_str(), r"DC=b\ ");
    assert_eq!(parent.parent().unwrap().parent(), None);
    assert_eq!(name.rdns()[0].to_string(), r"cn=Smith\, J");
    assert_eq!(name.rdns()[1].attribute(), "OU");
}

#[test]
fn below_is_decided_by_whole_parts() {
    let server = dn("CN=EXCH1,CN=Servers,DC=x");
    let store = dn("CN=Store\\, 1,CN=First,cn=exch1,cn=servers,dc=X");
    let values: Vec<&str> = store.below(&server).unwrap().iter().map(Rdn::value).collect();
    assert_eq!(values, ["Store, 1", "First"]);
    assert!(store.is_below(&server.parent().unwrap()));
    for other in [
        "CN=EXCH1,CN=Servers,DC=x",
        "CN=Servers,DC=x",
        "CN=a,CN=EXCH10,CN=Servers,DC=x",
    ] {
        assert!(!dn(other).is_below(&server), "{other}");
    }
}

#[test]
fn parents_sort_before_children() {
    let mut names = [
        "CN=a,DC=b,DC=x",
        "CN=z,DC=a,DC=x",
        "DC=x",
        "DC=b,DC=x",
        "DC=a,DC=X",
    ]
    .map(dn);
    names.sort();
    let texts = names.each_ref().map(Dn::as_str);
    assert_eq!(
        texts,
        [
            "DC=x",
            "DC=a,DC=X",
            "CN=z,DC=a,DC=x",
            "DC=b,DC=x",
            "CN=a,DC=b,DC=x"
        ]
    );
}

#[test]
fn escaping_is_legible() {
    let cases = [
        ("Smith, John", r"Smith\, John"),
        (" # ", r"\ #\ "),
        ("#", r"\#"),
        ("a\nb\0", r"a\0Ab\00"),
        (" ", r"\ "),
        ("č", "č"),
    ];
    for (value, escaped) in cases {
        assert_eq!(Dn::escape_value(value), escaped);
    }
}

proptest! {
    #[test]
    fn built_names_read_back(values in vec(("[a-z][a-z0-9-]{0,5}|[0-9]\\.[0-9]{1,3}", ".*"), 1..5)) {
        let text: Vec<String> =
            values.iter().map(|(attribute, value)| format!("{attribute}={}", Dn::escape_value(value))).collect();
        let name: Dn = text.join(",").parse().unwrap();
        let read: Vec<_> = name.rdns().iter().map(|rdn| (rdn.attribute().into(), rdn.value().into())).collect();
        prop_assert_eq!(read, values);
    }

    #[test]
    fn tricky_values_read_back(value in "[ #,+\\\\\"=;<>\\x00-\\x1fa-c\u{e9}\u{1f600}]{0,8}") {
        let name: Dn = format!("CN={},DC=x", Dn::escape_value(&value)).parse().unwrap();
        prop_assert_eq!(name.rdn_value(), value);
        prop_assert_eq!(name.rdns().len(), 2);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "([A-Za-z]=|[ #,+\\\\\"=;<>0-9a-f\u{e9}])*") {
        if let Ok(name) = text.parse::<Dn>() {
            let again: Dn = name.to_string().parse().unwrap();
            prop_assert_eq!(again.as_str(), name.as_str());
            prop_assert_eq!(&again, &name);
            let parts: Vec<String> = name.rdns().iter().map(Rdn::to_string).collect();
            prop_assert_eq!(parts.join(",").parse::<Dn>().unwrap(), name);
        }
    }
}
