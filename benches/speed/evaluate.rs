//! Evaluation of 50, 1,000 and 10,000 rules; the aim is 10 µs a rule at every size.

use criterion::{Criterion, Throughput};

use crate::workload::{Joins, catalogue, facts, judged, pack};

pub(crate) fn benches(criterion: &mut Criterion) {
    let facts = facts();
    for (name, joins) in [
        ("evaluate", Joins::Whole),
        ("evaluate by record", Joins::ByRecord),
    ] {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(20);
        for rules in [50_usize, 1_000, 10_000] {
            let catalogue = catalogue(&[pack(rules, joins)]);
            let findings = judged(&catalogue, &facts).findings.len();
            group.throughput(Throughput::Elements(findings as u64));
            group.bench_function(format!("{rules} rules"), |b| {
                b.iter(|| judged(&catalogue, &facts));
            });
        }
        group.finish();
    }
}
