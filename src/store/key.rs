//! The key under which secrets are digested, so that two can be compared without being known.

use std::fs;
use std::io;
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox};
use sha2::{Digest as _, Sha256};

use super::{hexadecimal, write_private};
use crate::facts::Digest;

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

    /// The digest that stands for a secret: HMAC-SHA-256.
    pub fn digest(&self, secret: &[u8]) -> Digest {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.bytes.expose_secret()).expect("any length is a key");
        mac.update(secret);
        Digest {
            key: self.id.as_str().into(),
            mac: hexadecimal(&mac.finalize().into_bytes()).into(),
        }
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
        assert_eq!(made.digest(b"secret"), read.digest(b"secret"));
        let bytes = made.bytes.expose_secret();
        assert!(!format!("{made:?}").contains(&format!("{bytes:?}")));
        fs::write(&path, "short").unwrap();
        assert!(DigestKey::read_or_create(&path).is_err());
    }

    #[test]
    fn digests_tell_secrets_apart_under_one_key_only() {
        let (one, other) = (DigestKey::new([1; 32]), DigestKey::new([2; 32]));
        assert_ne!(one.digest(b"a"), one.digest(b"b"));
        assert_ne!(one.digest(b"a").mac, other.digest(b"a").mac);
        // RFC 4231, test case 2 with the key padded by zeros, which HMAC does anyhow.
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let known = DigestKey::new(key).digest(b"what do ya want for nothing?");
        let mac = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(&*known.mac, mac);
    }
}
