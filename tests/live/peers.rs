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
        protocol: "local",
        name: "this machine",
        ours: false,
    },
];
