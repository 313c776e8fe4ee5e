//! The DNS server: whether it answers, holds the zone and takes changes.

use super::Step::{Resolver, Stop};
use super::{Change, ERROR, GONE, NOT_APPLICABLE, NOTHING, WARNING};

const SILENCED: &str = "unknown after common/dns-server-unreachable";
const NO_ZONE: &str = "unknown after common/dns-zone-not-served";
const REFUSED: &str = "unknown after common/dns-credentials-refused";
const UNFINISHED: &str = "unknown after common/dns-test-unfinished";
const UNTRIED: &str = "unknown not_configured pair.dns.update_test";

pub(super) const CHANGES: &[Change] = &[
    Change {
        name: "nothing listens where the DNS server should be",
        rows: &["C-31", "C-37"],
        pair: &[("127.0.0.53", "127.0.0.60")],
        expect: &[
            ("common/dns-server-unreachable", "pair", WARNING),
            ("common/dns-other-resolver", "pair", WARNING),
            ("common/dns-zone-not-served", "pair", SILENCED),
            ("common/dns-test-unfinished", "pair", SILENCED),
            ("common/dns-credentials-refused", "pair", SILENCED),
            ("common/dns-not-updatable", "pair", SILENCED),
            ("common/dns-primary-unavailable", "pair", SILENCED),
            ("common/dns-source-record-missing", "pair", SILENCED),
            ("common/dns-address-unknown", "pair/127.0.0.11", SILENCED),
            ("common/dns-reverse-zone-missing", "pair/127.0.0.11", GONE),
            ("common/dns-reverse-zone-missing", "pair", SILENCED),
        ],
        says: &["DNS server 127.0.0.60 does not answer"],
        ..NOTHING
    },
    Change {
        name: "the DNS server does not hold the zone",
        rows: &["C-27"],
        pair: &[(
            "  dns:\n    map",
            "  dns:\n    source_name: srcmail.elsewhere.example\n    map",
        )],
        expect: &[
            ("common/dns-zone-not-served", "pair", WARNING),
            ("common/dns-test-unfinished", "pair", NO_ZONE),
            ("common/dns-credentials-refused", "pair", NO_ZONE),
            ("common/dns-not-updatable", "pair", NO_ZONE),
            ("common/dns-primary-unavailable", "pair", NO_ZONE),
            ("common/dns-source-record-missing", "pair", NO_ZONE),
            ("common/dns-address-unknown", "pair/127.0.0.11", NO_ZONE),
            ("common/dns-reverse-zone-missing", "pair/127.0.0.11", GONE),
            ("common/dns-reverse-zone-missing", "pair", NO_ZONE),
        ],
        says: &["not authoritative for srcmail.elsewhere.example"],
        ..NOTHING
    },
    Change {
        name: "the primary is down and the secondary is used",
        rows: &["C-34", "C-26", "C-30"],
        steps: &[Resolver("NS2"), Stop("ns1")],
        pair: &[("127.0.0.53", "127.0.0.54")],
        seen: &["pair.dns."],
        expect: &[
            ("common/dns-primary-unavailable", "pair", WARNING),
            ("common/dns-reverse-zone-missing", "pair/127.0.0.11", WARNING),
            ("common/dns-credentials-refused", "pair", WARNING),
            ("common/dns-not-updatable", "pair", REFUSED),
        ],
        says: &["ns1.corp.example, primary DNS server of corp.example, does not answer; 127.0.0.54 is used"],
        ..NOTHING
    },
    Change {
        name: "the primary is down, the secondary is used, and this machine resolves no names",
        rows: &["C-34", "C-26", "C-30", "C-37"],
        steps: &[Stop("ns1")],
        pair: &[("127.0.0.53", "127.0.0.54")],
        seen: &["pair.dns."],
        expect: &[
            ("common/dns-primary-unavailable", "pair", WARNING),
            ("common/dns-reverse-zone-missing", "pair/127.0.0.11", WARNING),
            ("common/dns-credentials-refused", "pair", WARNING),
            ("common/dns-not-updatable", "pair", REFUSED),
            ("common/dns-other-resolver", "pair", WARNING),
        ],
        ..NOTHING
    },
    Change {
        name: "this machine asks the secondary",
        rows: &["C-37"],
        steps: &[Resolver("NS2")],
        expect: &[("common/dns-other-resolver", "pair", WARNING)],
        says: &["through 127.0.0.54, the records change on 127.0.0.53"],
        ..NOTHING
    },
    Change {
        name: "nobody answers this machine's questions for names, but the primary is up",
        rows: &["C-37"],
        steps: &[Resolver("REFUSED")],
        expect: &[("common/dns-other-resolver", "pair", WARNING)],
        ..NOTHING
    },
    Change {
        name: "the key may not change the source's records",
        rows: &["C-30"],
        pair: &[
            ("standin-update", "standin-narrow"),
            ("STANDIN_LAB_TSIG_UPDATE", "STANDIN_LAB_TSIG_NARROW"),
        ],
        seen: &["pair.dns.update_test"],
        expect: &[
            ("common/dns-credentials-refused", "pair", WARNING),
            ("common/dns-not-updatable", "pair", REFUSED),
        ],
        says: &["refuses changes of srcmail.corp.example by the account of the pair file"],
        ..NOTHING
    },
    Change {
        name: "the key's secret is wrong",
        rows: &["C-30"],
        pair: &[("STANDIN_LAB_TSIG_UPDATE", "STANDIN_LAB_TSIG_NARROW")],
        seen: &["pair.dns.update_test"],
        expect: &[
            ("common/dns-credentials-refused", "pair", WARNING),
            ("common/dns-not-updatable", "pair", REFUSED),
        ],
        ..NOTHING
    },
    Change {
        name: "the server does not know the key",
        rows: &["C-30"],
        pair: &[("standin-update", "standin-nobody")],
        seen: &["pair.dns.update_test"],
        expect: &[
            ("common/dns-credentials-refused", "pair", WARNING),
            ("common/dns-not-updatable", "pair", REFUSED),
        ],
        ..NOTHING
    },
    Change {
        name: "there is no key, and the zone takes no changes from strangers",
        rows: &["C-25"],
        pair: &[(
            "\n      tsig: { name: standin-update, secret: { env: STANDIN_LAB_TSIG_UPDATE } }",
            "",
        )],
        seen: &["pair.dns.update_test"],
        expect: &[
            ("common/dns-credentials-refused", "pair", NOT_APPLICABLE),
            ("common/dns-not-updatable", "pair", ERROR),
        ],
        says: &["takes no dynamic update of zone corp.example"],
        ..NOTHING
    },
    Change {
        name: "the zone takes changes from nobody",
        rows: &["C-30"],
        pair: &[(
            "  dns:\n    map",
            "  dns:\n    source_name: fixed.ro.example\n    map",
        )],
        seen: &["pair.dns."],
        expect: &[
            ("common/dns-credentials-refused", "pair", WARNING),
            ("common/dns-not-updatable", "pair", REFUSED),
        ],
        ..NOTHING
    },
    Change {
        name: "nobody agreed to the update test",
        pair: &[("update_test: true", "update_test: false")],
        expect: &[
            ("common/dns-test-unfinished", "pair", UNTRIED),
            ("common/dns-credentials-refused", "pair", UNFINISHED),
            ("common/dns-not-updatable", "pair", UNFINISHED),
        ],
        ..NOTHING
    },
    Change {
        name: "the server never answers the update test",
        rows: &["C-28", "C-37"],
        pair: &[
            ("server: 127.0.0.53\n", "server: 127.0.0.1\n      port: 5300\n"),
            ("params:\n", "params:\n  dns_test_limit: 1\n"),
        ],
        seen: &["pair.dns."],
        expect: &[
            ("common/dns-test-unfinished", "pair", WARNING),
            ("common/dns-credentials-refused", "pair", UNFINISHED),
            ("common/dns-not-updatable", "pair", UNFINISHED),
            ("common/dns-other-resolver", "pair", WARNING),
        ],
        says: &["did not finish the update test within 1 s"],
        ours: "a front of BIND that drops updates",
        ..NOTHING
    },
];
