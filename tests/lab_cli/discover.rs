//! Servers that could be a pair, found in the lab's directory and by asking hosts.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, UdpSocket};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{CA, Run, standin};

/// The options that log on to the lab's directory.
fn logged_on(password: &str) -> Vec<String> {
    let reader = std::env::var("STANDIN_LAB_READER").unwrap();
    let password = format!("env:{password}");
    [
        "--domain",
        "corp.example",
        "--user",
        &reader,
        "--password",
        &password,
        "--ca",
        CA,
    ]
    .map(str::to_owned)
    .into()
}

fn discover(arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let log_on = logged_on("STANDIN_LAB_READER_PASSWORD");
    let log_on: Vec<&str> = log_on.iter().map(String::as_str).collect();
    standin(folder.path(), &[&["discover"], &*log_on, arguments].concat())
}

/// The servers of an application.
fn servers(run: &Run, application: &str) -> Vec<Value> {
    let told: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}{}", run.out, run.err));
    let mut all = told["applications"].as_array().unwrap().iter();
    let of = all.find(|one| one["application"] == application).unwrap();
    of["servers"].as_array().unwrap().clone()
}

/// Changes the running directory's files.
fn change(ldif: &str) {
    let [configuration, sam] =
        ["STANDIN_LAB_SMBCONF", "STANDIN_LAB_SAM"].map(|name| std::env::var(name).unwrap());
    let mut child = Command::new("ldbmodify")
        .args(["--configfile", &configuration, "-H", &sam])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(ldif.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{ldif}");
}

/// A service account with these names, until it is dropped.
struct Account(String);

impl Account {
    fn new(name: &str, names: &[&str]) -> Self {
        let dn = format!("CN={name},CN=Users,DC=corp,DC=example");
        let names: Vec<String> = names
            .iter()
            .map(|name| format!("servicePrincipalName: {name}\n"))
            .collect();
        change(&format!(
            "dn: {dn}\nchangetype: add\nobjectClass: user\nsAMAccountName: {name}\n{}",
            names.concat()
        ));
        Self(dn)
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        change(&format!("dn: {}\nchangetype: delete\n", self.0));
    }
}

#[test]
fn servers_of_the_organisation_are_found_with_what_the_directory_knows() {
    in_lab!();
    let run = discover(&[
        "--application",
        "exchange",
        "--pairs",
        "tests",
        "--format",
        "json",
    ]);
    let found = servers(&run, "exchange");
    assert_eq!(run.code, Some(0), "{}", run.err);
    let of = |server: &Value| {
        ["name", "dns_name", "version", "edition", "group"]
            .map(|field| server[field].as_str().unwrap().to_owned())
    };
    assert_eq!(
        found.iter().map(of).collect::<Vec<_>>(),
        [
            [
                "SRCMAIL",
                "srcmail.corp.example",
                "6.5.7638.2",
                "enterprise",
                "First Administrative Group"
            ],
            [
                "TGTMAIL",
                "tgtmail.corp.example",
                "6.5.7638.2",
                "enterprise",
                "First Administrative Group"
            ],
        ]
    );
    for server in &found {
        assert_eq!(server["clustered"], false, "{server}");
        assert_eq!(server["addresses"].as_array().unwrap().len(), 1, "{server}");
        // Nothing of the lab listens for mail.
        assert_eq!(server["answers"], false, "{server}");
    }
}

#[test]
fn database_servers_that_others_wrote_are_found_and_greet() {
    in_lab!();
    let run = discover(&["--application", "sql", "--format", "json"]);
    let found = servers(&run, "sql");
    // Another test of this file registers more.
    let own = found
        .iter()
        .filter(|server| server["group"].is_null() && server["name"] == "SRCMAIL");
    for server in own.clone() {
        assert_eq!(
            (&server["answers"], &server["clustered"]),
            (&true.into(), &false.into()),
            "{server}"
        );
        assert_eq!(server["addresses"][0], "127.0.0.11", "{server}");
    }
    assert_eq!(own.count(), 2, "{}", run.out);
}

#[test]
fn registered_databases_are_found_and_asked_who_they_are() {
    in_lab!();
    // A host of the lab on which nothing listens but this test.
    let (host, address) = (
        "unknown-ca.trouble.example",
        std::env::var("STANDIN_LAB_UNKNOWN_CA_IP").unwrap(),
    );
    let browser = UdpSocket::bind((address.as_str(), 1434)).unwrap();
    std::thread::spawn(move || {
        let text =
            b"ServerName;UNKNOWN-CA;InstanceName;PAYROLL;IsClustered;No;Version;13.0.1601.5;tcp;50123;;";
        let answer = [&[5, u8::try_from(text.len()).unwrap(), 0], &text[..]].concat();
        while let Ok((_, from)) = browser.recv_from(&mut [0; 64]) {
            browser.send_to(&answer, from).unwrap();
        }
    });
    let listener = TcpListener::bind((address.as_str(), 50123)).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 64]);
            let greeting = [
                4, 1, 0, 26, 0, 0, 1, 0, 0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 255, 13, 0, 0x16, 0x42, 0, 0, 3,
            ];
            let _ = stream.write_all(&greeting);
        }
    });
    let _account = Account::new(
        "svcother",
        &[
            &format!("MSSQLSvc/{host}:PAYROLL"),
            &format!("MSSQLSvc/{host}:50123"),
            "MSSQLSvc/refused-nowhere.corp.example:1433",
            "MSSQLSvc/10.9.9.9:1433",
            "MSSQLSvc/a)(cn=b.corp.example:1433",
            "HTTP/web.corp.example",
        ],
    );
    let run = discover(&["--application", "sql", "--format", "json"]);
    let found = servers(&run, "sql");
    let of = |server: &Value| {
        format!(
            "{} {} {} {}",
            server["name"], server["instance"], server["port"], server["version"]
        )
    };
    assert_eq!(
        found.iter().map(of).collect::<Vec<_>>(),
        [
            "\"A)(CN=B\" \"MSSQLSERVER\" 1433 null",
            "\"REFUSED-NOWHERE\" \"MSSQLSERVER\" 1433 null",
            "\"SRCMAIL\" \"MSSQLSERVER\" 1433 \"15.0.4345\"",
            "\"SRCMAIL\" \"PAYROLL\" 51433 \"10.50.6560\"",
            "\"TGTMAIL\" \"MSSQLSERVER\" 1433 \"15.0.4345\"",
            "\"TGTMAIL\" \"PAYROLL\" 51433 \"10.50.6560\"",
            "\"UNKNOWN-CA\" \"PAYROLL\" 50123 \"13.0.5698\"",
        ],
        "{}",
        run.err
    );
    // Browsers that could not be asked may know more.
    assert_eq!(run.code, Some(3));
}

#[test]
fn trouble_of_the_directory_is_told_and_costs_one_try() {
    in_lab!();
    let folder = tempfile::tempdir().unwrap();
    let log_on = logged_on("STANDIN_LAB_ADMIN_PASSWORD");
    let log_on: Vec<&str> = log_on.iter().map(String::as_str).collect();
    let run = standin(folder.path(), &[&["discover"], &*log_on].concat());
    assert_eq!(run.code, Some(3), "{}{}", run.out, run.err);
    assert!(run.out.contains("check user and password"), "{}", run.out);
    let start = Instant::now();
    let run = discover(&["--directory", "127.0.0.61", "--timeout", "2s"]);
    assert_eq!(run.code, Some(3), "{}{}", run.out, run.err);
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
}

#[test]
fn without_a_choice_nothing_is_written() {
    in_lab!();
    let folder = tempfile::tempdir().unwrap();
    let log_on = logged_on("STANDIN_LAB_READER_PASSWORD");
    let log_on: Vec<&str> = log_on.iter().map(String::as_str).collect();
    let run = standin(folder.path(), &[&["init", "--out", "new"], &*log_on].concat());
    assert_eq!(run.code, Some(3), "{}{}", run.out, run.err);
    assert!(
        run.out.contains("--source SRCMAIL --target TGTMAIL"),
        "{}",
        run.out
    );
    assert!(!folder.path().join("new").exists());
}
