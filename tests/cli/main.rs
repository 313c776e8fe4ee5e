//! The program as operators and scripts meet it: what it prints, where, and how it ends.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod apply;
mod catalogue;
mod codes;
mod discover;
mod help;
mod history;
mod live;
mod plan;
mod run;
mod runbook;
mod scripts;
mod start;
mod trust;
