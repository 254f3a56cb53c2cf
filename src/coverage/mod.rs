//! What was read of an archive and what was not: part of every answer.
//!
//! The ledger has a line for each log file, and the counts of [`Coverage`] are computed from it, never
//! merged. Left out: what is inside the log files.

mod activity;
mod blind;
mod deliveries;
mod ledger;
mod problem;
mod span;

pub use activity::{Activity, SwitchCall, TimeOff, TrailSwitch};
pub use blind::{BlindReason, BlindTime, TimeWindow};
pub use deliveries::{Deliveries, Gap, Region, Trail};
pub use ledger::{Ledger, LedgerLine, Outcome};
pub use problem::{Problem, ProblemKind};
pub use span::Span;

use crate::archive::IgnoredReason;

/// How much of an archive an answer is based on.
///
/// Always true: `files.found = files.read + files.partial + files.unreadable`
/// and `records.found = records.left_out + records.outside + events + duplicates`.
///
/// ```
/// use keytrail::archive::LogFileKey;
/// use keytrail::coverage::{Coverage, Ledger, LedgerLine, SeenCounts, TimeWindow};
///
/// let mut ledger = Ledger::default();
/// ledger.add(LedgerLine {
///     key: LogFileKey::new(0, b"a.json"),
///     records: 4,
///     left_out: 1,
///     selected: 3,
///     ..LedgerLine::default()
/// });
/// let seen = SeenCounts {
///     duplicates: 1,
///     ..SeenCounts::default()
/// };
/// let coverage = Coverage::of(&ledger, seen, TimeWindow::default());
/// assert_eq!((coverage.files.read, coverage.events), (1, 2));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Log files.
    pub files: Files,
    /// Bytes of the log files that were opened.
    pub bytes: Bytes,
    /// Records in the log files that were opened.
    pub records: Records,
    /// Events inside the time window and the filters, each counted once.
    pub events: u64,
    /// Records that repeat an event already counted.
    pub duplicates: u64,
    /// Events without an AccessKey; they are part of `events` and belong to no key.
    pub without_key: u64,
    /// Time of the first and of the last of `events`.
    pub span: Option<Span>,
    /// Whole hours in a row without a delivery, between the first and the last delivery of a region
    /// of a trail, by the names of the log files that were listed and not pruned.
    pub gaps: u64,
    /// Of those, how many last a day or more.
    pub long_gaps: u64,
    /// Stretches in which the archive is known to hold nothing of an account or a trail, in order of
    /// time.
    pub blind: Vec<BlindTime>,
}

/// Counts of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// Log files that were opened, or should have been: `read + partial + unreadable`.
    pub found: u64,
    /// Log files read to their end without damage.
    pub read: u64,
    /// Log files of which a part was lost.
    pub partial: u64,
    /// Log files of which nothing could be read.
    pub unreadable: u64,
    /// Other files that were listed: no log file by their name, or no regular file.
    pub ignored: u64,
    /// Of those, symbolic links inside a folder: they are not followed, whatever they lead to.
    pub links: u64,
    /// Log files not opened, because the date in their path is outside the time window.
    pub pruned: u64,
    /// Folders not listed, because their date is outside the time window. Nothing in them is in the
    /// other counts.
    pub folders_pruned: u64,
    /// Log files and containers not opened, because those before them in the order of their keys hold
    /// as many call records as were asked for. Their number is that of the listing: members of a
    /// container that is read from its beginning are not known.
    pub beyond_limit: u64,
    /// Of those read and partial, log files that were searched for the bytes of a condition, such as
    /// an AccessKey, and not parsed, as they do not hold them. They have no selected event; what they
    /// have is not counted in `records`, `events`, `duplicates`, `without_key` and `span`, and only
    /// damage to their compression was detected.
    pub searched: u64,
    /// Log files with another event count in their name than was found inside; one that could not be
    /// read as a whole has no count to compare.
    pub count_mismatch: u64,
}

/// Counts of bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    /// As stored on disk.
    pub compressed: u64,
    /// After inflating; of a file that is not compressed, its size.
    pub inflated: u64,
}

/// Counts of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records {
    /// Records found, usable or not.
    pub found: u64,
    /// Records that are no event: not an object, broken, or without a usable time.
    pub left_out: u64,
    /// Records of events outside the time window, the regions, the accounts or the conditions. Copies
    /// of an event count, too, since only events that an answer is about are compared with each other.
    pub outside: u64,
    /// Events that share ID and time with another one and differ from it otherwise: each that is not
    /// the first of these. They are part of `events`. Without the duplicate filter none is detected.
    pub conflicting: u64,
}

/// Counts that the duplicate filter has decided. They cannot be computed from the ledger, since the
/// copies of an event lie in different log files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeenCounts {
    /// Records that repeat an event already counted.
    pub duplicates: u64,
    /// Events without an AccessKey, each counted once.
    pub without_key: u64,
    /// Events that share ID and time with another one, each beyond the first.
    pub conflicting: u64,
}

impl SeenCounts {
    /// Adds those of other log files. Commutative and associative.
    pub fn merge(&mut self, other: Self) {
        self.duplicates += other.duplicates;
        self.without_key += other.without_key;
        self.conflicting += other.conflicting;
    }
}

impl Coverage {
    /// Computes the coverage from a sorted ledger, the counts of the duplicate filter and the window of
    /// the question.
    pub fn of(ledger: &Ledger, seen: SeenCounts, window: TimeWindow) -> Self {
        let mut coverage = Self {
            duplicates: seen.duplicates,
            without_key: seen.without_key,
            ..Self::default()
        };
        let Self {
            files,
            bytes,
            records,
            span,
            ..
        } = &mut coverage;
        files.ignored = ledger.ignored.len() as u64;
        let links = ledger.ignored.iter();
        let links = links.filter(|&&(_, reason)| reason == IgnoredReason::Link);
        files.links = links.count() as u64;
        files.pruned = ledger.pruned;
        files.folders_pruned = ledger.folders_pruned;
        files.beyond_limit = ledger.beyond_limit;
        records.conflicting = seen.conflicting;
        let mut selected = 0;
        for line in ledger.lines() {
            files.found += 1;
            match line.outcome {
                Outcome::Read => files.read += 1,
                Outcome::Partial => files.partial += 1,
                Outcome::Unreadable => files.unreadable += 1,
            }
            files.searched += u64::from(line.searched);
            files.count_mismatch += u64::from(line.count_mismatch);
            bytes.compressed += line.compressed;
            bytes.inflated += line.inflated;
            records.found += u64::from(line.records);
            records.left_out += u64::from(line.left_out);
            records.outside += u64::from(line.outside);
            selected += u64::from(line.selected);
            *span = match (*span, line.span) {
                (Some(span), Some(other)) => Some(span.merge(other)),
                (span, other) => span.or(other),
            };
        }
        coverage.events = selected.saturating_sub(seen.duplicates);
        (coverage.gaps, coverage.long_gaps) = ledger.deliveries.gaps();
        let Ledger {
            deliveries,
            activity,
            pruned,
            folders_pruned,
            ..
        } = ledger;
        coverage.blind = blind::blind_times(deliveries, activity, pruned + folders_pruned, window);
        coverage
    }
}
