//! Storage groups, stores and their files.

use super::Step::{Add, Delete, Rename, Set};
use super::{Change, ERROR, FIXABLE, GONE, NOT_APPLICABLE, NOTHING, WARNING};

const NO_GROUP: &str = "unknown after exchange/storage-group-missing";
const NO_MAILBOX_STORE: &str = "unknown after exchange/mailbox-store-missing";
const NO_PUBLIC_STORE: &str = "unknown after exchange/public-store-missing";

const FIRST: &str = "source/First Storage Group";
const SECOND: &str = "source/Second Storage Group";
const MAILBOX: &str = "source/First Storage Group/Mailbox Store ($)";
const MAILBOX_2: &str = "source/Second Storage Group/Mailbox Store 2 ($)";
const PUBLIC: &str = "source/First Storage Group/Public Folder Store ($)";

const TARGET_FIRST: &str = "CN=First Storage Group,CN=InformationStore,$TARGET";
const TARGET_SECOND: &str = "CN=Second Storage Group,CN=InformationStore,$TARGET";
const TARGET_MAILBOX: &str = "CN=Mailbox Store (TGTMAIL),CN=First Storage Group,CN=InformationStore,$TARGET";
const TARGET_PUBLIC: &str =
    "CN=Public Folder Store (TGTMAIL),CN=First Storage Group,CN=InformationStore,$TARGET";
const SOURCE_FIRST: &str = "CN=First Storage Group,CN=InformationStore,$SOURCE";
const SOURCE_SECOND: &str = "CN=Second Storage Group,CN=InformationStore,$SOURCE";

const LOGS: &str = "msExchESEParamLogFilePath";
const SYSTEM: &str = "msExchESEParamSystemPath";

pub(super) const CHANGES: &[Change] = &[
    Change {
        name: "a storage group is removed from the target",
        rows: &["C-59"],
        steps: &[
            Delete("CN=Mailbox Store 2 (TGTMAIL),CN=Second Storage Group,CN=InformationStore,$TARGET"),
            Delete("CN=Second Storage Group,CN=InformationStore,$TARGET"),
        ],
        expect: SECOND_IS_MISSING,
        says: &["Storage group Second Storage Group is missing on TGTMAIL"],
        ..NOTHING
    },
    Change {
        name: "a storage group of the target has another name",
        rows: &["C-59"],
        steps: &[Rename(
            "CN=Second Storage Group,CN=InformationStore,$TARGET",
            "CN=2nd Storage Group",
        )],
        expect: SECOND_IS_MISSING,
        ..NOTHING
    },
    Change {
        name: "a mailbox store is removed from the target",
        rows: &["C-60"],
        steps: &[Delete(
            "CN=Mailbox Store 2 (TGTMAIL),CN=Second Storage Group,CN=InformationStore,$TARGET",
        )],
        expect: &[
            ("exchange/mailbox-store-missing", MAILBOX_2, FIXABLE),
            ("exchange/mailbox-edb-differs", MAILBOX_2, NO_MAILBOX_STORE),
            ("exchange/mailbox-slv-differs", MAILBOX_2, NO_MAILBOX_STORE),
        ],
        says: &["Mailbox Store 2 (SRCMAIL) is missing on TGTMAIL"],
        ..NOTHING
    },
    Change {
        name: "the public folder store is removed from the target",
        rows: &["C-61"],
        steps: &[Delete(
            "CN=Public Folder Store (TGTMAIL),CN=First Storage Group,CN=InformationStore,$TARGET",
        )],
        expect: &[
            ("exchange/public-store-missing", PUBLIC, FIXABLE),
            ("exchange/public-edb-differs", PUBLIC, NO_PUBLIC_STORE),
            ("exchange/public-slv-differs", PUBLIC, NO_PUBLIC_STORE),
        ],
        ..NOTHING
    },
    Change {
        name: "a store's name is written in small letters",
        steps: &[Rename(
            "CN=Mailbox Store (TGTMAIL),CN=First Storage Group,CN=InformationStore,$TARGET",
            "CN=mailbox store (tgtmail)",
        )],
        seen: &[
            "target.exchange.mailbox_stores",
            "target.exchange.mailbox_stores.edb",
            "target.exchange.mailbox_stores.slv",
        ],
        ..NOTHING
    },
    Change {
        name: "circular logging is on",
        rows: &["C-62"],
        steps: &[Set(SOURCE_FIRST, "msExchESEParamCircularLog", &["1"])],
        seen: &["source.exchange.storage_groups"],
        expect: &[("exchange/circular-logging-on", FIRST, ERROR)],
        ..NOTHING
    },
    Change {
        name: "circular logging is on at the target",
        steps: &[Set(TARGET_FIRST, "msExchESEParamCircularLog", &["1"])],
        seen: &["target.exchange.storage_groups"],
        ..NOTHING
    },
    Change {
        name: "pages are zeroed",
        rows: &["C-73"],
        steps: &[Set(
            SOURCE_SECOND,
            "msExchESEParamZeroDatabaseDuringBackup",
            &["1"],
        )],
        seen: &["source.exchange.storage_groups"],
        expect: &[("exchange/page-zeroing-on", SECOND, WARNING)],
        ..NOTHING
    },
    Change {
        name: "nobody ever set the two options",
        steps: &[
            Set(SOURCE_FIRST, "msExchESEParamCircularLog", &[]),
            Set(SOURCE_FIRST, "msExchESEParamZeroDatabaseDuringBackup", &[]),
        ],
        ..NOTHING
    },
    Change {
        name: "the system path is another",
        rows: &["C-66"],
        steps: &[Set(TARGET_FIRST, SYSTEM, &["E:\\Exchsrvr\\mdbdata"])],
        seen: &["target.exchange.storage_groups"],
        expect: &[("exchange/system-path-differs", FIRST, FIXABLE)],
        says: &["E:\\Exchsrvr\\mdbdata on TGTMAIL, not L:\\Exchsrvr\\SG1\\system"],
        ..NOTHING
    },
    Change {
        name: "the log path is another",
        rows: &["C-67"],
        steps: &[Set(TARGET_SECOND, LOGS, &["L:\\Exchsrvr\\SG1\\logs"])],
        seen: &["target.exchange.storage_groups"],
        expect: &[("exchange/log-path-differs", SECOND, FIXABLE)],
        ..NOTHING
    },
    Change {
        name: "paths differ in case and in a last backslash",
        steps: &[
            Set(TARGET_FIRST, LOGS, &["l:\\EXCHSRVR\\sg1\\logs\\"]),
            Set(TARGET_MAILBOX, "msExchEDBFile", &["e:\\exchsrvr\\SG1\\PRIV1.EDB"]),
        ],
        seen: &[
            "target.exchange.storage_groups.log_path",
            "target.exchange.mailbox_stores.edb",
            "target.exchange.storage_groups",
            "target.exchange.mailbox_stores",
        ],
        ..NOTHING
    },
    Change {
        name: "the logs are on another drive, as the pair file says",
        steps: &[
            Set(TARGET_FIRST, LOGS, &["M:\\Exchsrvr\\SG1\\logs"]),
            Set(TARGET_FIRST, SYSTEM, &["M:\\Exchsrvr\\SG1\\system"]),
            Set(TARGET_SECOND, LOGS, &["M:\\Exchsrvr\\SG2\\logs"]),
            Set(TARGET_SECOND, SYSTEM, &["M:\\Exchsrvr\\SG2\\system"]),
        ],
        pair: &[(
            "settings:\n",
            "settings:\n  drive_map: [{ source: 'L:\\', target: 'M:\\' }]\n",
        )],
        seen: &[
            "setting.drive_map",
            "target.exchange.storage_groups.",
            "target.exchange.storage_groups",
        ],
        ..NOTHING
    },
    Change {
        name: "the pair file puts the logs on another drive, the target does not",
        rows: &["C-66", "C-67"],
        pair: &[(
            "settings:\n",
            "settings:\n  drive_map: [{ source: 'L:\\', target: 'M:\\' }]\n",
        )],
        seen: &["setting.drive_map"],
        expect: &[
            ("exchange/system-path-differs", FIRST, FIXABLE),
            ("exchange/system-path-differs", SECOND, FIXABLE),
            ("exchange/log-path-differs", FIRST, FIXABLE),
            ("exchange/log-path-differs", SECOND, FIXABLE),
        ],
        says: &["L:\\Exchsrvr\\SG2\\logs on TGTMAIL, not M:\\Exchsrvr\\SG2\\logs"],
        ..NOTHING
    },
    Change {
        name: "the log prefix is another",
        rows: &["C-68"],
        steps: &[Set(TARGET_SECOND, "msExchESEParamBaseName", &["E02"])],
        seen: &["target.exchange.storage_groups"],
        expect: &[("exchange/log-prefix-differs", SECOND, FIXABLE)],
        says: &["E01 on SRCMAIL, E02 on TGTMAIL"],
        ..NOTHING
    },
    Change {
        name: "the database of a mailbox store is elsewhere",
        rows: &["C-69"],
        steps: &[Set(
            TARGET_MAILBOX,
            "msExchEDBFile",
            &["E:\\Exchsrvr\\SG1\\priv1a.edb"],
        )],
        seen: &["target.exchange.mailbox_stores"],
        expect: &[("exchange/mailbox-edb-differs", MAILBOX, FIXABLE)],
        ..NOTHING
    },
    Change {
        name: "the streaming file of a mailbox store is elsewhere",
        rows: &["C-70"],
        steps: &[Set(
            TARGET_MAILBOX,
            "msExchSLVFile",
            &["F:\\Exchsrvr\\SG1\\priv1.stm"],
        )],
        seen: &["target.exchange.mailbox_stores"],
        expect: &[("exchange/mailbox-slv-differs", MAILBOX, FIXABLE)],
        ..NOTHING
    },
    Change {
        name: "the database of the public folder store is elsewhere",
        rows: &["C-71"],
        steps: &[Set(
            TARGET_PUBLIC,
            "msExchEDBFile",
            &["E:\\Exchsrvr\\mdbdata\\pub1.edb"],
        )],
        seen: &["target.exchange.public_stores"],
        expect: &[("exchange/public-edb-differs", PUBLIC, FIXABLE)],
        ..NOTHING
    },
    Change {
        name: "the streaming file of the public folder store is elsewhere",
        rows: &["C-72"],
        steps: &[Set(
            TARGET_PUBLIC,
            "msExchSLVFile",
            &["E:\\Exchsrvr\\mdbdata\\pub1.stm"],
        )],
        seen: &["target.exchange.public_stores"],
        expect: &[("exchange/public-slv-differs", PUBLIC, FIXABLE)],
        ..NOTHING
    },
    Change {
        name: "a storage group for recovery is on the source only",
        steps: &[Add(
            "CN=Recovery Storage Group,CN=InformationStore,$SOURCE",
            "objectClass: msExchStorageGroup\nmsExchESEParamBaseName: R00\n\
             msExchESEParamLogFilePath: L:\\Exchsrvr\\Recovery\nmsExchESEParamSystemPath: L:\\Exchsrvr\\Recovery\n",
        )],
        expect: &[
            (
                "exchange/storage-group-missing",
                "source/Recovery Storage Group",
                NOT_APPLICABLE,
            ),
            (
                "exchange/circular-logging-on",
                "source/Recovery Storage Group",
                NOT_APPLICABLE,
            ),
            (
                "exchange/page-zeroing-on",
                "source/Recovery Storage Group",
                NOT_APPLICABLE,
            ),
            (
                "exchange/system-path-differs",
                "source/Recovery Storage Group",
                NOT_APPLICABLE,
            ),
            (
                "exchange/log-path-differs",
                "source/Recovery Storage Group",
                NOT_APPLICABLE,
            ),
            (
                "exchange/log-prefix-differs",
                "source/Recovery Storage Group",
                NOT_APPLICABLE,
            ),
        ],
        ..NOTHING
    },
    Change {
        name: "one storage group is chosen",
        pair: &[(
            "settings:\n",
            "settings:\n  exchange.groups: [first storage group]\n",
        )],
        seen: &["pair.exchange.chosen_groups"],
        expect: &[
            ("exchange/chosen-group-unknown", "pair/Second Storage Group", GONE),
            ("exchange/chosen-group-unknown", "pair/First Storage Group", GONE),
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/E:\\Exchsrvr\\SG2",
                GONE,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/L:\\Exchsrvr\\SG2\\logs",
                GONE,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/L:\\Exchsrvr\\SG2\\system",
                GONE,
            ),
            (
                "exchange/chosen-group-unknown",
                "pair/first storage group",
                "good",
            ),
            ("exchange/storage-group-missing", SECOND, NOT_APPLICABLE),
            ("exchange/mailbox-store-missing", MAILBOX_2, NOT_APPLICABLE),
            ("exchange/circular-logging-on", SECOND, NOT_APPLICABLE),
            ("exchange/page-zeroing-on", SECOND, NOT_APPLICABLE),
            ("exchange/system-path-differs", SECOND, NOT_APPLICABLE),
            ("exchange/log-path-differs", SECOND, NOT_APPLICABLE),
            ("exchange/log-prefix-differs", SECOND, NOT_APPLICABLE),
            ("exchange/mailbox-edb-differs", MAILBOX_2, NOT_APPLICABLE),
            ("exchange/mailbox-slv-differs", MAILBOX_2, NOT_APPLICABLE),
        ],
        ..NOTHING
    },
    Change {
        name: "a storage group is chosen that is nowhere",
        pair: &[(
            "settings:\n",
            "settings:\n  exchange.groups: [First Storage Group, Second Storage Group, Third Storage Group]\n",
        )],
        seen: &["pair.exchange.chosen_groups"],
        expect: &[("exchange/chosen-group-unknown", "pair/Third Storage Group", ERROR)],
        says: &["SRCMAIL has no storage group Third Storage Group"],
        ..NOTHING
    },
    Change {
        name: "no storage group is chosen",
        rows: &["C-58"],
        pair: &[("settings:\n", "settings:\n  exchange.groups: []\n")],
        seen: &["pair.exchange.chosen_groups"],
        expect: &[
            ("exchange/no-storage-group-chosen", "pair", ERROR),
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/E:\\Exchsrvr\\SG1",
                GONE,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/L:\\Exchsrvr\\SG1\\logs",
                GONE,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/L:\\Exchsrvr\\SG1\\system",
                GONE,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/E:\\Exchsrvr\\SG2",
                GONE,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/L:\\Exchsrvr\\SG2\\logs",
                GONE,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/L:\\Exchsrvr\\SG2\\system",
                GONE,
            ),
            ("exchange/chosen-group-unknown", "pair/First Storage Group", GONE),
            ("exchange/chosen-group-unknown", "pair/Second Storage Group", GONE),
            ("exchange/chosen-group-unknown", "pair", NOT_APPLICABLE),
            ("exchange/storage-group-missing", FIRST, NOT_APPLICABLE),
            ("exchange/storage-group-missing", SECOND, NOT_APPLICABLE),
            ("exchange/mailbox-store-missing", MAILBOX, NOT_APPLICABLE),
            ("exchange/mailbox-store-missing", MAILBOX_2, NOT_APPLICABLE),
            ("exchange/public-store-missing", PUBLIC, NOT_APPLICABLE),
            ("exchange/circular-logging-on", FIRST, NOT_APPLICABLE),
            ("exchange/circular-logging-on", SECOND, NOT_APPLICABLE),
            ("exchange/page-zeroing-on", FIRST, NOT_APPLICABLE),
            ("exchange/page-zeroing-on", SECOND, NOT_APPLICABLE),
            ("exchange/system-path-differs", FIRST, NOT_APPLICABLE),
            ("exchange/system-path-differs", SECOND, NOT_APPLICABLE),
            ("exchange/log-path-differs", FIRST, NOT_APPLICABLE),
            ("exchange/log-path-differs", SECOND, NOT_APPLICABLE),
            ("exchange/log-prefix-differs", FIRST, NOT_APPLICABLE),
            ("exchange/log-prefix-differs", SECOND, NOT_APPLICABLE),
            ("exchange/mailbox-edb-differs", MAILBOX, NOT_APPLICABLE),
            ("exchange/mailbox-edb-differs", MAILBOX_2, NOT_APPLICABLE),
            ("exchange/mailbox-slv-differs", MAILBOX, NOT_APPLICABLE),
            ("exchange/mailbox-slv-differs", MAILBOX_2, NOT_APPLICABLE),
            ("exchange/public-edb-differs", PUBLIC, NOT_APPLICABLE),
            ("exchange/public-slv-differs", PUBLIC, NOT_APPLICABLE),
        ],
        ..NOTHING
    },
];

const SECOND_IS_MISSING: &[(&str, &str, &str)] = &[
    ("exchange/storage-group-missing", SECOND, FIXABLE),
    ("exchange/system-path-differs", SECOND, NO_GROUP),
    ("exchange/log-path-differs", SECOND, NO_GROUP),
    ("exchange/log-prefix-differs", SECOND, NO_GROUP),
    ("exchange/mailbox-store-missing", MAILBOX_2, NO_GROUP),
    ("exchange/mailbox-edb-differs", MAILBOX_2, NO_GROUP),
    ("exchange/mailbox-slv-differs", MAILBOX_2, NO_GROUP),
];
