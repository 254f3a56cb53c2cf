//! How far a scan is.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How far a scan is, for whoever watches it from another thread, and the way to end it early.
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
    /// Set by the watcher to end the scan early; the scan then gives what it has.
    pub stop: AtomicBool,
}

impl Progress {
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Continues unless the watcher has ended the scan.
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
