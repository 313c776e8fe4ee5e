//! How long it takes, and what it costs.

use super::proxy::{FINE, Line, Proxy};
use super::*;

/// CPU time of ended children, in milliseconds; the clock of Linux counts hundredths of seconds.
fn cpu_of_children() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    // cutime and cstime
    fields[13..15]
        .iter()
        .map(|ticks| ticks.parse::<u64>().unwrap() * 10)
        .sum()
}

#[tokio::test]
async fn a_start_and_a_session_are_measured() {
    in_lab!();
    let _still = HOSTS.read().await;
    for config in [rpc("SOURCE"), ssh("SOURCE")] {
        let host = Host::new(config.clone());
        let start = Instant::now();
        host.ask(&share("Tools")).await.unwrap();
        let first = start.elapsed();
        let start = Instant::now();
        let rows = host.ask(&services()).await.unwrap();
        let list = start.elapsed();
        let start = Instant::now();
        for _ in 0..20 {
            host.ask(&service("RemoteRegistry")).await.unwrap();
        }
        let one = start.elapsed() / 20;
        eprintln!(
            "{}: first answer {first:?}, {} services {list:?}, one service {one:?}, children so far {} ms of CPU",
            config.endpoint,
            rows.len(),
            cpu_of_children()
        );
    }
}

#[tokio::test]
async fn a_host_that_is_far_away_is_asked_in_parallel() {
    in_lab!();
    let _still = HOSTS.read().await;
    let late = Line {
        late: Duration::from_millis(200),
        ..FINE
    };
    let proxy = Proxy::before("SOURCE", 445, "127.0.1.4", late).await;
    let host = Host::new(HostConfig {
        server: proxy.address.clone(),
        ..rpc("SOURCE")
    });
    let start = Instant::now();
    let rows = host.ask(&services()).await.unwrap();
    let taken = start.elapsed();
    eprintln!("{} services, each answer 200 ms late: {taken:?}", rows.len());
    // one after the other they would take four answers each
    assert!(taken < Duration::from_secs(10), "{taken:?}");
    let start = Instant::now();
    host.ask(&value(
        r"HKLM\SOFTWARE\NSI Software\Double-Take\CurrentVersion",
        "Version",
    ))
    .await
    .unwrap();
    let first = start.elapsed();
    let start = Instant::now();
    host.ask(&value(
        r"HKLM\SOFTWARE\NSI Software\Double-Take\CurrentVersion",
        "InstallPath",
    ))
    .await
    .unwrap();
    eprintln!("registry values: first {first:?}, next {:?}", start.elapsed());
}
