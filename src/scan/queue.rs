//! The log files between the walk, which finds them, and the workers, which take them.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::{Condvar, Mutex, PoisonError};

use super::lock;
use crate::archive::LogFile;

/// The log files found and not yet taken: the large ones first, so that none is left for last, and
/// those of about one size in the order of the walk. So log files of one folder are read one after
/// another, and what they have in common is at hand: the folder, its day, its callers.
///
/// Bounded: where the walk is ahead of the work, it waits.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<Waiting>,
    given: Condvar,
    taken: Condvar,
}

/// A size that makes no difference: a log file of a MiB is read in a hundredth of a second.
const MIB: u64 = 1 << 20;

/// How many log files may wait.
const WAITING: usize = 16_384;

#[derive(Default)]
struct Waiting {
    log_files: BinaryHeap<Given>,
    /// How many log files have been given.
    count: u64,
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
        let number = state.count;
        state.count += 1;
        state.log_files.push(Given {
            turn: (log_file.size / MIB, Reverse(number)),
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
            if let Some(Given { log_file, .. }) = state.log_files.pop() {
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

/// A log file and its turn; small, as the heap moves each of them a dozen times.
struct Given {
    /// The size in whole MiB, then the number in the order of the walk.
    turn: (u64, Reverse<u64>),
    log_file: Box<LogFile>,
}

impl Ord for Given {
    fn cmp(&self, other: &Self) -> Ordering {
        self.turn.cmp(&other.turn)
    }
}

impl PartialOrd for Given {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Given {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Given {}
