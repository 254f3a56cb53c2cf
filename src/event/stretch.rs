//! A mapped stretch of text, and what can be asked of a place in it.
//!
//! Places count from the beginning of the stretch. The ways through a record are `plain`'s and
//! `careful`'s.

use std::cell::Cell;

use super::bitmaps::{Bitmaps, PLACES, Quote};
use super::string::decode;
use super::structure::is_space;

/// How many bytes are looked at together, at most.
pub(super) const LOOK: usize = 32;

/// A stretch with room behind it, so that no look at a place in it goes wrong.
pub(super) type Window = [u8; PLACES + LOOK];

/// Why a way through a record ended before the record's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The stretch ended.
    Overrun,
    /// Something is not as this way takes it.
    Unforeseen,
}

/// Where a value stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u16,
    /// The quote behind it.
    pub(super) end: Quote,
}

impl Span {
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "places in a stretch, which fit"
    )]
    pub(super) fn of(start: usize, end: Quote) -> Self {
        Self {
            start: start as u16,
            end,
        }
    }
}

/// A mapped stretch.
#[derive(Clone, Copy)]
pub(super) struct Stretch<'m, 't> {
    pub(super) maps: &'m Bitmaps,
    pub(super) text: &'t str,
    /// The bytes of the text, and others behind them.
    pub(super) window: &'m Window,
    /// Set when a value that is taken has escapes.
    pub(super) escaped: &'m Cell<bool>,
}

impl<'t> Stretch<'_, 't> {
    /// The byte at a place.
    #[inline(always)]
    pub(super) fn byte(&self, at: usize) -> Result<u8, Stop> {
        self.text.as_bytes().get(at).copied().ok_or(Stop::Overrun)
    }

    /// The byte at a place of the stretch, or at the one behind its last.
    #[inline(always)]
    pub(super) fn look(&self, at: usize) -> u8 {
        self.window.get(at).copied().unwrap_or_default()
    }

    /// `N` bytes from a place of the stretch on; from no place, any.
    #[inline(always)]
    pub(super) fn some<const N: usize>(&self, at: usize) -> [u8; N] {
        const { assert!(N <= LOOK) };
        let at = at % PLACES;
        let bytes = self.window.get(at..at + N).and_then(<[u8]>::first_chunk);
        bytes.copied().unwrap_or([0; N])
    }

    /// Why there is nothing to be had at a place.
    #[cold]
    pub(super) fn why(&self, at: usize) -> Stop {
        if at < self.text.len() {
            Stop::Unforeseen
        } else {
            Stop::Overrun
        }
    }

    /// The first place at or after `at` that holds no white space, and the byte there.
    #[inline(always)]
    pub(super) fn token(&self, mut at: usize) -> Result<(usize, u8), Stop> {
        let mut byte = self.byte(at)?;
        while is_space(byte) {
            at += 1;
            byte = self.byte(at)?;
        }
        Ok((at, byte))
    }

    /// What stands between two quotes, escapes and all.
    #[inline(always)]
    pub(super) fn between(&self, open: usize, close: Quote) -> Result<&'t str, Stop> {
        let value = self.text.get(open + 1..close.at()).ok_or(Stop::Overrun)?;
        if close.has_slash() {
            // Looked at even if a later member takes the value's place: it makes the record broken.
            decode(value).ok_or(Stop::Unforeseen)?;
            self.escaped.set(true);
        }
        Ok(value)
    }

    /// The place after `null`; any other value is unforeseen.
    pub(super) fn null(&self, at: usize) -> Result<usize, Stop> {
        match self.text.as_bytes().get(at..at + 4) {
            Some(b"null") => Ok(at + 4),
            Some(_) => Err(Stop::Unforeseen),
            None => Err(Stop::Overrun),
        }
    }
}
