//! How long it takes: `cargo bench --bench speed -- load`, `evaluate`, `growth`, `plan` or `scripts`.
//!
//! Times depend on the machine and on what else it does; `benches/instructions.sh` counts instructions, which do not.

mod evaluate;
mod growth;
mod load;
mod plan;
mod scripts;
#[path = "../workload/mod.rs"]
mod workload;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    load::benches(&mut criterion);
    evaluate::benches(&mut criterion);
    growth::benches(&mut criterion);
    plan::benches(&mut criterion);
    scripts::benches(&mut criterion);
    criterion.final_summary();
}
