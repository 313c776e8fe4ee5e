//! Rules that join collections of many records.

use standin::catalogue::Catalogue;
use standin::facts::{FactValue, Facts, Side};

use super::{add, catalogue, fact, file, keyed, pack_of, records};

/// What a rule does with the collections `many` and `many_list`.
pub(crate) const JOINS: [(&str, &str); 7] = [
    (
        "for_each and twin",
        "for_each: source.bench.many\n    when: twin != ()\n    expect: item.value == twin.value",
    ),
    (
        "for_each and differing",
        "for_each: source.bench.many\n    when: twin != ()\n    expect: differing(item, twin, [\"value\", \"size\"]) == []",
    ),
    (
        "for_each and index",
        "for_each: source.bench.many\n    expect: target.bench.many[item.name] != ()",
    ),
    (
        "missing of keys",
        "expect: missing(keys(source.bench.many), keys(target.bench.many)) == []",
    ),
    (
        "missing of records",
        "expect: missing(source.bench.many_list, target.bench.many_list) == []",
    ),
    (
        "where",
        "expect: where(source.bench.many, \"value\", \"other\") == []",
    ),
    (
        "pluck and in",
        "expect: not(\"nothing\" in pluck(source.bench.many, \"value\"))",
    ),
];

/// One rule that judges so.
pub(crate) fn catalogue_of(judging: &str) -> Catalogue {
    catalogue(&[pack_of(vec![
        file("facts/all.yaml", facts_file()),
        file(
            "pack.yaml",
            "name: bench\nversion: 1.0.0\nabout: Generated.\nowns: [bench]\n".to_owned(),
        ),
        file("rules/one.yaml", rule(judging)),
    ])])
}

fn facts_file() -> String {
    let fields = "{ name: text, value: text, size: int }";
    let keyed = fact("many", &format!("{{ map_of: {fields} }}"), "    key: item.name\n");
    let listed = fact("many_list", &format!("{{ list_of: {{ record: {fields} }} }}"), "");
    format!("facts:\n{keyed}{listed}")
}

fn rule(judging: &str) -> String {
    format!(
        "rules:\n  - id: bench/grows\n    title: It grows\n    section: Growth\n    {judging}\n    severity: error\n    message: It grew\n    why: It is here to grow.\n    remedy: None.\n"
    )
}

/// Both servers with so many records in each collection.
pub(crate) fn facts(count: usize) -> Facts {
    let mut facts = Facts::default();
    for side in Side::BOTH {
        let records = records(count, side == Side::Target);
        add(&mut facts, side, "name", side.word().into());
        add(&mut facts, side, "bench.many", keyed(&records));
        add(&mut facts, side, "bench.many_list", FactValue::list(records));
    }
    facts
}
