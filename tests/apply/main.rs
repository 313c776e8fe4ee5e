//! Plans are carried out in a small world, with everything that can go wrong in it.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::print_stderr, reason = "a test says what it leaves out")]

mod crash;
#[cfg(target_os = "linux")]
#[path = "../shared/disk.rs"]
mod disk;
mod faults;
mod forward;
mod kill;
mod peer;
mod rig;
#[path = "../store/server.rs"]
mod server;
mod shared;
mod wide;

pub(crate) use peer::Peer;
pub(crate) use rig::{Course, Happens, Outcome, Rig};
