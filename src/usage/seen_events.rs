//! Events counted once: which fingerprints have been seen.

use std::collections::HashMap;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// 64 bits that stand for an event in all that the fold uses of it.
///
/// Two different events of one hour agree by chance once in 2⁶⁴ pairs, and nobody who does not know
/// the seed can make them agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub(super) u64);

impl Fingerprint {
    /// The bits. They mean nothing beyond the scan.
    pub fn bits(self) -> u64 {
        self.0
    }
}

/// The fingerprints seen, by the hour of their events.
///
/// Copies of an event share its time, and log files are read about in the order of time, so the
/// hours at hand stay in the processor's cache.
#[derive(Default)]
pub struct SeenEvents {
    /// Which of `sets` is an hour's.
    hours: HashMap<i64, usize>,
    sets: Vec<HashTable<u64>>,
    /// The hour asked for last, and its set: most events share it with the one before.
    last: Option<(i64, usize)>,
}

impl SeenEvents {
    /// Keeps a fingerprint; says whether it is the first of its kind.
    pub fn is_first(&mut self, time: i64, fingerprint: Fingerprint) -> bool {
        let Fingerprint(hash) = fingerprint;
        let set = self.set(hour(time));
        let Some(set) = self.sets.get_mut(set) else {
            return true;
        };
        match set.entry(hash, |&other| other == hash, |&other| other) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(hash);
                true
            }
        }
    }

    fn set(&mut self, hour: i64) -> usize {
        match self.last {
            Some((last, set)) if last == hour => set,
            _ => {
                let new = self.sets.len();
                let set = *self.hours.entry(hour).or_insert(new);
                if set == new {
                    self.sets.push(HashTable::new());
                }
                self.last = Some((hour, set));
                set
            }
        }
    }
}

/// The hour of a time in milliseconds.
pub fn hour(time: i64) -> i64 {
    time.div_euclid(3_600_000)
}
