//! A rule explained with what the last check found on the servers.

use super::*;

#[test]
fn a_rule_is_explained_with_what_the_servers_say() {
    in_lab!();
    let pair = std::env::current_dir().unwrap().join("tests/lab/pair");
    let folder = tempfile::tempdir().unwrap();
    let pair = pair.to_str().unwrap();
    let early = standin(folder.path(), &["explain", "C-69", pair]);
    assert_eq!(early.code, Some(2), "{}", early.out);
    assert!(early.err.contains("check it first"), "{}", early.err);
    let checked = standin(folder.path(), &["check", pair]);
    assert_eq!(checked.code, Some(0), "{}{}", checked.out, checked.err);
    let explained = standin(folder.path(), &["explain", "C-69", pair]);
    assert_eq!(explained.code, Some(0), "{}", explained.err);
    for part in [
        "why ",
        "good            equal but for case",
        r"edb  E:\Exchsrvr\SG1\priv1.edb  E:\Exchsrvr\SG1\priv1.edb",
    ] {
        assert!(explained.out.contains(part), "{part}\n{}", explained.out);
    }
}
