//! The layout of the pair file.

use super::Protocol;
use super::endpoint::endpoint;
use super::servers::{BLOCKS, servers};
use super::values::{duration, ip, path_in};
use super::waiver::waiver;
use super::{Collect, Endpoint, Pair, Server};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::yaml::decode::{integer_in, list_of, name, nonempty, raw, spanned, wrong_type};
use crate::yaml::{Fields, Node};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

/// Decodes the whole file.
pub(super) fn pair(node: &Node, folder: &Path, sink: &mut Diagnostics) -> Option<Pair> {
    let mut fields = Fields::of(node, sink, "a pair file")?;
    let called = fields.required("pair", spanned(name));
    let packs = fields.required("packs", list_of(spanned(name)));
    let source = fields.required("source", server);
    let target = fields.required("target", server);
    let addresses = [&source, &target].map(|server| server.as_ref().map(|server| server.address.value));
    let endpoints = fields.or("endpoints", BTreeMap::new(), |node, sink| {
        endpoints(node, addresses, folder, sink)
    });
    let settings = fields.optional("settings", map_or_nothing);
    let params = fields.optional("params", map_or_nothing);
    let services = fields.or("services", Vec::new(), list_of(raw));
    let waivers = fields.or("waivers", Vec::new(), list_of(waiver));
    let recorded = fields.optional("recorded", path_in(folder));
    let collect = fields.or("collect", Collect::default(), collect);
    let max_age = fields.optional("max_age", duration);
    if let (Some(source), Some(target)) = (&source, &target) {
        distinct(source, target, &mut fields);
    }
    fields.finish();
    Some(Pair {
        name: called?,
        folder: folder.to_owned(),
        packs: packs?,
        source: source?,
        target: target?,
        endpoints: endpoints?,
        settings,
        params,
        services: services?,
        waivers: waivers?,
        recorded,
        collect: collect?,
        max_age,
    })
}

fn server(node: &Node, sink: &mut Diagnostics) -> Option<Server> {
    let mut fields = Fields::of(node, sink, "a server")?;
    let called = fields.required("name", spanned(name));
    let address = fields.required("address", spanned(ip));
    let addresses = fields.or("addresses", Vec::new(), list_of(ip));
    let domain = fields.optional("domain", nonempty);
    fields.finish();
    let (address, mut addresses) = (address?, addresses?);
    if !addresses.contains(&address.value) {
        addresses.insert(0, address.value);
    }
    Some(Server {
        name: called?,
        address,
        addresses,
        domain,
    })
}

/// Refuses one server as its own stand-in.
fn distinct(source: &Server, target: &Server, fields: &mut Fields<'_, '_>) {
    let message = "source and target are the same server";
    let same_name = source.name.value.eq_ignore_ascii_case(&target.name.value);
    if same_name || source.address.value == target.address.value {
        let (here, there) = if same_name {
            (target.name.span, source.name.span)
        } else {
            (target.address.span, source.address.span)
        };
        fields.report(
            Diagnostic::error("one-server", message)
                .at(here, "same as the source's")
                .also(there, ""),
        );
    }
}

fn endpoints(
    node: &Node,
    addresses: [Option<IpAddr>; 2],
    folder: &Path,
    sink: &mut Diagnostics,
) -> Option<BTreeMap<String, Endpoint>> {
    let Some(entries) = node.entries() else {
        sink.push(wrong_type(node, "a map of endpoints"));
        return None;
    };
    let single = entries
        .iter()
        .filter(|(key, _)| !BLOCKS.contains(&key.text.as_str()));
    let decoded: Vec<_> = single
        .map(|(key, value)| endpoint(key, value, folder, sink))
        .collect();
    let servers = servers(entries, addresses, folder, sink);
    let decoded: Option<Vec<Endpoint>> = decoded.into_iter().collect();
    let mut all: BTreeMap<String, Endpoint> = decoded?
        .into_iter()
        .chain(servers?)
        .map(|endpoint| (endpoint.name.clone(), endpoint))
        .collect();
    hosts_in_our_place(&mut all, sink);
    Some(all)
}

/// Names the endpoints of the hosts that ask databases in our place, and refuses those that cannot.
fn hosts_in_our_place(all: &mut BTreeMap<String, Endpoint>, sink: &mut Diagnostics) {
    let can = |name: &str| {
        let protocol = all.get(name).map(|endpoint| &endpoint.protocol);
        matches!(protocol, Some(Protocol::Winrm { .. } | Protocol::Ssh { .. })).then(|| name.to_owned())
    };
    let mut found = Vec::new();
    for (name, endpoint) in &*all {
        let Protocol::Tds {
            through: Some(said), ..
        } = &endpoint.protocol
        else {
            continue;
        };
        let named = match (said.as_str(), name.strip_suffix(".tds")) {
            ("host", Some(side)) => ["winrm", "ssh"]
                .iter()
                .find_map(|way| can(&format!("{side}.{way}"))),
            _ => can(said),
        };
        if named.is_none() {
            let wrong = Diagnostic::error(
                "wrong-value",
                format!("`through: {said}` of `{name}` is no host that runs a program for us"),
            );
            sink.push(wrong.at(endpoint.span, "").help(
                "write `host` where the server has `winrm` or `ssh` itself, or the name of an endpoint that has one of them",
            ));
        }
        found.push((name.clone(), named));
    }
    for (name, host) in found {
        if let Some(Protocol::Tds { through, .. }) = all.get_mut(&name).map(|endpoint| &mut endpoint.protocol)
        {
            *through = host;
        }
    }
}

fn collect(node: &Node, sink: &mut Diagnostics) -> Option<Collect> {
    let mut fields = Fields::of(node, sink, "`collect`")?;
    let default = Collect::default();
    let timeout = fields.or("timeout", default.timeout, duration);
    let connections = fields.or("connections", 4, integer_in(1, 64));
    fields.finish();
    let connections = usize::try_from(connections?).expect("it is between 1 and 64");
    Some(Collect {
        timeout: timeout?,
        connections,
    })
}

/// A map that is understood later; a key with nothing but comments below it says nothing.
fn map_or_nothing(node: &Node, sink: &mut Diagnostics) -> Option<Node> {
    if node.is_null() { None } else { map(node, sink) }
}

/// A map.
fn map(node: &Node, sink: &mut Diagnostics) -> Option<Node> {
    if node.entries().is_none() {
        sink.push(wrong_type(node, "a map"));
        return None;
    }
    raw(node, sink)
}
