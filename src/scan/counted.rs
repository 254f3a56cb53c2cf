//! Events counted once by all workers together.

use std::sync::Mutex;

use super::lock;
use crate::coverage::Coverage;
use crate::event::Event;
use crate::usage::{Fingerprint, SeenEvents, hour};

/// What all workers together have counted, in parts that seldom meet.
#[derive(Default)]
pub(super) struct Counted {
    shards: [Mutex<SeenEvents>; 32],
}

impl Counted {
    /// Counts an event that is asked for; says whether it is the first of its kind.
    pub(super) fn count(
        &self,
        event: &Event<'_>,
        print: Option<Fingerprint>,
        coverage: &mut Coverage,
    ) -> bool {
        coverage.see(event.time);
        let first = print.is_none_or(|print| self.is_first(event.time, print));
        if first {
            coverage.events += 1;
            coverage.without_key += u64::from(event.access_key_id.is_empty());
        } else {
            coverage.duplicates += 1;
        }
        first
    }

    fn is_first(&self, time: i64, print: Fingerprint) -> bool {
        let hour = usize::try_from(hour(time)).unwrap_or_default();
        let shard = self.shards.get(hour % self.shards.len());
        shard.is_some_and(|shard| lock(shard).is_first(time, print))
    }
}
