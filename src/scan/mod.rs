//! The scan: every log file of an archive read once. The one concurrent module.
//!
//! A worker a thread, each with buffers and a sink of its own; what they collect is merged at the end.
//! A scan returns a value and its problems: a bad record costs one record, a bad file costs that file.
//! What becomes of the events is decided by the sink.

mod call_sink;
mod duplicate_filter;
mod engine;
mod error;
mod evidence_sink;
mod fetch;
mod options;
mod partial;
mod problems;
mod progress;
mod queue;
mod search_first;
mod sink;
mod usage_sink;

pub use call_sink::{CallOptions, calls};
pub use error::ScanError;
pub use evidence_sink::{EvidenceOptions, evidence};
pub use fetch::fetch_records;
pub use options::{ReaderKind, ScanOptions, Scope};
pub use partial::{Answer, Merge, Partial};
pub use progress::Progress;
pub use usage_sink::{UsageOptions, usage};
