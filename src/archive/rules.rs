//! Which files are log files: one set of rules for the files of a folder and the members of a
//! container.
//!
//! Rules go by names and dates; what a file really is, its content decides.

use std::io;

use super::log_file::{Location, LogFile, LogFileKey};
use super::name::{DayRange, DeliveredName};

/// The endings of the names of log files: those of delivered files, and of what Log Service ships
/// and downloads.
pub const LOG_FILE_ENDINGS: &[&str] = &[
    ".gz", ".json", ".jsonl", ".ndjson", ".csv", ".zst", ".zstd", ".snappy", ".lz4",
];

/// The endings of the names of containers: whole archives in one file.
pub const CONTAINER_ENDINGS: &[&str] = &[
    ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".tar.lz4", ".zip",
];

/// An entry of the listing of an archive.
#[derive(Debug)]
pub enum ListingEntry {
    /// A log file to read.
    LogFile(LogFile),
    /// A compressed container that is listed while it is read, from its beginning to its end.
    StreamedContainer(StreamedContainer),
    /// A log file that its date rules out.
    Pruned,
    /// Something that is no log file by its name, or no regular file.
    Ignored,
    /// A symbolic link, which is not followed.
    Link,
    /// A folder that cannot be listed, or a file or a member that cannot be read.
    Unreadable {
        /// Its key.
        key: LogFileKey,
        /// Why.
        cause: io::Error,
    },
}

/// A compressed container that can only be read from its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamedContainer {
    /// Its key.
    pub key: LogFileKey,
    /// Its size in bytes.
    pub size: u64,
}

/// The kind of a file by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NamedKind {
    LogFile,
    Container,
    Other,
}

impl NamedKind {
    /// The kind of a file with this name, which is the last segment of its path.
    pub(super) fn of(name: &[u8]) -> Self {
        if name.starts_with(b".") {
            Self::Other
        } else if has_ending(name, CONTAINER_ENDINGS) {
            Self::Container
        } else if has_ending(name, LOG_FILE_ENDINGS) {
            Self::LogFile
        } else {
            Self::Other
        }
    }
}

fn has_ending(name: &[u8], endings: &[&str]) -> bool {
    endings.iter().any(|ending| {
        let begin = name.len().saturating_sub(ending.len());
        name.get(begin..)
            .is_some_and(|end| end.eq_ignore_ascii_case(ending.as_bytes()))
    })
}

/// The entry of a log file, unless its date rules it out.
///
/// The size only decides which log file is read first, so the one that the name states will do, and
/// the store is spared a look-up.
pub(super) fn log_file(
    key: LogFileKey,
    name: DeliveredName,
    days: DayRange,
    size: impl FnOnce() -> io::Result<u64>,
    location: Location,
) -> ListingEntry {
    if !days.includes(&name) {
        return ListingEntry::Pruned;
    }
    match name.plausible_size().map_or_else(size, Ok) {
        Ok(size) => ListingEntry::LogFile(LogFile {
            key,
            name,
            size,
            location,
        }),
        Err(cause) => ListingEntry::Unreadable { key, cause },
    }
}
