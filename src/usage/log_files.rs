//! The log files that the events of a fold come from, by their keys.

use std::sync::Arc;

use crate::event::Place;

/// The keys of log files, numbered from 0 in the order in which they came.
#[derive(Default)]
pub(super) struct LogFiles {
    keys: Vec<LogFileKey>,
}

/// The number of a root, and the path below it.
struct LogFileKey {
    root: u32,
    path: Arc<[u8]>,
}

impl LogFiles {
    pub(super) fn push(&mut self, root: u32, path: Arc<[u8]>) {
        self.keys.push(LogFileKey { root, path });
    }

    pub(super) fn pop(&mut self) {
        self.keys.pop();
    }

    /// # Panics
    ///
    /// With 2³² log files, which no memory holds.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.keys.len()).expect("fewer than 2³² log files")
    }

    /// Appends those of another fold; their numbers grow by what [`Self::len`] was.
    pub(super) fn append(&mut self, other: Self) {
        self.keys.extend(other.keys);
    }

    /// The place of a record of the log file with this number.
    pub(super) fn place(&self, log_file: u32, record: u32) -> Place<'_> {
        match self.keys.get(log_file as usize) {
            Some(LogFileKey { root, path }) => Place {
                root: *root,
                log_file: path,
                record,
            },
            None => Place {
                record,
                ..Place::default()
            },
        }
    }
}
