//! Bitmaps of the structure of a stretch of text: a bit a byte for quotes and brackets,
//! and the quotes in a list.
//!
//! The same rules as `structure`, for 64 bytes at a time. The instructions are chosen when the
//! program runs: AVX-512, AVX2, or what a compiler makes of plain code, which are vectors where all
//! machines of a kind have them, such as NEON. This is the one module of `event` with
//! `unsafe` in it: to call what has been compiled for instructions that were found to be there, to
//! load vectors from arrays of their size, and to take text for UTF-8 that was seen to be so.
#![expect(
    unsafe_code,
    reason = "the instructions of the machine; each use has its argument"
)]

use std::fmt::Debug;
use std::ops::Range;

/// Places that 15 bits can tell.
pub(super) const PLACES: usize = 1 << 15;

/// How many bytes a stretch has at most: so many that the highest place is in none. Text and
/// bitmaps of one fit the nearest cache together.
pub(super) const STRETCH: usize = PLACES - BLOCK;

/// Bytes of a word of a bitmap.
const BLOCK: usize = 64;

/// One more than is filled, for what stands behind the last.
const WORDS: usize = STRETCH / BLOCK + 1;

/// The bytes of a word, as a place.
const STEP: u16 = 64;

/// A quote for each byte, and room behind them for what a block writes at once.
const QUOTES: usize = STRETCH + 2 * BLOCK;

/// A quote, by its place in the stretch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub(super) struct Quote(u16);

impl Quote {
    /// Set where a backslash stands between the quote before and this one.
    const SLASH: u16 = 1 << 15;

    /// What stands in place of a quote behind the last one: at the highest place.
    const NONE: Self = Self(u16::MAX);

    /// Its place.
    #[inline(always)]
    pub(super) fn at(self) -> usize {
        usize::from(self.0 & !Self::SLASH)
    }

    /// Whether it is at a place, and no backslash before it.
    #[inline(always)]
    pub(super) fn is_plainly_at(self, at: usize) -> bool {
        usize::from(self.0) == at
    }

    /// Whether a backslash stands between the quote before and this one.
    #[inline(always)]
    pub(super) fn has_slash(self) -> bool {
        self.0 & Self::SLASH != 0
    }
}

/// What is where in a stretch of text that begins outside strings.
pub(super) struct Bitmaps {
    /// A word for each block of the text, and an empty one behind them.
    maps: Box<[Word; WORDS]>,
    /// How many words are filled.
    words: usize,
    /// The runs of blocks that have bytes which are not ASCII.
    high: Vec<Range<usize>>,
    /// The quotes, one after another, and behind them [`Quote::NONE`].
    quotes: Box<[Quote; QUOTES]>,
    level: Level,
}

/// The bits of a block, each map's next to the others': they are looked at together.
#[derive(Clone, Copy, Debug, Default)]
struct Word {
    /// Quotes that begin or end a string.
    quotes: u64,
    /// Opening brackets outside strings.
    opens: u64,
    /// Closing brackets outside strings.
    closes: u64,
    /// How many quotes stand before the block.
    rank: u32,
}

/// The instructions to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Plain,
}

impl Level {
    fn best() -> Self {
        Self::all().into_iter().next().unwrap_or(Self::Plain)
    }

    /// All that this machine has, the best first.
    fn all() -> Vec<Self> {
        let mut levels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let bits = is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("pclmulqdq")
                && is_x86_feature_detected!("popcnt")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("lzcnt");
            if bits
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512vbmi2")
            {
                levels.push(Self::Avx512);
            }
            if bits {
                levels.push(Self::Avx2);
            }
        }
        levels.push(Self::Plain);
        levels
    }
}

/// An array that is too large for the stack.
pub(super) fn boxed<T: Clone + Debug, const N: usize>(one: T) -> Box<[T; N]> {
    let boxed = vec![one; N].into_boxed_slice().try_into();
    boxed.expect("as many as the array has")
}

/// Work that is done in a loop over bitmaps, and gains from instructions for bits.
pub(super) trait Job {
    /// What it gives.
    type Answer;

    /// Does it; to be inlined, with all that it calls.
    fn run(self) -> Self::Answer;
}

/// Where 64 bytes have which characters, before strings are told from the rest.
#[derive(Clone, Copy)]
struct Raw {
    quotes: u64,
    opens: u64,
    closes: u64,
    /// Whether there are backslashes or bytes that are not ASCII.
    has_rare: bool,
}

/// Where 64 bytes have what few blocks have.
#[derive(Clone, Copy)]
struct Rare {
    slashes: u64,
    /// Bytes that are not ASCII.
    high: u64,
}

/// What goes on from one block to the next.
#[derive(Clone, Copy, Default)]
struct Carry {
    /// 1 when the block before ends in a backslash that escapes.
    escaped: u64,
    /// All ones when the block before ends in a string.
    in_string: u64,
    /// Whether there has been a backslash since the last quote.
    slash: bool,
}

impl Default for Bitmaps {
    fn default() -> Self {
        Self::with(Level::best())
    }
}

impl Bitmaps {
    fn with(level: Level) -> Self {
        Self {
            maps: boxed(Word::default()),
            quotes: boxed(Quote::NONE),
            high: Vec::new(),
            words: 0,
            level,
        }
    }

    /// Maps the text, of which at most [`STRETCH`] bytes are looked at, and gives back as much of
    /// it as is mapped and well-formed UTF-8.
    pub(super) fn map<'t>(&mut self, text: &'t [u8]) -> &'t str {
        let text = text.get(..STRETCH).unwrap_or(text);
        match self.level {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Level::all` has found the instructions on this machine.
            Level::Avx512 => unsafe { self.map_avx512(text) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Level::all` has found the instructions on this machine.
            Level::Avx2 => unsafe { self.map_avx2(text) },
            Level::Plain => self.map_blocks(
                text,
                plain::raw,
                plain::rare,
                plain::prefix_xor,
                plain::places,
            ),
        }
        let text = text.get(..self.well_formed(text)).unwrap_or_default();
        // SAFETY: `well_formed` has found that so much of it is.
        unsafe { std::str::from_utf8_unchecked(text) }
    }

    /// How much of the mapped text is well-formed UTF-8.
    ///
    /// No character reaches over a byte of ASCII, so it is enough to look at each run of blocks
    /// that are not all ASCII by itself.
    fn well_formed(&self, text: &[u8]) -> usize {
        for run in &self.high {
            let bytes = text.get(run.start..run.end.min(text.len()));
            if let Err(error) = simdutf8::compat::from_utf8(bytes.unwrap_or_default()) {
                return run.start + error.valid_up_to();
            }
        }
        text.len()
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,pclmulqdq,popcnt")]
    fn map_avx512(&mut self, text: &[u8]) {
        self.map_blocks(
            text,
            |block| x86::raw_avx512(block),
            |block| x86::rare_avx512(block),
            |bits| x86::prefix_xor(bits),
            |bits, base, out| x86::places(bits, base, out),
        );
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,pclmulqdq,bmi1,popcnt")]
    fn map_avx2(&mut self, text: &[u8]) {
        self.map_blocks(
            text,
            |block| x86::raw_avx2(block),
            |block| x86::rare_avx2(block),
            |bits| x86::prefix_xor(bits),
            plain::places,
        );
    }

    /// Fills the bitmaps block by block; what the last block lacks counts as white space.
    #[inline(always)]
    fn map_blocks(
        &mut self,
        text: &[u8],
        raw: impl Fn(&[u8; BLOCK]) -> Raw,
        rare: impl Fn(&[u8; BLOCK]) -> Rare,
        prefix_xor: impl Fn(u64) -> u64,
        places: impl Fn(u64, u16, &mut [Quote; BLOCK]),
    ) {
        let mut carry = Carry::default();
        let (blocks, rest) = text.as_chunks::<BLOCK>();
        let mut last = [b' '; BLOCK];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        let last = if rest.is_empty() {
            &[][..]
        } else {
            std::slice::from_ref(&last)
        };
        let (mut base, mut count) = (0_u16, 0_u32);
        self.words = 0;
        self.high.clear();
        // Whole blocks by themselves: a loop over both kinds in a chain asks each time which it is at.
        for blocks in [blocks, last] {
            let words = self.maps.get_mut(self.words..).unwrap_or_default();
            for (block, word) in blocks.iter().zip(words) {
                let room = self.quotes.get_mut(count as usize..);
                let Some(room) = room.and_then(<[Quote]>::first_chunk_mut) else {
                    break;
                };
                let raw = raw(block);
                let mut fill = |escaped: u64| {
                    let quotes = raw.quotes & !escaped;
                    let in_string = prefix_xor(quotes) ^ carry.in_string;
                    carry.in_string = 0_u64.wrapping_sub(in_string >> 63);
                    let outside = !(in_string | escaped);
                    *word = Word {
                        quotes,
                        opens: raw.opens & outside,
                        closes: raw.closes & outside,
                        rank: count,
                    };
                    places(quotes, base, room);
                    quotes
                };
                // Nearly always there is nothing to be done but this.
                let quotes = if !raw.has_rare && !carry.slash {
                    fill(0)
                } else {
                    let rare = rare(block);
                    let quotes = fill(escaped(rare.slashes, &mut carry.escaped));
                    // Added to ones, a backslash carries up to the next quote.
                    let sum;
                    (sum, carry.slash) = rare.slashes.carrying_add(!quotes, carry.slash);
                    mark(quotes, sum & quotes, room);
                    if rare.high != 0 {
                        let start = usize::from(base);
                        match self.high.last_mut() {
                            Some(run) if run.end == start => run.end += BLOCK,
                            _ => self.high.push(start..start + BLOCK),
                        }
                    }
                    quotes
                };
                count += quotes.count_ones();
                base = base.wrapping_add(STEP);
            }
            self.words += blocks.len();
        }
        for quote in self.quotes.iter_mut().skip(count as usize).take(4) {
            *quote = Quote::NONE;
        }
        if let Some(end) = self.maps.get_mut(self.words) {
            *end = Word {
                rank: count,
                ..Word::default()
            };
        }
    }

    /// Does a job with the instructions for bits that the machine has.
    #[inline]
    pub(super) fn run<J: Job>(&self, job: J) -> J::Answer {
        match self.level {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Level::all` has found the instructions on this machine.
            Level::Avx512 | Level::Avx2 => unsafe { run_with_bits(job) },
            Level::Plain => job.run(),
        }
    }

    /// How many quotes stand before `at`.
    #[inline(always)]
    pub(super) fn rank(&self, at: usize) -> usize {
        let (word, bit) = (at / BLOCK, at % BLOCK);
        self.maps.get(word).map_or(0, |word| {
            (word.rank + (word.quotes & !(!0 << bit)).count_ones()) as usize
        })
    }

    /// Four quotes from the one of such a rank on; beyond the last one there is [`Quote::NONE`].
    #[inline(always)]
    pub(super) fn four(&self, rank: usize) -> [Quote; 4] {
        let four = self
            .quotes
            .get(rank..rank + 4)
            .and_then(<[Quote]>::first_chunk);
        four.copied().unwrap_or([Quote::NONE; 4])
    }

    /// The first quote at or after `at`.
    #[inline(always)]
    pub(super) fn quote(&self, at: usize) -> Option<Quote> {
        let [quote, ..] = self.four(self.rank(at));
        (quote != Quote::NONE).then_some(quote)
    }

    /// The close that ends what is opened just before `at`.
    #[inline(always)]
    pub(super) fn close(&self, at: usize) -> Option<usize> {
        let mut words = self.maps.get(at / BLOCK..self.words)?.iter();
        let mut start = at - at % BLOCK;
        let first = words.next()?;
        let mask = !0 << (at % BLOCK);
        let (mut opens, mut closes) = (first.opens & mask, first.closes & mask);
        let mut depth = 1;
        loop {
            let count = closes.count_ones();
            if count >= depth {
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
            depth = depth + opens.count_ones() - count;
            (opens, closes) = words.next().map(|word| (word.opens, word.closes))?;
            start += BLOCK;
        }
    }
}

/// Marks those of a block's quotes that follow a backslash.
#[inline(always)]
fn mark(quotes: u64, mut slashed: u64, places: &mut [Quote; BLOCK]) {
    while slashed != 0 {
        let before = (slashed & slashed.wrapping_neg()) - 1;
        if let Some(quote) = places.get_mut((quotes & before).count_ones() as usize) {
            quote.0 |= Quote::SLASH;
        }
        slashed &= slashed - 1;
    }
}

/// Does a job that is inlined here, and so compiled for these instructions.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt,bmi1,bmi2,lzcnt,avx2")]
fn run_with_bits<J: Job>(job: J) -> J::Answer {
    job.run()
}

/// The bytes that a backslash before them escapes; `carry` is 1 when the first byte is one of them.
///
/// Runs of backslashes are told by their first one standing at an even or an odd place: a run's
/// sum with a bit at its beginning carries out at its end.
#[inline(always)]
fn escaped(slashes: u64, carry: &mut u64) -> u64 {
    const ODD: u64 = 0xAAAA_AAAA_AAAA_AAAA;
    let escaping = slashes & !*carry;
    let after = escaping << 1 | ODD;
    let ends = after.wrapping_sub(escaping) ^ ODD;
    let escaped = ends ^ (slashes | *carry);
    *carry = (ends & slashes) >> 63;
    escaped
}

mod plain {
    use super::{BLOCK, Quote, Rare, Raw};

    pub(super) fn raw(block: &[u8; BLOCK]) -> Raw {
        Raw {
            quotes: bits(block, |byte| byte == b'"'),
            opens: bits(block, |byte| byte == b'{' || byte == b'['),
            closes: bits(block, |byte| byte == b'}' || byte == b']'),
            has_rare: block
                .iter()
                .fold(0, |all, &byte| all | u8::from(byte == b'\\') | byte >> 7)
                != 0,
        }
    }

    pub(super) fn rare(block: &[u8; BLOCK]) -> Rare {
        Rare {
            slashes: bits(block, |byte| byte == b'\\'),
            high: bits(block, |byte| byte >= 0x80),
        }
    }

    /// A bit for each byte that is so. Written for compilers that know vectors of some kind.
    #[inline(always)]
    fn bits(block: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> u64 {
        let ones = block.map(|byte| u8::from(is(byte)));
        let mut bits = [0; BLOCK / 8];
        for (bits, ones) in bits.iter_mut().zip(ones.as_chunks().0) {
            // Moves the lowest bit of each byte to its place in the highest byte.
            let moved = u64::from_le_bytes(*ones).wrapping_mul(0x0102_0408_1020_4080);
            *bits = moved.to_be_bytes()[0];
        }
        u64::from_le_bytes(bits)
    }

    /// Writes the quotes whose bits are set, from `base` on; what stands behind them means nothing.
    #[inline(always)]
    pub(super) fn places(mut bits: u64, base: u16, out: &mut [Quote; BLOCK]) {
        for out in out.as_chunks_mut::<4>().0 {
            for out in out {
                #[expect(clippy::cast_possible_truncation, reason = "at most 64")]
                {
                    *out = Quote(base + bits.trailing_zeros() as u16);
                }
                bits &= bits.wrapping_sub(1);
            }
            if bits == 0 {
                break;
            }
        }
    }

    /// Each bit becomes the parity of itself and those below it.
    pub(super) fn prefix_xor(mut bits: u64) -> u64 {
        for shift in [1, 2, 4, 8, 16, 32] {
            bits ^= bits << shift;
        }
        bits
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256i, __m512i, _kortestz_mask64_u8, _mm_clmulepi64_si128, _mm_cvtsi128_si64,
        _mm_set_epi64x, _mm_set1_epi8, _mm256_add_epi16, _mm256_cmpeq_epi8, _mm256_cvtepu8_epi16,
        _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
        _mm256_set1_epi16, _mm256_storeu_si256, _mm512_castsi512_si128, _mm512_cmpeq_epi8_mask,
        _mm512_extracti32x4_epi32, _mm512_loadu_si512, _mm512_maskz_compress_epi8,
        _mm512_movepi8_mask, _mm512_or_si512, _mm512_set1_epi8,
    };

    use super::{BLOCK, Quote, Rare, Raw};

    const QUOTE: i8 = b'"'.cast_signed();
    const SLASH: i8 = b'\\'.cast_signed();
    /// `[` and `{` differ in this bit only, and so do `]` and `}`.
    const SAME: i8 = 0x20;
    const OPEN: i8 = b'{'.cast_signed();
    const CLOSE: i8 = b'}'.cast_signed();

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn load_avx512(block: &[u8; BLOCK]) -> __m512i {
        // SAFETY: the array has the 64 bytes that are loaded; the load needs no alignment.
        unsafe { _mm512_loadu_si512(block.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn raw_avx512(block: &[u8; BLOCK]) -> Raw {
        let bytes = load_avx512(block);
        let folded = _mm512_or_si512(bytes, _mm512_set1_epi8(SAME));
        let folded_equal = |to| _mm512_cmpeq_epi8_mask(folded, _mm512_set1_epi8(to));
        let Rare { slashes, high } = rare_avx512(block);
        Raw {
            quotes: _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(QUOTE)),
            opens: folded_equal(OPEN),
            closes: folded_equal(CLOSE),
            has_rare: _kortestz_mask64_u8(slashes, high) == 0,
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn rare_avx512(block: &[u8; BLOCK]) -> Rare {
        let bytes = load_avx512(block);
        Rare {
            slashes: _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(SLASH)),
            high: _mm512_movepi8_mask(bytes),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn load_avx2(block: &[u8; BLOCK]) -> [__m256i; 2] {
        let (low, high) = block.split_at(BLOCK / 2);
        // SAFETY: each half has the 32 bytes that are loaded; the loads need no alignment.
        unsafe {
            [
                _mm256_loadu_si256(low.as_ptr().cast()),
                _mm256_loadu_si256(high.as_ptr().cast()),
            ]
        }
    }

    /// The signs of 64 bytes.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn signs(halves: [__m256i; 2]) -> u64 {
        let [low, high] = halves.map(|half| _mm256_movemask_epi8(half).cast_unsigned());
        u64::from(low) | u64::from(high) << 32
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn raw_avx2(block: &[u8; BLOCK]) -> Raw {
        let halves = load_avx2(block);
        let equal = |halves: [__m256i; 2], to| {
            halves.map(|half| _mm256_cmpeq_epi8(half, _mm256_set1_epi8(to)))
        };
        let folded = halves.map(|half| _mm256_or_si256(half, _mm256_set1_epi8(SAME)));
        let [low, high] = equal(halves, SLASH);
        let rare = halves.iter().fold(_mm256_or_si256(low, high), |all, half| {
            _mm256_or_si256(all, *half)
        });
        Raw {
            quotes: signs(equal(halves, QUOTE)),
            opens: signs(equal(folded, OPEN)),
            closes: signs(equal(folded, CLOSE)),
            has_rare: _mm256_movemask_epi8(rare) != 0,
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn rare_avx2(block: &[u8; BLOCK]) -> Rare {
        let halves = load_avx2(block);
        let slashes = halves.map(|half| _mm256_cmpeq_epi8(half, _mm256_set1_epi8(SLASH)));
        Rare {
            slashes: signs(slashes),
            high: signs(halves),
        }
    }

    /// As the plain one, sixteen quotes at a time: few blocks have more.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt")]
    pub(super) fn places(bits: u64, base: u16, out: &mut [Quote; BLOCK]) {
        // SAFETY: the array has the 64 bytes that are loaded; the load needs no alignment.
        let numbers = unsafe { _mm512_loadu_si512(NUMBERS.as_ptr().cast()) };
        let packed = _mm512_maskz_compress_epi8(bits, numbers);
        let base = _mm256_set1_epi16(base.cast_signed());
        let wide = |part| _mm256_add_epi16(_mm256_cvtepu8_epi16(part), base);
        let low = wide(_mm512_castsi512_si128(packed));
        // SAFETY: a quote is a number of two bytes, and the array has the 32 that are stored; the
        // store needs no alignment.
        unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), low) };
        if bits.count_ones() > 16 {
            let parts = [
                _mm512_extracti32x4_epi32::<1>(packed),
                _mm512_extracti32x4_epi32::<2>(packed),
                _mm512_extracti32x4_epi32::<3>(packed),
            ];
            for (part, out) in parts
                .iter()
                .zip(out.as_chunks_mut::<16>().0.iter_mut().skip(1))
            {
                // SAFETY: as above.
                unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), wide(*part)) };
            }
        }
    }

    /// The places in a block.
    const NUMBERS: [u8; BLOCK] = {
        let mut numbers = [0; BLOCK];
        let mut at = 0;
        while at < BLOCK {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::indexing_slicing,
                reason = "at most 63, and const"
            )]
            {
                numbers[at] = at as u8;
            }
            at += 1;
        }
        numbers
    };

    /// Each bit becomes the parity of itself and those below it: a product without carries.
    #[inline]
    #[target_feature(enable = "pclmulqdq")]
    pub(super) fn prefix_xor(bits: u64) -> u64 {
        let product =
            _mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, bits.cast_signed()), _mm_set1_epi8(-1));
        _mm_cvtsi128_si64(product).cast_unsigned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Walks the text byte by byte by the rules of `structure`.
    fn slowly(text: &[u8]) -> [Vec<usize>; 3] {
        let (mut quotes, mut opens, mut closes) = (vec![], vec![], vec![]);
        let (mut in_string, mut escaped) = (false, false);
        for (at, &byte) in text.iter().enumerate() {
            if std::mem::take(&mut escaped) {
                continue;
            }
            match byte {
                b'\\' => escaped = true,
                b'"' => {
                    quotes.push(at);
                    in_string = !in_string;
                }
                b'{' | b'[' if !in_string => opens.push(at),
                b'}' | b']' if !in_string => closes.push(at),
                _ => {}
            }
        }
        [quotes, opens, closes]
    }

    fn bits(maps: &Bitmaps, map: impl Fn(&Word) -> u64) -> Vec<usize> {
        (0..maps.words * BLOCK)
            .filter(|at| map(&maps.maps[at / BLOCK]) >> (at % BLOCK) & 1 == 1)
            .collect()
    }

    /// Characters of every length, alone and broken.
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
        fn every_level_maps_as_the_slow_walk_does(
            text in prop::collection::vec(prop::sample::select(br#""""\\\\,{}[]a 0"#.to_vec()), 0..400)
        ) {
            let expected = slowly(&text);
            for level in Level::all() {
                let mut maps = Bitmaps::with(level);
                prop_assert_eq!(maps.map(&text).as_bytes(), &text[..]);
                let mapped = [
                    bits(&maps, |word| word.quotes),
                    bits(&maps, |word| word.opens),
                    bits(&maps, |word| word.closes),
                ];
                prop_assert_eq!(&mapped, &expected, "{:?}", level);
                for at in 0..=text.len() {
                    prop_assert_eq!(maps.rank(at), expected[0].iter().filter(|&&quote| quote < at).count());
                }
                for rank in 0..expected[0].len() {
                    let four = maps.four(rank);
                    let places = expected[0][rank..].iter().copied().chain([PLACES - 1; 4]);
                    prop_assert!(places.take(4).eq(four.map(Quote::at)));
                    let after = rank.checked_sub(1).map_or(0, |before| expected[0][before] + 1);
                    let slash = text[after..expected[0][rank]].contains(&b'\\');
                    prop_assert_eq!(four[0].has_slash(), slash);
                    prop_assert_eq!(four[0].is_plainly_at(expected[0][rank]), !slash);
                }
                for at in 0..text.len() {
                    let next = expected[0].iter().copied().find(|&other| other >= at);
                    prop_assert_eq!(maps.quote(at).map(Quote::at), next);
                    let mut depth = 1_i64;
                    let close = (at..text.len()).find(|other| {
                        depth += i64::from(expected[1].contains(other)) - i64::from(expected[2].contains(other));
                        depth == 0
                    });
                    prop_assert_eq!(maps.close(at), close);
                }
            }
        }

        #[test]
        fn only_well_formed_text_comes_back(
            parts in prop::collection::vec((0..1500_usize, prop::sample::select(PARTS)), 0..8)
        ) {
            let mut maps = Bitmaps::default();
            let text: Vec<u8> = parts
                .iter()
                .flat_map(|&(ascii, part)| [&vec![b'a'; ascii], part].concat())
                .collect();
            let valid = match std::str::from_utf8(&text) {
                Ok(text) => text.len(),
                Err(error) => error.valid_up_to(),
            };
            prop_assert_eq!(maps.map(&text).len(), valid);
        }
    }
}
