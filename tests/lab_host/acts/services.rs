//! Services.

use super::*;

/// State and start type on the target.
async fn now(name: &str) -> (String, String) {
    let rows = ask(rpc("TARGET"), &service(name)).await.unwrap();
    (text(&rows[0], "state"), text(&rows[0], "start"))
}

fn is(state: &str, start: &str) -> (String, String) {
    (state.to_owned(), start.to_owned())
}

fn carriers() -> [HostConfig; 2] {
    [rpc("TARGET"), ssh("TARGET")]
}

#[tokio::test]
async fn they_start_and_stop_and_start_otherwise_and_back() {
    in_lab!();
    let _alone = HOSTS.write().await;
    let server = lab("TARGET");
    for config in carriers() {
        let host = Host::new(config);
        let before = now("SMTPSVC").await;
        assert_eq!(before, is("stopped", "manual"));
        // what is so already is fine
        for _ in 0..2 {
            host.act(&tell("smtpsvc", ServiceAct::Start)).await.unwrap();
            assert_eq!(now("SMTPSVC").await.0, "running");
        }
        let other = said("net", &["rpc", "service", "status", "SMTPSVC", "-S", &server]);
        assert!(other.contains("running"), "{other}");
        for start in ["disabled", "automatic", "boot", "system", "manual"] {
            let to = ServiceAct::SetStart(StartType::of_word(start).unwrap());
            host.act(&tell("SMTPSVC", to)).await.unwrap();
            assert_eq!(now("SMTPSVC").await, is("running", start));
        }
        for _ in 0..2 {
            host.act(&tell("SMTPSVC", ServiceAct::Stop)).await.unwrap();
        }
        assert_eq!(now("SMTPSVC").await, before);
    }
}

#[tokio::test]
async fn how_late_an_automatic_one_starts_stays() {
    in_lab!();
    let _alone = HOSTS.write().await;
    change(
        "target",
        &["service", "SMTPSVC", "start=automatic", "delayed=yes"],
    );
    let host = Host::new(rpc("TARGET"));
    for start in [StartType::Manual, StartType::Automatic] {
        let to = ServiceAct::SetStart(start);
        host.act(&tell("SMTPSVC", to)).await.unwrap();
    }
    let rows = host.ask(&service("SMTPSVC")).await.unwrap();
    change("target", &["service", "SMTPSVC", "start=manual", "delayed=no"]);
    let told = ["start", "delayed"].map(|field| text(&rows[0], field));
    assert_eq!(told, ["automatic", "yes"]);
}

#[tokio::test]
async fn those_that_depend_on_it_stop_before_it() {
    in_lab!();
    let _alone = HOSTS.write().await;
    for config in carriers() {
        let host = Host::new(config);
        // each starts what it needs; the first is needed by the second, and that by the last
        for (name, needs) in [("Top", ""), ("Middle", "Top"), ("Low", "Middle,Top")] {
            let needs = format!("depends_on={needs}");
            change("target", &["service", name, "state=running", "slow=0.3", &needs]);
        }
        host.act(&tell("Top", ServiceAct::Stop)).await.unwrap();
        let mut states = Vec::new();
        for name in ["Top", "Middle", "Low"] {
            states.push(now(name).await.0);
        }
        for name in ["Top", "Middle", "Low"] {
            change("target", &["service", name, "remove"]);
        }
        assert_eq!(states, ["stopped"; 3]);
    }
}

#[tokio::test]
async fn the_state_is_waited_for_as_long_as_there_is_time() {
    in_lab!();
    let _alone = HOSTS.write().await;
    for config in carriers() {
        let host = Host::new(config);
        change("target", &["service", "SMTPSVC", "slow=1"]);
        host.act(&tell("SMTPSVC", ServiceAct::Start)).await.unwrap();
        assert_eq!(now("SMTPSVC").await.0, "running");
        change("target", &["service", "SMTPSVC", "slow=600"]);
        let hurried = host.within(Duration::from_secs(4));
        let late = hurried.act(&tell("SMTPSVC", ServiceAct::Stop)).await.unwrap_err();
        let meanwhile = now("SMTPSVC").await.0;
        change("target", &["service", "SMTPSVC", "slow=0", "state=stopped"]);
        assert_eq!(
            (late.refused, late.why.cause),
            (false, Cause::Timeout),
            "{late:?}"
        );
        assert_eq!(meanwhile, "stop_pending");
    }
}

#[tokio::test]
async fn one_that_does_not_do_it_is_told() {
    in_lab!();
    let _alone = HOSTS.write().await;
    for config in carriers() {
        let host = Host::new(config);
        change("target", &["service", "SMTPSVC", "fails=yes", "slow=0.3"]);
        let fails = host.act(&tell("SMTPSVC", ServiceAct::Start)).await.unwrap_err();
        change(
            "target",
            &["service", "SMTPSVC", "fails=no", "holds=yes", "state=running"],
        );
        let holds = host.act(&tell("SMTPSVC", ServiceAct::Stop)).await.unwrap_err();
        change(
            "target",
            &["service", "SMTPSVC", "holds=no", "slow=0", "state=stopped"],
        );
        for (unwritten, state) in [(fails, "stopped"), (holds, "running")] {
            assert!(!unwritten.refused, "{unwritten:?}");
            assert_eq!(unwritten.why.cause, Cause::Unsupported, "{unwritten:?}");
            assert!(unwritten.why.detail.contains(state), "{unwritten:?}");
        }
    }
}

#[tokio::test]
async fn what_windows_refuses_changes_nothing() {
    in_lab!();
    let _alone = HOSTS.write().await;
    let list = services();
    let before = told(&ask(rpc("TARGET"), &list).await);
    change("target", &["service", "SMTPSVC", "start=disabled"]);
    let mut causes = Vec::new();
    for config in carriers() {
        causes.push(refused(&config, &tell("SMTPSVC", ServiceAct::Start)).await.cause);
        causes.push(
            refused(&config, &tell("no such service", ServiceAct::Stop))
                .await
                .cause,
        );
        for name in HOSTILE {
            let to = ServiceAct::SetStart(StartType::Disabled);
            let absence = refused(&config, &tell(name, to)).await;
            assert_eq!(absence.cause, Cause::NotFound, "{name}: {absence}");
        }
        for name in ["", "a\nb", r"a\b", &"x".repeat(10_000)] {
            causes.push(refused(&config, &tell(name, ServiceAct::Stop)).await.cause);
        }
    }
    change("target", &["service", "SMTPSVC", "start=manual"]);
    let one = [
        [Cause::Unsupported, Cause::NotFound].as_slice(),
        &[Cause::Unsupported; 4],
    ]
    .concat();
    assert_eq!(causes, [one.clone(), one].concat());
    let reader = HostConfig {
        carrier: Carrier::Rpc(password("HOST_READER")),
        ..rpc("TARGET")
    };
    for to in [
        ServiceAct::Start,
        ServiceAct::Stop,
        ServiceAct::SetStart(StartType::Disabled),
    ] {
        assert_eq!(refused(&reader, &tell("SMTPSVC", to)).await.cause, Cause::Denied);
    }
    assert_eq!(told(&ask(rpc("TARGET"), &list).await), before);
}

#[tokio::test]
async fn names_of_all_scripts_are_started_and_stopped() {
    in_lab!();
    let _alone = HOSTS.write().await;
    for name in HOSTILE {
        change("target", &["service", name, "state=stopped"]);
        for config in carriers() {
            let host = Host::new(config);
            host.act(&tell(name, ServiceAct::Start)).await.unwrap();
            assert_eq!(now(name).await.0, "running", "{name}");
            host.act(&tell(name, ServiceAct::Stop)).await.unwrap();
            assert_eq!(now(name).await.0, "stopped", "{name}");
        }
        change("target", &["service", name, "remove"]);
    }
}
