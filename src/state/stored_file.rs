//! A file at rest: what the listing saw of an archive, and what became of it.

use std::sync::Arc;

use crate::archive::{IgnoredReason, LogFileKey};
use crate::coverage::{LedgerLine, Problem};

/// A file, a member of a container, or a folder that the listing saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredFile {
    /// What identifies it.
    pub key: LogFileKey,
    /// What it is.
    pub kind: StoredKind,
    /// Its size on disk in bytes; of a member, that of its container.
    pub size: u64,
    /// When it was last modified, in nanoseconds since 1970 UTC; of a member, its container.
    pub modified: Option<i64>,
    /// The path below the root of the container that it is a member of.
    pub container: Option<Arc<[u8]>>,
    /// Its line of the ledger, with the key above and without digests.
    pub line: LedgerLine,
    /// How many calls it has. They are consecutive rows of the table of calls.
    pub events: u32,
    /// The number of the first of them.
    pub first_row: u64,
    /// Its problems, in order, each with the key above.
    pub problems: Vec<Problem>,
    /// Whether it is no longer there.
    pub vanished: bool,
}

/// What the listing took a file for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoredKind {
    /// A log file.
    #[default]
    LogFile,
    /// No log file, and why.
    Ignored(IgnoredReason),
    /// A folder that could not be listed, or a file or a member that could not be opened.
    Unreadable,
}
