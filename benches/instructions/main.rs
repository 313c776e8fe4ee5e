//! One task, done a given number of times, for a tool that counts instructions: `instructions TASK SIZE TIMES`.
//!
//! The difference between two numbers of times is the task alone, without the preparation of its input.

#[path = "../workload/mod.rs"]
#[expect(dead_code, reason = "the other benches use more of it")]
mod workload;

use std::collections::BTreeMap;
use std::hint::black_box;

use standin::catalogue::{embedded_packs, load, load_to_judge};
use standin::diagnostic::SourceMap;
use standin::generate::Templates;
use workload::{Joins, catalogue, facts, judged, many, pack, pairs};

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let [task, size, times] = words.as_slice() else {
        return;
    };
    let size = size.parse().expect("the second word is a size");
    let times: usize = times.parse().expect("the third word is a number of times");
    match task.as_str() {
        "shipped" => {
            let packs = embedded_packs();
            repeat(times, || {
                load_to_judge(&packs, &mut SourceMap::new()).catalogue.is_some()
            });
        }
        "load" => {
            let packs = [pack(size, Joins::Whole)];
            repeat(times, || load(&packs, &mut SourceMap::new()).catalogue.is_some());
        }
        "evaluate" | "by-record" => {
            let joins = if task == "evaluate" {
                Joins::Whole
            } else {
                Joins::ByRecord
            };
            let (catalogue, facts) = (catalogue(&[pack(size, joins)]), facts());
            repeat(times, || judged(&catalogue, &facts).findings.len());
        }
        "records" => {
            let catalogues: Vec<_> = many::JOINS
                .iter()
                .map(|(_, join)| many::catalogue_of(join))
                .collect();
            let facts = many::facts(size);
            repeat(times, || {
                let found = catalogues
                    .iter()
                    .map(|catalogue| judged(catalogue, &facts).findings.len());
                found.sum::<usize>()
            });
        }
        "runbooks" | "scripts" => {
            let large = pairs::DATABASES.large(size);
            let known = large.known();
            let (templates, runbooks) = (Templates::with(&BTreeMap::new()), known.runbooks());
            let templates = templates.expect("ours are right");
            repeat(times, || {
                if task == "runbooks" {
                    known.runbooks().len()
                } else {
                    known.scripts(&runbooks, &templates).len()
                }
            });
        }
        other => panic!("there is no task `{other}`"),
    }
}

fn repeat<T>(times: usize, mut task: impl FnMut() -> T) {
    for _ in 0..times {
        black_box(task());
    }
}
