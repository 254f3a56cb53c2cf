//! What becomes of the events of log files, in one thread.

use super::error::ScanError;
use super::partial::Merge;
use crate::archive::LogFileKey;
use crate::event::{Details, Record};
use crate::usage::{EventHashes, Fingerprint};

/// Collects the events of log files, one log file after another.
pub(super) trait Sink {
    /// What it collects.
    type Answer: Merge + Send;

    /// Called before the first event of each log file.
    fn begin(&mut self, log_file: &LogFileKey);

    /// Called for each event that was asked for, copies included.
    fn take(&mut self, selected: &Selected<'_>);

    /// Called after the last event of a log file.
    ///
    /// # Errors
    ///
    /// What makes it senseless to read on.
    fn end(&mut self) -> Result<(), ScanError>;

    /// What was collected.
    fn finish(self) -> Self::Answer;
}

/// An event that was asked for.
pub(super) struct Selected<'s> {
    pub(super) record: &'s Record<'s>,
    /// The hashes of the event.
    pub(super) hashes: &'s EventHashes,
    /// What copies of the event have in common; `None` where every record counts.
    pub(super) fingerprint: Option<Fingerprint>,
    /// Whether it is the first of its copies, which counts.
    pub(super) is_first: bool,
    /// The record's text, and the members of it that only call records show; computed when first
    /// asked for.
    pub(super) details: &'s dyn Fn() -> (&'s str, &'s Details<'s>),
}

/// Both collect all events.
impl<A: Sink, B: Sink> Sink for (A, B) {
    type Answer = (A::Answer, B::Answer);

    fn begin(&mut self, log_file: &LogFileKey) {
        self.0.begin(log_file);
        self.1.begin(log_file);
    }

    fn take(&mut self, selected: &Selected<'_>) {
        self.0.take(selected);
        self.1.take(selected);
    }

    fn end(&mut self) -> Result<(), ScanError> {
        self.0.end()?;
        self.1.end()
    }

    fn finish(self) -> Self::Answer {
        (self.0.finish(), self.1.finish())
    }
}
