//! Every trouble has its cause, its next step and its end.

use super::proxy::{FINE, Line, Proxy};
use super::*;

/// Little patience.
const SOON: Duration = Duration::from_millis(1500);

/// What it comes to, and that it comes to it in time.
async fn failure(config: HostConfig, question: &Question) -> Absence {
    let (start, deadline) = (Instant::now(), config.deadline);
    let absence = ask(config, question).await.unwrap_err();
    let taken = start.elapsed();
    assert!(taken < deadline + Duration::from_millis(1500), "{taken:?}");
    absence
}

#[tokio::test]
async fn servers_that_do_not_answer_as_they_should() {
    in_lab!();
    // over rpc, ssh, winrm
    for (server, causes) in [
        ("REFUSED", [Cause::Unreachable; 3]),
        ("BLACKHOLE", [Cause::Timeout; 3]),
        ("SILENT", [Cause::Timeout; 3]),
        (
            "GARBAGE",
            [Cause::Unreachable, Cause::Unreachable, Cause::Unsupported],
        ),
    ] {
        let winrm = HostConfig {
            port: 5986,
            carrier: Carrier::Winrm {
                user: lab("HOST_ADMIN"),
                password: SecretString::from(lab("HOST_ADMIN_PASSWORD")),
                ca: Some(PathBuf::from(lab("CA"))),
            },
            ..rpc(server)
        };
        for (config, cause) in [rpc(server), ssh(server), winrm].into_iter().zip(causes) {
            let config = HostConfig {
                deadline: SOON,
                ..config
            };
            let place = format!("{}:{}", config.server, config.port);
            let absence = failure(config, &services()).await;
            eprintln!("{server}: {absence}");
            assert_eq!(absence.cause, cause, "{server}: {absence}");
            assert!(
                absence.detail.contains(&place) || absence.detail.contains(&lab(server)),
                "{absence}"
            );
        }
    }
    let config = HostConfig {
        server: "no-such-host.invalid".into(),
        ..rpc("SOURCE")
    };
    assert_eq!(failure(config, &services()).await.cause, Cause::Unreachable);
}

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    in_lab!();
    let proxy = Proxy::before("SOURCE", 445, "127.0.1.1", FINE).await;
    let config = HostConfig {
        server: proxy.address.clone(),
        carrier: Carrier::Rpc(RpcLogOn::Password {
            user: lab("HOST_ADMIN"),
            password: SecretString::from("not the password"),
        }),
        connections: 4,
        ..rpc("SOURCE")
    };
    // two endpoints with the same credential
    let hosts = [Host::new(config.clone()), Host::new(config)];
    let asking = (0..20).map(|n| {
        let host = hosts[n % 2].clone();
        tokio::spawn(async move { host.ask(&service("a")).await })
    });
    for asked in asking.collect::<Vec<_>>() {
        let absence = asked.await.unwrap().unwrap_err();
        assert_eq!(absence.cause, Cause::BadCredentials, "{absence}");
        assert!(absence.detail.contains("user or password"), "{absence}");
    }
    assert_eq!(proxy.asked(), 1, "connections on which something was said");
}

#[tokio::test]
async fn users_that_are_not_there_and_passwords_that_are_empty() {
    in_lab!();
    for (user, password, detail) in [
        (r"CORP\nobody-here".to_owned(), "x", "refuses user or password"),
        (lab("HOST_ADMIN"), "", "the password for"),
        (String::new(), "x", "the user for"),
    ] {
        let carrier = Carrier::Rpc(RpcLogOn::Password {
            user,
            password: SecretString::from(password),
        });
        let config = HostConfig {
            carrier,
            ..rpc("SOURCE")
        };
        let absence = failure(config, &services()).await;
        assert_eq!(absence.cause, Cause::BadCredentials, "{absence}");
        assert!(absence.detail.contains(detail), "{absence}");
    }
}

#[tokio::test]
async fn another_port_is_refused_before_anything_is_opened() {
    in_lab!();
    let config = HostConfig {
        port: 4455,
        ..rpc("SOURCE")
    };
    assert_eq!(failure(config, &services()).await.cause, Cause::NotConfigured);
}

#[tokio::test]
async fn who_has_no_right_is_denied_and_other_answers_are_unharmed() {
    in_lab!();
    let _still = HOSTS.read().await;
    let host = Host::new(HostConfig {
        carrier: Carrier::Rpc(password("HOST_READER")),
        connections: 1,
        ..rpc("SOURCE")
    });
    for question in [
        share("C$"),
        registry(r"HKLM\SOFTWARE", RegistryPart::Keys),
        file(r"C:\Tools\readme.txt", &[FilePart::Size]),
    ] {
        let absence = host.ask(&question).await.unwrap_err();
        assert_eq!(absence.cause, Cause::Denied, "{question:?}: {absence}");
        assert!(absence.detail.contains("access is denied"), "{absence}");
        // the same session goes on
        let rows = host.ask(&share("Tools")).await.unwrap();
        assert_eq!(text(&rows[0], "writable"), "no");
    }
}

#[tokio::test]
async fn a_line_that_breaks_is_asked_again_once() {
    in_lab!();
    let _still = HOSTS.read().await;
    let line = Line {
        breaks_after: 4000,
        breaks: 1,
        ..FINE
    };
    let proxy = Proxy::before("SOURCE", 445, "127.0.1.2", line).await;
    let config = HostConfig {
        server: proxy.address.clone(),
        ..rpc("SOURCE")
    };
    let rows = ask(config.clone(), &services()).await.unwrap();
    assert!(rows.len() > 20);
    assert_eq!(proxy.asked(), 2);

    let line = Line { breaks: 99, ..line };
    let proxy = Proxy::before("SOURCE", 445, "127.0.1.3", line).await;
    let config = HostConfig {
        server: proxy.address.clone(),
        ..config
    };
    let absence = failure(config, &services()).await;
    assert_eq!(absence.cause, Cause::Unreachable, "{absence}");
    assert_eq!(proxy.asked(), 2, "not tried more often than twice");
}

#[tokio::test]
async fn too_many_rows_and_too_many_bytes() {
    in_lab!();
    let _still = HOSTS.read().await;
    for config in [rpc("SOURCE"), ssh("SOURCE")] {
        let few = HostConfig {
            max_rows: 3,
            ..config.clone()
        };
        assert_eq!(failure(few, &services()).await.cause, Cause::Truncated);
        let short = HostConfig {
            max_bytes: 300,
            ..config
        };
        let host = Host::new(short);
        assert_eq!(host.ask(&services()).await.unwrap_err().cause, Cause::Truncated);
        // a smaller question is answered still
        assert_eq!(host.ask(&share("Tools")).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn keys_that_are_not_accepted() {
    in_lab!();
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("known hosts %h");
    std::fs::write(&empty, "").unwrap();
    let other = folder.path().join("other key");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&other)
        .status();
    assert!(made.unwrap().success());
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

#[tokio::test]
async fn a_registry_that_is_not_served_says_what_to_start() {
    in_lab!();
    let _alone = HOSTS.write().await;
    let change = |state: &str| {
        let lab = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/host");
        let done = std::process::Command::new(lab)
            .args(["target", "service", "RemoteRegistry", &format!("state={state}")])
            .status();
        assert!(done.unwrap().success());
    };
    let host = Host::new(rpc("TARGET"));
    let question = registry(r"HKLM\SOFTWARE", RegistryPart::Keys);
    change("stopped");
    let absence = host.ask(&question).await.unwrap_err();
    let other = host.ask(&service("RemoteRegistry")).await;
    change("running");
    assert_eq!(absence.cause, Cause::Unreachable, "{absence}");
    assert!(
        absence.detail.contains("start the service RemoteRegistry"),
        "{absence}"
    );
    assert_eq!(text(&other.unwrap()[0], "state"), "stopped");
    assert!(host.ask(&question).await.is_ok());
}
