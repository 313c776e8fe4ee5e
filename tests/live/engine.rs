//! The replication engine: what Windows tells of it, and what only a recording does.

use super::Step::Host;
use super::bases::ENGINE;
use super::{Change, ERROR, FIXABLE, GONE, GOOD, NOT_APPLICABLE, NOTHING, WARNING, WARNING_FIXABLE};

const KEY: &str = r"HKLM\SOFTWARE\NSI Software\Double-Take\CurrentVersion";
const PROGRAM: &str = r"C:\Program Files\NSI\Double-Take\DoubleTake.exe";
const NO_VERSION: &str = "unknown after common/engine-version-unknown";
const NO_LOG_ON: &str = "unknown after common/engine-login-unavailable";

pub(super) const CHANGES: &[Change] = &[
    Change {
        name: "the engines are old",
        base: ENGINE,
        rows: &["C-01"],
        steps: &[
            Host(&["source", "registry", "set", KEY, "Version", "REG_SZ", "4.3.4"]),
            Host(&["target", "registry", "set", KEY, "Version", "REG_SZ", "4.3.4"]),
        ],
        seen: &["source.engine.version", "target.engine.version"],
        expect: &[
            ("common/engine-version-unsupported", "source", ERROR),
            ("common/engine-version-unsupported", "target", ERROR),
        ],
        says: &["SRCMAIL has version 4.3.4 of the replication engine, the oldest supported is 4.4"],
        ..NOTHING
    },
    Change {
        name: "the target's engine is of the next release",
        base: ENGINE,
        rows: &["C-02"],
        steps: &[Host(&[
            "target", "registry", "set", KEY, "Version", "REG_SZ", "4.5.0",
        ])],
        seen: &["target.engine.version"],
        expect: &[("common/engine-version-differs", "pair", ERROR)],
        says: &["TGTMAIL has 4.5"],
        ..NOTHING
    },
    Change {
        name: "the target's engine differs in the third number",
        base: ENGINE,
        steps: &[Host(&[
            "target", "registry", "set", KEY, "Version", "REG_SZ", "4.4.0",
        ])],
        seen: &["target.engine.version"],
        ..NOTHING
    },
    Change {
        name: "the engine's version stands in another value, with words around it",
        base: ENGINE,
        rows: &["C-02"],
        steps: &[Host(&[
            "target",
            "registry",
            "set",
            KEY,
            "InstallVersionInfo",
            "REG_SZ",
            "Version 4.6.1 (Build 20)",
        ])],
        seen: &["target.engine.version"],
        expect: &[("common/engine-version-differs", "pair", ERROR)],
        ..NOTHING
    },
    Change {
        name: "the program alone tells the engine's version",
        base: ENGINE,
        rows: &["C-01", "C-02"],
        steps: &[
            Host(&["target", "registry", "delete", KEY, "Version"]),
            Host(&["target", "file", "version", PROGRAM, "4.2.0.1"]),
        ],
        seen: &["target.engine.version"],
        expect: &[
            ("common/engine-version-unsupported", "target", ERROR),
            ("common/engine-version-differs", "pair", ERROR),
        ],
        ..NOTHING
    },
    Change {
        name: "nothing tells the version of the target's engine",
        base: ENGINE,
        rows: &["C-03"],
        steps: &[
            Host(&["target", "registry", "delete", KEY, "Version"]),
            Host(&["target", "file", "remove", PROGRAM]),
        ],
        expect: &[
            ("common/engine-version-unknown", "target", ERROR),
            ("common/engine-version-unsupported", "target", NO_VERSION),
            ("common/engine-version-differs", "pair", NO_VERSION),
        ],
        says: &["TGTMAIL shows no replication engine with a version"],
        ..NOTHING
    },
    Change {
        name: "the source's engine runs as a user, who may do as much as the computer",
        base: ENGINE,
        rows: &["C-11"],
        steps: &[Host(&["source", "service", "Double-Take", r"account=CORP\svcdr"])],
        pair: &[(
            "settings:\n",
            "settings:\n  engine.account: { source: LocalSystem }\n",
        )],
        seen: &["source.engine.account"],
        expect: &[("common/engine-account-user", "source", WARNING)],
        says: &[r"runs as CORP\svcdr; LocalSystem is recommended"],
        ..NOTHING
    },
    Change {
        name: "the target's engine runs as a user, who may do as much as the computer",
        base: ENGINE,
        rows: &["C-12"],
        steps: &[Host(&[
            "target",
            "service",
            "Double-Take",
            "account=svcdr@corp.example",
        ])],
        pair: &[(
            "settings:\n",
            "settings:\n  engine.account: { target: LocalSystem }\n",
        )],
        seen: &["target.engine.account", "target.name"],
        expect: &[("common/engine-account-user", "target", WARNING)],
        ..NOTHING
    },
    Change {
        name: "the target's engine runs as a local user",
        base: ENGINE,
        rows: &["C-12"],
        steps: &[Host(&[
            "target",
            "service",
            "Double-Take",
            r"account=.\replication",
        ])],
        pair: &[(
            "settings:\n",
            "settings:\n  engine.account: { target: LocalSystem }\n",
        )],
        expect: &[
            ("common/engine-account-local", "pair", ERROR),
            ("common/engine-account-user", "target", WARNING),
        ],
        says: &[r".\replication, an account of that server alone"],
        seen: &["target.engine.account", "target.name"],
        ..NOTHING
    },
    Change {
        name: "the source's engine is stopped",
        base: ENGINE,
        rows: &["C-13"],
        steps: &[Host(&["source", "service", "Double-Take", "state=stopped"])],
        seen: &["source.engine.state"],
        expect: &[
            ("common/engine-login-unavailable", "source", ERROR),
            ("common/engine-account-user", "source", NO_LOG_ON),
        ],
        ..NOTHING
    },
    Change {
        name: "the target has no service of the engine",
        base: ENGINE,
        rows: &["C-14"],
        steps: &[Host(&["target", "service", "Double-Take", "remove"])],
        pair: &[(
            "settings:\n",
            "settings:\n  engine.account: { target: LocalSystem }\n",
        )],
        expect: &[
            ("common/engine-login-unavailable", "target", ERROR),
            ("common/engine-account-local", "pair", NO_LOG_ON),
            ("common/engine-account-user", "target", NO_LOG_ON),
        ],
        ..NOTHING
    },
    Change {
        name: "mirrors from the source compare dates only",
        base: ENGINE,
        rows: &["C-51"],
        steps: &[Host(&[
            "source",
            "registry",
            "set",
            KEY,
            "ChecksumAll",
            "REG_DWORD",
            "0",
        ])],
        expect: &[("common/checksum-all-off", "source", WARNING_FIXABLE)],
        ..NOTHING
    },
    Change {
        name: "mirrors from the target compare dates only, in words",
        base: ENGINE,
        rows: &["C-51"],
        steps: &[Host(&[
            "target",
            "registry",
            "set",
            KEY,
            "ChecksumAll",
            "REG_SZ",
            "0",
        ])],
        expect: &[("common/checksum-all-off", "target", WARNING_FIXABLE)],
        ..NOTHING
    },
    Change {
        name: "the engine lies on a drive of the target that is not shared",
        base: ENGINE,
        rows: &["C-15"],
        steps: &[
            Host(&[
                "target",
                "registry",
                "set",
                KEY,
                "InstallPath",
                "REG_SZ",
                r"E:\Engine",
            ]),
            Host(&["target", "share", "allow", "E$", "none"]),
        ],
        seen: &["target.share.scripts", "target.engine.folder"],
        expect: no_files![
            "target",
            "unknown denied target.rpc",
            ("exchange/efo-missing", "target", "unknown denied target.rpc"),
            (
                "exchange/efo-outdated",
                "target",
                "unknown after exchange/efo-missing"
            ),
        ],
        says: &["Share E$ of TGTMAIL"],
        ..NOTHING
    },
    Change {
        name: "the target sends to the source",
        rows: &["C-21"],
        pair: &[(
            "connections: []",
            "connections: [{ from: target, set: Back, to: 127.0.0.11 }]",
        )],
        expect: &[("common/connection-circular", "pair", FIXABLE)],
        says: &["TGTMAIL already sends back to SRCMAIL"],
        ..NOTHING
    },
    Change {
        name: "the target sends to a stranger",
        pair: &[(
            "connections: []",
            "connections: [{ from: target, set: Back, to: THIRD }]",
        )],
        ..NOTHING
    },
    Change {
        name: "a foreign monitor watches the source",
        rows: &["C-22"],
        pair: &[(
            "monitors: []",
            "monitors: [{ server: target, watches: SRCMAIL, set: nightly }]",
        )],
        expect: &[
            ("common/monitor-foreign", "target", GONE),
            ("common/monitor-foreign", "target/SRCMAIL nightly", FIXABLE),
        ],
        ..NOTHING
    },
    Change {
        name: "the pair is connected, and nobody watches",
        rows: &["C-23"],
        pair: &[(
            "connections: []",
            "connections: [{ from: source, set: xdag01, to: tgtmail.corp.example }]",
        )],
        expect: &[
            ("common/monitor-missing", "pair", WARNING),
            ("common/connection-foreign", "source", GONE),
            (
                "common/connection-foreign",
                "source/xdag01 to tgtmail.corp.example",
                NOT_APPLICABLE,
            ),
        ],
        ..NOTHING
    },
    Change {
        name: "the pair is connected and watched",
        pair: &[
            (
                "connections: []",
                "connections: [{ from: source, set: XDAG01, to: TGTMAIL }]",
            ),
            (
                "monitors: []",
                "monitors: [{ server: target, watches: 127.0.0.11, set: xdag01 }]",
            ),
        ],
        expect: &[
            ("common/monitor-missing", "pair", GOOD),
            ("common/monitor-foreign", "target", GONE),
            ("common/monitor-foreign", "target/127.0.0.11 xdag01", GOOD),
            ("common/connection-foreign", "source", GONE),
            (
                "common/connection-foreign",
                "source/XDAG01 to TGTMAIL",
                NOT_APPLICABLE,
            ),
        ],
        ..NOTHING
    },
    Change {
        name: "the target has to be restored first",
        rows: &["C-24"],
        pair: &[(
            "restore_required: { source: false, target: false }",
            "restore_required: { source: false, target: true }",
        )],
        expect: &[("common/restore-required", "pair", WARNING)],
        ..NOTHING
    },
    Change {
        name: "the replication set lacks the drive of the logs",
        rows: &["C-49"],
        pair: &[(
            "sets: []",
            r"sets: [{ server: source, set: xdag01, path: 'E:\Exchsrvr' }]",
        )],
        expect: &[
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/E:\\Exchsrvr\\Mailroot\\vsi 1\\PickUp",
                GOOD,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/E:\\Exchsrvr\\Mailroot\\vsi 1\\Queue",
                GOOD,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/E:\\Exchsrvr\\SG1",
                GOOD,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/E:\\Exchsrvr\\SG2",
                GOOD,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/E:\\Exchsrvr\\mtadata",
                GOOD,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/L:\\Exchsrvr\\SG1\\logs",
                ERROR,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/L:\\Exchsrvr\\SG1\\system",
                ERROR,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/L:\\Exchsrvr\\SG2\\logs",
                ERROR,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/xdag01/L:\\Exchsrvr\\SG2\\system",
                ERROR,
            ),
        ],
        ..NOTHING
    },
    Change {
        name: "another connection carries a storage group",
        rows: &["C-50"],
        pair: &[
            (
                "sets: []",
                r"sets: [{ server: source, set: files, path: 'E:\Exchsrvr\SG2' }]",
            ),
            (
                "connections: []",
                "connections: [{ from: source, set: files, to: TGTMAIL }]",
            ),
        ],
        expect: &[
            ("common/connection-foreign", "source", GONE),
            ("common/connection-foreign", "source/files to TGTMAIL", WARNING),
        ],
        says: &[r"also carries E:\Exchsrvr\SG2"],
        ..NOTHING
    },
];
