//! Who answers in the lab, protocol by protocol.

/// What stands in the lab for the servers that are asked over one protocol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) protocol: &'static str,
    /// What it is, for people.
    pub(crate) name: &'static str,
    /// Written for these tests: what is checked against it is simulated.
    pub(crate) ours: bool,
}

pub(crate) const PEERS: &[Peer] = &[
    Peer {
        protocol: "ldap",
        name: "Samba",
        ours: false,
    },
    Peer {
        protocol: "dns",
        name: "BIND",
        ours: false,
    },
    Peer {
        protocol: "tcp",
        name: "BIND",
        ours: false,
    },
    Peer {
        protocol: "registry",
        name: "Samba",
        ours: false,
    },
    Peer {
        protocol: "file",
        name: "Samba",
        ours: false,
    },
    Peer {
        protocol: "share",
        name: "Samba",
        ours: false,
    },
    Peer {
        protocol: "group",
        name: "Samba",
        ours: false,
    },
    Peer {
        protocol: "disk",
        name: "Samba",
        ours: false,
    },
    Peer {
        protocol: "service",
        name: "a service control of ours behind Samba",
        ours: true,
    },
    Peer {
        protocol: "shell",
        name: "a stand-in for PowerShell",
        ours: true,
    },
    // the wire and the queries are its authors', the tables ours
    Peer {
        protocol: "tds",
        name: "pysqlbridge",
        ours: false,
    },
    Peer {
        protocol: "local",
        name: "this machine",
        ours: false,
    },
];
