//! Bitmaps of the structure of a window of text: a bit a byte for quotes and brackets, and the
//! positions of the quotes in a list.
//!
//! They follow the grammar of `structure`, 64 bytes at a time. The instructions are chosen when the
//! program runs: AVX-512, AVX2, or those of portable code.
#![expect(
    unsafe_code,
    reason = "calls for detected instructions, and checked UTF-8; each has its argument"
)]

mod block;
mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::fmt::Debug;
use std::ops::Range;

use block::{BLOCK_SIZE, Escapes, Structurals};
pub(super) use block::{POSITIONS, Quote};

/// The most bytes of a window. The highest position is in none, and the text and the bitmaps of one
/// fit together into a processor's nearest cache.
pub(super) const WINDOW_SIZE: usize = POSITIONS - BLOCK_SIZE;

/// The blocks of a window, and an empty one after them.
const BLOCKS: usize = WINDOW_SIZE / BLOCK_SIZE + 1;

/// The bytes of a block, in the type of positions.
const BLOCK_STEP: u16 = 64;

/// A quote for each byte, and room for those written at once.
const QUOTES: usize = WINDOW_SIZE + 2 * BLOCK_SIZE;

/// The structure of a window of text that begins outside strings.
pub(super) struct Bitmaps {
    /// By block; an empty one follows the last.
    blocks: Box<[BlockBits; BLOCKS]>,
    /// The number of blocks that are filled.
    block_count: usize,
    /// The positions of consecutive blocks with bytes that are not ASCII.
    non_ascii: Vec<Range<usize>>,
    /// The quotes in order, and [`Quote::NONE`] after them.
    quotes: Box<[Quote; QUOTES]>,
    instructions: InstructionSet,
}

/// The bits of a block, side by side because they are read together.
#[derive(Clone, Copy, Debug, Default)]
struct BlockBits {
    /// Quotes that open or close a string.
    quotes: u64,
    /// Opening brackets outside strings.
    opens: u64,
    /// Closing brackets outside strings.
    closes: u64,
    /// The number of quotes before the block.
    rank: u32,
}

/// The instructions to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InstructionSet {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl InstructionSet {
    fn best() -> Self {
        Self::detect().into_iter().next().unwrap_or(Self::Portable)
    }

    /// All that this machine has, the best first.
    fn detect() -> Vec<Self> {
        let mut sets = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let has_avx2 = is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("pclmulqdq")
                && is_x86_feature_detected!("popcnt")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("lzcnt");
            if has_avx2
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512vbmi2")
            {
                sets.push(Self::Avx512);
            }
            if has_avx2 {
                sets.push(Self::Avx2);
            }
        }
        sets.push(Self::Portable);
        sets
    }
}

/// An array on the heap, made without a copy of it on the stack.
pub(super) fn boxed_array<T: Clone + Debug, const N: usize>(value: T) -> Box<[T; N]> {
    let boxed = vec![value; N].into_boxed_slice().try_into();
    boxed.expect("a slice as long as the array")
}

/// Work to be compiled for the detected instructions.
pub(super) trait WithTargetFeatures<T> {
    /// Does the work. It has to be inlined with all that it calls, so that it is compiled for the
    /// instructions of its caller.
    fn run(self) -> T;
}

/// What one block passes on to the next.
#[derive(Clone, Copy, Default)]
struct Carry {
    /// 1 when the block ended in a backslash that escapes.
    escaped: u64,
    /// All ones when the block ended inside a string.
    in_string: u64,
    /// Whether there has been a backslash since the last quote.
    backslash: bool,
}

impl Default for Bitmaps {
    fn default() -> Self {
        Self::new(InstructionSet::best())
    }
}

impl Bitmaps {
    fn new(instructions: InstructionSet) -> Self {
        Self {
            blocks: boxed_array(BlockBits::default()),
            block_count: 0,
            non_ascii: Vec::new(),
            quotes: boxed_array(Quote::NONE),
            instructions,
        }
    }

    /// Fills the bitmaps from at most [`WINDOW_SIZE`] bytes of the text, and returns as much of
    /// these as is well-formed UTF-8.
    pub(super) fn fill<'t>(&mut self, text: &'t [u8]) -> &'t str {
        let text = text.get(..WINDOW_SIZE).unwrap_or(text);
        match self.instructions {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `InstructionSet::detect` has found the instructions on this machine.
            InstructionSet::Avx512 => unsafe { self.fill_avx512(text) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `InstructionSet::detect` has found the instructions on this machine.
            InstructionSet::Avx2 => unsafe { self.fill_avx2(text) },
            InstructionSet::Portable => self.fill_blocks(
                text,
                portable::structurals,
                portable::escapes,
                portable::prefix_xor,
                portable::write_quotes,
            ),
        }
        let text = text.get(..self.utf8_length(text)).unwrap_or_default();
        // SAFETY: `utf8_length` has checked that this part is well-formed.
        unsafe { std::str::from_utf8_unchecked(text) }
    }

    /// How many bytes of the text are well-formed UTF-8.
    ///
    /// No character spans a byte of ASCII, so each run of blocks that are not all ASCII can be
    /// checked by itself.
    fn utf8_length(&self, text: &[u8]) -> usize {
        for run in &self.non_ascii {
            let bytes = text.get(run.start..run.end.min(text.len()));
            if let Err(error) = simdutf8::compat::from_utf8(bytes.unwrap_or_default()) {
                return run.start + error.valid_up_to();
            }
        }
        text.len()
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,pclmulqdq,popcnt")]
    fn fill_avx512(&mut self, text: &[u8]) {
        self.fill_blocks(
            text,
            |block| x86::structurals_avx512(block),
            |block| x86::escapes_avx512(block),
            |bits| x86::prefix_xor(bits),
            |bits, base, out| x86::write_quotes(bits, base, out),
        );
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,pclmulqdq,bmi1,popcnt")]
    fn fill_avx2(&mut self, text: &[u8]) {
        self.fill_blocks(
            text,
            |block| x86::structurals_avx2(block),
            |block| x86::escapes_avx2(block),
            |bits| x86::prefix_xor(bits),
            portable::write_quotes,
        );
    }

    /// Fills the bitmaps block by block; the last block is padded with spaces.
    #[inline(always)]
    fn fill_blocks(
        &mut self,
        text: &[u8],
        structurals: impl Fn(&[u8; BLOCK_SIZE]) -> Structurals,
        escapes: impl Fn(&[u8; BLOCK_SIZE]) -> Escapes,
        prefix_xor: impl Fn(u64) -> u64,
        write_quotes: impl Fn(u64, u16, &mut [Quote; BLOCK_SIZE]),
    ) {
        let mut carry = Carry::default();
        let (blocks, rest) = text.as_chunks::<BLOCK_SIZE>();
        let mut last = [b' '; BLOCK_SIZE];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        let last = if rest.is_empty() {
            &[][..]
        } else {
            std::slice::from_ref(&last)
        };
        let (mut base, mut count) = (0_u16, 0_u32);
        self.block_count = 0;
        self.non_ascii.clear();
        // Two loops, because a chained iterator has a branch for each block.
        for blocks in [blocks, last] {
            let filled = self.blocks.get_mut(self.block_count..).unwrap_or_default();
            for (block, filled) in blocks.iter().zip(filled) {
                let room = self.quotes.get_mut(count as usize..);
                let Some(room) = room.and_then(<[Quote]>::first_chunk_mut) else {
                    break;
                };
                let structurals = structurals(block);
                let mut fill = |escaped: u64| {
                    let quotes = structurals.quotes & !escaped;
                    let in_string = prefix_xor(quotes) ^ carry.in_string;
                    carry.in_string = 0_u64.wrapping_sub(in_string >> 63);
                    let outside = !(in_string | escaped);
                    *filled = BlockBits {
                        quotes,
                        opens: structurals.opens & outside,
                        closes: structurals.closes & outside,
                        rank: count,
                    };
                    write_quotes(quotes, base, room);
                    quotes
                };
                // Most blocks have neither backslashes nor bytes that are not ASCII.
                let quotes = if !structurals.has_escapes && !carry.backslash {
                    fill(0)
                } else {
                    let escapes = escapes(block);
                    let quotes = fill(find_escaped(escapes.backslashes, &mut carry.escaped));
                    // Added to ones, a backslash carries up to the next quote.
                    let sum;
                    (sum, carry.backslash) =
                        escapes.backslashes.carrying_add(!quotes, carry.backslash);
                    mark_backslashes(quotes, sum & quotes, room);
                    if escapes.non_ascii != 0 {
                        let start = usize::from(base);
                        match self.non_ascii.last_mut() {
                            Some(run) if run.end == start => run.end += BLOCK_SIZE,
                            _ => self.non_ascii.push(start..start + BLOCK_SIZE),
                        }
                    }
                    quotes
                };
                count += quotes.count_ones();
                base = base.wrapping_add(BLOCK_STEP);
            }
            self.block_count += blocks.len();
        }
        for quote in self.quotes.iter_mut().skip(count as usize).take(4) {
            *quote = Quote::NONE;
        }
        if let Some(end) = self.blocks.get_mut(self.block_count) {
            *end = BlockBits {
                rank: count,
                ..BlockBits::default()
            };
        }
    }

    /// Does work that is compiled for the detected instructions.
    #[inline]
    pub(super) fn run<T>(&self, work: impl WithTargetFeatures<T>) -> T {
        match self.instructions {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `InstructionSet::detect` has found the instructions on this machine.
            InstructionSet::Avx512 | InstructionSet::Avx2 => unsafe { run_with_avx2(work) },
            InstructionSet::Portable => work.run(),
        }
    }

    /// The number of quotes before `position`.
    #[inline(always)]
    pub(super) fn rank(&self, position: usize) -> usize {
        let (block, bit) = (position / BLOCK_SIZE, position % BLOCK_SIZE);
        self.blocks.get(block).map_or(0, |block| {
            (block.rank + (block.quotes & !(!0 << bit)).count_ones()) as usize
        })
    }

    /// The quote of this rank and the next three, with [`Quote::NONE`] after the last.
    #[inline(always)]
    pub(super) fn next_quotes(&self, rank: usize) -> [Quote; 4] {
        let quotes = self
            .quotes
            .get(rank..rank + 4)
            .and_then(<[Quote]>::first_chunk);
        quotes.copied().unwrap_or([Quote::NONE; 4])
    }

    /// The first quote at or after `position`.
    #[inline(always)]
    pub(super) fn next_quote(&self, position: usize) -> Option<Quote> {
        let [quote, ..] = self.next_quotes(self.rank(position));
        (quote != Quote::NONE).then_some(quote)
    }

    /// The position of the close that matches the bracket just before `position`.
    #[inline(always)]
    pub(super) fn matching_close(&self, position: usize) -> Option<usize> {
        let mut blocks = self
            .blocks
            .get(position / BLOCK_SIZE..self.block_count)?
            .iter();
        let mut start = position - position % BLOCK_SIZE;
        let first = blocks.next()?;
        let mask = !0 << (position % BLOCK_SIZE);
        let (mut opens, mut closes) = (first.opens & mask, first.closes & mask);
        let mut depth = 1;
        loop {
            let close_count = closes.count_ones();
            if close_count >= depth {
                let mut ended = 0;
                while closes != 0 {
                    ended += 1;
                    let before = (closes & closes.wrapping_neg()) - 1;
                    if depth + (opens & before).count_ones() == ended {
                        return Some(start + closes.trailing_zeros() as usize);
                    }
                    closes &= closes - 1;
                }
            }
            depth = depth + opens.count_ones() - close_count;
            (opens, closes) = blocks.next().map(|block| (block.opens, block.closes))?;
            start += BLOCK_SIZE;
        }
    }
}

/// Marks those of a block's quotes that have a backslash between the previous quote and themselves.
#[inline(always)]
fn mark_backslashes(quotes: u64, mut marked: u64, out: &mut [Quote; BLOCK_SIZE]) {
    while marked != 0 {
        let before = (marked & marked.wrapping_neg()) - 1;
        if let Some(quote) = out.get_mut((quotes & before).count_ones() as usize) {
            quote.mark_backslash();
        }
        marked &= marked - 1;
    }
}

/// Does work that is inlined here, and so compiled for these instructions.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt,bmi1,bmi2,lzcnt,avx2")]
fn run_with_avx2<T>(work: impl WithTargetFeatures<T>) -> T {
    work.run()
}

/// The bytes that a backslash escapes; `carry` is 1 when the first byte is one of them.
///
/// A run of backslashes escapes every second byte, counted from its own beginning. As in simdjson's
/// `json_escape_scanner`, one subtraction separates the runs that begin at an even position from
/// those that begin at an odd one.
#[inline(always)]
fn find_escaped(backslashes: u64, carry: &mut u64) -> u64 {
    const ODD: u64 = 0xAAAA_AAAA_AAAA_AAAA;
    let escaping = backslashes & !*carry;
    let after = escaping << 1 | ODD;
    let ends = after.wrapping_sub(escaping) ^ ODD;
    let escaped = ends ^ (backslashes | *carry);
    *carry = (ends & backslashes) >> 63;
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The positions of quotes and brackets, found byte by byte by the rules of `structure`.
    fn walk(text: &[u8]) -> [Vec<usize>; 3] {
        let (mut quotes, mut opens, mut closes) = (vec![], vec![], vec![]);
        let (mut in_string, mut escaped) = (false, false);
        for (position, &byte) in text.iter().enumerate() {
            if std::mem::take(&mut escaped) {
                continue;
            }
            match byte {
                b'\\' => escaped = true,
                b'"' => {
                    quotes.push(position);
                    in_string = !in_string;
                }
                b'{' | b'[' if !in_string => opens.push(position),
                b'}' | b']' if !in_string => closes.push(position),
                _ => {}
            }
        }
        [quotes, opens, closes]
    }

    fn positions(bitmaps: &Bitmaps, bits: impl Fn(&BlockBits) -> u64) -> Vec<usize> {
        (0..bitmaps.block_count * BLOCK_SIZE)
            .filter(|position| {
                bits(&bitmaps.blocks[position / BLOCK_SIZE]) >> (position % BLOCK_SIZE) & 1 == 1
            })
            .collect()
    }

    /// Characters of every length, and parts of characters.
    const PARTS: &[&[u8]] = &[
        "é".as_bytes(),
        "云".as_bytes(),
        "𐍈".as_bytes(),
        b"\xE4\xBA",
        b"\x91",
        b"\xF0",
        b"\xFF",
        b"",
    ];

    proptest! {
        #[test]
        fn every_instruction_set_agrees_with_a_walk_byte_by_byte(
            text in prop::collection::vec(prop::sample::select(br#""""\\\\,{}[]a 0"#.to_vec()), 0..400)
        ) {
            let expected = walk(&text);
            for instructions in InstructionSet::detect() {
                let mut bitmaps = Bitmaps::new(instructions);
                prop_assert_eq!(bitmaps.fill(&text).as_bytes(), &text[..]);
                let filled = [
                    positions(&bitmaps, |block| block.quotes),
                    positions(&bitmaps, |block| block.opens),
                    positions(&bitmaps, |block| block.closes),
                ];
                prop_assert_eq!(&filled, &expected, "{:?}", instructions);
                for position in 0..=text.len() {
                    prop_assert_eq!(bitmaps.rank(position), expected[0].iter().filter(|&&quote| quote < position).count());
                }
                for rank in 0..expected[0].len() {
                    let quotes = bitmaps.next_quotes(rank);
                    let following = expected[0][rank..].iter().copied().chain([POSITIONS - 1; 4]);
                    prop_assert!(following.take(4).eq(quotes.map(Quote::position)));
                    let after = rank.checked_sub(1).map_or(0, |before| expected[0][before] + 1);
                    let backslash = text[after..expected[0][rank]].contains(&b'\\');
                    prop_assert_eq!(quotes[0].has_backslash(), backslash);
                    prop_assert_eq!(quotes[0].is_at_without_backslash(expected[0][rank]), !backslash);
                }
                for position in 0..text.len() {
                    let next = expected[0].iter().copied().find(|&other| other >= position);
                    prop_assert_eq!(bitmaps.next_quote(position).map(Quote::position), next);
                    let mut depth = 1_i64;
                    let close = (position..text.len()).find(|other| {
                        depth += i64::from(expected[1].contains(other)) - i64::from(expected[2].contains(other));
                        depth == 0
                    });
                    prop_assert_eq!(bitmaps.matching_close(position), close);
                }
            }
        }

        #[test]
        fn only_well_formed_utf8_is_returned(
            parts in prop::collection::vec((0..1500_usize, prop::sample::select(PARTS)), 0..8)
        ) {
            let mut bitmaps = Bitmaps::default();
            let text: Vec<u8> = parts
                .iter()
                .flat_map(|&(ascii, part)| [&vec![b'a'; ascii], part].concat())
                .collect();
            let valid = match std::str::from_utf8(&text) {
                Ok(text) => text.len(),
                Err(error) => error.valid_up_to(),
            };
            prop_assert_eq!(bitmaps.fill(&text).len(), valid);
        }
    }
}
