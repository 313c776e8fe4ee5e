//! The healthy pair of the lab, checked as an operator checks it, and what each change to the lab makes of the answer.
//!
//! Runs inside the lab: `tests/lab/lab run cargo test --test lab_check`. Outside of it the tests say that they were
//! skipped, or fail when `STANDIN_LAB=required`. The lab is changed by other clients than Standin's own, by one test
//! at a time.
#![expect(clippy::print_stderr, reason = "what is left out or measured is told")]
#![expect(clippy::unwrap_used, reason = "the helpers are tests, too")]

mod answer;
#[path = "../shared/answers.rs"]
mod answers;
mod changes;
mod clients;
mod cost;
mod counting;
mod deaf;
mod healthy;
mod hosts;
#[cfg(all(feature = "kerberos", unix))]
mod kerberos;
#[path = "../shared/lab.rs"]
mod lab;
#[path = "../live/mod.rs"]
mod live;
mod names;
mod pair_file;
mod recording;
mod timing;
mod trouble;
mod trouble_hosts;

use lab::{lab, setting};
