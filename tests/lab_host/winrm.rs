//! The carrier `winrm` end to end: TLS of OpenSSL, NTLM of Samba, and a server of our own between them (`winrm.py`).

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use super::*;

const ADDRESS: &str = "127.0.2.1";

struct Server {
    child: Child,
    certificate: tempfile::NamedTempFile,
    port: u16,
}

impl Server {
    /// In front of the source.
    fn start(port: u16) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec![ADDRESS.to_owned()]).unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let certificate = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(certificate.path(), format!("{pem}{}", key.serialize_pem())).unwrap();
        let program = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab_host/winrm.py");
        let mut child = std::process::Command::new("/usr/bin/python3")
            .arg("-B")
            .arg(program)
            .args([ADDRESS, &port.to_string()])
            .arg(certificate.path())
            .arg(lab("SOURCE").split('.').next().unwrap())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line.trim(), "ready");
        Self {
            child,
            certificate,
            port,
        }
    }

    fn config(&self, user: &str, password: &str) -> HostConfig {
        HostConfig {
            endpoint: "source.winrm".into(),
            server: ADDRESS.to_owned(),
            port: self.port,
            carrier: Carrier::Winrm {
                user: user.to_owned(),
                password: SecretString::from(password),
                ca: Some(self.certificate.path().to_path_buf()),
            },
            ..rpc("SOURCE")
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn winrm_tells_what_ssh_tells() {
    in_lab!();
    let _still = HOSTS.read().await;
    let server = Server::start(5986);
    let config = server.config(&lab("HOST_ADMIN"), &lab("HOST_ADMIN_PASSWORD"));
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
    let server = Server::start(5987);
    let user = lab("HOST_ADMIN");
    let short = format!(r"CORP\{}", user.split('@').next().unwrap());
    for user in [&user, &short] {
        let config = server.config(user, &lab("HOST_ADMIN_PASSWORD"));
        assert_eq!(ask(config, &share("Tools")).await.unwrap().len(), 1, "{user}");
    }
    for (user, password) in [(&*user, "wrong"), (r"CORP\nobody-here", "wrong")] {
        let absence = ask(server.config(user, password), &share("Tools"))
            .await
            .unwrap_err();
        assert_eq!(absence.cause, Cause::BadCredentials, "{absence}");
    }
}
