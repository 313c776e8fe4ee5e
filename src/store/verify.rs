//! Whether everything in the store is as it was put there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::database::{Value, Work};
use super::entry::{Entry, Hash, Kind, Seq};
use super::error::{Fault, StoreError};
use super::journal::{entries, written};
use super::{Store, digest_of};

/// How many entries are in memory at a time.
const PAGE: i64 = 1000;
/// How many damages are told.
const MOST: usize = 100;

/// What verifying came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many entries were read.
    pub entries: i64,
    /// Number and hash of the last entry; none when there is no entry.
    pub head: Option<(Seq, Hash)>,
    pub damage: Vec<Damage>,
}

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The entry where it shows; 0: not in the journal.
    pub seq: Seq,
    pub what: String,
}

impl Store {
    /// Reads the whole store: finds entries that were changed, removed or moved, a cut end, snapshots that are others.
    ///
    /// Whoever may write to the database can also write a whole other journal. That is found by who noted number and
    /// hash of an entry elsewhere: `noted` is looked for.
    pub async fn verify(&mut self, noted: Option<(Seq, &str)>) -> Result<Verified, StoreError> {
        let mut walk = Walk::new(noted);
        self.reading(async |work| walk.pages(work).await).await?;
        // Page by page: whoever writes to a file waits for those who read it.
        while self.reading(async |work| walk.page(work).await).await? {}
        self.reading(async |work| walk.snapshots(work).await).await?;
        Ok(walk.done())
    }
}

/// One walk along the journal.
struct Walk<'n> {
    noted: Option<(Seq, &'n str)>,
    /// The last entry that was read, whatever it was.
    after: Seq,
    count: i64,
    last: Option<(Seq, Hash)>,
    /// The pair of each run.
    runs: BTreeMap<Seq, String>,
    /// The number of each pair's lock that is in force.
    locks: BTreeMap<String, i64>,
    /// The digests of the snapshots that runs told of.
    snapshots: BTreeSet<(Seq, String)>,
    damage: Vec<Damage>,
}

impl<'n> Walk<'n> {
    const fn new(noted: Option<(Seq, &'n str)>) -> Self {
        Self {
            noted,
            after: i64::MIN,
            count: 0,
            last: None,
            runs: BTreeMap::new(),
            locks: BTreeMap::new(),
            snapshots: BTreeSet::new(),
            damage: Vec::new(),
        }
    }

    fn found(&mut self, seq: Seq, what: impl Into<String>) {
        if self.damage.len() < MOST {
            self.damage.push(Damage {
                seq,
                what: what.into(),
            });
        }
    }

    /// Whether the file itself is whole; a server sees to that on its own.
    async fn pages(&mut self, work: &mut Work<'_>) -> Result<(), Fault> {
        let rows = work
            .rows(work.words("PRAGMA quick_check", "SELECT 'ok'"), &[])
            .await?;
        for row in rows {
            let told = row.text(0)?;
            if told != "ok" {
                self.found(0, format!("the file: {told}"));
            }
        }
        Ok(())
    }

    /// Reads the next entries; with the last ones also the head, and then there are no more.
    async fn page(&mut self, work: &mut Work<'_>) -> Result<bool, Fault> {
        let values = [Value::Int(self.after), Value::Int(PAGE)];
        let rows = work
            .rows(entries!("WHERE seq > $1 ORDER BY seq LIMIT $2"), &values)
            .await?;
        for row in &rows {
            self.after = row.int(0)?;
            self.count += 1;
            let read = written(row).and_then(|text| Ok((text, row.bytes(7)?, row.bytes(8)?)));
            let Ok((text, prev, hash)) = read else {
                self.found(self.after, "it cannot be read");
                continue;
            };
            self.link(self.after, &prev, &hash, text.hash(&prev));
            match text.read() {
                Ok(entry) => self.meaning(&entry),
                Err(why) => self.found(self.after, why),
            }
        }
        if rows.len() == usize::try_from(PAGE).unwrap_or(usize::MAX) {
            return Ok(true);
        }
        self.head(work).await?;
        Ok(false)
    }

    /// Whether an entry follows the one before, and is what its hash says.
    fn link(&mut self, seq: Seq, prev: &[u8], hash: &[u8], sound: Hash) {
        let (before, end) = self.last.unwrap_or((0, Hash::NONE));
        if seq != before + 1 {
            let what = if seq == before + 2 {
                format!("entry {} is missing before it", before + 1)
            } else {
                format!("entries {} to {} are missing before it", before + 1, seq - 1)
            };
            self.found(seq, what);
        } else if prev != end.bytes() {
            self.found(seq, "it does not follow the entry before");
        }
        if hash != sound.bytes() {
            self.found(seq, "it was changed");
        }
        if let Some((number, noted)) = self.noted
            && number == seq
            && !sound.to_string().starts_with(&noted.to_lowercase())
        {
            self.found(seq, format!("it is another than the one that was noted, {noted}"));
        }
        self.last = Some((seq, Hash::of(hash).unwrap_or(sound)));
    }

    /// Whether an entry makes sense among the others.
    fn meaning(&mut self, entry: &Entry) {
        let Entry {
            seq,
            pair,
            run,
            fence,
            kind,
            ..
        } = entry;
        if run == seq {
            self.runs.insert(*seq, pair.clone());
        } else if self.runs.get(run) != Some(pair) {
            self.found(*seq, format!("the pair has no run {run}"));
        }
        if *kind == Kind::Locked {
            let before = self.locks.insert(pair.clone(), *fence);
            if before.is_some_and(|before| before.abs() >= *fence) {
                self.found(*seq, "the number of its lock had been given before");
            }
        } else if kind.needs_lock() && self.locks.get(pair) != Some(fence) {
            self.found(*seq, format!("the lock {fence} was not in force"));
        }
        if *kind == Kind::Unlocked {
            self.locks.insert(pair.clone(), -fence);
        }
        if let Some(Json::String(digest)) = entry.body.get("snapshot") {
            self.snapshots.insert((*seq, digest.clone()));
        }
    }

    /// Whether the journal goes on to where it went.
    async fn head(&mut self, work: &mut Work<'_>) -> Result<(), Fault> {
        let (seq, hash) = self.last.unwrap_or((0, Hash::NONE));
        match work.row("SELECT seq, hash FROM head", &[]).await? {
            None => self.found(seq, "the head of the journal is missing"),
            Some(row) => {
                let (told, end) = (row.int(0)?, row.bytes(1)?);
                if told > seq {
                    self.found(seq, format!("the entries after it are missing, up to {told}"));
                } else if told < seq || end != hash.bytes() {
                    self.found(seq, "the head of the journal is another entry");
                }
            }
        }
        if let Some((number, _)) = self.noted
            && number > seq
        {
            self.found(seq, format!("entry {number}, which was noted, is missing"));
        }
        Ok(())
    }

    /// Whether each snapshot is the one that its run told of. Those from before the store have no run; those of runs that
    /// came since the walk are for the next.
    async fn snapshots(&mut self, work: &mut Work<'_>) -> Result<(), Fault> {
        let known = [Value::Int(self.after)];
        let words = "SELECT pair, selection FROM snapshots WHERE run > 0 AND run <= $1 ORDER BY run";
        let kept = work.rows(words, &known).await?;
        for row in kept {
            let (pair, selection) = (row.text(0)?, row.text(1)?);
            let words = "SELECT run, document FROM snapshots WHERE pair = $1 AND selection = $2";
            let values = [Value::Text(&pair), Value::Text(&selection)];
            let Some(row) = work.row(words, &values).await? else {
                continue;
            };
            let (run, digest) = (row.int(0)?, digest_of(&row.text(1)?));
            if !self.snapshots.contains(&(run, digest)) {
                self.found(run, "the snapshot that is kept of it is another");
            }
        }
        Ok(())
    }

    fn done(self) -> Verified {
        Verified {
            entries: self.count,
            head: self.last,
            damage: self.damage,
        }
    }
}
