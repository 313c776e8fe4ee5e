//! Standin tells, before the bad day, whether the stand-in server can really take over.

pub mod catalogue;
pub mod cli;
pub mod collect;
pub mod diagnostic;
pub mod evaluate;
pub mod facts;
pub mod ordering;
pub mod pair;
pub mod pipeline;

pub mod predicate;
pub mod report;
pub mod store;
pub mod template;
#[doc(hidden)]
pub mod transport;
pub mod yaml;
