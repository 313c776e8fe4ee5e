//! The carrier `winrm` end to end: TLS of OpenSSL, NTLM of Samba, and a server of our own between them (`winrm.py`).

use super::server::Server;
use super::*;

const ADDRESS: &str = "127.0.2.1";

fn config(server: &Server, user: &str, password: &str) -> HostConfig {
    HostConfig {
        endpoint: "source.winrm".into(),
        server: server.address.to_owned(),
        port: server.port,
        carrier: Carrier::Winrm {
            user: user.to_owned(),
            password: SecretString::from(password),
            ca: Some(server.certificate.path().to_path_buf()),
        },
        ..rpc("SOURCE")
    }
}

#[tokio::test]
async fn winrm_tells_what_ssh_tells() {
    in_lab!();
    let _still = HOSTS.read().await;
    let server = Server::start(ADDRESS, 5986);
    let config = config(&server, &lab("HOST_ADMIN"), &lab("HOST_ADMIN_PASSWORD"));
    let (winrm, ssh) = (Host::new(config), Host::new(ssh("SOURCE")));
    for question in answers::all().into_iter().chain([Question::Disk]) {
        let (one, other) = (winrm.ask(&question).await, ssh.ask(&question).await);
        let other: Vec<String> = told(&other)
            .iter()
            .map(|row| row.replace("source.ssh", "source.winrm"))
            .collect();
        assert_eq!(told(&one), other, "{question:?}");
    }
}

#[tokio::test]
async fn samba_takes_the_log_on_in_each_form_and_refuses_a_wrong_one() {
    in_lab!();
    let _still = HOSTS.read().await;
    let server = Server::start(ADDRESS, 5987);
    let user = lab("HOST_ADMIN");
    let short = format!(r"CORP\{}", user.split('@').next().unwrap());
    for user in [&user, &short] {
        let config = config(&server, user, &lab("HOST_ADMIN_PASSWORD"));
        assert_eq!(ask(config, &share("Tools")).await.unwrap().len(), 1, "{user}");
    }
    for (user, password) in [(&*user, "wrong"), (r"CORP\nobody-here", "wrong")] {
        let absence = ask(config(&server, user, password), &share("Tools"))
            .await
            .unwrap_err();
        assert_eq!(absence.cause, Cause::BadCredentials, "{absence}");
        assert!(absence.detail.contains("refuses user or password"), "{absence}");
    }
}
