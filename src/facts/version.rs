//! Version numbers of any number of parts.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// A dotted version, `6.5.7638.2`; parts that are not written count as zero.
#[derive(Clone, Debug)]
pub struct Version(Vec<u64>);

impl Version {
    pub fn new(parts: impl Into<Vec<u64>>) -> Self {
        Self(parts.into())
    }

    pub fn parts(&self) -> &[u64] {
        &self.0
    }

    fn significant(&self) -> &[u64] {
        let end = self.0.iter().rposition(|p| *p != 0).map_or(0, |i| i + 1);
        &self.0[..end]
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let parts: Result<Vec<u64>, _> = text.split('.').map(str::parse).collect();
        match parts {
            Ok(parts) if parts.len() <= 16 => Ok(Self(parts)),
            _ => Err("not a version: whole numbers with dots between them".into()),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            write!(f, "{part}")?;
        }
        Ok(())
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.significant().cmp(other.significant())
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.significant() == other.significant()
    }
}

impl Eq for Version {}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.significant().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn compares_by_number_not_by_text() {
        assert!(v("4.10") > v("4.4.2"));
        assert!(v("6.5.7638.2") < v("6.5.7638.10"));
        assert_eq!(v("6.5"), v("6.5.0.0"));
        assert_eq!(v("4.40").to_string(), "4.40");
    }

    #[test]
    fn refuses_what_is_not_a_version() {
        for text in ["", "6.", "6.5a", "-1", "6..5", "99999999999999999999999"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }
}
