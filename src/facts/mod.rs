//! The vocabulary that collectors and rules share.
//!
//! A fact is a typed value with its provenance, or an [`Absence`] that says why it is not known. Nothing here
//! reads a file or a network, and nothing here judges: collectors fill [`Facts`], rules read them.

mod absence;
mod acl;
mod descriptor;
mod dn;
mod facts_store;
mod guid;
mod json;
mod path;
mod record;
mod redact;
mod rights;
mod schema;
mod sddl;
mod sid;
mod snapshot;
mod types;
mod value;
mod version;
mod win_path;

pub use absence::{Absence, Cause};
pub use acl::{Access, Ace, Acl, Dacl, Effect, RawAce};
pub use descriptor::{DaclEdit, DaclError, DescriptorError};
pub use dn::{Dn, DnError, Rdn};
pub use facts_store::{Facts, Observation, Provenance, Reading};
pub use guid::{Guid, GuidError};
pub use json::{from_json, to_json};
pub use path::{FactPath, Root, Side};
pub use record::{Entry, FactMap, Key, Lookup, Record};
pub use redact::{Redaction, words};
pub use rights::{NamedRight, Right, RightError, Undecidable, Verb, WantedRight};
pub use schema::FactSchema;
pub use sddl::SddlError;
pub use sid::{Sid, SidError};
pub use snapshot::{SNAPSHOT_VERSION, Snapshot, SnapshotError};
pub use types::{FactType, Fields, Misfit};
pub use value::{Comparable, Digest, FactValue};
pub use version::Version;
pub use win_path::WinPath;
