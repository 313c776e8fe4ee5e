//! How long a collection takes when each request takes long.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use standin::collect::{Progress, Silent};
use standin::facts::{Absence, FactPath};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::answer::{of_network, open, read};
use super::counting;

const DIRECTORY: &str =
    "ldap: { server: dc1.corp.example, security: ldaps, ca: /run/standin-lab/tls/ca.pem }";
/// What the slow front adds to each request.
const LATENCY: Duration = Duration::from_millis(200);
/// Of one endpoint, when the pair file does not say it.
const CONNECTIONS: usize = 4;
/// The slowest chain: the log-on, the root, the organisation, the server, what lies below it.
const CHAIN: usize = 5;

#[test]
fn a_slow_directory_costs_its_slowest_chain_and_no_more_than_its_share_of_requests() {
    let Some(_lab) = super::lab() else { return };
    let (asked, took) = Runtime::new().unwrap().block_on(async {
        let slow = format!("{}:389", super::setting("SLOW"));
        let (port, seen, _proxy) = counting::before(slow).await;
        let ldap = format!("ldap: {{ server: 127.0.0.1, port: {port}, security: plain }}");
        let opened = open(&[(DIRECTORY, &ldap)]);
        let start = Instant::now();
        let snapshot = read(
            &opened,
            &of_network(),
            Duration::from_mins(1),
            &Silent,
            CancellationToken::new(),
        )
        .await;
        let took = start.elapsed();
        assert!(
            snapshot
                .facts
                .iter()
                .all(|(path, o)| o.value.is_ok() || path.to_string().contains("network.subnet"))
        );
        (seen.all(), took)
    });
    let log_ons = asked.iter().filter(|one| one.is_log_on()).count();
    let steps = CHAIN + asked.len().div_ceil(CONNECTIONS);
    let most = LATENCY * u32::try_from(steps).unwrap() * 11 / 10;
    eprintln!(
        "{} requests, {log_ons} log-ons among them, over {CONNECTIONS} connections at {LATENCY:?}: {took:?} of at most {most:?}",
        asked.len()
    );
    assert!(took <= most, "{took:?} is more than {most:?}");
    assert!(counting::most_at_once(&asked) <= CONNECTIONS);
    assert_eq!(log_ons, CONNECTIONS);
    assert_eq!(
        counting::repeated(&asked).len(),
        0,
        "the same question is asked once"
    );
    let pause = counting::longest_pause(&asked);
    assert!(pause < LATENCY / 2, "nobody is asked for {pause:?}");
}

/// When each fact was read, from the start on.
struct Times(Instant, RefCell<Vec<(String, Duration)>>);

impl Progress for Times {
    fn started(&self, _: usize) {}
    fn read(&self, fact: &FactPath, _: Option<&Absence>) {
        self.1.borrow_mut().push((fact.to_string(), self.0.elapsed()));
    }
    fn finished(&self) {}
}

#[test]
fn a_dead_name_server_delays_nothing_that_the_directory_tells() {
    let Some(_lab) = super::lab() else { return };
    let opened = open(&[
        ("server: 127.0.0.53", "server: 127.0.0.61"),
        ("settings:\n", "    deadline: 4s\nsettings:\n"),
    ]);
    let times = Times(Instant::now(), RefCell::default());
    let runtime = Runtime::new().unwrap();
    runtime.block_on(read(
        &opened,
        &of_network(),
        Duration::from_mins(1),
        &times,
        CancellationToken::new(),
    ));
    let (Times(start, times), mut of_directory) = (times, 0);
    assert!(
        start.elapsed() >= Duration::from_secs(4),
        "the name server was asked"
    );
    for (fact, at) in times.into_inner() {
        if !fact.starts_with("pair.dns.") {
            of_directory += 1;
            assert!(at < Duration::from_secs(3), "{fact} came after {at:?}");
        }
    }
    assert!(of_directory > 30, "{of_directory}");
}
