//! The result of reading some log files, and how such results are merged into an answer.

use crate::calls::{CallRuns, Funnel, Groups};
use crate::coverage::{Activity, Coverage, Deliveries, Ledger, Problem, SeenCounts, TimeWindow};
use crate::evidence::TrailChanges;
use crate::usage::{LastOfAccounts, UsageMap};

/// Parts of an answer that can be merged, collected from disjoint sets of log files with one seed.
///
/// Merging is commutative and associative, so neither the order of the log files nor how they were
/// split into parts shows in the result.
pub trait Merge {
    /// Adds the part of other log files of the same archive.
    fn merge(&mut self, other: Self);
}

/// The result of reading some log files of an archive.
///
/// Partials of disjoint sets of log files can be merged if all their events went through the same
/// duplicate filter, and their hashes were made with the same seed.
///
/// ```
/// use keytrail::archive::LogFileKey;
/// use keytrail::coverage::{Ledger, LedgerLine, TimeWindow};
/// use keytrail::evidence::TrailChanges;
/// use keytrail::scan::{Merge as _, Partial};
///
/// let partial = |path: &[u8]| {
///     let mut ledger = Ledger::default();
///     ledger.add(LedgerLine {
///         key: LogFileKey::new(0, path),
///         selected: 2,
///         ..LedgerLine::default()
///     });
///     Partial {
///         answer: TrailChanges::default(),
///         ledger,
///         ..Partial::default()
///     }
/// };
/// let mut partials = partial(b"a.json");
/// partials.merge(partial(b"b.json"));
/// let answer = partials.finish(TimeWindow::default(), |changes, _ledger| changes.list());
/// assert_eq!((answer.coverage.files.read, answer.coverage.events), (2, 4));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Partial<A> {
    /// What the sink has collected of the events.
    pub answer: A,
    /// The counts that the duplicate filter has decided.
    pub seen: SeenCounts,
    /// A line for each log file.
    pub ledger: Ledger,
}

/// A complete answer.
#[derive(Clone, Debug)]
pub struct Answer<A> {
    /// The answer itself.
    pub of: A,
    /// What it is based on.
    pub coverage: Coverage,
    /// What was left out, sorted by log file and kind.
    pub problems: Vec<Problem>,
}

impl<A> Partial<A> {
    /// Completes the answer to a question of this window; `make` makes it of what was collected and of
    /// the sorted ledger.
    pub fn finish<B>(self, window: TimeWindow, make: impl FnOnce(A, &Ledger) -> B) -> Answer<B> {
        let Self {
            answer,
            seen,
            mut ledger,
        } = self;
        ledger.sort();
        Answer {
            of: make(answer, &ledger),
            coverage: Coverage::of(&ledger, seen, window),
            problems: ledger.problems,
        }
    }
}

impl<A: Merge> Merge for Partial<A> {
    fn merge(&mut self, other: Self) {
        let Self {
            answer,
            seen,
            ledger,
        } = other;
        self.answer.merge(answer);
        self.seen.merge(seen);
        self.ledger.merge(ledger);
    }
}

impl<A: Merge, B: Merge> Merge for (A, B) {
    fn merge(&mut self, other: Self) {
        self.0.merge(other.0);
        self.1.merge(other.1);
    }
}

impl Merge for () {
    fn merge(&mut self, (): Self) {}
}

impl Merge for UsageMap {
    fn merge(&mut self, other: Self) {
        self.merge(other);
    }
}

impl Merge for LastOfAccounts {
    fn merge(&mut self, other: Self) {
        self.merge(other);
    }
}

impl Merge for CallRuns {
    fn merge(&mut self, other: Self) {
        self.merge(other);
    }
}

impl Merge for Groups {
    fn merge(&mut self, other: Self) {
        self.merge(other);
    }
}

impl Merge for Funnel {
    fn merge(&mut self, other: Self) {
        self.merge(other);
    }
}

impl Merge for TrailChanges {
    fn merge(&mut self, other: Self) {
        self.merge(other);
    }
}

impl Merge for Deliveries {
    fn merge(&mut self, other: Self) {
        self.merge(other);
    }
}

impl Merge for Activity {
    fn merge(&mut self, other: Self) {
        self.merge(other);
    }
}

impl Merge for Ledger {
    fn merge(&mut self, other: Self) {
        self.merge(other);
    }
}
