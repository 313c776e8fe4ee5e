//! What a check of a recorded pair costs, as a whole process: processor time, which a busy machine hardly changes, and
//! memory.
//!
//! An unoptimised build is many times slower: `cargo test --release --test cost` tells the truth, and `benches/` more of it.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use wait4::Wait4 as _;

/// For each start, with nothing kept from the one before.
const TIME: Duration = Duration::from_millis(if cfg!(debug_assertions) { 800 } else { 40 });
const MEMORY: u64 = (if cfg!(debug_assertions) { 44 } else { 40 }) << 20;

// The peak of a process is at least what its parent had: what takes much memory itself is tested elsewhere.
#[test]
fn a_check_of_a_recorded_pair_is_quick_and_small() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let pairs = fs::read_dir(fixtures).unwrap().map(|entry| entry.unwrap().path());
    for pair in pairs.filter(|folder| folder.join("pair.yaml").exists()) {
        let run = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_standin"));
            command.arg("check").arg(&pair).stdin(Stdio::null());
            let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
            let used = quiet.spawn().unwrap().wait4().unwrap().rusage;
            (used.utime + used.stime, used.maxrss)
        };
        let (time, memory) = (0..5).map(|_| run()).min().unwrap();
        let name = pair.file_name().unwrap().display();
        eprintln!("{name}: {time:?}, {} KiB", memory / 1024);
        assert!(time < TIME, "{name}: {time:?}");
        assert!(memory < MEMORY, "{name}: {memory} bytes");
    }
}
