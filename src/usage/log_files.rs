//! The log files that the events of a fold come from.

use std::sync::Arc;

use crate::event::Place;

/// Log files, numbered from 0 in the order in which they came.
#[derive(Default)]
pub(super) struct LogFiles {
    /// The number of the root, and the path below it.
    keys: Vec<(u32, Arc<[u8]>)>,
}

impl LogFiles {
    pub(super) fn push(&mut self, root: u32, path: Arc<[u8]>) {
        self.keys.push((root, path));
    }

    pub(super) fn pop(&mut self) {
        self.keys.pop();
    }

    /// # Panics
    ///
    /// With 2³² log files, which no memory holds.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.keys.len()).expect("fewer than 2³² log files fit into memory")
    }

    /// Adds the log files of another fold; their numbers grow by [`Self::len`].
    pub(super) fn append(&mut self, other: Self) {
        self.keys.extend(other.keys);
    }

    /// The place of a record of the log file with this number.
    pub(super) fn place(&self, log_file: u32, record: u32) -> Place<'_> {
        let key = self.keys.get(log_file as usize);
        let (root, path) = key.map_or((0, [].as_slice()), |(root, path)| (*root, path));
        Place {
            root,
            log_file: path,
            record,
        }
    }
}
