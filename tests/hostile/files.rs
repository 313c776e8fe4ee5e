//! Files that are made to break whoever reads them.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use crate::run::{hostile, pack_at};

/// Pieces of a file: a text, and how often it is written. Nothing large is ever made in this process.
type Pieces = Vec<(String, usize)>;

fn pieces(parts: &[(&str, usize)]) -> Pieces {
    parts
        .iter()
        .map(|(text, times)| ((*text).to_owned(), *times))
        .collect()
}

fn counted(times: usize, line: impl Fn(usize) -> String) -> Pieces {
    (0..times).map(|number| (line(number), 1)).collect()
}

fn write(path: &Path, pieces: &Pieces) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    for (text, times) in pieces {
        for _ in 0..*times {
            file.write_all(text.as_bytes()).unwrap();
        }
    }
    file.flush().unwrap();
}

fn yaml() -> Vec<(&'static str, Pieces)> {
    let mut bomb = pieces(&[("a0: &a0 [x, x]\n", 1)]);
    bomb.extend(counted(39, |i| {
        format!("a{n}: &a{n} [*a{i}, *a{i}]\n", n = i + 1)
    }));
    vec![
        ("a bomb of aliases", bomb),
        ("deep lists", pieces(&[("rules: ", 1), ("[", 100_000)])),
        ("deep maps", counted(2_000, |i| " ".repeat(i) + "a:\n")),
        (
            "a line of 10 MB",
            pieces(&[("rules: [ ", 1), ("x", 10_000_000), (" ]", 1)]),
        ),
        (
            "a line of 2 MB",
            pieces(&[("rules: [ ", 1), ("x", 1_900_000), (" ]", 1)]),
        ),
        (
            "a quote without end",
            pieces(&[("rules: \"", 1), ("y", 1_900_000)]),
        ),
        ("many keys", counted(150_000, |i| format!("k{i}: 1\n"))),
        (
            "many items",
            pieces(&[("rules: [", 1), ("a,", 900_000), ("]", 1)]),
        ),
        (
            "many maps",
            pieces(&[("rules: [", 1), ("{},", 600_000), ("]", 1)]),
        ),
        ("many anchors", counted(150_000, |i| format!("- &a{i} x\n"))),
        (
            "many mistakes",
            counted(20_000, |i| format!("k{i}: {{ nope: 1 }}\n")),
        ),
        ("nothing but comments", pieces(&[("# x\n", 450_000)])),
        ("a tag", pieces(&[("rules: !evil []\n", 1)])),
        ("a key twice", pieces(&[("rules: []\n", 2)])),
        ("no text", pieces(&[("\u{0}\u{1}\u{2}", 1)])),
    ]
}

#[test]
fn evil_yaml_is_refused() {
    for (what, pieces) in yaml() {
        let folder = tempfile::tempdir().unwrap();
        let evil = folder.path().join("evil");
        pack_at(&evil, &[("rules/r.yaml", "")], "common");
        write(&evil.join("rules/r.yaml"), &pieces);
        let run = hostile(what, &["rules", "lint", evil.to_str().unwrap()]);
        assert!(matches!(run.code, Some(1 | 2)), "{what}: {:?}", run.code);
        let pair = folder.path().join("pair.yaml");
        write(&pair, &pieces);
        let run = hostile(what, &["check", pair.to_str().unwrap()]);
        assert_eq!(run.code, Some(2), "{what}: {}", run.err);
        assert!(run.err.contains("pair.yaml"), "{what}: {}", run.err);
    }
}

#[test]
fn evil_snapshots_give_errors_and_no_verdicts() {
    let snapshots = [
        ("half a snapshot", pieces(&[("{", 1)])),
        ("a deep one", pieces(&[("[", 1_000_000)])),
        ("a newer one", pieces(&[("{\"standin_snapshot\": 99}", 1)])),
        (
            "another layout",
            pieces(&[("{\"standin_snapshot\": 1, \"pair\": 7}", 1)]),
        ),
        ("no text", pieces(&[("\u{0}", 1_000)])),
        ("nothing", pieces(&[("null", 1)])),
    ];
    for (what, pieces) in snapshots {
        let folder = tempfile::tempdir().unwrap();
        let snapshot = folder.path().join("snapshot.json");
        write(&snapshot, &pieces);
        let snapshot = snapshot.to_str().unwrap();
        let run = hostile(
            what,
            &["check", "fixtures/exchange-healthy", "--snapshot", snapshot],
        );
        assert_eq!(run.code, Some(2), "{what}");
        assert!(run.out.is_empty(), "{what}: an evil snapshot is no answer");
        assert!(run.err.contains(snapshot), "{what}: {}", run.err);
    }
}

#[test]
fn files_beyond_their_limits_are_refused_before_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("evil");
    pack_at(&pack, &[], "common");
    // Files with holes: large, and nothing on the disk.
    let large = |path: &Path, bytes: u64| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::create(path).unwrap().set_len(bytes).unwrap();
    };
    large(&pack.join("rules/r.yaml"), 1 << 30);
    let run = hostile(
        "a pack's file of 1 GB",
        &["rules", "lint", pack.to_str().unwrap()],
    );
    assert_eq!(run.code, Some(2), "{}", run.err);
    assert!(run.err.contains("larger than"), "{}", run.err);
    let pair = folder.path().join("pair.yaml");
    large(&pair, 1 << 30);
    let run = hostile("a pair file of 1 GB", &["check", pair.to_str().unwrap()]);
    assert_eq!(run.code, Some(2), "{}", run.err);
}
