//! What a run changes: read it, change it.

use std::collections::BTreeSet;

use crate::catalogue::Reading;
use crate::collect::For;
use crate::facts::{Absence, FactPath, FactValue, Facts};
use crate::plan::Doing;
use crate::transport::Unwritten;

/// The servers of a pair, as a run sees them.
pub trait World {
    /// Reads these facts anew; what their questions mention is taken as it is known.
    fn read(&self, known: &Facts, wanted: &BTreeSet<FactPath>) -> impl Future<Output = Facts>;

    /// Reads what one fix reads for itself.
    fn read_for(
        &self,
        known: &Facts,
        reading: &Reading,
        of: For<'_>,
    ) -> impl Future<Output = Result<FactValue, Absence>>;

    /// Carries out one action, once.
    fn act(&self, doing: &Doing) -> impl Future<Output = Result<(), Unwritten>>;
}
