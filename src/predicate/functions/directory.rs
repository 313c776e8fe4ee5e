//! Names and rights of the directory.

use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
