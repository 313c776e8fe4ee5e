//! Log-on with the reader's ticket.

use super::*;

#[tokio::test]
async fn a_ticket_logs_on_and_seals() {
    in_lab!();
    let contacts = search(
        &format!("OU=Crowd,{DOMAIN}"),
        Scope::Sub,
        "(objectClass=contact)",
        &["cn"],
    );
    for (port, security) in [
        (389, Security::Gssapi),
        (636, Security::Ldaps),
        (389, Security::StartTls),
    ] {
        let config = LdapConfig {
            port,
            security,
            log_on: LogOn::Kerberos,
            ..config()
        };
        let start = Instant::now();
        let ldap = Ldap::new(config.clone());
        let rows = ldap
            .search(&root())
            .await
            .unwrap_or_else(|absence| panic!("{security:?}: {absence}"));
        eprintln!("Kerberos, {security:?}: first answer after {:?}", start.elapsed());
        assert_eq!(text(&rows[0], "DC"), "corp");
        assert_eq!(ldap.search(&contacts).await.unwrap().len(), 1600);
        eprintln!(
            "Kerberos, {security:?}: and 1600 objects after {:?}",
            start.elapsed()
        );
        // the ticket is for the service of a full name
        let by_address = ask(LdapConfig {
            host: lab("DC_IP"),
            ..config
        })
        .await;
        refused(by_address, Cause::Unreachable, "use the server's full name");
    }
    for (host, cause) in [("BLACKHOLE", Cause::Timeout), ("REFUSED", Cause::Unreachable)] {
        let config = LdapConfig {
            security: Security::Gssapi,
            log_on: LogOn::Kerberos,
            ..plain(host)
        };
        let start = Instant::now();
        refused(ask(config).await, cause, "connect");
        assert!(
            start.elapsed() < Duration::from_millis(1700),
            "{host}: {:?}",
            start.elapsed()
        );
    }
}

#[tokio::test]
async fn without_a_ticket_there_is_no_log_on() {
    in_lab!();
    if std::env::var("KRB5CCNAME").as_deref() == Ok(&lab("NO_TICKET")) {
        let config = LdapConfig {
            security: Security::Gssapi,
            port: 389,
            log_on: LogOn::Kerberos,
            ..config()
        };
        return refused(
            ask(config).await,
            Cause::BadCredentials,
            "there is no ticket; get one with kinit",
        );
    }
    // the environment belongs to the whole process, so the test runs itself in another
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", "kerberos::without_a_ticket_there_is_no_log_on"])
        .env("KRB5CCNAME", lab("NO_TICKET"));
    let output = child.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}
