//! The queue between the listing, which finds log files, and the workers, which read them.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::archive::{LogFile, LogFileKey, StreamedContainer};

/// What one worker reads at a time.
pub(super) enum Work {
    LogFile(LogFile),
    Container(StreamedContainer),
    Rows(KnownRows),
}

/// Log files whose rows lie together, in the order of their rows.
pub(super) struct KnownRows {
    /// The number of their source.
    pub(super) source: usize,
    /// Their keys and their numbers there; at least one.
    pub(super) files: Vec<(LogFileKey, u32)>,
    /// The size of their texts, in all.
    pub(super) size: u64,
}

impl Work {
    /// The key of the log file or of the container; of rows, that of their first log file.
    pub(super) fn key(&self) -> Option<&LogFileKey> {
        match self {
            Self::LogFile(log_file) => Some(&log_file.key),
            Self::Container(container) => Some(&container.key),
            Self::Rows(rows) => rows.files.first().map(|(key, _)| key),
        }
    }

    /// Adds it to others, a log file or a container at a time.
    pub(super) fn split_into(self, others: &mut Vec<Self>) {
        match self {
            Self::LogFile(_) | Self::Container(_) => others.push(self),
            Self::Rows(KnownRows {
                source,
                files,
                size,
            }) => {
                let size = size / (files.len() as u64).max(1);
                others.extend(files.into_iter().map(|file| {
                    Self::Rows(KnownRows {
                        source,
                        files: vec![file],
                        size,
                    })
                }));
            }
        }
    }

    /// Its size in bytes.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::LogFile(log_file) => log_file.size,
            Self::Container(container) => container.size,
            Self::Rows(rows) => rows.size,
        }
    }
}

/// A bounded priority queue: large files first, so that no worker is left with one at the end, and
/// files of about the same size in the order of the listing. So log files of one folder are read one
/// after another, while what they have in common is in the processor's cache: day, callers, names.
///
/// Where the listing is ahead of the workers, it waits.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<QueueState>,
    pushed: Condvar,
    popped: Condvar,
}

/// Sizes are compared in this unit: a log file of a MiB is read in a hundredth of a second.
const MIB: u64 = 1 << 20;

/// How many files the queue holds.
const CAPACITY: usize = 16_384;

#[derive(Default)]
struct QueueState {
    work: BinaryHeap<QueuedWork>,
    /// How many files have been pushed.
    count: u64,
    /// How many workers wait.
    idle: usize,
    closed: bool,
}

impl Queue {
    /// Adds work; waits while the queue is full.
    pub(super) fn push(&self, work: Work) {
        let mut state = self.lock();
        while state.work.len() >= CAPACITY {
            state = wait(&self.popped, state);
        }
        let number = state.count;
        state.count += 1;
        state.work.push(QueuedWork {
            priority: (work.size() / MIB, Reverse(number)),
            work: Box::new(work),
        });
        let idle = state.idle > 0;
        drop(state);
        if idle {
            self.pushed.notify_one();
        }
    }

    /// Ends the queue: nothing more is pushed.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.pushed.notify_all();
    }

    /// Takes the next work, or waits for it; returns `None` where nothing more comes.
    pub(super) fn pop(&self) -> Option<Work> {
        let mut state = self.lock();
        loop {
            if let Some(QueuedWork { work, .. }) = state.work.pop() {
                // The listing is not woken for each file: the two would wake each other all the time.
                let half_empty = state.work.len() == CAPACITY / 2;
                drop(state);
                if half_empty {
                    self.popped.notify_one();
                }
                return Some(*work);
            }
            if state.closed {
                return None;
            }
            state.idle += 1;
            state = wait(&self.pushed, state);
            state.idle -= 1;
        }
    }

    /// A thread that panicked with the lock has already ended the program.
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wait<'q>(condition: &Condvar, state: MutexGuard<'q, QueueState>) -> MutexGuard<'q, QueueState> {
    condition
        .wait(state)
        .unwrap_or_else(PoisonError::into_inner)
}

/// Work and its priority; small, as the heap moves each of them a dozen times.
struct QueuedWork {
    /// The size in whole MiB, then the number in the order of the listing.
    priority: (u64, Reverse<u64>),
    work: Box<Work>,
}

impl Ord for QueuedWork {
    fn cmp(&self, other: &Self) -> Ordering {
        self.priority.cmp(&other.priority)
    }
}

impl PartialOrd for QueuedWork {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for QueuedWork {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for QueuedWork {}
