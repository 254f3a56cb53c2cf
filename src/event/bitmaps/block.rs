//! The bits of one block of 64 bytes and its quotes, for all sets of instructions.

/// The bytes of a block: one for each bit of a `u64`.
pub(super) const BLOCK_SIZE: usize = 64;

/// The number of positions that fit into a [`Quote`] beside its flag.
pub(crate) const POSITIONS: usize = 1 << 15;

/// A quote, by its position in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Quote(u16);

impl Quote {
    /// Set where a backslash stands between the previous quote and this one.
    const BACKSLASH: u16 = 1 << 15;

    /// Follows the last quote. Its position is in no window.
    pub(super) const NONE: Self = Self(u16::MAX);

    #[inline(always)]
    pub(super) fn new(position: u16) -> Self {
        Self(position)
    }

    #[inline(always)]
    pub(super) fn mark_backslash(&mut self) {
        self.0 |= Self::BACKSLASH;
    }

    #[inline(always)]
    pub(crate) fn position(self) -> usize {
        usize::from(self.0 & !Self::BACKSLASH)
    }

    /// Whether a backslash stands between the previous quote and this one. Where this quote closes
    /// a string, the string has escapes.
    #[inline(always)]
    pub(crate) fn has_backslash(self) -> bool {
        self.0 & Self::BACKSLASH != 0
    }

    /// Both conditions in one comparison.
    #[inline(always)]
    pub(crate) fn is_at_without_backslash(self, position: usize) -> bool {
        usize::from(self.0) == position
    }
}

/// The structural characters of a block, inside and outside strings: a bit a byte.
#[derive(Clone, Copy)]
pub(super) struct Structurals {
    pub(super) quotes: u64,
    /// `{` and `[`.
    pub(super) opens: u64,
    /// `}` and `]`.
    pub(super) closes: u64,
    /// Whether the block's [`Escapes`] are not all zero.
    pub(super) has_escapes: bool,
}

/// The bytes of a block that few blocks have: a bit a byte.
#[derive(Clone, Copy)]
pub(super) struct Escapes {
    pub(super) backslashes: u64,
    pub(super) non_ascii: u64,
}
