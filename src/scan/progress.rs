//! How far a scan is, and the way to end it early.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How far a scan is, for another thread that displays it and may end it early.
#[derive(Debug, Default)]
pub struct Progress {
    /// Log files found so far.
    pub files_found: AtomicU64,
    /// Log files done.
    pub files_done: AtomicU64,
    /// Bytes as stored of the log files found so far.
    pub bytes_found: AtomicU64,
    /// Bytes as stored of the log files done.
    pub bytes_done: AtomicU64,
    /// Records so far.
    pub records: AtomicU64,
    /// Whether the listing has ended, so that what was found is all there is.
    pub listed: AtomicBool,
    /// Set by the other thread to end the scan early; the scan then returns what it has collected.
    pub stop: AtomicBool,
}

impl Progress {
    /// Whether the scan is to end before its end.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Breaks where the scan is to end early.
    pub(super) fn flow(&self) -> ControlFlow<()> {
        if self.is_stopped() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    pub(super) fn add(counter: &AtomicU64, number: u64) {
        counter.fetch_add(number, Ordering::Relaxed);
    }
}
