//! Which packs may run programs, by the digest of their text.
//!
//! One small file a pack, named by its digest, for its owner only: nothing is merged, so two commands at a time lose
//! nothing, and forgetting a pack is deleting its file. A pack whose text changes has another digest, and with it
//! no trust.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{private, write_private};

/// The version of these files that is written; a newer one is refused.
const VERSION: u32 = 1;
/// No file of ours is longer.
const LONGEST: u64 = 64 << 10;

/// A pack that the operator looked at and trusts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedPack {
    standin_trust: u32,
    /// SHA-256 over the pack's files, in hexadecimal.
    pub digest: String,
    pub name: String,
    pub version: String,
    /// Where it lay when it was trusted.
    pub folder: String,
    pub at: Timestamp,
}

impl TrustedPack {
    pub fn new(digest: &str, name: &str, version: &str, folder: &str, at: Timestamp) -> Self {
        Self {
            standin_trust: VERSION,
            digest: digest.to_owned(),
            name: name.to_owned(),
            version: version.to_owned(),
            folder: folder.to_owned(),
            at,
        }
    }
}

/// The packs that are trusted on this machine, for all pairs.
#[derive(Clone, Debug)]
pub struct Trust {
    folder: PathBuf,
}

impl Trust {
    /// The trust that is kept below the folder of all states.
    pub fn of(all: &Path) -> Self {
        Self {
            folder: all.join("trusted"),
        }
    }

    /// Keeps that a pack is trusted; once more is as good as once.
    pub fn add(&self, pack: &TrustedPack) -> io::Result<()> {
        let file = self.file(&pack.digest)?;
        let text = serde_json::to_string_pretty(pack).map_err(io::Error::other)?;
        private::create_private_folder(&self.folder)?;
        write_private(&file, format!("{text}\n").as_bytes(), true)
    }

    /// Forgets a pack.
    pub fn remove(&self, digest: &str) -> io::Result<()> {
        fs::remove_file(self.file(digest)?)
    }

    /// Every pack that is trusted, by name; one file that is not in order makes all of it an error.
    pub fn packs(&self) -> io::Result<Vec<TrustedPack>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        if others_may_write(&self.folder)? {
            return Err(wrong(&self.folder, "others may write to it; chmod 700 it"));
        }
        let mut packs = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                packs.push(read(&path)?);
            }
        }
        packs.sort_by(|a, b| (&a.name, &a.version, &a.digest).cmp(&(&b.name, &b.version, &b.digest)));
        Ok(packs)
    }

    /// The file of a pack; what is no digest names none.
    fn file(&self, digest: &str) -> io::Result<PathBuf> {
        let sound = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !sound {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "this is no digest"));
        }
        Ok(self.folder.join(format!("{digest}.json")))
    }
}

/// Reads what is known of one pack; the name of the file must be its digest.
fn read(path: &Path) -> io::Result<TrustedPack> {
    if fs::metadata(path)?.len() > LONGEST {
        return Err(wrong(path, "it is too long"));
    }
    let pack: TrustedPack =
        serde_json::from_str(&fs::read_to_string(path)?).map_err(|error| wrong(path, &error.to_string()))?;
    if pack.standin_trust > VERSION {
        return Err(wrong(path, "a newer Standin wrote it"));
    }
    if path.file_stem().is_none_or(|stem| stem != pack.digest.as_str()) {
        return Err(wrong(path, "it is not named by its digest"));
    }
    Ok(pack)
}

fn wrong(path: &Path, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", path.display()))
}

#[cfg(unix)]
fn others_may_write(folder: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::metadata(folder)?.permissions().mode() & 0o022 != 0)
}

#[cfg(not(unix))]
fn others_may_write(_: &Path) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(letter: &str, name: &str) -> TrustedPack {
        TrustedPack::new(
            &letter.repeat(64),
            name,
            "1.0.0",
            "/packs/x",
            Timestamp::UNIX_EPOCH,
        )
    }

    #[test]
    fn what_is_trusted_can_be_listed_and_forgotten() {
        let base = tempfile::tempdir().unwrap();
        let trust = Trust::of(&base.path().join("new"));
        assert_eq!(trust.packs().unwrap(), []);
        let (a, b) = (pack("a", "zoo"), pack("b", "acme"));
        trust.add(&a).unwrap();
        trust.add(&b).unwrap();
        trust.add(&b).unwrap();
        assert_eq!(trust.packs().unwrap(), [b.clone(), a.clone()]);
        trust.remove(&b.digest).unwrap();
        assert_eq!(trust.packs().unwrap(), [a]);
        assert!(trust.remove(&b.digest).is_err());
        assert!(trust.remove("../last").is_err());
    }

    #[test]
    #[cfg(unix)]
    fn what_others_could_have_written_is_not_believed() {
        use std::os::unix::fs::PermissionsExt as _;
        let base = tempfile::tempdir().unwrap();
        let trust = Trust::of(base.path());
        let pack = pack("a", "acme");
        trust.add(&pack).unwrap();
        let file = trust.file(&pack.digest).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&trust.folder), mode(&file)), (0o700, 0o600));
        fs::copy(&file, trust.file(&"b".repeat(64)).unwrap()).unwrap();
        assert!(trust.packs().is_err(), "a file under another digest");
        fs::remove_file(trust.file(&"b".repeat(64)).unwrap()).unwrap();
        fs::set_permissions(&trust.folder, fs::Permissions::from_mode(0o770)).unwrap();
        assert!(trust.packs().is_err(), "a folder that others may write to");
    }

    #[test]
    fn a_newer_file_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let trust = Trust::of(base.path());
        let newer = TrustedPack {
            standin_trust: VERSION + 1,
            ..pack("a", "acme")
        };
        trust.add(&newer).unwrap();
        assert!(trust.packs().unwrap_err().to_string().contains("newer"));
    }
}
