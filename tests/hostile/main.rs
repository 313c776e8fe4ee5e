//! Evil packs, pair files and snapshots end in a clear error, at once and without filling the memory.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod expressions;
mod files;
mod run;
