//! A password is found in no argument, in no environment of a child, in no log, answer or file, whatever is asked with
//! it: right ones while everything is read, and wrong ones while everything is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
use serde_json::Value;

use crate::server::Server;

/// A pack that runs a program on this machine.
const PACK: &str = "{ name: acme, version: 1.0.0, about: Ours., owns: [acme] }\n";
const FACTS: &str = "facts:\n  - fact: acme.here\n    of: pair\n    about: What this machine says.\n    type: text\n    \
    probes:\n      - { on: local, shell: { run: [sh, -c, 'sleep 0.3; echo {}'], input: { a: source.name } }, value: row.said }\n";
const RULES: &str = "rules:\n  - id: acme/said\n    title: Nobody said hello\n    section: Acme\n    \
    expect: pair.acme.here == \"hello\"\n    severity: error\n    message: m\n    why: w\n    remedy: r\n";

/// A secret in every form in which it could be told.
struct Canary {
    name: &'static str,
    forms: Vec<Vec<u8>>,
}

impl Canary {
    fn new(name: &'static str, secret: &str) -> Self {
        let plain = secret.as_bytes().to_vec();
        let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut forms = Vec::new();
        for bytes in [plain, wide] {
            // the last letters of base 64 depend on what follows
            let encoded = BASE64.encode(&bytes).trim_end_matches('=').to_owned();
            forms.push(encoded.as_bytes()[..encoded.len() - 1].to_vec());
            forms.push(HEXLOWER.encode(&bytes).into_bytes());
            forms.push(HEXUPPER.encode(&bytes).into_bytes());
            forms.push(bytes);
        }
        Self { name, forms }
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        let has = |form: &Vec<u8>| bytes.windows(form.len()).any(|window| window == form);
        self.forms.iter().any(has)
    }
}

#[track_caller]
fn assert_silent(what: &str, bytes: &[u8], canaries: &[Canary]) {
    for canary in canaries {
        assert!(!canary.is_in(bytes), "{} is in {what}", canary.name);
    }
}

/// Arguments and environment of everything below a process; those that have not become another program yet are
/// passed over.
fn below(top: u32) -> Vec<(String, Vec<u8>)> {
    let read = |pid: u32, name: &str| fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        let stat = String::from_utf8_lossy(&read(pid, "stat")).into_owned();
        let parent = stat
            .rsplit(')')
            .next()
            .and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok());
        children.entry(parent.unwrap_or_default()).or_default().push(pid);
    }
    let own = read(top, "cmdline");
    let (mut open, mut found) = (vec![top], Vec::new());
    while let Some(pid) = open.pop() {
        open.extend(children.get(&pid).into_iter().flatten());
        let arguments = read(pid, "cmdline");
        if pid != top && arguments != own {
            let seen = [arguments.clone(), read(pid, "environ")].concat();
            let program = String::from_utf8_lossy(&arguments)
                .split('\0')
                .next()
                .unwrap_or_default()
                .to_owned();
            found.push((program, seen));
        }
    }
    found.push(("standin".to_owned(), own));
    found
}

/// What a run started, and what it told.
struct Seen {
    programs: BTreeSet<String>,
    told: String,
}

/// Runs the program while its children are looked at; what it told must hold nothing.
fn watched(folder: &Path, variables: &[(&str, &str)], canaries: &[Canary], arguments: &[&str]) -> Seen {
    let paths = [folder.join("out"), folder.join("err")];
    let mut command = Command::new(env!("CARGO_BIN_EXE_standin"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .env("HOME", folder)
        .env("STANDIN_STATE", folder.join("state"))
        .envs(variables.iter().copied())
        .stdout(fs::File::create(&paths[0]).unwrap())
        .stderr(fs::File::create(&paths[1]).unwrap());
    let mut child = command.spawn().unwrap();
    let mut programs = BTreeSet::new();
    let code = loop {
        for (program, seen) in below(child.id()) {
            assert_silent(&format!("{program}, of {arguments:?}"), &seen, canaries);
            programs.insert(program.rsplit('/').next().unwrap_or_default().to_owned());
        }
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let told = paths.map(|path| fs::read(path).unwrap());
    assert!(
        code.is_some_and(|code| code != 2),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&told.concat())
    );
    for told in &told {
        assert_silent(&format!("what {arguments:?} tells"), told, canaries);
    }
    let told = String::from_utf8(told.concat()).unwrap();
    Seen { programs, told }
}

/// Looks through every file below a folder; how many there are.
fn assert_files_silent(folder: &Path, canaries: &[Canary]) -> usize {
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            count += assert_files_silent(&entry.path(), canaries);
        } else {
            assert_silent(
                &entry.path().display().to_string(),
                &fs::read(entry.path()).unwrap(),
                canaries,
            );
            count += 1;
        }
    }
    count
}

/// Everything that can be done with a pair, told as loudly as can be.
fn everything(folder: &Path, variables: &[(&str, &str)], canaries: &[Canary]) -> BTreeSet<String> {
    let log = ["--log", "trace,standin=trace"];
    let mut programs = BTreeSet::new();
    let mut told = String::new();
    let mut run = |arguments: &[&str]| {
        let seen = watched(folder, variables, canaries, arguments);
        programs.extend(seen.programs);
        told += &seen.told;
    };
    run(&["trust", "acme", "--yes"]);
    let packs = ["--rules", "acme"];
    for command in [
        &["check", "."][..],
        &["check", ".", "-v"],
        &["check", ".", "--format", "json"],
        &["collect", ".", "--out", "a.json"],
        &["doctor", "."],
        &["rights", ".", "-v"],
    ] {
        run(&[command, &packs, &log].concat());
    }
    run(&[
        &[
            "collect",
            ".",
            "--snapshot",
            "a.json",
            "--redact",
            "--out",
            "public",
        ][..],
        &packs,
    ]
    .concat());
    for other in ["standin::transport", "hickory_proto"] {
        assert!(told.contains(other), "nothing is told of {other}");
    }
    let files = assert_files_silent(folder, canaries);
    assert!(
        files >= 8,
        "recording, redacted recording and state were looked at: {files}"
    );
    programs
}

/// The endpoints that refused who asked.
fn refused(folder: &Path) -> BTreeSet<String> {
    let recording: Value = serde_json::from_slice(&fs::read(folder.join("a.json")).unwrap()).unwrap();
    let mut roots = BTreeSet::new();
    gather(&recording, &mut roots);
    roots
}

fn gather(value: &Value, roots: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let of = |name: &str| fields.get(name).and_then(Value::as_str);
            if let (Some("bad_credentials"), Some(root)) = (of("cause"), of("root")) {
                roots.insert(root.to_owned());
            }
            fields.values().for_each(|field| gather(field, roots));
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, roots)),
        _ => {}
    }
}

/// A pair file and the pack beside it.
fn write(folder: &Path, packs: &str, endpoints: &str) {
    fs::create_dir_all(folder.join("acme/facts")).unwrap();
    fs::create_dir_all(folder.join("acme/rules")).unwrap();
    fs::write(folder.join("acme/pack.yaml"), PACK).unwrap();
    fs::write(folder.join("acme/facts/all.yaml"), FACTS).unwrap();
    fs::write(folder.join("acme/rules/all.yaml"), RULES).unwrap();
    let text = format!(
        "pair: lab\npacks: [common, exchange, sql, acme, {packs}]\n\
         source: {{ name: SRCMAIL, address: 127.0.0.11, domain: corp.example }}\n\
         target: {{ name: TGTMAIL, address: 127.0.0.12, domain: corp.example }}\nendpoints:\n{endpoints}\
         settings: {{ dns.update_test: true, dns.map: [{{ source: 127.0.0.11, target: 127.0.0.12 }}] }}\n"
    );
    fs::write(folder.join("pair.yaml"), text).unwrap();
}

/// Directory, name server and databases, with the variables that hold their secrets.
fn common(directory: &str, sql: &str) -> String {
    let ca = crate::CA;
    format!(
        "  directory:\n    ldap: {{ server: dc1.corp.example, ca: {ca} }}\n    \
         credential: {{ user: {directory}, password: {{ env: CANARY_LDAP }} }}\n  \
         dns: {{ dns: {{ server: 127.0.0.53, tsig: {{ name: standin-update, secret: {{ env: CANARY_DNS }} }} }} }}\n  \
         servers:\n    tds: {{ ca: {ca}, credential: {{ user: {sql}, password: {{ env: CANARY_TDS }} }} }}\n"
    )
}

fn lab(name: &str) -> String {
    std::env::var(format!("STANDIN_LAB_{name}")).unwrap()
}

#[test]
fn a_password_is_seen_nowhere_while_everything_is_read() {
    in_lab!();
    let server = Server::start("127.0.2.2", 5986);
    let folder = tempfile::tempdir().unwrap();
    let secrets = [
        ("CANARY_LDAP", lab("READER_PASSWORD")),
        ("CANARY_DNS", lab("TSIG_UPDATE")),
        ("CANARY_TDS", lab("SQL_ADMIN_PASSWORD")),
        ("CANARY_HOST", lab("HOST_ADMIN_PASSWORD")),
    ];
    let variables = secrets.each_ref().map(|(name, secret)| (*name, secret.as_str()));
    let canaries = secrets.each_ref().map(|(name, secret)| Canary::new(name, secret));
    let common = common(&lab("READER"), &lab("SQL_ADMIN"));
    let (user, ca) = (lab("HOST_ADMIN"), server.certificate.path().display().to_string());
    // one side over rpc, the other over winrm
    let hosts = format!(
        "    credential: {{ user: {user}, password: {{ env: CANARY_HOST }} }}\n  source: {{ rpc: {{}} }}\n  \
         target: {{ winrm: {{ server: {}, port: {}, ca: {ca} }} }}\n",
        server.address, server.port
    );
    write(folder.path(), "engine-carbonite", &format!("{common}{hosts}"));
    let programs = everything(folder.path(), &variables, &canaries);
    assert!(refused(folder.path()).is_empty());
    for program in ["python3", "sh"] {
        assert!(programs.contains(program), "{programs:?}");
    }
    let found = [
        "discover",
        "--domain",
        "corp.example",
        "--user",
        &lab("READER"),
        "--password",
        "env:CANARY_LDAP",
        "--ca",
        crate::CA,
        "--server",
        "srcmail.corp.example",
        "--log",
        "trace,standin=trace",
    ];
    watched(folder.path(), &variables, &canaries, &found);

    // both over ssh, the pack that runs commands there, and databases that are asked through them
    let folder = tempfile::tempdir().unwrap();
    let (key, known) = (lab("SSH_KEY"), lab("KNOWN_HOSTS"));
    let hosts = format!("    ssh: {{ user: standin, key: {key}, known_hosts: {known} }}\n");
    let common = common.replace("tds: { ", "tds: { through: host, ");
    write(folder.path(), "engine-carbonite", &format!("{common}{hosts}"));
    let private = fs::read_to_string(key).unwrap();
    let line = private.lines().nth(2).unwrap();
    let mut canaries = Vec::from(canaries);
    canaries.push(Canary::new("the private key", line));
    let programs = everything(folder.path(), &variables, &canaries);
    assert!(programs.contains("ssh"), "{programs:?}");
    assert!(refused(folder.path()).is_empty());
}

#[test]
fn a_wrong_password_is_seen_nowhere_while_everything_is_refused() {
    in_lab!();
    let server = Server::start("127.0.2.3", 5986);
    let folder = tempfile::tempdir().unwrap();
    let secrets = [
        ("CANARY_LDAP", "Wrong-canary-of-the-directory".to_owned()),
        ("CANARY_DNS", BASE64.encode(b"wrong-canary-of-the-name-server!")),
        ("CANARY_TDS", "Wrong-canary-of-the-databases".to_owned()),
        ("CANARY_RPC", "Wrong-canary-of-the-source".to_owned()),
        ("CANARY_WINRM", "Wrong-canary-of-the-target".to_owned()),
    ];
    let variables = secrets.each_ref().map(|(name, secret)| (*name, secret.as_str()));
    let canaries = secrets.each_ref().map(|(name, secret)| Canary::new(name, secret));
    let ca = server.certificate.path().display();
    let hosts = format!(
        "  source: {{ rpc: {{ credential: {{ user: 'CORP\\alice', password: {{ env: CANARY_RPC }} }} }} }}\n  \
         target: {{ winrm: {{ server: {}, port: {}, ca: {ca}, credential: {{ user: 'CORP\\bob', password: {{ env: CANARY_WINRM }} }} }} }}\n",
        server.address, server.port
    );
    let common = common("carol@corp.example", "canary");
    write(folder.path(), "engine-carbonite", &format!("{common}{hosts}"));
    let programs = everything(folder.path(), &variables, &canaries);
    assert!(programs.contains("python3"), "{programs:?}");
    let refused = refused(folder.path());
    let all = [
        "directory",
        "dns",
        "source.rpc",
        "source.tds",
        "target.tds",
        "target.winrm",
    ];
    assert_eq!(refused, all.map(str::to_owned).into());
}
