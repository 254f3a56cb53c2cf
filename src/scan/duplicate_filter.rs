//! The duplicate filter: events are counted once, by all workers together.

use std::sync::{Mutex, PoisonError};

use crate::usage::{Fingerprint, Novelty, SeenEvents, hour};

/// The fingerprints of all workers, sharded by the hour of the event to avoid contention for locks.
#[derive(Default)]
pub(super) struct DuplicateFilter {
    shards: [Mutex<SeenEvents>; 32],
}

impl DuplicateFilter {
    /// Adds the fingerprint of an event at this time, and returns what has occurred before.
    pub(super) fn add(&self, time: i64, fingerprint: Fingerprint) -> Novelty {
        let hour = usize::try_from(hour(time)).unwrap_or_default();
        let shard = self.shards.get(hour % self.shards.len());
        shard.map_or(Novelty::New, |shard| {
            // A thread that panicked with the lock has already ended the program.
            let mut seen = shard.lock().unwrap_or_else(PoisonError::into_inner);
            seen.add(time, fingerprint)
        })
    }
}
