//! The log files between the walk, which finds them, and the workers, which take them.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::{Condvar, Mutex, PoisonError};

use super::lock;
use crate::archive::LogFile;

/// The log files found and not yet taken, the largest first, so that no large one is left for last.
///
/// Bounded: where the walk is ahead of the work, it waits.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<Waiting>,
    given: Condvar,
    taken: Condvar,
}

/// How many log files may wait.
const WAITING: usize = 16_384;

#[derive(Default)]
struct Waiting {
    log_files: BinaryHeap<BySize>,
    /// How many workers wait for a log file.
    idle: usize,
    closed: bool,
}

impl Queue {
    pub(super) fn give(&self, log_file: LogFile) {
        let mut state = lock(&self.state);
        while state.log_files.len() >= WAITING {
            state = self
                .taken
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.log_files.push(BySize {
            size: log_file.size,
            log_file: Box::new(log_file),
        });
        let idle = state.idle > 0;
        drop(state);
        if idle {
            self.given.notify_one();
        }
    }

    pub(super) fn close(&self) {
        lock(&self.state).closed = true;
        self.given.notify_all();
    }

    pub(super) fn take(&self) -> Option<LogFile> {
        let mut state = lock(&self.state);
        loop {
            if let Some(BySize { log_file, .. }) = state.log_files.pop() {
                // Not at every one, or walk and work would wake each other for each log file.
                let half_empty = state.log_files.len() == WAITING / 2;
                drop(state);
                if half_empty {
                    self.taken.notify_one();
                }
                return Some(*log_file);
            }
            if state.closed {
                return None;
            }
            state.idle += 1;
            state = self
                .given
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }
}

/// A log file, ordered by its size; small, as the heap moves each of them a dozen times.
struct BySize {
    size: u64,
    log_file: Box<LogFile>,
}

impl Ord for BySize {
    fn cmp(&self, other: &Self) -> Ordering {
        self.size.cmp(&other.size)
    }
}

impl PartialOrd for BySize {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for BySize {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for BySize {}
