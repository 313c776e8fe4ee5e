//! The lab, as one test at a time has it.

use std::sync::{Mutex, MutexGuard};

static LAB: Mutex<()> = Mutex::new(());

/// The lab for one test alone, in its pristine state; nothing where there is no lab.
pub(crate) fn lab() -> Option<MutexGuard<'static, ()>> {
    match std::env::var("STANDIN_LAB").as_deref() {
        Ok("up") => {}
        Ok("required") => panic!("the lab is required: use tests/lab/lab run"),
        _ => {
            let test = env!("CARGO_CRATE_NAME");
            eprintln!("skipped: the lab is not up (run tests/lab/lab run cargo test --test {test})");
            return None;
        }
    }
    Some(LAB.lock().unwrap_or_else(|poisoned| {
        // a test that failed may have left its change behind
        crate::clients::reset("all");
        LAB.clear_poison();
        poisoned.into_inner()
    }))
}

/// A value of `tests/lab/settings.sh`.
pub(crate) fn setting(name: &str) -> String {
    let name = format!("STANDIN_LAB_{name}");
    std::env::var(&name).unwrap_or_else(|_| panic!("{name} is not set"))
}
