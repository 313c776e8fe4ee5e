//! The same for each function that expressions may call, and for what they are made of: with less known it gives the same
//! or nothing.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::Index;
use standin::facts::{Absence, Cause, FactSchema, FactType, FactValue, Facts, Fields};
use standin::predicate::{Budget, Expression, Fault, Locals, Names, Scope, Seen, Ty, functions};

use super::lesser::{losses, without};
use super::values;

/// Expressions over `a`, `b` and `c`, and the types of those.
const CALLS: &[(&str, &[&str])] = &[
    ("lower(a)", &["text"]),
    ("upper(a)", &["text"]),
    ("trim(a)", &["text"]),
    ("starts_with(a, b)", &["text", "text"]),
    ("ends_with(a, b)", &["text", "text"]),
    ("has(a, b)", &["text", "text"]),
    ("same_text(a, b)", &["text", "text"]),
    ("split(a, b)", &["text", "text"]),
    ("join(a, b)", &["[text]", "text"]),
    ("text(a)", &["{}"]),
    ("text(a)", &["[text]"]),
    ("text(a)", &["map"]),
    ("int(a)", &["text"]),
    ("version(a)", &["text"]),
    ("a in b", &["text", "[text]"]),
    ("a in b", &["{}", "[{}]"]),
    ("len(a)", &["map"]),
    ("is_empty(a)", &["map"]),
    ("list(a)", &["text"]),
    ("list(a) == list(b)", &["{}", "{}"]),
    ("first(a)", &["[text]"]),
    ("keys(a)", &["map"]),
    ("pluck(a, \"name\")", &["map"]),
    ("where(a, \"name\", b)", &["map", "text"]),
    ("where(a, \"name\", b)", &["[{}]", "text"]),
    ("beneath(a, b)", &["map", "text"]),
    ("missing(a, b)", &["[{}]", "[{}]"]),
    ("common(a, b)", &["[text]", "[text]"]),
    ("differing(a, b, c)", &["{}", "{}", "[text]"]),
    ("max(a)", &["[int]"]),
    ("min(a)", &["[int]"]),
    ("sum(a)", &["[int]"]),
    ("path(a)", &["text"]),
    ("same_path(a, b)", &["path", "path"]),
    ("same_path(a, b, c)", &["path", "path", "[drives]"]),
    ("mapped(a, b)", &["path", "[drives]"]),
    ("folder(a)", &["path"]),
    ("drive(a)", &["path"]),
    ("under(a, b)", &["path", "path"]),
    ("selected(a, b)", &["[path]", "[rules]"]),
    ("ip(a)", &["text"]),
    ("subnet(a)", &["text"]),
    ("covers(a, b)", &["subnet", "ip"]),
    ("narrowest(a, b)", &["[subnet]", "ip"]),
    ("reverse_name(a)", &["ip"]),
    ("labels(a, b)", &["text", "int"]),
    ("same_name(a, b)", &["text", "text"]),
    ("dn(a)", &["text"]),
    ("sid(a)", &["text"]),
    ("guid(a)", &["bytes"]),
    ("parent(a, b)", &["dn", "int"]),
    ("rdn(a)", &["dn"]),
    ("is_below(a, b)", &["dn", "dn"]),
    ("below(a, b, c)", &["dn", "dn", "text"]),
    (
        "lacking(a, b, [\"read x\", \"write x\"], c)",
        &["acl", "[sid]", "schema"],
    ),
    // What is no function.
    ("a == b", &["map", "map"]),
    ("a == b", &["[{}]", "[{}]"]),
    ("a != b", &["{}", "{}"]),
    ("a < b", &["version", "version"]),
    ("[a, b]", &["text", "{}"]),
    ("a + b", &["[text]", "[text]"]),
    ("a[b]", &["map", "text"]),
    ("a[b] == ()", &["map", "text"]),
    ("a[0]", &["[text]"]),
    ("`${a} of ${b}`", &["{}", "[text]"]),
    ("a.flag && b || c", &["{}", "bool", "bool"]),
    ("capture(a, \"^(.)\")", &["text"]),
];

fn ty(word: &str) -> FactType {
    let fields = |fields: &[(&str, FactType)]| -> Arc<Fields> {
        let fields = fields.iter().map(|(name, ty)| (Arc::from(*name), ty.clone()));
        Arc::new(fields.collect())
    };
    let record = || {
        fields(&[
            ("name", FactType::Text),
            ("flag", FactType::Bool),
            ("tags", FactType::List(Arc::new(FactType::Text))),
        ])
    };
    match word {
        "map" => FactType::Map(record()),
        "{}" => FactType::Record(record()),
        "drives" => FactType::Record(fields(&[("source", FactType::Path), ("target", FactType::Path)])),
        "rules" => FactType::Record(fields(&[
            ("path", FactType::Path),
            ("include", FactType::Bool),
            ("recursive", FactType::Bool),
        ])),
        "schema" => FactType::Map(fields(&[
            ("guid", FactType::Text),
            ("property_set", FactType::Text),
        ])),
        word => match word.strip_prefix('[').and_then(|word| word.strip_suffix(']')) {
            Some(item) => FactType::List(Arc::new(ty(item))),
            None => FactType::scalar(word).unwrap(),
        },
    }
}

/// What the expression gives; nothing where it is not known.
fn value(expression: &Expression, args: &[FactValue]) -> Option<FactValue> {
    let facts = Facts::default();
    let scope = Scope {
        facts: &facts,
        here: None,
    };
    let bound = args.iter().map(|value| match value {
        FactValue::Absent(why) => Err(Fault::Absent(Absence::clone(why))),
        value => Ok(Seen::computed(value.clone())),
    });
    let seen = expression.run(
        &scope,
        &Locals(bound.collect()),
        &Budget::default(),
        &RefCell::default(),
    );
    seen.ok().map(|seen| seen.value)
}

/// Whether a value is the other one with parts that are not known.
fn is_lesser(lesser: &FactValue, whole: &FactValue) -> bool {
    match (lesser, whole) {
        (FactValue::Absent(_), _) => true,
        (FactValue::Record(lesser), FactValue::Record(whole)) => lesser
            .iter()
            .all(|(name, value)| whole.get(name).is_some_and(|whole| is_lesser(value, whole))),
        (FactValue::List(lesser), FactValue::List(whole)) => {
            lesser.len() == whole.len() && lesser.iter().zip(whole.iter()).all(|(a, b)| is_lesser(a, b))
        }
        (lesser, whole) => lesser == whole,
    }
}

fn calls() -> impl Strategy<Value = (&'static str, Vec<FactType>, Vec<FactValue>, Index, Index)> {
    (0..CALLS.len()).prop_flat_map(|place| {
        let (text, words) = CALLS[place];
        let types: Vec<FactType> = words.iter().map(|word| ty(word)).collect();
        let args: Vec<_> = types.iter().map(values::any).collect();
        (Just(text), Just(types), args, any::<Index>(), any::<Index>())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_function_gives_more_with_less((text, types, args, which, loss) in calls()) {
        let schema = FactSchema::default();
        let names = ["a", "b", "c"].into_iter().zip(&types);
        let names = names.fold(Names::new(&schema), |names, (name, ty)| names.with(name, Ty::from(ty)));
        let expression = Expression::parse(text, &names).unwrap();
        let mut fewer = args.clone();
        let lost = which.get_mut(&mut fewer);
        let losses = losses(lost);
        *lost = without(lost, &losses[loss.index(losses.len())]);
        let (before, after) = (value(&expression, &args), value(&expression, &fewer));
        if let Some(after) = &after {
            let fine = before.as_ref().is_some_and(|before| is_lesser(after, before));
            prop_assert!(fine, "{text} with {fewer:?} is {after:?}, and was {before:?} with {args:?}");
        }
    }
}

#[test]
fn every_function_is_called() {
    let called: BTreeSet<&str> = CALLS
        .iter()
        .map(|(text, _)| text.split('(').next().unwrap())
        .collect();
    // `in` is a function too, by another name.
    let all = functions::all()
        .map(|function| function.name)
        .filter(|name| *name != "contains");
    let missing: Vec<&str> = all.filter(|name| !called.contains(name)).collect();
    assert!(missing.is_empty(), "not called above: {missing:?}");
}

#[test]
fn a_lesser_value_is_one_with_holes() {
    let hole = || FactValue::absent(Absence::new(Cause::Denied, "x", "y"));
    let list = |items: [FactValue; 2]| FactValue::list(items);
    assert!(is_lesser(
        &list(["a".into(), hole()]),
        &list(["a".into(), "b".into()])
    ));
    assert!(!is_lesser(
        &list(["a".into(), "c".into()]),
        &list(["a".into(), "b".into()])
    ));
}
