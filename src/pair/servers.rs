//! The endpoints of the two servers themselves: `servers` says what both have in common, `source` and `target` what
//! differs.

use super::Credential;
use super::Endpoint;
use super::credential::credential;
use super::endpoint::{CONNECTIONS, DEADLINE, limits};
use super::protocol::{Around, protocol};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::yaml::{Fields, Key, Node};
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

/// The names of these blocks.
pub(super) const BLOCKS: [&str; 3] = ["servers", "source", "target"];

/// The ways to ask a Windows host; a server is asked in one of them.
pub(super) const HOST: [&str; 3] = ["rpc", "winrm", "ssh"];

/// The way to ask a server's databases.
const TDS: &str = "tds";

/// One of the blocks, its protocols not decoded yet: what they mean depends on the server.
struct Block<'n> {
    span: Span,
    protocols: [Option<(&'static str, &'n Node)>; 2],
    credential: Option<Credential>,
    connections: Option<usize>,
    deadline: Option<Duration>,
}

fn block<'n>(key: &Key, node: &'n Node, folder: &Path, sink: &mut Diagnostics) -> Option<Block<'n>> {
    let mut fields = Fields::of(node, sink, "this block of endpoints")?;
    let limits = limits(&mut fields);
    let had = fields.has("credential");
    let credential = fields.optional("credential", |node, sink| credential(node, folder, sink));
    let host = fields.at_most_one_of(&HOST);
    let tds = fields.node(TDS).map(|node| (TDS, node));
    fields.finish();
    let (connections, deadline) = limits?;
    if had && credential.is_none() {
        return None;
    }
    Some(Block {
        span: key.span,
        protocols: [host, tds],
        credential,
        connections,
        deadline,
    })
}

/// Decodes the blocks among the entries of `endpoints:` to one endpoint for each server and protocol.
///
/// They are named `source.rpc`, `target.tds` and so on.
pub(super) fn servers(
    entries: &[(Key, Node)],
    addresses: [Option<IpAddr>; 2],
    folder: &Path,
    sink: &mut Diagnostics,
) -> Option<Vec<Endpoint>> {
    let mut find = |name: &str| {
        let found = entries.iter().find(|(key, _)| key.text == name);
        found.map(|(key, node)| block(key, node, folder, sink))
    };
    let [shared, source, target] = BLOCKS.map(&mut find);
    let shared = shared.map_or(Some(None), |block| block.map(Some))?;
    let sides = [("source", source), ("target", target)];
    if let Some(shared) = &shared {
        no_server_of_both(shared, sink);
    }
    let mut endpoints = Some(Vec::new());
    // What both share is wrong once, however many servers it is wrong for.
    let mut told = [false; 2];
    for ((side, own), address) in sides.into_iter().zip(addresses) {
        let Some(own) = own.map_or(Some(None), |block| block.map(Some)) else {
            endpoints = None;
            continue;
        };
        for (kind, told) in told.iter_mut().enumerate() {
            let own_protocol = own.as_ref().and_then(|block| block.protocols[kind]);
            let shared_protocol = shared.as_ref().and_then(|block| block.protocols[kind]);
            let Some((word, node)) = own_protocol.or(shared_protocol) else {
                continue;
            };
            let around = around(own.as_ref(), shared.as_ref(), address);
            let mut unheard = Diagnostics::new();
            let again = own_protocol.is_none() && *told;
            let hears = if again { &mut unheard } else { &mut *sink };
            *told |= own_protocol.is_none();
            match (protocol(word, node, &around, folder, hears), &mut endpoints) {
                (Some(protocol), Some(endpoints)) => {
                    endpoints.push(joined(side, protocol, own.as_ref(), shared.as_ref()));
                }
                _ => endpoints = None,
            }
        }
    }
    if let Some(shared) = &shared {
        let mut around = around(None, Some(shared), None);
        around.wrong_credential = around.credential.is_none();
        let unused = shared.protocols.iter().zip(told).filter(|(_, told)| !told);
        for (word, node) in unused.filter_map(|(protocol, _)| *protocol) {
            // Nobody uses it; a mistake in it is one all the same.
            if protocol(word, node, &around, folder, sink).is_none() {
                endpoints = None;
            }
        }
    }
    endpoints
}

fn around(own: Option<&Block<'_>>, shared: Option<&Block<'_>>, address: Option<IpAddr>) -> Around {
    let credential = |block: Option<&Block<'_>>| block.and_then(|block| block.credential.clone());
    Around {
        // An address that is wrong was told already.
        server: Some(address.map_or_else(String::new, |address| address.to_string())),
        credential: credential(own).or_else(|| credential(shared)),
        wrong_credential: false,
    }
}

fn joined(
    side: &str,
    protocol: super::Protocol,
    own: Option<&Block<'_>>,
    shared: Option<&Block<'_>>,
) -> Endpoint {
    let blocks = [own, shared];
    let mut blocks = blocks.into_iter().flatten();
    let span = blocks.clone().next().map(|block| block.span);
    Endpoint {
        name: format!("{side}.{}", protocol.word()),
        connections: blocks
            .clone()
            .find_map(|block| block.connections)
            .unwrap_or(CONNECTIONS),
        deadline: blocks.find_map(|block| block.deadline).unwrap_or(DEADLINE),
        protocol,
        span: span.expect("the protocol stands in one of the blocks"),
    }
}

/// Refuses one server for both.
fn no_server_of_both(shared: &Block<'_>, sink: &mut Diagnostics) {
    for (_, node) in shared.protocols.iter().flatten() {
        if let Some(server) = node.get("server") {
            let wrong = Diagnostic::error("wrong-value", "source and target are not one server");
            sink.push(
                wrong
                    .at(server.span, "")
                    .help("say it under `source` or `target`"),
            );
        }
    }
}
