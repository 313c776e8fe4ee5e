//! The key under which secrets are digested, so that two can be compared without being known.

use std::fs;
use std::io;
use std::path::Path;

use secrecy::{ExposeSecret as _, SecretBox};
use sha2::{Digest as _, Sha256};

use super::{hexadecimal, write_private};

/// A 256-bit key; it never leaves the state folder, only its name does.
#[derive(Debug)]
pub struct DigestKey {
    id: String,
    bytes: SecretBox<[u8; 32]>,
}

impl DigestKey {
    fn new(bytes: [u8; 32]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"standin digest key\0");
        hash.update(bytes);
        Self {
            id: hexadecimal(&hash.finalize())[..16].to_owned(),
            bytes: SecretBox::new(Box::new(bytes)),
        }
    }

    /// Names the key in snapshots: digests under keys of different names say nothing about each other.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn bytes(&self) -> &[u8; 32] {
        self.bytes.expose_secret()
    }

    /// Reads the key, or makes one; of two runs that make one at a time the first wins.
    pub(super) fn read_or_create(path: &Path) -> io::Result<Self> {
        match fs::read(path) {
            Ok(bytes) => Self::read(&bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(path),
            Err(error) => Err(error),
        }
    }

    fn read(bytes: &[u8]) -> io::Result<Self> {
        let bytes = <[u8; 32]>::try_from(bytes);
        bytes.map(Self::new).map_err(|_| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "the digest key has not 32 bytes; delete it to get a new one",
            )
        })
    }

    fn create(path: &Path) -> io::Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
        match write_private(path, &bytes, false) {
            Ok(()) => Ok(Self::new(bytes)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::read(&fs::read(path)?),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("digest.key");
        let made = DigestKey::read_or_create(&path).unwrap();
        let read = DigestKey::read_or_create(&path).unwrap();
        assert_eq!((made.id(), made.bytes()), (read.id(), read.bytes()));
        assert!(!format!("{made:?}").contains(&format!("{:?}", made.bytes())));
        fs::write(&path, "short").unwrap();
        assert!(DigestKey::read_or_create(&path).is_err());
    }
}
