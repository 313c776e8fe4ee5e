//! Placeholder until the real type lands.

/// Text form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Acl(String);

impl Acl {
    pub fn from_bytes(_bytes: &[u8]) -> Result<Self, String> {
        Err("not yet".into())
    }
}

impl std::str::FromStr for Acl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(text.into()))
    }
}

impl std::fmt::Display for Acl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
