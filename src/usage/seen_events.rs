//! The duplicate filter of events: the fingerprints that have occurred.

use std::collections::HashMap;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry as TableEntry;

/// What identifies an event in all that the fold uses of it: a hash of its ID and time, and one of
/// everything.
///
/// Without the seed nobody can make events that collide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    pub(super) id_and_time: u64,
    pub(super) whole: u64,
}

impl Fingerprint {
    /// A fingerprint of the event and something else, which its copies need not share: a hash of both.
    pub fn from_bits(bits: u64) -> Self {
        Self {
            id_and_time: bits,
            whole: bits,
        }
    }

    /// The 64 bits of everything. They depend on the seed.
    pub fn bits(self) -> u64 {
        self.whole
    }
}

/// What the duplicate filter says of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    /// No event of its ID and time has occurred.
    New,
    /// One of its ID and time has, but with other content.
    Conflicting,
    /// It has occurred.
    Duplicate,
}

/// An event that has occurred, in twelve bytes: 64 bits for ID and time, and 32 for the rest, which
/// only has to tell the events of one ID and time apart.
#[derive(Clone, Copy, PartialEq, Eq)]
struct SeenEvent([u32; 3]);

impl SeenEvent {
    #[expect(clippy::cast_possible_truncation, reason = "the halves of a hash")]
    fn new(fingerprint: Fingerprint) -> Self {
        let Fingerprint { id_and_time, whole } = fingerprint;
        Self([id_and_time as u32, (id_and_time >> 32) as u32, whole as u32])
    }

    /// The hash of ID and time.
    fn id_and_time(self) -> u64 {
        let Self([low, high, _]) = self;
        u64::from(low) | u64::from(high) << 32
    }

    /// A hash of all of it, by which the events of one ID and time do not share a bucket.
    fn whole(self) -> u64 {
        let Self([_, _, content]) = self;
        self.id_and_time() ^ (u64::from(content) | u64::from(content) << 32)
    }
}

/// The fingerprints that have occurred, by the hour of their events.
///
/// Copies of an event share its time, and log files are read about in the order of time, so the
/// tables in use stay in the processor's cache.
///
/// ```
/// use keytrail::event::{Reader, Record};
/// use keytrail::usage::{EventHashes, Novelty, SeenEvents, Seed};
///
/// let text = r#"{"eventId":"E1","eventTime":"2024-03-05T09:21:32Z"}"#.repeat(2);
/// let mut hashes = EventHashes::new(Seed::random());
/// let mut seen = SeenEvents::default();
/// let mut first = Vec::new();
/// Reader::new().read(text.as_bytes(), true, |record: &Record<'_>| {
///     hashes.compute(&record.event);
///     let fingerprint = hashes.fingerprint(&record.event).expect("it has an ID");
///     first.push(seen.add(record.event.time, fingerprint));
/// });
/// assert_eq!(first, [Novelty::New, Novelty::Duplicate]);
/// ```
#[derive(Default)]
pub struct SeenEvents {
    /// The index in `sets` of an hour's set.
    hours: HashMap<i64, usize>,
    sets: Vec<HashTable<SeenEvent>>,
    /// The events whose ID and time an earlier one of a set has with other content.
    conflicting: HashTable<SeenEvent>,
    /// The last hour and its set: most events share it with the one before.
    last: Option<(i64, usize)>,
}

impl SeenEvents {
    /// Adds a fingerprint, and returns what has occurred before. `time` is that of the event, in
    /// milliseconds since 1970 UTC. Of the events of one ID and time all but one are conflicting,
    /// whatever their order.
    pub fn add(&mut self, time: i64, fingerprint: Fingerprint) -> Novelty {
        let set = self.set(hour(time));
        let Some(set) = self.sets.get_mut(set) else {
            return Novelty::New;
        };
        let event = SeenEvent::new(fingerprint);
        let has_id = |other: &SeenEvent| other.id_and_time() == fingerprint.id_and_time;
        let hash = |other: &SeenEvent| other.id_and_time();
        match set.entry(fingerprint.id_and_time, has_id, hash) {
            TableEntry::Vacant(vacant) => {
                vacant.insert(event);
                Novelty::New
            }
            TableEntry::Occupied(first) if *first.get() == event => Novelty::Duplicate,
            TableEntry::Occupied(_) => self.add_conflicting(event),
        }
    }

    #[cold]
    fn add_conflicting(&mut self, event: SeenEvent) -> Novelty {
        let is_same = |other: &SeenEvent| *other == event;
        let hash = |other: &SeenEvent| other.whole();
        match self.conflicting.entry(event.whole(), is_same, hash) {
            TableEntry::Occupied(_) => Novelty::Duplicate,
            TableEntry::Vacant(vacant) => {
                vacant.insert(event);
                Novelty::Conflicting
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::usage::Seed;

    fn event(content: u32) -> Fingerprint {
        Fingerprint {
            id_and_time: 7,
            whole: content.into(),
        }
    }

    #[test]
    fn of_events_that_share_an_id_all_but_one_are_conflicting() {
        let mut seen = SeenEvents::default();
        let contents = [1, 2, 2, 1, 3, 3];
        let novelties = contents.map(|content| seen.add(0, event(content)));
        let (new, conflicting, duplicate) =
            (Novelty::New, Novelty::Conflicting, Novelty::Duplicate);
        let expected = [
            new,
            conflicting,
            duplicate,
            duplicate,
            conflicting,
            duplicate,
        ];
        assert_eq!(novelties, expected);
    }

    /// Each was compared with all before it: 60,000 took five seconds.
    #[test]
    fn events_that_share_an_id_are_found_at_once() {
        let mut filter = SeenEvents::default();
        let seed = Seed::random();
        let begin = Instant::now();
        for content in 0..200_000_u32 {
            let whole = seed.hash64(&content.to_le_bytes());
            let fingerprint = Fingerprint {
                id_and_time: 7,
                whole,
            };
            filter.add(0, fingerprint);
        }
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "{:?}",
            begin.elapsed()
        );
    }
}
