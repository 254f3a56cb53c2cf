//! The scan: every log file of an archive read in one pass. The one concurrent module.
//!
//! There is a worker for each thread, with buffers and a sink of its own; what they collect is merged
//! at the end. A scan returns a value and its problems: a bad record costs one record, a bad file
//! costs that file. Left out: what an answer is made of, which the sinks collect in the types of other
//! rooms, and questions and formats.

mod account_sink;
mod call_sink;
mod collect;
mod duplicate_filter;
mod engine;
mod error;
mod evidence_sink;
mod fetch;
mod funnel_sink;
mod group_sink;
mod options;
mod partial;
mod problems;
mod progress;
mod queue;
mod search_first;
mod sink;
mod sources;
mod switches;
mod usage_sink;

pub use account_sink::last_of_accounts;
pub use call_sink::{CallOptions, calls};
pub use collect::collect;
pub use error::{RowsError, ScanError};
pub use evidence_sink::{EvidenceOptions, evidence};
pub use fetch::fetch_records;
pub use funnel_sink::funnel;
pub use group_sink::groups;
pub use options::{ReaderKind, ScanOptions, Scope};
pub use partial::{Answer, Merge, Partial};
pub use progress::Progress;
pub use sink::{SelectedEvent, Sink};
pub use sources::{KeptRow, KnownFile, KnownFiles, RowSource, RowVisitor, Sources};
pub use usage_sink::{UsageOptions, usage, usage_and_accounts};
