//! Where the bytes come from: the log files under a root, and their inflated text.
//!
//! Knows paths, object keys, packs and compressions; nothing of JSON. An archive is only ever read.

mod buffer;
mod compression;
mod damage;
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

pub use damage::{Compression, ContainerError, Damage};
pub use deliveries::{Deliveries, Gap, Region, Trail};
pub use digest::{Digested, Digests};
pub use names::{LOG_FILES, PACKS};
pub use object_key::{DayRange, Promise, dated};
pub use pack::{Stretch, find, unpack};
pub use text::{Outcome, TextReader};
pub use walk::{Found, Held, LogFile, WalkError, below, walk};
