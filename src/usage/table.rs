//! Records that are found by a [`Wide`] hash.
//!
//! A hash table holds 32 bits of the hash and the number of the record. Records stay where they are
//! put, in blocks, so that growth moves no more than eight bytes a record.

use hashbrown::HashTable;

use super::hash::Wide;

/// A record that carries the half of its hash that is compared.
pub(super) trait Keyed {
    fn check(&self) -> u64;
}

/// Records, found by their hash and numbered in the order in which they came.
pub(super) struct Table<R> {
    slots: HashTable<Slot>,
    records: Blocks<R>,
}

/// A record as the hash table holds it.
struct Slot {
    /// The upper half of the hash's `place`.
    fragment: u32,
    number: Number,
}

impl Slot {
    /// The 64-bit hash of a fragment: hashbrown takes a bucket from the lower bits and a tag from the
    /// seven uppermost ones.
    fn hash(fragment: u32) -> u64 {
        u64::from(fragment) << 32 | u64::from(fragment)
    }
}

/// A list that grows without moving what it holds.
pub(super) struct Blocks<T> {
    blocks: Vec<Vec<T>>,
    len: usize,
}

/// The number of a record.
pub(super) type Number = u32;

/// How many records stand together; a power of two.
const BLOCK: usize = 1 << 10;

impl<R: Keyed> Table<R> {
    pub(super) fn new() -> Self {
        Self {
            slots: HashTable::new(),
            records: Blocks::new(),
        }
    }

    /// The number of the record with such a hash, if there is one.
    #[inline]
    pub(super) fn find(&self, hash: Wide) -> Option<Number> {
        let fragment = fragment(hash);
        let slot = self.slots.find(Slot::hash(fragment), |slot| {
            slot.fragment == fragment
                && self
                    .get(slot.number)
                    .is_some_and(|record| record.check() == hash.check)
        })?;
        Some(slot.number)
    }

    /// Adds a record that is not there yet, and gives its number.
    pub(super) fn add(&mut self, hash: Wide, record: R) -> Number {
        let number = self.records.push(record);
        let fragment = fragment(hash);
        let slot = Slot { fragment, number };
        self.slots
            .insert_unique(Slot::hash(fragment), slot, |slot| Slot::hash(slot.fragment));
        number
    }

    #[inline]
    pub(super) fn get(&self, number: Number) -> Option<&R> {
        self.records.get(number)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, number: Number) -> Option<&mut R> {
        self.records.get_mut(number)
    }

    /// How many records there are.
    pub(super) fn len(&self) -> usize {
        self.records.len
    }

    /// All records, in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = &R> {
        self.records.iter()
    }

    /// Takes the records out in the order of their numbers.
    pub(super) fn into_records(self) -> impl Iterator<Item = R> {
        self.records.into_iter()
    }
}

fn fragment(hash: Wide) -> u32 {
    (hash.place >> 32) as u32
}

impl<T> Blocks<T> {
    pub(super) fn new() -> Self {
        Self {
            blocks: Vec::new(),
            len: 0,
        }
    }

    /// Adds one, and gives its number.
    ///
    /// # Panics
    ///
    /// With 2³² of them, which no memory holds.
    pub(super) fn push(&mut self, one: T) -> Number {
        let number = Number::try_from(self.len).expect("fewer than 2³² records fit into memory");
        match self.blocks.last_mut() {
            Some(block) if block.len() < BLOCK => block.push(one),
            _ => {
                let mut block = Vec::with_capacity(BLOCK);
                block.push(one);
                self.blocks.push(block);
            }
        }
        self.len += 1;
        number
    }

    #[inline]
    pub(super) fn get(&self, number: Number) -> Option<&T> {
        let number = number as usize;
        self.blocks.get(number / BLOCK)?.get(number % BLOCK)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, number: Number) -> Option<&mut T> {
        let number = number as usize;
        self.blocks.get_mut(number / BLOCK)?.get_mut(number % BLOCK)
    }

    /// All, in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.blocks.iter().flatten()
    }

    /// Takes them out in the order of their numbers; each block's memory is given back as soon as it
    /// is done with.
    pub(super) fn into_iter(self) -> impl Iterator<Item = T> {
        self.blocks.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::hash::Seed;

    struct Record(u64);

    impl Keyed for Record {
        fn check(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn finds_what_was_added_and_nothing_else() {
        let seed = Seed::random();
        let hash = |number: u32| seed.bytes(&number.to_le_bytes());
        let mut table = Table::new();
        for number in 0..10_000 {
            assert_eq!(table.find(hash(number)), None);
            assert_eq!(table.add(hash(number), Record(hash(number).check)), number);
        }
        for number in 0..10_000 {
            assert_eq!(table.find(hash(number)), Some(number));
            assert_eq!(
                table.get(number).map(|record| record.0),
                Some(hash(number).check)
            );
        }
        assert_eq!(table.find(hash(10_000)), None);
        assert_eq!(table.iter().count(), 10_000);
        assert_eq!(table.into_records().count(), 10_000);
    }

    #[test]
    fn tells_apart_records_that_share_a_place() {
        let mut table = Table::new();
        for check in 0..1000 {
            let hash = Wide {
                place: u64::MAX,
                check,
            };
            assert_eq!(table.find(hash), None);
            table.add(hash, Record(check));
        }
        for check in 0..1000_u32 {
            let found = table.find(Wide {
                place: u64::MAX,
                check: check.into(),
            });
            assert_eq!(found, Some(check));
        }
    }
}
