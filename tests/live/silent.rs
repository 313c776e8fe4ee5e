//! Hosts that do not answer: told once, and everything that was to come from them is not known.

use super::Step::Stop;
use super::{Change, ERROR, GONE, NOT_APPLICABLE, NOTHING};

const SILENT_SOURCE: &str = "unknown unreachable source.rpc";
const SILENT_TARGET: &str = "unknown unreachable target.rpc";
const TOLD: &str = "unknown after common/services-unreadable";

/// The helper programs of one side, and what else nobody tells.
macro_rules! silent {
    ($side:literal, $cause:expr, $($own:expr),+ $(,)?) => {
        &[
            ("common/services-unreadable", $side, ERROR),
            ("common/share-unreachable", $side, $cause),
            ("common/engine-login-unavailable", $side, TOLD),
            ("common/engine-account-user", $side, TOLD),
            ("common/dfo-missing", $side, $cause),
            ("common/dfo-outdated", $side, "unknown after common/dfo-missing"),
            ("common/dtcom-missing", $side, $cause),
            ("common/dtcom-unregistered", $side, "unknown after common/dtcom-missing"),
            ("common/dtcom-outdated", $side, "unknown after common/dtcom-missing"),
            ("common/capicom-missing", $side, $cause),
            ("common/capicom-unregistered", $side, "unknown after common/capicom-missing"),
            ("common/capicom-outdated", $side, "unknown after common/capicom-missing"),
            ("exchange/efo-missing", $side, $cause),
            ("exchange/efo-outdated", $side, "unknown after exchange/efo-missing"),
            ("exchange/cluster-engine-folder-differs", $side, TOLD),
            $($own),+
        ]
    };
}

pub(super) const CHANGES: &[Change] = &[
    Change {
        name: "the target's host is down",
        rows: &["C-46"],
        steps: &[Stop("tgtmail")],
        // the directory tells it instead
        seen: &["target.os.version", "target.os.release"],
        expect: silent![
            "target",
            SILENT_TARGET,
            ("common/engine-account-local", "pair", TOLD),
            ("exchange/cluster-engine-folder-differs", "source", GONE),
            ("exchange/cluster-account-not-admin", "target", NOT_APPLICABLE),
            ("exchange/cluster-resource-missing", "pair", TOLD),
            ("exchange/cluster-resource-online", "pair", TOLD),
            ("exchange/cluster-resource-automatic", "pair", TOLD),
            ("common/service-missing", "pair/MSExchangeSA", TOLD),
            ("common/service-missing", "pair/MSExchangeIS", TOLD),
            ("common/service-missing", "pair/MSExchangeMTA", TOLD),
            ("common/service-missing", "pair/MSExchangeMGMT", TOLD),
            ("common/service-missing", "pair/POP3Svc", TOLD),
            ("common/service-missing", "pair/IMAP4Svc", TOLD),
            ("common/service-missing", "pair/RESvc", TOLD),
            ("common/service-missing", "pair/MSExchangeES", TOLD),
            ("common/service-missing", "pair/W3SVC", TOLD),
            ("common/service-missing", "pair/SMTPSVC", TOLD),
            ("common/service-running", "pair/MSExchangeSA", TOLD),
            ("common/service-running", "pair/MSExchangeIS", TOLD),
            ("common/service-running", "pair/MSExchangeMTA", TOLD),
            ("common/service-running", "pair/MSExchangeMGMT", TOLD),
            ("common/service-running", "pair/POP3Svc", TOLD),
            ("common/service-running", "pair/IMAP4Svc", TOLD),
            ("common/service-running", "pair/RESvc", TOLD),
            ("common/service-running", "pair/MSExchangeES", TOLD),
            ("common/service-running", "pair/W3SVC", TOLD),
            ("common/service-running", "pair/SMTPSVC", TOLD),
            ("common/service-automatic", "pair/MSExchangeSA", TOLD),
            ("common/service-automatic", "pair/MSExchangeIS", TOLD),
            ("common/service-automatic", "pair/MSExchangeMTA", TOLD),
            ("common/service-automatic", "pair/MSExchangeMGMT", TOLD),
            ("common/service-automatic", "pair/POP3Svc", TOLD),
            ("common/service-automatic", "pair/IMAP4Svc", TOLD),
            ("common/service-automatic", "pair/RESvc", TOLD),
            ("common/service-automatic", "pair/MSExchangeES", TOLD),
            ("common/service-automatic", "pair/W3SVC", TOLD),
            ("common/service-automatic", "pair/SMTPSVC", TOLD),
        ],
        says: &["TGTMAIL does not tell about its services"],
        ..NOTHING
    },
    Change {
        name: "the source's host is down",
        steps: &[Stop("srcmail")],
        seen: &["source.os.version", "source.os.release"],
        // which optional services the source has is not known either
        expect: silent![
            "source",
            SILENT_SOURCE,
            ("exchange/cluster-os-unsupported", "source", TOLD),
            ("exchange/cluster-share-unreachable", "source", TOLD),
            ("exchange/cluster-name-ignores-dns", "source", TOLD),
            ("common/service-missing", "pair/MSExchangeMTA", SILENT_SOURCE),
            ("common/service-missing", "pair/MSExchangeMGMT", SILENT_SOURCE),
            ("common/service-missing", "pair/POP3Svc", SILENT_SOURCE),
            ("common/service-missing", "pair/IMAP4Svc", SILENT_SOURCE),
            ("common/service-missing", "pair/RESvc", SILENT_SOURCE),
            ("common/service-missing", "pair/MSExchangeES", SILENT_SOURCE),
        ],
        ..NOTHING
    },
];
