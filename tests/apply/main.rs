//! Plans are carried out in a small world, with everything that can go wrong in it.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod crash;
mod faults;
mod forward;
mod peer;
mod rig;
mod wide;

pub(crate) use peer::Peer;
pub(crate) use rig::{Course, Happens, Outcome, Rig};
