//! The pair files of folders, to tell which of them name a server that was found.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostics, SourceMap, visible};
use crate::pair::Pair;
use crate::pipeline::PAIR_FILE;

/// How deep folders are looked into at most.
const DEEP: usize = 4;
/// The most pair files that are read.
const MOST: usize = 2_000;

/// The pair files there, with their paths, and a line for each that cannot be read.
pub(super) fn read(folders: &[PathBuf]) -> (Vec<(PathBuf, Pair)>, Vec<String>) {
    let mut files = Vec::new();
    let mut wrong = Vec::new();
    for folder in folders {
        let before = files.len();
        gather(folder, 0, &mut files, &mut wrong);
        if files.len() == before && !wrong.iter().any(|line| line.contains(&*folder.to_string_lossy())) {
            wrong.push(format!("{}: no pair file is there", folder.display()));
        }
    }
    files.sort();
    files.dedup();
    if files.len() > MOST {
        wrong.push(format!(
            "only the first {MOST} of {} pair files are read",
            files.len()
        ));
        files.truncate(MOST);
    }
    let pairs = files.into_iter().filter_map(|file| {
        let (mut sources, mut sink) = (SourceMap::new(), Diagnostics::new());
        let pair = Pair::load(&file, &file.display().to_string(), &mut sources, &mut sink);
        if pair.is_none() {
            let first = sink.sorted().first().map(|item| item.message.clone());
            wrong.push(format!("{}: {}", file.display(), first.unwrap_or_default()));
        }
        Some((file, pair?))
    });
    let pairs = pairs.collect();
    let wrong = wrong.iter().map(|line| visible(line).into_owned()).collect();
    (pairs, wrong)
}

/// A pair file, that of a folder, or those of the folders below it.
fn gather(path: &Path, depth: usize, files: &mut Vec<PathBuf>, wrong: &mut Vec<String>) {
    if path.is_file() {
        files.push(path.to_path_buf());
        return;
    }
    let own = path.join(PAIR_FILE);
    if own.is_file() {
        files.push(own);
        return;
    }
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => return wrong.push(format!("{}: {error}", path.display())),
    };
    let below = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let is_hidden = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'))
    };
    // A link may lead round in a circle.
    let mut below: Vec<PathBuf> = below
        .filter(|path| path.is_dir() && !path.is_symlink() && !is_hidden(path))
        .collect();
    below.sort();
    if depth < DEEP {
        for folder in below {
            gather(&folder, depth + 1, files, wrong);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pair_files_are_found_below_folders_and_wrong_ones_told() {
        let top = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = top.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let right = "pair: p\npacks: [common]\nsource: { name: A, address: 10.0.0.1 }\ntarget: { name: B, address: 10.0.0.2 }\n";
        write("a/pair.yaml", right);
        write("b/c/pair.yaml", right);
        write("b/wrong/pair.yaml", "pair: p\n");
        write(".hidden/pair.yaml", right);
        write("empty/x.txt", "");
        let names = |folders: &[&str]| {
            let folders: Vec<PathBuf> = folders.iter().map(|folder| top.path().join(folder)).collect();
            let (pairs, wrong) = read(&folders);
            let short = |path: &Path| path.strip_prefix(top.path()).unwrap().display().to_string();
            (
                pairs.iter().map(|(file, _)| short(file)).collect::<Vec<_>>(),
                wrong.len(),
            )
        };
        assert_eq!(names(&["."]).0.len(), 2);
        assert_eq!(
            names(&["a", "a/pair.yaml", "b"]),
            (vec!["a/pair.yaml".to_owned(), "b/c/pair.yaml".to_owned()], 1)
        );
        assert_eq!(names(&["empty"]), (vec![], 1));
        assert_eq!(names(&["missing"]), (vec![], 1));
    }
}
