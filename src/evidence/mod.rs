//! Evidence about the log files themselves: names against content, copies, deliveries, changes of
//! trails, and the manifest.
//!
//! Compares at the end what a scan has collected, and reports facts without a verdict. The cloud does
//! not document whether the size and the MD5 in a name are those of the file or of its text, and an
//! hour without a file can be an hour without an event.

mod copies;
mod findings;
mod log_file;
mod manifest;
mod name_check;
mod root_matching;
mod trail_changes;

pub use copies::Copies;
pub use findings::{Evidence, Findings, SecondInflaterCheck};
pub use log_file::LogFileEvidence;
pub use manifest::{Comparison, Manifest, ManifestError, hex};
pub use name_check::{Difference, MatchCounts, Mismatch, NameCheck};
pub use trail_changes::{Silence, TrailAction, TrailChange, TrailChanges};

// `report` names keys, and may not name `archive`.
pub use crate::archive::LogFileKey;
