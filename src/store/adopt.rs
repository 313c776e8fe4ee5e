//! Takes over what versions without a store kept in loose files.

use std::fs;
use std::path::{Path, PathBuf};

use super::database::{Value, Work};
use super::error::{Fault, StoreError};
use super::journal::Last;
use super::key::DigestKey;
use super::pairs::PairName;
use super::{StateFolder, Store, kept};

/// What lies in the folder of a pair.
struct Loose {
    key: Option<(PathBuf, DigestKey)>,
    /// File, selection and snapshot.
    last: Vec<(PathBuf, String, String)>,
}

impl Store {
    /// Takes the key and the last snapshots of a pair from its folder, once, and then removes them there.
    ///
    /// Nothing that the store has is replaced, and nothing is removed before it is on disk here. A shared store takes
    /// copies: the folder may serve a store of its own again. A key that is no key is left where it is, and told.
    pub async fn adopt(&mut self, pair: &PairName, folder: &StateFolder) -> Result<(), StoreError> {
        let loose = Loose::read(folder.path()).map_err(|why| StoreError::Failed {
            store: folder.path().display().to_string(),
            why,
        })?;
        if loose.key.is_none() && loose.last.is_empty() {
            return Ok(());
        }
        self.writing(async |work| take_in(work, pair, &loose).await)
            .await?;
        if !self.place.is_shared() {
            let files = loose.key.iter().map(|(file, _)| file);
            for file in files.chain(loose.last.iter().map(|(file, ..)| file)) {
                // One that stays is taken over once more, which changes nothing.
                let _ = fs::remove_file(file);
            }
        }
        Ok(())
    }
}

/// Puts into the store what is not there.
async fn take_in(work: &mut Work<'_>, pair: &PairName, loose: &Loose) -> Result<(), Fault> {
    kept::know(work, pair).await?;
    if let Some((_, key)) = &loose.key {
        kept::put_key(work, pair, key).await?;
    }
    for (_, selection, document) in &loose.last {
        let words = "SELECT run FROM snapshots WHERE pair = $1 AND selection = $2";
        let values = [Value::Text(pair.id()), Value::Text(selection)];
        if work.row(words, &values).await?.is_none() {
            let last = Last { selection, document };
            kept::put_last(work, pair, 0, last).await?;
        }
    }
    Ok(())
}

impl Loose {
    fn read(folder: &Path) -> Result<Self, String> {
        let file = folder.join("digest.key");
        let key = match fs::read(&file) {
            Ok(bytes) => {
                let key = DigestKey::of(&bytes);
                Some(key.ok_or("the key in digest.key has not 32 bytes; move the file away")?)
            }
            Err(_) => None,
        };
        let mut last = Vec::new();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let Some(selection) = path.file_name().and_then(|name| selection(name.to_str()?)) else {
                continue;
            };
            if let Ok(document) = fs::read_to_string(&path) {
                last.push((path, selection, document));
            }
        }
        last.sort();
        Ok(Self {
            key: key.map(|key| (file, key)),
            last,
        })
    }
}

/// The selection that a file of that name is about.
fn selection(name: &str) -> Option<String> {
    let word = name.strip_suffix(".json")?;
    if word == "last" {
        return Some(String::new());
    }
    word.strip_prefix("last-").map(str::to_owned)
}
