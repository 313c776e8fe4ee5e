//! The scripts that `standin scripts` writes: as they were read, as their languages read them, and as cmd runs them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![cfg_attr(unix, expect(clippy::print_stderr, reason = "a test that is skipped says so"))]

mod expected;
mod pairs;
#[cfg(unix)]
mod wine;
