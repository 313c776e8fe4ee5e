//! What other programs see of the whole lab, as text that can be compared.
//!
//! Left out, since a change and its opposite do not bring them back: when a login was last changed, `uSNChanged`, `whenChanged`, replication metadata and
//! deleted objects (the directory counts every write), serials of zones, times of files, and files that were
//! on their way when a run was killed (`NAME.….new`, beside their place).

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::setting;

/// Attributes of the directory that every write changes.
const COUNTED: &[&str] = &[
    "uSNChanged:",
    "whenChanged:",
    "replPropertyMetaData:",
    "msDS-RevealedUsers:",
    "lastLogon:",
    "logonCount:",
    "lastLogonTimestamp:",
    "pwdLastSet:",
    "badPwdCount:",
    "badPasswordTime:",
];

/// Everything, by what it is part of.
pub(crate) fn all() -> BTreeMap<String, String> {
    let mut dumps = BTreeMap::from([("directory".to_owned(), directory())]);
    for zone in ["corp.example", "0.0.127.in-addr.arpa"] {
        dumps.insert(format!("zone {zone}"), self::zone(zone));
    }
    for server in ["source", "target", "source-payroll", "target-payroll"] {
        dumps.insert(
            format!("databases of {server}"),
            flat(&shown("tests/lab/sql/change", &[server, "show"])),
        );
    }
    for host in ["SOURCE", "TARGET"] {
        let name = setting(host);
        let name = name.split('.').next().unwrap().to_owned();
        let state = Path::new(&setting("HOME")).join(&name);
        dumps.insert(
            format!("services of {name}"),
            flat(&read(&state.join("services.json"))),
        );
        dumps.insert(format!("files of {name}"), files(&state));
    }
    for (part, text) in &dumps {
        assert!(!text.is_empty(), "nothing is seen of {part}");
    }
    dumps
}

/// A JSON document with each of its values in a line, behind the way to it.
fn flat(text: &str) -> String {
    fn put(way: &str, value: &Value, lines: &mut Vec<String>) {
        match value {
            Value::Object(fields) => fields
                .iter()
                .for_each(|(name, value)| put(&format!("{way}/{name}"), value, lines)),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(place, value)| put(&format!("{way}/{place}"), value, lines)),
            // When something was last changed, and what has the value that it has by itself.
            _ if way.ends_with("/modified") || way.contains("/show advanced options/") => {}
            Value::String(state) if way.ends_with("/state") && state == "ONLINE" => {}
            scalar => lines.push(format!("{way} {scalar}")),
        }
    }
    let mut lines = Vec::new();
    put("", &serde_json::from_str(text).unwrap(), &mut lines);
    lines.join("\n")
}

/// What is in one and not in the other, line by line.
pub(crate) fn differences(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut told = Vec::new();
    for (part, old) in before {
        let new = &after[part];
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let (old, new) = (lines(old), lines(new));
        let missing = |one: &[String], other: &[String], sign: &str| {
            let other: std::collections::BTreeSet<&String> = other.iter().collect();
            let only = one.iter().filter(|line| !other.contains(line));
            only.map(|line| format!("{part}: {sign} {line}"))
                .collect::<Vec<_>>()
        };
        told.extend(missing(&old, &new, "-"));
        told.extend(missing(&new, &old, "+"));
    }
    told
}

fn directory() -> String {
    let database = [
        format!("--configfile={}", setting("SMBCONF")),
        "-H".to_owned(),
        setting("SAM"),
    ];
    let mut text = String::new();
    for base in ["CN=Configuration,DC=corp,DC=example", "DC=corp,DC=example"] {
        let mut words: Vec<&str> = database.iter().map(String::as_str).collect();
        words.extend([
            "-b",
            base,
            "-s",
            "sub",
            "(objectClass=*)",
            "*",
            "nTSecurityDescriptor",
        ]);
        text += &shown("ldbsearch", &words);
    }
    // A long value goes on in lines that begin with a space.
    let text = text.replace("\n ", "");
    let mut objects: Vec<String> = Vec::new();
    for object in text.split("\n\n") {
        let counted = |line: &str| COUNTED.iter().any(|name| line.starts_with(name)) || line.starts_with('#');
        let mut lines: Vec<&str> = object.lines().filter(|line| !counted(line)).collect();
        let Some(dn) = lines.iter().find(|line| line.starts_with("dn:")).copied() else {
            continue;
        };
        lines.sort_unstable();
        let lines: Vec<String> = lines.iter().map(|line| format!("{dn} {line}")).collect();
        objects.push(lines.join("\n"));
    }
    objects.sort_unstable();
    objects.join("\n")
}

fn zone(zone: &str) -> String {
    let key = format!("hmac-sha256:standin-xfer:{}", setting("TSIG_XFER"));
    let server = format!("@{}", setting("NS1"));
    let text = shown("dig", &[&server, "-y", &key, zone, "AXFR", "+noall", "+answer"]);
    let mut lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.contains("\tSOA\t") && !line.contains("TSIG"))
        .collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// The drives of a host: every file with its digest; what Samba keeps for itself is left out.
fn files(state: &Path) -> String {
    let script = "for drive in C D E; do [ -d $drive ] && find $drive -type f -print0 | sort -z | xargs -0 -r sha256sum; done; true";
    let output = Command::new("sh")
        .arg("-c")
        .arg(script)
        .current_dir(state)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // What was being copied when a run was killed lies beside its place under a name of its own.
    let lines = text.lines().filter(|line| line.rsplit('.').next() != Some("new"));
    lines.map(|line| format!("{line}\n")).collect::<Vec<_>>().concat()
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}

pub(crate) fn shown(program: &str, words: &[&str]) -> String {
    let output = Command::new(program)
        .args(words)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
