//! The lab's pair file, and others that differ from it in a word or two.

use tempfile::TempDir;

use super::live::Edit;

const HEALTHY: &str = include_str!("../lab/pair/pair.yaml");

/// Writes the lab's pair file with these edits.
pub(crate) fn with(edits: &[Edit<'_>]) -> TempDir {
    let mut text = HEALTHY.to_owned();
    for (from, to) in edits {
        assert_eq!(
            text.matches(from).count(),
            1,
            "`{from}` is not there once in\n{text}"
        );
        text = text.replace(from, to);
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pair.yaml"), text).unwrap();
    folder
}
