//! How many distinct names each key has, without the names: a set of hashes.
//!
//! What `keys` asks for needs neither the texts nor when each was used, and most names are
//! resources that occur a few times. So a name takes sixteen bytes here, and is counted at the end.

use hashbrown::HashTable;

use super::Distinct;
use super::event_hashes::{self, EventHashes};
use super::hash::{Seed, Wide};
use super::table::Number;
use crate::event::Event;

/// The distinct names of all keys.
pub(super) struct Names {
    set: HashTable<Name>,
    /// Names that have come and are not looked up yet: a look-up waits for memory, and many at a
    /// time wait for it together.
    waiting: Vec<Name>,
    /// Some of the names that came lately, by 64 bits of their hash, each at a place that the hash
    /// decides: a caller's service and address are the same from call to call. Of the few that stand
    /// here at a time, two have the same 64 bits by chance less often than a disk tells a wrong bit.
    recent: Box<[u64]>,
}

/// What a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NameOf {
    Service,
    Event,
    Ip,
    Resource,
}

/// A name of a key: 96 bits of its hash, and whose it is.
///
/// An archive of a billion names has two of one hash by chance once in 10¹¹.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Name {
    place: u64,
    check: u32,
    /// The number of the key, and below it in two bits what the name is of.
    whose: u32,
}

/// How many names wait at most.
const WAITING: usize = 128;

/// How many names are kept as recent: they stay in the nearest cache.
const RECENT: usize = 1 << 10;

impl Name {
    /// # Panics
    ///
    /// With 2³⁰ keys, which no memory holds.
    #[inline]
    fn of(key: Number, of: NameOf, hash: Wide) -> Self {
        assert!(key < 1 << 30, "fewer than 2³⁰ keys fit into memory");
        #[expect(clippy::cast_possible_truncation, reason = "a part is enough")]
        Self {
            place: hash.place,
            check: hash.check as u32,
            whose: key << 2 | of as u32,
        }
    }

    fn key(self) -> Number {
        self.whose >> 2
    }
}

impl Names {
    pub(super) fn new() -> Self {
        Self {
            set: HashTable::new(),
            waiting: Vec::with_capacity(WAITING),
            recent: vec![0; RECENT].into_boxed_slice(),
        }
    }

    /// Takes the names of an event of a key.
    #[inline]
    pub(super) fn observe(
        &mut self,
        key: Number,
        event: &Event<'_>,
        prints: &EventHashes,
        seed: Seed,
    ) {
        self.add(
            key,
            NameOf::Service,
            event_hashes::group(seed, prints.key, prints.service),
        );
        if !event.event_name.is_empty() {
            self.add(
                key,
                NameOf::Event,
                event_hashes::event(seed, prints.key, prints.event_name),
            );
        }
        if !event.source_ip.is_empty() {
            self.add(
                key,
                NameOf::Ip,
                event_hashes::ip(seed, prints.key, prints.source_ip),
            );
        }
        for resource in &prints.resources {
            self.add(
                key,
                NameOf::Resource,
                event_hashes::resource(seed, prints.key, resource.named),
            );
        }
    }

    /// Adds a name of a key, of such a hash.
    #[inline]
    fn add(&mut self, key: Number, of: NameOf, hash: Wide) {
        #[expect(clippy::cast_possible_truncation, reason = "the lowest bits")]
        let at = hash.place as usize % RECENT;
        // The hash is that of key, use and name, so it alone tells.
        match self.recent.get_mut(at) {
            Some(recent) if *recent == hash.place => return,
            Some(recent) => *recent = hash.place,
            None => {}
        }
        self.wait(Name::of(key, of, hash));
    }

    /// Keeps a name until there are many to look up.
    #[inline]
    fn wait(&mut self, name: Name) {
        if self.waiting.len() == WAITING {
            self.settle();
        }
        self.waiting.push(name);
    }

    /// Looks up all names that wait, and keeps those that are new.
    #[inline(never)]
    fn settle(&mut self) {
        self.set.reserve(self.waiting.len(), |name| name.place);
        // First without a branch that depends on what memory says, so that no look-up waits for
        // the one before.
        let mut left = 0;
        for at in 0..self.waiting.len() {
            let Some(&name) = self.waiting.get(at) else {
                break;
            };
            let there = self.has(name);
            if let Some(slot) = self.waiting.get_mut(left) {
                *slot = name;
            }
            left += usize::from(!there);
        }
        for name in self.waiting.drain(..left) {
            self.set
                .entry(name.place, |other| *other == name, |name| name.place)
                .or_insert(name);
        }
        self.waiting.clear();
    }

    #[inline]
    fn has(&self, name: Name) -> bool {
        self.set.find(name.place, |other| *other == name).is_some()
    }

    /// Adds the names of another set, whose keys have those numbers here.
    pub(super) fn merge(&mut self, mut other: Self, keys: impl Fn(Number) -> Option<Number>) {
        other.settle();
        // At once, because names come in the order of their hashes, and those would crowd in a table
        // that is too small.
        self.set.reserve(other.set.len(), |name| name.place);
        for name in other.set {
            if let Some(key) = keys(name.key()) {
                self.wait(Name {
                    whose: key << 2 | name.whose & 3,
                    ..name
                });
            }
        }
    }

    /// Adds the names to the counts of their keys, which stand by their numbers.
    pub(super) fn count(&self, distinct: &mut [Distinct]) {
        let mut late: Vec<Name> = self.waiting.clone();
        late.sort_unstable_by_key(|name| (name.place, name.check, name.whose));
        late.dedup();
        late.retain(|&name| !self.has(name));
        for name in self.set.iter().chain(&late) {
            let Some(key) = distinct.get_mut(name.key() as usize) else {
                continue;
            };
            match name.whose & 3 {
                0 => key.services += 1,
                1 => key.event_names += 1,
                2 => key.ips += 1,
                _ => key.resources += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hash of a name of a key, which no other key has.
    fn name(key: &str, number: u32, seed: Seed) -> Wide {
        seed.join(
            seed.bytes(key.as_bytes()),
            seed.bytes(&number.to_le_bytes()),
        )
    }

    fn counts(names: &Names, keys: usize) -> Vec<u64> {
        let mut distinct = vec![Distinct::default(); keys];
        names.count(&mut distinct);
        distinct.iter().map(|key| key.resources).collect()
    }

    #[test]
    fn each_name_counts_once_however_many_there_are() {
        let seed = Seed::random();
        let mut names = Names::new();
        // Every third name is there three times: at once, while it waits, and long after.
        for _ in 0..2 {
            for number in 0..10_000 {
                for _ in 0..=u32::from(number % 3 == 0) {
                    names.add(
                        number % 2,
                        NameOf::Resource,
                        name(if number % 2 == 0 { "a" } else { "b" }, number, seed),
                    );
                }
            }
            assert_eq!(counts(&names, 2), [5000, 5000]);
        }
    }

    #[test]
    fn sets_merge_whatever_numbers_their_keys_have() {
        let seed = Seed::random();
        let (mut ours, mut theirs) = (Names::new(), Names::new());
        for number in 0..5000 {
            ours.add(0, NameOf::Resource, name("a", number, seed));
            theirs.add(1, NameOf::Resource, name("a", number + 2000, seed));
            theirs.add(0, NameOf::Resource, name("b", number, seed));
        }
        // Theirs are 1 and 0 where ours are 0 and 1.
        ours.merge(theirs, |key| Some(1 - key));
        assert_eq!(counts(&ours, 2), [7000, 5000]);
    }
}
