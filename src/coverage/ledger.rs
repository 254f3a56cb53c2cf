//! The ledger: a line for each log file that was opened, or should have been.
//!
//! Ledgers of different log files of an archive add up, in any order.

use super::deliveries::Deliveries;
use super::problem::Problem;
use super::span::Span;
use crate::archive::{LogFileDigests, LogFileKey};

/// What was listed of an archive, and what became of each log file.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    lines: Vec<LedgerLine>,
    /// What was left out or repaired, by log file and kind.
    pub problems: Vec<Problem>,
    /// When the log files were delivered, by their names.
    pub deliveries: Deliveries,
    /// Files that are no log files by their names, or no regular files; links are among them.
    pub ignored: u64,
    /// Symbolic links, which are not followed.
    pub links: u64,
    /// Log files that their dates ruled out.
    pub pruned: u64,
}

/// One log file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerLine {
    /// What identifies it.
    pub key: LogFileKey,
    /// How much of it could be read.
    pub outcome: Outcome,
    /// Whether its text was searched for what is asked for, and not parsed.
    pub searched: bool,
    /// Whether its name states another event count than was found inside.
    pub count_mismatch: bool,
    /// How many records were found in it.
    pub records: u32,
    /// How many of them are no event.
    pub left_out: u32,
    /// How many of them are events that were not asked for.
    pub outside: u32,
    /// How many of them are events that were asked for, copies included.
    pub selected: u32,
    /// Bytes as stored.
    pub compressed: u64,
    /// Bytes of text.
    pub inflated: u64,
    /// The times of the first and the last event that was asked for.
    pub span: Option<Span>,
    /// What its bytes are, where that was asked for.
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

    /// The lines, in no particular order.
    pub fn lines(&self) -> &[LedgerLine] {
        &self.lines
    }

    /// Adds the ledger of other log files. Commutative and associative, but for the order of lines
    /// and problems, which [`Self::sort`] settles.
    pub fn merge(&mut self, other: Self) {
        let Self {
            lines,
            problems,
            deliveries,
            ignored,
            links,
            pruned,
        } = other;
        self.lines.extend(lines);
        self.problems.extend(problems);
        self.deliveries.merge(deliveries);
        self.ignored += ignored;
        self.links += links;
        self.pruned += pruned;
    }

    /// Puts lines and problems in the order of their keys, and problems of one file in that of
    /// their kinds.
    pub fn sort(&mut self) {
        self.lines.sort_by(|one, other| one.key.cmp(&other.key));
        self.problems.sort();
        self.deliveries.settle();
    }
}
