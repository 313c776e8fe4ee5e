//! The ticket of whoever runs the program, in place of a user and a password.

use super::*;

#[test]
fn a_pair_file_is_drafted_with_a_ticket() {
    in_lab!();
    let folder = tempfile::tempdir().unwrap();
    let names = [
        "--source",
        "srcmail",
        "--target",
        "tgtmail",
        "--domain",
        "corp.example",
    ];
    let words = [&["init", "--out", "new", "--kerberos", "--ca", CA], &names[..]].concat();
    let written = standin(folder.path(), &words);
    assert_eq!(written.code, Some(0), "{}{}", written.out, written.err);
    let text = std::fs::read_to_string(folder.path().join("new/pair.yaml")).unwrap();
    assert!(
        text.contains("kerberos: {}") && text.contains("address: 127.0.0.12"),
        "{text}"
    );
    let checked = standin(
        folder.path(),
        &["check", "new", "--only", "directory", "--skip", "sql"],
    );
    assert_eq!(checked.code, Some(0), "{}{}", checked.out, checked.err);
}
