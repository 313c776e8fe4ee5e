//! Programs that are not there.

use std::process::Command;

/// A check whose machine has no secure shell client, of hosts that could be asked by one.
#[test]
fn a_missing_client_is_named() {
    in_lab!();
    let folder = tempfile::tempdir().unwrap();
    let [key, known] =
        ["SSH_KEY", "KNOWN_HOSTS"].map(|name| std::env::var(format!("STANDIN_LAB_{name}")).unwrap());
    let pair = format!(
        "pair: lab\npacks: [common]\nsource: {{ name: SRCMAIL, address: 127.0.0.11 }}\n\
         target: {{ name: TGTMAIL, address: 127.0.0.12 }}\nendpoints:\n  \
         servers: {{ ssh: {{ user: standin, key: {key}, known_hosts: {known} }} }}\n"
    );
    std::fs::write(folder.path().join("pair.yaml"), pair).unwrap();
    let ended = Command::new(env!("CARGO_BIN_EXE_standin"))
        .args(["check", ".", "--only", "Services", "--format", "json"])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", folder.path())
        .env("STANDIN_STATE", folder.path().join("state"))
        .output()
        .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(3), "{told}");
    let told = told.to_string();
    assert!(
        told.contains("\"unsupported\"") && told.contains("install the package openssh-client"),
        "{told}"
    );
}
