//! A pair of the lab, broken by other clients until this is dropped.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::clients::{self, Changed};
use super::live::{Base, Change, Edit, Step};
use super::pair_file;

/// Writing needs more than the reader of the checks may.
const WRITER: Edit<'static> = (
    "credential: { user: svcstandin@corp.example, password: { env: STANDIN_LAB_READER_PASSWORD } }",
    "credential: { user: Administrator@corp.example, password: { env: STANDIN_LAB_ADMIN_PASSWORD } }",
);

/// What the services of the changes depend on: Windows runs none without it.
const RUNNING: &[Step] = &[
    Step::Host(&["target", "service", "MSExchangeSA", "state=running"]),
    Step::Host(&["target", "service", "IISADMIN", "state=running"]),
];

/// A broken pair, and the folder of its file.
pub(crate) struct Broken {
    folder: TempDir,
    _helpers: TempDir,
    _undone_at_the_end: Changed,
}

impl Broken {
    /// Makes all of these changes to a pair.
    pub(crate) fn by(base: &Base, changes: &[Change]) -> Self {
        let helpers = helpers();
        let mut edits: Vec<Edit<'_>> = changes
            .iter()
            .flat_map(|change| change.pair.iter().copied())
            .collect();
        edits.push(WRITER);
        let settings = format!("settings:\n  helper.folder: {}\n", helpers.path().display());
        edits.push(("settings:\n", &settings));
        let folder = pair_file::with(base, &edits);
        let of_changes = changes.iter().flat_map(|change| change.steps);
        let steps = base.steps.iter().chain(RUNNING).chain(of_changes);
        let steps: Vec<Step> = steps.copied().collect();
        Self {
            folder,
            _helpers: helpers,
            _undone_at_the_end: clients::change(&steps),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn pair(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }
}

/// A folder with the helper programs as they are on the healthy source.
fn helpers() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let source = super::setting("SOURCE");
    let host = Path::new(&super::setting("HOME")).join(source.split('.').next().unwrap());
    let copy = r#"find "$1/C" -type f \( -iname '*.exe' -o -iname '*.dll' \) -exec cp {} "$2" \;"#;
    let words = [
        "-c",
        copy,
        "sh",
        host.to_str().unwrap(),
        folder.path().to_str().unwrap(),
    ];
    assert!(Command::new("sh").args(words).status().unwrap().success());
    // The packs know it by a name in lower case, and case counts here.
    std::fs::rename(
        folder.path().join("CAPICOM.dll"),
        folder.path().join("capicom.dll"),
    )
    .unwrap();
    folder
}
