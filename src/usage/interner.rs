//! The interner: every distinct text of a fold once, under a small number.

use super::chunked_vec::Id;
use super::hash::{Hash128, Seed};
use super::hash_index::{HashIndex, IndexedRecord};

/// The number of a text in an [`Interner`].
pub(super) type Symbol = Id;

/// Distinct texts, numbered from 0 in the order in which they came. Symbol 0 is the empty text.
pub(super) struct Interner {
    seed: Seed,
    spans: HashIndex<TextSpan>,
    /// All texts, one after the other.
    text: String,
}

/// Where a text is among all.
struct TextSpan {
    check: u64,
    start: usize,
    end: usize,
}

impl IndexedRecord for TextSpan {
    fn check(&self) -> u64 {
        self.check
    }
}

impl Interner {
    /// The symbol of the empty text.
    pub(super) const EMPTY: Symbol = 0;

    pub(super) fn new(seed: Seed) -> Self {
        let mut interner = Self {
            seed,
            spans: HashIndex::new(),
            text: String::new(),
        };
        interner.intern("");
        interner
    }

    /// The symbol of a text, which is kept if it is new.
    pub(super) fn intern(&mut self, text: &str) -> Symbol {
        self.intern_hashed(text, self.seed.hash128(text.as_bytes()))
    }

    /// The same for a text whose hash is known.
    pub(super) fn intern_hashed(&mut self, text: &str, hash: Hash128) -> Symbol {
        if let Some(symbol) = self.spans.find(hash) {
            return symbol;
        }
        let start = self.text.len();
        self.text.push_str(text);
        let span = TextSpan {
            check: hash.check,
            start,
            end: self.text.len(),
        };
        self.spans.insert(hash, span)
    }

    /// The text of a symbol.
    pub(super) fn text(&self, symbol: Symbol) -> &str {
        self.spans
            .get(symbol)
            .and_then(|span| self.text.get(span.start..span.end))
            .unwrap_or_default()
    }

    /// All texts, in the order of their symbols.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.spans
            .iter()
            .filter_map(|span| self.text.get(span.start..span.end))
    }
}
