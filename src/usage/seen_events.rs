//! The duplicate filter of events: the fingerprints that have occurred.

use std::collections::HashMap;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry as TableEntry;

/// 64 bits that identify an event in all that the fold uses of it.
///
/// Two different events of one hour have the same with a chance of 2⁻⁶⁴, and without the seed nobody
/// can make events that collide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub(super) u64);

impl Fingerprint {
    /// The bits. They depend on the seed.
    pub fn bits(self) -> u64 {
        self.0
    }
}

/// The fingerprints that have occurred, by the hour of their events.
///
/// Copies of an event share its time, and log files are read about in the order of time, so the
/// tables in use stay in the processor's cache.
///
/// ```
/// use keytrail::event::{Reader, Record};
/// use keytrail::usage::{EventHashes, SeenEvents, Seed};
///
/// let text = r#"{"eventId":"E1","eventTime":"2024-03-05T09:21:32Z"}"#.repeat(2);
/// let mut hashes = EventHashes::new(Seed::random());
/// let mut seen = SeenEvents::default();
/// let mut first = Vec::new();
/// Reader::new().read(text.as_bytes(), true, |record: &Record<'_>| {
///     hashes.compute(&record.event);
///     let fingerprint = hashes.fingerprint(&record.event).expect("it has an ID");
///     first.push(seen.is_first(record.event.time, fingerprint));
/// });
/// assert_eq!(first, [true, false]);
/// ```
#[derive(Default)]
pub struct SeenEvents {
    /// The index in `sets` of an hour's set.
    hours: HashMap<i64, usize>,
    sets: Vec<HashTable<u64>>,
    /// The last hour and its set: most events share it with the one before.
    last: Option<(i64, usize)>,
}

impl SeenEvents {
    /// Adds a fingerprint, and returns whether it has not occurred before. `time` is that of the
    /// event, in milliseconds since 1970 UTC.
    pub fn is_first(&mut self, time: i64, fingerprint: Fingerprint) -> bool {
        let Fingerprint(hash) = fingerprint;
        let set = self.set(hour(time));
        let Some(set) = self.sets.get_mut(set) else {
            return true;
        };
        match set.entry(hash, |&other| other == hash, |&other| other) {
            TableEntry::Occupied(_) => false,
            TableEntry::Vacant(vacant) => {
                vacant.insert(hash);
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
