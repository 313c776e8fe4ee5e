//! A pair checked twice in a row: what only says how quickly somebody answered is no news.

use super::*;

#[test]
fn nothing_has_changed_since_a_moment_ago() {
    in_lab!();
    for pair in ["tests/lab/pair", "tests/lab/pair-sql"] {
        let pair = std::env::current_dir().unwrap().join(pair);
        let folder = tempfile::tempdir().unwrap();
        let check = || standin(folder.path(), &["check", pair.to_str().unwrap()]);
        let (first, again) = (check(), check());
        assert_eq!(
            (first.code, again.code),
            (Some(0), Some(0)),
            "{}{}",
            first.out,
            again.out
        );
        assert!(again.err.contains("Nothing has changed since"), "{}", again.err);
    }
}
