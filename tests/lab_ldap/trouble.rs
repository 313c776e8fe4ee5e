//! Servers that are dead, silent, talk nonsense or break off.

use super::*;

#[tokio::test]
async fn servers_that_misbehave() {
    in_lab!();
    for (host, cause, part) in [
        ("REFUSED", Cause::Unreachable, "refuses the connection"),
        ("BLACKHOLE", Cause::Timeout, "while connecting to "),
        ("SILENT", Cause::Timeout, "while logging on to "),
        ("GARBAGE", Cause::Malformed, "not what LDAP demands"),
        ("RESET", Cause::Unreachable, "the connection to "),
    ] {
        let start = Instant::now();
        refused(ask(plain(host)).await, cause, part);
        assert!(
            start.elapsed() < Duration::from_millis(1700),
            "{host}: {:?}",
            start.elapsed()
        );
    }
    for (host, cause, part) in [
        ("BLACKHOLE", Cause::Timeout, "while connecting to "),
        ("SILENT", Cause::Timeout, "while shaking hands with "),
        ("GARBAGE", Cause::Unsupported, "does not speak TLS"),
    ] {
        let config = LdapConfig {
            port: 636,
            security: Security::Ldaps,
            ..plain(host)
        };
        refused(ask(config).await, cause, part);
    }
}

#[tokio::test]
async fn a_slow_server_shows_the_round_trips() {
    in_lab!();
    let ldap = Ldap::new(plain("SLOW"));
    for what in ["log-on and search", "search alone"] {
        let start = Instant::now();
        ldap.search(&root()).await.unwrap();
        eprintln!("{what}: {:?} at 200 ms a request", start.elapsed());
    }
    let hasty = LdapConfig {
        deadline: Duration::from_millis(300),
        ..plain("SLOW")
    };
    refused(
        ask(hasty).await,
        Cause::Timeout,
        "no answer within 300ms while searching",
    );
}

#[tokio::test]
async fn old_tls_is_explained() {
    in_lab!();
    let config = LdapConfig {
        host: lab("OLD_TLS"),
        ..config()
    };
    refused(ask(config).await, Cause::Unsupported, "has no TLS 1.2 or newer");
}
