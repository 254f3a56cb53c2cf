//! What events add up to: for every AccessKey the services, events, IPs, resources, regions, user
//! agents and error codes, each with first use, last use and counts.
//!
//! Pure: no files, no JSON, no threads. [`UsageMap`] is the fold in memory; [`Usage`] is the interface
//! to it, and to usage that is kept elsewhere. [`SeenEvents`] is the duplicate filter in front of the
//! fold.

mod aggregate;
mod chunked_vec;
mod dimension;
mod distinct_set;
mod entry_store;
mod event_hashes;
mod event_id;
mod event_ref;
mod hash;
mod hash_index;
mod interface;
mod interner;
mod last_of_accounts;
mod log_files;
mod renumbering;
mod seen_events;
mod usage_map;
mod views;

pub use crate::event::{KeyType, Place, Source};
pub use dimension::Dimension;
pub use entry_store::Counted;
pub use event_hashes::EventHashes;
pub use event_id::EventId;
pub(crate) use event_id::{pack_upper_uuid, upper_uuid};
pub use hash::Seed;
pub use interface::Usage;
pub use last_of_accounts::LastOfAccounts;
pub use seen_events::{Fingerprint, Novelty, SeenEvents, hour};
pub use usage_map::{UsageDetail, UsageMap};
pub use views::{DistinctCounts, Entry, KeyUse, Occurrence, Tally};
