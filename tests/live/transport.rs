//! The message transfer agent and SMTP.

use super::Step::{Add, Delete, Set};
use super::{Change, ERROR, FIXABLE, GONE, GOOD, NOT_APPLICABLE, NOTHING, WARNING};

const TARGET_SMTP: &str = "CN=1,CN=SMTP,CN=Protocols,$TARGET";
const SOURCE_SMTP: &str = "CN=1,CN=SMTP,CN=Protocols,$SOURCE";
const BINDINGS: &str = "msExchServerBindings";

pub(super) const CHANGES: &[Change] = &[
    Change {
        name: "the target's transfer agent keeps its files elsewhere",
        rows: &["C-63"],
        steps: &[Set(
            "CN=Microsoft MTA,$TARGET",
            "msExchMTADatabasePath",
            &["C:\\Exchsrvr\\mtadata"],
        )],
        expect: &[("exchange/mta-path-differs", "pair", FIXABLE)],
        says: &["C:\\Exchsrvr\\mtadata, not in E:\\Exchsrvr\\mtadata"],
        ..NOTHING
    },
    Change {
        name: "the pickup folder is another",
        rows: &["C-64"],
        steps: &[Set(
            TARGET_SMTP,
            "msExchSmtpPickupDirectory",
            &["C:\\Mailroot\\vsi 1\\PickUp"],
        )],
        seen: &["target.exchange.smtp_servers"],
        expect: &[("exchange/smtp-pickup-differs", "source/1", FIXABLE)],
        ..NOTHING
    },
    Change {
        name: "the queue folder is another",
        rows: &["C-65"],
        steps: &[Set(
            TARGET_SMTP,
            "msExchSmtpQueueDirectory",
            &["E:\\Exchsrvr\\Mailroot\\vsi 2\\Queue"],
        )],
        seen: &["target.exchange.smtp_servers"],
        expect: &[("exchange/smtp-queue-differs", "source/1", FIXABLE)],
        ..NOTHING
    },
    Change {
        name: "the source listens on an address that is not moved",
        rows: &["C-35"],
        steps: &[Set(SOURCE_SMTP, BINDINGS, &["127.0.0.11:25:", "127.0.0.21:25:"])],
        expect: &[(
            "exchange/smtp-address-not-moved",
            "source/1/127.0.0.21:25:",
            WARNING,
        )],
        says: &["127.0.0.21, where SMTP virtual server 1 of SRCMAIL listens"],
        ..NOTHING
    },
    Change {
        name: "the source listens on all addresses",
        steps: &[Set(SOURCE_SMTP, BINDINGS, &[":25:"])],
        expect: &[
            ("exchange/smtp-address-not-moved", "source/1/127.0.0.11:25:", GONE),
            ("exchange/smtp-address-not-moved", "source/1/:25:", NOT_APPLICABLE),
        ],
        ..NOTHING
    },
    Change {
        name: "the target listens on another address",
        rows: &["C-33"],
        steps: &[Set(TARGET_SMTP, BINDINGS, &["127.0.0.22:25:"])],
        expect: &[("exchange/smtp-address-differs", "pair/127.0.0.11", WARNING)],
        says: &["127.0.0.11 is mapped to 127.0.0.12, but no SMTP virtual server of TGTMAIL listens there"],
        ..NOTHING
    },
    Change {
        name: "the target listens on all addresses",
        steps: &[Set(TARGET_SMTP, BINDINGS, &[":25:"])],
        seen: &["target.exchange.smtp_bindings"],
        ..NOTHING
    },
    Change {
        name: "the target has no SMTP virtual server",
        rows: &["C-33"],
        steps: &[Delete("CN=1,CN=SMTP,CN=Protocols,$TARGET")],
        expect: &[
            ("exchange/smtp-server-missing", "source/1", ERROR),
            (
                "exchange/smtp-pickup-differs",
                "source/1",
                "unknown after exchange/smtp-server-missing",
            ),
            (
                "exchange/smtp-queue-differs",
                "source/1",
                "unknown after exchange/smtp-server-missing",
            ),
            ("exchange/smtp-address-differs", "pair/127.0.0.11", WARNING),
        ],
        ..NOTHING
    },
    Change {
        name: "a second address is moved to one where nobody listens",
        rows: &["C-29", "C-33"],
        pair: &[(
            "target: 127.0.0.12 }]",
            "target: 127.0.0.12 }, { source: 127.0.0.13, target: 127.0.0.14 }]",
        )],
        seen: &["setting.dns.map"],
        expect: &[
            ("common/dns-address-unknown", "pair/127.0.0.13", WARNING),
            ("exchange/smtp-address-differs", "pair/127.0.0.13", WARNING),
        ],
        ..NOTHING
    },
    Change {
        name: "the source's second virtual server is on the target, too",
        steps: &[
            Add(
                "CN=2,CN=SMTP,CN=Protocols,$SOURCE",
                "objectClass: protocolCfgSMTPServer\n\
                 msExchServerBindings: 127.0.0.11:2525:\n\
                 msExchSmtpPickupDirectory: E:\\Exchsrvr\\Mailroot\\vsi 2\\PickUp\n\
                 msExchSmtpQueueDirectory: E:\\Exchsrvr\\Mailroot\\vsi 2\\Queue\n",
            ),
            Add(
                "CN=2,CN=SMTP,CN=Protocols,$TARGET",
                "objectClass: protocolCfgSMTPServer\n\
                 msExchServerBindings: 127.0.0.12:2525:\n\
                 msExchSmtpPickupDirectory: E:\\Exchsrvr\\Mailroot\\vsi 2\\PickUp\n\
                 msExchSmtpQueueDirectory: E:\\Exchsrvr\\Mailroot\\vsi 2\\Queue\n",
            ),
        ],
        seen: &["target.exchange.smtp_bindings"],
        expect: &[
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/E:\\Exchsrvr\\Mailroot\\vsi 2\\PickUp",
                NOT_APPLICABLE,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/E:\\Exchsrvr\\Mailroot\\vsi 2\\Queue",
                NOT_APPLICABLE,
            ),
            ("exchange/smtp-server-missing", "source/2", GOOD),
            ("exchange/smtp-pickup-differs", "source/2", GOOD),
            ("exchange/smtp-queue-differs", "source/2", GOOD),
            (
                "exchange/smtp-address-not-moved",
                "source/2/127.0.0.11:2525:",
                GOOD,
            ),
        ],
        ..NOTHING
    },
];
