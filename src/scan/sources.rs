//! What a scan reads: an archive, and what was kept of the log files of some of its roots when they
//! were read before.
//!
//! Left out: how rows are kept, which is in `state`.

use std::ops::{ControlFlow, Range};

use super::error::RowsError;
use crate::archive::{Archive, LogFileKey};
use crate::coverage::{LedgerLine, Problem};
use crate::event::{Details, Event};

/// An archive, and the rows that stand for the log files of some of its roots.
///
/// ```
/// use keytrail::archive::Archive;
/// use keytrail::scan::Sources;
///
/// let sources = Sources::from(Archive::open(&["testdata/archive"])?);
/// assert!(sources.archive.is_repeatable());
/// # Ok::<(), keytrail::archive::OpenError>(())
/// ```
pub struct Sources {
    /// All roots. Of a root with rows it lists what was listed when these were made.
    pub archive: Archive,
    /// The rows.
    pub rows: Vec<Box<dyn RowSource>>,
}

impl From<Archive> for Sources {
    fn from(archive: Archive) -> Self {
        Self {
            archive,
            rows: Vec::new(),
        }
    }
}

impl Sources {
    /// The number of the source that has the rows of a root.
    pub(super) fn rows_of(&self, root: u32) -> Option<usize> {
        self.rows
            .iter()
            .position(|source| source.roots().contains(&root))
    }

    /// The source of this number, and what it knows of a file.
    pub(super) fn known(&self, source: usize, key: &LogFileKey) -> Option<KnownFile<'_>> {
        self.rows.get(source)?.find(key)
    }
}

/// What was read before and need not be read again.
pub trait KnownFiles: Sync {
    /// Whether a log file or a compressed container is to be read. Asked once for each that is listed, with
    /// the container if it is a member of one.
    fn is_new(&self, key: &LogFileKey, container: Option<&LogFileKey>) -> bool;
}

/// Rows of log files that were read before.
pub trait RowSource: Send + Sync {
    /// The numbers of its roots.
    fn roots(&self) -> Range<u32>;

    /// What is known of a file by its key.
    fn find(&self, key: &LogFileKey) -> Option<KnownFile<'_>>;

    /// Visits the rows of log files of one part, by their numbers, in the order of these. Each log file
    /// is begun and ended, whether it has rows or not.
    ///
    /// # Errors
    ///
    /// The rows cannot be read, or are damaged.
    fn read(&self, files: &[u32], visitor: &mut dyn RowVisitor) -> Result<(), RowsError>;
}

/// What was found out of a file when it was listed or read.
#[derive(Clone, Copy, Debug)]
pub struct KnownFile<'s> {
    /// Its number in its source; rows lie in the order of these.
    pub number: u32,
    /// The part of the source that has its rows; log files of one part are read together.
    pub part: u64,
    /// Its line in the ledger, with all events as selected, and with the key that it has in its source.
    pub line: &'s LedgerLine,
    /// Its problems.
    pub problems: &'s [Problem],
}

/// What visits rows.
pub trait RowVisitor {
    /// The rows of the next log file follow; its line has all events as selected, and the key that it has
    /// in its source.
    fn begin(&mut self, line: &LedgerLine, problems: &[Problem]);

    /// A row.
    fn visit(&mut self, row: &KeptRow<'_>) -> ControlFlow<()>;

    /// The log file has no more rows.
    fn end(&mut self);
}

/// One event of a log file that was read before.
#[derive(Clone, Copy, Debug)]
pub struct KeptRow<'r> {
    /// The number of its record in the log file, from 0.
    pub record_number: u32,
    /// The event.
    pub event: Event<'r>,
    /// What only call records show.
    pub details: &'r Details<'r>,
    /// Of a call that switches a trail off or on, the name of the trail.
    pub trail: &'r str,
}
