//! Runbooks and scripts of pairs with 50 to 5,000 databases, or 10 to 1,000 storage groups: the time for one must not grow
//! with their number, and writing the scripts of 5,000 databases or of 100 storage groups takes less than a second.

use std::collections::BTreeMap;

use criterion::{Criterion, Throughput};
use standin::generate::Templates;

use crate::workload::pairs::{DATABASES, STORAGE_GROUPS};

pub(crate) fn benches(criterion: &mut Criterion) {
    let templates = Templates::with(&BTreeMap::new()).expect("ours are right");
    for (kind, counts) in [(DATABASES, [50, 500, 5_000]), (STORAGE_GROUPS, [10, 100, 1_000])] {
        let mut group = criterion.benchmark_group(format!("scripts/{}", kind.things));
        group.sample_size(10);
        for count in counts {
            let large = kind.large(count);
            let known = large.known();
            let runbooks = known.runbooks();
            let mut bench = |name: &str, task: &dyn Fn() -> usize| {
                group.throughput(Throughput::Elements(count as u64));
                group.bench_function(format!("{name}, {count}"), |b| b.iter(task));
            };
            bench("put in order", &|| known.runbooks().len());
            bench("shown", &|| known.shown(&runbooks));
            bench("written", &|| known.scripts(&runbooks, &templates).len());
            bench("from a snapshot to files", &|| large.scripted(&templates));
        }
        group.finish();
    }
}
