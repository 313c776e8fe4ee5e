//! What the zones hold for the source, and the map of addresses.

use super::Step::{NoReverseZone, Update};
use super::{Change, ERROR, GONE, GOOD, NOT_APPLICABLE, NOTHING, WARNING};

pub(super) const CHANGES: &[Change] = &[
    Change {
        name: "there is no reverse zone",
        rows: &["C-26"],
        steps: &[NoReverseZone],
        expect: &[("common/dns-reverse-zone-missing", "pair/127.0.0.11", WARNING)],
        says: &["127.0.0.53 holds no reverse lookup zone for 127.0.0.11"],
        ..NOTHING
    },
    Change {
        name: "the source has no address record",
        rows: &["C-32"],
        steps: &[Update("update delete srcmail.corp.example. A")],
        expect: &[
            ("common/dns-source-record-missing", "pair", ERROR),
            (
                "common/dns-address-unknown",
                "pair/127.0.0.11",
                "unknown after common/dns-source-record-missing",
            ),
            ("common/dns-reverse-zone-missing", "pair/127.0.0.11", GONE),
            ("common/dns-reverse-zone-missing", "pair", NOT_APPLICABLE),
        ],
        says: &["127.0.0.53 holds no address record of srcmail.corp.example"],
        ..NOTHING
    },
    Change {
        name: "the source has another address",
        rows: &["C-29"],
        steps: &[Update(
            "update delete srcmail.corp.example. A\nupdate add srcmail.corp.example. 300 A 127.0.0.99",
        )],
        seen: &["pair.dns.addresses"],
        expect: &[
            ("common/dns-address-unknown", "pair/127.0.0.11", WARNING),
            ("common/dns-reverse-zone-missing", "pair/127.0.0.11", GONE),
            ("common/dns-reverse-zone-missing", "pair/127.0.0.99", GOOD),
        ],
        says: &["DNS holds only 127.0.0.99 for srcmail.corp.example"],
        ..NOTHING
    },
    Change {
        name: "the source has a second address in the same subnet",
        steps: &[Update("update add srcmail.corp.example. 300 A 127.0.0.99")],
        seen: &["pair.dns.addresses"],
        expect: &[("common/dns-reverse-zone-missing", "pair/127.0.0.99", GOOD)],
        ..NOTHING
    },
    Change {
        name: "the source has an IPv6 address without a reverse zone",
        rows: &["C-26"],
        steps: &[Update("update add srcmail.corp.example. 300 AAAA fd00::11")],
        seen: &["pair.dns.addresses"],
        expect: &[("common/dns-reverse-zone-missing", "pair/fd00::11", WARNING)],
        ..NOTHING
    },
    Change {
        name: "the source is an alias of a host with its address",
        steps: &[Update(
            "update delete srcmail.corp.example. A\nupdate add host.corp.example. 300 A 127.0.0.11\n\
             update add srcmail.corp.example. 300 CNAME host.corp.example.",
        )],
        ..NOTHING
    },
    Change {
        name: "an address is watched that is not the source's",
        rows: &["C-29"],
        pair: &[(
            "target: 127.0.0.12 }]",
            "target: 127.0.0.12 }, { source: 127.0.0.13, target: 127.0.0.12 }]",
        )],
        seen: &["setting.dns.map"],
        expect: &[
            ("common/dns-address-unknown", "pair/127.0.0.13", WARNING),
            ("exchange/smtp-address-differs", "pair/127.0.0.13", GOOD),
        ],
        ..NOTHING
    },
    Change {
        name: "no address is watched",
        rows: &["C-36"],
        pair: &[("map: [{ source: 127.0.0.11, target: 127.0.0.12 }]", "map: []")],
        expect: &[
            ("common/dns-map-incomplete", "pair", ERROR),
            ("common/dns-address-unknown", "pair/127.0.0.11", GONE),
            ("common/dns-address-unknown", "pair", NOT_APPLICABLE),
            ("exchange/smtp-address-differs", "pair/127.0.0.11", GONE),
            ("exchange/smtp-address-differs", "pair", NOT_APPLICABLE),
            (
                "exchange/smtp-address-not-moved",
                "source/1/127.0.0.11:25:",
                "unknown after common/dns-map-incomplete",
            ),
        ],
        ..NOTHING
    },
    Change {
        name: "the watched address is not mapped",
        rows: &["C-36"],
        pair: &[("source: 127.0.0.11, target: 127.0.0.12", "source: 127.0.0.11")],
        expect: &[
            ("common/dns-map-incomplete", "pair", ERROR),
            ("exchange/smtp-address-differs", "pair/127.0.0.11", NOT_APPLICABLE),
            (
                "exchange/smtp-address-not-moved",
                "source/1/127.0.0.11:25:",
                "unknown after common/dns-map-incomplete",
            ),
        ],
        ..NOTHING
    },
];
