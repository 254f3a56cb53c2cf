//! Where the bytes come from: the log files under a root, and their inflated text.
//!
//! Knows paths, object keys, containers and compressions; nothing of JSON. An archive is only ever
//! read.

mod container;
mod damage;
mod decode;
mod deliveries;
mod digest;
mod names;
mod object_key;
mod open;
mod walk;

pub use container::{MemberRange, find, unpack};
pub use damage::{Compression, ContainerError, Damage};
pub use decode::{ReadOutcome, TextReader, deflate};
pub use deliveries::{Deliveries, Gap, Region, Trail};
pub use digest::{Digested, Digests};
pub use names::{LOG_FILES, PACKS};
pub use object_key::{DayRange, Promise, dated};
pub use walk::{Found, Held, LogFile, WalkError, below, walk};
