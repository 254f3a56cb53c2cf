//! The operations on a block with AVX-512 and AVX2. Leaves out which of them the machine has.
#![expect(
    unsafe_code,
    reason = "vectors are loaded from arrays of their size and stored to such arrays"
)]

use std::arch::x86_64::{
    __m256i, __m512i, _kortestz_mask64_u8, _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_set_epi64x,
    _mm_set1_epi8, _mm256_add_epi16, _mm256_cmpeq_epi8, _mm256_cvtepu8_epi16, _mm256_loadu_si256,
    _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_set1_epi16,
    _mm256_storeu_si256, _mm512_castsi512_si128, _mm512_cmpeq_epi8_mask, _mm512_extracti32x4_epi32,
    _mm512_loadu_si512, _mm512_maskz_compress_epi8, _mm512_movepi8_mask, _mm512_or_si512,
    _mm512_set1_epi8,
};

use super::block::{BLOCK_SIZE, Escapes, Quote, Structurals};

const QUOTE: i8 = b'"'.cast_signed();
const BACKSLASH: i8 = b'\\'.cast_signed();
/// The only bit in which `[` and `{` differ, and `]` and `}`.
const BRACKET_KIND: i8 = 0x20;
const OPEN: i8 = b'{'.cast_signed();
const CLOSE: i8 = b'}'.cast_signed();

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn load_avx512(block: &[u8; BLOCK_SIZE]) -> __m512i {
    // SAFETY: the array has the 64 bytes that are loaded; the load needs no alignment.
    unsafe { _mm512_loadu_si512(block.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn structurals_avx512(block: &[u8; BLOCK_SIZE]) -> Structurals {
    let bytes = load_avx512(block);
    let folded = _mm512_or_si512(bytes, _mm512_set1_epi8(BRACKET_KIND));
    let folded_equal = |to| _mm512_cmpeq_epi8_mask(folded, _mm512_set1_epi8(to));
    let escapes = escapes_avx512(block);
    Structurals {
        quotes: _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(QUOTE)),
        opens: folded_equal(OPEN),
        closes: folded_equal(CLOSE),
        has_escapes: _kortestz_mask64_u8(escapes.backslashes, escapes.non_ascii) == 0,
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn escapes_avx512(block: &[u8; BLOCK_SIZE]) -> Escapes {
    let bytes = load_avx512(block);
    Escapes {
        backslashes: _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(BACKSLASH)),
        non_ascii: _mm512_movepi8_mask(bytes),
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_avx2(block: &[u8; BLOCK_SIZE]) -> [__m256i; 2] {
    let (low, high) = block.split_at(BLOCK_SIZE / 2);
    // SAFETY: each half has the 32 bytes that are loaded; the loads need no alignment.
    unsafe {
        [
            _mm256_loadu_si256(low.as_ptr().cast()),
            _mm256_loadu_si256(high.as_ptr().cast()),
        ]
    }
}

/// The sign bits of 64 bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn sign_bits(halves: [__m256i; 2]) -> u64 {
    let [low, high] = halves.map(|half| _mm256_movemask_epi8(half).cast_unsigned());
    u64::from(low) | u64::from(high) << 32
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn structurals_avx2(block: &[u8; BLOCK_SIZE]) -> Structurals {
    let halves = load_avx2(block);
    let equal =
        |halves: [__m256i; 2], to| halves.map(|half| _mm256_cmpeq_epi8(half, _mm256_set1_epi8(to)));
    let folded = halves.map(|half| _mm256_or_si256(half, _mm256_set1_epi8(BRACKET_KIND)));
    let [low, high] = equal(halves, BACKSLASH);
    let escapes = halves.iter().fold(_mm256_or_si256(low, high), |any, half| {
        _mm256_or_si256(any, *half)
    });
    Structurals {
        quotes: sign_bits(equal(halves, QUOTE)),
        opens: sign_bits(equal(folded, OPEN)),
        closes: sign_bits(equal(folded, CLOSE)),
        has_escapes: _mm256_movemask_epi8(escapes) != 0,
    }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn escapes_avx2(block: &[u8; BLOCK_SIZE]) -> Escapes {
    let halves = load_avx2(block);
    let backslashes = halves.map(|half| _mm256_cmpeq_epi8(half, _mm256_set1_epi8(BACKSLASH)));
    Escapes {
        backslashes: sign_bits(backslashes),
        non_ascii: sign_bits(halves),
    }
}

/// Like the portable one, for sixteen quotes at a time: few blocks have more.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt")]
pub(super) fn write_quotes(bits: u64, base: u16, out: &mut [Quote; BLOCK_SIZE]) {
    // SAFETY: the array has the 64 bytes that are loaded; the load needs no alignment.
    let offsets = unsafe { _mm512_loadu_si512(OFFSETS.as_ptr().cast()) };
    let compressed = _mm512_maskz_compress_epi8(bits, offsets);
    let base = _mm256_set1_epi16(base.cast_signed());
    let positions = |part| _mm256_add_epi16(_mm256_cvtepu8_epi16(part), base);
    let first = positions(_mm512_castsi512_si128(compressed));
    // SAFETY: a quote is a number of two bytes, and the array has the 32 that are stored; the store
    // needs no alignment.
    unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), first) };
    if bits.count_ones() > 16 {
        let parts = [
            _mm512_extracti32x4_epi32::<1>(compressed),
            _mm512_extracti32x4_epi32::<2>(compressed),
            _mm512_extracti32x4_epi32::<3>(compressed),
        ];
        let rest = out.as_chunks_mut::<16>().0.iter_mut().skip(1);
        for (part, out) in parts.iter().zip(rest) {
            // SAFETY: as above.
            unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), positions(*part)) };
        }
    }
}

/// The offsets of the bytes of a block.
const OFFSETS: [u8; BLOCK_SIZE] = {
    let mut offsets = [0; BLOCK_SIZE];
    let mut index = 0;
    while index < BLOCK_SIZE {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::indexing_slicing,
            reason = "at most 63, and const"
        )]
        {
            offsets[index] = index as u8;
        }
        index += 1;
    }
    offsets
};

/// Each bit becomes the parity of itself and all lower bits: a carry-less product with ones.
#[inline]
#[target_feature(enable = "pclmulqdq")]
pub(super) fn prefix_xor(bits: u64) -> u64 {
    let product =
        _mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, bits.cast_signed()), _mm_set1_epi8(-1));
    _mm_cvtsi128_si64(product).cast_unsigned()
}
