//! The files of packs: in the binary, or in a folder.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::diagnostic::{Diagnostics, SourceMap, Text};
use crate::facts::FactValue;
use crate::yaml;

/// The largest file of a pack, in bytes.
const MAX_FILE: u64 = 2 * 1024 * 1024;
/// The most files that the packs of a folder may have.
const MAX_FILES: usize = 5_000;
/// How deep folders of a pack nest at most.
const MAX_DEPTH: usize = 4;

/// One file of a pack.
#[derive(Clone, Debug)]
pub struct PackFile {
    /// The path within the pack, with forward slashes: `rules/dns.yaml`.
    pub path: String,
    /// The name shown to people.
    pub shown: String,
    pub text: Text,
    /// What the YAML parser says of the text, for a file that the binary carries; else empty.
    pub(super) events: &'static [u8],
}

impl PackFile {
    /// A file whose text the binary does not know.
    pub fn new(path: impl Into<String>, shown: impl Into<String>, text: impl Into<Text>) -> Self {
        Self {
            path: path.into(),
            shown: shown.into(),
            text: text.into(),
            events: &[],
        }
    }
}

/// All files of one pack, sorted by path.
#[derive(Clone, Debug)]
pub struct PackFiles {
    /// The name of the pack's folder.
    pub folder: String,
    pub origin: PackSource,
    pub files: Vec<PackFile>,
}

impl PackFiles {
    /// Names the very text of this pack: another text has another digest.
    pub fn digest(&self) -> String {
        let folder = self.folder.as_bytes();
        let files = self.files.iter();
        digest(files.flat_map(|file| [folder, file.path.as_bytes(), file.text.as_bytes()]))
    }
}

/// Names the very text of all these packs, by their digests.
pub(super) fn digest_of<'d>(packs: impl Iterator<Item = &'d str>) -> String {
    digest(packs.map(str::as_bytes))
}

/// SHA-256 over the length and content of every part.
fn digest<'p>(parts: impl Iterator<Item = &'p [u8]>) -> String {
    let mut hash = Sha256::new();
    hash.update(b"standin packs 1\0");
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let text = FactValue::Bytes(hash.finalize().as_slice().into()).to_string();
    text.trim_start_matches("0x").to_owned()
}

/// Where packs come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackSource {
    Embedded,
    /// One pack's own folder, or a folder of packs.
    Folder(PathBuf),
}

impl PackSource {
    /// Reads all packs of the source, sorted by name.
    pub fn read(&self) -> Result<Vec<PackFiles>, String> {
        match self {
            Self::Embedded => Ok(embedded_packs()),
            Self::Folder(folder) => read_folder(folder),
        }
    }
}

/// A file in the binary: its path within the pack, its text, and what the parser says of it.
type Embedded = (&'static str, &'static str, &'static [u8]);

include!(concat!(env!("OUT_DIR"), "/embedded_packs.rs"));

/// The packs that this binary carries.
pub fn embedded_packs() -> Vec<PackFiles> {
    EMBEDDED
        .iter()
        .map(|(folder, files)| PackFiles {
            folder: (*folder).to_owned(),
            origin: PackSource::Embedded,
            files: files
                .iter()
                .map(|(path, text, events)| PackFile {
                    path: (*path).to_owned(),
                    shown: format!("rules/{folder}/{path}"),
                    text: Text::Embedded(text),
                    events,
                })
                .collect(),
        })
        .collect()
}

/// A folder of packs, or one pack's own folder.
fn read_folder(folder: &Path) -> Result<Vec<PackFiles>, String> {
    if folder.join("pack.yaml").is_file() {
        return Ok(vec![read_pack(folder)?]);
    }
    let mut packs = Vec::new();
    for path in entries(folder)? {
        if path.join("pack.yaml").is_file() {
            packs.push(read_pack(&path)?);
        }
    }
    if packs.is_empty() {
        return Err(format!(
            "{}: no pack here: a pack is a folder with a pack.yaml",
            folder.display()
        ));
    }
    Ok(packs)
}

fn read_pack(folder: &Path) -> Result<PackFiles, String> {
    let mut files = Vec::new();
    gather(folder, folder, 0, &mut files)?;
    let name = folder
        .canonicalize()
        .ok()
        .and_then(|p| p.file_name().map(|n| n.to_string_lossy().into_owned()));
    Ok(PackFiles {
        folder: name.unwrap_or_default(),
        origin: PackSource::Folder(folder.to_path_buf()),
        files,
    })
}

fn gather(top: &Path, folder: &Path, depth: usize, files: &mut Vec<PackFile>) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!(
            "{}: folders of a pack nest at most {MAX_DEPTH} deep",
            folder.display()
        ));
    }
    for path in entries(folder)? {
        if path.is_dir() {
            gather(top, &path, depth + 1, files)?;
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            files.push(read_file(top, &path)?);
            if files.len() > MAX_FILES {
                return Err(format!("{}: more than {MAX_FILES} files", top.display()));
            }
        }
    }
    Ok(())
}

fn read_file(top: &Path, path: &Path) -> Result<PackFile, String> {
    let shown = path.display().to_string();
    let size = std::fs::metadata(path)
        .map_err(|e| format!("{shown}: {e}"))?
        .len();
    if size > MAX_FILE {
        return Err(format!("{shown}: larger than {} MiB", MAX_FILE / 1024 / 1024));
    }
    let text = std::fs::read_to_string(path).map_err(|e| format!("{shown}: {e}"))?;
    let inner = path.strip_prefix(top).unwrap_or(path);
    let inner: Vec<String> = inner
        .components()
        .map(|c| c.as_os_str().to_string_lossy().into_owned())
        .collect();
    Ok(PackFile::new(inner.join("/"), shown, text))
}

/// What is in a folder, sorted, without hidden files.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path
            .file_name()
            .is_some_and(|n| !n.to_string_lossy().starts_with('.'))
        {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The packs that a pack's manifest asks for; a manifest that is wrong asks for none, and is told when it is loaded.
pub fn required_packs(pack: &PackFiles) -> Vec<String> {
    let Some(file) = pack.files.iter().find(|file| file.path == "pack.yaml") else {
        return Vec::new();
    };
    let mut sources = SourceMap::new();
    let id = sources.add(file.shown.as_str(), file.text.clone());
    let tree = yaml::parse_frozen(id, &sources, file.events, None, &mut Diagnostics::new());
    let required = tree
        .as_ref()
        .and_then(|tree| tree.get("requires"))
        .and_then(yaml::Node::items);
    required
        .unwrap_or_default()
        .iter()
        .filter_map(|node| node.text().map(str::to_owned))
        .collect()
}
