use super::super::{Context, Found, RenderError, Template};
use crate::facts::{Absence, Cause, FactValue};
use proptest::prelude::*;

fn facts(path: &str) -> Option<Found> {
    Some(Ok(match path {
        "db" => "pay]roll".into(),
        "name" => "O'Hara".into(),
        "number" => FactValue::Int(7),
        "sid" => FactValue::Sid("S-1-5-18".parse().unwrap()),
        "bytes" => FactValue::Bytes([0xab, 0x01].as_slice().into()),
        "names" => FactValue::list(["a".into(), "b'".into()]),
        "none" => FactValue::Nothing,
        "denied" => return Some(Err(Absence::new(Cause::Denied, "source.tds", "no right"))),
        _ => return None,
    }))
}

fn render(text: &str) -> Result<String, RenderError> {
    Template::compile(text, Context::Tsql).unwrap().render(&facts)
}

#[test]
fn a_value_is_one_token_of_the_kind_that_is_named() {
    for (text, expected) in [
        ("USE {{ db | ident }};", "USE  [pay]]roll] ;"),
        ("WHERE name = {{ name | lit }}", "WHERE name =  N'O''Hara' "),
        ("{{ name | upper | lit }}", " N'O''HARA' "),
        ("sid = {{ bytes | hex }}", "sid =  0xAB01 "),
        ("sid = {{ sid | hex }}", "sid =  0x010100000000000512000000 "),
        ("TOP ({{ number | lit }})", "TOP ( N'7' )"),
        ("{{ ('a' if number == 7 else 'b') | lit }}", " N'a' "),
        (
            "IN ({% for n in names %}{% if not loop.first %}, {% endif %}{{ n | lit }}{% endfor %})",
            "IN ( N'a' ,  N'b''' )",
        ),
        ("[a]]'b] = {{ name | lit }}", "[a]]'b] =  N'O''Hara' "),
        (
            "'it''s' /* '\" /* [ */ */ \"[\" -- '\n, {{ name | lit }}",
            "'it''s' /* '\" /* [ */ */ \"[\" -- '\n,  N'O''Hara' ",
        ),
        (
            "1 - {{ bytes | hex }} / {{ bytes | hex }}",
            "1 -  0xAB01  /  0xAB01 ",
        ),
        ("SELECT 1", "SELECT 1"),
    ] {
        assert_eq!(render(text), Ok(expected.to_owned()), "{text}");
    }
}

#[test]
fn a_value_without_its_kind_is_refused_at_load() {
    let kind = "ends in `| ident`, `| lit` or `| hex`";
    for (text, message) in [
        ("USE {{ db }}", kind),
        ("USE {{ db | upper }}", kind),
        ("USE {{ 'a' ~ db }}", kind),
        ("{{ name | lit if db else name }}", kind),
        ("{{ name | lit | upper }}", kind),
        ("{{ name | lit | lit }}", "comes last and once"),
        ("{% if name | lit %}x{% endif %}", "comes last and once"),
        ("{{ name | lit(1) }}", "takes no argument"),
        ("{{ name | safe | lit }}", "`safe` is not allowed"),
        ("'{{ name | lit }}'", "its own quotes"),
        ("[{{ name | ident }}]", "its own quotes"),
        ("\"{{ name | ident }}\"", "its own quotes"),
        ("'it''s {{ name | lit }}'", "its own quotes"),
        ("[a]] {{ name | lit }}]", "its own quotes"),
        ("-- {{ name | lit }}", "in a comment"),
        ("- {# #}-- {{ name | lit }}", "in a comment"),
        ("/* /* */ {{ name | lit }} */", "in a comment"),
        ("{% if db %}'{% endif %} {{ name | lit }}", "in which they begin"),
        ("{% for n in names %}/*{% endfor %}", "in which they begin"),
        ("-{% if db %}-{% endif %} {{ name | lit }}", "in which they begin"),
    ] {
        let told = Template::compile(text, Context::Tsql).expect_err(text).message;
        assert!(told.contains(message), "{text}: {told}");
    }
    for text in ["(cn={{ x | ident }})", "{{ x | hex }}"] {
        let error = Template::compile(text, Context::Text).unwrap_err();
        assert!(error.message.contains("for T-SQL only"), "{}", error.message);
    }
}

#[test]
fn values_without_a_safe_form_are_refused() {
    let long = format!("{{{{ '{}' | ident }}}}", "x".repeat(129));
    for (text, message) in [
        ("{{ '' | ident }}", "at least one character"),
        (long.as_str(), "longer than the 128 characters"),
        ("{{ names | lit }}", "a value of kind list"),
        ("{{ none | lit }}", "a value of kind nothing"),
        ("{{ bytes | lit }}", "a value of kind bytes"),
        ("{{ name | hex }}", "only bytes and SIDs"),
    ] {
        match render(text) {
            Err(RenderError::Refused(error)) => {
                assert!(error.message.contains(message), "{text}: {}", error.message);
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    for text in [
        "{{ denied | ident }}",
        "{{ denied | lit }}",
        "{{ denied | hex }}",
        "{{ denied | upper | lit }}",
    ] {
        assert!(
            matches!(render(text), Err(RenderError::Absent(why)) if why.cause == Cause::Denied),
            "{text}"
        );
    }
}

/// One token of T-SQL, read as the server's grammar says.
#[derive(Debug, PartialEq)]
enum Token {
    Name(String),
    Text(String),
    Bytes(Vec<u8>),
    Word(String),
}

/// Reads up to `close`, of which two are one.
fn delimited(rest: &mut std::str::Chars<'_>, close: char) -> String {
    let mut read = String::new();
    loop {
        match rest.next().expect("a token ends") {
            c if c != close => read.push(c),
            _ if rest.as_str().starts_with(close) => read.extend(rest.next()),
            _ => return read,
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut rest = text.chars();
    let mut found = Vec::new();
    while let Some(first) = rest.next() {
        match first {
            c if c.is_whitespace() => {}
            '[' => found.push(Token::Name(delimited(&mut rest, ']'))),
            'N' if rest.as_str().starts_with('\'') => {
                rest.next();
                found.push(Token::Text(delimited(&mut rest, '\'')));
            }
            _ => {
                let mut word = String::from(first);
                while rest.as_str().starts_with(|c: char| c.is_alphanumeric()) {
                    word.extend(rest.next());
                }
                found.push(match word.strip_prefix("0x") {
                    Some(digits) => Token::Bytes(data_encoding::HEXUPPER.decode(digits.as_bytes()).unwrap()),
                    None => Token::Word(word),
                });
            }
        }
    }
    found
}

proptest! {
    #[test]
    fn hostile_values_stay_one_token(
        name in "(?s).{0,140}|[\\]\\['\"; \\-/*N0x]{1,30}",
        text in "(?s).{0,60}|[\\]\\['\"; \\-/*N0x\\\\\n\r]{0,30}",
        bytes in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let scope = |path: &str| Some(Ok(match path {
            "name" => name.as_str().into(),
            "text" => text.as_str().into(),
            _ => FactValue::Bytes(bytes.as_slice().into()),
        }));
        let template = Template::compile(
            "a{{ name | ident }}{{ text | lit }}{{ bytes | hex }}{{ text | lit }}{{ name | ident }}b",
            Context::Tsql,
        ).unwrap();
        match template.render(&scope) {
            Ok(shown) => prop_assert_eq!(
                tokens(&shown),
                vec![
                    Token::Word("a".into()),
                    Token::Name(name.clone()),
                    Token::Text(text.clone()),
                    Token::Bytes(bytes),
                    Token::Text(text),
                    Token::Name(name),
                    Token::Word("b".into()),
                ]
            ),
            Err(RenderError::Refused(_)) => prop_assert!(
                name.is_empty() || name.encode_utf16().count() > 128
                    || name.contains('\0') || text.contains('\0')
                    || text.contains("\\\n") || text.contains("\\\r")
            ),
            Err(other) => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn a_value_never_stands_within_what_the_text_opens(text in "[\\]\\['\"\\-/* \na]{0,16}") {
        // whatever the text leaves open, the value behind it is a token of its own or is refused
        let template = format!("{text}{{{{ 'x' | lit }}}}");
        if Template::compile(&template, Context::Tsql).is_ok() {
            prop_assert!(is_code(&text), "{text:?}");
        }
    }
}

/// Whether a text of T-SQL leaves nothing open, by rules written down a second time.
fn is_code(text: &str) -> bool {
    let closed = |rest: &str, close: &str| rest.find(close).map(|at| at + close.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after = &rest[first.len_utf8()..];
        let skip = if rest.starts_with("--") {
            closed(rest, "\n")
        } else if rest.starts_with("/*") {
            let (mut depth, mut at) = (1, 2);
            while depth > 0 && at < rest.len() {
                match rest.get(at..at + 2) {
                    Some("/*") => (depth, at) = (depth + 1, at + 2),
                    Some("*/") => (depth, at) = (depth - 1, at + 2),
                    _ => at += 1,
                }
            }
            (depth == 0).then_some(at)
        } else {
            let close = match first {
                '\'' => "'",
                '"' => "\"",
                '[' => "]",
                _ => "",
            };
            let mut end = closed(after, close);
            while let Some(at) = end
                && !close.is_empty()
                && after[at..].starts_with(close)
            {
                end = closed(&after[at + 1..], close).map(|more| at + 1 + more);
            }
            end.map(|at| at + first.len_utf8())
        };
        match skip {
            Some(at) => rest = &rest[at..],
            None => return false,
        }
    }
    true
}
