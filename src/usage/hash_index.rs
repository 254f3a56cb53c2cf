//! Records found by a 128-bit hash.
//!
//! The hash table holds a part of the hash and the number of the record, and the record stays where
//! it is put; so growth moves eight bytes a record.

use hashbrown::HashTable;

use super::chunked_vec::{ChunkedVec, Id};
use super::hash::Hash128;

/// A record of a [`HashIndex`].
pub(super) trait IndexedRecord {
    /// The half of its hash that is compared, [`Hash128::check`].
    fn check(&self) -> u64;
}

/// Records, found by their hash and numbered in the order in which they came.
pub(super) struct HashIndex<R> {
    slots: HashTable<Slot>,
    records: ChunkedVec<R>,
}

/// The slot of a record in the hash table.
struct Slot {
    /// The upper half of [`Hash128::index`].
    fragment: u32,
    id: Id,
}

impl Slot {
    /// What hashbrown hashes a slot to. It takes the bucket from the lowest bits and seven bits to
    /// compare from the uppermost, so both halves have the fragment.
    #[inline]
    fn hash(fragment: u32) -> u64 {
        u64::from(fragment) << 32 | u64::from(fragment)
    }
}

#[inline]
fn fragment(hash: Hash128) -> u32 {
    (hash.index >> 32) as u32
}

impl<R: IndexedRecord> HashIndex<R> {
    pub(super) fn new() -> Self {
        Self {
            slots: HashTable::new(),
            records: ChunkedVec::new(),
        }
    }

    /// The number of the record with this hash.
    #[inline]
    pub(super) fn find(&self, hash: Hash128) -> Option<Id> {
        let fragment = fragment(hash);
        let slot = self.slots.find(Slot::hash(fragment), |slot| {
            let record = self.get(slot.id);
            slot.fragment == fragment && record.is_some_and(|record| record.check() == hash.check)
        })?;
        Some(slot.id)
    }

    /// Adds a record that is not there yet, and returns its number.
    ///
    /// # Panics
    ///
    /// With 2³² records, which no memory holds.
    pub(super) fn insert(&mut self, hash: Hash128, record: R) -> Id {
        let id = self.records.push(record);
        let fragment = fragment(hash);
        let slot = Slot { fragment, id };
        self.slots
            .insert_unique(Slot::hash(fragment), slot, |slot| Slot::hash(slot.fragment));
        id
    }

    #[inline]
    pub(super) fn get(&self, id: Id) -> Option<&R> {
        self.records.get(id)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut R> {
        self.records.get_mut(id)
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// All records, in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = &R> {
        self.records.iter()
    }

    /// All records, to be changed in anything but their hash, in the order of their numbers.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut R> {
        self.records.iter_mut()
    }

    /// Takes the records out in the order of their numbers.
    pub(super) fn into_records(self) -> impl Iterator<Item = R> {
        self.records.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::super::hash::Seed;
    use super::*;

    struct TestRecord(u64);

    impl IndexedRecord for TestRecord {
        fn check(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn finds_what_was_inserted_and_nothing_else() {
        let seed = Seed::random();
        let hash = |number: u32| seed.hash128(&number.to_le_bytes());
        let mut index = HashIndex::new();
        for number in 0..10_000 {
            assert_eq!(index.find(hash(number)), None);
            let record = TestRecord(hash(number).check);
            assert_eq!(index.insert(hash(number), record), number);
        }
        for number in 0..10_000 {
            assert_eq!(index.find(hash(number)), Some(number));
            let record = index.get(number).map(|record| record.0);
            assert_eq!(record, Some(hash(number).check));
        }
        assert_eq!(index.find(hash(10_000)), None);
        assert_eq!(index.iter().count(), 10_000);
        assert_eq!(index.into_records().count(), 10_000);
    }

    #[test]
    fn records_whose_hashes_share_a_bucket_are_distinguished() {
        let mut index = HashIndex::new();
        let hash = |check| Hash128 {
            index: u64::MAX,
            check,
        };
        for check in 0..1000 {
            assert_eq!(index.find(hash(check)), None);
            index.insert(hash(check), TestRecord(check));
        }
        for check in 0..1000_u32 {
            assert_eq!(index.find(hash(check.into())), Some(check));
        }
    }
}
