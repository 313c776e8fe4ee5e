//! `standin scripts`: writes, finds edits, and puts what is new into them.

use std::fs;

use crate::run::standin;

#[test]
fn what_is_new_comes_into_an_edited_script_or_lies_beside_it_marked() {
    let folder = tempfile::tempdir().unwrap();
    let (out, own) = (folder.path().join("out"), folder.path().join("own"));
    fs::create_dir_all(own.join("cmd")).unwrap();
    let script = out.join("post-failover.cmd");
    let write = |options: &[&str]| {
        let mut words = vec!["scripts", "fixtures/sql-healthy", "--out", out.to_str().unwrap()];
        words.extend(options);
        standin(words)
    };
    assert_eq!(write(&[]).code, Some(0));
    let read = || fs::read_to_string(&script).unwrap();
    fs::write(&script, read().replacen("setlocal", "title ours\r\nsetlocal", 1)).unwrap();

    // Templates of a site make the text new.
    let shipped = fs::read_to_string("scripts-templates/cmd/frame.cmd").unwrap();
    let new =
        |from: &str, to: &str| fs::write(own.join("cmd/frame.cmd"), shipped.replacen(from, to, 1)).unwrap();
    let merge = ["--merge", "--templates", own.to_str().unwrap()];
    new("exit /b 4", "echo alive\nexit /b 4");
    let merged = write(&merge);
    assert_eq!(merged.code, Some(0), "{}", merged.out);
    assert!(
        merged
            .out
            .contains("post-failover.cmd: edited; what is new was put into it"),
        "{}",
        merged.out
    );
    let text = read();
    assert!(
        text.contains("title ours\r\nsetlocal") && text.contains("echo alive\r\nexit /b 4"),
        "{text}"
    );

    new("setlocal", "title theirs\nsetlocal");
    let contradicts = write(&merge);
    assert_eq!(contradicts.code, Some(1), "{}", contradicts.out);
    assert!(
        contradicts.out.contains("post-failover.cmd.new, lines "),
        "{}",
        contradicts.out
    );
    assert_eq!(read(), text);
    let beside = fs::read_to_string(out.join("post-failover.cmd.new")).unwrap();
    assert!(beside.contains("<<<<<<< edited\r\ntitle ours\r\n"), "{beside}");
    assert!(
        beside.contains("title theirs\r\n>>>>>>> as it is written now"),
        "{beside}"
    );
}

#[test]
fn a_recording_gets_no_scripts() {
    let refused = standin(["scripts", "fixtures/sql-healthy", "--deploy", "--yes"]);
    assert_eq!(refused.code, Some(2), "{}{}", refused.out, refused.err);
    assert!(
        refused.err.contains("stands in for the servers"),
        "{}",
        refused.err
    );
    assert!(
        !std::path::Path::new("fixtures/sql-healthy/scripts").exists(),
        "nor is anything written"
    );
}

#[test]
fn scripts_lie_beside_the_pair_file_and_are_told_apart_from_those_on_the_servers() {
    let status = standin(["scripts", "status", "fixtures/sql-broken"]);
    assert_eq!(status.code, Some(1), "{}", status.err);
    insta::assert_snapshot!("scripts-status", status.out);
    let elsewhere = standin(["scripts", "fixtures/sql-healthy", "status"]);
    assert_eq!(elsewhere.code, Some(2), "{}", elsewhere.out);
}
