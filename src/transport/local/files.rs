//! The files of a folder of this machine, with digests.

use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::path::Path;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::super::{Trouble, clip};
use super::{absence, file};
use crate::facts::{Absence, Cause, FactValue, Record, WinPath};

/// How many files are told, and how many bytes one may have: such folders hold what people wrote.
const MOST: usize = 1_000;
const LARGEST: u64 = 256 * 1024 * 1024;

/// The files in a folder and in those right below it, in the order of their names: `folder` (empty, or the name of the one
/// below), `name`, `path`, `size` in bytes and `sha256` of each.
///
/// A relative path starts in `base`. With `endings`, in lower case and without the dot, only files of which the name
/// ends so. Folders that are hidden by a dot are not entered.
pub async fn files(folder: &str, base: &Path, endings: &[String]) -> Result<Vec<Record>, Absence> {
    let place = file(folder, base)?;
    let (named, endings) = (folder.to_owned(), endings.to_owned());
    let read = tokio::task::spawn_blocking(move || below(&place, &named, &endings)).await;
    let outcome =
        read.unwrap_or_else(|_| Err(Trouble::new(Cause::Malformed, "the folder could not be read")));
    outcome.map_err(absence)
}

/// The same of a folder by its path, at once.
pub fn files_in(folder: &Path) -> Result<Vec<Record>, Absence> {
    below(folder, "", &[]).map_err(absence)
}

fn below(place: &Path, named: &str, endings: &[String]) -> Result<Vec<Record>, Trouble> {
    let mut found = Vec::new();
    let mut inner = Vec::new();
    for (name, entry, about) in entries(place)? {
        if !about.is_dir() {
            found.push((String::new(), name, entry, about));
        } else if !name.starts_with('.') {
            inner.push((name, entry));
        }
    }
    for (folder, entry) in inner {
        for (name, entry, about) in entries(&entry.path())? {
            if !about.is_dir() {
                found.push((folder.clone(), name, entry, about));
            }
        }
    }
    found.retain(|(_, name, ..)| ends(name, endings));
    if found.len() > MOST {
        let detail = format!(
            "{} holds {} files, and at most {MOST} are read",
            clip(named),
            found.len()
        );
        return Err(Trouble::new(Cause::Truncated, detail));
    }
    found.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
    let rows = found.iter();
    rows.map(|(folder, name, entry, about)| row(named, folder, name, entry, about))
        .collect()
}

fn ends(name: &str, endings: &[String]) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    endings.is_empty() || ending.is_some_and(|ending| endings.contains(&ending))
}

/// What is in a folder; what a link leads to counts as being there.
fn entries(place: &Path) -> Result<Vec<(String, DirEntry, Metadata)>, Trouble> {
    let failed = |error: io::Error| trouble(place, &error);
    let mut found = Vec::new();
    for entry in fs::read_dir(place).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let about = fs::metadata(&path).map_err(|error| trouble(&path, &error))?;
        let Ok(name) = entry.file_name().into_string() else {
            let detail = format!("the name of {} is no text", path.display());
            return Err(Trouble::new(Cause::Malformed, detail));
        };
        found.push((name, entry, about));
    }
    Ok(found)
}

fn row(named: &str, folder: &str, name: &str, entry: &DirEntry, about: &Metadata) -> Result<Record, Trouble> {
    let path = entry.path();
    if about.len() > LARGEST {
        let detail = format!(
            "{} has {} bytes, and at most {LARGEST} are read",
            path.display(),
            about.len()
        );
        return Err(Trouble::new(Cause::Truncated, detail));
    }
    let bytes = fs::read(&path).map_err(|error| trouble(&path, &error))?;
    let parts = [named.trim_end_matches(['\\', '/']), folder, name];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let fields = [
        ("folder", FactValue::text(folder)),
        ("name", FactValue::text(name)),
        ("path", FactValue::Path(WinPath::new(&parts.join("\\")))),
        ("size", i64::try_from(about.len()).unwrap_or(i64::MAX).into()),
        (
            "sha256",
            FactValue::text(HEXLOWER.encode(&Sha256::digest(&bytes))),
        ),
    ];
    Ok(fields.into_iter().collect())
}

fn trouble(path: &Path, error: &io::Error) -> Trouble {
    let cause = match error.kind() {
        io::ErrorKind::NotFound => Cause::NotFound,
        io::ErrorKind::PermissionDenied => Cause::Denied,
        io::ErrorKind::NotADirectory => Cause::Malformed,
        _ => Cause::Unsupported,
    };
    Trouble::new(cause, format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn told(folder: &str, base: &Path, endings: &[&str]) -> Vec<String> {
        let endings: Vec<String> = endings.iter().map(|&ending| ending.to_owned()).collect();
        let rows = files(folder, base, &endings).await.unwrap();
        let shown = |row: &Record| {
            let field = |name| row.get(name).unwrap().to_string();
            let fields = ["folder", "name", "path", "size"].map(field);
            format!("{} {}", fields.join(","), &field("sha256")[..8])
        };
        rows.iter().map(shown).collect()
    }

    #[tokio::test]
    async fn what_lies_in_a_folder_is_told_with_its_digest() {
        let base = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = base.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for (name, text) in [
            ("scripts/b.CMD", ""),
            ("scripts/a.ps1", "abc"),
            ("scripts/a.ps1.new", "x"),
            ("scripts/none", "x"),
            ("scripts/hooks/pre-a.ps1", "abc"),
            ("scripts/hooks/deep/c.ps1", "x"),
            ("scripts/.hidden/c.ps1", "x"),
        ] {
            put(name, text);
        }
        let expected = [
            r",a.ps1,scripts\a.ps1,3 ba7816bf",
            r",b.CMD,scripts\b.CMD,0 e3b0c442",
            r"hooks,pre-a.ps1,scripts\hooks\pre-a.ps1,3 ba7816bf",
        ];
        assert_eq!(told("scripts", base.path(), &["ps1", "cmd"]).await, expected);
        assert_eq!(told(r"scripts\", base.path(), &["ps1", "cmd"]).await, expected);
        assert_eq!(told(r"scripts\.hidden", base.path(), &[]).await.len(), 1);
        assert_eq!(told("scripts", base.path(), &[]).await.len(), 5);
        let folder = base.path().join("scripts").display().to_string();
        assert_eq!(told(&folder, Path::new(""), &["ps1"]).await.len(), 2);
    }

    #[tokio::test]
    async fn what_cannot_be_read_has_its_cause() {
        let base = tempfile::tempdir().unwrap();
        let cause = async |folder: &str| files(folder, base.path(), &[]).await.unwrap_err().cause;
        assert_eq!(cause("scripts").await, Cause::NotFound);
        fs::write(base.path().join("scripts"), "").unwrap();
        assert_eq!(cause("scripts").await, Cause::Malformed);
        assert_eq!(cause(r"\\files\scripts").await, Cause::NotConfigured);
        let many = base.path().join("many");
        fs::create_dir(&many).unwrap();
        for number in 0..=MOST {
            fs::write(many.join(number.to_string()), "").unwrap();
        }
        assert_eq!(cause("many").await, Cause::Truncated);
        let large = base.path().join("large");
        fs::create_dir(&large).unwrap();
        fs::File::create(large.join("a"))
            .unwrap()
            .set_len(LARGEST + 1)
            .unwrap();
        assert_eq!(cause("large").await, Cause::Truncated);
    }
}
