//! Events counted once: which fingerprints have been seen.

use hashbrown::HashTable;
use hashbrown::hash_map::Entry;

use super::hash::Seed;
use crate::event::Event;

/// 64 bits that stand for an event in all that the fold uses of it.
///
/// Two different events of one hour agree by chance once in 2⁶⁴ pairs, and nobody who does not know
/// the seed can make them agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of an event; `None` without an event id, as such an event repeats nothing.
    pub fn of(event: &Event<'_>, seed: Seed) -> Option<Self> {
        if event.event_id.is_empty() {
            return None;
        }
        let mut state = seed.bytes(event.event_id.as_bytes());
        let mut add = |word| state = seed.pair(state, word);
        #[expect(clippy::cast_sign_loss, reason = "only the bits matter")]
        add(event.time as u64);
        for field in [
            event.access_key_id,
            event.account_id,
            event.owner_id,
            event.user_name,
            event.account_type,
            event.service_name,
            event.event_name,
            event.source_ip,
            event.error_code,
        ] {
            add(seed.bytes(field.as_bytes()));
        }
        add(event.source as u64);
        // A sum, because the order in which an event names its resources means nothing.
        add(event.resources.iter().fold(0, |sum: u64, resource| {
            let resource_type = seed.bytes(resource.resource_type.as_bytes());
            sum.wrapping_add(seed.pair(resource_type, seed.bytes(resource.name.as_bytes())))
        }));
        Some(Self(state))
    }
}

/// The fingerprints seen, by the hour of their events.
///
/// Copies of an event share its time, and log files are read about in the order of time, so the
/// hours at hand stay in the processor's cache.
#[derive(Default)]
pub struct Once {
    hours: hashbrown::HashMap<i64, HashTable<u64>, HourHash>,
}

impl Once {
    /// Keeps a fingerprint; says whether it is the first of its kind.
    pub fn is_first(&mut self, time: i64, fingerprint: Fingerprint) -> bool {
        let hour = match self.hours.entry(hour(time)) {
            Entry::Occupied(hour) => hour.into_mut(),
            Entry::Vacant(hour) => hour.insert(HashTable::new()),
        };
        let Fingerprint(hash) = fingerprint;
        match hour.entry(hash, |&other| other == hash, |&other| other) {
            hashbrown::hash_table::Entry::Occupied(_) => false,
            hashbrown::hash_table::Entry::Vacant(place) => {
                place.insert(hash);
                true
            }
        }
    }
}

/// The hour of a time in milliseconds.
pub fn hour(time: i64) -> i64 {
    time.div_euclid(3_600_000)
}

/// Spreads hours over a table; who chooses hours to collide gains only a slow scan of his archive.
type HourHash = std::hash::RandomState;
