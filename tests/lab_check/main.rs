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
#[path = "../live/mod.rs"]
mod live;
mod names;
mod pair_file;
mod recording;
mod timing;
mod trouble;
mod trouble_hosts;

use std::sync::{Mutex, MutexGuard};

static LAB: Mutex<()> = Mutex::new(());

/// The lab for one test alone, in its pristine state; nothing where there is no lab.
fn lab() -> Option<MutexGuard<'static, ()>> {
    match std::env::var("STANDIN_LAB").as_deref() {
        Ok("up") => {}
        Ok("required") => panic!("the lab is required: use tests/lab/lab run"),
        _ => {
            eprintln!("skipped: the lab is not up (run tests/lab/lab run cargo test --test lab_check)");
            return None;
        }
    }
    Some(LAB.lock().unwrap_or_else(|poisoned| {
        // a test that failed may have left its change behind
        clients::reset("all");
        LAB.clear_poison();
        poisoned.into_inner()
    }))
}

/// A value of `tests/lab/settings.sh`.
fn setting(name: &str) -> String {
    let name = format!("STANDIN_LAB_{name}");
    std::env::var(&name).unwrap_or_else(|_| panic!("{name} is not set"))
}
