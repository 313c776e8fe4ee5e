//! Files of this machine, as facts see them.

use std::path::{Path, PathBuf};

use crate::facts::{Absence, Record};
use crate::pair::Pair;
use crate::transport::local;

/// What a path of the pair file means on this machine; a relative one starts beside that file.
pub fn place_here(path: &str, pair: &Pair) -> Result<PathBuf, Absence> {
    local::file(path, &pair.folder)
}

/// The files in a folder and in those right below it: `folder`, `name`, `path`, `size` in bytes and `sha256` of each.
pub fn files_here(folder: &Path) -> Result<Vec<Record>, Absence> {
    local::files_in(folder)
}
