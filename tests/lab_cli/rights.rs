//! Which rights the accounts have, against peers that enforce them.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::standin;

/// How the accounts of the pair stand with each right, by endpoint and id.
fn stands(folder: &Path, arguments: &[&str]) -> (Option<i32>, Vec<(String, String, String)>) {
    let run = standin(
        folder,
        &[&["rights", ".", "--format", "json"], arguments].concat(),
    );
    let told: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}{}", run.out, run.err));
    let of = |right: &Value, key: &str| right[key].as_str().unwrap_or("-").to_owned();
    let rights = told["rights"].as_array().unwrap().iter();
    let rights = rights.map(|right| (of(right, "endpoint"), of(right, "right"), of(right, "status")));
    (run.code, rights.collect())
}

/// The lab's pair with databases, whose log-on and account at the hosts these are.
fn pair(folder: &Path, sql: &str, host: &str) {
    let [ca, directory, sql_user, host_user] =
        ["STANDIN_LAB_CA", "STANDIN_LAB_READER", sql, host].map(|name| std::env::var(name).unwrap());
    let text = format!(
        "pair: lab\npacks: [common, exchange, sql, engine-carbonite]\n\
         source: {{ name: SRCMAIL, address: 127.0.0.11, domain: corp.example }}\n\
         target: {{ name: TGTMAIL, address: 127.0.0.12, domain: corp.example }}\nendpoints:\n  \
         directory:\n    ldap: {{ server: dc1.corp.example, ca: {ca} }}\n    \
         credential: {{ user: '{directory}', password: {{ env: STANDIN_LAB_READER_PASSWORD }} }}\n  \
         dns: {{ dns: {{ server: 127.0.0.53, tsig: {{ name: standin-update, secret: {{ env: STANDIN_LAB_TSIG_UPDATE }} }} }} }}\n  \
         servers:\n    rpc: {{}}\n    credential: {{ user: '{host_user}', password: {{ env: {host}_PASSWORD }} }}\n  \
         source: {{ tds: {{ server: srcmail.corp.example, ca: {ca}, credential: {{ user: '{sql_user}', password: {{ env: {sql}_PASSWORD }} }} }} }}\n  \
         target: {{ tds: {{ server: tgtmail.corp.example, ca: {ca}, credential: {{ user: '{sql_user}', password: {{ env: {sql}_PASSWORD }} }} }} }}\n\
         settings: {{ dns.update_test: true, dns.map: [{{ source: 127.0.0.11, target: 127.0.0.12 }}] }}\n"
    );
    std::fs::write(folder.join("pair.yaml"), text).unwrap();
}

fn of<'s>(stands: &'s [(String, String, String)], endpoint: &str, status: &str) -> Vec<&'s str> {
    let own = stands
        .iter()
        .filter(|(at, _, stands)| at == endpoint && stands == status);
    own.map(|(_, right, _)| right.as_str()).collect()
}

#[test]
fn administrators_have_what_is_needed() {
    in_lab!();
    let folder = tempfile::tempdir().unwrap();
    pair(folder.path(), "STANDIN_LAB_SQL_ADMIN", "STANDIN_LAB_HOST_ADMIN");
    let (code, stands) = stands(folder.path(), &[]);
    let missing: Vec<_> = stands.iter().filter(|(.., status)| status != "has").collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(code, Some(0));
    for endpoint in [
        "directory",
        "dns",
        "source.rpc",
        "target.rpc",
        "source.tds",
        "target.tds",
    ] {
        assert!(!of(&stands, endpoint, "has").is_empty(), "{endpoint}: {stands:?}");
    }
}

#[test]
fn each_missing_right_is_named() {
    in_lab!();
    let folder = tempfile::tempdir().unwrap();
    pair(folder.path(), "STANDIN_LAB_SQL_NOBODY", "STANDIN_LAB_HOST_READER");
    let (code, stands) = stands(folder.path(), &[]);
    assert_eq!(code, Some(1));
    assert_eq!(of(&stands, "source.rpc", "lacks"), ["common/read-registry"]);
    // The reader of the lab may list services, and what follows from the registry cannot be told.
    assert_eq!(of(&stands, "source.rpc", "has"), ["common/list-services"]);
    assert_eq!(
        of(&stands, "source.rpc", "unknown"),
        ["common/open-shares", "common/read-files"]
    );
    assert_eq!(
        of(&stands, "source.tds", "lacks"),
        [
            "sql/view-definitions",
            "sql/view-state",
            "sql/use-databases",
            "sql/read-jobs",
            "sql/see-password-hashes",
            "sql/see-provider-strings"
        ]
    );
    assert_eq!(of(&stands, "directory", "lacks"), [""; 0]);
}

#[test]
fn nothing_is_connected_to_offline() {
    in_lab!();
    let folder = tempfile::tempdir().unwrap();
    pair(folder.path(), "STANDIN_LAB_SQL_NOBODY", "STANDIN_LAB_HOST_READER");
    let traced = Command::new(env!("CARGO_BIN_EXE_standin"))
        .args(["rights", ".", "--offline", "--log", "debug"])
        .current_dir(folder.path())
        .env_remove("STANDIN_LAB_SQL_NOBODY_PASSWORD")
        .env("STANDIN_STATE", folder.path().join("state"))
        .output()
        .unwrap();
    assert_eq!(traced.status.code(), Some(0));
    let talk = String::from_utf8(traced.stderr).unwrap();
    assert!(!talk.contains("log-on") && !talk.contains("endpoint="), "{talk}");
    let (code, stands) = stands(folder.path(), &["--offline"]);
    assert_eq!(code, Some(0));
    assert!(stands.iter().all(|(.., status)| status == "-"), "{stands:?}");
}
