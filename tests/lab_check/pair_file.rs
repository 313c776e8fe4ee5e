//! The lab's pair files, and others that differ from them in a word or two.

use tempfile::TempDir;

use super::live::bases::File;
use super::live::{Base, Edit};

const EXCHANGE: &str = include_str!("../lab/pair/pair.yaml");
const SQL: &str = include_str!("../lab/pair-sql/pair.yaml");

/// Writes the pair file of a base with these edits.
pub(crate) fn with(base: &Base, edits: &[Edit<'_>]) -> TempDir {
    let mut text = match base.file {
        File::Exchange => EXCHANGE,
        File::Sql => SQL,
    }
    .to_owned();
    for (from, to) in base.pair.iter().chain(edits) {
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
