//! The duplicate filter: events are counted once, by all workers together.

use std::sync::{Mutex, PoisonError};

use crate::usage::{Fingerprint, SeenEvents, hour};

/// The fingerprints of all workers, sharded by the hour of the event to avoid contention for locks.
#[derive(Default)]
pub(super) struct DuplicateFilter {
    shards: [Mutex<SeenEvents>; 32],
}

impl DuplicateFilter {
    /// Adds the fingerprint of an event at this time, and returns whether it has not occurred before.
    pub(super) fn is_first(&self, time: i64, fingerprint: Fingerprint) -> bool {
        let hour = usize::try_from(hour(time)).unwrap_or_default();
        let shard = self.shards.get(hour % self.shards.len());
        shard.is_some_and(|shard| {
            // A thread that panicked with the lock has already ended the program.
            let mut seen = shard.lock().unwrap_or_else(PoisonError::into_inner);
            seen.is_first(time, fingerprint)
        })
    }
}
