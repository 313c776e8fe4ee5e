//! The pair's hosts asked in another way, and made to look like clusters.

use std::collections::BTreeMap;

use standin::evaluate::Status;

use super::answer::{Checked, check};
use super::clients;

const PAIR: &str = include_str!("../lab/pair/pair.yaml");
const RPC: &str = "    rpc: {}
    credential: { user: svcservers@corp.example, password: { env: STANDIN_LAB_HOST_ADMIN_PASSWORD } }
";
const SSH: &str = "    ssh: { user: standin, key: /run/standin-lab/ssh/key, known_hosts: /run/standin-lab/ssh/known_hosts }\n";

/// What the pair file writes down of the engine.
fn recorded() -> &'static str {
    let (start, end) = ("  # The lab has no replication engine", "params:");
    &PAIR[PAIR.find(start).unwrap()..PAIR.find(end).unwrap()]
}

/// How each row stands.
fn rows(checked: &Checked) -> BTreeMap<String, Vec<Status>> {
    let mut rows: BTreeMap<String, Vec<Status>> = BTreeMap::new();
    for finding in &checked.answer.judged.findings {
        for row in &finding.guide {
            rows.entry(row.to_string()).or_default().push(finding.status);
        }
    }
    rows
}

#[track_caller]
fn assert_good(rows: &BTreeMap<String, Vec<Status>>, wanted: &[&str]) {
    for row in wanted {
        let statuses = &rows[*row];
        assert!(statuses.contains(&Status::Good), "{row}: {statuses:?}");
        let good = |status: &Status| matches!(status, Status::Good | Status::NotApplicable);
        assert!(statuses.iter().all(good), "{row}: {statuses:?}");
    }
}

#[test]
fn over_ssh_the_engine_tells_what_it_does() {
    let Some(_lab) = super::lab() else { return };
    let checked = check(&[
        ("engine-recorded", "engine-carbonite"),
        (RPC, SSH),
        (recorded(), ""),
    ]);
    let told = rows(&checked);
    let of_engine = ["C-01", "C-02", "C-03", "C-11", "C-12", "C-13", "C-14", "C-51"];
    let of_jobs = ["C-21", "C-22", "C-23", "C-24", "C-49"];
    let of_hosts = [
        "C-04", "C-05", "C-07", "C-08", "C-09", "C-10", "C-15", "C-45", "C-46", "C-47", "C-48",
    ];
    assert_good(&told, &[&of_engine[..], &of_jobs, &of_hosts].concat());
    let summary = &checked.answer.summary;
    assert_eq!((summary.unknown, summary.errors, summary.warnings), (0, 0, 0));
}

/// Makes a cluster of one node out of a host.
fn clustered(host: &str, node: &str) {
    let change = |arguments: &[&str]| clients::host(&[&[host], arguments].concat());
    let set = |key: &str, name: &str, kind: &str, value: &[&str]| {
        let key = format!(r"HKLM\Cluster\{key}");
        change(&[&["registry", "set", &key, name, kind], value].concat());
    };
    change(&[
        "service",
        "ClusSvc",
        "state=running",
        "start=automatic",
        r"account=CORP\svcdr",
    ]);
    set(r"Nodes\1", "NodeName", "REG_SZ", &[node]);
    let resources = [
        ("name", "Network Name", "Network Name", "1"),
        (
            "store",
            "Information Store",
            "Microsoft Exchange Information Store",
            "0",
        ),
        ("fax", "Fax", "Generic Service", "0"),
    ];
    for (id, name, kind, automatic) in resources {
        let key = format!(r"Resources\{id}");
        set(&key, "Name", "REG_SZ", &[name]);
        set(&key, "Type", "REG_SZ", &[kind]);
        set(&key, "PersistentState", "REG_DWORD", &[automatic]);
    }
    set(r"Resources\name\Parameters", "Name", "REG_SZ", &[node]);
    set(r"Resources\name\Parameters", "RequireDNS", "REG_DWORD", &["1"]);
    set(
        r"Groups\group",
        "Contains",
        "REG_MULTI_SZ",
        &["name", "store", "fax"],
    );
}

#[test]
fn nodes_and_resources_of_clusters_are_read() {
    let Some(_lab) = super::lab() else { return };
    let _pristine_at_the_end = clients::reset_at_the_end("hosts");
    clustered("source", "SRCMAIL");
    clustered("target", "TGTMAIL");
    let chosen = "settings:\n  failover.resources: [{ name: Fax }]\n";
    let edits = [
        ("engine-recorded", "engine-carbonite"),
        (recorded(), ""),
        ("settings:\n", chosen),
    ];
    assert_good(
        &rows(&check(&edits)),
        &["C-74", "C-75", "C-76", "C-77", "C-78", "C-80", "C-81"],
    );
    clients::host(&[
        "source",
        "registry",
        "set",
        r"HKLM\Cluster\Resources\name\Parameters",
        "RequireDNS",
        "REG_DWORD",
        "0",
    ]);
    clients::host(&[
        "target",
        "registry",
        "set",
        r"HKLM\Cluster\Resources\store",
        "PersistentState",
        "REG_DWORD",
        "1",
    ]);
    clients::host(&["target", "group", "remove", "Double-Take Admin", r"CORP\svcdr"]);
    clients::host(&["source", "share", "allow", "C$", "none"]);
    let told = rows(&check(&edits));
    for (row, status) in [
        ("C-74", Status::Error),
        ("C-77", Status::Error),
        ("C-80", Status::Warning),
        ("C-81", Status::Warning),
    ] {
        assert!(told[row].contains(&status), "{row}: {:?}", told[row]);
    }
}
