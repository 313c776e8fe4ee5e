//! The table of allowed imports: a module imports what stands in its row and nothing else.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each module and the modules that it may import; standing above is not enough.
const ALLOWED: &[(&str, &[&str])] = &[
    ("diagnostic", &[]),
    ("ordering", &[]),
    ("facts", &[]),
    ("yaml", &["diagnostic"]),
    ("pair", &["diagnostic", "yaml"]),
    ("template", &["diagnostic", "facts"]),
    ("predicate", &["facts"]),
    (
        "catalogue",
        &[
            "diagnostic",
            "ordering",
            "facts",
            "yaml",
            "pair",
            "template",
            "predicate",
        ],
    ),
    ("transport", &["facts"]),
    (
        "collect",
        &["facts", "pair", "template", "predicate", "catalogue", "transport"],
    ),
    (
        "evaluate",
        &["diagnostic", "facts", "pair", "predicate", "catalogue"],
    ),
    (
        "plan",
        &[
            "ordering",
            "facts",
            "template",
            "predicate",
            "catalogue",
            "evaluate",
        ],
    ),
    (
        "generate",
        &["diagnostic", "facts", "template", "catalogue", "plan"],
    ),
    ("store", &["facts"]),
    (
        "apply",
        &[
            "facts",
            "pair",
            "template",
            "predicate",
            "catalogue",
            "transport",
            "collect",
            "evaluate",
            "plan",
            "store",
        ],
    ),
    (
        "report",
        &[
            "diagnostic",
            "facts",
            "yaml",
            "pair",
            "predicate",
            "catalogue",
            "evaluate",
            "plan",
            "store",
            "apply",
        ],
    ),
    (
        "pipeline",
        &[
            "diagnostic",
            "facts",
            "pair",
            "catalogue",
            "collect",
            "evaluate",
            "plan",
            "generate",
            "store",
            "apply",
            "report",
        ],
    ),
    (
        "cli",
        &[
            "diagnostic",
            "facts",
            "pair",
            "yaml",
            "predicate",
            "catalogue",
            "collect",
            "evaluate",
            "plan",
            "generate",
            "store",
            "apply",
            "report",
            "pipeline",
        ],
    ),
];

/// Modules that only compute, and the words of those that do more.
const PURE: &[&str] = &[
    "ordering",
    "facts",
    "template",
    "predicate",
    "evaluate",
    "plan",
    "generate",
    "report",
];
const REACHING_OUT: &[&str] = &[
    "std::fs",
    "std::process",
    "std::env",
    "tokio::",
    "TcpStream",
    "UdpSocket",
    "SocketAddr",
    "std::io",
];

/// Crates that one module each may use.
const CLIENTS: &[(&str, &str)] = &[
    ("ldap3::", "transport"),
    ("hickory_", "transport"),
    ("hyper::", "transport"),
    ("roxmltree::", "transport"),
    ("tiberius::", "transport"),
    ("sqlx::", "store"),
    ("serde_yaml::", "yaml"),
    ("petgraph::", "ordering"),
    ("rhai::", "predicate"),
    ("minijinja::", "template"),
    ("clap::", "cli"),
];

/// Names of products, which belong in packs.
const PRODUCTS: &[&str] = &[
    "sql server",
    "mssql",
    "double-take",
    "doubletake",
    "carbonite",
    "msexch",
    "exchange/",
    "exchange ",
    "source.exchange",
    "\"exchange.",
];

/// A file of `src`: its path for people, its module, its code without comments and tests.
struct Source {
    shown: String,
    module: String,
    code: String,
}

fn sources() -> Vec<Source> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    gather(&top, &mut paths);
    paths.sort();
    paths.iter().filter_map(|path| source(&top, path)).collect()
}

fn gather(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, paths);
        } else if path.extension().is_some_and(|e| e == "rs") {
            paths.push(path);
        }
    }
}

/// `lib` and `main` stand outside the table, and so do files of tests.
fn source(top: &Path, path: &Path) -> Option<Source> {
    let inner = path.strip_prefix(top).unwrap();
    let shown = inner.to_string_lossy().replace('\\', "/");
    let module = shown
        .split('/')
        .next()
        .unwrap()
        .trim_end_matches(".rs")
        .to_owned();
    if matches!(module.as_str(), "lib" | "main") || shown.contains("test") || shown.ends_with("fake.rs") {
        return None;
    }
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    Some(Source {
        shown,
        module,
        code: lines.collect::<Vec<_>>().join("\n"),
    })
}

/// The crate's modules that the code names.
fn imports(code: &str) -> BTreeSet<String> {
    let word = |text: &str| -> String {
        text.trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let mut found = BTreeSet::new();
    for (place, _) in code.match_indices("crate::") {
        let rest = &code[place + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => found.extend(list.split('}').next().unwrap_or_default().split(',').map(word)),
            None => {
                found.insert(word(rest));
            }
        }
    }
    found
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut broken = Vec::new();
    for source in sources() {
        let may = allowed.get(source.module.as_str()).copied();
        let may = may.unwrap_or_else(|| panic!("{} is not in the table", source.module));
        for import in imports(&source.code) {
            if allowed.contains_key(import.as_str())
                && import != source.module
                && !may.contains(&import.as_str())
            {
                broken.push(format!(
                    "src/{}: {} imports {import}",
                    source.shown, source.module
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_table_goes_one_way() {
    let mut above: BTreeSet<&str> = BTreeSet::new();
    for (module, imports) in ALLOWED {
        for import in *imports {
            assert!(
                above.contains(import),
                "{module} imports {import}, which stands below it"
            );
        }
        above.insert(module);
    }
}

#[test]
fn pure_modules_do_not_reach_out() {
    for source in sources().iter().filter(|s| PURE.contains(&s.module.as_str())) {
        for word in REACHING_OUT {
            assert!(!source.code.contains(word), "src/{}: uses {word}", source.shown);
        }
    }
}

#[test]
fn each_client_has_one_home() {
    for source in sources() {
        for (client, home) in CLIENTS {
            let fine = source.module == *home || !source.code.contains(client);
            assert!(
                fine,
                "src/{}: uses {client}, which belongs to {home}",
                source.shown
            );
        }
    }
}

#[test]
fn no_product_is_named() {
    for source in sources() {
        let code = source.code.to_lowercase();
        for product in PRODUCTS {
            let line = code.lines().find(|line| line.contains(product));
            assert!(
                line.is_none(),
                "src/{}: names {product}: {}",
                source.shown,
                line.unwrap_or_default()
            );
        }
    }
}
