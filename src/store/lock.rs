//! The lock of a pair: one run at a time changes its servers.
//!
//! Each lock has a number greater than all before. A lock that was taken over is not asked to stop; its number is
//! refused from then on by [`Store::append`], which is called before each action on a server. So it does not matter
//! whether who took it over was right about the holder: of two that believe to have the lock, only the later can go
//! on. Nothing runs out by itself, and no clock counts.

use std::fmt;

use jiff::Timestamp;
use serde_json::json;

use super::database::{Value, Work};
use super::entry::{Kind, Seq};
use super::error::{Fault, StoreError};
use super::holder::Holder;
use super::journal::{News, append, damaged, head};
use super::pairs::PairName;
use super::{Store, kept};

/// The right to change the servers of a pair, and the run that has it.
#[derive(Debug, PartialEq, Eq)]
pub struct Lock {
    pub(super) pair: PairName,
    pub(super) fence: i64,
    pub(super) run: Seq,
}

impl Lock {
    /// The number of the lock; a later one has a greater number.
    pub const fn fence(&self) -> i64 {
        self.fence
    }

    /// The run that entries under this lock belong to.
    pub const fn run(&self) -> Seq {
        self.run
    }
}

/// A lock that somebody has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The name of the pair.
    pub pair: String,
    pub fence: i64,
    pub holder: Holder,
    pub since: Timestamp,
    /// When the holder last wrote to the journal.
    pub heard: Timestamp,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Holder { who, process, .. } = &self.holder;
        let gone = if self.holder.is_gone() {
            ", which runs no more"
        } else {
            ""
        };
        write!(
            f,
            "the pair {} is locked by {who} (process {process}{gone}) since {}, last heard of at {}",
            self.pair, self.since, self.heard
        )
    }
}

impl Store {
    /// Takes the lock of a pair for a new run, or for an earlier one that is gone on with.
    ///
    /// [`StoreError::Held`] when somebody has it.
    pub async fn lock(
        &mut self,
        pair: &PairName,
        holder: &Holder,
        at: Timestamp,
        run: Option<Seq>,
    ) -> Result<Lock, StoreError> {
        self.take(pair, holder, at, run, None).await
    }

    /// Takes a lock from its holder, who is believed to be dead; somebody else's in the meantime is left alone.
    pub async fn take_over(
        &mut self,
        pair: &PairName,
        held: &Held,
        holder: &Holder,
        at: Timestamp,
        run: Option<Seq>,
    ) -> Result<Lock, StoreError> {
        self.take(pair, holder, at, run, Some(held.fence)).await
    }

    async fn take(
        &mut self,
        pair: &PairName,
        holder: &Holder,
        at: Timestamp,
        run: Option<Seq>,
        from: Option<i64>,
    ) -> Result<Lock, StoreError> {
        self.writing(async |work| {
            head(work).await?;
            let found = held(work, pair).await?;
            if let Some(held) = found.clone().filter(|held| from != Some(held.fence)) {
                return Err(StoreError::Held(Box::new(held)).into());
            }
            let fence = number(work, pair).await? + 1;
            let taken = found.map(|held| held.holder);
            let body = json!({ "holder": holder, "fence": fence, "taken_from": taken });
            let news = News {
                kind: Kind::Locked,
                at,
                body: &body,
            };
            let seq = append(work, pair, news, run, fence).await?;
            let holder = serde_json::to_string(holder).unwrap_or_default();
            put(work, pair, fence, &holder, at).await?;
            Ok(Lock {
                pair: pair.clone(),
                fence,
                run: run.unwrap_or(seq),
            })
        })
        .await
    }

    /// Gives a lock back; its number is not given again.
    pub async fn unlock(&mut self, lock: Lock, at: Timestamp) -> Result<(), StoreError> {
        self.writing(async |work| {
            head(work).await?;
            in_force(work, &lock).await?;
            let body = json!({ "fence": lock.fence });
            let news = News {
                kind: Kind::Unlocked,
                at,
                body: &body,
            };
            append(work, &lock.pair, news, Some(lock.run), lock.fence).await?;
            put(work, &lock.pair, lock.fence, "", at).await?;
            Ok(())
        })
        .await
    }

    /// Who has the lock of a pair, if anybody.
    pub async fn held(&mut self, pair: &PairName) -> Result<Option<Held>, StoreError> {
        self.reading(async |work| held(work, pair).await).await
    }
}

/// Refuses a lock that was given back or taken over.
pub(super) async fn in_force(work: &mut Work<'_>, lock: &Lock) -> Result<(), Fault> {
    let words = "SELECT fence FROM locks WHERE pair = $1 AND holder <> ''";
    let row = work.row(words, &[Value::Text(&lock.pair.id)]).await?;
    match row.map(|row| row.int(0)).transpose()? {
        Some(fence) if fence == lock.fence => Ok(()),
        _ => Err(StoreError::Stale(lock.fence).into()),
    }
}

/// The greatest number that a lock of this pair had.
async fn number(work: &mut Work<'_>, pair: &PairName) -> Result<i64, Fault> {
    let words = "SELECT fence FROM locks WHERE pair = $1";
    let row = work.row(words, &[Value::Text(&pair.id)]).await?;
    Ok(row.map(|row| row.int(0)).transpose()?.unwrap_or(0))
}

async fn held(work: &mut Work<'_>, pair: &PairName) -> Result<Option<Held>, Fault> {
    let words = "SELECT fence, holder, at FROM locks WHERE pair = $1 AND holder <> ''";
    let Some(row) = work.row(words, &[Value::Text(&pair.id)]).await? else {
        return Ok(None);
    };
    let (fence, holder, since) = (row.int(0)?, row.text(1)?, row.text(2)?);
    let words = "SELECT at FROM entries WHERE pair = $1 AND fence = $2 ORDER BY seq DESC LIMIT 1";
    let last = work
        .row(words, &[Value::Text(&pair.id), Value::Int(fence)])
        .await?;
    let heard = last.map(|row| row.text(0)).transpose()?;
    let time = |text: &str| {
        let time = text.parse::<Timestamp>();
        time.map_err(|_| damaged("the time of a lock is none"))
    };
    let since = time(&since)?;
    Ok(Some(Held {
        pair: pair.name.clone(),
        fence,
        holder: serde_json::from_str(&holder).map_err(|_| damaged("the holder of a lock cannot be read"))?,
        since,
        heard: heard.map_or(Ok(since), |text| time(&text))?,
    }))
}

async fn put(
    work: &mut Work<'_>,
    pair: &PairName,
    fence: i64,
    holder: &str,
    at: Timestamp,
) -> Result<(), Fault> {
    kept::know(work, pair).await?;
    let at = at.to_string();
    let values = [
        Value::Text(&pair.id),
        Value::Int(fence),
        Value::Text(holder),
        Value::Text(&at),
    ];
    let words = "INSERT INTO locks (pair, fence, holder, at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (pair) DO UPDATE
                 SET fence = excluded.fence, holder = excluded.holder, at = excluded.at";
    work.run(words, &values).await?;
    Ok(())
}
