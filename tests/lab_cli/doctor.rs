//! The doctor at the servers of the pair: their Windows over rpc and ssh, their databases, and servers that misbehave.

use std::path::Path;

use crate::looks;

/// A pair file for the lab with these endpoints of the servers.
fn pair(folder: &Path, packs: &str, endpoints: &str) {
    let text = format!(
        "pair: lab\npacks: [{packs}]\nsource: {{ name: SRCMAIL, address: 127.0.0.11, domain: corp.example }}\n\
         target: {{ name: TGTMAIL, address: 127.0.0.12, domain: corp.example }}\nendpoints:\n{endpoints}"
    );
    std::fs::write(folder.join("pair.yaml"), text).unwrap();
}

fn credential(user: &str, password: &str) -> String {
    let user = std::env::var(user).unwrap();
    format!("credential: {{ user: '{user}', password: {{ env: {password} }} }}")
}

fn sql(server: &str, more: &str) -> String {
    let ca = std::env::var("STANDIN_LAB_CA").unwrap();
    let credential = credential("STANDIN_LAB_SQL_READER", "STANDIN_LAB_SQL_READER_PASSWORD");
    format!("  source:\n    deadline: 2s\n    tds: {{ server: {server}, ca: {ca}, {more} {credential} }}\n")
}

#[test]
fn servers_in_order_are_told_step_by_step() {
    in_lab!();
    let folder = tempfile::tempdir().unwrap();
    let [key, known] =
        ["STANDIN_LAB_SSH_KEY", "STANDIN_LAB_KNOWN_HOSTS"].map(|name| std::env::var(name).unwrap());
    let admin = credential("STANDIN_LAB_HOST_ADMIN", "STANDIN_LAB_HOST_ADMIN_PASSWORD");
    let ssh = format!("ssh: {{ user: standin, key: {key}, known_hosts: {known} }}");
    let reader = credential("STANDIN_LAB_SQL_READER", "STANDIN_LAB_SQL_READER_PASSWORD");
    let rows: [(String, &str, &[&str]); 5] = [
        (
            format!("  source: {{ rpc: {{}}, {admin} }}\n"),
            "source.rpc",
            &["port", "secret", "log-on", "allowed"],
        ),
        (
            format!("  source: {{ {ssh} }}\n"),
            "source.ssh",
            &["port", "log-on", "allowed"],
        ),
        (
            format!("  source: {{ {ssh}, tds: {{ through: host, {reader} }} }}\n"),
            "source.tds",
            &["secret", "log-on", "allowed"],
        ),
        (
            sql("srcmail.corp.example", ""),
            "source.tds",
            &["name", "port", "secret", "TLS", "log-on", "allowed"],
        ),
        (
            sql("srcmail.corp.example", "instance: PAYROLL,"),
            "source.tds",
            &["name", "instance", "port", "secret", "TLS", "log-on", "allowed"],
        ),
    ];
    for (endpoints, about, steps) in rows {
        pair(folder.path(), "common, sql", &endpoints);
        let (code, looks) = looks(folder.path(), about);
        let told: Vec<&str> = looks.iter().map(|(what, ..)| what.as_str()).collect();
        assert_eq!(told, steps, "{endpoints}{looks:?}");
        for (what, status, detail) in looks {
            assert_eq!(status, "good", "{endpoints}{what}: {detail}");
        }
        assert_eq!(code, Some(0), "{endpoints}");
    }
}

#[test]
fn the_step_that_fails_is_the_last_one_told() {
    in_lab!();
    let folder = tempfile::tempdir().unwrap();
    let admin = credential("STANDIN_LAB_HOST_ADMIN", "STANDIN_LAB_HOST_ADMIN_PASSWORD");
    let wrong = credential("STANDIN_LAB_HOST_ADMIN", "STANDIN_LAB_READER_PASSWORD");
    let rpc = |server: &str, credential: &str| {
        format!("  source:\n    deadline: 2s\n    rpc: {{ server: {server}, {credential} }}\n")
    };
    let winrm = |server: &str| {
        format!("  source:\n    deadline: 2s\n    winrm: {{ server: {server}, port: 636, {admin} }}\n")
    };
    let ssh = "  source: { deadline: 5s, ssh: { user: standin, known_hosts: /dev/null } }\n".to_owned();
    let rows = [
        (rpc("127.0.0.60", &admin), "source.rpc", "port"),
        (rpc("127.0.0.61", &admin), "source.rpc", "port"),
        (rpc("127.0.0.62", &admin), "source.rpc", "log-on"),
        (rpc("127.0.0.11", &wrong), "source.rpc", "log-on"),
        (rpc("no-such-host.corp.example", &admin), "source.rpc", "name"),
        (
            rpc(
                "127.0.0.11",
                &credential("STANDIN_LAB_HOST_ADMIN", "STANDIN_LAB_NO_SUCH"),
            ),
            "source.rpc",
            "secret",
        ),
        (winrm("unknown-ca.trouble.example"), "source.winrm", "TLS"),
        (winrm("expired.trouble.example"), "source.winrm", "TLS"),
        (ssh, "source.ssh", "log-on"),
        (sql("127.0.0.60", ""), "source.tds", "port"),
        (sql("127.0.0.62", ""), "source.tds", "TLS"),
        (sql("127.0.0.63", ""), "source.tds", "TLS"),
        (
            sql("srcmail.corp.example", "certificate_name: other.corp.example,"),
            "source.tds",
            "TLS",
        ),
        (
            sql("srcmail.corp.example", "instance: NOSUCH,"),
            "source.tds",
            "instance",
        ),
        (sql("127.0.0.60", "instance: PAYROLL,"), "source.tds", "instance"),
    ];
    for (endpoints, about, step) in rows {
        pair(folder.path(), "common", &endpoints);
        let (code, looks) = looks(folder.path(), about);
        let (what, status, detail) = looks.last().unwrap();
        assert_eq!(
            (what.as_str(), status.as_str(), code),
            (step, "error", Some(1)),
            "{endpoints}{detail}"
        );
        let others = looks.iter().rev().skip(1);
        assert!(
            others.clone().all(|(_, status, _)| status == "good"),
            "{endpoints}{looks:?}"
        );
    }
}

#[test]
fn what_an_account_may_not_is_told_with_what_to_grant() {
    in_lab!();
    let folder = tempfile::tempdir().unwrap();
    let reader = credential("STANDIN_LAB_HOST_READER", "STANDIN_LAB_HOST_READER_PASSWORD");
    let ca = std::env::var("STANDIN_LAB_CA").unwrap();
    let nobody = credential("STANDIN_LAB_SQL_NOBODY", "STANDIN_LAB_SQL_NOBODY_PASSWORD");
    let endpoints = format!(
        "  source:\n    rpc: {{ {reader} }}\n    tds: {{ server: srcmail.corp.example, ca: {ca}, {nobody} }}\n"
    );
    pair(folder.path(), "common, sql, engine-carbonite", &endpoints);
    for (about, missing) in [
        ("source.rpc", &["not: Read HKEY_LOCAL_MACHINE"][..]),
        (
            "source.tds",
            &[
                "not: See logins, roles, linked servers and devices (VIEW ANY DEFINITION)",
                "not: See services, startup parameters and encryption (VIEW SERVER STATE)",
                "not: Use each protected database (CONNECT ANY DATABASE)",
                "not: Read the jobs of the agent in the database msdb",
            ],
        ),
    ] {
        let (_, looks) = looks(folder.path(), about);
        let warnings: Vec<&str> = looks
            .iter()
            .filter(|(what, status, _)| what == "allowed" && status == "warning")
            .map(|(.., detail)| detail.as_str())
            .collect();
        assert_eq!(warnings, missing, "{looks:?}");
    }
}
