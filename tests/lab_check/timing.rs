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
    let most = (CHAIN + asked.len().div_ceil(CONNECTIONS)) * 11 / 10;
    let trips = counting::one_after_another(&asked);
    let alone = LATENCY * u32::try_from(trips).unwrap();
    eprintln!(
        "{} requests, {log_ons} log-ons among them, over {CONNECTIONS} connections: {trips} of at most {most} one after \
         another, at {LATENCY:?} each {alone:?}; it took {took:?}",
        asked.len()
    );
    // the time itself is the machine's too
    assert!(trips <= most, "{trips} is more than {most}");
    assert!(counting::most_at_once(&asked) <= CONNECTIONS);
    assert_eq!(log_ons, CONNECTIONS);
    assert_eq!(
        counting::repeated(&asked).len(),
        0,
        "the same question is asked once"
    );
    let pause = counting::longest_pause(&asked);
    assert!(pause < LATENCY * 10, "nobody is asked for {pause:?}");
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
    let Times(start, times) = times;
    let gave_up = Duration::from_secs(4);
    assert!(start.elapsed() >= gave_up, "the name server was asked");
    let (of_dns, others): (Vec<_>, Vec<_>) = times
        .into_inner()
        .into_iter()
        .partition(|(fact, _)| fact.starts_with("pair.dns."));
    let of_directory = others.len();
    let first = of_dns.iter().map(|(_, at)| *at).filter(|at| *at >= gave_up).min();
    let first = first.expect("something of the name server is told when it is given up");
    for (fact, at) in others {
        assert!(
            at < first,
            "{fact} came after {at:?}, the name server was given up after {first:?}"
        );
    }
    assert!(of_directory > 30, "{of_directory}");
}
