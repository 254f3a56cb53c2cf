//! Which files are log files: one set of rules for the files of a folder and the members of a
//! container.
//!
//! Rules go by names and dates; what a file really is, its content decides.

use std::io;

use super::log_file::{Location, LogFile, LogFileKey};
use super::name::{DayRange, DeliveredName, NameClaims};

/// The endings of the names of log files: those of delivered files, and of what Log Service ships
/// and downloads.
pub const LOG_FILE_ENDINGS: &[&str] = &[
    ".gz", ".json", ".jsonl", ".ndjson", ".csv", ".zst", ".zstd", ".snappy", ".lz4",
];

/// The endings of the names of containers: whole archives in one file.
pub const CONTAINER_ENDINGS: &[&str] = &[
    ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".tar.lz4", ".zip",
];

/// The endings that programs give to a file for as long as they download it: ossutil, curl, browsers
/// and others. One that is left is of a download that broke off.
const BROKEN_DOWNLOAD_ENDINGS: &[&str] = &[
    ".temp",
    ".tmp",
    ".part",
    ".partial",
    ".filepart",
    ".crdownload",
    ".download",
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
    /// A folder that its date rules out, and all that is in it.
    PrunedFolder,
    /// Something that is no log file.
    Ignored(IgnoredFile),
    /// A folder that cannot be listed, or a file or a member that cannot be read.
    Unreadable {
        /// Its key.
        key: LogFileKey,
        /// Why.
        cause: io::Error,
    },
}

impl ListingEntry {
    /// The number of the root; `None` for what its date rules out.
    pub fn root(&self) -> Option<u32> {
        match self {
            Self::LogFile(LogFile { key, .. })
            | Self::StreamedContainer(StreamedContainer { key, .. })
            | Self::Ignored(IgnoredFile { key, .. })
            | Self::Unreadable { key, .. } => Some(key.root),
            Self::Pruned | Self::PrunedFolder => None,
        }
    }
}

/// Something that was listed and is no log file.
#[derive(Debug)]
pub struct IgnoredFile {
    /// Its key, as if it were a log file.
    pub key: LogFileKey,
    /// Why it is none.
    pub reason: IgnoredReason,
    /// Where its bytes are, if it has any.
    pub location: Location,
}

/// Why something is no log file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IgnoredReason {
    /// Its name.
    Name,
    /// The ending of its name: it is a log file or a container whose download broke off.
    BrokenDownload,
    /// It is a symbolic link, which is not followed.
    Link,
    /// It is no regular file.
    Special,
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
    BrokenDownload,
    Other,
}

impl NamedKind {
    /// The kind of a file with this name, which is the last segment of its path.
    pub(super) fn of(name: &[u8]) -> Self {
        if name.starts_with(b".") {
            return Self::Other;
        }
        let whole = BROKEN_DOWNLOAD_ENDINGS
            .iter()
            .find_map(|ending| without_ending(name, ending));
        match (whole, Self::of_whole(whole.unwrap_or(name))) {
            (Some(_), Self::LogFile | Self::Container) => Self::BrokenDownload,
            (_, kind) => kind,
        }
    }

    /// The kind of a file that is not a broken download.
    fn of_whole(name: &[u8]) -> Self {
        if has_container_ending(name) {
            Self::Container
        } else if has_ending(name, LOG_FILE_ENDINGS) || NameClaims::is_documented(name) {
            Self::LogFile
        } else {
            Self::Other
        }
    }

    /// Why a file of this kind is ignored, if it is.
    pub(super) fn ignored(self) -> Option<IgnoredReason> {
        match self {
            Self::LogFile | Self::Container => None,
            Self::BrokenDownload => Some(IgnoredReason::BrokenDownload),
            Self::Other => Some(IgnoredReason::Name),
        }
    }
}

/// Whether a name, which is one segment of a path, has the ending of a container.
pub fn has_container_ending(name: &[u8]) -> bool {
    has_ending(name, CONTAINER_ENDINGS)
}

fn has_ending(name: &[u8], endings: &[&str]) -> bool {
    let mut endings = endings.iter();
    endings.any(|ending| without_ending(name, ending).is_some())
}

/// A name without this ending, if it has it, in any case.
fn without_ending<'n>(name: &'n [u8], ending: &str) -> Option<&'n [u8]> {
    let (stem, end) = name.split_at_checked(name.len().checked_sub(ending.len())?)?;
    end.eq_ignore_ascii_case(ending.as_bytes()).then_some(stem)
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
