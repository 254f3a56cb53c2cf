//! A window of text with its bitmaps, and access to a position in it. Leaves out what a record is.
//!
//! Positions count from the beginning of the window.

use std::cell::Cell;

use super::bitmaps::{Bitmaps, POSITIONS, Quote};
use super::string::unescape;
use super::structure::is_whitespace;

/// The most bytes that are loaded at once.
pub(super) const MAX_LOAD: usize = 32;

/// The bytes of a window and padding, so that a load at any position is in bounds.
pub(super) type PaddedBytes = [u8; POSITIONS + MAX_LOAD];

/// Why a record was not parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bail {
    /// The window ends before the record.
    NeedMoreText,
    /// The record has something that this parser does not support.
    Unsupported,
}

/// Where a value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ValueSpan {
    pub(super) start: u16,
    /// The quote after it.
    pub(super) end: Quote,
}

impl ValueSpan {
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "positions in a window have 15 bits"
    )]
    pub(super) fn new(start: usize, end: Quote) -> Self {
        Self {
            start: start as u16,
            end,
        }
    }
}

/// A window of text.
#[derive(Clone, Copy)]
pub(super) struct TextWindow<'m, 't> {
    pub(super) bitmaps: &'m Bitmaps,
    pub(super) text: &'t str,
    pub(super) padded: &'m PaddedBytes,
    /// Set when a wanted value has escapes.
    pub(super) has_escapes: &'m Cell<bool>,
}

impl<'t> TextWindow<'_, 't> {
    #[inline(always)]
    pub(super) fn byte(&self, position: usize) -> Result<u8, Bail> {
        self.text
            .as_bytes()
            .get(position)
            .copied()
            .ok_or(Bail::NeedMoreText)
    }

    /// The byte at a position, or one of the padding at the position after the last.
    #[inline(always)]
    pub(super) fn byte_or_padding(&self, position: usize) -> u8 {
        self.padded.get(position).copied().unwrap_or_default()
    }

    /// `N` bytes from a position on. They have no meaning where the position is not in the window.
    #[inline(always)]
    pub(super) fn load<const N: usize>(&self, position: usize) -> [u8; N] {
        const { assert!(N <= MAX_LOAD) };
        let position = position % POSITIONS;
        let bytes = self
            .padded
            .get(position..position + N)
            .and_then(<[u8]>::first_chunk);
        bytes.copied().unwrap_or([0; N])
    }

    /// Why a parser has to stop at a position.
    #[cold]
    pub(super) fn bail_reason(&self, position: usize) -> Bail {
        if position < self.text.len() {
            Bail::Unsupported
        } else {
            Bail::NeedMoreText
        }
    }

    /// The position and the first byte of the next token at or after `position`.
    #[inline(always)]
    pub(super) fn token(&self, mut position: usize) -> Result<(usize, u8), Bail> {
        let mut byte = self.byte(position)?;
        while is_whitespace(byte) {
            position += 1;
            byte = self.byte(position)?;
        }
        Ok((position, byte))
    }

    /// The content of a string between its quotes, with its escapes.
    #[inline(always)]
    pub(super) fn string(&self, open: usize, close: Quote) -> Result<&'t str, Bail> {
        let content = self
            .text
            .get(open + 1..close.position())
            .ok_or(Bail::NeedMoreText)?;
        if close.has_backslash() {
            // An invalid escape makes the record invalid, even if a later member replaces the value.
            unescape(content).ok_or(Bail::Unsupported)?;
            self.has_escapes.set(true);
        }
        Ok(content)
    }

    /// The position after `null`; no other value is supported.
    pub(super) fn null(&self, position: usize) -> Result<usize, Bail> {
        match self.text.as_bytes().get(position..position + 4) {
            Some(b"null") => Ok(position + 4),
            Some(_) => Err(Bail::Unsupported),
            None => Err(Bail::NeedMoreText),
        }
    }
}
