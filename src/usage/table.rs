//! A table of records that are found by a [`Wide`] hash, in open addressing.
//!
//! A look-up touches one place of eight bytes and the record. Records stay where they are put, in
//! blocks, so that growth copies no more than the places.

use super::hash::Wide;

/// A record that carries the half of its hash that is compared.
pub(super) trait Keyed {
    fn check(&self) -> u64;
}

/// Records, found by their hash and numbered in the order in which they came.
pub(super) struct Table<R> {
    /// The upper half of the hash's `place` and, below it, the record's number plus one; 0 where
    /// there is none. As many as a power of two.
    places: Vec<u64>,
    records: Blocks<R>,
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

/// A table's least number of places.
const LEAST: usize = 1 << 6;

impl<R: Keyed> Table<R> {
    pub(super) fn new() -> Self {
        Self {
            places: vec![0; LEAST],
            records: Blocks::new(),
        }
    }

    /// The number of the record with such a hash, if there is one.
    #[inline]
    pub(super) fn find(&self, hash: Wide) -> Option<Number> {
        let mut at = self.home(hash.place);
        loop {
            let place = *self.places.get(at)?;
            if place == 0 {
                return None;
            }
            #[expect(clippy::cast_possible_truncation, reason = "the lower half")]
            let number = (place as u32).wrapping_sub(1);
            if place >> 32 == hash.place >> 32
                && self
                    .get(number)
                    .is_some_and(|record| record.check() == hash.check)
            {
                return Some(number);
            }
            at = (at + 1) & (self.places.len() - 1);
        }
    }

    /// Adds a record that is not there yet, and gives its number.
    pub(super) fn add(&mut self, hash: Wide, record: R) -> Number {
        // At most five places of eight are taken, so a search ends after three or four.
        if (self.len() + 1) * 8 > self.places.len() * 5 {
            self.grow();
        }
        let number = self.records.push(record);
        self.put((hash.place >> 32) << 32 | (u64::from(number) + 1));
        number
    }

    /// Where the search for a hash begins: by its uppermost bits, which a place keeps.
    #[inline]
    fn home(&self, place: u64) -> usize {
        let bits = self.places.len().trailing_zeros();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "as many bits as there are places"
        )]
        let home = (place >> (64 - bits)) as usize;
        home
    }

    fn put(&mut self, place: u64) {
        let mut at = self.home(place);
        let last = self.places.len() - 1;
        while let Some(taken) = self.places.get_mut(at) {
            if *taken == 0 {
                *taken = place;
                return;
            }
            at = (at + 1) & last;
        }
    }

    fn grow(&mut self) {
        let doubled = vec![0; self.places.len() * 2];
        for place in std::mem::replace(&mut self.places, doubled) {
            if place != 0 {
                self.put(place);
            }
        }
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
