//! The lab's pairs, broken in many ways at once by other clients, are mended by `standin fix`, found good, and taken back
//! by `standin undo`; then the directory, the name servers, the hosts and the databases are as they were broken.
//!
//! Runs inside the lab: `tests/lab/lab run cargo test --test lab_apply`. Outside of it the tests say that they were
//! skipped, or fail when `STANDIN_LAB=required`.
#![expect(clippy::print_stderr, reason = "what is left out or measured is told")]
#![expect(clippy::unwrap_used, reason = "the helpers are tests, too")]
#![expect(dead_code, reason = "what other tests of the lab use as well")]

mod batch;
mod broken;
#[path = "../lab_check/clients.rs"]
mod clients;
mod dumps;
mod faults;
mod hostile;
mod killed;
#[path = "../shared/lab.rs"]
mod lab;
#[path = "../live/mod.rs"]
mod live;
mod mended;
#[path = "../lab_check/pair_file.rs"]
mod pair_file;
mod program;
mod scripts;
mod secret;

use lab::{lab, setting};
