//! Decode tables: from code lengths to entries of 32 bits.
//!
//! A table is indexed by the next few bits of the stream. An entry has all that the decoder needs of
//! the symbol there, in 32 bits. Codes longer than the main part of a table continue in a subtable
//! behind it. Left out: streams and buffers.
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
//! Where the bits of one look-up hold a literal and the symbol after it, the entry has both. In log
//! files few literals stand between two matches, so the branch between them is mispredicted half of
//! the time; entries of two symbols halve the number of branches.
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
/// Set where an entry is neither literal nor length nor distance.
pub(super) const EXCEPTION: u32 = 1 << 14;
/// Set, with `EXCEPTION`, where the code goes on in a subtable.
pub(super) const SUBTABLE: u32 = 1 << 13;
/// Set, with `EXCEPTION`, where the symbol ends the block.
pub(super) const END: u32 = 1 << 12;

/// Bits the main table of literals and lengths is indexed by.
///
/// With eleven bits it takes 8 KiB of the first-level cache, and longer codes are rare by
/// construction.
pub(super) const LITLEN_BITS: u32 = 11;
/// Bits the main table of distances is indexed by.
const DISTANCE_BITS: u32 = 8;
/// Bits the table of the code that codes the code lengths is indexed by; no such code is longer.
const PRECODE_BITS: u32 = 7;

/// The most bits a code may have (RFC 1951, section 3.2.7).
const MAX_BITS: usize = 15;
/// More symbols than any of the three alphabets has.
const MAX_SYMBOLS: usize = 288;

/// Room for literals and lengths.
///
/// 286 symbols of at most 15 bits need at most 2,342 entries with an 11-bit main table; with a power
/// of two a mask replaces the bounds check.
const LITLEN_SIZE: usize = 4096;
/// Room for distances: 30 symbols need at most 402 entries with an 8-bit main table.
const DISTANCE_SIZE: usize = 512;
/// Room for the code lengths' own code, which needs no subtables.
const PRECODE_SIZE: usize = 128;

/// The entry of a bit pattern without a symbol; one bit is enough to recognize it.
const INVALID: u32 = EXCEPTION | 1 << 8 | 1;

/// A set of code lengths describes no usable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InvalidCode;

/// The decode tables of a block.
#[derive(Debug, Clone)]
pub(super) struct CodeTables {
    pub(super) litlen: LitlenTable,
    pub(super) distance: DistanceTable,
    pub(super) precode: PrecodeTable,
    /// The length of each literal's code.
    pub(super) literal_bits: [u8; 256],
}

impl CodeTables {
    pub(super) fn new() -> Self {
        Self {
            litlen: LitlenTable::with_pairs(),
            distance: DistanceTable::new(),
            precode: PrecodeTable::new(),
            literal_bits: [0; 256],
        }
    }

    pub(super) fn set_literal_bits(&mut self, lengths: &[u8]) {
        for (place, &length) in self.literal_bits.iter_mut().zip(lengths) {
            *place = length;
        }
    }
}

/// A decode table of `SIZE` entries, a power of two, whose main part is indexed by `ROOT` bits.
#[derive(Debug, Clone)]
pub(super) struct DecodeTable<const ROOT: u32, const SIZE: usize> {
    entries: [u32; SIZE],
    /// What entries of two symbols are made from, in a table that has such entries.
    pairs: Option<Box<SymbolPairs>>,
}

/// Literals and lengths.
type LitlenTable = DecodeTable<LITLEN_BITS, LITLEN_SIZE>;
/// Distances.
type DistanceTable = DecodeTable<DISTANCE_BITS, DISTANCE_SIZE>;
/// The code that codes the code lengths.
type PrecodeTable = DecodeTable<PRECODE_BITS, PRECODE_SIZE>;

impl LitlenTable {
    /// A table without any symbol, in which a literal and the symbol after it can share an entry.
    fn with_pairs() -> Self {
        Self {
            pairs: Some(Box::new(SymbolPairs::new())),
            ..Self::new()
        }
    }
}

impl<const ROOT: u32, const SIZE: usize> DecodeTable<ROOT, SIZE> {
    /// A table without any symbol.
    const fn new() -> Self {
        Self {
            entries: [INVALID; SIZE],
            pairs: None,
        }
    }

    /// The entry of the main table for the next bits of the stream.
    #[inline(always)]
    pub(super) fn main(&self, bits: u64) -> u32 {
        self.entry(bits as usize & ((1 << ROOT) - 1))
    }

    /// The entry of the subtable that `pointer`, found by `main`, points to.
    #[inline(always)]
    pub(super) fn sub(&self, pointer: u32, bits: u64) -> u32 {
        let index = (bits >> ROOT) as usize & ((1 << (pointer >> 8 & 15)) - 1);
        self.entry((pointer >> 16) as usize + index)
    }

    /// The entry at an index; the mask changes no valid index and spares the bounds check.
    #[inline(always)]
    fn entry(&self, index: usize) -> u32 {
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
    /// The entries come without the bits of the code, which are added here. `may_be_sparse` allows
    /// what zlib allows for literals and distances: a single code of one bit. A code without any
    /// symbol is valid; to use it is the error.
    pub(super) fn build(
        &mut self,
        lengths: &[u8],
        symbols: &[u32],
        may_be_sparse: bool,
    ) -> Result<(), InvalidCode> {
        let mut counts = [0_u16; MAX_BITS + 1];
        for &length in lengths {
            if let Some(count) = counts.get_mut(usize::from(length)) {
                *count += 1;
            }
        }
        counts[0] = 0;
        let Some(longest) = counts.iter().rposition(|&count| count != 0) else {
            // zlib gives such a code two codes of one bit, which mean symbol zero where they are not
            // an error.
            let entry = if may_be_sparse { INVALID } else { 1 << 8 | 1 };
            self.entries
                .iter_mut()
                .take(1 << ROOT)
                .for_each(|place| *place = entry);
            return Ok(());
        };

        // With each bit the code space that is left doubles; a complete code leaves none.
        let mut left = 1_i32;
        let mut start = 0;
        let mut starts = [0_u16; MAX_BITS + 2];
        for (length, &count) in counts.iter().enumerate().skip(1) {
            left = (left << 1) - i32::from(count);
            if left < 0 {
                return Err(InvalidCode);
            }
            if let Some(place) = starts.get_mut(length) {
                *place = start;
            }
            start += count;
        }
        if left > 0 {
            if !may_be_sparse || longest != 1 {
                return Err(InvalidCode);
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

    /// Writes the entries, given in canonical order.
    ///
    /// The main table starts as one for codes of one bit and is doubled from length to length, so
    /// each code is written once. `code` is the next code with its first bit lowest, as in the
    /// stream.
    fn fill(
        &mut self,
        counts: &mut [u16; MAX_BITS + 1],
        order: &[u32; MAX_SYMBOLS],
        is_sparse: bool,
    ) {
        let mut pairs = self.pairs.take();
        if let Some(pairs) = &mut pairs {
            pairs.clear();
        }
        let mut code = 0;
        let mut done = 0;
        for length in 1..=ROOT {
            let size = 1_usize << length;
            // The codes of this length overwrite their half of the copies.
            if length > 1 {
                self.entries.copy_within(..size / 2, size / 2);
            }
            let count = counts.get(length as usize).copied().unwrap_or(0);
            let end = done + usize::from(count);
            for &entry in order.get(done..end).unwrap_or_default() {
                self.set(code, entry);
                if let Some(pairs) = &mut pairs {
                    pairs.add(code, entry);
                }
                code = next_code(code, length);
            }
            done = end;
            if is_sparse && length == 1 {
                self.set(1, INVALID);
            }
            if let Some(pairs) = &mut pairs {
                pairs.end_length(length);
                self.set_pairs(length, pairs);
            }
        }
        self.pairs = pairs;
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
    /// They overwrite entries of the literal alone.
    fn set_pairs(&mut self, total: u32, pairs: &SymbolPairs) {
        for length in 1..total {
            let seconds = pairs.seconds.of_length(total - length);
            if seconds.is_empty() {
                continue;
            }
            for first in pairs.firsts.of_length(length) {
                for second in seconds {
                    // The fields of both entries add up to those of the pair.
                    let index = usize::from(first.code) | usize::from(second.code) << length;
                    self.set(index, first.entry + second.entry);
                }
            }
        }
    }
}

/// What entries of two symbols are made from: literals as the first, all symbols as the second.
#[derive(Debug, Clone)]
struct SymbolPairs {
    firsts: HalfEntries,
    seconds: HalfEntries,
}

/// Halves of entries of two symbols, in canonical order.
#[derive(Debug, Clone)]
struct HalfEntries {
    list: [HalfEntry; MAX_SYMBOLS],
    count: usize,
    /// For each length of code, where those of the next length begin.
    ends: [usize; LITLEN_BITS as usize + 1],
}

#[derive(Debug, Clone, Copy)]
struct HalfEntry {
    entry: u32,
    code: u16,
}

impl SymbolPairs {
    fn new() -> Self {
        let half = || HalfEntries {
            list: [HalfEntry { entry: 0, code: 0 }; MAX_SYMBOLS],
            count: 0,
            ends: [0; LITLEN_BITS as usize + 1],
        };
        Self {
            firsts: half(),
            seconds: half(),
        }
    }

    /// Removes all entries. The ends are written again before they are read.
    fn clear(&mut self) {
        self.firsts.count = 0;
        self.seconds.count = 0;
    }

    fn add(&mut self, code: usize, entry: u32) {
        if entry & LITERAL != 0 {
            // Whether the pair holds nothing but literals depends on the second one.
            self.firsts.add(code, entry & !LITERAL);
            let literal = entry & 0x00ff_0000;
            self.seconds.add(code, entry - literal + (literal << 8));
        } else if entry & EXCEPTION == 0 {
            self.seconds.add(code, entry);
        }
    }

    fn end_length(&mut self, length: u32) {
        for half in [&mut self.firsts, &mut self.seconds] {
            if let Some(end) = half.ends.get_mut(length as usize) {
                *end = half.count;
            }
        }
    }
}

impl HalfEntries {
    fn add(&mut self, code: usize, entry: u32) {
        if let Some(slot) = self.list.get_mut(self.count) {
            *slot = HalfEntry {
                entry,
                code: code as u16,
            };
            self.count += 1;
        }
    }

    fn of_length(&self, length: u32) -> &[HalfEntry] {
        let length = length as usize;
        match (self.ends.get(length - 1), self.ends.get(length)) {
            (Some(&start), Some(&end)) => self.list.get(start..end).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// The value of the extra bits of an entry; `word` begins with the entry's code.
#[inline(always)]
pub(super) fn extra(entry: u32, word: u64) -> usize {
    let with_code = word & ((1 << (entry & 63)) - 1);
    (with_code >> (entry >> 8 & 15)) as usize
}

/// Adds the length of a symbol's code to its entry.
fn with_code(symbol: u32, length: u32) -> u32 {
    symbol + (length << 8 | length)
}

/// The code after `code` among those of one length, first bit lowest; after the last one, itself.
fn next_code(code: usize, length: u32) -> usize {
    let clear = !code & ((1 << length) - 1);
    match clear.checked_ilog2() {
        // Codes count up from their last bit, which is the highest here: the highest clear bit is set
        // and those above it are cleared.
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
    // The two symbols after 285 have codes in the fixed code, but no meaning.
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
