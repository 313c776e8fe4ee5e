//! What is kept between runs: of each pair the last snapshot and the key of its digests, and which packs are trusted.
//!
//! Everything is for its owner only, and is written whole or not at all. Nothing here decides anything; when the
//! folder is deleted, the comparison with the last run is lost, digests of secrets made under the old key cannot be
//! compared any more, and packs have to be trusted anew.

mod key;
mod private;
mod trust;

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

pub use key::DigestKey;
pub use private::{PrivateFile, create_private_folder, write_private};
pub use trust::{Trust, TrustedPack};

/// The folder in which the state of one pair lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateFolder {
    path: PathBuf,
}

impl StateFolder {
    /// The folder of this pair below the folder of all pairs; nothing is created yet.
    ///
    /// The pair is known by words that stay when its settings change or its file moves: its name and its servers.
    pub fn of(all: &Path, pair: &[&str]) -> Self {
        Self {
            path: all.join(digest(pair)),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the last snapshot of a run lies that looked at these rules; without a word, at all of them.
    pub fn last(&self, words: &[&str]) -> PathBuf {
        let name = if words.is_empty() {
            "last.json".to_owned()
        } else {
            format!(
                "last-{}.json",
                &hexadecimal(&Sha256::digest(words.join("\0")))[..16]
            )
        };
        self.path.join(name)
    }

    /// Where what an interrupted run had read lies.
    pub fn partial(&self) -> PathBuf {
        self.path.join("partial.json")
    }

    /// Writes one of the folder's files.
    pub fn keep(&self, file: &Path, text: &str) -> io::Result<()> {
        create_private_folder(&self.path)?;
        write_private(file, text.as_bytes(), true)
    }

    /// The key under which digests of this pair's secrets are made; created when there is none.
    pub fn digest_key(&self) -> io::Result<DigestKey> {
        create_private_folder(&self.path)?;
        DigestKey::read_or_create(&self.path.join("digest.key"))
    }
}

/// Names a pair; case does not tell two apart.
fn digest(pair: &[&str]) -> String {
    let mut hash = Sha256::new();
    hash.update(b"standin pair 1");
    for word in pair {
        hash.update(format!("\0{}", word.to_lowercase()));
    }
    hexadecimal(&hash.finalize())[..32].to_owned()
}

fn hexadecimal(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_known_by_its_servers() {
        let base = Path::new("/state");
        let one = StateFolder::of(base, &["mail", "A", "192.0.2.1"]);
        assert_eq!(StateFolder::of(base, &["MAIL", "a", "192.0.2.1"]), one);
        assert_ne!(StateFolder::of(base, &["mail", "A", "192.0.2.2"]), one);
        assert_ne!(one.last(&[]), one.last(&["dns"]));
    }

    #[test]
    fn what_is_kept_is_for_its_owner_only() {
        let base = tempfile::tempdir().unwrap();
        let folder = StateFolder::of(&base.path().join("new"), &["mail"]);
        folder.keep(&folder.last(&[]), "one").unwrap();
        folder.keep(&folder.last(&[]), "two").unwrap();
        assert_eq!(std::fs::read_to_string(folder.last(&[])).unwrap(), "two");
        let key = folder.digest_key().unwrap();
        assert_eq!(folder.digest_key().unwrap().id(), key.id());
        #[cfg(unix)]
        for (path, mode) in [
            (folder.path().to_path_buf(), 0o700),
            (folder.last(&[]), 0o600),
            (folder.path().join("digest.key"), 0o600),
        ] {
            use std::os::unix::fs::PermissionsExt as _;
            let found = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(found, mode, "{}", path.display());
        }
    }
}
