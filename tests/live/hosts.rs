//! What Windows tells of itself: its version, its services, its shares.

use super::Step::Host;
use super::{Change, ERROR, FIXABLE, NOT_APPLICABLE, NOTHING, WARNING_FIXABLE};

const WINDOWS: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";

pub(super) const CHANGES: &[Change] = &[
    Change {
        name: "the target runs Windows NT 4.0",
        rows: &["C-04", "C-05"],
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
        says: &["TGTMAIL runs Windows 4.0.1381, the oldest supported is 5.0"],
        ..NOTHING
    },
    Change {
        name: "the source runs Windows NT 4.0",
        rows: &["C-04", "C-05"],
        steps: &[
            Host(&[
                "source",
                "registry",
                "set",
                WINDOWS,
                "CurrentVersion",
                "REG_SZ",
                "4.0",
            ]),
            Host(&[
                "source",
                "registry",
                "set",
                WINDOWS,
                "CurrentBuildNumber",
                "REG_SZ",
                "1381",
            ]),
        ],
        expect: &[
            ("common/os-unsupported", "source", ERROR),
            ("common/os-differs", "pair", ERROR),
        ],
        ..NOTHING
    },
    Change {
        name: "the target runs Windows Server 2022",
        rows: &["C-05"],
        steps: &[
            Host(&[
                "target",
                "registry",
                "set",
                WINDOWS,
                "CurrentMajorVersionNumber",
                "REG_DWORD",
                "10",
            ]),
            Host(&[
                "target",
                "registry",
                "set",
                WINDOWS,
                "CurrentVersion",
                "REG_SZ",
                "6.3",
            ]),
            Host(&[
                "target",
                "registry",
                "set",
                WINDOWS,
                "CurrentBuildNumber",
                "REG_SZ",
                "20348",
            ]),
        ],
        seen: &["target.os.version", "target.os.build"],
        expect: &[("common/os-differs", "pair", ERROR)],
        says: &["TGTMAIL Windows 10.0.20348"],
        ..NOTHING
    },
    Change {
        name: "the target is newer, and that is wanted",
        steps: &[Host(&[
            "target",
            "registry",
            "set",
            WINDOWS,
            "CurrentVersion",
            "REG_SZ",
            "6.1",
        ])],
        pair: &[("params:\n", "params:\n  os_newer_target: true\n")],
        seen: &[
            "target.os.version",
            "target.os.release",
            "source.os.version",
            "param.os_newer_target",
        ],
        ..NOTHING
    },
    Change {
        name: "nobody may use the share for the source's scripts",
        rows: &["C-15"],
        steps: &[Host(&["source", "share", "allow", "C$", "none"])],
        expect: no_files![
            "source",
            "unknown denied source.rpc",
            ("exchange/efo-missing", "source", "unknown denied source.rpc"),
            (
                "exchange/efo-outdated",
                "source",
                "unknown after exchange/efo-missing"
            ),
        ],
        ..NOTHING
    },
    Change {
        name: "the target has no administrative share",
        rows: &["C-15"],
        steps: &[Host(&["target", "share", "remove", "C$"])],
        // the files can no longer be seen, which says nothing of whether they are there
        expect: no_files![
            "target",
            "unknown unsupported target.rpc",
            ("exchange/efo-missing", "target", "unknown unsupported target.rpc"),
            (
                "exchange/efo-outdated",
                "target",
                "unknown after exchange/efo-missing"
            ),
        ],
        says: &["Share C$ of TGTMAIL"],
        ..NOTHING
    },
    Change {
        name: "a service is not installed on the target",
        rows: &["C-45"],
        steps: &[Host(&["target", "service", "MSExchangeSA", "remove"])],
        expect: &[
            ("common/service-missing", "pair/MSExchangeSA", ERROR),
            ("common/service-running", "pair/MSExchangeSA", NOT_APPLICABLE),
            ("common/service-automatic", "pair/MSExchangeSA", NOT_APPLICABLE),
        ],
        says: &["TGTMAIL has no service MSExchangeSA"],
        seen: &[
            "target.service.all",
            "source.service.all",
            "target.service.all.state",
            "target.service.all.start",
        ],
        ..NOTHING
    },
    Change {
        name: "an optional service that the source has is not installed on the target",
        rows: &["C-45"],
        steps: &[Host(&["target", "service", "IMAP4SVC", "remove"])],
        expect: &[
            ("common/service-missing", "pair/IMAP4Svc", ERROR),
            ("common/service-running", "pair/IMAP4Svc", NOT_APPLICABLE),
            ("common/service-automatic", "pair/IMAP4Svc", NOT_APPLICABLE),
        ],
        seen: &[
            "target.service.all",
            "source.service.all",
            "target.service.all.state",
            "target.service.all.start",
        ],
        ..NOTHING
    },
    Change {
        name: "an optional service is installed on neither",
        steps: &[
            Host(&["source", "service", "POP3SVC", "remove"]),
            Host(&["target", "service", "POP3SVC", "remove"]),
        ],
        expect: &[
            ("common/service-missing", "pair/POP3Svc", NOT_APPLICABLE),
            ("common/service-running", "pair/POP3Svc", NOT_APPLICABLE),
            ("common/service-automatic", "pair/POP3Svc", NOT_APPLICABLE),
        ],
        seen: &[
            "target.service.all",
            "source.service.all",
            "target.service.all.state",
            "target.service.all.start",
        ],
        ..NOTHING
    },
    Change {
        name: "the source alone lacks a service",
        steps: &[Host(&["source", "service", "MSExchangeIS", "remove"])],
        seen: &[
            "target.service.all",
            "source.service.all",
            "target.service.all.state",
            "target.service.all.start",
        ],
        ..NOTHING
    },
    Change {
        name: "the information store runs on the target",
        rows: &["C-47"],
        steps: &[Host(&["target", "service", "MSExchangeIS", "state=running"])],
        expect: &[("common/service-running", "pair/MSExchangeIS", FIXABLE)],
        says: &["Service MSExchangeIS of TGTMAIL is running"],
        seen: &[
            "target.service.all",
            "source.service.all",
            "target.service.all.state",
            "target.service.all.start",
        ],
        ..NOTHING
    },
    Change {
        name: "a service of the target is on its way up, another is paused",
        rows: &["C-47"],
        steps: &[
            Host(&["target", "service", "MSExchangeMTA", "state=start_pending"]),
            Host(&["target", "service", "SMTPSVC", "state=paused"]),
        ],
        expect: &[
            ("common/service-running", "pair/MSExchangeMTA", FIXABLE),
            ("common/service-running", "pair/SMTPSVC", FIXABLE),
        ],
        seen: &[
            "target.service.all",
            "source.service.all",
            "target.service.all.state",
            "target.service.all.start",
        ],
        ..NOTHING
    },
    Change {
        name: "a service of the target starts with Windows",
        rows: &["C-48"],
        steps: &[Host(&["target", "service", "W3SVC", "start=automatic"])],
        expect: &[("common/service-automatic", "pair/W3SVC", WARNING_FIXABLE)],
        says: &["Service W3SVC of TGTMAIL starts automatically"],
        seen: &[
            "target.service.all",
            "source.service.all",
            "target.service.all.state",
            "target.service.all.start",
        ],
        ..NOTHING
    },
    Change {
        name: "a service of the target starts with Windows, though late, and runs",
        rows: &["C-47", "C-48"],
        steps: &[Host(&[
            "target",
            "service",
            "RESvc",
            "start=automatic",
            "delayed=yes",
            "state=running",
        ])],
        expect: &[
            ("common/service-running", "pair/RESvc", FIXABLE),
            ("common/service-automatic", "pair/RESvc", WARNING_FIXABLE),
        ],
        seen: &[
            "target.service.all",
            "source.service.all",
            "target.service.all.state",
            "target.service.all.start",
        ],
        ..NOTHING
    },
    Change {
        name: "a service of the target is disabled",
        steps: &[Host(&["target", "service", "MSExchangeES", "start=disabled"])],
        seen: &[
            "target.service.all",
            "source.service.all",
            "target.service.all.state",
            "target.service.all.start",
        ],
        ..NOTHING
    },
    Change {
        name: "the pair file names two more services",
        rows: &["C-45", "C-47"],
        pair: &[(
            "settings:\n",
            "settings:\n  failover.services: [{ name: TermService }, { name: BlackBerry }]\n",
        )],
        expect: &[
            ("common/service-missing", "pair/TermService", "good"),
            ("common/service-running", "pair/TermService", FIXABLE),
            ("common/service-automatic", "pair/TermService", "good"),
            ("common/service-missing", "pair/BlackBerry", ERROR),
            ("common/service-running", "pair/BlackBerry", NOT_APPLICABLE),
            ("common/service-automatic", "pair/BlackBerry", NOT_APPLICABLE),
        ],
        ..NOTHING
    },
    Change {
        name: "a hundred services more",
        steps: &[Host(&["target", "services", "more", "100"])],
        ..NOTHING
    },
];
