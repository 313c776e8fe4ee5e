//! One time limit over several waits.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::Trouble;
use crate::facts::Cause;

/// A moment at which patience ends, and how long it was at the start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    total: Duration,
}

impl Deadline {
    /// Longer than any run; keeps additions from overflowing.
    const LONGEST: Duration = Duration::from_hours(366 * 24);

    pub(crate) fn since(start: Instant, total: Duration) -> Self {
        Self {
            at: start + total.min(Self::LONGEST),
            total,
        }
    }

    pub(crate) fn after(total: Duration) -> Self {
        Self::since(Instant::now(), total)
    }

    /// The same limit for the first of `tries` attempts: an equal share of what is left.
    pub(crate) fn share(self, tries: usize) -> Self {
        let tries = u32::try_from(tries.max(1)).unwrap_or(u32::MAX);
        let left = self.at.saturating_duration_since(Instant::now());
        Self {
            at: Instant::now() + left / tries,
            total: self.total,
        }
    }

    /// The limit moved on by a wait that was not the server's doing.
    pub(crate) fn later(self, by: Duration) -> Self {
        Self {
            at: self.at + by.min(Self::LONGEST),
            total: self.total,
        }
    }

    /// Does the work, or says what was not done in time; `doing` completes "while ...".
    pub(crate) async fn run<T>(
        self,
        doing: &str,
        work: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        match timeout_at(self.at, work).await {
            Ok(done) => done,
            Err(_) => Err(self.missed(doing)),
        }
    }

    pub(crate) fn missed(self, doing: &str) -> Trouble {
        Trouble::new(
            Cause::Timeout,
            format!("no answer within {:?} while {doing}", self.total),
        )
    }

    pub(crate) fn moment(self) -> Instant {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_missed_deadline_says_what_was_being_done() {
        let deadline = Deadline::after(Duration::from_millis(250));
        let never = std::future::pending::<Result<(), Trouble>>();
        let trouble = deadline.run("logging on to dc1:636", never).await.unwrap_err();
        assert_eq!(trouble.cause, Cause::Timeout);
        assert_eq!(
            trouble.detail,
            "no answer within 250ms while logging on to dc1:636"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn shares_and_pauses() {
        let start = Instant::now();
        let deadline = Deadline::after(Duration::from_secs(9));
        assert_eq!(deadline.share(3).moment() - start, Duration::from_secs(3));
        assert_eq!(deadline.share(0).moment(), deadline.moment());
        assert_eq!(
            deadline.later(Duration::from_secs(1)).moment() - start,
            Duration::from_secs(10)
        );
        // an absurd limit does not overflow
        assert!(Deadline::after(Duration::MAX).later(Duration::MAX).moment() > start);
    }
}
