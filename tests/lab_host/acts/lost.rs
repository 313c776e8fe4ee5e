//! Sessions that end at the wrong moment.

use super::*;
use crate::keys::ssh_at;
use crate::proxy::{FINE, Harm, Proxy};

#[tokio::test]
async fn an_answer_that_breaks_off_is_uncertain_and_nothing_is_done_twice() {
    in_lab!();
    let _alone = HOSTS.write().await;
    let folder = tempfile::tempdir().unwrap();
    let over_rpc = Proxy::before("SOURCE", 445, "127.0.1.8", FINE).await;
    let over_ssh = Proxy::before("SOURCE", 22, "127.0.1.8", FINE).await;
    let rpc_there = HostConfig {
        server: over_rpc.address.clone(),
        ..rpc("SOURCE")
    };
    let ssh_there = ssh_at(&over_ssh.address, &folder.path().join("known"));
    for (config, proxy) in [(rpc_there, &over_rpc), (ssh_there, &over_ssh)] {
        let host = Host::new(HostConfig {
            connections: 1,
            ..config
        });
        change("source", &["service", "Own", "state=stopped", "slow=2"]);
        host.ask(&service("Own")).await.unwrap();
        let begun = tokio::spawn({
            let host = host.clone();
            async move { host.act(&tell("Own", ServiceAct::Start)).await }
        });
        // while the service starts, its answer is on the way
        while state().await == "stopped" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let asked = proxy.asked();
        proxy.harm(Harm::Breaks);
        let lost = begun.await.unwrap().unwrap_err();
        assert!(!lost.refused, "{lost:?}");
        assert_eq!(proxy.asked(), asked, "nothing was said in a second session");
        change("source", &["service", "Own", "slow=0", "state=stopped"]);
        // the next one has a session of its own
        host.act(&tell("Own", ServiceAct::Start)).await.unwrap();
        assert_eq!(state().await, "running");
        change("source", &["service", "Own", "remove"]);
    }
}

async fn state() -> String {
    text(&ask(rpc("SOURCE"), &service("Own")).await.unwrap()[0], "state")
}

#[tokio::test]
async fn a_session_that_ended_while_it_was_idle_is_opened_again_before() {
    in_lab!();
    let _alone = HOSTS.write().await;
    let proxy = Proxy::before("SOURCE", 445, "127.0.1.9", FINE).await;
    let host = Host::new(HostConfig {
        server: proxy.address.clone(),
        connections: 1,
        ..rpc("SOURCE")
    });
    change("source", &["service", "Own", "state=stopped"]);
    host.ask(&service("Own")).await.unwrap();
    proxy.harm(Harm::Breaks);
    let outcome = host.act(&tell("Own", ServiceAct::Start)).await;
    let state = state().await;
    change("source", &["service", "Own", "remove"]);
    assert_eq!((outcome, state.as_str()), (Ok(()), "running"));
}
