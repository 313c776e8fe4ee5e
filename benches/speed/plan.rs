//! Steps in order: 1,000 to 100,000 of them, a tenth of which make what all others need.

use std::sync::Arc;

use criterion::{Criterion, Throughput};
use standin::facts::{FactPath, FactValue, Key, Root};
use standin::plan::{Site, Task, Use, arrange};
use standin::predicate::Trail;

use crate::workload::{Joins, catalogue, pack};

pub(crate) fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plan");
    group.sample_size(10);
    for count in [1_000_usize, 10_000, 100_000] {
        let tasks = tasks(count);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(format!("{count} steps"), |b| {
            b.iter(|| arrange(&tasks).map(|arranged| arranged.order.len()));
        });
    }
    group.finish();
}

/// Each makes something of its own; one in ten makes what the others need, and one in ten waits for the one before it.
fn tasks(count: usize) -> Vec<Task> {
    let catalogue = catalogue(&[pack(1, Joins::Whole)]);
    let site = |name: &str| {
        let trail = Trail {
            fact: FactPath::new(Root::Target, "bench.many"),
            key: Some(Key::new([name])),
            field: Some(Arc::from("value")),
        };
        Site::of(trail, &catalogue)
    };
    let on = |site: Site| Use {
        site,
        value: Some(FactValue::text("on")),
    };
    let task = |place: usize| {
        let mut needs = match place % 10 {
            0 => Vec::new(),
            _ => vec![(on(site("shared")), false)],
        };
        if place % 10 == 1 && place > 10 {
            needs.push((on(site(&(place - 10).to_string())), false));
        }
        let mut sets = vec![on(site(&place.to_string()))];
        sets.extend((place.is_multiple_of(10)).then(|| on(site("shared"))));
        Task {
            needs,
            sets,
            lasts: true,
            ..Task::default()
        }
    };
    (0..count).map(task).collect()
}
