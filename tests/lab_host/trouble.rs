//! Every trouble has its cause, its next step and its end.

use futures_util::future::join_all;

use super::keys::ssh_at;
use super::proxy::{FINE, Harm, Line, Proxy};
use super::*;

/// Little patience.
const SOON: Duration = Duration::from_millis(1500);

/// What it comes to, and that it comes to it in time.
pub(super) async fn failure(config: HostConfig, question: &Question) -> Absence {
    let (start, deadline) = (Instant::now(), config.deadline);
    let absence = ask(config, question).await.unwrap_err();
    let taken = start.elapsed();
    // a busy machine is late itself
    assert!(taken < deadline + Duration::from_secs(10), "{taken:?}");
    absence
}

#[tokio::test]
async fn servers_that_do_not_answer_as_they_should() {
    in_lab!();
    // what garbage is taken for depends on how much of it looks like an answer
    for (server, deadline, causes) in [
        ("REFUSED", SOON, [Cause::Unreachable; 3]),
        ("BLACKHOLE", SOON, [Cause::Timeout; 3]),
        ("SILENT", SOON, [Cause::Timeout; 3]),
        (
            "GARBAGE",
            Duration::from_secs(20),
            [Cause::Unreachable, Cause::Unreachable, Cause::Unsupported],
        ),
    ] {
        let carriers = [rpc(server), ssh(server), winrm_at(server, 5986)];
        for (config, cause) in carriers.into_iter().zip(causes) {
            let config = HostConfig { deadline, ..config };
            let place = format!("{}:{}", config.server, config.port);
            let mut questions = kinds().to_vec();
            if !matches!(config.carrier, Carrier::Rpc(_)) {
                questions.push(command());
            }
            let asked = questions.iter().map(|question| failure(config.clone(), question));
            for (absence, question) in join_all(asked).await.into_iter().zip(&questions) {
                assert_eq!(absence.cause, cause, "{server}: {question:?}: {absence}");
                assert!(
                    absence.detail.contains(&place) || absence.detail.contains(&lab(server)),
                    "{absence}"
                );
            }
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
async fn services_are_not_for_everybody() {
    in_lab!();
    let _alone = HOSTS.write().await;
    let host = Host::new(HostConfig {
        carrier: Carrier::Rpc(password("HOST_READER")),
        connections: 1,
        ..rpc("SOURCE")
    });
    // as it is on Windows
    change("source", &["services", "administrators"]);
    let services = host.ask(&services()).await;
    change("source", &["services", "everyone"]);
    let absence = services.unwrap_err();
    assert_eq!(absence.cause, Cause::Denied, "{absence}");
    assert!(absence.detail.contains("access is denied"), "{absence}");
    assert_eq!(host.ask(&share("Tools")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    in_lab!();
    let _still = HOSTS.read().await;
    let folder = tempfile::tempdir().unwrap();
    let over_rpc = Proxy::before("SOURCE", 445, "127.0.1.6", FINE).await;
    let over_ssh = Proxy::before("SOURCE", 22, "127.0.1.6", FINE).await;
    let rpc = HostConfig {
        server: over_rpc.address.clone(),
        ..rpc("SOURCE")
    };
    let ssh = ssh_at(&over_ssh.address, &folder.path().join("known"));
    for (config, proxy) in [(rpc, &over_rpc), (ssh, &over_ssh)] {
        for question in kinds() {
            let host = Host::new(HostConfig {
                connections: 1,
                ..config.clone()
            });
            let whole = told(&host.ask(&question).await);
            let before = proxy.asked();
            proxy.harm(Harm::Breaks);
            assert_eq!(told(&host.ask(&question).await), whole, "{question:?}");
            assert!(proxy.asked() > before, "{question:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_was_changed_on_the_way_is_not_believed() {
    in_lab!();
    let _still = HOSTS.read().await;
    let proxy = Proxy::before("SOURCE", 445, "127.0.1.7", FINE).await;
    let config = HostConfig {
        server: proxy.address.clone(),
        connections: 1,
        ..rpc("SOURCE")
    };
    for question in kinds() {
        let host = Host::new(config.clone());
        let whole = told(&host.ask(&question).await);
        proxy.harm(Harm::Spoils);
        match host.ask(&question).await {
            Ok(rows) => assert_eq!(told(&Ok(rows)), whole, "{question:?}"),
            Err(absence) => assert_eq!(absence.cause, Cause::Unreachable, "{question:?}: {absence}"),
        }
        // and whoever asks next has the truth
        assert_eq!(told(&host.ask(&question).await), whole, "{question:?}");
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
    // no answer of any kind passes its limit
    for question in kinds() {
        for config in [rpc("SOURCE"), ssh("SOURCE")] {
            let short = HostConfig {
                max_bytes: 30,
                ..config
            };
            assert_eq!(
                failure(short, &question).await.cause,
                Cause::Truncated,
                "{question:?}"
            );
        }
    }
}

#[tokio::test]
async fn fifty_thousand_services() {
    in_lab!();
    let _alone = HOSTS.write().await;
    let kept = PathBuf::from(lab("HOME")).join("srcmail/services.json");
    let pristine = std::fs::read(&kept).unwrap();
    change("source", &["services", "more", "50000"]);
    let large = |max_rows| HostConfig {
        max_rows,
        max_bytes: 64 << 20,
        deadline: Duration::from_mins(1),
        ..ssh("SOURCE")
    };
    let all = ask(large(100_000), &services()).await;
    let too_many = ask(large(50_000), &services()).await;
    std::fs::write(&kept, pristine).unwrap();
    assert!(all.unwrap().len() > 50_000);
    assert_eq!(too_many.unwrap_err().cause, Cause::Truncated);
}

#[tokio::test]
async fn a_text_that_is_none_is_a_hole_beside_the_others() {
    in_lab!();
    let _still = HOSTS.read().await;
    let torn = registry(r"HKLM\SOFTWARE\Standin Lab\Torn", RegistryPart::Values);
    for config in [rpc("SOURCE"), ssh("SOURCE")] {
        let rows = ask(config, &torn).await.unwrap();
        let of = |name: &str| rows.iter().find(|row| text(row, "name") == name).unwrap();
        let Some(FactValue::Absent(why)) = of("Half").get("value") else {
            panic!("{rows:?}");
        };
        assert_eq!(why.cause, Cause::Malformed);
        assert_eq!(&*why.detail, "the text has characters that are none");
        assert_eq!(text(of("Whole"), "value"), "fine");
    }
}

#[tokio::test]
async fn certificates_that_must_not_be_trusted() {
    in_lab!();
    // the question never gets there: these speak TLS, and behind it LDAP
    for (server, cause, part) in [
        (
            "UNKNOWN_CA",
            Cause::Unreachable,
            "is not signed by the authority in ",
        ),
        (
            "EXPIRED",
            Cause::Unreachable,
            "expired at 2021-01-01T00:00:00Z; renew it",
        ),
        (
            "WRONG_NAME",
            Cause::Unreachable,
            "is for another-host.trouble.example, not for wrong-name.trouble.example",
        ),
        ("OLD_TLS", Cause::Unsupported, "has no TLS 1.2 or newer"),
    ] {
        for question in [services(), command()] {
            let absence = failure(winrm_at(server, 636), &question).await;
            assert_eq!(absence.cause, cause, "{absence}");
            assert!(absence.detail.contains(part), "{absence}");
        }
    }
}

#[tokio::test]
async fn a_registry_that_is_not_served_says_what_to_start() {
    in_lab!();
    let _alone = HOSTS.write().await;
    let change = |state: &str| {
        change(
            "target",
            &["service", "RemoteRegistry", &format!("state={state}")],
        );
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

/// Changes a host of the lab.
fn change(host: &str, words: &[&str]) {
    let lab = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/host");
    let done = std::process::Command::new(lab).arg(host).args(words).status();
    assert!(done.unwrap().success());
}
