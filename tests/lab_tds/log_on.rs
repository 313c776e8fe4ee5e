//! Log-ons that are refused.

use super::*;

fn wrong_password() -> LogOn {
    LogOn::Sql {
        user: lab("SQL_READER"),
        password: "not-the-password".to_owned().into(),
    }
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_on_whichever_server() {
    in_lab!();
    let gate = Arc::new(LogOnGate::default());
    let before = refusals();
    for server in ["SOURCE", "TARGET"] {
        let config = TdsConfig {
            server: lab(server),
            log_on: wrong_password(),
            gate: Arc::clone(&gate),
            ..config()
        };
        let tds = Arc::new(Tds::new(config));
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let tds = Arc::clone(&tds);
            all.spawn(async move { tds.query(&text(WHO)).await });
        }
        for outcome in all.join_all().await {
            refused(
                outcome,
                Cause::BadCredentials,
                "log-on of standin: user or password is wrong",
            );
        }
    }
    assert_eq!(refusals() - before, 1);
}

/// How many wrong passwords the servers have seen.
fn refusals() -> usize {
    let log = |server: &str| {
        let path = format!("{}/log/{server}.out", lab("HOME"));
        std::fs::read_to_string(path).unwrap()
    };
    let both = [log("sqlsrc"), log("sqltgt")].concat();
    both.lines()
        .filter(|line| line.contains("refused 'standin': 18456"))
        .count()
}

#[tokio::test]
async fn nobody_is_no_better_than_a_wrong_password() {
    in_lab!();
    let log_on = LogOn::Sql {
        user: "no such user".to_owned(),
        password: "x".to_owned().into(),
    };
    let config = TdsConfig { log_on, ..config() };
    refused(ask(config, WHO).await, Cause::BadCredentials, "error 18456");
}

#[cfg(not(feature = "kerberos"))]
#[tokio::test]
async fn this_build_has_no_kerberos() {
    in_lab!();
    let config = TdsConfig {
        log_on: LogOn::Kerberos,
        ..config()
    };
    refused(
        ask(config, WHO).await,
        Cause::Unsupported,
        "cargo feature `kerberos`",
    );
}
