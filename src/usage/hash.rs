//! The hash of the fold: fast on short text, and seeded at random.
//!
//! An archive can be hostile, so nobody outside the process may know which values collide.

use std::hash::{BuildHasher, RandomState};

/// The 256 bits that every hash of one fold starts from.
///
/// What is merged has one seed. Nothing that is handed out depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Seed {
    first: u64,
    second: u64,
    third: u64,
    fourth: u64,
}

/// 128 bits that stand for a text, or for several.
///
/// Two texts have the same by chance once in 2¹²⁸ pairs: an archive with a billion distinct texts
/// has such a pair with a chance of one in 10²⁰. So they are taken for the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wide {
    /// The half that finds a place in a table.
    pub(super) place: u64,
    /// The half that is compared there.
    pub(super) check: u64,
}

impl Wide {
    /// The same bits at other places: a hash of its own for each use of a group.
    #[inline]
    pub(super) fn turned(self, by: u32) -> Self {
        Self {
            place: self.place.rotate_left(by),
            check: self.check.rotate_left(by),
        }
    }
}

impl Seed {
    /// A seed of these words.
    ///
    /// They should be random, independent of each other, and not known to whoever writes an archive
    /// that is read: texts that collide can be made by those who know them. The same words give the
    /// same hashes on every machine.
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

    /// Hashes bytes: folded multiplication of sixteen bytes at a time, twice over.
    ///
    /// The length turns the words that it starts from: mixed into the text it could be cancelled by
    /// it, but nobody can cancel a turn of words that he does not know.
    #[inline]
    pub(super) fn bytes(self, bytes: &[u8]) -> Wide {
        let (mut place, mut check) = (turned(self.first, bytes), turned(self.third, bytes));
        let mut rest = bytes;
        while let Some((chunk, after)) = rest.split_first_chunk::<16>() {
            if after.is_empty() {
                break;
            }
            let (low, high) = halves(chunk);
            place = fold(low ^ self.second, high ^ place);
            check = fold(low ^ self.fourth, high ^ check);
            rest = after;
        }
        let (low, high) = tail(rest);
        Wide {
            place: fold(low ^ self.second, high ^ place),
            check: fold(low ^ self.fourth, high ^ check),
        }
    }

    /// Hashes bytes to 64 bits only.
    #[inline]
    pub(super) fn narrow(self, bytes: &[u8]) -> u64 {
        let mut state = turned(self.first, bytes);
        let mut rest = bytes;
        while let Some((chunk, after)) = rest.split_first_chunk::<16>() {
            if after.is_empty() {
                break;
            }
            let (low, high) = halves(chunk);
            state = fold(low ^ self.second, high ^ state);
            rest = after;
        }
        let (low, high) = tail(rest);
        fold(low ^ self.second, high ^ state)
    }

    /// Joins two hashes; their order counts.
    #[inline]
    pub(super) fn join(self, one: Wide, other: Wide) -> Wide {
        Wide {
            place: fold(one.place ^ self.first, other.place ^ self.second),
            check: fold(one.check ^ self.third, other.check ^ self.fourth),
        }
    }

    /// Joins a hash and a word; their order counts.
    #[inline]
    pub(super) fn join_word(self, one: u64, other: u64) -> u64 {
        fold(one ^ self.first, other ^ self.second)
    }
}

/// A word turned by the length of a text.
#[inline]
fn turned(word: u64, bytes: &[u8]) -> u64 {
    #[expect(clippy::cast_possible_truncation, reason = "64 turns are none")]
    let length = bytes.len() as u32;
    word.rotate_left(length)
}

/// The 128-bit product of two words, folded to 64 bits.
#[inline]
fn fold(one: u64, other: u64) -> u64 {
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

/// At most sixteen bytes as two words, which overlap where there are fewer; the length tells
/// such texts apart.
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
    fn tells_apart_texts_of_every_length_and_every_changed_byte() {
        let seed = Seed::random();
        let (mut places, mut checks) = (HashSet::new(), HashSet::new());
        let mut add = |text: &[u8]| {
            let hash = seed.bytes(text);
            assert!(
                places.insert(hash.place) && checks.insert(hash.check),
                "{text:?}"
            );
        };
        for length in 0..70_usize {
            let text = vec![b'a'; length];
            add(&text);
            for at in 0..length {
                let mut changed = text.clone();
                changed[at] = b'b';
                add(&changed);
            }
        }
    }

    #[test]
    fn random_seeds_give_other_hashes_and_equal_seeds_the_same() {
        assert_ne!(Seed::random().bytes(b"LTAI"), Seed::random().bytes(b"LTAI"));
        let seed = || Seed::new([1, 2, 3, 4]);
        assert_eq!(seed().bytes(b"LTAI"), seed().bytes(b"LTAI"));
    }
}
