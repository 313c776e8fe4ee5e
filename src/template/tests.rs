use super::*;
use crate::facts::{Cause, FactMap, FactValue, Key, Record};
use proptest::prelude::*;
use std::collections::BTreeMap;

struct Facts(BTreeMap<&'static str, FactValue>);

impl Scope for Facts {
    fn find(&self, path: &str) -> Option<Found> {
        self.0.get(path).map(|value| match value {
            FactValue::Absent(why) => Err(Absence::clone(why)),
            other => Ok(other.clone()),
        })
    }
}

fn denied() -> FactValue {
    FactValue::absent(Absence::new(Cause::Denied, "directory", "no right to read"))
}

fn facts() -> Facts {
    let item: Record = [
        ("name", "First (1)".into()),
        ("size", 7.into()),
        ("owner", denied()),
    ]
    .into_iter()
    .collect();
    let mut stores = FactMap::new(false);
    stores.insert(Key::new(["Mailbox"]), FactValue::Record(Arc::new(item.clone())));
    stores.insert(Key::new(["a", "b"]), "pair of keys".into());
    stores.add_hole(
        &Key::new(["dark"]),
        Absence::new(Cause::Denied, "directory", "dark"),
    );
    Facts(BTreeMap::from([
        ("source.name", "EXCH1".into()),
        (
            "source.engine.version",
            FactValue::Version("4.40".parse().unwrap()),
        ),
        ("source.dn", FactValue::Dn("CN=a\\,b,DC=x".parse().unwrap())),
        ("source.stores", FactValue::Map(Arc::new(stores))),
        ("source.guid", FactValue::Bytes([0xab, 0x2a].as_slice().into())),
        ("source.secure", true.into()),
        ("source.hosts", FactValue::list(["a".into(), "b".into()])),
        ("pair.nothing", FactValue::Nothing),
        ("pair.denied", denied()),
        ("item", FactValue::Record(Arc::new(item))),
    ]))
}

fn render(text: &str, context: Context) -> Result<String, RenderError> {
    Template::compile(text, context).unwrap().render(&facts())
}

fn refusal(text: &str, context: Context) -> (usize, usize, String) {
    let error = Template::compile(text, context).unwrap_err();
    (error.line, error.column, error.message)
}

#[test]
fn messages_are_for_people() {
    let rows = [
        ("EDB of {{ item.name }} differs", "EDB of First (1) differs"),
        (
            "{{ source.engine.version }} on {{ source.name }}",
            "4.40 on EXCH1",
        ),
        (
            "{{ source.secure }}, {{ pair.nothing }}, {{ item.size }}",
            "yes, none, 7",
        ),
        ("{{ source.hosts }}; {{ source.hosts | join('/') }}", "a, b; a/b"),
        ("{{ source.stores['MAILBOX'].name | upper }}", "FIRST (1)"),
        ("{{ source.stores[['a', 'b']] }}", "pair of keys"),
        (
            "{{ source.stores | length }} of {{ source.hosts | length }}",
            "2 of 2",
        ),
        (
            "{% for h in source.hosts %}[{{ h }}{{ ',' if not loop.last else '' }}]{% endfor %}",
            "[a,][b]",
        ),
        (
            "{% if source.name == 'EXCH1' %}one{% else %}other{% endif %}",
            "one",
        ),
        ("{{ 'is ' ~ source.name }}", "is EXCH1"),
        ("{# said to nobody #}plain\n", "plain"),
    ];
    for (text, expected) in rows {
        assert_eq!(render(text, Context::Text), Ok(expected.to_owned()), "{text}");
    }
}

#[test]
fn messages_name_what_is_not_known() {
    let rows = [
        ("{{ pair.denied }}", "?(denied)"),
        ("{{ pair.denied.deeper['x'].name }}", "?(denied)"),
        ("{{ item.owner }} owns", "?(denied) owns"),
        ("{{ source.stores['dark'].name }}", "?(denied)"),
        (
            "{{ pair.denied | join(', ') }} {{ pair.denied | length }}",
            "?(denied) ?(denied)",
        ),
        ("{% for x in pair.denied %}{{ x }}{% endfor %}", "?(denied)"),
        ("{{ target.never.heard }}", "?(not_collected)"),
    ];
    for (text, expected) in rows {
        assert_eq!(render(text, Context::Text), Ok(expected.to_owned()), "{text}");
    }
}

#[test]
fn protocol_text_fails_on_what_is_not_known() {
    let rows = [
        "(cn={{ pair.denied }})",
        "(cn={{ item.owner | upper }})",
        "(cn={% if pair.denied %}a{% endif %})",
        "(cn={{ 'a' if pair.denied == 'x' else 'b' }})",
        "(cn={{ 'x' ~ pair.denied }})",
        "(cn={{ pair.denied.name }})",
        "(cn={{ source.stores['dark'].name }})",
        "(cn={% for x in pair.denied %}{{ x }}{% endfor %})",
        "(cn={{ [pair.denied] | length }})",
    ];
    for text in rows {
        assert!(
            matches!(render(text, Context::LdapFilter), Err(RenderError::Absent(why)) if why.cause == Cause::Denied),
            "{text}"
        );
    }
    // What is not reached is not read.
    let text = "(cn={{ source.name if source.secure else pair.denied }})";
    assert_eq!(render(text, Context::LdapFilter), Ok("(cn=EXCH1)".to_owned()));
}

#[test]
fn values_stay_values() {
    let rows = [
        (
            Context::LdapFilter,
            "(cn={{ item.name }})",
            "(cn=First \\281\\29)",
        ),
        (
            Context::LdapFilter,
            "(&(a={{ source.guid }})(b={{ source.secure }}))",
            "(&(a=\\ab\\2a)(b=TRUE))",
        ),
        (Context::LdapFilter, "(m={{ source.dn }})", "(m=CN=a\\5c,b,DC=x)"),
        (
            Context::LdapFilter,
            "(|{% for h in source.hosts %}(cn={{ h }}){% endfor %})",
            "(|(cn=a)(cn=b))",
        ),
        (Context::Dn, "CN=x,{{ source.dn }}", "CN=x,CN=a\\,b,DC=x"),
        (
            Context::Dn,
            "CN={{ ' #a,b=c ' }},DC=x",
            "CN=\\ #a\\,b\\=c\\ ,DC=x",
        ),
        (
            Context::Dn,
            "CN={{ source.dn | lower }}",
            "CN=cn\\=a\\\\\\,b\\,dc\\=x",
        ),
        (
            Context::DnsName,
            "_ldap._tcp.{{ source.name }}.example.",
            "_ldap._tcp.EXCH1.example.",
        ),
        (Context::OtherHost, "{{ '' }}", ""),
        (Context::OtherHost, "{{ 'node1.example' }}", "node1.example"),
        (Context::Host, "{{ '192.0.2.1' }}", "192.0.2.1"),
        (Context::Host, "{{ '2001:db8::1' }}", "2001:db8::1"),
        (Context::Port, "{{ item.size }}", "7"),
        (
            Context::Url,
            "/a/{{ item.name ~ '/é?' }}",
            "/a/First%20%281%29%2F%C3%A9%3F",
        ),
    ];
    for (context, text, expected) in rows {
        assert_eq!(render(text, context), Ok(expected.to_owned()), "{text}");
    }
}

#[test]
fn values_without_a_safe_form_are_refused() {
    let rows = [
        (
            Context::DnsName,
            "{{ item.name }}.example",
            4,
            "`First (1)` is not a DNS name",
        ),
        (Context::DnsName, "{{ '' }}.example", 4, "`` is not a DNS name"),
        (
            Context::DnsName,
            "a.{{ 'b.' }}.example",
            1,
            "`a.b..example` is not a DNS name",
        ),
        (
            Context::Host,
            "{{ 'a b' }}",
            4,
            "`a b` is neither a DNS name nor an address",
        ),
        (Context::Port, "{{ 'x' }}", 4, "`x` is not a port number"),
        (Context::Port, "{{ 65536 }}", 4, "`65536` is not a port number"),
        (
            Context::Dn,
            "CN={{ source.hosts }}",
            7,
            "a value of kind list cannot be written here",
        ),
        (
            Context::LdapFilter,
            "(a={{ pair.nothing }})",
            7,
            "a value of kind nothing cannot be written here",
        ),
        (
            Context::LdapFilter,
            "(a={{ source.stores['no'] }})",
            7,
            "a value of kind nothing cannot be written here",
        ),
        (
            Context::Text,
            "{{ source.engine }}{{ source.engine.version }}",
            4,
            "`source.engine` is not a fact",
        ),
        (Context::Text, "{{ item.nope }}", 4, "`item.nope` has no value"),
    ];
    for (context, text, column, message) in rows {
        match render(text, context) {
            Err(RenderError::Refused(error)) => {
                assert!(error.message.contains(message), "{text}: {}", error.message);
                assert_eq!((error.line, error.column), (1, column), "{text}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn what_templates_cannot_do_is_refused_at_load() {
    let rows = [
        ("a\n{{ x | safe }}", 2, "`safe` is not allowed"),
        ("{{ x | uper }}", 1, "did you mean `upper`?"),
        ("{% include 'x' %}", 1, "unknown statement"),
        ("{% set a = 1 %}", 1, "values, `if` and `for` only"),
        (
            "{% autoescape false %}{{ x }}{% endautoescape %}",
            1,
            "values, `if` and `for` only",
        ),
        ("{{ range(9) }}", 1, "this (call) is not allowed"),
        ("{{ x is defined }}", 1, "this (test expression) is not allowed"),
        ("{{ 'a' * 9 }}", 1, "do not calculate"),
        ("{{ x[1:] }}", 1, "this (expression) is not allowed"),
        (
            "{% for x in y recursive %}{% endfor %}",
            1,
            "does not call itself",
        ),
        ("{% for a, b in y %}{% endfor %}", 1, "binds one name"),
        ("{{ 'a' if x }}", 1, "needs `else`"),
        ("{{ x", 1, "unexpected end"),
        ("{{ }}", 1, "unexpected end"),
    ];
    for (text, line, message) in rows {
        let (found, _, told) = refusal(text, Context::Text);
        assert!(told.contains(message), "{text}: {told}");
        assert_eq!(found, line, "{text}");
    }
    assert!(Template::compile(&"x".repeat(70_000), Context::Text).is_err());
    assert!(Template::compile(&"{{ x".repeat(10_000), Context::Text).is_err());
    assert!(Template::compile(&format!("{{{{ {}x }}}}", "(".repeat(30_000)), Context::Text).is_err());
}

#[test]
fn a_filter_has_values_behind_its_equals_signs_only() {
    for text in [
        "{{ x }}",
        "({{ x }}=a)",
        "(a=b){{ x }}",
        "(a=b)({{ x }}",
        "(a{% if y %}=b{% endif %}{{ x }})",
    ] {
        let (_, _, message) = refusal(text, Context::LdapFilter);
        assert!(message.contains("behind `=`"), "{text}: {message}");
    }
    for text in [
        "(a={{ x }})",
        "(a>={{ x }}*)",
        "(a:1.2.3:={{ x }})",
        "(a=b{{ x }}{{ y }})",
    ] {
        assert!(Template::compile(text, Context::LdapFilter).is_ok(), "{text}");
    }
}

#[test]
fn mentions_are_known_before_anything_runs() {
    let text = "{{ source.a.b | lower }}\n{% for x in target.c[item.key].d %}{{ x.y }}{{ loop.index }}\
                {{ source.a.b }}{% endfor %}{% if pair.e and setting.f == param.g %}{{ x }}{% endif %}";
    let template = Template::compile(text, Context::Text).unwrap();
    let mentions: Vec<_> = template
        .mentions()
        .iter()
        .map(|m| (m.path.as_str(), m.line, m.column))
        .collect();
    let expected = [("source.a.b", 1, 4), ("target.c", 2, 13), ("item.key", 2, 22)];
    assert_eq!(mentions[..3], expected);
    let paths: Vec<_> = mentions[3..].iter().map(|mention| mention.0).collect();
    assert_eq!(paths, ["pair.e", "setting.f", "param.g", "x"]);
}

#[test]
fn work_is_bounded() {
    let many = FactValue::list((0..1000).map(FactValue::Int));
    let scope = Facts(BTreeMap::from([("many", many)]));
    let text = "{% for a in many %}{% for b in many %}{% for c in many %}{{ c }}{% endfor %}{% endfor %}{% endfor %}";
    let result = Template::compile(text, Context::Text).unwrap().render(&scope);
    assert!(matches!(result, Err(RenderError::Refused(error)) if error.message.contains("too long")));
}

#[test]
fn a_message_or_script_says_the_same_with_and_without_the_engine() {
    let paths = [
        "source.name",
        "source.engine.version",
        "source.dn",
        "source.stores",
        "source.guid",
        "source.secure",
        "source.hosts",
        "pair.nothing",
        "pair.denied",
        "pair.denied.part",
        "item",
        "item.name",
        "item.size",
        "item.owner",
        "item.owner.name",
    ];
    for path in paths {
        for context in [Context::Text, Context::PowerShell, Context::Cmd] {
            let text = format!("It is {{{{ {path} }}}}.\n");
            let template = Template::compile(&text, context).unwrap();
            let Filler::Parts(parts, engine) = &template.filler else {
                panic!("{path} is plain");
            };
            // What a script cannot say is left to the engine to refuse.
            let said = template.filled(engine, &facts(), &Cell::default()).ok();
            assert_eq!(
                plain::fill(parts, context, 1000, &facts()),
                said,
                "{context:?} {path}"
            );
            assert!(said.is_some() || context != Context::Text, "{path}");
        }
    }
    // What has no such field, or is none of these kinds, is the engine's.
    for path in [
        "item.other",
        "source.name.x",
        "source.stores.First",
        "source.hosts.x",
        "no.thing",
    ] {
        let template = Template::compile(&format!("{{{{ {path} }}}}"), Context::Text).unwrap();
        let Filler::Parts(parts, _) = &template.filler else {
            panic!("{path} is plain");
        };
        assert_eq!(plain::fill(parts, Context::Text, 1000, &facts()), None, "{path}");
    }
}

/// Reads a filter value back as RFC 4515 says.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'\\' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    bytes
}

proptest! {
    #[test]
    fn filter_values_survive(text in any::<String>()) {
        let scope = Facts(BTreeMap::from([("x", text.as_str().into())]));
        let shown = Template::compile("(a={{ x }})", Context::LdapFilter).unwrap().render(&scope).unwrap();
        let inner = shown.strip_prefix("(a=").and_then(|rest| rest.strip_suffix(')')).unwrap();
        prop_assert!(!inner.contains(['(', ')', '*', '\0']));
        prop_assert_eq!(unescape(inner), text.as_bytes());
    }

    #[test]
    fn name_values_hold_no_bare_delimiter(text in any::<String>()) {
        let scope = Facts(BTreeMap::from([("x", text.as_str().into())]));
        let shown = Template::compile("{{ x }}", Context::Dn).unwrap().render(&scope).unwrap();
        let mut characters = shown.chars();
        while let Some(character) = characters.next() {
            prop_assert!(!",+\"<>;=\0".contains(character));
            if character == '\\' {
                characters.next();
            }
        }
    }

    #[test]
    fn names_are_names_or_refused(text in "[a-c.*/ \\\\\u{e9}-]{0,12}") {
        let scope = Facts(BTreeMap::from([("x", text.as_str().into())]));
        if let Ok(shown) = Template::compile("{{ x }}.example", Context::DnsName).unwrap().render(&scope) {
            prop_assert!(shown.split('.').all(|label| !label.is_empty()));
            prop_assert!(shown.is_ascii());
        }
    }

    #[test]
    fn compiling_never_panics(text in "[{}%a-c.| '\"()\\[\\]=~\n#-]{0,40}") {
        let _ = Template::compile(&text, Context::LdapFilter);
    }
}
