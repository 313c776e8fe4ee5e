//! A password is found in no argument, no environment of a child, no log and no debug text.

use std::io::Write;
use std::sync::Mutex;

use standin::transport::host::Act;

use super::*;

/// Every program that this one started, with its arguments and its environment; a child that is still the copy of this
/// program is passed over.
fn children() -> Vec<(String, Vec<u8>)> {
    let us = std::process::id();
    let own = std::fs::read("/proc/self/cmdline").unwrap();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let read = |name: &str| std::fs::read(entry.path().join(name)).unwrap_or_default();
        let stat = String::from_utf8_lossy(&read("stat")).into_owned();
        let parent = stat
            .rsplit(')')
            .next()
            .and_then(|rest| rest.split_whitespace().nth(1)?.parse::<u32>().ok());
        let arguments = read("cmdline");
        if parent == Some(us) && arguments != own {
            let name = String::from_utf8_lossy(&arguments).into_owned();
            found.push((name, [arguments, read("environ")].concat()));
        }
    }
    found
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn contains(bytes: &[u8], what: &str) -> bool {
    bytes.windows(what.len()).any(|window| window == what.as_bytes())
}

/// Set where the test runs in a process of its own: what other tests start has our environment, and they log too.
const ALONE: &str = "STANDIN_TEST_ALONE";

#[test]
fn a_password_is_seen_nowhere() {
    in_lab!();
    if std::env::var_os(ALONE).is_some() {
        return tokio::runtime::Runtime::new()
            .unwrap()
            .block_on(look_everywhere());
    }
    let done = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "secrets::a_password_is_seen_nowhere", "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    assert!(done.status.success() && told.contains("1 passed"), "{told}");
}

async fn look_everywhere() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let canary = lab("HOST_ADMIN_PASSWORD");
    // our own environment has it, as it is given to us
    assert!(std::env::vars().any(|(_, value)| value == canary));

    let config = rpc("SOURCE");
    assert!(!format!("{config:?}").contains(&canary));
    let host = Host::new(config);
    // what is not there need not be deleted
    let nothing = Act::DeleteValue {
        key: r"HKLM\SOFTWARE\Standin Lab\Types".to_owned(),
        name: "not there".to_owned(),
        view32: false,
    };
    let asking = tokio::spawn({
        let host = host.clone();
        async move {
            for _ in 0..5 {
                host.ask(&services()).await.unwrap();
                host.ask(&share("C$")).await.unwrap();
                host.act(&nothing).await.unwrap();
            }
            format!("{host:?}")
        }
    });
    let mut looked = 0;
    while !asking.is_finished() {
        for (command, seen) in children() {
            if command.contains("python3") {
                looked += 1;
            }
            assert!(!contains(&seen, &canary), "{command}");
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert!(looked > 0, "the child was seen");
    assert!(!asking.await.unwrap().contains(&canary));
    let over_ssh = Host::new(ssh("SOURCE"));
    over_ssh.ask(&services()).await.unwrap();
    for (command, seen) in children() {
        assert!(!contains(&seen, &canary), "{command}");
    }
    let log = log.0.lock().unwrap();
    assert!(
        contains(&log, "asked the host"),
        "the log was written: {}",
        String::from_utf8_lossy(&log)
    );
    assert!(contains(&log, "told the host"));
    assert!(!contains(&log, &canary));
}
