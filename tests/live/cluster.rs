//! Clusters, as their registry, their nodes and the directory show them.

use super::Step::Host;
use super::bases::{CLUSTER, CLUSTER_BY_SSH};
use super::{Change, ERROR, FIXABLE, GOOD, NOTHING, WARNING_FIXABLE};

const WINDOWS: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const ENGINE: &str = r"HKLM\SOFTWARE\NSI Software\Double-Take\CurrentVersion";
const NETWORK_NAME: &str = "source/Network Name (SRCMAIL)";
const PARAMETERS: &str = r"HKLM\Cluster\Resources\n1\Parameters";
const STORE: &str = r"HKLM\Cluster\Resources\i1";
const AGENT: &str = r"HKLM\Cluster\Resources\m1";

pub(super) const CHANGES: &[Change] = &[
    Change {
        name: "the cluster's account may not administer the engine on the target's node",
        base: CLUSTER,
        rows: &["C-74"],
        steps: &[Host(&[
            "target",
            "group",
            "remove",
            "Double-Take Admin",
            r"CORP\svcdr",
        ])],
        expect: &[("exchange/cluster-account-not-admin", "target/TGTMAIL", ERROR)],
        says: &[r"CORP\svcdr, as which the cluster of SRCMAIL runs"],
        ..NOTHING
    },
    Change {
        name: "a node of the source has the engine in another folder",
        base: CLUSTER,
        rows: &["C-75"],
        steps: &[
            Host(&[
                "target",
                "registry",
                "set",
                ENGINE,
                "InstallPath",
                "REG_SZ",
                r"D:\Engine",
            ]),
            Host(&["target", "file", "version", r"D:\Engine\dfo.exe", "4.4.2.1"]),
            Host(&["target", "file", "version", r"D:\Engine\DTCOM.dll", "4.4.2.1"]),
            Host(&[
                "target",
                "file",
                "version",
                r"D:\Engine\exchfailover.exe",
                "4.4.2.1",
            ]),
        ],
        seen: &[
            "target.share.",
            "target.engine.folder",
            "target.engine.node_folders.folder",
        ],
        expect: &[("exchange/cluster-engine-folder-differs", "source/TGTMAIL", ERROR)],
        says: &[r"Node TGTMAIL of SRCMAIL has the engine in D:\Engine"],
        ..NOTHING
    },
    Change {
        name: "a node of the source runs Windows NT 4.0",
        base: CLUSTER,
        rows: &["C-76", "C-04", "C-05"],
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
            ("exchange/cluster-os-unsupported", "source/TGTMAIL", ERROR),
            ("common/os-unsupported", "target", ERROR),
            ("common/os-differs", "pair", ERROR),
        ],
        ..NOTHING
    },
    Change {
        name: "the share of a node of the source is gone",
        base: CLUSTER,
        rows: &["C-77", "C-15"],
        steps: &[Host(&["target", "share", "remove", "C$"])],
        expect: no_files![
            "target",
            "unknown unsupported target.rpc",
            ("exchange/efo-missing", "target", "unknown unsupported target.rpc"),
            (
                "exchange/efo-outdated",
                "target",
                "unknown after exchange/efo-missing"
            ),
            ("exchange/cluster-share-unreachable", "source/TGTMAIL", ERROR),
        ],
        ..NOTHING
    },
    Change {
        name: "the pair file names a resource that the target's cluster has not",
        base: CLUSTER,
        rows: &["C-78"],
        pair: &[(
            "settings:\n",
            "settings:\n  failover.resources: [{ name: BlackBerry Dispatcher }]\n",
        )],
        expect: &[
            (
                "exchange/cluster-resource-missing",
                "pair/BlackBerry Dispatcher",
                ERROR,
            ),
            (
                "exchange/cluster-resource-online",
                "pair/BlackBerry Dispatcher",
                "unknown after exchange/cluster-resource-missing",
            ),
            (
                "exchange/cluster-resource-automatic",
                "pair/BlackBerry Dispatcher",
                "unknown after exchange/cluster-resource-missing",
            ),
        ],
        ..NOTHING
    },
    Change {
        name: "a resource is online on the target's cluster",
        base: CLUSTER_BY_SSH,
        rows: &["C-79"],
        // what the stand-in prints for the state tells of this resource, too
        steps: &[
            Host(&[
                "target",
                "registry",
                "set",
                AGENT,
                "Name",
                "REG_SZ",
                "Transfer Agent",
            ]),
            Host(&[
                "target",
                "registry",
                "set",
                AGENT,
                "Type",
                "REG_SZ",
                "Microsoft Exchange Message Transfer Agent",
            ]),
            Host(&[
                "target",
                "registry",
                "set",
                r"HKLM\Cluster\Groups\g1",
                "Contains",
                "REG_MULTI_SZ",
                "n1",
                "i1",
                "m1",
            ]),
        ],
        expect: &[
            ("exchange/cluster-resource-missing", "pair/Transfer Agent", GOOD),
            ("exchange/cluster-resource-online", "pair/Transfer Agent", FIXABLE),
            ("exchange/cluster-resource-automatic", "pair/Transfer Agent", GOOD),
        ],
        says: &["Resource Transfer Agent of the cluster of TGTMAIL is online on node TGTMAIL"],
        ..NOTHING
    },
    Change {
        name: "a resource comes online by itself on the target's cluster",
        base: CLUSTER,
        rows: &["C-80"],
        steps: &[Host(&[
            "target",
            "registry",
            "set",
            STORE,
            "PersistentState",
            "REG_DWORD",
            "1",
        ])],
        expect: &[(
            "exchange/cluster-resource-automatic",
            "pair/Information Store",
            WARNING_FIXABLE,
        )],
        seen: &["target.cluster.resources"],
        ..NOTHING
    },
    Change {
        name: "the network name comes online without DNS",
        base: CLUSTER,
        rows: &["C-81"],
        steps: &[Host(&[
            "source",
            "registry",
            "set",
            PARAMETERS,
            "RequireDNS",
            "REG_DWORD",
            "0",
        ])],
        expect: &[("exchange/cluster-name-ignores-dns", NETWORK_NAME, WARNING_FIXABLE)],
        ..NOTHING
    },
    Change {
        name: "nobody said whether the network name needs DNS",
        base: CLUSTER,
        rows: &["C-81"],
        steps: &[Host(&["source", "registry", "delete", PARAMETERS, "RequireDNS"])],
        expect: &[("exchange/cluster-name-ignores-dns", NETWORK_NAME, WARNING_FIXABLE)],
        ..NOTHING
    },
];
