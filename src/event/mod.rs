//! Events: what the text of a log file holds, and the readers that parse it.
//!
//! Pure: bytes in, events out. Leaves out files, compression and counts. [`Reader`] finds the
//! records of a text. It has three readers of a record, the selective, the complete and the tolerant
//! one, which agree on every text (the reasons are in `docs/ARCHITECTURE.md`).

mod bitmaps;
mod compact;
mod complete;
mod details;
mod dialect;
mod embedded;
#[expect(clippy::module_inception, reason = "the file of the type `Event`")]
mod event;
mod failure;
mod fields;
mod general;
mod insight;
mod key_type;
mod member;
mod name_table;
mod place;
mod reader;
mod search;
mod seen;
mod selective;
mod string;
mod structure;
mod time;
mod tolerant;
mod window;

pub use details::{Details, request_parameter};
pub use event::{Event, Resource, Source};
pub use failure::{is_denied, is_failure};
pub use key_type::KeyType;
pub use place::Place;
pub use reader::{FaultKind, LeftOutReason, MAX_RECORD, Reader, Record, Summary, TextFault};
pub use search::{Needle, Search, begins_as_json, ends_as_json};
pub use string::decode_escapes;
pub use time::{TIMES, parse_time};
