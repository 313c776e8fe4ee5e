//! Joins over 10 to 100,000 records a side: the time for one record must not grow with their number.

use criterion::{Criterion, Throughput};

use crate::workload::judged;
use crate::workload::many::{JOINS, catalogue_of, facts};

pub(crate) fn benches(criterion: &mut Criterion) {
    for (name, judging) in JOINS {
        let catalogue = catalogue_of(judging);
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
