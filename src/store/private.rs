//! Files for their owner only, written whole or not at all.

use std::fs::{self, DirBuilder};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// A file that is being written beside its place, and appears there when it is whole.
#[derive(Debug)]
pub struct PrivateFile {
    file: NamedTempFile,
}

impl PrivateFile {
    /// Begins a file that is to lie at this path; so it is known early whether the folder can be written.
    pub fn begin(path: &Path) -> io::Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let file = tempfile::Builder::new()
            .prefix(".standin-")
            .tempfile_in(folder.unwrap_or(Path::new(".")))?;
        Ok(Self { file })
    }

    /// Puts the file in its place; one that lies there already stays unless it may be replaced.
    pub fn finish(mut self, path: &Path, bytes: &[u8], replace: bool) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.file.as_file().sync_all()?;
        let kept = if replace {
            self.file.persist(path)
        } else {
            self.file.persist_noclobber(path)
        };
        kept.map(|_| ()).map_err(|failed| failed.error)
    }
}

/// Writes a file at once.
pub fn write_private(path: &Path, bytes: &[u8], replace: bool) -> io::Result<()> {
    PrivateFile::begin(path)?.finish(path, bytes, replace)
}

/// Creates a folder, and those above it, for its owner only.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|found| found.is_dir()) {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_only_on_request() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write_private(&path, b"one", false).unwrap();
        let refused = write_private(&path, b"two", false).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        write_private(&path, b"three", true).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
