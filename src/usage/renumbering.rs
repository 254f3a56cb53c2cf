//! From the numbers of one fold to those of the fold that it is merged into.

use super::interner::Symbol;

/// The new numbers of the symbols and the log files of a fold that is merged into another.
#[derive(Clone, Copy)]
pub(super) struct Renumbering<'a> {
    /// The new symbols, by the old ones.
    pub(super) symbols: &'a [Symbol],
    /// How many log files come before those of the merged fold.
    pub(super) log_files: u32,
}

impl Renumbering<'_> {
    pub(super) fn symbol(self, symbol: Symbol) -> Symbol {
        let new = self.symbols.get(symbol as usize).copied();
        new.unwrap_or_default()
    }

    pub(super) fn log_file(self, log_file: u32) -> u32 {
        log_file + self.log_files
    }
}
