//! Every distinct text of a fold once, under a small number.

use hashbrown::HashTable;

use super::hash::Seed;

/// The number of a text in a [`Vocabulary`].
pub(super) type Word = u32;

/// Distinct texts, numbered from 0 in the order in which they came. Word 0 is the empty text.
pub(super) struct Vocabulary {
    seed: Seed,
    table: HashTable<Word>,
    /// Where each text ends in `text`; it begins where the one before ends.
    ends: Vec<u64>,
    text: String,
}

impl Vocabulary {
    /// The word of the empty text.
    pub(super) const EMPTY: Word = 0;

    pub(super) fn new(seed: Seed) -> Self {
        let mut vocabulary = Self {
            seed,
            table: HashTable::new(),
            ends: Vec::new(),
            text: String::new(),
        };
        vocabulary.word("");
        vocabulary
    }

    /// The number of a text, which is kept if it is new.
    pub(super) fn word(&mut self, text: &str) -> Word {
        let Self {
            seed,
            table,
            ends,
            text: all,
        } = self;
        let hash = |text: &str| seed.bytes(text.as_bytes()).place;
        if let Some(&word) = table.find(hash(text), |&word| get(all, ends, word) == text) {
            return word;
        }
        let word =
            Word::try_from(ends.len()).expect("fewer than 2³² distinct texts fit into memory");
        all.push_str(text);
        ends.push(all.len() as u64);
        table.insert_unique(hash(text), word, |&word| hash(get(all, ends, word)));
        word
    }

    /// The text of a number.
    pub(super) fn text(&self, word: Word) -> &str {
        get(&self.text, &self.ends, word)
    }

    /// All texts, in the order of their numbers.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).filter_map(|word| Some(self.text(Word::try_from(word).ok()?)))
    }
}

fn get<'t>(all: &'t str, ends: &[u64], word: Word) -> &'t str {
    let word = word as usize;
    let end = ends.get(word).copied().unwrap_or_default();
    let start = word
        .checked_sub(1)
        .and_then(|before| ends.get(before))
        .copied()
        .unwrap_or_default();
    usize::try_from(start)
        .ok()
        .zip(usize::try_from(end).ok())
        .and_then(|(start, end)| all.get(start..end))
        .unwrap_or_default()
}
