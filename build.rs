//! Lists the packs under `rules/` for the binary, so that one file runs anywhere.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let top = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the package is"));
    let rules = top.join("rules");
    println!("cargo::rerun-if-changed={}", rules.display());
    let mut list = String::from("static EMBEDDED: &[(&str, &[(&str, &str)])] = &[\n");
    for pack in sorted(&rules)
        .into_iter()
        .filter(|p| p.join("pack.yaml").is_file())
    {
        let name = pack
            .file_name()
            .expect("an entry has a name")
            .to_string_lossy()
            .into_owned();
        let _ = writeln!(list, "    ({name:?}, &[");
        let mut files = Vec::new();
        gather(&pack, &mut files);
        for file in files {
            let inner = file
                .strip_prefix(&pack)
                .expect("it lies below")
                .to_string_lossy()
                .replace('\\', "/");
            let _ = writeln!(
                list,
                "        ({inner:?}, include_str!({:?})),",
                file.display().to_string()
            );
        }
        list.push_str("    ]),\n");
    }
    list.push_str("];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where output goes"));
    fs::write(out.join("embedded_packs.rs"), list).expect("the output folder can be written");
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in sorted(folder) {
        if path.is_dir() {
            gather(&path, files);
        } else if path.extension().is_some_and(|e| e == "yaml") {
            println!("cargo::rerun-if-changed={}", path.display());
            files.push(path);
        }
    }
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.sort();
    paths
}
