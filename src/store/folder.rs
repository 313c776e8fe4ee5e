//! The folder of one pair in the state folder.

use std::io;
use std::path::{Path, PathBuf};

use super::pairs::PairName;
use super::private::{create_private_folder, write_private};

/// The folder in which files of one pair lie that are no part of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateFolder {
    path: PathBuf,
}

impl StateFolder {
    /// The folder of this pair below the folder of all pairs; nothing is created yet.
    pub fn of(all: &Path, pair: &PairName) -> Self {
        Self {
            path: all.join(pair.id()),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps what an interrupted run had read; gives the file.
    pub fn keep_partial(&self, text: &str) -> io::Result<PathBuf> {
        let file = self.path.join("partial.json");
        create_private_folder(&self.path)?;
        write_private(&file, text.as_bytes(), true)?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_for_its_owner_only() {
        let base = tempfile::tempdir().unwrap();
        let pair = PairName::new("mail", ("A", "192.0.2.1"), ("B", "192.0.2.2"));
        let folder = StateFolder::of(&base.path().join("new"), &pair);
        folder.keep_partial("one").unwrap();
        let file = folder.keep_partial("two").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "two");
        #[cfg(unix)]
        for (path, mode) in [(folder.path(), 0o700), (&file, 0o600)] {
            use std::os::unix::fs::PermissionsExt as _;
            let found = std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(found, mode, "{}", path.display());
        }
    }
}
