//! Every row of the guide is covered, and what covers it is shown to work: `rules/README.md` is written from data, each
//! row has a change of a healthy recording that makes it bad, and no fact can be missing unnoticed.
//!
//! `STANDIN_UPDATE=1 cargo test --test coverage` writes `rules/README.md` anew, and shortens the lists of what is missing.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod absence;
#[path = "../shared/answers.rs"]
mod answers;
mod derive;
mod guide;
#[expect(dead_code, reason = "here only what is expected of the changes counts")]
#[path = "../live/mod.rs"]
mod live;
mod missing;
mod monotone;
mod mutations;
#[path = "../live/peers.rs"]
mod peers;
mod plans;
mod proof;
mod readme;
mod rights;
mod scenario;
mod scripts;
mod shipped;

/// Whether what is generated is to be written anew.
fn is_update() -> bool {
    std::env::var_os("STANDIN_UPDATE").is_some_and(|value| value == "1")
}
