use std::cell::RefCell;
use std::sync::Arc;

use super::*;
use crate::facts::*;

fn schema() -> FactSchema {
    let mut schema = FactSchema::default();
    let record: Fields = [
        ("kind".into(), FactType::Text),
        ("edb".into(), FactType::Path),
        ("size".into(), FactType::Int),
    ]
    .into_iter()
    .collect();
    schema.declare(Root::Source, "mail.version", FactType::Version);
    schema.declare(Root::Source, "mail.stores", FactType::Map(Arc::new(record)));
    let rule: Fields = [
        ("path".into(), FactType::Path),
        ("include".into(), FactType::Bool),
        ("recursive".into(), FactType::Bool),
    ]
    .into_iter()
    .collect();
    schema.declare(Root::Source, "rules", FactType::Map(Arc::new(rule)));
    schema.declare(
        Root::Source,
        "mail.groups",
        FactType::List(Arc::new(FactType::Text)),
    );
    schema.declare(
        Root::Setting,
        "mode",
        FactType::OneOf(["dns".into(), "identity".into()].into()),
    );
    schema.declare(Root::Pair, "dead", FactType::Bool);
    schema
}

fn facts() -> Facts {
    let mut facts = Facts::default();
    let mut add = |path: &str, json: serde_json::Value| {
        let path: FactPath = path.parse().unwrap();
        let value = from_json(schema().type_at(&path).unwrap(), &json).unwrap();
        let provenance = Provenance {
            probe: "test".into(),
            server: "test".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
            took_ms: 0,
            tried: vec![],
        };
        facts.insert(
            path,
            Observation {
                value: Ok(value),
                provenance,
            },
        );
    };
    add("source.mail.version", serde_json::json!("6.5.10"));
    add("target.mail.version", serde_json::json!("6.5.9"));
    add("setting.mode", serde_json::json!("dns"));
    add("source.mail.groups", serde_json::json!(["a", "b"]));
    add(
        "source.mail.stores",
        serde_json::json!([
            { "key": ["SG1", "Mailbox"], "value": { "kind": "mailbox", "edb": "E:\\a.edb", "size": 5 } },
            { "key": ["SG1", "Dead"], "value": { "?": { "cause": "denied", "detail": "no", "root": "x" } } },
            { "under": ["SG2"], "?": { "cause": "timeout", "detail": "slow", "root": "y" } },
        ]),
    );
    let rule = |path: &str, include: bool, recursive: bool| {
        let value = serde_json::json!({ "path": path, "include": include, "recursive": recursive });
        serde_json::json!({ "key": [path], "value": value })
    };
    add(
        "source.rules",
        serde_json::json!([
            rule("E:\\", true, true),
            rule("e:\\data\\temp", false, true),
            rule("E:\\Data\\Temp\\keep", true, false),
            rule("F:\\logs", true, false),
        ]),
    );
    facts
}

fn run(text: &str) -> Result<FactValue, String> {
    let schema = schema();
    let names = Names::new(&schema).with("item", Ty::Any).judging_absence(true);
    let expression = Expression::parse(text, &names).map_err(|problems| {
        problems
            .iter()
            .map(|p| format!("{}:{} {}", p.at.line, p.at.column, p.message))
            .collect::<Vec<_>>()
            .join("; ")
    })?;
    let facts = facts();
    let item: Record = [("name", "x".into()), ("n", FactValue::Nothing)]
        .into_iter()
        .collect();
    let locals = Locals(vec![Ok(Seen::computed(FactValue::Record(Arc::new(item))))]);
    let scope = Scope {
        facts: &facts,
        here: None,
    };
    let reads = RefCell::default();
    match expression.run(&scope, &locals, &Budget::default(), &reads) {
        Ok(seen) => Ok(seen.value),
        Err(fault) => Err(format!("run: {fault}")),
    }
}

#[test]
fn compares_by_the_rules_of_the_type() {
    assert_eq!(run("source.mail.version > target.mail.version"), Ok(true.into()));
    assert_eq!(run("source.mail.version >= \"6.5.10.0\""), Ok(true.into()));
    assert_eq!(
        run("source.mail.stores[[\"sg1\", \"MAILBOX\"]].edb == \"e:\\\\A.EDB\""),
        Ok(true.into())
    );
    assert_eq!(
        run("\"b\" in source.mail.groups && !(\"c\" in source.mail.groups)"),
        Ok(true.into())
    );
    assert_eq!(
        run("missing(source.mail.groups, [\"b\"]) == [\"a\"]"),
        Ok(true.into())
    );
    assert_eq!(run("`v ${source.mail.version}!`"), Ok("v 6.5.10!".into()));
    assert_eq!(
        run("source.mail.stores[[\"SG1\", \"none\"]] == ()"),
        Ok(true.into())
    );
    assert_eq!(
        run("capture(\"Build 7638.2: SP 2\", \"Build ([0-9.]+)\")"),
        Ok("7638.2".into())
    );
    assert_eq!(run("item.n == ()"), Ok(true.into()));
    assert_eq!(run("1 + 2 * 3 - 1"), Ok(6.into()));
}

#[test]
fn the_deepest_rule_decides_what_is_selected() {
    let selected = |path: &str| run(&format!("selected([\"{path}\"], source.rules) != []"));
    for (path, taken) in [
        ("E:\\\\", true),
        ("E:\\\\data\\\\x.edb", true),
        ("E:\\\\DATA\\\\TEMP\\\\x", false),
        ("E:\\\\data\\\\temp\\\\keep", true),
        ("E:\\\\data\\\\temp\\\\keep\\\\x", false),
        ("F:\\\\logs\\\\", true),
        ("F:\\\\logs\\\\x", false),
        ("G:\\\\", false),
    ] {
        assert_eq!(selected(path), Ok(taken.into()), "{path}");
    }
}

#[test]
fn only_a_hole_in_the_way_hides_the_records_beneath_a_key() {
    assert_eq!(run("beneath(source.rules, \"f:\\\\logs\").len()"), Ok(1.into()));
    assert_eq!(run("beneath(source.mail.stores, \"SG3\") == []"), Ok(true.into()));
    assert_eq!(
        run("len(beneath(source.mail.stores, [\"sg1\", \"mailbox\"]))"),
        Ok(1.into())
    );
    for (key, why) in [
        ("\"SG1\"", "(denied)"),
        ("\"SG2\"", "(timeout)"),
        ("[\"SG2\", \"x\"]", "(timeout)"),
    ] {
        let error = run(&format!("len(beneath(source.mail.stores, {key}))")).unwrap_err();
        assert!(error.contains(why), "{key}: {error}");
    }
}

#[test]
fn what_can_never_be_is_refused_before_it_runs() {
    for (text, wanted) in [
        (
            "source.mail.version == 6",
            "1:21 version and int can never be equal",
        ),
        (
            "source.mail.version == \"six\"",
            "1:24 \"six\" is no version, so the two can never be equal",
        ),
        ("setting.mode == \"dsn\"", "1:17 there is no value `dsn`"),
        ("source.mail.vers", "1:13 there is no fact `source.mail.vers`"),
        (
            "source.mail == 1",
            "1:1 `source.mail` is not a fact but the beginning of a name",
        ),
        (
            "source.mail.stores[\"x\"].edbb == \"E:\\\\\"",
            "1:25 there is no field `edbb`",
        ),
        ("eval(\"1\")", "1:1 there is no function `eval`"),
        ("sleep(10)", "1:1 there is no function `sleep`"),
        ("tiem.x", "1:1 there is no name `tiem`"),
        (
            "here.mail.version",
            "1:1 `here` has no meaning here: no one server is in question",
        ),
        (
            "item ?? 1",
            "1:6 `??` would hide what is not known; write what is meant with `== ()` or `known(x)`",
        ),
        ("1.5 > 1", "1:1 numbers with a point are not used here"),
        ("len()", "1:1 len is called as len(x)"),
        ("len(\"a\") && true", "1:1 yes or no is wanted here, this is int"),
        ("while true {}", "1:1 Unexpected 'while'"),
        ("1 in source.mail.groups", "1:3 int is never in a list of text"),
    ] {
        assert_eq!(run(text), Err(wanted.into()), "{text}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let error = run("source.mail.x == 1 && nope(2) && len()").unwrap_err();
    assert_eq!(error.matches(';').count(), 2, "{error}");
}

#[test]
fn an_absence_ends_the_expression_wherever_it_is_read() {
    for text in [
        "pair.dead",
        "!pair.dead",
        "not(pair.dead)",
        "[pair.dead] == []",
        "`${pair.dead}` == \"x\"",
        "true in [pair.dead]",
        "pair.dead == ()",
        "len(source.mail.stores) == 0",
        "source.mail.stores[[\"SG1\", \"Dead\"]] == ()",
        "source.mail.stores[[\"SG2\", \"x\"]] == ()",
        "source.mail.stores[[\"SG1\", \"Dead\"]].edb == \"x\"",
        "false || pair.dead",
    ] {
        let error = run(text).unwrap_err();
        assert!(error.starts_with("run: "), "{text}: {error}");
        assert!(
            error.contains("(not_collected)") || error.contains("(denied)") || error.contains("(timeout)")
        );
    }
    assert_eq!(run("true || pair.dead"), Ok(true.into()));
    assert_eq!(run("known(pair.dead)"), Ok(false.into()));
    assert_eq!(run("cause(pair.dead) == \"not_collected\""), Ok(true.into()));
    assert_eq!(run("cause(source.mail.version) == ()"), Ok(true.into()));
}

#[test]
fn hostile_expressions_end_at_once() {
    let mut deep = "(".repeat(10_000);
    deep.push('1');
    for text in [
        deep,
        "1+".repeat(100_000) + "1",
        "[".repeat(5000),
        "!".repeat(3000) + "true",
        "`${".repeat(500),
        format!("item{}", ".a".repeat(4000)),
        "/*".repeat(5000),
        format!("\"{}\"", "x".repeat(20_000)),
        "f(".repeat(3000),
        "a[".repeat(3000),
    ] {
        assert!(run(&text).is_err());
    }
}

#[test]
fn work_is_bounded() {
    let schema = schema();
    let names = Names::new(&schema);
    let expression = Expression::parse("len(source.mail.groups) == 2", &names).unwrap();
    let facts = facts();
    let scope = Scope {
        facts: &facts,
        here: None,
    };
    let result = expression.run(&scope, &Locals::default(), &Budget::new(3), &RefCell::default());
    assert_eq!(result.unwrap_err(), Fault::Budget);
}

#[test]
fn evidence_is_what_was_really_read() {
    let schema = schema();
    let names = Names::new(&schema);
    let text = "source.mail.groups == [] && pair.dead || source.mail.version > target.mail.version";
    let expression = Expression::parse(text, &names).unwrap();
    let facts = facts();
    let reads = RefCell::default();
    let scope = Scope {
        facts: &facts,
        here: None,
    };
    expression
        .run(&scope, &Locals::default(), &Budget::default(), &reads)
        .unwrap();
    let read: Vec<String> = reads.borrow().iter().map(|r| r.trail.to_string()).collect();
    assert_eq!(
        read,
        ["source.mail.groups", "source.mail.version", "target.mail.version"]
    );
}

#[test]
fn an_absence_that_is_judged_is_evidence() {
    let schema = schema();
    let names = Names::new(&schema).judging_absence(true);
    let text = "known(pair.dead) || cause(pair.dead) == \"timeout\"";
    let expression = Expression::parse(text, &names).unwrap();
    let facts = facts();
    let reads = RefCell::default();
    let scope = Scope {
        facts: &facts,
        here: None,
    };
    expression
        .run(&scope, &Locals::default(), &Budget::default(), &reads)
        .unwrap();
    for read in reads.into_inner() {
        assert_eq!(read.trail.to_string(), "pair.dead");
        assert!(matches!(read.value, FactValue::Absent(why) if why.cause == Cause::NotCollected));
    }
}

#[test]
fn keywords_are_known() {
    assert!(is_keyword("match") && is_keyword("use") && is_keyword("thread"));
    assert!(!is_keyword("edb") && !is_keyword("type"));
}
