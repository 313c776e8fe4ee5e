//! Secure shell: keys of users and of hosts, and ways of protecting the connection.

use std::path::Path;
use std::process::{Child, Stdio};

use super::proxy::{FINE, Proxy};
use super::trouble::failure;
use super::*;

/// The source by secure shell at another address, whose key is taken for its own.
pub(super) fn ssh_at(address: &str, known_hosts: &Path) -> HostConfig {
    let known = std::fs::read_to_string(lab("KNOWN_HOSTS")).unwrap();
    let keys = known.lines().filter(|line| line.starts_with(&lab("SOURCE")));
    let anywhere: Vec<String> = keys.map(|line| line.replacen(&lab("SOURCE"), "*", 1)).collect();
    std::fs::write(known_hosts, anywhere.join("\n") + "\n").unwrap();
    HostConfig {
        server: address.to_owned(),
        carrier: Carrier::Ssh {
            user: lab("SSH_USER"),
            key: Some(PathBuf::from(lab("SSH_KEY"))),
            known_hosts: Some(known_hosts.to_path_buf()),
        },
        ..ssh("SOURCE")
    }
}

/// A key that nobody knows.
fn another_key(folder: &Path) -> PathBuf {
    let file = folder.join("other key");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&file)
        .status();
    assert!(made.unwrap().success());
    file
}

#[tokio::test]
async fn a_key_that_is_refused_is_tried_once() {
    in_lab!();
    let folder = tempfile::tempdir().unwrap();
    let proxy = Proxy::before("SOURCE", 22, "127.0.1.5", FINE).await;
    let mut config = ssh_at(&proxy.address, &folder.path().join("known"));
    if let Carrier::Ssh { key, .. } = &mut config.carrier {
        *key = Some(another_key(folder.path()));
    }
    let hosts = [Host::new(config.clone()), Host::new(config)];
    let asking = (0..20).map(|n| hosts[n % 2].clone());
    let asking = asking.map(|host| tokio::spawn(async move { host.ask(&command()).await }));
    for asked in asking.collect::<Vec<_>>() {
        let absence = asked.await.unwrap().unwrap_err();
        assert_eq!(absence.cause, Cause::BadCredentials, "{absence}");
    }
    assert_eq!(proxy.asked(), 1, "connections on which something was said");
}

/// Host keys of which that of the source is the target's.
fn confuse(file: &Path) {
    let known = std::fs::read_to_string(lab("KNOWN_HOSTS")).unwrap();
    let of_target = known
        .lines()
        .find(|line| line.starts_with(&lab("TARGET")))
        .unwrap();
    let as_source = of_target.replacen(&lab("TARGET"), &lab("SOURCE"), 1);
    std::fs::write(file, as_source + "\n").unwrap();
}

#[tokio::test]
async fn keys_that_are_not_accepted() {
    in_lab!();
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("known hosts %h");
    std::fs::write(&empty, "").unwrap();
    let other = another_key(folder.path());
    let confused = folder.path().join("confused");
    confuse(&confused);
    let with = |user: &str, key: PathBuf, known_hosts: PathBuf| HostConfig {
        carrier: Carrier::Ssh {
            user: user.to_owned(),
            key: Some(key),
            known_hosts: Some(known_hosts),
        },
        ..ssh("SOURCE")
    };
    let (user, key, known) = (
        lab("SSH_USER"),
        PathBuf::from(lab("SSH_KEY")),
        PathBuf::from(lab("KNOWN_HOSTS")),
    );
    for (config, cause, detail) in [
        (
            with(&user, key.clone(), empty),
            Cause::Unreachable,
            "the host's key is not known",
        ),
        (
            with(&user, key.clone(), confused),
            Cause::Unreachable,
            "the host shows another key than the known one",
        ),
        (
            with(&user, other, known.clone()),
            Cause::BadCredentials,
            "the host refuses user or key",
        ),
        (
            with("nobody-here", key.clone(), known.clone()),
            Cause::BadCredentials,
            "the host refuses user or key",
        ),
        (
            with(&user, folder.path().join("nothing"), known.clone()),
            Cause::NotConfigured,
            "with the private key cannot be read",
        ),
        (
            with("-oProxyCommand=x", key, known),
            Cause::NotConfigured,
            "cannot be given to ssh",
        ),
    ] {
        let absence = failure(config, &services()).await;
        eprintln!("{absence}");
        assert_eq!(absence.cause, cause, "{absence}");
        assert!(absence.detail.contains(detail), "{absence}");
    }
}

/// A secure shell server of its own, which agrees on keys in an old way only.
struct OldServer(Child);

impl OldServer {
    async fn start(address: &str, folder: &Path) -> Self {
        let host_key = another_key(folder);
        let server = std::process::Command::new("/usr/sbin/sshd")
            .args([
                "-D",
                "-e",
                "-f",
                "/dev/null",
                "-o",
                "KexAlgorithms=diffie-hellman-group1-sha1",
                "-o",
            ])
            .arg(format!("ListenAddress={address}"))
            .args(["-o", "PidFile=none", "-h"])
            .arg(host_key)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self(server);
        for _ in 0..500 {
            if tokio::net::TcpStream::connect((address, 22)).await.is_ok() {
                return server;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it does not listen");
    }
}

impl Drop for OldServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn an_old_secure_shell_is_explained() {
    in_lab!();
    let folder = tempfile::tempdir().unwrap();
    let address = "127.0.3.1";
    let _server = OldServer::start(address, folder.path()).await;
    let config = ssh_at(address, &folder.path().join("known"));
    for question in [services(), command()] {
        let absence = failure(config.clone(), &question).await;
        assert_eq!(absence.cause, Cause::Unreachable, "{absence}");
        assert!(
            absence
                .detail
                .contains("it may know only old ways of protecting it"),
            "{absence}"
        );
    }
}
