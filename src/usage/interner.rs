//! The interner: every distinct text of a fold once, under a small number.
//!
//! It does not know which of its texts are still needed; [`Interner::retained`] is told.

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

/// What a text takes beside its bytes: its span, and its slot in the index.
const SPAN: usize = size_of::<TextSpan>() + 16;

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

    /// Some bytes more or less than what the texts take.
    pub(super) fn size(&self) -> usize {
        self.text.len() + self.spans.len() * SPAN
    }

    /// How much of that is taken by the texts whose symbols are `live`.
    pub(super) fn live_size(&self, live: &[bool]) -> usize {
        let spans = self.spans.iter().zip(live);
        let live = spans.filter(|(_, live)| **live);
        live.map(|(span, _)| span.end - span.start + SPAN).sum()
    }

    /// An interner with the texts whose symbols are `live`, and their symbols there, by the old ones.
    pub(super) fn retained(&self, live: &[bool]) -> (Self, Vec<Symbol>) {
        let mut retained = Self::new(self.seed);
        let symbols = self.texts().zip(live).map(|(text, live)| {
            if *live {
                retained.intern(text)
            } else {
                Self::EMPTY
            }
        });
        let symbols = symbols.collect();
        (retained, symbols)
    }

    /// How many texts there are.
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// All texts, in the order of their symbols.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.spans
            .iter()
            .filter_map(|span| self.text.get(span.start..span.end))
    }
}
