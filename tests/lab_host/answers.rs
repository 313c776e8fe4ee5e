//! What the hosts tell, and that every carrier tells the same.

use super::*;

const STORE: &str = r"C:\Program Files\Exchsrvr\bin\store.exe";
const TYPES: &str = r"HKLM\SOFTWARE\Standin Lab\Types";

/// One question of every form.
pub(super) fn all() -> Vec<Question> {
    let mut all = vec![
        services(),
        service("RemoteRegistry"),
        service("no such service"),
        registry(r"HKLM\SOFTWARE", RegistryPart::Keys),
        registry(r"HKLM\SOFTWARE\No Such Key", RegistryPart::Keys),
        registry(TYPES, RegistryPart::Values),
        value(TYPES, "no such value"),
        value(r"HKLM\SOFTWARE\Classes\DTCOM.Server\CLSID", ""),
        Question::Share { name: None },
        share("C$"),
        share("Tools"),
        share("no such share"),
        group("Administrators"),
        group("S-1-5-32-544"),
        group("Double-Take Admin"),
        group("no such group"),
    ];
    for path in [
        STORE,
        r"C:\Program Files\NSI\Double-Take\License.txt",
        r"C:\Program Files",
        r"C:\",
        r"C:\No\Such\file.txt",
        r"C:\Tools\no such file.txt",
        r"Q:\x",
        r"E:\Exchsrvr\SG1\priv1.edb",
    ] {
        all.push(file(path, &FilePart::ALL));
    }
    all
}

#[tokio::test]
async fn both_carriers_tell_the_same() {
    in_lab!();
    let _still = HOSTS.read().await;
    for server in ["SOURCE", "TARGET"] {
        let (rpc, ssh) = (Host::new(rpc(server)), Host::new(ssh(server)));
        for question in all() {
            let (one, other) = (rpc.ask(&question).await, ssh.ask(&question).await);
            if let (Err(one), Err(other)) = (&one, &other) {
                assert_eq!(one.cause, other.cause, "{server}: {question:?}: {one}, {other}");
                continue;
            }
            // holes are rooted in different endpoints
            let other: Vec<String> = told(&other)
                .iter()
                .map(|row| row.replace("source.ssh", "source.rpc"))
                .collect();
            let (one, other) = (comparable(&told(&one)), comparable(&other));
            assert_eq!(one, other, "{server}: {question:?}");
        }
    }
}

/// Comments of shares that are Samba's own, and the words of a hole, may differ.
fn comparable(rows: &[String]) -> Vec<String> {
    let plain = |row: &String| {
        let row = row.replace("IPC Service (standin-lab)", "Remote IPC");
        match row.split_once("Absence {") {
            None => row,
            Some(_) => row
                .split("detail: ")
                .map(|part| part.split_once("\", root").map_or(part, |(_, rest)| rest))
                .collect(),
        }
    };
    rows.iter().map(plain).collect()
}

#[tokio::test]
async fn services_are_told_whole() {
    in_lab!();
    let _still = HOSTS.read().await;
    let rows = ask(rpc("SOURCE"), &services()).await.unwrap();
    let store = rows
        .iter()
        .find(|row| text(row, "name") == "MSExchangeIS")
        .unwrap();
    assert_eq!(
        shown(store).replace("Text(", "(").replace("Bool(", "("),
        "account=(\"LocalSystem\") command=(\"C:\\\\Program Files\\\\Exchsrvr\\\\bin\\\\store.exe\") delayed=(false) \
         depends_on=List([(\"MSExchangeSA\")]) display=(\"Microsoft Exchange Information Store\") name=(\"MSExchangeIS\") \
         start=(\"automatic\") state=(\"running\")"
    );
    let target = ask(rpc("TARGET"), &service("msexchangeis")).await.unwrap();
    assert_eq!(
        (text(&target[0], "state"), text(&target[0], "start")),
        ("stopped".into(), "manual".into())
    );
    let attendant = ask(rpc("SOURCE"), &service("MSExchangeSA")).await.unwrap();
    assert_eq!(attendant[0].get("depends_on").unwrap().items().unwrap().len(), 4);
}

#[tokio::test]
async fn every_type_of_the_registry() {
    in_lab!();
    let _still = HOSTS.read().await;
    let rows = ask(rpc("SOURCE"), &registry(TYPES, RegistryPart::Values))
        .await
        .unwrap();
    let told: Vec<String> = told(&Ok(rows));
    eprintln!("{told:#?}");
    for kind in [
        "REG_SZ",
        "REG_EXPAND_SZ",
        "REG_MULTI_SZ",
        "REG_DWORD",
        "REG_QWORD",
        "REG_BINARY",
    ] {
        let rows: Vec<&String> = told
            .iter()
            .filter(|row| row.contains(&format!("\"{kind}\"")))
            .collect();
        assert!(!rows.is_empty(), "{kind}");
        let value = match kind {
            "REG_DWORD" | "REG_QWORD" => "value=Int(",
            "REG_MULTI_SZ" => "value=List(",
            "REG_BINARY" => "value=Bytes(",
            _ => "value=Text(",
        };
        assert!(rows.iter().all(|row| row.contains(value)), "{rows:?}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    in_lab!();
    let _still = HOSTS.read().await;
    let host = Host::new(rpc("SOURCE"));
    for (question, detail) in [
        (
            service("no such service"),
            "the host has no service no such service",
        ),
        (
            registry(r"HKLM\SOFTWARE\Nope", RegistryPart::Values),
            r"the host has no key HKLM\SOFTWARE\Nope",
        ),
        (
            value(TYPES, "nope"),
            r"the key HKLM\SOFTWARE\Standin Lab\Types has no value nope",
        ),
        (file(r"C:\Nope\x", &[]), r"the host has no file C:\Nope\x"),
        (file(r"Q:\x", &[]), "the host has no drive Q:"),
        (share("nope"), "the host has no share nope"),
        (group("nope"), "the host has no local group nope"),
        (group("S-1-5-32-999"), "the host has no local group S-1-5-32-999"),
    ] {
        let absence = host.ask(&question).await.unwrap_err();
        assert_eq!(
            (absence.cause, &*absence.root),
            (Cause::NotFound, "source.rpc"),
            "{question:?}"
        );
        assert_eq!(&*absence.detail, detail);
    }
}

#[tokio::test]
async fn versions_come_from_the_file_itself() {
    in_lab!();
    let _still = HOSTS.read().await;
    let host = Host::new(rpc("SOURCE"));
    let row = &host.ask(&file(STORE, &FilePart::ALL)).await.unwrap()[0];
    assert_eq!(
        (text(row, "version"), text(row, "kind")),
        ("6.5.7638.2".into(), "file".into())
    );
    assert_eq!(text(row, "sha256").len(), 64);
    // only what is wanted is there
    let row = &host.ask(&file(STORE, &[FilePart::Size])).await.unwrap()[0];
    assert_eq!(row.iter().count(), 3);
    let row = &host
        .ask(&file(
            r"C:\Tools\readme.txt",
            &[FilePart::Version, FilePart::Sha256],
        ))
        .await
        .unwrap()[0];
    let Some(FactValue::Absent(hole)) = row.get("version") else {
        panic!("{row:?}");
    };
    assert_eq!((hole.cause, &*hole.root), (Cause::Unsupported, "source.rpc"));
    assert_eq!(text(row, "sha256").len(), 64);
}

#[tokio::test]
async fn the_ticket_of_whoever_runs_this_logs_on() {
    in_lab!();
    let _still = HOSTS.read().await;
    let config = HostConfig {
        carrier: Carrier::Rpc(RpcLogOn::Kerberos),
        ..rpc("SOURCE")
    };
    let rows = ask(config, &share("Tools")).await.unwrap();
    assert_eq!(
        (text(&rows[0], "readable"), text(&rows[0], "writable")),
        ("yes".into(), "no".into())
    );
}

#[tokio::test]
async fn commands_run_on_the_host() {
    in_lab!();
    let _still = HOSTS.read().await;
    for (server, name) in [("SOURCE", "SRCMAIL"), ("TARGET", "TGTMAIL")] {
        let host = Host::new(ssh(server));
        let question = |command| Question::Shell {
            command,
            input: serde_json::json!({ "a": "ä" }),
        };
        let rows = host
            .ask(&question(Command::Run(vec!["hostname".into()])))
            .await
            .unwrap();
        assert_eq!((rows.len(), text(&rows[0], "name")), (1, name.to_owned()));
        let absence = host
            .ask(&question(Command::PowerShell("Get-Nothing".into())))
            .await
            .unwrap_err();
        assert_eq!(absence.cause, Cause::Unsupported, "{absence}");
    }
}

#[tokio::test]
async fn commands_need_a_carrier_that_runs_them() {
    in_lab!();
    let question = Question::Shell {
        command: Command::PowerShell("1".into()),
        input: serde_json::json!({}),
    };
    let absence = ask(rpc("SOURCE"), &question).await.unwrap_err();
    assert_eq!(absence.cause, Cause::Unsupported);
    assert!(absence.detail.contains("winrm or ssh"), "{}", absence.detail);
}
