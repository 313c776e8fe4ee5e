//! What is kept of a pair beside its journal: its name, the key of its digests, its last snapshots.

use sha2::{Digest as _, Sha256};

use super::database::{Value, Work};
use super::error::{Fault, StoreError};
use super::journal::{Last, damaged};
use super::key::DigestKey;
use super::pairs::PairName;
use super::{Store, hexadecimal};
use crate::store::Seq;

/// Names a selection of rules, by the words that chose it; without a word, all rules.
pub fn selection(words: &[&str]) -> String {
    if words.is_empty() {
        return String::new();
    }
    hexadecimal(&Sha256::digest(words.join("\0")))[..16].to_owned()
}

impl Store {
    /// The key under which digests of this pair's secrets are made; made when there is none.
    pub async fn digest_key(&mut self, pair: &PairName) -> Result<DigestKey, StoreError> {
        if let Some(key) = self.reading(async |work| key(work, pair).await).await? {
            return Ok(key);
        }
        let made = DigestKey::random();
        self.writing(async |work| {
            put_key(work, pair, &made).await?;
            // Of two that make one at a time the first wins.
            let kept = key(work, pair).await?;
            kept.ok_or_else(|| damaged("the key of a pair is missing"))
        })
        .await
    }

    /// The last whole snapshot of a pair for a selection of rules, as JSON.
    pub async fn last(&mut self, pair: &PairName, selection: &str) -> Result<Option<String>, StoreError> {
        self.reading(async |work| {
            let words = "SELECT document FROM snapshots WHERE pair = $1 AND selection = $2";
            let row = work
                .row(words, &[Value::Text(&pair.id), Value::Text(selection)])
                .await?;
            Ok(row.map(|row| row.text(0)).transpose()?)
        })
        .await
    }
}

/// Writes down who the pair is.
pub(super) async fn know(work: &mut Work<'_>, pair: &PairName) -> Result<(), Fault> {
    let PairName {
        id,
        name,
        source,
        target,
    } = pair;
    let values = [id, name, source, target].map(|text| Value::Text(text));
    let words = "INSERT INTO pairs (id, name, source, target) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    work.run(words, &values).await?;
    Ok(())
}

async fn key(work: &mut Work<'_>, pair: &PairName) -> Result<Option<DigestKey>, Fault> {
    let words = "SELECT key FROM digest_keys WHERE pair = $1 ORDER BY nr LIMIT 1";
    let Some(row) = work.row(words, &[Value::Text(&pair.id)]).await? else {
        return Ok(None);
    };
    let key = DigestKey::of(&row.bytes(0)?);
    Ok(Some(
        key.ok_or_else(|| damaged("the key of a pair has not 32 bytes"))?,
    ))
}

/// Keeps a key behind those that the pair has, once.
pub(super) async fn put_key(work: &mut Work<'_>, pair: &PairName, key: &DigestKey) -> Result<(), Fault> {
    know(work, pair).await?;
    let values = [
        Value::Text(&pair.id),
        Value::Text(key.id()),
        Value::Bytes(key.bytes()),
    ];
    let words = "INSERT INTO digest_keys (pair, nr, id, key)
                 SELECT $1, COALESCE(MAX(nr), 0) + 1, $2, $3 FROM digest_keys WHERE pair = $1
                 ON CONFLICT DO NOTHING";
    work.run(words, &values).await?;
    Ok(())
}

pub(super) async fn put_last(
    work: &mut Work<'_>,
    pair: &PairName,
    run: Seq,
    last: Last<'_>,
) -> Result<(), Fault> {
    let values = [
        Value::Text(&pair.id),
        Value::Text(last.selection),
        Value::Int(run),
        Value::Text(last.document),
    ];
    let words = "INSERT INTO snapshots (pair, selection, run, document) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (pair, selection) DO UPDATE
                 SET run = excluded.run, document = excluded.document";
    work.run(words, &values).await?;
    Ok(())
}
