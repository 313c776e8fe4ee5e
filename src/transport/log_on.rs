//! One wrong password is enough.
//!
//! Directories and databases lock an account after a few wrong passwords. Every connection that logs on with one
//! credential shares its gate: until the credential is proven, log-ons go one at a time, and the first refusal ends
//! all further tries, on whichever server they would have been.

use tokio::sync::{Mutex, MutexGuard};

use super::Trouble;
use crate::facts::Cause;

/// What is known of one credential in this run.
#[derive(Debug, Default)]
pub struct LogOnGate(Mutex<State>);

#[derive(Clone, Debug, Default)]
pub(crate) enum State {
    #[default]
    Untried,
    Proven,
    Refused(Trouble),
}

/// Leave to try the credential once.
pub(crate) enum Turn<'a> {
    /// Nobody else tries while this one is out.
    First(MutexGuard<'a, State>),
    /// The credential is good; any number may log on at once.
    Proven(&'a LogOnGate),
}

impl LogOnGate {
    /// Waits for leave to log on; refused for good once the credential was.
    pub(crate) async fn turn(&self) -> Result<Turn<'_>, Trouble> {
        let state = self.0.lock().await;
        match &*state {
            State::Untried => Ok(Turn::First(state)),
            State::Proven => Ok(Turn::Proven(self)),
            State::Refused(trouble) => Err(trouble.clone()),
        }
    }
}

impl Turn<'_> {
    /// Notes how the log-on went; a failure that says nothing of the credential leaves it as it was.
    pub(crate) async fn settle<T>(self, outcome: &Result<T, Trouble>) {
        let news = match outcome {
            Ok(_) => State::Proven,
            Err(trouble) if trouble.cause == Cause::BadCredentials => State::Refused(trouble.clone()),
            Err(_) => return,
        };
        match self {
            Self::First(mut state) => *state = news,
            Self::Proven(gate) => {
                let mut state = gate.0.lock().await;
                if !matches!(*state, State::Refused(_)) {
                    *state = news;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    async fn log_on(gate: &LogOnGate, tries: &AtomicUsize, cause: Option<Cause>) -> Result<(), Trouble> {
        let turn = gate.turn().await?;
        tries.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(5)).await;
        let outcome = cause.map_or(Ok(()), |cause| Err(Trouble::new(cause, "no")));
        turn.settle(&outcome).await;
        outcome
    }

    async fn many(cause: Option<Cause>) -> usize {
        let gate = Arc::new(LogOnGate::default());
        let tries = Arc::new(AtomicUsize::new(0));
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..10 {
            let (gate, tries) = (Arc::clone(&gate), Arc::clone(&tries));
            all.spawn(async move { log_on(&gate, &tries, cause).await });
        }
        for outcome in all.join_all().await {
            assert_eq!(outcome.err().map(|t| t.cause), cause);
        }
        tries.load(Ordering::SeqCst)
    }

    #[tokio::test]
    async fn a_wrong_password_is_tried_once() {
        assert_eq!(many(Some(Cause::BadCredentials)).await, 1);
    }

    #[tokio::test]
    async fn other_failures_say_nothing_of_the_password() {
        assert_eq!(many(Some(Cause::Unreachable)).await, 10);
    }

    #[tokio::test]
    async fn a_good_password_opens_the_gate() {
        assert_eq!(many(None).await, 10);
    }

    #[tokio::test]
    async fn a_password_that_turns_bad_stops_the_rest() {
        let (gate, tries) = (LogOnGate::default(), AtomicUsize::new(0));
        log_on(&gate, &tries, None).await.unwrap();
        log_on(&gate, &tries, Some(Cause::BadCredentials))
            .await
            .unwrap_err();
        log_on(&gate, &tries, None).await.unwrap_err();
        assert_eq!(tries.load(Ordering::SeqCst), 2);
    }
}
