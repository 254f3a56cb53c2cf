//! From a store to text: the log files under the roots of an archive, and their decoded text.
//!
//! Left out: JSON, and where bytes lie, which is for `store`.

mod container;
mod damage;
mod decode;
mod digest;
mod listing;
mod log_file;
mod name;
mod open;
mod rules;

pub use container::MemberRange;
pub use damage::{Compression, ContainerError, Damage};
pub use decode::{FileBeginning, ReadOutcome, TextReader, deflate};
pub use digest::{Digests, LogFileDigests};
pub use log_file::{Location, LogFile, LogFileKey};
pub use name::{DayRange, DeliveredName, NameClaims};
pub use open::{Archive, OpenError};
pub use rules::{
    CONTAINER_ENDINGS, IgnoredFile, IgnoredReason, LOG_FILE_ENDINGS, ListingEntry,
    StreamedContainer, has_container_ending,
};
