//! Identity failover, and the options of the pair.

use super::Edit;
use super::Step::{self, Add};
use super::{Change, ERROR, GOOD, NOT_APPLICABLE, NOTHING, WARNING};

const TURNED_ON: &str = "warning, fixable";
const SETTINGS: &str = "settings:\n";

const SOURCES_SUBNET: Step = Add("CN=127.0.0.8/30,$SUBNETS", "objectClass: subnet\n");
const TARGETS_SUBNET: Step = Add("CN=127.0.0.12/30,$SUBNETS", "objectClass: subnet\n");
const ONE_SUBNET: Step = Add("CN=127.0.0.0/24,$SUBNETS", "objectClass: subnet\n");

/// What becomes of the others when the failover is not by DNS.
macro_rules! by_identity {
    ($($own:expr),+ $(,)?) => {
        &[
            ("common/identity-failover", "pair", WARNING),
            ("common/dns-map-incomplete", "pair", NOT_APPLICABLE),
            ("common/dns-source-record-missing", "pair", NOT_APPLICABLE),
            ("common/dns-address-unknown", "pair/127.0.0.11", NOT_APPLICABLE),
            ("common/dns-reverse-zone-missing", "pair/127.0.0.11", NOT_APPLICABLE),
            ("common/dns-server-unreachable", "pair", NOT_APPLICABLE),
            ("common/dns-zone-not-served", "pair", NOT_APPLICABLE),
            ("common/dns-test-unfinished", "pair", NOT_APPLICABLE),
            ("common/dns-credentials-refused", "pair", NOT_APPLICABLE),
            ("common/dns-not-updatable", "pair", NOT_APPLICABLE),
            ("common/dns-primary-unavailable", "pair", NOT_APPLICABLE),
            ("common/dns-other-resolver", "pair", NOT_APPLICABLE),
            ("exchange/smtp-address-not-moved", "source/1/127.0.0.11:25:", NOT_APPLICABLE),
            ("exchange/smtp-address-differs", "pair/127.0.0.11", NOT_APPLICABLE),
            ("common/dfo-missing", "source", NOT_APPLICABLE),
            ("common/dfo-missing", "target", NOT_APPLICABLE),
            ("common/dfo-outdated", "source", NOT_APPLICABLE),
            ("common/dfo-outdated", "target", NOT_APPLICABLE),
            ("common/capicom-missing", "source", NOT_APPLICABLE),
            ("common/capicom-missing", "target", NOT_APPLICABLE),
            ("common/capicom-unregistered", "source", NOT_APPLICABLE),
            ("common/capicom-unregistered", "target", NOT_APPLICABLE),
            ("common/capicom-outdated", "source", NOT_APPLICABLE),
            ("common/capicom-outdated", "target", NOT_APPLICABLE),
            $($own),+
        ]
    };
}

const NO_ADDRESS: &str = "common/identity-no-address";
const OTHER_SUBNET: &str = "common/identity-other-subnet";

const IDENTITY: Edit<'_> = (
    SETTINGS,
    "settings:\n  failover.type: identity\n  identity.source_ips: [127.0.0.11]\n",
);

pub(super) const CHANGES: &[Change] = &[
    Change {
        name: "identity failover with nothing watched, in subnets that nobody knows",
        rows: &["C-38", "C-39"],
        pair: &[(SETTINGS, "settings:\n  failover.type: identity\n")],
        expect: by_identity![
            (NO_ADDRESS, "pair", ERROR),
            (OTHER_SUBNET, "pair", "unknown not_found source.network.subnet"),
        ],
        ..NOTHING
    },
    Change {
        name: "identity failover within a subnet of the pair file",
        rows: &["C-38"],
        pair: &[
            IDENTITY,
            (
                "  dns:\n    map",
                "  network.subnets: [127.0.0.0/24]\n  dns:\n    map",
            ),
        ],
        expect: by_identity![(NO_ADDRESS, "pair", GOOD), (OTHER_SUBNET, "pair", GOOD)],
        ..NOTHING
    },
    Change {
        name: "identity failover between subnets of the pair file",
        rows: &["C-38", "C-40"],
        pair: &[
            IDENTITY,
            (
                "  dns:\n    map",
                "  network.subnets: [127.0.0.8/30, 127.0.0.12/30]\n  dns:\n    map",
            ),
        ],
        expect: by_identity![(NO_ADDRESS, "pair", GOOD), (OTHER_SUBNET, "pair", WARNING)],
        says: &["SRCMAIL is in 127.0.0.8/30, TGTMAIL in 127.0.0.12/30"],
        ..NOTHING
    },
    Change {
        name: "identity failover between subnets of the pair file, and the address stays",
        rows: &["C-38"],
        pair: &[
            IDENTITY,
            (
                "  dns:\n    map",
                "  identity.move_ip: false\n  network.subnets: [127.0.0.8/30, 127.0.0.12/30]\n  dns:\n    map",
            ),
        ],
        expect: by_identity![(NO_ADDRESS, "pair", GOOD), (OTHER_SUBNET, "pair", GOOD)],
        ..NOTHING
    },
    Change {
        name: "identity failover between subnets of the directory",
        rows: &["C-38", "C-40"],
        steps: &[SOURCES_SUBNET, TARGETS_SUBNET, ONE_SUBNET],
        pair: &[IDENTITY],
        expect: by_identity![(NO_ADDRESS, "pair", GOOD), (OTHER_SUBNET, "pair", WARNING)],
        says: &["SRCMAIL is in 127.0.0.8/30, TGTMAIL in 127.0.0.12/30"],
        ..NOTHING
    },
    Change {
        name: "identity failover within a subnet of the directory",
        rows: &["C-38"],
        steps: &[ONE_SUBNET],
        pair: &[IDENTITY],
        expect: by_identity![(NO_ADDRESS, "pair", GOOD), (OTHER_SUBNET, "pair", GOOD)],
        ..NOTHING
    },
    Change {
        name: "identity failover, and the pair file knows the subnets better than the directory",
        rows: &["C-38"],
        steps: &[SOURCES_SUBNET, TARGETS_SUBNET],
        pair: &[
            IDENTITY,
            (
                "  dns:\n    map",
                "  network.subnets: [127.0.0.0/24]\n  dns:\n    map",
            ),
        ],
        expect: by_identity![(NO_ADDRESS, "pair", GOOD), (OTHER_SUBNET, "pair", GOOD)],
        ..NOTHING
    },
    Change {
        name: "no monitor is made",
        rows: &["C-41"],
        pair: &[(SETTINGS, "settings:\n  options.create_monitor: false\n")],
        expect: &[("common/monitor-creation-off", "pair", TURNED_ON)],
        ..NOTHING
    },
    Change {
        name: "no scripts are made",
        rows: &["C-42"],
        pair: &[(SETTINGS, "settings:\n  options.create_scripts: false\n")],
        expect: &[("common/script-creation-off", "pair", TURNED_ON)],
        ..NOTHING
    },
    Change {
        name: "no replication set is made",
        rows: &["C-43"],
        pair: &[(SETTINGS, "settings:\n  options.create_replication_set: false\n")],
        expect: &[("common/replication-set-creation-off", "pair", TURNED_ON)],
        ..NOTHING
    },
    Change {
        name: "no connection is made",
        rows: &["C-44"],
        pair: &[(SETTINGS, "settings:\n  options.create_connection: false\n")],
        expect: &[("common/connection-creation-off", "pair", TURNED_ON)],
        ..NOTHING
    },
    Change {
        name: "no failover is wanted, so neither monitor nor scripts are",
        pair: &[(
            SETTINGS,
            "settings:\n  failover.enabled: false\n  options: { create_monitor: false, create_scripts: false }\n",
        )],
        seen: &["setting.failover.enabled"],
        expect: &[
            ("common/dfo-missing", "source", NOT_APPLICABLE),
            ("common/dfo-missing", "target", NOT_APPLICABLE),
            ("common/dfo-outdated", "source", NOT_APPLICABLE),
            ("common/dfo-outdated", "target", NOT_APPLICABLE),
            ("common/capicom-missing", "source", NOT_APPLICABLE),
            ("common/capicom-missing", "target", NOT_APPLICABLE),
            ("common/capicom-unregistered", "source", NOT_APPLICABLE),
            ("common/capicom-unregistered", "target", NOT_APPLICABLE),
            ("common/capicom-outdated", "source", NOT_APPLICABLE),
            ("common/capicom-outdated", "target", NOT_APPLICABLE),
            ("exchange/efo-missing", "source", NOT_APPLICABLE),
            ("exchange/efo-missing", "target", NOT_APPLICABLE),
            ("exchange/efo-outdated", "source", NOT_APPLICABLE),
            ("exchange/efo-outdated", "target", NOT_APPLICABLE),
            ("common/service-missing", "pair/MSExchangeSA", NOT_APPLICABLE),
            ("common/service-missing", "pair/MSExchangeIS", NOT_APPLICABLE),
            ("common/service-missing", "pair/MSExchangeMTA", NOT_APPLICABLE),
            ("common/service-missing", "pair/MSExchangeMGMT", NOT_APPLICABLE),
            ("common/service-missing", "pair/POP3Svc", NOT_APPLICABLE),
            ("common/service-missing", "pair/IMAP4Svc", NOT_APPLICABLE),
            ("common/service-missing", "pair/RESvc", NOT_APPLICABLE),
            ("common/service-missing", "pair/MSExchangeES", NOT_APPLICABLE),
            ("common/service-missing", "pair/W3SVC", NOT_APPLICABLE),
            ("common/service-missing", "pair/SMTPSVC", NOT_APPLICABLE),
            ("common/source-spn-denied", "pair", NOT_APPLICABLE),
            ("common/target-spn-denied", "pair", NOT_APPLICABLE),
            (
                "exchange/address-book-denied",
                "source/Default Offline Address List",
                NOT_APPLICABLE,
            ),
            (
                "exchange/address-book-denied",
                "target/Default Offline Address List",
                NOT_APPLICABLE,
            ),
            (
                "exchange/routing-master-denied",
                "pair/First Routing Group",
                NOT_APPLICABLE,
            ),
            (
                "exchange/routing-master-denied",
                "pair/Routing Groups",
                NOT_APPLICABLE,
            ),
            (
                "exchange/update-service-denied",
                "pair/Recipient Update Service (CORP)",
                NOT_APPLICABLE,
            ),
            (
                "exchange/update-service-denied",
                "pair/Recipient Update Service (Enterprise Configuration)",
                NOT_APPLICABLE,
            ),
            ("exchange/admin-group-denied", "source", NOT_APPLICABLE),
            ("exchange/admin-group-denied", "target", NOT_APPLICABLE),
            ("common/identity-failover", "pair", NOT_APPLICABLE),
            ("common/monitor-creation-off", "pair", NOT_APPLICABLE),
            ("common/script-creation-off", "pair", NOT_APPLICABLE),
            ("common/dns-map-incomplete", "pair", NOT_APPLICABLE),
            ("common/dns-source-record-missing", "pair", NOT_APPLICABLE),
            ("common/dns-address-unknown", "pair/127.0.0.11", NOT_APPLICABLE),
            (
                "common/dns-reverse-zone-missing",
                "pair/127.0.0.11",
                NOT_APPLICABLE,
            ),
            ("common/dns-server-unreachable", "pair", NOT_APPLICABLE),
            ("common/dns-zone-not-served", "pair", NOT_APPLICABLE),
            ("common/dns-test-unfinished", "pair", NOT_APPLICABLE),
            ("common/dns-credentials-refused", "pair", NOT_APPLICABLE),
            ("common/dns-not-updatable", "pair", NOT_APPLICABLE),
            ("common/dns-primary-unavailable", "pair", NOT_APPLICABLE),
            ("common/dns-other-resolver", "pair", NOT_APPLICABLE),
            (
                "exchange/smtp-address-not-moved",
                "source/1/127.0.0.11:25:",
                NOT_APPLICABLE,
            ),
            ("exchange/smtp-address-differs", "pair/127.0.0.11", NOT_APPLICABLE),
        ],
        ..NOTHING
    },
];
