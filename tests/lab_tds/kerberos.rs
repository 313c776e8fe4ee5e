//! Log-on with the reader's ticket.

use super::*;

fn with_ticket() -> TdsConfig {
    TdsConfig {
        log_on: LogOn::Kerberos,
        ..config()
    }
}

#[tokio::test]
async fn a_ticket_logs_on() {
    in_lab!();
    let named = TdsConfig {
        instance: Some("PAYROLL".to_owned()),
        ..with_ticket()
    };
    for config in [with_ticket(), named] {
        let start = Instant::now();
        let rows = ask(config, "SELECT SUSER_SNAME() AS name").await.unwrap();
        eprintln!("Kerberos: first answer after {:?}", start.elapsed());
        assert_eq!(name(&rows), r"CORP\svcstandin");
    }
}

#[tokio::test]
async fn the_ticket_is_for_the_service_of_a_full_name() {
    in_lab!();
    let by_address = TdsConfig {
        server: lab("SOURCE_IP"),
        ..with_ticket()
    };
    refused(
        ask(by_address, WHO).await,
        Cause::Unreachable,
        "use the server's full name",
    );
}

#[tokio::test]
async fn whom_the_server_does_not_know_it_refuses() {
    in_lab!(write);
    let _pristine = changes::Pristine;
    change(&["target", "delete", r"/accounts/CORP\svcstandin"]);
    let target = TdsConfig {
        server: lab("TARGET"),
        ..with_ticket()
    };
    refused(
        ask(target, WHO).await,
        Cause::BadCredentials,
        "log-on with Kerberos: the server has no log-on for whose ticket this is",
    );
}

#[tokio::test]
async fn without_a_ticket_there_is_no_log_on() {
    in_lab!();
    if std::env::var("KRB5CCNAME").as_deref() == Ok(&lab("NO_TICKET")) {
        let outcome = ask(with_ticket(), WHO).await;
        return refused(
            outcome,
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
