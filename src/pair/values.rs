//! Small values of the pair file: addresses, hosts, times, files.

use crate::diagnostic::{Diagnostic, Diagnostics, excerpt};
use crate::yaml::Node;
use crate::yaml::decode::{borrowed, nonempty, wrong_value};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An IPv4 or IPv6 address.
pub(super) fn ip(node: &Node, sink: &mut Diagnostics) -> Option<IpAddr> {
    let text = borrowed(node, "an IP address", sink)?;
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let wrong = wrong_value(node, &format!("`{}` is not an IP address", excerpt(text)));
    let octets: Vec<&str> = text.split('.').collect();
    let is_number = |octet: &&str| !octet.is_empty() && octet.bytes().all(|byte| byte.is_ascii_digit());
    sink.push(if text.contains('/') {
        wrong.help("write the address alone, without the length of its network")
    } else if text.starts_with('[') {
        wrong.help("write the address without brackets")
    } else if octets.len() == 4 && octets.iter().all(is_number) {
        wrong.help("each of the four numbers is 0 to 255, without leading zeros")
    } else if text.starts_with(|c: char| c.is_ascii_alphabetic()) && !text.contains(':') {
        wrong.help("write an address such as 192.0.2.10, not a name")
    } else {
        wrong.help("addresses look like 192.0.2.10 or 2001:db8::10")
    });
    None
}

/// The name or address of a server, and nothing else.
pub(super) fn host(node: &Node, sink: &mut Diagnostics) -> Option<String> {
    let text = borrowed(node, "a host name or an IP address", sink)?;
    let label = |label: &str| {
        let right = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(right)
    };
    let is_name = text.len() <= 253 && text.strip_suffix('.').unwrap_or(text).split('.').all(label);
    if is_name || text.parse::<IpAddr>().is_ok() {
        return Some(text.to_owned());
    }
    let wrong = wrong_value(
        node,
        &format!("`{}` is not a host name or an IP address", excerpt(text)),
    );
    sink.push(match text {
        _ if text.contains("://") => wrong.help("write the host alone, without what stands before `://`"),
        _ if text.contains(':') => wrong.help("write the port under `port`"),
        _ => wrong,
    });
    None
}

/// A time span such as `500ms`, `10s`, `2m` or `1h`, longer than nothing.
pub(super) fn duration(node: &Node, sink: &mut Diagnostics) -> Option<Duration> {
    const LONGEST: Duration = Duration::from_hours(366 * 24);
    let text = borrowed(node, "a time span", sink)?;
    let parsed = parse_duration(text).filter(|span| !span.is_zero() && *span <= LONGEST);
    if parsed.is_none() {
        let wrong = wrong_value(node, &format!("`{}` is not a time span", excerpt(text)));
        sink.push(wrong.help("time spans look like `500ms`, `10s`, `2m` or `1h`"));
    }
    parsed
}

/// A time span in whole units; nothing when it is none.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit);
    let number: u64 = number.parse().ok()?;
    let seconds = |factor| number.checked_mul(factor).map(Duration::from_secs);
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(3600),
        _ => None,
    }
}

/// A file; a relative path starts in the pair file's folder.
pub(super) fn path_in(folder: &Path) -> impl Fn(&Node, &mut Diagnostics) -> Option<PathBuf> {
    move |node, sink| {
        let text = nonempty(node, sink)?;
        if text.contains('\0') {
            sink.push(Diagnostic::error("wrong-value", "a path has no NUL character").at(node.span, ""));
            return None;
        }
        Some(folder.join(text))
    }
}
