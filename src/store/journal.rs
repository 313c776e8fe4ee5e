//! The journal: entries are appended, read in order, and never changed.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::database::{Row, Value, Work};
use super::entry::{Entry, Hash, Kind, Seq, Written};
use super::error::{Fault, StoreError};
use super::lock::{self, Lock};
use super::pairs::PairName;
use super::{Store, kept};

/// What is to be appended.
#[derive(Clone, Copy, Debug)]
pub struct News<'a> {
    pub kind: Kind,
    pub at: Timestamp,
    pub body: &'a Json,
}

/// A snapshot that the next check is compared with.
#[derive(Clone, Copy, Debug)]
pub struct Last<'a> {
    /// Of which rules: what [`super::selection`] gives.
    pub selection: &'a str,
    pub document: &'a str,
}

/// A run: what it began with and, so far, ended with.
#[derive(Clone, Debug)]
pub struct Run {
    /// The name of the pair, and its servers.
    pub pair: String,
    pub source: String,
    pub target: String,
    pub first: Entry,
    pub last: Entry,
    /// What it came to the last time that it came to an end, if it changed servers.
    pub ended: Option<Entry>,
    /// How many entries it has.
    pub entries: i64,
}

/// The columns of an entry, in the order of [`written`].
macro_rules! entries {
    ($rest:literal) => {
        concat!(
            "SELECT seq, at, pair, run, fence, kind, body, prev, hash FROM entries ",
            $rest
        )
    };
}
pub(super) use entries;

impl Store {
    /// Records what changed no server, as a run of its own, and with it what the next check is compared with.
    ///
    /// When this returns, both are on disk. A kind that needs the lock is refused.
    pub async fn record(
        &mut self,
        pair: &PairName,
        news: News<'_>,
        last: Option<Last<'_>>,
    ) -> Result<Seq, StoreError> {
        self.writing(async |work| {
            if news.kind.needs_lock() {
                return Err(StoreError::Stale(0).into());
            }
            let seq = append(work, pair, news, None, 0).await?;
            if let Some(last) = last {
                kept::put_last(work, pair, seq, last).await?;
            }
            Ok(seq)
        })
        .await
    }

    /// Appends to the run that holds the lock, all of it or nothing; refused once somebody else holds it.
    ///
    /// When this returns, the entries are on disk: what they announce may be done. When it fails, they may be there
    /// nevertheless, as the last ones. Each call is a wait for the disk: what is known together is told together, such
    /// as the result of a step and the intent of the next. Gives the number of the last entry.
    pub async fn append(&mut self, lock: &Lock, news: &[News<'_>]) -> Result<Seq, StoreError> {
        self.writing(async |work| {
            let (mut seq, _) = head(work).await?;
            lock::in_force(work, lock).await?;
            for news in news {
                seq = append(work, &lock.pair, *news, Some(lock.run), lock.fence).await?;
            }
            Ok(seq)
        })
        .await
    }

    /// All entries of a run, in order; none when there is no such run.
    pub async fn entries(&mut self, run: Seq) -> Result<Vec<Entry>, StoreError> {
        self.entries_after(run, 0, usize::MAX).await
    }

    /// The next entries of a run behind this one, in order, so many at most; 0 is before the first.
    pub async fn entries_after(
        &mut self,
        run: Seq,
        after: Seq,
        most: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.reading(async |work| {
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let values = [Value::Int(run), Value::Int(after), Value::Int(most)];
            let words = entries!("WHERE run = $1 AND seq > $2 ORDER BY seq LIMIT $3");
            let rows = work.rows(words, &values).await?;
            rows.iter().map(entry).collect::<Result<Vec<Entry>, Fault>>()
        })
        .await
    }

    /// The latest run of a pair that began to change servers and of which the last word is not that it ended.
    ///
    /// Locks and notes do not count: they change nothing.
    pub async fn unfinished(&mut self, pair: &PairName) -> Result<Option<Seq>, StoreError> {
        self.reading(async |work| {
            let words = "SELECT b.run FROM entries b WHERE b.pair = $1 AND b.kind = 'began'
                         AND 'ended' <> (SELECT e.kind FROM entries e
                                         WHERE e.run = b.run AND e.kind NOT IN ('locked', 'unlocked', 'note')
                                         ORDER BY e.seq DESC LIMIT 1)
                         ORDER BY b.run DESC LIMIT 1";
            let row = work.row(words, &[Value::Text(&pair.id)]).await?;
            Ok(row.map(|row| row.int(0)).transpose()?)
        })
        .await
    }

    /// The latest runs, the latest first; of the pairs of this name, or of all.
    pub async fn runs(&mut self, pair: Option<&str>, most: usize) -> Result<Vec<Run>, StoreError> {
        self.reading(async |work| {
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let values = [Value::Text(pair.unwrap_or_default()), Value::Int(most)];
            let found = work
                .rows(
                    "SELECT p.name, p.source, p.target, e.run, MAX(e.seq), COUNT(*)
                     FROM entries e JOIN pairs p ON p.id = e.pair
                     WHERE $1 = '' OR LOWER(p.name) = LOWER($1)
                     GROUP BY p.name, p.source, p.target, e.run ORDER BY e.run DESC LIMIT $2",
                    &values,
                )
                .await?;
            let mut runs = Vec::new();
            for row in &found {
                runs.push(Run {
                    pair: row.text(0)?,
                    source: row.text(1)?,
                    target: row.text(2)?,
                    first: one(work, row.int(3)?).await?,
                    last: one(work, row.int(4)?).await?,
                    ended: ended(work, row.int(3)?).await?,
                    entries: row.int(5)?,
                });
            }
            Ok(runs)
        })
        .await
    }
}

/// The last entry's number and hash; from here on nobody else appends until the transaction ends.
pub(super) async fn head(work: &mut Work<'_>) -> Result<(Seq, Hash), Fault> {
    let words = work.words(
        "SELECT seq, hash FROM head",
        "SELECT seq, hash FROM head FOR UPDATE",
    );
    let row = work.row(words, &[]).await?;
    let row = row.ok_or_else(|| damaged("the head of the journal is missing"))?;
    let hash = Hash::of(&row.bytes(1)?).ok_or_else(|| damaged("the head of the journal has no hash"))?;
    Ok((row.int(0)?, hash))
}

/// Appends an entry, as a new run where none is given.
pub(super) async fn append(
    work: &mut Work<'_>,
    pair: &PairName,
    news: News<'_>,
    run: Option<Seq>,
    fence: i64,
) -> Result<Seq, Fault> {
    let (last, prev) = head(work).await?;
    kept::know(work, pair).await?;
    let seq = last + 1;
    let written = Written {
        seq,
        at: news.at.to_string(),
        pair: pair.id.clone(),
        run: run.unwrap_or(seq),
        fence,
        kind: news.kind.word().to_owned(),
        body: news.body.to_string(),
    };
    let hash = written.hash(prev.bytes());
    let values = [
        Value::Int(seq),
        Value::Text(&written.at),
        Value::Text(&written.pair),
        Value::Int(written.run),
        Value::Int(fence),
        Value::Text(&written.kind),
        Value::Text(&written.body),
        Value::Bytes(prev.bytes()),
        Value::Bytes(hash.bytes()),
    ];
    let insert = "INSERT INTO entries (seq, at, pair, run, fence, kind, body, prev, hash)
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    work.run(insert, &values).await?;
    let values = [Value::Int(seq), Value::Bytes(hash.bytes())];
    work.run("UPDATE head SET seq = $1, hash = $2", &values).await?;
    Ok(seq)
}

async fn ended(work: &mut Work<'_>, run: Seq) -> Result<Option<Entry>, Fault> {
    let words = entries!("WHERE run = $1 AND kind = 'ended' ORDER BY seq DESC LIMIT 1");
    let row = work.row(words, &[Value::Int(run)]).await?;
    row.map(|row| entry(&row)).transpose()
}

async fn one(work: &mut Work<'_>, seq: Seq) -> Result<Entry, Fault> {
    let row = work.row(entries!("WHERE seq = $1"), &[Value::Int(seq)]).await?;
    entry(&row.ok_or_else(|| damaged(&format!("entry {seq} is missing")))?)
}

fn entry(row: &Row) -> Result<Entry, Fault> {
    let written = written(row)?;
    let read = written.read();
    read.map_err(|why| damaged(&format!("entry {}: {why}", written.seq)))
}

pub(super) fn written(row: &Row) -> Result<Written, sqlx::Error> {
    Ok(Written {
        seq: row.int(0)?,
        at: row.text(1)?,
        pair: row.text(2)?,
        run: row.int(3)?,
        fence: row.int(4)?,
        kind: row.text(5)?,
        body: row.text(6)?,
    })
}

pub(super) fn damaged(why: &str) -> Fault {
    Fault::Damage(why.to_owned())
}
