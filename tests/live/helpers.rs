//! Helper programs of the engines of 2006: files and classes on the hosts.

use super::Step::Host;
use super::{Change, FIXABLE, NOTHING};

const NO_DFO: &str = "unknown after common/dfo-missing";
const NO_DTCOM: &str = "unknown after common/dtcom-missing";
const NO_CAPICOM: &str = "unknown after common/capicom-missing";
const DFO: &str = r"C:\Program Files\NSI\Double-Take\dfo.exe";
const EFO: &str = r"C:\Program Files\NSI\Double-Take\exchfailover.exe";
const DTCOM: &str = r"C:\Program Files\NSI\Double-Take\DTCOM.dll";
const CAPICOM: &str = r"C:\WINDOWS\system32\CAPICOM.dll";
const DTCOM_CLASS: &str =
    r"HKLM\SOFTWARE\Classes\CLSID\{5D7C0E4A-6B1F-4C57-9A0E-2F4E8C1B7A44}\InprocServer32";
const CAPICOM_CLASS: &str =
    r"HKLM\SOFTWARE\Classes\CLSID\{91D221C4-0CD4-461C-A728-01D509321556}\InprocServer32";

pub(super) const CHANGES: &[Change] = &[
    Change {
        name: "the target has no exchfailover.exe",
        rows: &["C-07"],
        steps: &[Host(&["target", "file", "remove", EFO])],
        expect: &[
            ("exchange/efo-missing", "target", FIXABLE),
            (
                "exchange/efo-outdated",
                "target",
                "unknown after exchange/efo-missing",
            ),
        ],
        says: &["TGTMAIL has no exchfailover.exe"],
        ..NOTHING
    },
    Change {
        name: "exchfailover.exe of the source is old",
        rows: &["C-08"],
        steps: &[Host(&["source", "file", "version", EFO, "4.0.9.3"])],
        expect: &[("exchange/efo-outdated", "source", FIXABLE)],
        says: &["exchfailover.exe on SRCMAIL is version 4.0.9.3, needed is 4.1"],
        seen: &["source.helper.files", "target.helper.files"],
        ..NOTHING
    },
    Change {
        name: "the source has no dfo.exe",
        rows: &["C-09"],
        steps: &[Host(&["source", "file", "remove", DFO])],
        expect: &[
            ("common/dfo-missing", "source", FIXABLE),
            ("common/dfo-outdated", "source", NO_DFO),
        ],
        ..NOTHING
    },
    Change {
        name: "dfo.exe lies among the libraries of Windows",
        steps: &[
            Host(&["target", "file", "remove", DFO]),
            Host(&[
                "target",
                "file",
                "version",
                r"C:\WINDOWS\system32\dfo.exe",
                "4.4.2.1",
            ]),
        ],
        ..NOTHING
    },
    Change {
        name: "dfo.exe of the target is old",
        rows: &["C-10"],
        steps: &[Host(&["target", "file", "version", DFO, "4.0.99.99"])],
        expect: &[("common/dfo-outdated", "target", FIXABLE)],
        says: &["4.0.99.99, needed is 4.1"],
        seen: &["source.helper.files", "target.helper.files"],
        ..NOTHING
    },
    Change {
        name: "dfo.exe of the target says no version",
        steps: &[Host(&["target", "file", "put", DFO, "/etc/hostname"])],
        expect: &[("common/dfo-outdated", "target", "unknown unsupported target.rpc")],
        seen: &["source.helper.files", "target.helper.files"],
        ..NOTHING
    },
    Change {
        name: "the target has no DTCOM.dll",
        rows: &["C-52"],
        steps: &[Host(&["target", "file", "remove", DTCOM])],
        expect: &[
            ("common/dtcom-missing", "target", FIXABLE),
            ("common/dtcom-unregistered", "target", NO_DTCOM),
            ("common/dtcom-outdated", "target", NO_DTCOM),
        ],
        ..NOTHING
    },
    Change {
        name: "DTCOM.dll of the source is not registered",
        rows: &["C-53"],
        steps: &[Host(&["source", "registry", "delete", DTCOM_CLASS])],
        expect: &[("common/dtcom-unregistered", "source", FIXABLE)],
        says: &["{5D7C0E4A-6B1F-4C57-9A0E-2F4E8C1B7A44}"],
        ..NOTHING
    },
    Change {
        name: "DTCOM.dll of both is old",
        rows: &["C-54"],
        steps: &[
            Host(&["source", "file", "version", DTCOM, "4.0.0.9"]),
            Host(&["target", "file", "version", DTCOM, "3.9.0.0"]),
        ],
        expect: &[
            ("common/dtcom-outdated", "source", FIXABLE),
            ("common/dtcom-outdated", "target", FIXABLE),
        ],
        seen: &["source.helper.files", "target.helper.files"],
        ..NOTHING
    },
    Change {
        name: "the source has no CAPICOM.dll",
        rows: &["C-55"],
        steps: &[Host(&["source", "file", "remove", CAPICOM])],
        expect: &[
            ("common/capicom-missing", "source", FIXABLE),
            ("common/capicom-unregistered", "source", NO_CAPICOM),
            ("common/capicom-outdated", "source", NO_CAPICOM),
        ],
        ..NOTHING
    },
    Change {
        name: "CAPICOM.dll of the target is not registered",
        rows: &["C-56"],
        steps: &[Host(&["target", "registry", "delete", CAPICOM_CLASS])],
        expect: &[("common/capicom-unregistered", "target", FIXABLE)],
        ..NOTHING
    },
    Change {
        name: "CAPICOM.dll of the target is old",
        rows: &["C-57"],
        steps: &[Host(&["target", "file", "version", CAPICOM, "2.0.0.3"])],
        expect: &[("common/capicom-outdated", "target", FIXABLE)],
        says: &["capicom.dll on TGTMAIL is version 2.0.0.3, needed is 2.1.0.1"],
        seen: &["source.helper.files", "target.helper.files"],
        ..NOTHING
    },
];
