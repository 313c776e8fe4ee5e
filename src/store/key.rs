//! The key under which secrets are digested, so that two can be compared without being known.

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox};
use sha2::{Digest as _, Sha256};

use super::hexadecimal;
use crate::facts::Digest;

/// A 256-bit key; it never leaves the store, only its name does.
#[derive(Debug)]
pub struct DigestKey {
    id: String,
    bytes: SecretBox<[u8; 32]>,
}

impl DigestKey {
    /// A key that nobody has.
    ///
    /// It may also serve one run only, where there is no store: digests of that run can be compared with each other.
    pub fn random() -> Self {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the system gives random bytes");
        Self::new(bytes)
    }

    /// The key of these bytes, which must be 32.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::new)
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        self.bytes.expose_secret()
    }

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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let key = DigestKey::random();
        assert!(!format!("{key:?}").contains(&format!("{:?}", key.bytes())));
        assert!(DigestKey::of(b"short").is_none());
        assert_eq!(DigestKey::of(key.bytes()).unwrap().id(), key.id());
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
