//! One rule of many and one record of many cost what one of few does.
//!
//! Counted is processor time, the least of several runs; `benches/` tell how much it is.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../benches/workload/mod.rs"]
#[expect(dead_code, reason = "the benches use more of it")]
mod workload;

use std::fs;
use std::time::Duration;

use standin::catalogue::load;
use standin::diagnostic::SourceMap;
use workload::{Joins, many};

/// So much may one of many cost more: memory is farther away when there is more in it.
const DEARER: u32 = 3;
/// Of one rule.
const JUDGING: Duration = Duration::from_micros(if cfg!(debug_assertions) { 200 } else { 10 });

/// The processor time of this thread so far; Linux counts it at every tick.
fn processor() -> Duration {
    let told = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(told.split(' ').next().unwrap().parse().unwrap())
}

/// What one of so many things costs, when few are done so often that there are many too.
fn cost_of_one<T>(things: u32, among: u32, task: impl Fn() -> T) -> Duration {
    let times = among / things;
    let once = || {
        let before = processor();
        for _ in 0..times {
            std::hint::black_box(task());
        }
        processor().checked_sub(before).unwrap() / among
    };
    (0..3).map(|_| once()).min().unwrap()
}

#[test]
fn a_rule() {
    let facts = workload::facts();
    let costs = |rules: u32| {
        let packs = [workload::pack(rules as usize, Joins::Whole)];
        let catalogue = workload::catalogue(&packs);
        let load = || load(&packs, &mut SourceMap::new()).catalogue.is_some();
        let loading = cost_of_one(rules, 5_000, load);
        let judging = cost_of_one(rules, 5_000, || workload::judged(&catalogue, &facts));
        eprintln!("one of {rules} rules: {loading:?} to load, {judging:?} to judge");
        (loading, judging)
    };
    let (few, many) = (costs(250), costs(5_000));
    assert!(
        many.0 < few.0 * DEARER,
        "loading: {:?}, of many {:?}",
        few.0,
        many.0
    );
    assert!(
        many.1 < few.1 * DEARER,
        "judging: {:?}, of many {:?}",
        few.1,
        many.1
    );
    assert!(many.1 < JUDGING, "{:?} to judge a rule", many.1);
}

#[test]
fn a_record() {
    for (name, judging) in many::JOINS {
        let catalogue = many::catalogue_of(judging);
        let costs = |records: u32| {
            let facts = many::facts(records as usize);
            cost_of_one(records, 10_000, || workload::judged(&catalogue, &facts))
        };
        let (few, many) = (costs(100), costs(10_000));
        eprintln!("{name}: {few:?} for one of 100 records, {many:?} for one of 10,000");
        let most = few * DEARER + Duration::from_micros(1);
        assert!(many < most, "{name}: {few:?}, of many {many:?}");
    }
}
