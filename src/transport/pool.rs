//! A few connections to one server, opened only when they are needed.
//!
//! The first connection is opened alone, so that a dead server or a wrong password costs one try. A server to which
//! no connection comes about is not tried again in this run. When a further connection is refused, those that stand
//! do the work.
//!
//! Opening one costs a log-on, and often a process. So whoever finds all connections busy waits for one as long as
//! opening another would take, unless those that wait would keep it busy for longer than that.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::Trouble;

/// Connections of one kind to one server.
#[derive(Debug)]
pub(crate) struct Pool<C> {
    slots: Semaphore,
    idle: Mutex<Vec<C>>,
    /// A permit for each idle connection; whoever waits longest gets the next.
    free: Semaphore,
    /// Connections that stand, idle or lent.
    live: AtomicUsize,
    /// Requests that have no connection yet.
    waiting: AtomicUsize,
    pace: Mutex<Pace>,
    /// Whether a connection ever stood; locked while the first is opened.
    proven: AsyncMutex<bool>,
    failed: OnceLock<Trouble>,
}

/// How long things took so far.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    opening: Duration,
    /// A request, about; nothing before the first was answered.
    request: Option<Duration>,
}

/// A connection lent for one request; dropped, it is closed.
#[derive(Debug)]
pub(crate) struct Lease<'a, C> {
    pool: &'a Pool<C>,
    connection: Option<C>,
    /// When the work for this request began: waiting for a free connection does not count.
    pub(crate) since: Instant,
    lent: Instant,
    _slot: SemaphorePermit<'a>,
}

/// Counts a request that waits, for as long as it lives.
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn new(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::SeqCst);
        Self(waiting)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl<C> Pool<C> {
    pub(crate) fn new(size: usize) -> Self {
        Self {
            slots: Semaphore::new(size.clamp(1, 64)),
            idle: Mutex::default(),
            free: Semaphore::new(0),
            live: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            pace: Mutex::default(),
            proven: AsyncMutex::new(false),
            failed: OnceLock::new(),
        }
    }

    /// Lends a connection, opening one when it takes longer to wait for one.
    pub(crate) async fn take<F, Fut>(&self, open: F) -> Result<Lease<'_, C>, Trouble>
    where
        F: Fn(Instant) -> Fut,
        Fut: Future<Output = Result<C, Trouble>>,
    {
        let _waits = Waits::new(&self.waiting);
        loop {
            let slot = self.slots.acquire().await.expect("the semaphore is never closed");
            if let Some(idle) = self.ready()? {
                return Ok(self.lend(idle, Instant::now(), slot));
            }
            let proven = self.proven.lock().await;
            // the first connection may have come, or failed, while this request waited for it
            if let Some(idle) = self.ready()? {
                return Ok(self.lend(idle, Instant::now(), slot));
            }
            let first = if *proven {
                // Only the first is opened alone.
                drop(proven);
                None
            } else {
                Some(proven)
            };
            if first.is_none()
                && let Some(idle) = self.next().await
            {
                return Ok(self.lend(idle, Instant::now(), slot));
            }
            let since = Instant::now();
            match open(since).await {
                Ok(connection) => {
                    self.live.fetch_add(1, Ordering::SeqCst);
                    self.pace().opening = since.elapsed();
                    if let Some(mut proven) = first {
                        *proven = true;
                    }
                    return Ok(self.lend(connection, since, slot));
                }
                // the server takes no more of them: wait for one of those that stand
                Err(_) if self.live.load(Ordering::SeqCst) > 0 => slot.forget(),
                Err(trouble) => return Err(self.failed.get_or_init(|| trouble).clone()),
            }
        }
    }

    fn ready(&self) -> Result<Option<C>, Trouble> {
        if let Some(trouble) = self.failed.get() {
            return Err(trouble.clone());
        }
        Ok(self.free.try_acquire().ok().and_then(|free| self.taken(free)))
    }

    /// The next connection that is free before another could be opened; nothing when that is not worth the wait.
    async fn next(&self) -> Option<C> {
        let live = u32::try_from(self.live.load(Ordering::SeqCst)).unwrap_or(u32::MAX);
        let waiting = u32::try_from(self.waiting.load(Ordering::SeqCst)).unwrap_or(u32::MAX);
        let Pace { opening, request } = *self.pace();
        let work = request.unwrap_or_default().saturating_mul(waiting);
        if live == 0 || work / live > opening {
            return None;
        }
        let free = tokio::time::timeout(opening, self.free.acquire()).await.ok()?;
        self.taken(free.ok()?)
    }

    /// Takes the idle connection that a permit stands for.
    fn taken(&self, free: SemaphorePermit<'_>) -> Option<C> {
        free.forget();
        self.idle().pop()
    }

    fn lend<'a>(&'a self, connection: C, since: Instant, slot: SemaphorePermit<'a>) -> Lease<'a, C> {
        Lease {
            pool: self,
            connection: Some(connection),
            since,
            lent: Instant::now(),
            _slot: slot,
        }
    }

    fn give_back(&self, connection: C, after: Duration) {
        let mut pace = self.pace();
        // Those of late count more than those of old.
        pace.request = Some(pace.request.map_or(after, |before| (before * 3 + after) / 4));
        drop(pace);
        self.idle().push(connection);
        self.free.add_permits(1);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<C>> {
        // nothing panics while it is locked
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C> Lease<'_, C> {
    pub(crate) fn connection(&mut self) -> &mut C {
        self.connection
            .as_mut()
            .expect("a lease holds its connection until it ends")
    }

    /// Gives the connection back for the next request.
    pub(crate) fn keep(mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.give_back(connection, self.lent.elapsed());
        }
    }

    /// Closes the connection and opens another in its place, for the same request.
    pub(crate) async fn reopen<Fut>(&mut self, open: Fut) -> Result<(), Trouble>
    where
        Fut: Future<Output = Result<C, Trouble>>,
    {
        self.close();
        self.connection = Some(open.await?);
        self.pool.live.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn close(&mut self) {
        if self.connection.take().is_some() {
            self.pool.live.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl<C> Drop for Lease<'_, C> {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Cause;
    use std::sync::Arc;
    use std::time::Duration;
    use tokio::task::JoinSet;

    /// How long an answer takes.
    const TRIP: Duration = Duration::from_millis(10);

    /// Counts what is opened; connections are numbered.
    #[derive(Default)]
    struct Server {
        opened: AtomicUsize,
        /// Refuses connections from this one on.
        limit: Option<usize>,
    }

    impl Server {
        async fn open(&self) -> Result<usize, Trouble> {
            let number = self.opened.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(TRIP).await;
            if self.limit.is_some_and(|limit| number >= limit) {
                return Err(Trouble::new(Cause::Unreachable, "no more"));
            }
            Ok(number)
        }

        fn opened(&self) -> usize {
            self.opened.load(Ordering::SeqCst)
        }
    }

    async fn requests(
        server: &Arc<Server>,
        pool: &Arc<Pool<usize>>,
        count: usize,
    ) -> Vec<Result<usize, Trouble>> {
        let mut all = JoinSet::new();
        for _ in 0..count {
            let (server, pool) = (Arc::clone(server), Arc::clone(pool));
            all.spawn(async move {
                let mut lease = pool.take(|_| server.open()).await?;
                let number = *lease.connection();
                tokio::time::sleep(TRIP).await;
                lease.keep();
                Ok(number)
            });
        }
        all.join_all().await
    }

    fn peers(limit: Option<usize>) -> (Arc<Server>, Arc<Pool<usize>>) {
        (
            Arc::new(Server {
                limit,
                ..Server::default()
            }),
            Arc::new(Pool::new(4)),
        )
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_connections_than_needed() {
        let (server, pool) = peers(None);
        for _ in 0..5 {
            assert_eq!(requests(&server, &pool, 1).await, [Ok(0)]);
        }
        assert_eq!(server.opened(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_connections_than_allowed() {
        let (server, pool) = peers(None);
        assert!(requests(&server, &pool, 50).await.iter().all(Result::is_ok));
        assert_eq!(server.opened(), 4);
    }

    /// A log-on alone, the others together, and each connection its share of the requests: no other wait.
    #[tokio::test(start_paused = true)]
    async fn requests_take_no_longer_than_their_share() {
        let (server, pool) = peers(None);
        let start = Instant::now();
        assert!(requests(&server, &pool, 50).await.iter().all(Result::is_ok));
        let trips = 2 + 50_u32.div_ceil(4);
        assert!(start.elapsed() <= TRIP * trips, "{:?}", start.elapsed());
    }

    /// Where a log-on takes as long as many answers, one connection gives them all sooner.
    #[tokio::test(start_paused = true)]
    async fn no_connection_is_opened_for_work_that_is_done_before_it_stands() {
        let opened = AtomicUsize::new(0);
        let pool = Pool::new(4);
        let open = |_| async {
            opened.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(TRIP * 30).await;
            Ok(())
        };
        let request = || async {
            let lease = pool.take(open).await.unwrap();
            tokio::time::sleep(TRIP).await;
            lease.keep();
        };
        let start = Instant::now();
        futures_util::future::join_all(std::iter::repeat_with(request).take(20)).await;
        assert_eq!((opened.load(Ordering::SeqCst), start.elapsed()), (1, TRIP * 50));
        // Of a hundred the last would wait too long.
        futures_util::future::join_all(std::iter::repeat_with(request).take(100)).await;
        assert!(opened.load(Ordering::SeqCst) > 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_server_is_tried_once() {
        let (server, pool) = peers(Some(0));
        assert!(requests(&server, &pool, 20).await.iter().all(Result::is_err));
        assert!(requests(&server, &pool, 20).await.iter().all(Result::is_err));
        assert_eq!(server.opened(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_takes_two_is_used_with_two() {
        let (server, pool) = peers(Some(2));
        assert!(requests(&server, &pool, 20).await.iter().all(Result::is_ok));
        assert!(requests(&server, &pool, 20).await.iter().all(Result::is_ok));
        assert_eq!(
            server.opened(),
            4,
            "two stand, two were refused, none was tried again"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_lease_frees_its_slot() {
        let (server, pool) = peers(None);
        for round in 0..6 {
            let mut lease = pool.take(|_| server.open()).await.unwrap();
            assert_eq!(*lease.connection(), round);
        }
        assert_eq!(pool.live.load(Ordering::SeqCst), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_is_reopened_for_the_same_request() {
        let (server, pool) = peers(None);
        let mut lease = pool.take(|_| server.open()).await.unwrap();
        lease.reopen(server.open()).await.unwrap();
        assert_eq!(*lease.connection(), 1);
        lease.keep();
        assert_eq!(pool.live.load(Ordering::SeqCst), 1);
        assert_eq!(requests(&server, &pool, 1).await, [Ok(1)]);
    }
}
