//! Paths of Windows servers, compared by Windows' rules.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A local or UNC path; case, the kind of slash and a trailing slash do not tell two paths apart.
#[derive(Clone, Debug)]
pub struct WinPath(Arc<str>);

impl WinPath {
    pub fn new(text: &str) -> Self {
        Self(text.trim().into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two paths are compared.
    pub fn folded(&self) -> String {
        let mut folded = self.0.replace('/', "\\").to_lowercase();
        let root = folded.len() == 3 && folded.ends_with(":\\");
        while folded.ends_with('\\') && !root {
            folded.pop();
        }
        folded
    }

    /// The folder that holds this file or folder, if there is one.
    pub fn folder(&self) -> Option<Self> {
        let text = self.0.trim_end_matches(['\\', '/']);
        let cut = text.rfind(['\\', '/'])?;
        let folder = &text[..cut];
        if folder.len() == 2 && folder.ends_with(':') {
            return Some(Self::new(&text[..=cut]));
        }
        (!folder.trim_matches('\\').is_empty()).then(|| Self::new(folder))
    }

    /// The drive, `E:`, of a local path, in upper case.
    pub fn drive(&self) -> Option<String> {
        let mut chars = self.0.chars();
        match (chars.next(), chars.next()) {
            (Some(letter), Some(':')) if letter.is_ascii_alphabetic() => {
                Some(format!("{}:", letter.to_ascii_uppercase()))
            }
            _ => None,
        }
    }

    /// Whether this path is `folder` or lies somewhere below it.
    pub fn is_under(&self, folder: &Self) -> bool {
        let (me, top) = (self.folded(), folder.folded());
        let top = top.trim_end_matches('\\');
        me.strip_prefix(top)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('\\'))
    }
}

impl fmt::Display for WinPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq for WinPath {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.folded() == other.folded()
    }
}

impl Eq for WinPath {}

impl Hash for WinPath {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}

impl Ord for WinPath {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(&other.folded())
    }
}

impl PartialOrd for WinPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_case_slashes_and_the_end() {
        assert_eq!(
            WinPath::new(r"E:\Exchsrvr\MTAData\"),
            WinPath::new("e:/exchsrvr/mtadata")
        );
        assert_ne!(WinPath::new(r"E:\a"), WinPath::new(r"F:\a"));
        assert_eq!(WinPath::new(r"C:\").folded(), r"c:\");
    }

    #[test]
    fn knows_folder_drive_and_what_lies_below() {
        let p = WinPath::new(r"e:\data\SG1\priv1.edb");
        assert_eq!(p.folder(), Some(WinPath::new(r"E:\data\sg1")));
        assert_eq!(p.drive().as_deref(), Some("E:"));
        assert!(p.is_under(&WinPath::new(r"E:\DATA\")));
        assert!(p.is_under(&WinPath::new(r"E:\")));
        assert!(!WinPath::new(r"E:\data2\x").is_under(&WinPath::new(r"E:\data")));
        assert_eq!(WinPath::new(r"E:\x.edb").folder(), Some(WinPath::new(r"E:\")));
        assert_eq!(WinPath::new(r"\\srv").folder(), None);
    }
}
