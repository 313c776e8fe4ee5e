//! Standin tells, before the bad day, whether the stand-in server can really take over.

pub mod diagnostic;
pub mod facts;
pub mod pair;
pub mod predicate;
pub mod template;
#[doc(hidden)]
pub mod transport;
pub mod yaml;
