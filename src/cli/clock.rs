//! The one place that looks at the clock.

use jiff::Timestamp;

/// The time now.
#[expect(
    clippy::disallowed_methods,
    reason = "the edge takes the time once and hands it on"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
