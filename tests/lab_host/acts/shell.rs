//! Commands, and the carrier that brings acts over HTTPS.

use super::*;
use crate::server::Server;

fn run(words: &[&str]) -> Act {
    Act::Shell {
        command: Command::Run(words.iter().map(ToString::to_string).collect()),
        input: serde_json::json!({ "name": "'; exit" }),
    }
}

#[tokio::test]
async fn commands_run_on_the_host_or_not_at_all() {
    in_lab!();
    let _still = HOSTS.read().await;
    let host = Host::new(ssh("SOURCE"));
    host.act(&run(&["hostname"])).await.unwrap();
    for words in [&["no such program"][..], &[], &["a\0b"]] {
        assert_eq!(
            refused(&ssh("SOURCE"), &run(words)).await.cause,
            Cause::Unsupported
        );
    }
    let absence = refused(&rpc("SOURCE"), &run(&["hostname"])).await;
    assert!(absence.detail.contains("winrm or ssh"), "{absence}");
}

#[tokio::test]
async fn acts_go_over_https_as_over_the_others() {
    in_lab!();
    let _alone = HOSTS.write().await;
    let server = Server::start("127.0.2.1", 5985);
    let config = HostConfig {
        server: server.address.to_owned(),
        port: server.port,
        carrier: Carrier::Winrm {
            user: lab("HOST_ADMIN"),
            password: SecretString::from(lab("HOST_ADMIN_PASSWORD")),
            ca: Some(server.certificate.path().to_path_buf()),
        },
        ..rpc("SOURCE")
    };
    let host = Host::new(config);
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("from");
    std::fs::write(&from, vec![7; 300_000]).unwrap();
    let path = r"C:\Tools\over https".to_owned();
    let copy = Act::Copy {
        path: path.clone(),
        from,
        keep: None,
    };
    host.act(&copy).await.unwrap();
    let there = ask(rpc("SOURCE"), &file(&path, &[FilePart::Size])).await.unwrap();
    host.act(&Act::Remove {
        path: path.clone(),
        restore: None,
    })
    .await
    .unwrap();
    assert_eq!(text(&there[0], "size"), "300000");
    assert!(ask(rpc("SOURCE"), &file(&path, &[])).await.is_err());
    change("source", &["service", "Own", "state=stopped"]);
    let started = host.act(&tell("Own", ServiceAct::Start)).await;
    let rows = ask(rpc("SOURCE"), &service("Own")).await.unwrap();
    change("source", &["service", "Own", "remove"]);
    assert_eq!((started, &*text(&rows[0], "state")), (Ok(()), "running"));
    host.act(&run(&["hostname"])).await.unwrap();
}
