//! What reading some log files gives, and how such parts add up to an answer.

use crate::calls::CallRuns;
use crate::coverage::{Coverage, Deliveries, Ledger, Problem, SeenCounts};
use crate::evidence::TrailChanges;
use crate::usage::UsageMap;

/// What adds up: parts of an answer, collected from disjoint sets of log files with one seed.
///
/// Merging is commutative and associative, so neither the order of the log files nor how they were
/// split into parts shows in the result.
pub trait Merge {
    /// Adds what other log files of the same archive gave.
    fn merge(&mut self, other: Self);
}

/// What reading some log files of an archive has given.
///
/// Partials of disjoint sets of log files add up if all their events went through the same duplicate
/// filter, and their hashes were made with the same seed.
#[derive(Clone, Debug, Default)]
pub struct Partial<A> {
    /// What the sink has made of the events.
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
    /// Completes the answer: `make` gets the collected part and the sorted ledger.
    pub fn finish<B>(self, make: impl FnOnce(A, &Ledger) -> B) -> Answer<B> {
        let Self {
            answer,
            seen,
            mut ledger,
        } = self;
        ledger.sort();
        Answer {
            of: make(answer, &ledger),
            coverage: Coverage::of(&ledger, seen),
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

impl Merge for UsageMap {
    fn merge(&mut self, other: Self) {
        self.merge(other);
    }
}

impl Merge for CallRuns {
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

impl Merge for Ledger {
    fn merge(&mut self, other: Self) {
        self.merge(other);
    }
}
