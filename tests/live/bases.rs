//! The pairs that changes are made to.

use super::Edit;
use super::Step::{self, Host};

/// A pair of the lab as it stands before a change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base {
    pub(crate) name: &'static str,
    pub(crate) file: File,
    /// What is done to the pair file.
    pub(crate) pair: &'static [Edit<'static>],
    /// What is done to the lab.
    pub(crate) steps: &'static [Step],
    /// What takes part and was written for the tests, if something does.
    pub(crate) ours: &'static str,
}

/// The pair files of the lab.
#[derive(Clone, Copy, Debug)]
pub(crate) enum File {
    Exchange,
    Sql,
}

/// The healthy pair of Exchange servers.
pub(crate) const EXCHANGE: Base = Base {
    name: "Exchange",
    file: File::Exchange,
    pair: &[],
    steps: &[],
    ours: "",
};

/// The same, but what Windows knows of the engine is asked of Windows. What only its own module tells is not known: over
/// rpc there is no shell.
pub(crate) const ENGINE: Base = Base {
    name: "Exchange, the engine is asked",
    pair: &[ASKED, NOT_RECORDED],
    ..EXCHANGE
};

const ASKED: Edit<'static> = ("engine-recorded", "engine-carbonite");
const NOT_RECORDED: Edit<'static> = (
    r"  # The lab has no replication engine that could be asked for these; everything else of it is read.
  recorded:
    version: { source: 4.4.2.1, target: 4.4.2.1 }
    folder: { source: 'C:\Program Files\NSI\Double-Take', target: 'C:\Program Files\NSI\Double-Take' }
    account: { source: LocalSystem, target: LocalSystem }
    state: { source: running, target: running }
    checksum_all: { source: true, target: true }
    restore_required: { source: false, target: false }
    connections: []
    monitors: []
    sets: []
",
    "",
);

/// The healthy pair of database servers; single databases are protected.
pub(crate) const DATABASES: Base = Base {
    name: "SQL Server, databases",
    file: File::Sql,
    ..EXCHANGE
};

/// The same, but what Windows knows of the engine is asked of Windows.
pub(crate) const DATABASES_ENGINE: Base = Base {
    name: "SQL Server, databases, the engine is asked",
    pair: &[ASKED, NOT_RECORDED],
    ..DATABASES
};

/// The same servers, and the whole instance is protected. Its data lies on D: and L:, which Samba does not name.
pub(crate) const INSTANCE: Base = Base {
    name: "SQL Server, instance",
    pair: &[
        ("mode: database", "mode: instance"),
        (
            r"    # Samba names no drive but C: when it is asked for drives.
    databases:
      - { name: payroll, target_path: 'C:\Data' }
      - { name: hr, target_path: 'C:\Data' }
",
            "",
        ),
    ],
    steps: &[
        Host(&[
            "target",
            "service",
            "MSSQLSERVER",
            "state=stopped",
            "start=manual",
        ]),
        Host(&[
            "target",
            "service",
            "SQLSERVERAGENT",
            "state=stopped",
            "start=manual",
        ]),
        Host(&["target", "service", "MSSQLFDLauncher", "state=stopped"]),
    ],
    ..DATABASES
};

/// The source is a cluster of both hosts, the target one of itself.
pub(crate) const CLUSTER: Base = Base {
    name: "Exchange, clusters",
    steps: &[
        Host(&[
            "source",
            "service",
            "ClusSvc",
            "state=running",
            "start=automatic",
            r"account=CORP\svcdr",
        ]),
        Host(&[
            "target",
            "service",
            "ClusSvc",
            "state=running",
            "start=automatic",
            r"account=CORP\svcdr",
        ]),
        Host(&[
            "source",
            "registry",
            "set",
            r"HKLM\Cluster\Nodes\1",
            "NodeName",
            "REG_SZ",
            "SRCMAIL",
        ]),
        Host(&[
            "source",
            "registry",
            "set",
            r"HKLM\Cluster\Nodes\2",
            "NodeName",
            "REG_SZ",
            "TGTMAIL",
        ]),
        Host(&[
            "target",
            "registry",
            "set",
            r"HKLM\Cluster\Nodes\1",
            "NodeName",
            "REG_SZ",
            "TGTMAIL",
        ]),
        Host(&[
            "source",
            "registry",
            "set",
            r"HKLM\Cluster\Resources\n1",
            "Name",
            "REG_SZ",
            "Network Name (SRCMAIL)",
        ]),
        Host(&[
            "source",
            "registry",
            "set",
            r"HKLM\Cluster\Resources\n1",
            "Type",
            "REG_SZ",
            "Network Name",
        ]),
        Host(&[
            "source",
            "registry",
            "set",
            r"HKLM\Cluster\Resources\n1\Parameters",
            "Name",
            "REG_SZ",
            "SRCMAIL",
        ]),
        Host(&[
            "source",
            "registry",
            "set",
            r"HKLM\Cluster\Resources\n1\Parameters",
            "RequireDNS",
            "REG_DWORD",
            "1",
        ]),
        Host(&[
            "source",
            "registry",
            "set",
            r"HKLM\Cluster\Groups\g1",
            "Contains",
            "REG_MULTI_SZ",
            "n1",
        ]),
        Host(&[
            "target",
            "registry",
            "set",
            r"HKLM\Cluster\Resources\n1",
            "Name",
            "REG_SZ",
            "Network Name (TGTMAIL)",
        ]),
        Host(&[
            "target",
            "registry",
            "set",
            r"HKLM\Cluster\Resources\n1",
            "Type",
            "REG_SZ",
            "Network Name",
        ]),
        Host(&[
            "target",
            "registry",
            "set",
            r"HKLM\Cluster\Resources\n1\Parameters",
            "Name",
            "REG_SZ",
            "TGTMAIL",
        ]),
        Host(&[
            "target",
            "registry",
            "set",
            r"HKLM\Cluster\Resources\i1",
            "Name",
            "REG_SZ",
            "Information Store",
        ]),
        Host(&[
            "target",
            "registry",
            "set",
            r"HKLM\Cluster\Resources\i1",
            "Type",
            "REG_SZ",
            "Microsoft Exchange Information Store",
        ]),
        Host(&[
            "target",
            "registry",
            "set",
            r"HKLM\Cluster\Resources\i1",
            "PersistentState",
            "REG_DWORD",
            "0",
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
        ]),
    ],
    ..ENGINE
};

/// The same over ssh, where a stand-in prints what PowerShell would.
pub(crate) const CLUSTER_BY_SSH: Base = Base {
    name: "Exchange, clusters over ssh",
    pair: &[
        ASKED,
        NOT_RECORDED,
        (
            "    rpc: {}\n    credential: { user: svcservers@corp.example, password: { env: STANDIN_LAB_HOST_ADMIN_PASSWORD } }\n",
            "    ssh: { user: standin, key: /run/standin-lab/ssh/key, known_hosts: /run/standin-lab/ssh/known_hosts }\n",
        ),
    ],
    ours: "a stand-in for PowerShell",
    ..CLUSTER
};
