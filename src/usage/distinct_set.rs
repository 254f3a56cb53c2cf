//! How many distinct names each key has: a set of hashes, without the names.
//!
//! `keys` shows neither the names nor their first and last uses, and most names are resources that
//! occur a few times. So a name takes sixteen bytes, and is counted at the end.

use hashbrown::HashTable;

use super::chunked_vec::Id;
use super::dimension::Dimension;
use super::event_hashes::{EventHashes, entry_hash};
use super::hash::{Hash128, Seed};
use super::views::DistinctCounts;
use crate::event::Event;

/// The distinct names of all keys.
pub(super) struct DistinctSet {
    names: HashTable<DistinctName>,
    /// Names that are not in `names` yet. They are looked up together, so that their cache misses
    /// overlap.
    pending: Vec<DistinctName>,
    /// Names of the last calls, by 64 bits of their hashes, each in the slot that its hash chooses: the
    /// service and the address of a caller are mostly those of the call before. A name is lost where
    /// another in its slot has the same 64 bits; they share 10 for the slot, so the chance is 2⁻⁵⁴.
    recent: Box<[u64]>,
}

/// The hashes of the region and the user agent of the latest event of a key, 0 before the first. A caller
/// mostly keeps both.
#[derive(Clone, Copy, Default)]
pub(super) struct LatestNames {
    region: u64,
    agent: u64,
}

/// A name of a key, by 96 bits of its hash.
///
/// Among a billion names two have the same hash with a chance of one in 10¹¹.
#[derive(Clone, Copy, PartialEq, Eq)]
struct DistinctName {
    index: u64,
    check: u32,
    /// The number of the key, shifted up by 3 bits; below it the [`Dimension`].
    key_and_dimension: u32,
}

/// The bits of a [`Dimension`].
const DIMENSION_BITS: u32 = 3;

const _: () = assert!(Dimension::ALL.len() <= 1 << DIMENSION_BITS);

/// The most names that are pending.
const PENDING: usize = 128;

/// Slots for recent names: as many as stay in the first-level cache.
const RECENT: usize = 1 << 10;

impl DistinctName {
    /// # Panics
    ///
    /// With 2²⁹ keys, which no memory holds.
    #[inline]
    fn new(key: Id, dimension: Dimension, hash: Hash128) -> Self {
        assert!(key < 1 << 29, "fewer than 2²⁹ keys fit into memory");
        #[expect(clippy::cast_possible_truncation, reason = "half of it is compared")]
        Self {
            index: hash.index,
            check: hash.check as u32,
            key_and_dimension: key << DIMENSION_BITS | dimension as u32,
        }
    }

    fn dimension(self) -> Option<Dimension> {
        let dimension = self.key_and_dimension & ((1 << DIMENSION_BITS) - 1);
        Dimension::ALL.get(dimension as usize).copied()
    }

    fn key(self) -> Id {
        self.key_and_dimension >> DIMENSION_BITS
    }
}

impl DistinctSet {
    pub(super) fn new() -> Self {
        Self {
            names: HashTable::new(),
            pending: Vec::with_capacity(PENDING),
            recent: vec![0; RECENT].into_boxed_slice(),
        }
    }

    /// Adds the names of an event of a key; `latest` are those of the event of this key before.
    #[inline]
    pub(super) fn observe(
        &mut self,
        key: Id,
        event: &Event<'_>,
        hashes: &EventHashes,
        seed: Seed,
        latest: &mut LatestNames,
    ) {
        let parent = hashes.key;
        let mut add = |dimension, name| {
            self.add(key, dimension, entry_hash(seed, dimension, parent, name));
        };
        add(Dimension::Service, hashes.service);
        if !event.event_name.is_empty() {
            add(Dimension::Event, hashes.event_name);
        }
        if !event.source_ip.is_empty() {
            add(Dimension::Ip, hashes.source_ip);
        }
        for resource in &hashes.resources {
            add(Dimension::Resource, resource.both);
        }
        let LatestNames { region, agent } = latest;
        for (dimension, name, latest) in [
            (Dimension::Region, event.region, region),
            (Dimension::Agent, event.user_agent, agent),
        ] {
            let hash = seed.hash64(name.as_bytes());
            if *latest != hash && !name.is_empty() {
                *latest = hash;
                let name = seed.hash128(name.as_bytes());
                self.add(key, dimension, entry_hash(seed, dimension, parent, name));
            }
        }
    }

    /// Adds a name; the hash is that of key, kind and name.
    #[inline]
    fn add(&mut self, key: Id, dimension: Dimension, hash: Hash128) {
        #[expect(clippy::cast_possible_truncation, reason = "the lowest bits")]
        let slot = hash.index as usize % RECENT;
        match self.recent.get_mut(slot) {
            Some(recent) if *recent == hash.index => return,
            Some(recent) => *recent = hash.index,
            None => {}
        }
        self.push(DistinctName::new(key, dimension, hash));
    }

    #[inline]
    fn push(&mut self, name: DistinctName) {
        if self.pending.len() == PENDING {
            self.flush();
        }
        self.pending.push(name);
    }

    /// Looks up all pending names, and keeps those that are new.
    #[inline(never)]
    fn flush(&mut self) {
        self.names.reserve(self.pending.len(), |name| name.index);
        // First, names that are in the set already are removed, without a branch that depends on a
        // look-up.
        let mut new = 0;
        for index in 0..self.pending.len() {
            let Some(&name) = self.pending.get(index) else {
                break;
            };
            let is_new = !self.contains(name);
            if let Some(slot) = self.pending.get_mut(new) {
                *slot = name;
            }
            new += usize::from(is_new);
        }
        for name in self.pending.drain(..new) {
            self.names
                .entry(name.index, |other| *other == name, |name| name.index)
                .or_insert(name);
        }
        self.pending.clear();
    }

    #[inline]
    fn contains(&self, name: DistinctName) -> bool {
        let found = self.names.find(name.index, |other| *other == name);
        found.is_some()
    }

    /// Adds the names of another set. `keys` gives the numbers that its keys have here.
    pub(super) fn merge(&mut self, mut other: Self, keys: impl Fn(Id) -> Option<Id>) {
        other.flush();
        // Reserved at once, since names come in the order of their hashes, and would collide in a table
        // that is too small for them.
        self.names.reserve(other.names.len(), |name| name.index);
        for name in other.names {
            if let Some(key) = keys(name.key()) {
                self.push(DistinctName {
                    key_and_dimension: key << DIMENSION_BITS
                        | name.key_and_dimension & ((1 << DIMENSION_BITS) - 1),
                    ..name
                });
            }
        }
    }

    /// Adds the names to the counts of their keys, which are in the order of the keys' numbers.
    pub(super) fn count(&self, counts: &mut [DistinctCounts]) {
        let mut pending = self.pending.clone();
        pending.sort_unstable_by_key(|name| (name.index, name.check, name.key_and_dimension));
        pending.dedup();
        pending.retain(|&name| !self.contains(name));
        for name in self.names.iter().chain(&pending) {
            let Some(counts) = counts.get_mut(name.key() as usize) else {
                continue;
            };
            if let Some(dimension) = name.dimension() {
                counts.add(dimension);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hash of a name that no other key has.
    fn name(key: &str, number: u32, seed: Seed) -> Hash128 {
        seed.combine(
            seed.hash128(key.as_bytes()),
            seed.hash128(&number.to_le_bytes()),
        )
    }

    fn resources(set: &DistinctSet, keys: usize) -> Vec<u64> {
        let mut counts = vec![DistinctCounts::default(); keys];
        set.count(&mut counts);
        counts.iter().map(|key| key.resources).collect()
    }

    #[test]
    fn each_name_counts_once_however_many_there_are() {
        let seed = Seed::random();
        let mut set = DistinctSet::new();
        // Every third name comes three times: twice in a row, and again much later.
        for _ in 0..2 {
            for number in 0..10_000 {
                for _ in 0..=u32::from(number % 3 == 0) {
                    let key = if number % 2 == 0 { "a" } else { "b" };
                    let name = name(key, number, seed);
                    set.add(number % 2, Dimension::Resource, name);
                }
            }
            assert_eq!(resources(&set, 2), [5000, 5000]);
        }
    }

    #[test]
    fn sets_merge_whatever_numbers_their_keys_have() {
        let seed = Seed::random();
        let (mut ours, mut theirs) = (DistinctSet::new(), DistinctSet::new());
        for number in 0..5000 {
            ours.add(0, Dimension::Resource, name("a", number, seed));
            theirs.add(1, Dimension::Resource, name("a", number + 2000, seed));
            theirs.add(0, Dimension::Resource, name("b", number, seed));
        }
        // Theirs are 1 and 0 where ours are 0 and 1.
        ours.merge(theirs, |key| Some(1 - key));
        assert_eq!(resources(&ours, 2), [7000, 5000]);
    }
}
