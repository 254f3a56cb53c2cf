//! A text that is searched before it is parsed, piece by piece.

use crate::event::{Search, begins_as_json, ends_as_json};

/// Parses a log file's text only if it can hold what is searched for.
///
/// A short text is always parsed: a search would save little, and its coverage is complete.
pub(super) struct SearchFirst<'s, P> {
    search: &'s Search,
    parse: P,
    /// Whether the text can be read again.
    is_repeatable: bool,
    /// Whether the text can hold what is searched for, and is to be parsed.
    pub(super) is_hit: bool,
    /// How much of the retained text is searched.
    searched: usize,
    /// Whether the text is retained from its beginning.
    pub(super) is_whole: bool,
}

impl<'s, P: FnMut(&[u8], bool) -> usize> SearchFirst<'s, P> {
    pub(super) fn new(search: &'s Search, is_repeatable: bool, parse: P) -> Self {
        Self {
            search,
            parse,
            is_repeatable,
            is_hit: false,
            searched: 0,
            is_whole: true,
        }
    }

    /// Takes the text that is not consumed yet; returns how much of it is consumed now, as a reader
    /// does.
    pub(super) fn take(&mut self, text: &[u8], last: bool) -> usize {
        if self.is_hit && self.is_whole {
            return (self.parse)(text, last);
        }
        let search = self.search;
        let from = self.searched.saturating_sub(search.overlap());
        let rest = text.get(from..).unwrap_or_default();
        let unusual = self.searched == 0 && !begins_as_json(text) || last && !ends_as_json(text);
        let too_long = text.len() >= RETAINED;
        self.is_hit = self.is_hit
            || unusual
            || search.may_match(rest)
            || (last && self.is_whole && text.len() < ALWAYS_PARSED)
            // A text that can be read only once has to be parsed before any of it is discarded.
            || too_long && !self.is_repeatable;
        if self.is_hit && self.is_whole {
            return (self.parse)(text, last);
        }
        self.searched = text.len();
        if !too_long || last {
            return 0;
        }
        // More is not retained: on a later hit, the file is read again.
        self.is_whole = false;
        self.searched = search.overlap();
        text.len() - search.overlap()
    }
}

/// The most text that is kept while it is searched, in bytes.
const RETAINED: usize = 2 << 20;

/// A text shorter than this, in bytes, is parsed without a search.
const ALWAYS_PARSED: usize = 64 << 10;
