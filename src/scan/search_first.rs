//! A text that is searched before it is parsed, piece by piece.

use crate::event::{Search, begins_as_json, ends_as_json};

/// A log file's text that is parsed only if it can hold what is searched for.
///
/// A short text is always parsed: there is little to gain, and its coverage is complete.
pub(super) struct SearchFirst<'s, P> {
    search: &'s Search,
    parse: P,
    /// Whether the text can be read again.
    again: bool,
    /// Whether the text can hold it, and is parsed.
    pub(super) found: bool,
    /// How much of the text at hand is searched.
    searched: usize,
    /// Whether the text at hand begins where the file's does.
    pub(super) whole: bool,
}

impl<'s, P: FnMut(&[u8], bool) -> usize> SearchFirst<'s, P> {
    pub(super) fn new(search: &'s Search, again: bool, parse: P) -> Self {
        Self {
            search,
            parse,
            again,
            found: false,
            searched: 0,
            whole: true,
        }
    }

    /// Takes the text that is not done with, and says how much of it is, as a reader does.
    pub(super) fn take(&mut self, text: &[u8], last: bool) -> usize {
        if self.found && self.whole {
            return (self.parse)(text, last);
        }
        let search = self.search;
        let from = self.searched.saturating_sub(search.overlap());
        let rest = text.get(from..).unwrap_or_default();
        let strange = self.searched == 0 && !begins_as_json(text) || last && !ends_as_json(text);
        let too_long = text.len() >= RETAINED;
        self.found = self.found
            || strange
            || search.may_match(rest)
            || (last && self.whole && text.len() < ALWAYS_PARSED)
            // What passes by only once has to be parsed while it is there.
            || too_long && !self.again;
        if self.found && self.whole {
            return (self.parse)(text, last);
        }
        self.searched = text.len();
        if !too_long || last {
            return 0;
        }
        // Too much to keep: if the key turns up later on, the file is read again.
        self.whole = false;
        self.searched = search.overlap();
        text.len() - search.overlap()
    }
}

/// The most text that is kept while it is searched.
const RETAINED: usize = 2 << 20;

/// A text shorter than this is parsed without a search.
const ALWAYS_PARSED: usize = 64 << 10;
