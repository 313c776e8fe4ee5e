//! A pair of database servers: what Windows, the directory and the pair file tell of it.

use super::Step::{Host, Revoke};
use super::bases::{DATABASES, DATABASES_ENGINE, INSTANCE};
use super::{Change, ERROR, FIXABLE, GONE, GOOD, NOT_APPLICABLE, NOTHING, WARNING, WARNING_FIXABLE};

const WINDOWS: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const FOLDER: &str = r"C:\Program Files\NSI\Double-Take";
const INSTANCE_KEY: &str = r"HKLM\SOFTWARE\Microsoft\Microsoft SQL Server\MSSQL15.MSSQLSERVER\MSSQLServer";
const PARAMETERS: &str =
    r"HKLM\SOFTWARE\Microsoft\Microsoft SQL Server\MSSQL15.MSSQLSERVER\MSSQLServer\Parameters";
const AGENT_KEY: &str = r"HKLM\SOFTWARE\Microsoft\Microsoft SQL Server\MSSQL15.MSSQLSERVER\SQLServerAgent";
const BAD_REGISTRY: (&str, &str, &str) = ("sql/registry-values-differ", "pair", WARNING_FIXABLE);
const SHORT_REGISTRY: (&str, &str, &str) = ("sql/registry-values-differ", "pair", WARNING);
const NO_VERSION: &str = "unknown after common/engine-version-unknown";
const NO_LOG_ON: &str = "unknown after common/engine-login-unavailable";

const DATABASE: Change = Change {
    base: DATABASES,
    ..NOTHING
};
const WHOLE: Change = Change {
    base: INSTANCE,
    ..NOTHING
};

pub(super) const CHANGES: &[Change] = &[
    Change {
        name: "SQL: the engine on the source is old",
        rows: &["D-02", "D-03"],
        pair: &[("version: { source: 4.4.2.1", "version: { source: 4.3.0")],
        expect: &[
            ("common/engine-version-unsupported", "source", ERROR),
            ("common/engine-version-differs", "pair", ERROR),
        ],
        seen: &["source.engine.version"],
        ..DATABASE
    },
    Change {
        name: "SQL: the engine is asked, and nothing tells its version",
        base: DATABASES_ENGINE,
        rows: &["D-01"],
        steps: &[
            Host(&[
                "target",
                "registry",
                "delete",
                r"HKLM\SOFTWARE\NSI Software\Double-Take\CurrentVersion",
                "Version",
            ]),
            Host(&[
                "target",
                "file",
                "remove",
                r"C:\Program Files\NSI\Double-Take\DoubleTake.exe",
            ]),
        ],
        expect: &[
            ("common/engine-version-unknown", "target", ERROR),
            ("common/engine-version-unsupported", "target", NO_VERSION),
            ("common/engine-version-differs", "pair", NO_VERSION),
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: both engines are stopped",
        base: DATABASES_ENGINE,
        rows: &["D-09", "D-10"],
        steps: &[
            Host(&["source", "service", "Double-Take", "state=stopped"]),
            Host(&["target", "service", "Double-Take", "state=stop_pending"]),
        ],
        expect: &[
            ("common/engine-login-unavailable", "source", ERROR),
            ("common/engine-account-user", "source", NO_LOG_ON),
            ("common/engine-login-unavailable", "target", ERROR),
            ("common/engine-account-local", "pair", NO_LOG_ON),
            ("common/engine-account-user", "target", NO_LOG_ON),
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: both engines run as local users",
        base: DATABASES_ENGINE,
        rows: &["D-11", "D-12", "D-15"],
        steps: &[
            Host(&["source", "service", "Double-Take", r"account=SRCMAIL\replication"]),
            Host(&["target", "service", "Double-Take", r"account=TGTMAIL\replication"]),
        ],
        pair: &[(
            "settings:\n",
            "settings:\n  engine.account: { source: LocalSystem, target: LocalSystem }\n",
        )],
        expect: &[
            ("common/engine-account-user", "source", WARNING),
            ("common/engine-account-user", "target", WARNING),
            ("common/engine-account-local", "pair", ERROR),
        ],
        seen: &["source.engine.account", "target.engine.account"],
        ..DATABASE
    },
    Change {
        name: "SQL: the target runs Windows NT 4.0",
        rows: &["D-04", "D-05"],
        steps: &[
            Host(&[
                "target",
                "registry",
                "set",
                WINDOWS,
                "CurrentVersion",
                "REG_SZ",
                "4.0",
            ]),
            Host(&[
                "target",
                "registry",
                "set",
                WINDOWS,
                "CurrentBuildNumber",
                "REG_SZ",
                "1381",
            ]),
        ],
        expect: &[
            ("common/os-unsupported", "target", ERROR),
            ("common/os-differs", "pair", ERROR),
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: the helper programs of the source are old",
        rows: &["D-08", "D-49", "D-52", "D-59"],
        steps: &[
            Host(&[
                "source",
                "file",
                "version",
                r"C:\Program Files\NSI\Double-Take\dfo.exe",
                "4.0",
            ]),
            Host(&[
                "source",
                "file",
                "version",
                r"C:\Program Files\NSI\Double-Take\DTCOM.dll",
                "4.0",
            ]),
            Host(&[
                "source",
                "file",
                "version",
                r"C:\Program Files\NSI\Double-Take\nsispn.exe",
                "4.0",
            ]),
            Host(&[
                "source",
                "file",
                "version",
                r"C:\WINDOWS\system32\CAPICOM.dll",
                "2.0",
            ]),
        ],
        expect: &[
            ("common/dfo-outdated", "source", FIXABLE),
            ("common/dtcom-outdated", "source", FIXABLE),
            ("common/capicom-outdated", "source", FIXABLE),
            ("sql/nsispn-outdated", "source", FIXABLE),
        ],
        seen: &["source.helper.files"],
        ..DATABASE
    },
    Change {
        name: "SQL: the helper programs of the target are gone",
        rows: &["D-07", "D-47", "D-50", "D-58"],
        steps: &[
            Host(&["target", "file", "remove", FOLDER]),
            Host(&["target", "file", "remove", r"C:\WINDOWS\system32\CAPICOM.dll"]),
        ],
        expect: &[
            ("common/dfo-missing", "target", FIXABLE),
            (
                "common/dfo-outdated",
                "target",
                "unknown after common/dfo-missing",
            ),
            ("common/dtcom-missing", "target", FIXABLE),
            (
                "common/dtcom-unregistered",
                "target",
                "unknown after common/dtcom-missing",
            ),
            (
                "common/dtcom-outdated",
                "target",
                "unknown after common/dtcom-missing",
            ),
            ("common/capicom-missing", "target", FIXABLE),
            (
                "common/capicom-unregistered",
                "target",
                "unknown after common/capicom-missing",
            ),
            (
                "common/capicom-outdated",
                "target",
                "unknown after common/capicom-missing",
            ),
            ("sql/nsispn-missing", "target", FIXABLE),
            (
                "sql/nsispn-outdated",
                "target",
                "unknown after sql/nsispn-missing",
            ),
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: the libraries of the target are not registered",
        rows: &["D-48", "D-51"],
        steps: &[
            Host(&[
                "target",
                "registry",
                "delete",
                r"HKLM\SOFTWARE\Classes\CLSID\{5D7C0E4A-6B1F-4C57-9A0E-2F4E8C1B7A44}",
            ]),
            Host(&[
                "target",
                "registry",
                "delete",
                r"HKLM\SOFTWARE\Classes\CLSID\{91D221C4-0CD4-461C-A728-01D509321556}",
            ]),
        ],
        expect: &[
            ("common/dtcom-unregistered", "target", FIXABLE),
            ("common/capicom-unregistered", "target", FIXABLE),
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: nobody may use the share for the source's scripts",
        rows: &["D-17"],
        steps: &[Host(&["source", "share", "allow", "C$", "none"])],
        expect: no_files![
            "source",
            "unknown denied source.rpc",
            ("sql/nsispn-missing", "source", "unknown denied source.rpc"),
            (
                "sql/nsispn-outdated",
                "source",
                "unknown after sql/nsispn-missing"
            ),
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: the target may not change the source's principal names",
        rows: &["D-16"],
        steps: &[Revoke(
            "TGTMAIL$",
            "servicePrincipalName",
            "CN=SRCMAIL,CN=Computers,$DOMAIN",
        )],
        expect: &[("common/source-spn-denied", "pair", FIXABLE)],
        ..DATABASE
    },
    Change {
        name: "SQL: connections, monitors and a restore that are in the way",
        rows: &["D-18", "D-20", "D-21", "D-44"],
        pair: &[
            (
                "connections: []",
                "connections: [{ from: target, set: back, to: SRCMAIL }, { from: source, set: files, to: TGTMAIL }]",
            ),
            ("monitors: []", "monitors: [{ server: target, watches: SRCMAIL }]"),
            (
                "sets: []",
                r"sets: [{ server: source, set: files, path: 'D:\Data' }]",
            ),
            (
                "restore_required: { source: false, target: false }",
                "restore_required: { source: false, target: true }",
            ),
        ],
        expect: &[
            ("common/connection-circular", "pair", FIXABLE),
            ("common/monitor-foreign", "target", GONE),
            ("common/monitor-foreign", "target/SRCMAIL", FIXABLE),
            ("common/restore-required", "pair", WARNING),
            ("common/connection-foreign", "source", GONE),
            ("common/connection-foreign", "source/files to TGTMAIL", WARNING),
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: the pair is connected, and nobody watches",
        rows: &["D-19"],
        pair: &[(
            "connections: []",
            "connections: [{ from: source, set: sqldag01, to: 127.0.0.12 }]",
        )],
        expect: &[
            ("common/monitor-missing", "pair", WARNING),
            ("common/connection-foreign", "source", GONE),
            (
                "common/connection-foreign",
                "source/sqldag01 to 127.0.0.12",
                NOT_APPLICABLE,
            ),
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: mirrors from both compare dates only",
        rows: &["D-46"],
        pair: &[(
            "checksum_all: { source: true, target: true }",
            "checksum_all: { source: false, target: false }",
        )],
        expect: &[
            ("common/checksum-all-off", "source", WARNING_FIXABLE),
            ("common/checksum-all-off", "target", WARNING_FIXABLE),
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: the source's service runs as a local user",
        rows: &["D-13"],
        steps: &[Host(&["source", "service", "MSSQLSERVER", r"account=.\sql"])],
        expect: &[
            ("sql/service-account-local", "source", ERROR),
            ("sql/service-spn-denied", "pair", NOT_APPLICABLE),
            (
                "sql/target-spn-denied",
                "pair",
                "unknown after sql/service-account-local",
            ),
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: the target's service runs as a local user",
        rows: &["D-14"],
        steps: &[Host(&[
            "target",
            "service",
            "MSSQLSERVER",
            r"account=TGTMAIL\sql",
        ])],
        expect: &[
            ("sql/service-account-local", "target", ERROR),
            (
                "sql/service-spn-denied",
                "pair",
                "unknown after sql/service-account-local",
            ),
            ("sql/target-spn-denied", "pair", NOT_APPLICABLE),
        ],
        seen: &["target.service.all"],
        ..DATABASE
    },
    Change {
        name: "SQL: the services run as two users, and the target may move the names of neither",
        rows: &["D-57"],
        steps: &[Host(&[
            "source",
            "service",
            "MSSQLSERVER",
            r"account=CORP\svcstandin",
        ])],
        expect: &[
            ("sql/service-spn-denied", "pair", FIXABLE),
            ("sql/target-spn-denied", "pair", FIXABLE),
        ],
        says: &[r"lacks on CORP\svcstandin, which SQL Server on SRCMAIL runs as"],
        ..DATABASE
    },
    Change {
        name: "SQL: the target's agent does not start by itself",
        rows: &["D-73", "D-76"],
        steps: &[Host(&["target", "service", "SQLSERVERAGENT", "start=manual"])],
        expect: &[
            ("sql/registry-differs", "source/AutostartAgent", FIXABLE),
            BAD_REGISTRY,
        ],
        seen: &["target.service.all", "target.sql.registry"],
        ..DATABASE
    },
    Change {
        name: "SQL: the target keeps more error logs",
        rows: &["D-73", "D-76"],
        steps: &[Host(&[
            "target",
            "registry",
            "set",
            INSTANCE_KEY,
            "NumErrorLogs",
            "REG_DWORD",
            "20",
        ])],
        seen: &["target.sql.registry"],
        expect: &[
            ("sql/registry-differs", "source/NumErrorLogs", FIXABLE),
            BAD_REGISTRY,
        ],
        says: &["NumErrorLogs of SQL Server is 6 on SRCMAIL, 20 on TGTMAIL"],
        ..DATABASE
    },
    Change {
        name: "SQL: the target lacks a registry value",
        rows: &["D-74", "D-76"],
        steps: &[Host(&[
            "target",
            "registry",
            "delete",
            INSTANCE_KEY,
            "NumErrorLogs",
        ])],
        expect: &[
            ("sql/registry-missing-on-target", "source/NumErrorLogs", WARNING),
            ("sql/registry-differs", "source/NumErrorLogs", NOT_APPLICABLE),
            ("sql/registry-missing-on-source", "target/NumErrorLogs", GONE),
            SHORT_REGISTRY,
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: the source lacks a registry value",
        rows: &["D-75", "D-76"],
        steps: &[Host(&[
            "target",
            "registry",
            "set",
            INSTANCE_KEY,
            "PerfMonMode",
            "REG_DWORD",
            "1",
        ])],
        expect: &[
            ("sql/registry-missing-on-source", "target/PerfMonMode", WARNING),
            SHORT_REGISTRY,
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: the target lets Windows accounts in only",
        rows: &["D-65"],
        steps: &[Host(&[
            "target",
            "registry",
            "set",
            INSTANCE_KEY,
            "LoginMode",
            "REG_DWORD",
            "1",
        ])],
        expect: &[("sql/authentication-differs", "pair", FIXABLE)],
        says: &["Authentication mode is mixed on SRCMAIL, windows on TGTMAIL"],
        ..DATABASE
    },
    Change {
        name: "SQL: the target writes more log-ons down",
        rows: &["D-65"],
        steps: &[Host(&[
            "target",
            "registry",
            "set",
            INSTANCE_KEY,
            "AuditLevel",
            "REG_DWORD",
            "3",
        ])],
        expect: &[("sql/authentication-differs", "pair", WARNING_FIXABLE)],
        ..DATABASE
    },
    Change {
        name: "SQL: the target's agent keeps less history",
        rows: &["D-66"],
        steps: &[Host(&[
            "target",
            "registry",
            "set",
            AGENT_KEY,
            "JobHistoryMaxRows",
            "REG_DWORD",
            "500",
        ])],
        expect: &[("sql/agent-differs", "pair/JobHistoryMaxRows", WARNING_FIXABLE)],
        says: &["`JobHistoryMaxRows` of the SQL Server Agent is 1000 on SRCMAIL, 500 on TGTMAIL"],
        ..DATABASE
    },
    Change {
        name: "SQL: the target starts with another trace flag",
        rows: &["D-77"],
        steps: &[Host(&[
            "target", "registry", "set", PARAMETERS, "SQLArg3", "REG_SZ", "-T1118",
        ])],
        expect: &[("sql/startup-parameters-differ", "pair", FIXABLE)],
        says: &["-T1118", "-T3226"],
        ..DATABASE
    },
    Change {
        name: "SQL: the target's master database lies elsewhere, which its mode does not mind",
        steps: &[Host(&[
            "target",
            "registry",
            "set",
            PARAMETERS,
            "SQLArg0",
            "REG_SZ",
            r"-dE:\master.mdf",
        ])],
        seen: &["target.sql.startup"],
        ..DATABASE
    },
    Change {
        name: "SQL: a database is to lie on a drive that is not there",
        rows: &["D-84"],
        pair: &[(
            r"name: payroll, target_path: 'C:\Data'",
            r"name: payroll, target_path: 'X:\Data'",
        )],
        expect: &[("sql/drive-missing", "pair/X:", ERROR)],
        ..DATABASE
    },
    Change {
        name: "SQL, instance: the target's server runs",
        rows: &["D-41"],
        steps: &[Host(&["target", "service", "MSSQLSERVER", "state=running"])],
        expect: &[("common/service-running", "pair/MSSQLSERVER", FIXABLE)],
        seen: &["target.service.all"],
        ..WHOLE
    },
    Change {
        name: "SQL, instance: the target's agent starts with Windows",
        rows: &["D-42"],
        steps: &[Host(&["target", "service", "SQLSERVERAGENT", "start=automatic"])],
        expect: &[("common/service-automatic", "pair/SQLSERVERAGENT", WARNING_FIXABLE)],
        seen: &["target.service.all"],
        ..WHOLE
    },
    Change {
        name: "SQL, instance: the target lacks a service that the source has",
        rows: &["D-43"],
        steps: &[Host(&["target", "service", "MsDtsServer", "remove"])],
        expect: &[("common/service-missing", "pair/MsDtsServer", ERROR)],
        seen: &["target.service.all"],
        ..WHOLE
    },
    Change {
        name: "SQL, instance: the target's master database lies elsewhere",
        rows: &["D-77"],
        steps: &[Host(&[
            "target",
            "registry",
            "set",
            PARAMETERS,
            "SQLArg0",
            "REG_SZ",
            r"-dE:\master.mdf",
        ])],
        expect: &[("sql/startup-parameters-differ", "pair", FIXABLE)],
        ..WHOLE
    },
    Change {
        name: "SQL, instance: another folder for backups",
        rows: &["D-73", "D-76"],
        steps: &[Host(&[
            "target",
            "registry",
            "set",
            INSTANCE_KEY,
            "BackupDirectory",
            "REG_SZ",
            r"L:\Backup",
        ])],
        expect: &[
            ("sql/registry-differs", "source/BackupDirectory", FIXABLE),
            BAD_REGISTRY,
        ],
        seen: &["target.sql.registry"],
        ..WHOLE
    },
    Change {
        name: "SQL, instance: the replication set holds the data and not the logs",
        pair: &[(
            "sets: []",
            r"sets: [{ server: source, set: sqldag01, path: 'D:\' }]",
        )],
        expect: &[
            (
                "common/replication-set-incomplete",
                r"pair/sqldag01/D:\\Data\\payroll.mdf",
                GOOD,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/sqldag01/D:\\Data\\hr.mdf",
                GOOD,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/sqldag01/L:\\Log\\payroll.ldf",
                ERROR,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/sqldag01/L:\\Log\\hr.ldf",
                ERROR,
            ),
        ],
        ..DATABASE
    },
];
