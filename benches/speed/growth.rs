//! Joins over 10 to 100,000 records a side: the time for one record must not grow with their number.

use criterion::{Criterion, Throughput};
use standin::facts::{FactValue, Facts, Side};

use crate::workload::{add, catalogue, fact, file, judged, keyed, pack_of, records};

/// What a rule does with the collections `many` and `many_list`.
const JOINS: [(&str, &str); 7] = [
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

pub(crate) fn benches(criterion: &mut Criterion) {
    for (name, judging) in JOINS {
        let catalogue = catalogue(&[pack_of(vec![
            file("facts/all.yaml", facts_file()),
            file(
                "pack.yaml",
                "name: bench\nversion: 1.0.0\nabout: Generated.\nowns: [bench]\n".to_owned(),
            ),
            file("rules/one.yaml", rule(judging)),
        ])]);
        let mut group = criterion.benchmark_group(format!("growth/{name}"));
        group.sample_size(10);
        for count in [10_usize, 100, 1_000, 10_000, 100_000] {
            let facts = facts(count);
            group.throughput(Throughput::Elements(count as u64));
            group.bench_function(format!("{count} records"), |b| {
                b.iter(|| judged(&catalogue, &facts));
            });
        }
        group.finish();
    }
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

fn facts(count: usize) -> Facts {
    let mut facts = Facts::default();
    for side in Side::BOTH {
        let records = records(count, side == Side::Target);
        add(&mut facts, side, "name", side.word().into());
        add(&mut facts, side, "bench.many", keyed(&records));
        add(&mut facts, side, "bench.many_list", FactValue::list(records));
    }
    facts
}
