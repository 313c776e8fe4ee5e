//! This machine: the resolvers that it is set to use, what names mean to it, its clock, files of its own.
//!
//! The only place that reads the clock for the protocols; rules get their time from the caller.

mod files;

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hickory_resolver::config::ResolverConfig;
use jiff::Timestamp;
use tokio::net::lookup_host;

use super::deadline::Deadline;
use super::{Trouble, clip};
use crate::facts::{Absence, Cause, FactValue, Record};

pub use files::{files, files_in};

/// The name of this machine's endpoint.
const ENDPOINT: &str = "local";

/// The DNS servers that this machine is set to use, one row with its `address` each, in their order.
pub async fn resolvers() -> Result<Vec<Record>, Absence> {
    let read = tokio::task::spawn_blocking(configured).await;
    match read {
        Ok(Ok(addresses)) => Ok(addresses.into_iter().map(row).collect()),
        Ok(Err(why)) => {
            let detail = format!("this machine's settings name no DNS server: {}", clip(&why));
            Err(absence(Trouble::new(Cause::NotFound, detail)))
        }
        Err(_) => {
            let detail = "this machine's DNS settings could not be read";
            Err(absence(Trouble::new(Cause::Malformed, detail)))
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn configured() -> Result<Vec<IpAddr>, String> {
    let (config, _) = hickory_resolver::system_conf::read_system_conf().map_err(|error| error.to_string())?;
    Ok(addresses(&config))
}

#[cfg(target_os = "linux")]
fn configured() -> Result<Vec<IpAddr>, String> {
    let read = |file: &str| std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"));
    let listed = listed(&read("/etc/resolv.conf")?, || {
        read("/run/systemd/resolve/resolv.conf")
    });
    listed.map_err(|why| format!("/etc/resolv.conf: {why}"))
}

/// What a resolv.conf lists; where it only leads to the machine's own go-between, what that one asks.
#[cfg(target_os = "linux")]
fn listed(text: &str, behind: impl FnOnce() -> Result<String, String>) -> Result<Vec<IpAddr>, String> {
    let parse = |text: &str| {
        let parsed = hickory_resolver::system_conf::parse_resolv_conf(text);
        parsed
            .map(|(config, _)| addresses(&config))
            .map_err(|error| error.to_string())
    };
    let listed = parse(text)?;
    let go_between = text.contains("systemd-resolved") && listed == [IpAddr::from([127, 0, 0, 53])];
    if !go_between {
        return Ok(listed);
    }
    Ok(behind().and_then(|text| parse(&text)).unwrap_or(listed))
}

fn addresses(config: &ResolverConfig) -> Vec<IpAddr> {
    let mut addresses: Vec<IpAddr> = Vec::new();
    for server in config.name_servers() {
        if !addresses.contains(&server.ip) {
            addresses.push(server.ip);
        }
    }
    addresses
}

/// The addresses that a name has for this machine, one row each; none when its resolver says that there are none.
pub async fn resolve(name: &str, deadline: Duration) -> Result<Vec<Record>, Absence> {
    let look_up = async {
        match lookup_host((name, 0)).await {
            Ok(found) => Ok(found.map(|to| to.ip()).collect()),
            Err(error) if says_there_is_none(&error) => Ok(Vec::new()),
            Err(error) => {
                let why = clip(&error.to_string());
                Err(Trouble::new(
                    Cause::Unreachable,
                    format!("this machine cannot resolve {}: {why}", clip(name)),
                ))
            }
        }
    };
    let doing = format!("resolving {} on this machine", clip(name));
    let mut addresses: Vec<IpAddr> = Deadline::after(deadline)
        .run(&doing, look_up)
        .await
        .map_err(absence)?;
    addresses.sort_unstable();
    addresses.dedup();
    Ok(addresses.into_iter().map(row).collect())
}

/// The file of this machine that a path of a pack means; a relative one starts in `base`. Packs write the slash of Windows;
/// here it may be the other one.
pub fn file(path: &str, base: &Path) -> Result<PathBuf, Absence> {
    let found = if cfg!(windows) {
        path.to_owned()
    } else {
        path.replace('\\', "/")
    };
    let has_drive = found.as_bytes().get(1) == Some(&b':');
    // two of them in front stand for a server
    let elsewhere = !cfg!(windows) && (has_drive || found.starts_with("//"));
    if elsewhere || found.is_empty() || found.contains('\0') {
        let shown = clip(path);
        let detail = format!("`{shown}` is no path of this machine; mount a share, and say where");
        return Err(absence(Trouble::new(Cause::NotConfigured, detail)));
    }
    Ok(base.join(found))
}

/// This machine's time.
pub fn clock() -> Record {
    Record::from_iter([("time", FactValue::Time(now()))])
}

/// Seconds since 1970 in UTC, as signatures want them.
pub(super) fn unix_seconds() -> u64 {
    u64::try_from(now().as_second()).unwrap_or_default()
}

#[expect(
    clippy::disallowed_methods,
    reason = "this machine's clock is what is asked for"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

fn row(address: IpAddr) -> Record {
    Record::from_iter([("address", FactValue::Ip(address))])
}

fn absence(trouble: Trouble) -> Absence {
    trouble.at(&ENDPOINT.into())
}

/// Whether a failed look-up means that the name does not exist, or has no address, rather than that nobody knows.
fn says_there_is_none(error: &io::Error) -> bool {
    // WSAHOST_NOT_FOUND, WSANO_DATA
    if matches!(error.raw_os_error(), Some(11_001 | 11_004)) {
        return true;
    }
    // elsewhere the standard library gives the text of the resolver's error only
    let text = error.to_string();
    [
        "Name or service not known",
        "No address associated with hostname",
        "nodename nor servname provided",
        "Name does not resolve",
    ]
    .iter()
    .any(|known| text.contains(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_is_itself() {
        let rows = resolve("192.0.2.7", Duration::from_secs(5)).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].get("address").unwrap().to_string(), "192.0.2.7");
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_found() {
        let rows = resolve("localhost", Duration::from_secs(20)).await.unwrap();
        assert!(
            rows.iter()
                .all(|row| matches!(row.get("address"), Some(FactValue::Ip(ip)) if ip.is_loopback()))
        );
    }

    #[tokio::test]
    async fn what_is_no_name_never_becomes_an_address() {
        for name in ["", "a b", "no-such-host.invalid", "x\0y"] {
            match resolve(name, Duration::from_secs(20)).await {
                Ok(rows) => assert!(rows.is_empty(), "{name:?}"),
                Err(absence) => assert_eq!(&*absence.root, "local", "{name:?}"),
            }
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_servers_behind_a_go_between_are_found() {
        let stub = "# managed by man:systemd-resolved(8)\nnameserver 127.0.0.53\noptions edns0 trust-ad\n";
        let behind = || Ok("nameserver 192.0.2.1\nnameserver 2001:db8::1\nnameserver 192.0.2.1\n".to_owned());
        let shown = |text: &str, behind: &dyn Fn() -> Result<String, String>| {
            listed(text, behind).map(|found| found.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(shown(stub, &behind).unwrap(), ["192.0.2.1", "2001:db8::1"]);
        assert_eq!(shown(stub, &|| Err("not there".into())).unwrap(), ["127.0.0.53"]);
        assert_eq!(shown("nameserver 127.0.0.53\n", &behind).unwrap(), ["127.0.0.53"]);
        assert!(shown("search corp.example\n", &behind).is_err());
    }

    #[test]
    fn only_a_resolver_that_knows_proves_that_there_is_none() {
        let gai = |text: &str| io::Error::other(format!("failed to lookup address information: {text}"));
        assert!(says_there_is_none(&gai("Name or service not known")));
        assert!(says_there_is_none(&gai("No address associated with hostname")));
        assert!(says_there_is_none(&io::Error::from_raw_os_error(11_001)));
        assert!(!says_there_is_none(&gai("Temporary failure in name resolution")));
        assert!(!says_there_is_none(&gai("System error")));
    }

    #[cfg(unix)]
    #[test]
    fn files_of_this_machine_have_either_slash() {
        let shown = |path| file(path, Path::new("pairs/mail")).map(|found| found.display().to_string());
        assert_eq!(shown(r"/srv/helpers\a b.exe").unwrap(), "/srv/helpers/a b.exe");
        assert_eq!(shown(r"scripts\a.ps1").unwrap(), "pairs/mail/scripts/a.ps1");
        for elsewhere in [r"\\files\tools\a.exe", r"C:\tools\a.exe", "", "/a\0b"] {
            let absence = shown(elsewhere).unwrap_err();
            assert_eq!((absence.cause, &*absence.root), (Cause::NotConfigured, "local"));
        }
    }

    #[test]
    fn the_clock_runs() {
        assert!(matches!(clock().get("time"), Some(FactValue::Time(_))));
        assert!(unix_seconds() > 1_700_000_000);
    }
}
