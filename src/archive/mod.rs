//! Where the bytes come from: the log files under a root, and their inflated text.
//!
//! Knows paths, object keys and gzip; nothing of JSON. An archive is only ever read.

pub mod deflate;
mod deliveries;
mod digest;
mod gzip;
mod object_key;
mod text;
mod walk;

pub use deliveries::{Deliveries, Gap, Region, Trail};
pub use digest::{Digested, Digests};
pub use object_key::{DayRange, ObjectKey, Promise, dated};
pub use text::{Damage, Outcome, TextReader};
pub use walk::{Found, LogFile, WalkError, walk};
