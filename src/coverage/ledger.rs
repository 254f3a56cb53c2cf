//! The ledger: a line for each log file that was opened, or should have been, and what was listed
//! beside them.
//!
//! Left out: counts over all log files, which `Coverage` computes.

use super::activity::Activity;
use super::deliveries::Deliveries;
use super::problem::Problem;
use super::span::Span;
use crate::archive::{IgnoredReason, LogFileDigests, LogFileKey};

/// What was listed of an archive, and how much of each log file was read.
///
/// ```
/// use keytrail::archive::LogFileKey;
/// use keytrail::coverage::{Ledger, LedgerLine};
///
/// let line = |path: &[u8]| LedgerLine {
///     key: LogFileKey::new(0, path),
///     ..LedgerLine::default()
/// };
/// let (mut ledger, mut other) = (Ledger::default(), Ledger::default());
/// ledger.add(line(b"b.json"));
/// other.add(line(b"a.json"));
/// ledger.merge(other);
/// ledger.sort();
/// assert_eq!(ledger.lines(), [line(b"a.json"), line(b"b.json")]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    lines: Vec<LedgerLine>,
    /// What was left out or repaired, by log file and kind.
    pub problems: Vec<Problem>,
    /// When the log files were delivered, by their names.
    pub deliveries: Deliveries,
    /// In which hours accounts have events, and when their trails were switched.
    pub activity: Activity,
    /// Files that are no log files by their names, or no regular files, and why.
    pub ignored: Vec<(LogFileKey, IgnoredReason)>,
    /// Log files not opened, because the date in their path is outside the time window.
    pub pruned: u64,
    /// Folders not listed, because their date is outside the time window.
    pub folders_pruned: u64,
    /// Log files and containers not opened, because enough events were found before.
    pub beyond_limit: u64,
}

/// One log file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerLine {
    /// What identifies it.
    pub key: LogFileKey,
    /// How much of it could be read.
    pub outcome: Outcome,
    /// Whether its text was searched and not parsed; see [`Files::searched`](super::Files::searched).
    pub searched: bool,
    /// Whether its name states another event count than was found inside.
    pub count_mismatch: bool,
    /// How many records were found in it.
    pub records: u32,
    /// How many of them are no event.
    pub left_out: u32,
    /// How many of them are events outside the time window, the filters or the conditions.
    pub outside: u32,
    /// How many of them are events inside, copies included.
    pub selected: u32,
    /// Bytes as stored.
    pub compressed: u64,
    /// Bytes of text.
    pub inflated: u64,
    /// The times of the first and the last selected event.
    pub span: Option<Span>,
    /// The digests of its bytes and its text, where they were computed.
    pub digests: Option<Box<LogFileDigests>>,
}

/// How much of a log file could be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// All of it.
    #[default]
    Read,
    /// A part of it.
    Partial,
    /// Nothing.
    Unreadable,
}

impl Ledger {
    /// Adds a line.
    pub fn add(&mut self, line: LedgerLine) {
        self.lines.push(line);
    }

    /// Adds a file or a folder of which nothing could be read.
    pub fn add_unreadable(&mut self, problem: Problem) {
        self.lines.push(LedgerLine {
            key: problem.key.clone(),
            outcome: Outcome::Unreadable,
            ..LedgerLine::default()
        });
        self.problems.push(problem);
    }

    /// Adds the problems of a file that were found before, under the key that it has now.
    pub fn add_known_problems(&mut self, problems: &[Problem], key: &LogFileKey) {
        let problems = problems.iter().map(|problem| problem.with_key(key));
        self.problems.extend(problems);
    }

    /// The lines, in no particular order.
    pub fn lines(&self) -> &[LedgerLine] {
        &self.lines
    }

    /// Adds the ledger of other log files. Commutative and associative, but for the order of lines,
    /// problems and ignored files, which [`Self::sort`] makes the same.
    pub fn merge(&mut self, other: Self) {
        let Self {
            lines,
            problems,
            deliveries,
            activity,
            ignored,
            pruned,
            folders_pruned,
            beyond_limit,
        } = other;
        self.lines.extend(lines);
        self.problems.extend(problems);
        self.deliveries.merge(deliveries);
        self.activity.merge(activity);
        self.ignored.extend(ignored);
        self.pruned += pruned;
        self.folders_pruned += folders_pruned;
        self.beyond_limit += beyond_limit;
    }

    /// Puts lines, problems and ignored files in the order of their keys, and problems of one file in that of
    /// their kinds.
    pub fn sort(&mut self) {
        self.lines.sort_by(|one, other| one.key.cmp(&other.key));
        self.problems.sort();
        self.ignored.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.deliveries.settle();
        self.activity.settle();
    }
}
