//! Evidence: what speaks for and against the log files themselves, beside what they contain.
//!
//! Pure: compares at the end what a scan has collected, and reports without a judgement. The cloud
//! does not document what the size and the MD5 in a name are those of, and an hour without a file
//! can be an hour without an event.

mod copies;
mod findings;
mod log_file;
mod manifest;
mod name_check;
mod trail_changes;

pub use copies::Copies;
pub use findings::{Evidence, Findings, SecondInflaterCheck};
pub use log_file::LogFileEvidence;
pub use manifest::{Comparison, Manifest, ManifestError, hex};
pub use name_check::{Difference, MatchCounts, Mismatch, NameCheck};
pub use trail_changes::{Silence, TrailAction, TrailChange, TrailChanges};

pub use crate::archive::LogFileKey;
