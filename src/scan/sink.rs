//! The interface of a sink, which collects the events of one thread, a pair of sinks as one, and a
//! sink of nothing.

use super::error::ScanError;
use super::partial::Merge;
use super::switches::{switch_call, trail_name};
use crate::archive::LogFileKey;
use crate::event::{Details, Place, Record};
use crate::usage::{EventHashes, Fingerprint};

/// Collects the events of log files, one log file after another.
pub trait Sink {
    /// What it collects.
    type Answer: Merge + Send;

    /// Whether it needs the details of most events, so that they are read together with these.
    const NEEDS_DETAILS: bool = false;

    /// Called before the first event of each log file.
    fn begin(&mut self, log_file: &LogFileKey);

    /// Called for each selected event, copies included.
    fn observe(&mut self, event: &SelectedEvent<'_>);

    /// Called after the last event of a log file.
    ///
    /// # Errors
    ///
    /// Those that end the scan.
    fn end(&mut self) -> Result<(), ScanError>;

    /// What was collected.
    fn finish(self) -> Self::Answer;
}

/// An event inside the scope that meets the conditions.
pub struct SelectedEvent<'s> {
    /// Its record.
    pub record: &'s Record<'s>,
    /// The hashes of the event.
    pub(super) hashes: &'s EventHashes,
    /// What copies of the event have in common; `None` where every record counts.
    pub(super) fingerprint: Option<Fingerprint>,
    /// Whether it is the first of its copies, which is the one that counts.
    pub(super) is_first: bool,
    /// Returns the details of the event, which are read at the first call where they were not read with
    /// it.
    pub(super) details: &'s dyn Fn() -> &'s Details<'s>,
}

impl SelectedEvent<'_> {
    /// The name of the trail, where the event is a call that switched one off or on and did not fail.
    pub fn trail(&self) -> Option<String> {
        let trail = || trail_name(self.record);
        switch_call(&self.record.event, trail).map(|call| call.trail)
    }

    /// What only call records show of it.
    pub fn details(&self) -> &Details<'_> {
        (self.details)()
    }

    /// The place of its record, which is in this log file.
    pub(super) fn place<'k>(&self, log_file: &'k LogFileKey) -> Place<'k> {
        Place {
            root: log_file.root,
            log_file: &log_file.path,
            record: self.record.number,
        }
    }
}

/// Collects nothing.
pub(super) struct NoSink;

impl Sink for NoSink {
    type Answer = ();

    fn begin(&mut self, _log_file: &LogFileKey) {}

    fn observe(&mut self, _event: &SelectedEvent<'_>) {}

    fn end(&mut self) -> Result<(), ScanError> {
        Ok(())
    }

    fn finish(self) {}
}

/// A pair of sinks, which both collect all events.
impl<A: Sink, B: Sink> Sink for (A, B) {
    type Answer = (A::Answer, B::Answer);

    const NEEDS_DETAILS: bool = A::NEEDS_DETAILS || B::NEEDS_DETAILS;

    fn begin(&mut self, log_file: &LogFileKey) {
        self.0.begin(log_file);
        self.1.begin(log_file);
    }

    fn observe(&mut self, event: &SelectedEvent<'_>) {
        self.0.observe(event);
        self.1.observe(event);
    }

    fn end(&mut self) -> Result<(), ScanError> {
        self.0.end()?;
        self.1.end()
    }

    fn finish(self) -> Self::Answer {
        (self.0.finish(), self.1.finish())
    }
}
