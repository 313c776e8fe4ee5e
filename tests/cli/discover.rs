//! Servers that could be a pair, found without a directory: hosts that are named, their browser, what listens there.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, UdpSocket};

use crate::run::{put, standin};

/// What a database server of version 15.0.4123 says to a greeting.
const GREETING: &[u8] = &[
    4, 1, 0, 26, 0, 0, 1, 0, 0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 255, 15, 0, 0x10, 0x1b, 0, 0, 3,
];

/// Answers every datagram with this list of instances.
fn browser(address: &str, text: &'static str) {
    let socket = UdpSocket::bind((address, 1434)).unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 64];
        while let Ok((_, from)) = socket.recv_from(&mut buffer) {
            let length = u16::try_from(text.len()).unwrap().to_le_bytes();
            let answer = [&[5], &length[..], text.as_bytes()].concat();
            socket.send_to(&answer, from).unwrap();
        }
    });
}

/// Greets everybody who connects.
fn server(address: &str, port: u16) {
    let listener = TcpListener::bind((address, port)).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 64]);
            let _ = stream.write_all(GREETING);
        }
    });
}

/// Nobody foretells how quickly a server answers, and how wide that is.
fn without_times(text: &str) -> String {
    let line = |line: &str| {
        if !line.contains(" ms") {
            return line.to_owned();
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_time = |place: usize| words.get(place + 1) == Some(&"ms");
        let kept = words.iter().enumerate();
        let kept = kept.map(|(place, word)| if is_time(place) { "N" } else { *word });
        kept.collect::<Vec<_>>().join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_named_host_s_instances_are_told_with_the_pairs_that_name_them() {
    let host = "127.0.0.41";
    browser(
        host,
        "ServerName;SQL1;InstanceName;PAYROLL;IsClustered;No;Version;15.0.2000.5;tcp;50123;;\
         ServerName;SQLV;InstanceName;SHARED;IsClustered;Yes;Version;15.0.2000.5;tcp;50124;;\
         ServerName;SQL1;InstanceName;LOCAL\u{202e};IsClustered;No;Version;15.0.2000.5;;",
    );
    server(host, 50123);
    let folder = tempfile::tempdir().unwrap();
    let pair = |name: &str, instance: &str| {
        format!(
            "pair: {name}\npacks: [common]\nsource: {{ name: SQL1, address: 10.0.0.1 }}\ntarget: {{ name: SQL9, address: 10.0.0.2 }}\n\
             endpoints:\n  servers: {{ tds: {{ instance: {instance} }}, credential: {{ kerberos: {{}} }} }}\n"
        )
    };
    put(
        folder.path(),
        &[
            ("a/pair.yaml", &pair("payroll", "PAYROLL")),
            ("b/pair.yaml", &pair("other", "OTHER")),
            ("c/pair.yaml", "pair: broken\n"),
        ],
    );
    let pairs = folder.path().to_str().unwrap();
    let asked = [
        "discover",
        "--server",
        host,
        "--application",
        "sql",
        "--pairs",
        pairs,
    ];
    let run = standin(asked);
    insta::assert_snapshot!("discover", without_times(&run.told(folder.path())));
    let told = standin(asked.iter().chain(&["--format", "json"]));
    let servers = told.json()["applications"][0]["servers"].take();
    let payroll = servers
        .as_array()
        .unwrap()
        .iter()
        .find(|server| server["instance"] == "PAYROLL")
        .unwrap();
    assert_eq!(payroll["version"], "15.0.4123");
    assert_eq!(
        (&payroll["answers"], &payroll["port"]),
        (&true.into(), &50123.into())
    );
    assert_eq!(payroll["pairs"][0]["pair"], "payroll");
    assert_eq!(payroll["pairs"].as_array().unwrap().len(), 1);
}

#[test]
fn what_cannot_be_asked_is_refused_with_a_way_out() {
    let rows: [&[&str]; 5] = [
        &["discover"],
        &["discover", "--domain", "corp.example"],
        &["discover", "--server", "a b"],
        &["discover", "--server", "127.0.0.1", "--application", "exchnge"],
        &["discover", "--user", "a@b", "--application", "windows"],
    ];
    let told: Vec<String> = rows
        .iter()
        .map(|row| {
            let run = standin(*row);
            assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{row:?}");
            run.err
        })
        .collect();
    insta::assert_snapshot!("discover-refused", told.join("---\n"));
}

#[test]
fn a_password_is_never_asked_for_on_the_command_line() {
    let run = standin([
        "discover",
        "--domain",
        "corp.example",
        "--user",
        "a@b",
        "--password",
        "secret",
    ]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.err.contains("the password itself is never given"),
        "{}",
        run.err
    );
}

#[test]
fn the_rights_that_a_pair_needs_are_listed_without_asking_anybody() {
    let run = standin(["rights", "fixtures/exchange-healthy", "--offline"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    for part in [
        "directory  ldap dc1.corp.fabrikam.com port 389 as FABRIKAM\\svc-standin\n  • needs   ",
        "\ndns  dns dc1.corp.fabrikam.com port 53 as the key standin\n",
        "    guide   A-7\n",
        "rights are needed at least; nobody was asked",
    ] {
        assert!(run.out.contains(part), "{part}\n{}", run.out);
    }
    let told = standin([
        "rights",
        "fixtures/exchange-healthy",
        "--offline",
        "--only",
        "dns",
        "--format",
        "json",
    ])
    .json();
    let rights = told["rights"].as_array().unwrap();
    assert!(rights.iter().any(|right| right["right"] == "common/query-zones"));
    for right in rights {
        assert!(right["status"].is_null() && right["grant"].is_string(), "{right}");
        assert!(!right["facts"].as_array().unwrap().is_empty(), "{right}");
        assert!(!right["rules"].as_array().unwrap().is_empty(), "{right}");
    }
}
