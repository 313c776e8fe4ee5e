//! What a pair is known by.

use super::hexadecimal;
use sha2::{Digest as _, Sha256};

/// Names a pair by words that stay when its settings change or its file moves: its name, and name and address of its
/// servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairName {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) source: String,
    pub(super) target: String,
}

impl PairName {
    /// The name of the pair, and of both servers name and address; case does not tell two pairs apart.
    pub fn new(name: &str, source: (&str, &str), target: (&str, &str)) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"standin pair 1");
        for word in [name, source.0, source.1, target.0, target.1] {
            hash.update(format!("\0{}", word.to_lowercase()));
        }
        let server = |(name, address): (&str, &str)| format!("{name} ({address})");
        Self {
            id: hexadecimal(&hash.finalize())[..32].to_owned(),
            name: name.to_owned(),
            source: server(source),
            target: server(target),
        }
    }

    /// 32 hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_known_by_its_servers() {
        let pair = |name: &str, address: &str| PairName::new(name, ("A", "192.0.2.1"), ("b", address));
        assert_eq!(pair("mail", "192.0.2.2").id, pair("MAIL", "192.0.2.2").id);
        assert_ne!(pair("mail", "192.0.2.2").id, pair("mail", "192.0.2.3").id);
        // The folders of older versions are called so.
        assert_eq!(pair("mail", "192.0.2.2").id.len(), 32);
    }
}
