//! A pair file on the disk, changed setting by setting.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::edit::{EditError, edit};

/// The pair file of a run. It is changed only as long as it is what the run read, or what the run itself made of it.
#[derive(Debug)]
pub struct PairFile {
    path: PathBuf,
    /// What is known to be in it; locked while it is changed.
    text: Mutex<String>,
}

/// Why a pair file was not changed.
#[derive(Debug, thiserror::Error)]
pub enum RewriteError {
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error("the pair file was changed by somebody else since it was read")]
    Changed,
    #[error("the pair file cannot be read")]
    Unreadable(#[source] io::Error),
    #[error("the pair file cannot be written")]
    Unwritable(#[source] io::Error),
}

impl PairFile {
    /// A file with the text that was read from it.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: Mutex::new(text.into()),
        }
    }

    /// Sets one setting, or takes it out where there is no value. The file is replaced at once or stays as it is.
    ///
    /// Who changes it at the very moment of the replacement is overwritten: files have no better lock.
    pub fn set(&self, name: &str, value: Option<&Value>) -> Result<(), RewriteError> {
        // nothing panics while it is locked
        let mut known = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        let text = edit(&known, name, value)?;
        // what a link leads to is replaced, not the link
        let path = fs::canonicalize(&self.path).map_err(RewriteError::Unreadable)?;
        let found = fs::read(&path).map_err(RewriteError::Unreadable)?;
        if found != known.as_bytes() {
            return Err(RewriteError::Changed);
        }
        if text != *known {
            replace(&path, text.as_bytes()).map_err(RewriteError::Unwritable)?;
            *known = text;
        }
        Ok(())
    }
}

/// Writes the whole file beside its place, then puts it there, with the rights and the owner of the old one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".standin-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    let old = fs::metadata(path)?;
    belong_as(file.as_file(), &old)?;
    file.as_file().set_permissions(old.permissions())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|failed| failed.error)?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(unix)]
fn belong_as(file: &File, old: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let new = file.metadata()?;
    let differs = |new: u32, old: u32| (new != old).then_some(old);
    match (differs(new.uid(), old.uid()), differs(new.gid(), old.gid())) {
        (None, None) => Ok(()),
        (user, group) => fchown(file, user, group),
    }
}

#[cfg(not(unix))]
fn belong_as(_: &File, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TEXT: &str = "pair: x # a note\nsettings:\n  a: 1\n";

    fn file() -> (tempfile::TempDir, PathBuf, PairFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pair.yaml");
        fs::write(&path, TEXT).unwrap();
        let file = PairFile::new(&path, TEXT);
        (folder, path, file)
    }

    #[test]
    fn a_file_is_changed_again_and_again_by_the_same_run() {
        let (folder, path, file) = file();
        file.set("a", Some(&json!(2))).unwrap();
        file.set("b", Some(&json!("x"))).unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "pair: x # a note\nsettings:\n  a: 2\n  b: x\n"
        );
        file.set("b", None).unwrap();
        file.set("a", Some(&json!(1))).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), TEXT);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_somebody_else_wrote_stays() {
        let (_folder, path, file) = file();
        fs::write(&path, "pair: y\n").unwrap();
        let changed = file.set("a", Some(&json!(2)));
        assert!(matches!(changed, Err(RewriteError::Changed)), "{changed:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "pair: y\n");
        fs::remove_file(&path).unwrap();
        let gone = file.set("a", Some(&json!(2)));
        assert!(matches!(gone, Err(RewriteError::Unreadable(_))), "{gone:?}");
    }

    #[cfg(unix)]
    #[test]
    fn rights_and_links_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let (folder, path, _) = file();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let link = folder.path().join("link.yaml");
        symlink(&path, &link).unwrap();
        PairFile::new(&link, TEXT).set("a", Some(&json!(2))).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::read_to_string(&path).unwrap().contains("a: 2"));
    }
}
