//! Where the bytes come from: the log files under a root, and their inflated text.
//!
//! Knows paths, object keys, packs and compressions; nothing of JSON. An archive is only ever read.

mod buffer;
mod compression;
pub mod deflate;
mod deliveries;
mod digest;
mod gzip;
mod lz4;
mod names;
mod object_key;
mod pack;
mod snappy;
mod tar;
#[cfg(test)]
mod tests;
mod text;
mod walk;
mod zip;
mod zstd;

pub use compression::Compression;
pub use deliveries::{Deliveries, Gap, Region, Trail};
pub use digest::{Digested, Digests};
pub use names::{LOG_FILES, PACKS};
pub use object_key::{DayRange, ObjectKey, Promise, dated};
pub use pack::{Fault, Stretch, find, unpack};
pub use text::{Damage, Outcome, TextReader};
pub use walk::{Found, Held, LogFile, WalkError, below, walk};
