//! The hash of the fold: fast on short text, and seeded at random.
//!
//! An archive can be hostile, so nobody outside the process may know which values collide. Answers
//! never depend on the seed: every table compares what it finds, and fingerprints are 64 bits wide.

use std::hash::{BuildHasher, RandomState};

/// Two random words that every hash of one scan starts from.
#[derive(Clone, Copy, Debug)]
pub struct Seed {
    first: u64,
    second: u64,
}

impl Seed {
    /// A seed from the operating system's randomness.
    pub fn random() -> Self {
        let state = RandomState::new();
        Self {
            first: state.hash_one(1_u8),
            second: state.hash_one(2_u8),
        }
    }

    /// Hashes bytes: folded multiplication of eight bytes at a time.
    pub(super) fn bytes(self, bytes: &[u8]) -> u64 {
        let mut state = self.first;
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
        state = fold(low ^ self.second, high ^ state);
        // Of its own, since mixed into the state before it could be cancelled by the text.
        fold(state ^ self.first, bytes.len() as u64 ^ self.second)
    }

    /// Hashes two words, such as a state and the next hash.
    pub(super) fn pair(self, one: u64, other: u64) -> u64 {
        fold(one ^ self.first, other ^ self.second)
    }
}

/// The 128-bit product of two words, folded to 64 bits.
fn fold(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
    let (low, high) = (product as u64, (product >> 64) as u64);
    low ^ high
}

fn halves(chunk: &[u8; 16]) -> (u64, u64) {
    let whole = u128::from_le_bytes(*chunk);
    #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
    let halves = (whole as u64, (whole >> 64) as u64);
    halves
}

/// At most sixteen bytes as two words, which overlap where there are fewer; the length tells
/// such texts apart.
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
        let mut hashes = HashSet::new();
        for length in 0..70_usize {
            let text = vec![b'a'; length];
            assert!(
                hashes.insert(seed.bytes(&text)),
                "{length} times the same letter"
            );
            for at in 0..length {
                let mut changed = text.clone();
                changed[at] = b'b';
                assert!(hashes.insert(seed.bytes(&changed)), "byte {at} of {length}");
            }
        }
    }

    #[test]
    fn differs_from_scan_to_scan() {
        assert_ne!(Seed::random().bytes(b"LTAI"), Seed::random().bytes(b"LTAI"));
    }
}
