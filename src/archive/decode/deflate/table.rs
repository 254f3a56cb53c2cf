//! Decode tables: from code lengths to packed entries.
//!
//! A table answers one look-up of the next few bits of the stream with everything the decoder has
//! to know about the symbol found there, packed in 32 bits.
//! Codes longer than the main part of a table continue in a subtable behind it.
//! This file knows nothing of streams and buffers.
//!
//! Layout of an entry, from the lowest bit:
//!
//! | bits  | literals, or literal and length | distance             | subtable                    |
//! |-------|---------------------------------|----------------------|-----------------------------|
//! | 0–7   | bits to consume                 | the same             | bits of the main table      |
//! | 8–11  | how many of them are codes      | the same             | bits of the subtable        |
//! | 12–13 | how many literals               | zero                 | `SUBTABLE`                  |
//! | 14–15 | `LITERAL` where no length is    | none                 | `EXCEPTION`                 |
//! | 16–23 | the first literal               | base value           | index of the subtable       |
//! | 24–31 | the second, or length less 3    | its higher bits      | its higher bits             |
//!
//! Further exceptions are the end of a block (`END`) and bit patterns without a symbol (neither
//! `END` nor `SUBTABLE`).
//!
//! Where the bits of one look-up show a literal and the symbol behind it, the entry holds both.
//! In log files most matches are parted by few literals, and a branch that tells one from the other
//! is a coin toss; two symbols at once halve the tosses.
#![expect(
    clippy::cast_possible_truncation,
    reason = "symbols, codes and lengths are small numbers"
)]
#![expect(
    clippy::inline_always,
    reason = "a look-up is a few instructions of the fast loop"
)]

/// Set where an entry holds literals and nothing else.
pub(super) const LITERAL: u32 = 1 << 15;
/// Set where an entry is none of literal, length and distance.
pub(super) const EXCEPTION: u32 = 1 << 14;
/// Set, with `EXCEPTION`, where the code goes on in a subtable.
pub(super) const SUBTABLE: u32 = 1 << 13;
/// Set, with `EXCEPTION`, where the symbol ends the block.
pub(super) const END: u32 = 1 << 12;

/// Bits the main table of literals and lengths is indexed by.
///
/// Eleven bits keep it in 8 KiB of the first-level cache, and longer codes are rare by
/// construction.
pub(super) const LITLEN_BITS: u32 = 11;
/// Bits the main table of distances is indexed by.
pub(super) const DISTANCE_BITS: u32 = 8;
/// Bits the table of the code that codes the code lengths is indexed by; no such code is longer.
pub(super) const PRECODE_BITS: u32 = 7;

/// The most bits a code may have (RFC 1951, section 3.2.7).
const MAX_BITS: usize = 15;
/// More symbols than any of the three alphabets has.
const MAX_SYMBOLS: usize = 288;

/// Room for literals and lengths.
///
/// 286 symbols of at most 15 bits need at most 2,342 entries behind an 11-bit main table; the power
/// of two lets a mask take the place of a bounds check.
const LITLEN_SIZE: usize = 4096;
/// Room for distances: 30 symbols behind an 8-bit main table need at most 402 entries.
const DISTANCE_SIZE: usize = 512;
/// Room for the code lengths' own code, which needs no subtables.
const PRECODE_SIZE: usize = 128;

/// A bit pattern that stands for no symbol; one bit is enough to know it.
const INVALID: u32 = EXCEPTION | 1 << 8 | 1;

/// Why a set of code lengths describes no usable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadCode;

/// A decode table of `SIZE` entries, a power of two, whose main part is indexed by `ROOT` bits.
#[derive(Debug, Clone)]
pub(super) struct Table<const ROOT: u32, const SIZE: usize> {
    entries: [u32; SIZE],
    /// What joins symbols, where two of them may share an entry.
    joiner: Option<Box<Joiner>>,
}

/// The table of literals and lengths.
pub(super) type LitlenTable = Table<LITLEN_BITS, LITLEN_SIZE>;
/// The table of distances.
pub(super) type DistanceTable = Table<DISTANCE_BITS, DISTANCE_SIZE>;
/// The table of the code that codes the code lengths.
pub(super) type PrecodeTable = Table<PRECODE_BITS, PRECODE_SIZE>;

impl LitlenTable {
    /// A table without any symbol, which joins a literal and the symbol behind it.
    pub(super) fn joining() -> Self {
        Self {
            joiner: Some(Box::new(Joiner::new())),
            ..Self::new()
        }
    }
}

impl<const ROOT: u32, const SIZE: usize> Table<ROOT, SIZE> {
    /// A table without any symbol.
    pub(super) const fn new() -> Self {
        Self {
            entries: [INVALID; SIZE],
            joiner: None,
        }
    }

    /// The entry of the main table for the next bits of the stream.
    #[inline(always)]
    pub(super) fn main(&self, bits: u64) -> u32 {
        self.at(bits as usize & ((1 << ROOT) - 1))
    }

    /// The entry of the subtable that `pointer`, found by `main`, points to.
    #[inline(always)]
    pub(super) fn sub(&self, pointer: u32, bits: u64) -> u32 {
        let index = (bits >> ROOT) as usize & ((1 << (pointer >> 8 & 15)) - 1);
        self.at((pointer >> 16) as usize + index)
    }

    /// The entry at an index; the mask never changes a right index and spares the bounds check.
    #[inline(always)]
    fn at(&self, index: usize) -> u32 {
        self.entries
            .get(index & (SIZE - 1))
            .copied()
            .unwrap_or(INVALID)
    }

    fn set(&mut self, index: usize, entry: u32) {
        if let Some(place) = self.entries.get_mut(index & (SIZE - 1)) {
            *place = entry;
        }
    }

    /// Builds the table from the code length of each symbol and the entry each symbol stands for.
    ///
    /// The entries come without the bits of the code, which are added here.
    /// `may_be_sparse` allows what zlib allows for literals and distances: a single code of one
    /// bit.
    /// A code without any symbol is allowed too; using it is the error.
    pub(super) fn build(
        &mut self,
        lengths: &[u8],
        symbols: &[u32],
        may_be_sparse: bool,
    ) -> Result<(), BadCode> {
        let mut counts = [0_u16; MAX_BITS + 1];
        for &length in lengths {
            if let Some(count) = counts.get_mut(usize::from(length)) {
                *count += 1;
            }
        }
        counts[0] = 0;
        let Some(longest) = counts.iter().rposition(|&count| count != 0) else {
            // zlib gives such a code one-bit codes that, where no fault can be told, mean the
            // symbol zero.
            let entry = if may_be_sparse { INVALID } else { 1 << 8 | 1 };
            self.entries
                .iter_mut()
                .take(1 << ROOT)
                .for_each(|place| *place = entry);
            return Ok(());
        };

        // Each length halves what is left of the code space; a complete code leaves nothing.
        let mut left = 1_i32;
        let mut start = 0;
        let mut starts = [0_u16; MAX_BITS + 2];
        for (length, &count) in counts.iter().enumerate().skip(1) {
            left = (left << 1) - i32::from(count);
            if left < 0 {
                return Err(BadCode);
            }
            if let Some(place) = starts.get_mut(length) {
                *place = start;
            }
            start += count;
        }
        if left > 0 {
            if !may_be_sparse || longest != 1 {
                return Err(BadCode);
            }
            self.entries
                .iter_mut()
                .take(1 << ROOT)
                .for_each(|place| *place = INVALID);
        }

        // The canonical order of the codes: by length, then by symbol.
        let mut order = [0_u32; MAX_SYMBOLS];
        for (&length, &symbol) in lengths.iter().zip(symbols) {
            if length == 0 {
                continue;
            }
            if let Some(place) = starts.get_mut(usize::from(length)) {
                if let Some(slot) = order.get_mut(usize::from(*place)) {
                    *slot = with_code(symbol, u32::from(length));
                }
                *place += 1;
            }
        }

        self.fill(&mut counts, &order, left > 0);
        Ok(())
    }

    /// Writes the entries, given in canonical order, to their places.
    ///
    /// The main table starts as one for one-bit codes and is doubled from length to length, so each
    /// code of it is written once.
    /// `code` is the next code with its first bit lowest, as the stream has it.
    fn fill(
        &mut self,
        counts: &mut [u16; MAX_BITS + 1],
        order: &[u32; MAX_SYMBOLS],
        is_sparse: bool,
    ) {
        let mut joiner = self.joiner.take();
        if let Some(joiner) = &mut joiner {
            joiner.clear();
        }
        let mut code = 0;
        let mut done = 0;
        for length in 1..=ROOT {
            let size = 1_usize << length;
            // What the doubling brings is overwritten where codes of this length follow.
            if length > 1 {
                self.entries.copy_within(..size / 2, size / 2);
            }
            let count = counts.get(length as usize).copied().unwrap_or(0);
            let end = done + usize::from(count);
            for &entry in order.get(done..end).unwrap_or_default() {
                self.set(code, entry);
                if let Some(joiner) = &mut joiner {
                    joiner.add(code, entry);
                }
                code = next_code(code, length);
            }
            done = end;
            if is_sparse && length == 1 {
                self.set(1, INVALID);
            }
            if let Some(joiner) = &mut joiner {
                joiner.end_length(length);
                self.join(length, joiner);
            }
        }
        self.joiner = joiner;
        let mut rest = order.get(done..).unwrap_or_default().iter();

        let mut end = 1_usize << ROOT;
        let mut prefix = usize::MAX;
        let (mut sub_start, mut sub_bits) = (0, 0);
        for length in ROOT + 1..=MAX_BITS as u32 {
            while let Some(count) = counts.get_mut(length as usize).filter(|count| **count != 0) {
                *count -= 1;
                let Some(&entry) = rest.next() else { return };
                if code & ((1 << ROOT) - 1) != prefix {
                    prefix = code & ((1 << ROOT) - 1);
                    sub_start = end;
                    sub_bits = length - ROOT;
                    // The subtable grows until the codes still to come fill it.
                    let mut filled = 1 + usize::from(*count);
                    while filled < 1 << sub_bits {
                        sub_bits += 1;
                        let longer = counts.get((ROOT + sub_bits) as usize).copied().unwrap_or(0);
                        filled = (filled << 1) + usize::from(longer);
                    }
                    end = sub_start + (1 << sub_bits);
                    self.set(
                        prefix,
                        EXCEPTION | SUBTABLE | (sub_start as u32) << 16 | sub_bits << 8 | ROOT,
                    );
                }
                let mut index = code >> ROOT;
                while index < 1 << sub_bits {
                    self.set(sub_start + index, entry);
                    index += 1 << (length - ROOT);
                }
                code = next_code(code, length);
            }
        }
    }

    /// Writes the entries of a literal and a second symbol whose codes have `total` bits together.
    ///
    /// They take the places where the literal alone would be found.
    fn join(&mut self, total: u32, joiner: &Joiner) {
        for length in 1..total {
            let seconds = joiner.seconds.of_length(total - length);
            if seconds.is_empty() {
                continue;
            }
            for first in joiner.firsts.of_length(length) {
                for second in seconds {
                    // The fields are numbers that add up.
                    let index = usize::from(first.code) | usize::from(second.code) << length;
                    self.set(index, first.entry + second.entry);
                }
            }
        }
    }
}

/// What entries of two symbols are made of: the literals as first and all symbols as second ones.
#[derive(Debug, Clone)]
struct Joiner {
    firsts: Parts,
    seconds: Parts,
}

/// Halves of joined entries, in canonical order.
#[derive(Debug, Clone)]
struct Parts {
    list: [Part; MAX_SYMBOLS],
    count: usize,
    /// For each length of code, where the parts of the next length begin.
    ends: [usize; LITLEN_BITS as usize + 1],
}

/// Half of a joined entry.
#[derive(Debug, Clone, Copy)]
struct Part {
    entry: u32,
    code: u16,
}

impl Joiner {
    fn new() -> Self {
        let parts = || Parts {
            list: [Part { entry: 0, code: 0 }; MAX_SYMBOLS],
            count: 0,
            ends: [0; LITLEN_BITS as usize + 1],
        };
        Self {
            firsts: parts(),
            seconds: parts(),
        }
    }

    /// Forgets the parts. The ends are written anew before they are asked for.
    fn clear(&mut self) {
        self.firsts.count = 0;
        self.seconds.count = 0;
    }

    fn add(&mut self, code: usize, entry: u32) {
        if entry & LITERAL != 0 {
            // Whether there is nothing but literals is for the second one to say.
            self.firsts.add(code, entry & !LITERAL);
            let literal = entry & 0x00ff_0000;
            self.seconds.add(code, entry - literal + (literal << 8));
        } else if entry & EXCEPTION == 0 {
            self.seconds.add(code, entry);
        }
    }

    fn end_length(&mut self, length: u32) {
        for parts in [&mut self.firsts, &mut self.seconds] {
            if let Some(end) = parts.ends.get_mut(length as usize) {
                *end = parts.count;
            }
        }
    }
}

impl Parts {
    fn add(&mut self, code: usize, entry: u32) {
        if let Some(part) = self.list.get_mut(self.count) {
            *part = Part {
                entry,
                code: code as u16,
            };
            self.count += 1;
        }
    }

    fn of_length(&self, length: u32) -> &[Part] {
        let length = length as usize;
        match (self.ends.get(length - 1), self.ends.get(length)) {
            (Some(&start), Some(&end)) => self.list.get(start..end).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// Adds the bits of a symbol's code to its entry.
fn with_code(symbol: u32, length: u32) -> u32 {
    symbol + (length << 8 | length)
}

/// The code after `code` among those of one length, first bit lowest; the last code stays what it
/// is.
fn next_code(code: usize, length: u32) -> usize {
    let clear = !code & ((1 << length) - 1);
    match clear.checked_ilog2() {
        // Counting up from the far end: the highest clear bit becomes set and those above it clear.
        Some(bit) => code & ((1 << bit) - 1) | 1 << bit,
        None => code,
    }
}

/// The entries of literals, end of block and lengths, by symbol.
pub(super) const LITLEN_SYMBOLS: [u32; 288] = litlen_symbols();
/// The entries of distances, by symbol.
pub(super) const DISTANCE_SYMBOLS: [u32; 32] = distance_symbols();
/// The entries of the code lengths' own code, by symbol; the value is the symbol.
pub(super) const PRECODE_SYMBOLS: [u32; 19] = precode_symbols();

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated at compile time, where a wrong index is a compile error"
)]
const fn litlen_symbols() -> [u32; 288] {
    // The two symbols after 285 have codes in the fixed code but stand for nothing.
    let mut symbols = [EXCEPTION; 288];
    let mut symbol = 0;
    while symbol < 256 {
        symbols[symbol] = LITERAL | (symbol as u32) << 16 | 1 << 12;
        symbol += 1;
    }
    symbols[256] = EXCEPTION | END;
    // Eight lengths without extra bits, then four symbols for each number of extra bits.
    let mut base = 3;
    symbol = 257;
    while symbol < 285 {
        let extra = if symbol < 265 {
            0
        } else {
            (symbol as u32 - 261) / 4
        };
        symbols[symbol] = (base - 3) << 24 | extra;
        base += 1 << extra;
        symbol += 1;
    }
    symbols[285] = (258 - 3) << 24;
    symbols
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated at compile time, where a wrong index is a compile error"
)]
const fn distance_symbols() -> [u32; 32] {
    let mut symbols = [EXCEPTION; 32];
    let mut base = 1;
    let mut symbol = 0;
    while symbol < 30 {
        let extra = if symbol < 4 {
            0
        } else {
            (symbol as u32 - 2) / 2
        };
        symbols[symbol] = base << 16 | extra;
        base += 1 << extra;
        symbol += 1;
    }
    symbols
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated at compile time, where a wrong index is a compile error"
)]
const fn precode_symbols() -> [u32; 19] {
    let mut symbols = [0; 19];
    let mut symbol = 0;
    while symbol < 19 {
        symbols[symbol] = (symbol as u32) << 16;
        symbol += 1;
    }
    symbols
}
