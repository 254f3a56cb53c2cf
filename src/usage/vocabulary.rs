//! Every distinct text of a fold once, under a small number.

use super::hash::{Seed, Wide};
use super::table::{Keyed, Number, Table};

/// The number of a text in a [`Vocabulary`].
pub(super) type Word = Number;

/// Distinct texts, numbered from 0 in the order in which they came. Word 0 is the empty text.
pub(super) struct Vocabulary {
    seed: Seed,
    table: Table<Stored>,
    text: String,
}

/// Where a text stands among all.
struct Stored {
    check: u64,
    start: usize,
    end: usize,
}

impl Keyed for Stored {
    fn check(&self) -> u64 {
        self.check
    }
}

impl Vocabulary {
    /// The word of the empty text.
    pub(super) const EMPTY: Word = 0;

    pub(super) fn new(seed: Seed) -> Self {
        let mut vocabulary = Self {
            seed,
            table: Table::new(),
            text: String::new(),
        };
        vocabulary.word("");
        vocabulary
    }

    /// The number of a text, which is kept if it is new.
    pub(super) fn word(&mut self, text: &str) -> Word {
        self.hashed(text, self.seed.bytes(text.as_bytes()))
    }

    /// The number of a text whose hash is known.
    pub(super) fn hashed(&mut self, text: &str, hash: Wide) -> Word {
        let Self {
            table, text: all, ..
        } = self;
        table.find(hash).unwrap_or_else(|| {
            let start = all.len();
            all.push_str(text);
            table.add(
                hash,
                Stored {
                    check: hash.check,
                    start,
                    end: all.len(),
                },
            )
        })
    }

    /// The text of a number.
    pub(super) fn text(&self, word: Word) -> &str {
        self.table
            .get(word)
            .and_then(|stored| self.text.get(stored.start..stored.end))
            .unwrap_or_default()
    }

    /// All texts, in the order of their numbers.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.table
            .iter()
            .filter_map(|stored| self.text.get(stored.start..stored.end))
    }
}
