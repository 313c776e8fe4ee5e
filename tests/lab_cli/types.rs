//! What has another type than its fact is not known, and harms nothing beside it, whichever protocol brought it.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::standin;

/// A word for the question, whom it is asked, the question, and what of its answer is text, or an address, or a truth.
const PROBES: [(&str, &str, &str, &str, &str); 12] = [
    (
        "ldap",
        "text",
        "directory",
        "ldap: { base: 'DC=corp,DC=example', filter: (sAMAccountName=SRCMAIL$) }",
        "row.cn",
    ),
    (
        "dns",
        "text",
        "dns",
        "dns: { name: srcmail.corp.example }",
        "row.value",
    ),
    (
        "tcp",
        "bool",
        "local",
        "tcp: { host: 127.0.0.11, port: '445' }",
        "row.open",
    ),
    (
        "local",
        "ip",
        "local",
        "local: { resolve: srcmail.corp.example }",
        "row.address",
    ),
    (
        "browser",
        "text",
        "local",
        "browser: { host: 127.0.0.11 }",
        "row.server",
    ),
    (
        "tds",
        "text",
        "source",
        "tds: { query: 'SELECT @@SERVERNAME AS name' }",
        "row.name",
    ),
    (
        "service",
        "text",
        "source",
        "service: { name: RemoteRegistry }",
        "row.state",
    ),
    (
        "registry",
        "text",
        "source",
        "registry: { key: 'HKLM\\SOFTWARE\\Standin Lab\\Types', value: Text }",
        "row.value",
    ),
    (
        "file",
        "text",
        "source",
        "file: { path: 'C:\\Tools\\readme.txt' }",
        "row.kind",
    ),
    ("share", "text", "source", "share: { name: Tools }", "row.name"),
    ("disk", "text", "source", "disk: {}", "row.drive"),
    (
        "shell",
        "text",
        "target",
        "shell: { run: [hostname] }",
        "row.name",
    ),
];

/// Questions with several rows of answer.
const LISTS: [&str; 2] = ["browser", "disk"];

/// A pack that reads each answer twice, as what it is and as a number.
fn pack() -> [(&'static str, String); 3] {
    let (mut facts, mut reads) = (String::from("facts:\n"), Vec::new());
    for (word, right, on, question, value) in PROBES {
        for (name, ty) in [("right", right), ("wrong", "int")] {
            let ty = if LISTS.contains(&word) {
                format!("{{ list_of: {ty} }}")
            } else {
                ty.to_owned()
            };
            let _ = writeln!(
                facts,
                "  - fact: odd.{word}_{name}\n    of: pair\n    about: A value.\n    type: {ty}\n    probes:\n      \
                 - {{ on: {on}, {question}, value: {value} }}"
            );
            reads.push(format!("known(pair.odd.{word}_{name})"));
        }
    }
    let rule = format!(
        "rules:\n  - id: odd/all\n    title: Something is not known\n    section: Odd\n    judges_absence: true\n    \
         expect: [{}]\n    severity: error\n    message: m\n    why: w\n    remedy: r\n",
        reads.join(", ")
    );
    let head = "{ name: odd, version: 1.0.0, about: Ours., owns: [odd] }\n".to_owned();
    [
        ("pack.yaml", head),
        ("facts/all.yaml", facts),
        ("rules/all.yaml", rule),
    ]
}

/// The lab's pair: the source over rpc and with its databases, the target over ssh.
fn pair() -> String {
    let [ca, key, known, reader, admin, sql] = [
        "CA",
        "SSH_KEY",
        "KNOWN_HOSTS",
        "READER",
        "HOST_ADMIN",
        "SQL_ADMIN",
    ]
    .map(|name| std::env::var(format!("STANDIN_LAB_{name}")).unwrap());
    format!(
        "pair: lab\npacks: [odd]\nsource: {{ name: SRCMAIL, address: 127.0.0.11 }}\n\
         target: {{ name: TGTMAIL, address: 127.0.0.12 }}\nendpoints:\n  \
         directory:\n    ldap: {{ server: dc1.corp.example, ca: {ca} }}\n    \
         credential: {{ user: {reader}, password: {{ env: STANDIN_LAB_READER_PASSWORD }} }}\n  \
         dns: {{ dns: {{ server: 127.0.0.53 }} }}\n  source:\n    \
         rpc: {{ credential: {{ user: {admin}, password: {{ env: STANDIN_LAB_HOST_ADMIN_PASSWORD }} }} }}\n    \
         tds: {{ ca: {ca}, credential: {{ user: {sql}, password: {{ env: STANDIN_LAB_SQL_ADMIN_PASSWORD }} }} }}\n  \
         target: {{ ssh: {{ user: standin, key: {key}, known_hosts: {known} }} }}\n"
    )
}

#[test]
fn another_type_is_not_known_and_harms_nothing_beside_it() {
    in_lab!();
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    fs::create_dir_all(at("odd/facts")).unwrap();
    fs::create_dir_all(at("odd/rules")).unwrap();
    for (path, text) in pack() {
        fs::write(at("odd").join(path), text).unwrap();
    }
    fs::write(at("pair.yaml"), pair()).unwrap();
    let trusted = standin(folder.path(), &["trust", "odd", "--yes"]);
    assert_eq!(trusted.code, Some(0), "{}{}", trusted.out, trusted.err);
    let collected = standin(
        folder.path(),
        &["collect", ".", "--rules", "odd", "--out", "a.json"],
    );
    let told: Value = serde_json::from_slice(&fs::read(at("a.json")).unwrap_or_default())
        .unwrap_or_else(|_| panic!("{}{}", collected.out, collected.err));
    for (word, ..) in PROBES {
        let of = |name: &str| &told["facts"][format!("pair.odd.{word}_{name}")];
        let (right, wrong) = (of("right"), of("wrong"));
        assert!(
            right.get("value").is_some_and(|value| !value.is_null()),
            "{word}: {right}"
        );
        assert_eq!(wrong["absent"]["cause"], "malformed", "{word}: {wrong}");
        let detail = wrong["absent"]["detail"].as_str().unwrap();
        assert!(
            detail.contains(&format!("pair.odd.{word}_wrong")),
            "{word}: {detail}"
        );
    }
}
