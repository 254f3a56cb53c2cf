//! The hash of the fold: fast on short texts, and seeded.
//!
//! An archive can be hostile, so its author must not be able to predict which values collide.

use std::hash::{BuildHasher, RandomState};

/// The 256 bits that every hash of one fold starts from.
///
/// Folds that are merged have the same seed. No answer depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Seed {
    first: u64,
    second: u64,
    third: u64,
    fourth: u64,
}

/// A 128-bit hash of a text, or of several.
///
/// Texts are equal where their hashes are: tables compare at least 96 bits, and among a billion
/// distinct texts two have the same 96 with a chance of one in 10¹¹.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hash128 {
    /// The half that chooses a bucket.
    pub(super) index: u64,
    /// The half that is compared.
    pub(super) check: u64,
}

impl Hash128 {
    /// The same bits in other positions: another hash for each kind of entry under one parent.
    #[inline]
    pub(super) fn rotated(self, by: u32) -> Self {
        Self {
            index: self.index.rotate_left(by),
            check: self.check.rotate_left(by),
        }
    }
}

impl Seed {
    /// A seed of these words.
    ///
    /// They should be random, independent of each other, and secret: texts that collide can be made
    /// with them. The same words give the same hashes on every machine.
    ///
    /// ```
    /// use keytrail::usage::Seed;
    ///
    /// // Fixed words are for tests, and for archives that are trusted.
    /// let seed = Seed::new([
    ///     0x243F_6A88_85A3_08D3,
    ///     0x1319_8A2E_0370_7344,
    ///     0xA409_3822_299F_31D0,
    ///     0x082E_FA98_EC4E_6C89,
    /// ]);
    /// # let _ = seed;
    /// ```
    pub const fn new([first, second, third, fourth]: [u64; 4]) -> Self {
        Self {
            first,
            second,
            third,
            fourth,
        }
    }

    /// A seed from the randomness of the operating system, as [`RandomState`] gets it: for callers
    /// that have no reason to choose one.
    pub fn random() -> Self {
        let state = RandomState::new();
        Self::new([1_u8, 2, 3, 4].map(|number| state.hash_one(number)))
    }

    /// Hashes bytes to 128 bits, by folded multiplication of sixteen bytes at a time, twice.
    ///
    /// The length rotates the words that the hash starts from. A text can cancel a length that is
    /// mixed into it, but not a rotation of unknown words.
    #[inline]
    pub(super) fn hash128(self, bytes: &[u8]) -> Hash128 {
        let mut index = rotated(self.first, bytes);
        let mut check = rotated(self.third, bytes);
        let mut rest = bytes;
        while let Some((chunk, after)) = rest.split_first_chunk::<16>() {
            if after.is_empty() {
                break;
            }
            let (low, high) = halves(chunk);
            index = folded_multiply(low ^ self.second, high ^ index);
            check = folded_multiply(low ^ self.fourth, high ^ check);
            rest = after;
        }
        let (low, high) = tail(rest);
        Hash128 {
            index: folded_multiply(low ^ self.second, high ^ index),
            check: folded_multiply(low ^ self.fourth, high ^ check),
        }
    }

    /// Hashes bytes to 64 bits: those of [`Hash128::index`].
    #[inline]
    pub(crate) fn hash64(self, bytes: &[u8]) -> u64 {
        let mut state = rotated(self.first, bytes);
        let mut rest = bytes;
        while let Some((chunk, after)) = rest.split_first_chunk::<16>() {
            if after.is_empty() {
                break;
            }
            let (low, high) = halves(chunk);
            state = folded_multiply(low ^ self.second, high ^ state);
            rest = after;
        }
        let (low, high) = tail(rest);
        folded_multiply(low ^ self.second, high ^ state)
    }

    /// The hash of two hashes in this order.
    #[inline]
    pub(super) fn combine(self, one: Hash128, other: Hash128) -> Hash128 {
        Hash128 {
            index: folded_multiply(one.index ^ self.first, other.index ^ self.second),
            check: folded_multiply(one.check ^ self.third, other.check ^ self.fourth),
        }
    }

    /// The same for hashes of 64 bits, or words.
    #[inline]
    pub(super) fn combine64(self, one: u64, other: u64) -> u64 {
        folded_multiply(one ^ self.first, other ^ self.second)
    }
}

/// A word rotated by the length of a text.
#[inline]
fn rotated(word: u64, bytes: &[u8]) -> u64 {
    #[expect(clippy::cast_possible_truncation, reason = "rotation is modulo 64")]
    let length = bytes.len() as u32;
    word.rotate_left(length)
}

/// The halves of the 128-bit product of two words, combined by exclusive or.
#[inline]
fn folded_multiply(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
    let (low, high) = (product as u64, (product >> 64) as u64);
    low ^ high
}

#[inline]
fn halves(chunk: &[u8; 16]) -> (u64, u64) {
    let whole = u128::from_le_bytes(*chunk);
    #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
    let halves = (whole as u64, (whole >> 64) as u64);
    halves
}

/// At most sixteen bytes as two words, which overlap where there are fewer; such texts differ in
/// their lengths.
#[inline]
fn tail(rest: &[u8]) -> (u64, u64) {
    let word = |bytes: Option<&[u8; 8]>| bytes.map(|bytes| u64::from_le_bytes(*bytes));
    let half = |bytes: Option<&[u8; 4]>| bytes.map(|bytes| u64::from(u32::from_le_bytes(*bytes)));
    if let (Some(low), Some(high)) = (word(rest.first_chunk()), word(rest.last_chunk())) {
        (low, high)
    } else if let (Some(low), Some(high)) = (half(rest.first_chunk()), half(rest.last_chunk())) {
        (low, high)
    } else {
        match *rest {
            [first, .., last] => {
                let middle = rest.get(rest.len() / 2).copied().unwrap_or_default();
                (u64::from(first) | u64::from(middle) << 8, u64::from(last))
            }
            [only] => (u64::from(only), 0),
            [] => (0, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Seed;

    #[test]
    fn texts_of_every_length_and_with_any_byte_changed_have_other_hashes() {
        let seed = Seed::random();
        let (mut indexes, mut checks) = (HashSet::new(), HashSet::new());
        let mut add = |text: &[u8]| {
            let hash = seed.hash128(text);
            assert!(
                indexes.insert(hash.index) && checks.insert(hash.check),
                "{text:?}"
            );
        };
        for length in 0..70_usize {
            let text = vec![b'a'; length];
            add(&text);
            for index in 0..length {
                let mut changed = text.clone();
                changed[index] = b'b';
                add(&changed);
            }
        }
    }

    #[test]
    fn random_seeds_give_other_hashes_and_equal_seeds_the_same() {
        assert_ne!(
            Seed::random().hash128(b"LTAI"),
            Seed::random().hash128(b"LTAI")
        );
        let seed = || Seed::new([1, 2, 3, 4]);
        assert_eq!(seed().hash128(b"LTAI"), seed().hash128(b"LTAI"));
    }
}
