//! How the two servers themselves are asked, as comments that only need their `# ` taken away.

use std::fmt::Write as _;

use super::draft::Server;
use crate::yaml::scalar;

const SHARED: &str = "
  # The two servers themselves, how their Windows is asked (by one of rpc, winrm and ssh) and how their databases are
  # (by tds). What stands under `servers` holds for both; under `source` and `target` stands what differs. Each is
  # reached at its address.
  # servers:
  #   rpc: {}
  #   tds: { ca: authority.pem }
  #   credential: { user: \"CORP\\\\svc-standin\", password: { env: STANDIN_SERVERS_PASSWORD } }
  # Or, in place of `rpc: {}`, one of these:
  #   winrm: { ca: authority.pem }
  #   ssh: { user: standin, key: standin.key, known_hosts: known_hosts }
";

/// Writes the block with what is known of the instances of each server.
pub(super) fn put_servers(text: &mut String, source: &Server, target: &Server) {
    text.push_str(SHARED.trim_start_matches('\n'));
    put_side(text, "source", source);
    put_side(text, "target", target);
}

fn put_side(text: &mut String, side: &str, server: &Server) {
    let _ = writeln!(text, "  # {side}:");
    let credential = "credential: { user: standin, password: { env: STANDIN_TDS_PASSWORD } }";
    if server.instances.is_empty() {
        let _ = writeln!(text, "  #   tds: {{ instance: PAYROLL, {credential} }}");
        return;
    }
    // More than one cannot be asked: the first stands, and the others behind it.
    let mut known = server.instances.iter().map(|(instance, port)| {
        match (
            instance,
            port.as_deref().and_then(|port| port.parse::<u16>().ok()),
        ) {
            (_, Some(1433)) => "tds: {}".to_owned(),
            (Some(instance), _) if is_name(instance) => format!("tds: {{ instance: {} }}", scalar(instance)),
            (_, Some(port)) => format!("tds: {{ port: {port} }}"),
            _ => format!("tds: {{ instance: PAYROLL, {credential} }}"),
        }
    });
    let first = known.next().unwrap_or_default();
    let others: Vec<String> = known.collect();
    let others = if others.is_empty() {
        String::new()
    } else {
        format!("    # or {}", others.join(", or "))
    };
    let _ = writeln!(text, "  #   {first}{others}");
}

/// Whether a pair file takes this for the name of an instance.
fn is_name(text: &str) -> bool {
    (1..=16).contains(&text.chars().count()) && text.chars().all(|c| c.is_alphanumeric() || "_$#".contains(c))
}
