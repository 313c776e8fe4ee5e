//! What runbooks look at.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Answer, Opened, known};
use crate::catalogue::RunbookStep;
use crate::collect;
use crate::evaluate::{Judged, Summary};
use crate::facts::{FactPath, Facts, Snapshot};

/// The facts that putting runbooks together looks at.
pub fn wanted_by_runbooks(opened: &Opened) -> BTreeSet<FactPath> {
    let steps = opened.catalogue.steps.values();
    collect::needed_for(&opened.catalogue, steps.flat_map(RunbookStep::reads))
}

/// What is known as of `now`: what was read and is not too old, and what the pair file says.
pub fn said_and_read(opened: &Opened, snapshot: &Snapshot, now: Timestamp) -> Facts {
    known(opened, snapshot, now)
}

/// The answer of somebody who asked for no judgement.
pub fn nothing_judged() -> Answer {
    Answer {
        judged: Judged {
            findings: Vec::new(),
            unused_waivers: Vec::new(),
        },
        summary: Summary::default(),
    }
}
