//! The folder of scripts: what lies there, what is written, and what is kept of it.

use std::fs;
use std::path::Path;

use crate::cli::refusal::{Outcome, Refusal};
use crate::collect;
use crate::facts::FactValue;
use crate::generate::{self, Existing, Manifest, Script, Settled};
use crate::report;

/// The file that says what was written.
const MANIFEST: &str = "manifest.json";
/// The folder of scripts as they were written last, for the next `--merge`.
const WRITTEN: &str = ".written";
/// The folder of all versions by their digests: what comes back from a server with another one was changed there.
const VERSIONS: &str = ".versions";

/// What lies in the folder of what would be written there.
pub(super) fn existing(folder: &Path, scripts: &[Script]) -> Outcome<Existing> {
    let mut existing = Existing::default();
    let manifest = folder.join(MANIFEST);
    if let Some(text) = read(&manifest)? {
        let read = Manifest::read(&text);
        let read = read.map_err(|why| Refusal::new(format!("{}: {why}", manifest.display())));
        existing.manifest = Some(
            read.map_err(|refusal| refusal.next("move it away; then every script there counts as edited"))?,
        );
    }
    for script in scripts {
        for name in [script.name.clone(), format!("{}.new", script.name)] {
            if let Some(text) = read(&folder.join(&name))? {
                existing.files.insert(name, text);
            }
        }
        if let Some(text) = read(&folder.join(WRITTEN).join(&script.name))? {
            existing.written.insert(script.name.clone(), text);
        }
    }
    Ok(existing)
}

fn read(path: &Path) -> Outcome<Option<String>> {
    match fs::read(path) {
        // What is no text of ours was edited, whatever it is.
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot("read", path, &error)),
    }
}

/// Writes what is new, with the manifest.
pub(super) fn write(folder: &Path, settled: &[Settled], manifest: &Manifest) -> Outcome<()> {
    fs::create_dir_all(folder).map_err(|error| cannot("make", folder, &error))?;
    for (name, text) in settled.iter().filter_map(|one| one.write.as_ref()) {
        put(&folder.join(name), text)?;
    }
    put(&folder.join(MANIFEST), report::pretty(manifest) + "\n")
}

/// Keeps what was written, so that edits of it can be told from what is new.
pub(super) fn remember(folder: &Path, scripts: &[Script], manifest: &Manifest) -> Outcome<()> {
    let folder = folder.join(WRITTEN);
    fs::create_dir_all(&folder).map_err(|error| cannot("make", &folder, &error))?;
    let mut written = scripts
        .iter()
        .filter(|script| generate::is_written(script, manifest));
    written.try_for_each(|script| put(&folder.join(&script.name), &script.text))
}

/// Writes a file whole or not at all.
fn put(path: &Path, content: impl AsRef<[u8]>) -> Outcome<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    let part = path.with_file_name(name);
    fs::write(&part, content).map_err(|error| cannot("write", &part, &error))?;
    fs::rename(&part, path).map_err(|error| cannot("write", path, &error))
}

pub(super) fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Refusal {
    Refusal::new(format!("cannot {what} {}: {error}", path.display()))
}

/// Keeps every file of the folder by its digest, hooks too.
pub(super) fn keep_versions(folder: &Path) -> Outcome<()> {
    let versions = folder.join(VERSIONS);
    fs::create_dir_all(&versions).map_err(|error| cannot("make", &versions, &error))?;
    let files = collect::files_here(folder).map_err(|why| Refusal::new(why.to_string()))?;
    for file in files {
        let field = |name| file.get(name).map(FactValue::to_string).unwrap_or_default();
        let version = versions.join(field("sha256"));
        if !version.exists() {
            let path = folder.join(field("folder")).join(field("name"));
            let bytes = fs::read(&path).map_err(|error| cannot("read", &path, &error))?;
            put(&version, &bytes)?;
        }
    }
    Ok(())
}
