//! A pair of database servers: what they tell themselves.

use super::Step::Sql;
use super::bases::{DATABASES, INSTANCE};
use super::{Change, ERROR, FIXABLE, GONE, GOOD, NOT_APPLICABLE, NOTHING, WARNING, WARNING_FIXABLE};

const BAD_DEVICES: (&str, &str, &str) = ("sql/backup-devices-differ", "pair", WARNING);
const BAD_VALUES: (&str, &str, &str) = ("sql/configurations-differ", "pair", WARNING);
const BAD_LOGINS: (&str, &str, &str) = ("sql/logins-differ", "pair", WARNING_FIXABLE);
const BAD_ROLES: (&str, &str, &str) = ("sql/server-roles-differ", "pair", WARNING_FIXABLE);
const BAD_USERS: (&str, &str, &str) = ("sql/databases-differ", "pair", WARNING_FIXABLE);
const XP_CMDSHELL: &str = "source/xp_cmdshell";
const APPLICATION: &str = "source/payroll_app";
const OTHER_SID: &str = "0x5e1f0000000000000000000000000999";

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
        name: "SQL, instance: the target has another service pack",
        rows: &["D-06"],
        steps: &[Sql(&["target", "set", "/level", "SP1"])],
        expect: &[("sql/version-differs", "pair", ERROR)],
        says: &["(service pack 0)", "(service pack 1)"],
        ..WHOLE
    },
    Change {
        name: "SQL, instance: the target has a newer build",
        rows: &["D-06"],
        steps: &[Sql(&["target", "set", "/version", "15.0.4390.2"])],
        expect: &[("sql/version-differs", "pair", WARNING)],
        ..WHOLE
    },
    Change {
        name: "SQL: the target has a newer build, and databases are attached",
        steps: &[Sql(&["target", "set", "/version", "15.0.4390.2"])],
        seen: &["target.sql.version"],
        ..DATABASE
    },
    Change {
        name: "SQL: the source is of a larger edition",
        steps: &[Sql(&[
            "source",
            "set",
            "/edition",
            "Enterprise Edition: Core-based Licensing (64-bit)",
        ])],
        expect: &[("sql/edition-smaller", "pair", WARNING)],
        ..DATABASE
    },
    Change {
        name: "SQL: a backup device writes elsewhere on the target",
        rows: &["D-53", "D-55"],
        steps: &[Sql(&[
            "target",
            "set",
            "/backup_devices/nightly/path",
            r"E:\Backup\nightly.bak",
        ])],
        expect: &[
            ("sql/backup-device-differs", "source/nightly", WARNING),
            BAD_DEVICES,
        ],
        says: &[r"is D:\Backup\nightly.bak (disk) on SRCMAIL, E:\Backup\nightly.bak (disk) on TGTMAIL"],
        seen: &["target.sql.backup_devices"],
        ..DATABASE
    },
    Change {
        name: "SQL: the target lacks a backup device",
        rows: &["D-54", "D-55"],
        steps: &[Sql(&["target", "delete", "/backup_devices/nightly"])],
        expect: &[
            ("sql/backup-device-missing", "source/nightly", WARNING),
            ("sql/backup-device-differs", "source/nightly", NOT_APPLICABLE),
            BAD_DEVICES,
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: a configuration value differs",
        rows: &["D-60", "D-63"],
        steps: &[Sql(&["target", "set", "/configurations/xp_cmdshell/value", "1"])],
        expect: &[
            ("sql/configuration-differs", XP_CMDSHELL, WARNING_FIXABLE),
            ("sql/configurations-differ", "pair", WARNING_FIXABLE),
        ],
        says: &["`xp_cmdshell` is 0 on SRCMAIL, 1 on TGTMAIL"],
        seen: &["target.sql.configurations"],
        ..DATABASE
    },
    Change {
        name: "SQL: a configuration value that follows the hardware differs",
        steps: &[Sql(&[
            "target",
            "set",
            "/configurations/max server memory (MB)/value",
            "4096",
        ])],
        seen: &["target.sql.configurations", "target.sql.configurations.value"],
        ..DATABASE
    },
    Change {
        name: "SQL: the target lacks a configuration value",
        rows: &["D-61", "D-63"],
        steps: &[Sql(&["target", "delete", "/configurations/xp_cmdshell"])],
        expect: &[
            ("sql/configuration-missing-on-target", XP_CMDSHELL, WARNING),
            ("sql/configuration-differs", XP_CMDSHELL, NOT_APPLICABLE),
            ("sql/configuration-missing-on-source", "target/xp_cmdshell", GONE),
            BAD_VALUES,
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: the source lacks a configuration value",
        rows: &["D-62", "D-63"],
        steps: &[Sql(&["source", "delete", "/configurations/xp_cmdshell"])],
        expect: &[
            (
                "sql/configuration-missing-on-source",
                "target/xp_cmdshell",
                WARNING,
            ),
            ("sql/configuration-differs", XP_CMDSHELL, GONE),
            ("sql/configuration-missing-on-target", XP_CMDSHELL, GONE),
            BAD_VALUES,
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: the target has no full-text search",
        rows: &["D-64"],
        steps: &[Sql(&["target", "set", "/full_text/IsFullTextInstalled", "0"])],
        expect: &[("sql/full-text-differs", "pair", FIXABLE)],
        says: &["Full-text search is installed on SRCMAIL and not on TGTMAIL"],
        ..DATABASE
    },
    Change {
        name: "SQL: an option of full-text search differs",
        rows: &["D-64"],
        steps: &[Sql(&["target", "set", "/full_text/VerifySignature", "0"])],
        expect: &[("sql/full-text-differs", "pair", FIXABLE)],
        ..DATABASE
    },
    Change {
        name: "SQL: the target speaks another language",
        rows: &["D-67"],
        steps: &[Sql(&[
            "target",
            "set",
            "/configurations/default language/value",
            "1",
        ])],
        expect: &[("sql/language-differs", "pair", WARNING_FIXABLE)],
        says: &["us_english on SRCMAIL, Deutsch on TGTMAIL"],
        seen: &["target.sql.configurations", "target.sql.configurations.value"],
        ..DATABASE
    },
    Change {
        name: "SQL: the target does not know a language",
        rows: &["D-89"],
        steps: &[Sql(&["target", "delete", "/languages/Dansk"])],
        expect: &[("sql/language-missing", "source/Dansk", WARNING)],
        ..DATABASE
    },
    Change {
        name: "SQL: a linked server leads elsewhere",
        rows: &["D-68"],
        steps: &[Sql(&[
            "target",
            "set",
            "/linked_servers/ARCHIVE/data_source",
            "old.corp.example",
        ])],
        expect: &[("sql/linked-server-differs", "source/ARCHIVE", WARNING_FIXABLE)],
        says: &["data_source"],
        seen: &["target.sql.linked_servers"],
        ..DATABASE
    },
    Change {
        name: "SQL: a linked server is encrypted on one of them only",
        rows: &["D-68"],
        steps: &[Sql(&[
            "target",
            "set",
            "/linked_servers/ARCHIVE/provider_string",
            "Encrypt=no",
        ])],
        expect: &[("sql/linked-server-differs", "source/ARCHIVE", WARNING_FIXABLE)],
        says: &["its provider string"],
        seen: &["target.sql.linked_servers"],
        ..DATABASE
    },
    Change {
        name: "SQL: the target lacks a linked server",
        rows: &["D-69"],
        steps: &[Sql(&["target", "delete", "/linked_servers/ARCHIVE"])],
        expect: &[
            ("sql/linked-server-missing", "source/ARCHIVE", WARNING),
            ("sql/linked-server-differs", "source/ARCHIVE", NOT_APPLICABLE),
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: a remote server leads elsewhere",
        rows: &["D-78"],
        steps: &[Sql(&[
            "target",
            "set",
            "/remote_servers/LEGACY/data_source",
            "elsewhere",
        ])],
        expect: &[("sql/remote-server-differs", "source/LEGACY", WARNING_FIXABLE)],
        seen: &["target.sql.remote_servers"],
        ..DATABASE
    },
    Change {
        name: "SQL: the target lacks a remote server",
        rows: &["D-79"],
        steps: &[Sql(&["target", "delete", "/remote_servers/LEGACY"])],
        expect: &[
            ("sql/remote-server-missing", "source/LEGACY", WARNING),
            ("sql/remote-server-differs", "source/LEGACY", NOT_APPLICABLE),
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: a login has another password",
        rows: &["D-70", "D-72"],
        steps: &[Sql(&[
            "target",
            "set",
            "/logins/payroll_app/hash",
            "0x0200a0000999",
        ])],
        expect: &[("sql/login-differs", APPLICATION, FIXABLE), BAD_LOGINS],
        says: &["Login payroll_app differs on TGTMAIL in its password"],
        seen: &["target.sql.compared_logins"],
        ..DATABASE
    },
    Change {
        name: "SQL: a login is disabled on the target",
        rows: &["D-70", "D-72"],
        steps: &[Sql(&["target", "set", "/logins/payroll_app/disabled", "true"])],
        expect: &[("sql/login-differs", APPLICATION, FIXABLE), BAD_LOGINS],
        says: &["in disabled"],
        seen: &["target.sql.compared_logins"],
        ..DATABASE
    },
    Change {
        name: "SQL: a login has another SID",
        rows: &["D-70", "D-72"],
        steps: &[Sql(&[
            "target",
            "set",
            "/logins/payroll_app/sid",
            "0x5e1f0000000000000000000000000999",
        ])],
        expect: &[("sql/login-differs", APPLICATION, FIXABLE), BAD_LOGINS],
        says: &["in sid"],
        seen: &["target.sql.compared_logins", "target.sql.login_sids"],
        ..DATABASE
    },
    Change {
        name: "SQL: a login with rights, a role and users has another SID",
        rows: &["D-70", "D-72"],
        steps: &[
            Sql(&["target", "set", "/logins/nobody/sid", OTHER_SID]),
            Sql(&[
                "target",
                "set",
                "/logins/nobody/granted",
                r#"["VIEW SERVER STATE"]"#,
            ]),
            Sql(&["target", "set", "/logins/nobody/denied", r#"["ALTER TRACE"]"#]),
            Sql(&["target", "set", "/roles/bulkadmin/members", r#"["nobody"]"#]),
            Sql(&[
                "target",
                "set",
                "/databases/msdb/users/no]body",
                r#"{"type": "S", "sid": "0x5e1f0000000000000000000000000999"}"#,
            ]),
        ],
        expect: &[("sql/login-differs", "source/nobody", FIXABLE), BAD_LOGINS],
        says: &["Login nobody differs on TGTMAIL in sid"],
        seen: &[
            "target.sql.compared_logins",
            "target.sql.login_sids",
            "target.sql.role_members",
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: the target lacks a login",
        rows: &["D-71", "D-72"],
        steps: &[Sql(&["target", "delete", "/logins/nobody"])],
        expect: &[
            ("sql/login-missing", "source/nobody", FIXABLE),
            ("sql/login-differs", "source/nobody", NOT_APPLICABLE),
            BAD_LOGINS,
        ],
        says: &["Login nobody (sql_login) does not exist on TGTMAIL"],
        ..DATABASE
    },
    Change {
        name: "SQL: an account of the machine may log on",
        steps: &[Sql(&[
            "source",
            "set",
            r"/logins/SRCMAIL\dbadmin",
            r#"{"id": 280, "type": "U", "sid": "0x010500000000000515000000110000001200000013000000f4010000"}"#,
        ])],
        expect: &[("sql/login-of-machine", r"source/SRCMAIL\\dbadmin", WARNING)],
        ..DATABASE
    },
    Change {
        name: "SQL: a login is not in a role of the target",
        rows: &["D-81", "D-83"],
        steps: &[Sql(&["target", "set", "/roles/dbcreator/members", "[]"])],
        expect: &[
            (
                "sql/server-role-member-missing",
                r"source/dbcreator/CORP\\Payroll Admins",
                WARNING_FIXABLE,
            ),
            BAD_ROLES,
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: a login is no administrator of the target, which nobody mends by itself",
        rows: &["D-81", "D-83"],
        steps: &[Sql(&["target", "set", "/roles/sysadmin/members", r#"["sa"]"#])],
        expect: &[
            (
                "sql/server-role-member-missing",
                r"source/sysadmin/CORP\\svcsql",
                WARNING,
            ),
            ("sql/server-roles-differ", "pair", WARNING),
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: the target lacks a role",
        rows: &["D-82", "D-83"],
        steps: &[Sql(&["target", "delete", "/roles/operators"])],
        expect: &[
            ("sql/server-role-missing", "source/operators", WARNING_FIXABLE),
            (
                "sql/server-role-member-missing",
                r"source/operators/CORP\\Payroll Admins",
                "unknown after sql/server-role-missing",
            ),
            BAD_ROLES,
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: the target has no distributor",
        rows: &["D-80"],
        steps: &[Sql(&["target", "set", "/distributor", ""])],
        expect: &[("sql/replication-differs", "pair", WARNING_FIXABLE)],
        ..DATABASE
    },
    Change {
        name: "SQL: the target lacks a job",
        steps: &[Sql(&["target", "delete", "/jobs/Nightly backup"])],
        expect: &[("sql/job-missing", "source/Nightly backup", WARNING)],
        ..DATABASE
    },
    Change {
        name: "SQL: a database is online on the target, with nobody in it",
        rows: &["D-85", "D-86", "D-88"],
        steps: &[Sql(&[
            "target",
            "set",
            "/databases/hr",
            r#"{"id": 6, "state": "ONLINE"}"#,
        ])],
        expect: &[
            ("sql/target-database-online", "pair/hr", FIXABLE),
            (
                "sql/database-user-missing",
                "source/hr/payroll_app",
                WARNING_FIXABLE,
            ),
            BAD_USERS,
        ],
        says: &["Database hr is online on TGTMAIL"],
        seen: &[
            "target.sql.databases",
            "target.sql.databases.",
            "target.sql.users",
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: a database is online on the target, and its user is in no role",
        rows: &["D-85", "D-87", "D-88"],
        steps: &[Sql(&[
            "target",
            "set",
            "/databases/hr",
            r#"{"id": 6, "users": {"payroll_app": {"type": "S", "sid": "0x5e1f0000000000000000000000000272"}}}"#,
        ])],
        expect: &[
            ("sql/target-database-online", "pair/hr", FIXABLE),
            ("sql/database-user-missing", "source/hr/payroll_app", GOOD),
            (
                "sql/database-role-member-missing",
                "source/hr/db_datareader/payroll_app",
                WARNING_FIXABLE,
            ),
            BAD_USERS,
        ],
        seen: &[
            "target.sql.databases",
            "target.sql.databases.",
            "target.sql.users",
        ],
        ..DATABASE
    },
    Change {
        name: "SQL: a database waits on the target, offline",
        steps: &[Sql(&[
            "target",
            "set",
            "/databases/hr",
            r#"{"id": 6, "state": "OFFLINE"}"#,
        ])],
        seen: &["target.sql.databases", "target.sql.databases."],
        ..DATABASE
    },
    Change {
        name: "SQL: a database of the source is read only",
        steps: &[Sql(&["source", "set", "/databases/payroll/read_only", "true"])],
        seen: &["source.sql.databases"],
        ..DATABASE
    },
    Change {
        name: "SQL: the source has no database of users",
        rows: &["D-45"],
        steps: &[
            Sql(&["source", "delete", "/databases/payroll"]),
            Sql(&["source", "delete", "/databases/hr"]),
        ],
        seen: &["source.sql.files.", "pair.sql."],
        expect: &[
            ("sql/no-database-chosen", "pair", WARNING),
            ("sql/chosen-database-unknown", "pair/hr", GONE),
            ("sql/chosen-database-unknown", "pair/payroll", GONE),
            ("sql/chosen-database-unknown", "pair", NOT_APPLICABLE),
            ("sql/source-database-closed", "pair/hr", GONE),
            ("sql/source-database-closed", "pair/payroll", GONE),
            ("sql/source-database-closed", "pair", NOT_APPLICABLE),
            ("sql/database-has-partner", "pair/hr", GONE),
            ("sql/database-has-partner", "pair/payroll", GONE),
            ("sql/database-has-partner", "pair", NOT_APPLICABLE),
            ("sql/target-database-online", "pair/hr", GONE),
            ("sql/target-database-online", "pair/payroll", GONE),
            ("sql/target-database-online", "pair", NOT_APPLICABLE),
            ("sql/drive-missing", "pair/L:", GONE),
            ("sql/database-user-missing", "source/hr/payroll_app", GONE),
            (
                "sql/database-user-missing",
                r"source/payroll/CORP\\Payroll Admins",
                GONE,
            ),
            ("sql/database-user-missing", "source/payroll/payroll_app", GONE),
            ("sql/database-user-missing", "source/payroll/reports", GONE),
            ("sql/database-user-missing", "source", NOT_APPLICABLE),
            (
                "sql/database-role-member-missing",
                "source/hr/db_datareader/payroll_app",
                GONE,
            ),
            (
                "sql/database-role-member-missing",
                "source/payroll/clerks/payroll_app",
                GONE,
            ),
            (
                "sql/database-role-member-missing",
                "source/payroll/db_datareader/payroll_app",
                GONE,
            ),
            (
                "sql/database-role-member-missing",
                r"source/payroll/db_owner/CORP\\Payroll Admins",
                GONE,
            ),
            ("sql/database-role-member-missing", "source", NOT_APPLICABLE),
            (
                "common/replication-set-incomplete",
                r"pair/sqldag01/D:\\Data\\hr.mdf",
                GONE,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/sqldag01/D:\\Data\\payroll.mdf",
                GONE,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/sqldag01/L:\\Log\\hr.ldf",
                GONE,
            ),
            (
                "common/replication-set-incomplete",
                r"pair/sqldag01/L:\\Log\\payroll.ldf",
                GONE,
            ),
        ],
        ..WHOLE
    },
];
