use super::*;
use crate::diagnostic::{human, json};
use jiff::Timestamp;
use proptest::prelude::*;

const GOOD: &str = "\
pair: mail-pair
packs: [common, mail]
source: { name: EXCH1, address: 192.0.2.11, domain: corp.example }
target:
  name: EXCH2
  address: 2001:db8::12
  addresses: [192.0.2.12]
endpoints:
  directory:
    ldap: { server: dc1.corp.example, ca: certs/ca.pem, base: 'DC=corp,DC=example' }
    credential: { user: 'CORP\\reader', password: { env: READER } }
    connections: 2
    deadline: 500ms
  catalogue:
    ldap: { server: 192.0.2.1, port: 3268, security: gssapi }
    credential: { kerberos: {} }
  dns:
    dns: { server: '2001:db8::53', tsig: { name: standin.key, secret: { file: key } } }
  web: { tcp: { server: owa.corp.example, port: 443 } }
settings:
  drive_map: { D: E }
  failover.enabled: true
services: [{ name: MailStore }, W3SVC]
params: { min: 4.40 }
waivers:
  - { rule: common/os-differs, subject: 'target*', reason: agreed, owner: ops, until: 2027-03-31 }
recorded: snapshot.json
collect: { timeout: 2m, connections: 3 }
max_age: 1h
";

fn parse(text: &str) -> (Option<Pair>, Diagnostics, SourceMap) {
    let mut sources = SourceMap::new();
    let id = sources.add("pair.yaml", text);
    let mut sink = Diagnostics::new();
    let pair = Pair::parse(id, Path::new("/etc/pairs"), &sources, &mut sink);
    (pair, sink, sources)
}

fn told(text: &str) -> Vec<String> {
    let (_, sink, sources) = parse(text);
    let line = |value: serde_json::Value| {
        let help = value["help"][0]
            .as_str()
            .map_or(String::new(), |help| format!(" ({help})"));
        format!(
            "{}:{} {}{help}",
            value["line"],
            value["column"],
            value["message"].as_str().unwrap()
        )
    };
    sink.sorted()
        .into_iter()
        .map(|diagnostic| line(json(diagnostic, &sources)))
        .collect()
}

/// Replaces the line of the good file that begins with a word and returns what is told.
fn with(word: &str, line: &str) -> Vec<String> {
    let lines = GOOD.lines().map(|old| {
        if old.trim_start().starts_with(word) {
            line
        } else {
            old
        }
    });
    let text: Vec<&str> = lines.collect();
    assert!(text.contains(&line), "{word} is not in the file");
    told(&text.join("\n"))
}

#[test]
fn a_right_file_is_understood() {
    let (pair, sink, _) = parse(GOOD);
    assert!(sink.is_empty(), "{sink:?}");
    let pair = pair.unwrap();
    assert_eq!((pair.name.value.as_str(), pair.packs.len()), ("mail-pair", 2));
    assert_eq!(pair.source.addresses, [pair.source.address.value]);
    assert_eq!(pair.target.addresses.len(), 2);
    assert_eq!(pair.source.domain.as_deref(), Some("corp.example"));
    assert_eq!(pair.recorded, Some(PathBuf::from("/etc/pairs/snapshot.json")));
    assert_eq!(
        pair.collect,
        Collect {
            timeout: Duration::from_mins(2),
            connections: 3
        }
    );
    assert_eq!(pair.max_age, Some(Duration::from_hours(1)));
    assert_eq!(
        (pair.services.len(), pair.waivers.len(), pair.endpoints.len()),
        (2, 1, 4)
    );
    let settings = pair.settings.unwrap().to_json();
    assert_eq!(settings["drive_map"]["D"], "E");
    assert_eq!(pair.params.unwrap().get("min").and_then(Node::text), Some("4.40"));
}

#[test]
fn endpoints_have_defaults() {
    let pair = parse(GOOD).0.unwrap();
    let directory = pair.endpoint("directory").unwrap();
    assert_eq!(
        (directory.connections, directory.deadline),
        (2, Duration::from_millis(500))
    );
    let Protocol::Ldap {
        port,
        security,
        ca,
        credential,
        ..
    } = &directory.protocol
    else {
        panic!()
    };
    assert_eq!((*port, *security), (636, Security::Ldaps));
    assert_eq!(ca.as_deref(), Some(Path::new("/etc/pairs/certs/ca.pem")));
    let Credential::Password { user, password } = credential else {
        panic!()
    };
    assert_eq!(
        (user.as_str(), &password.source),
        ("CORP\\reader", &SecretSource::Env("READER".into()))
    );
    let Protocol::Ldap { port, credential, .. } = &pair.endpoint("catalogue").unwrap().protocol else {
        panic!()
    };
    assert_eq!((*port, credential), (3268, &Credential::Kerberos));
    let Protocol::Dns { server, port, tsig } = &pair.endpoint("dns").unwrap().protocol else {
        panic!()
    };
    assert_eq!((server.as_str(), *port), ("2001:db8::53", 53));
    let tsig = tsig.as_ref().unwrap();
    assert_eq!(
        (tsig.name.as_str(), tsig.algorithm),
        ("standin.key", "hmac-sha256")
    );
    assert_eq!(tsig.secret.source, SecretSource::File("/etc/pairs/key".into()));
    assert_eq!(pair.endpoint("nowhere"), None);
}

/// The good file with these endpoints in place of its own.
fn with_endpoints(endpoints: &str) -> String {
    let (before, rest) = GOOD.split_once("endpoints:\n").unwrap();
    let (_, after) = rest.split_once("settings:\n").unwrap();
    format!("{before}endpoints:\n{endpoints}settings:\n{after}")
}

#[test]
fn servers_share_endpoints_and_differ_in_some() {
    let text = with_endpoints(
        "  servers: { rpc: {}, tds: { port: 1444 }, credential: { user: a, password: { env: A } }, connections: 2 }
  source: { tds: { instance: PAYROLL, credential: { kerberos: {} } }, deadline: 3s }
  target: { ssh: { user: b, server: host2 }, credential: { user: c, password: { env: C } } }
",
    );
    let (pair, sink, _) = parse(&text);
    assert!(sink.is_empty(), "{sink:?}");
    let pair = pair.unwrap();
    let names: Vec<&str> = pair.endpoints.keys().map(String::as_str).collect();
    assert_eq!(names, ["source.rpc", "source.tds", "target.ssh", "target.tds"]);
    let source = pair.host("source").unwrap();
    assert_eq!((source.connections, source.deadline), (2, Duration::from_secs(3)));
    assert_eq!(source.protocol.address(), ("192.0.2.11", Some(445)));
    assert_eq!(
        pair.tds("source").unwrap().protocol.address(),
        ("192.0.2.11", None)
    );
    assert_eq!(pair.tds("source").unwrap().protocol.secret(), None);
    assert_eq!(
        pair.host("target").unwrap().protocol.address(),
        ("host2", Some(22))
    );
    let target = pair.tds("target").unwrap();
    assert_eq!(target.protocol.address(), ("2001:db8::12", Some(1444)));
    let secret = target.protocol.secret().unwrap();
    assert_eq!(secret.source, SecretSource::Env("C".into()));
}

#[test]
fn a_host_asks_for_databases_that_are_too_old() {
    let text = with_endpoints(
        "  servers: { ssh: { user: b }, credential: { user: a, password: { env: A } } }
  source: { tds: { through: host } }
  target: { tds: { port: 1444, through: old_one, credential: { user: sa, password: { env: C } } } }
  old_one: { winrm: { server: jump }, credential: { user: a, password: { env: A } } }
",
    );
    let (pair, sink, _) = parse(&text);
    assert!(sink.is_empty(), "{sink:?}");
    let pair = pair.unwrap();
    let through = |side| pair.through(pair.tds(side).unwrap()).unwrap().name.as_str();
    assert_eq!((through("source"), through("target")), ("source.ssh", "old_one"));
    // what holds around it is a log-on of Windows
    assert_eq!(pair.tds("source").unwrap().protocol.secret(), None);
    assert!(pair.tds("target").unwrap().protocol.secret().is_some());

    let text = with_endpoints(
        "  servers: { rpc: {}, credential: { user: a, password: { env: A } } }
  source: { tds: { through: host } }
  target: { tds: { through: none, credential: { kerberos: {} } } }
",
    );
    let wrong = told(&text);
    let parts = [
        "`through: host` of `source.tds`",
        "`through: none` of `target.tds`",
        "a ticket does not travel",
    ];
    for part in parts {
        assert!(wrong.iter().any(|line| line.contains(part)), "{part}: {wrong:#?}");
    }
    assert_eq!(wrong.len(), parts.len(), "{wrong:#?}");
}

#[test]
fn wrong_endpoints_of_servers_are_told_once() {
    let text = with_endpoints(
        "  servers: { rpc: { server: a, prt: 1 }, winrm: {}, tds: { port: 1, instance: A } }
  source: { ldap: {}, rpc: { credential: anonymous } }
  target: { tds: { instance: 'A\\B', credential: { kerberos: {} } }, winrm: { credential: { kerberos: {} } } }
  warehouse: { rpc: {}, credential: { user: a, password: secret } }
  shells: { ssh: { server: a, user: -oProxyCommand } }
",
    );
    insta::assert_debug_snapshot!(told(&text));
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = "pair: a b\npaks: [x]\nsource: { name: A, address: host1 }\ntarget: { name: B, adress: 192.0.2.1 }\n\
                endpoints: { directory: { dns: { server: x } }, local: { tcp: { server: 'a:1', port: 0 } } }\n\
                max_age: 1d\nwaivers: [{ rule: all, reason: '', until: 2027-02-30 }]\n";
    let expected = [
        "1:1 a pair file lacks `packs`",
        "1:7 `a b` is not a name (letters, digits, `_` and `-`)",
        "2:1 unknown key `paks` in a pair file (did you mean `packs`?)",
        "3:29 `host1` is not an IP address (write an address such as 192.0.2.10, not a name)",
        "4:11 a server lacks `address`",
        "4:20 unknown key `adress` in a server (did you mean `address`?)",
        "5:14 the endpoint `directory` speaks ldap, not dns",
        "5:49 `local` is this machine and needs no endpoint",
        "5:73 `a:1` is not a host name or an IP address (write the port under `port`)",
        "5:86 0 is not between 1 and 65535",
        "6:10 `1d` is not a time span (time spans look like `500ms`, `10s`, `2m` or `1h`)",
        "7:13 a waiver lacks `owner`",
        "7:19 `all` is not the name of a rule (rules are named `pack/problem`; a waiver holds for one rule)",
        "7:32 this text is empty",
    ];
    let told = told(text);
    assert_eq!(told[..expected.len()], expected);
    assert!(
        told[expected.len()].starts_with("7:43 `2027-02-30` is not a day"),
        "{told:?}"
    );
    assert_eq!(told.len(), expected.len() + 1);
}

#[test]
fn a_frame_shows_the_place() {
    let (_, sink, sources) = parse(&GOOD.replace("security: gssapi", "security: gsapi"));
    insta::assert_snapshot!(human(&sink, &sources, false), @r"
    error[unknown-word]: `gsapi` is not one of `ldaps`, `starttls`, `plain`, `gssapi`
      --> pair.yaml:15:54
       |
    15 |     ldap: { server: 192.0.2.1, port: 3268, security: gsapi }
       |                                                      ^^^^^
       |
       = help: did you mean `gssapi`?
    ");
}

#[test]
fn a_secret_is_refused_and_not_shown() {
    let rows = [
        "{ user: x, password: hunter2 }",
        "{ user: x, password: 'hunter2', frob: 1 }",
        "{ user: x, pasword: hunter2 }",
        "{ user: x, password: { value: hunter2 } }",
        "{ user: x, password: { env: A, secret: hunter2 } }",
        "{ user: x, password: [hunter2] }",
        "{ kerberos: hunter2 }",
        "{ kerberos: {}, password: hunter2 }",
        "x:hunter2",
        "[x, hunter2]",
        "{ user: x, password: | \n      hunter2\n     }",
    ];
    for credential in rows {
        let text = GOOD.replace("{ user: 'CORP\\reader', password: { env: READER } }", credential);
        let (pair, sink, sources) = parse(&text);
        assert!(pair.is_none() && sink.has_errors(), "{credential}");
        let mut shown = human(&sink, &sources, false);
        for diagnostic in sink.sorted() {
            shown += &json(diagnostic, &sources).to_string();
        }
        assert!(!shown.contains("hunter2"), "{credential}\n{shown}");
    }
    let text = GOOD.replace("secret: { file: key }", "secret: hunter2");
    let (_, sink, sources) = parse(&text);
    assert!(!human(&sink, &sources, true).contains("hunter2"));
    let told = told(&text);
    assert_eq!(told.len(), 1);
    assert!(
        told[0].contains("only where it is found (write { env: NAME }, { file: PATH }"),
        "{told:?}"
    );
}

#[test]
fn credentials_fit_their_protection() {
    let plain = with(
        "ldap: { server: dc1",
        "    ldap: { server: dc1, security: plain }",
    );
    assert_eq!(
        plain,
        ["10:36 the password crosses the network in the open (use `ldaps` or `starttls`)"]
    );
    let (pair, sink, _) = parse(&GOOD.replace("ca: certs/ca.pem", "security: plain"));
    assert!(pair.is_some() && !sink.is_empty(), "a warning does not stop");
    let gssapi = with(
        "ldap: { server: dc1",
        "    ldap: { server: dc1, security: gssapi }",
    );
    assert!(gssapi[0].contains("needs a Kerberos ticket"), "{gssapi:?}");
    assert_eq!(
        with("credential: { kerberos", ""),
        ["15:13 `ldap` lacks `credential`"]
    );
    assert!(with("credential: { kerberos", "    credential: anonymous")[0].contains("Kerberos ticket"));
}

#[test]
fn one_server_is_no_pair() {
    assert_eq!(
        with("name: EXCH2", "  name: exch1"),
        ["5:9 source and target are the same server"]
    );
    assert_eq!(
        with("address: 2001", "  address: 192.0.2.11"),
        ["6:12 source and target are the same server"]
    );
}

#[test]
fn addresses_are_explained() {
    let rows = [
        ("192.0.2.300", "each of the four numbers"),
        ("192.0.02.1", "each of the four numbers"),
        ("192.0.2.1/24", "without the length"),
        ("'[2001:db8::1]'", "without brackets"),
        ("server1", "not a name"),
        ("1.2.3", "addresses look like"),
    ];
    for (address, hint) in rows {
        let told = with("address: 2001", &format!("  address: {address}"));
        assert!(told[0].contains(hint), "{address}: {told:?}");
    }
}

#[test]
fn hosts_are_hosts() {
    let rows = [
        ("'ldap://dc1'", "before `://`"),
        ("'dc1:636'", "under `port`"),
        ("dc 1", "not a host name"),
        ("''", "not a host"),
    ];
    for (server, hint) in rows {
        let told = with(
            "ldap: { server: dc1",
            &format!("    ldap: {{ server: {server} }}"),
        );
        assert!(told[0].contains(hint), "{server}: {told:?}");
    }
}

#[test]
fn time_spans_have_units() {
    for wrong in [
        "10",
        "0s",
        "-1s",
        "1.5h",
        "10 s",
        "99999999999999999999s",
        "400000000h",
        "s",
        "",
    ] {
        assert!(
            with("max_age", &format!("max_age: '{wrong}'"))[0].contains("is not a time span"),
            "{wrong}"
        );
    }
}

#[test]
fn a_waiver_ends_with_its_day() {
    let waiver = parse(GOOD).0.unwrap().waivers.remove(0);
    let at = |text: &str| waiver.is_expired(text.parse::<Timestamp>().unwrap());
    assert!(!at("2027-03-31T23:59:59Z"));
    assert!(at("2027-04-01T00:00:00Z"));
    assert!(waiver.subject.matches("TARGET / x") && !waiver.subject.matches("source"));
    for wrong in [
        "2027-03",
        "2027-3-31",
        "31.03.2027",
        "2027-03-31T00:00:00Z",
        "2027-02-29",
        "never",
        "+027-01-01",
    ] {
        let line = format!("  - {{ rule: a/b, reason: r, owner: o, until: {wrong} }}");
        assert!(with("- { rule", &line)[0].contains("is not a day"), "{wrong}");
    }
}

#[test]
fn commands_are_lists() {
    let with_password = |password: &str| told(&GOOD.replace("{ env: READER }", password));
    assert_eq!(with_password("{ command: [pass, show, x] }"), [""; 0]);
    let pair = parse(&GOOD.replace("{ env: READER }", "{ command: [bin/secret, a/b] }"))
        .0
        .unwrap();
    let Protocol::Ldap {
        credential: Credential::Password { password, .. },
        ..
    } = &pair.endpoints["directory"].protocol
    else {
        panic!()
    };
    let words = ["/etc/pairs/bin/secret", "a/b"].map(str::to_owned);
    assert_eq!(password.source, SecretSource::Command(words.into()));
    assert!(with_password("{ command: pass show x }")[0].contains("no shell reads them"));
    assert!(with_password("{ command: [] }")[0].contains("begins with its program"));
    assert!(with_password("{ env: A, file: b }")[0].contains("both `env` and `file`"));
    assert!(with_password("{}")[0].contains("needs one of"));
}

proptest! {
    #[test]
    fn parsing_never_panics_and_every_error_has_a_place(
        cut in 0..GOOD.len(), insert in "[-a-z:{}\\[\\]!&*'\" \n0-9.~é]{0,12}", drop in 0..40usize,
    ) {
        let end = (cut + drop).min(GOOD.len());
        let text = format!("{}{insert}{}", &GOOD[..cut], &GOOD[end..]);
        let (pair, sink, sources) = parse(&text);
        prop_assert!(pair.is_some() != sink.has_errors());
        for diagnostic in sink.sorted() {
            prop_assert!(diagnostic.primary.is_some(), "{:?}", diagnostic);
        }
        human(&sink, &sources, true);
    }
}
