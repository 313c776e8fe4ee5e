//! Versions, editions and the server objects.

use super::Step::{Delete, Rename, Set};
use super::{Change, FIXABLE, NOT_APPLICABLE, NOTHING, WARNING};

const NO_SERVER: &str = "unknown not_found target.exchange.server";
const NO_GROUP: &str = "unknown after exchange/storage-group-missing";

pub(super) const CHANGES: &[Change] = &[
    Change {
        name: "the target has an older service pack",
        rows: &["C-06"],
        steps: &[Set(
            "$TARGET",
            "serialNumber",
            &["Version 6.5 (Build 7226.6: Service Pack 1)"],
        )],
        expect: &[("exchange/version-differs", "pair", FIXABLE)],
        says: &["Service Pack 1"],
        ..NOTHING
    },
    Change {
        name: "the target has no service pack",
        rows: &["C-06"],
        steps: &[Set("$TARGET", "serialNumber", &["Version 6.5 (Build 6944.4)"])],
        expect: &[("exchange/version-differs", "pair", FIXABLE)],
        says: &["Build 6944.4"],
        ..NOTHING
    },
    Change {
        name: "the same build without its service pack's name",
        rows: &["C-06"],
        steps: &[Set("$SOURCE", "serialNumber", &["Version 6.5 (Build 7638.2)"])],
        expect: &[("exchange/version-differs", "pair", FIXABLE)],
        ..NOTHING
    },
    Change {
        name: "both are too new for streaming files",
        steps: &[
            Set(
                "$SOURCE",
                "serialNumber",
                &["Version 8.0 (Build 30685.18: Service Pack 2)"],
            ),
            Set(
                "$TARGET",
                "serialNumber",
                &["Version 8.0 (Build 30685.18: Service Pack 2)"],
            ),
        ],
        seen: &["source.exchange.server.", "target.exchange.server."],
        expect: &[
            (
                "exchange/mailbox-slv-differs",
                "source/First Storage Group/Mailbox Store ($)",
                NOT_APPLICABLE,
            ),
            (
                "exchange/mailbox-slv-differs",
                "source/Second Storage Group/Mailbox Store 2 ($)",
                NOT_APPLICABLE,
            ),
            (
                "exchange/public-slv-differs",
                "source/First Storage Group/Public Folder Store ($)",
                NOT_APPLICABLE,
            ),
        ],
        ..NOTHING
    },
    Change {
        name: "the target's edition is smaller",
        rows: &["C-82"],
        pair: &[("target: enterprise", "target: standard")],
        expect: &[("exchange/edition-downgrade", "pair", WARNING)],
        says: &["TGTMAIL the Standard edition"],
        ..NOTHING
    },
    Change {
        name: "the source's edition is smaller",
        pair: &[("source: enterprise", "source: standard")],
        seen: &["source.exchange.edition", "target.exchange.edition"],
        ..NOTHING
    },
    Change {
        name: "two storage groups give the Enterprise edition away",
        pair: &[(
            "  exchange.edition: { source: enterprise, target: enterprise }\n",
            "",
        )],
        ..NOTHING
    },
    Change {
        name: "one storage group does not tell the edition",
        rows: &["C-59"],
        steps: &[
            Delete("CN=Mailbox Store 2 (TGTMAIL),CN=Second Storage Group,CN=InformationStore,$TARGET"),
            Delete("CN=Second Storage Group,CN=InformationStore,$TARGET"),
        ],
        pair: &[(
            "  exchange.edition: { source: enterprise, target: enterprise }\n",
            "",
        )],
        expect: &[
            (
                "exchange/edition-downgrade",
                "pair",
                "unknown not_found target.exchange.edition",
            ),
            (
                "exchange/storage-group-missing",
                "source/Second Storage Group",
                FIXABLE,
            ),
            (
                "exchange/system-path-differs",
                "source/Second Storage Group",
                NO_GROUP,
            ),
            (
                "exchange/log-path-differs",
                "source/Second Storage Group",
                NO_GROUP,
            ),
            (
                "exchange/log-prefix-differs",
                "source/Second Storage Group",
                NO_GROUP,
            ),
            (
                "exchange/mailbox-store-missing",
                "source/Second Storage Group/Mailbox Store 2 ($)",
                NO_GROUP,
            ),
            (
                "exchange/mailbox-edb-differs",
                "source/Second Storage Group/Mailbox Store 2 ($)",
                NO_GROUP,
            ),
            (
                "exchange/mailbox-slv-differs",
                "source/Second Storage Group/Mailbox Store 2 ($)",
                NO_GROUP,
            ),
        ],
        ..NOTHING
    },
    Change {
        name: "the organisation has no server of the target's name",
        steps: &[Rename("$TARGET", "CN=ELSEWHERE")],
        expect: &[
            ("exchange/version-differs", "pair", NO_SERVER),
            ("exchange/admin-group-differs", "pair", NO_SERVER),
            (
                "exchange/storage-group-missing",
                "source/First Storage Group",
                NO_SERVER,
            ),
            (
                "exchange/storage-group-missing",
                "source/Second Storage Group",
                NO_SERVER,
            ),
            (
                "exchange/system-path-differs",
                "source/First Storage Group",
                NO_GROUP,
            ),
            (
                "exchange/system-path-differs",
                "source/Second Storage Group",
                NO_GROUP,
            ),
            (
                "exchange/log-path-differs",
                "source/First Storage Group",
                NO_GROUP,
            ),
            (
                "exchange/log-path-differs",
                "source/Second Storage Group",
                NO_GROUP,
            ),
            (
                "exchange/log-prefix-differs",
                "source/First Storage Group",
                NO_GROUP,
            ),
            (
                "exchange/log-prefix-differs",
                "source/Second Storage Group",
                NO_GROUP,
            ),
            (
                "exchange/mailbox-store-missing",
                "source/First Storage Group/Mailbox Store ($)",
                NO_GROUP,
            ),
            (
                "exchange/mailbox-store-missing",
                "source/Second Storage Group/Mailbox Store 2 ($)",
                NO_GROUP,
            ),
            (
                "exchange/public-store-missing",
                "source/First Storage Group/Public Folder Store ($)",
                NO_GROUP,
            ),
            (
                "exchange/mailbox-edb-differs",
                "source/First Storage Group/Mailbox Store ($)",
                NO_GROUP,
            ),
            (
                "exchange/mailbox-edb-differs",
                "source/Second Storage Group/Mailbox Store 2 ($)",
                NO_GROUP,
            ),
            (
                "exchange/mailbox-slv-differs",
                "source/First Storage Group/Mailbox Store ($)",
                NO_GROUP,
            ),
            (
                "exchange/mailbox-slv-differs",
                "source/Second Storage Group/Mailbox Store 2 ($)",
                NO_GROUP,
            ),
            (
                "exchange/public-edb-differs",
                "source/First Storage Group/Public Folder Store ($)",
                NO_GROUP,
            ),
            (
                "exchange/public-slv-differs",
                "source/First Storage Group/Public Folder Store ($)",
                NO_GROUP,
            ),
            ("exchange/mta-path-differs", "pair", NO_SERVER),
            ("exchange/smtp-server-missing", "source/1", NO_SERVER),
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
            ("exchange/smtp-address-differs", "pair/127.0.0.11", NO_SERVER),
        ],
        ..NOTHING
    },
];
