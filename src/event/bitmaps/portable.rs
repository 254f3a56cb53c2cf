//! The operations on a block in portable code, written so that compilers make vectors of it where
//! all machines of a kind have them, such as NEON.

use super::block::{BLOCK_SIZE, Escapes, Quote, Structurals};

pub(super) fn structurals(block: &[u8; BLOCK_SIZE]) -> Structurals {
    Structurals {
        quotes: bits(block, |byte| byte == b'"'),
        opens: bits(block, |byte| byte == b'{' || byte == b'['),
        closes: bits(block, |byte| byte == b'}' || byte == b']'),
        has_escapes: block
            .iter()
            .fold(0, |any, &byte| any | u8::from(byte == b'\\') | byte >> 7)
            != 0,
    }
}

pub(super) fn escapes(block: &[u8; BLOCK_SIZE]) -> Escapes {
    Escapes {
        backslashes: bits(block, |byte| byte == b'\\'),
        non_ascii: bits(block, |byte| byte >= 0x80),
    }
}

/// A bit for each byte that matches.
#[inline(always)]
fn bits(block: &[u8; BLOCK_SIZE], matches: impl Fn(u8) -> bool) -> u64 {
    let ones = block.map(|byte| u8::from(matches(byte)));
    let mut bits = [0; BLOCK_SIZE / 8];
    for (bits, ones) in bits.iter_mut().zip(ones.as_chunks().0) {
        // The product has the lowest bit of each byte in its highest byte.
        let product = u64::from_le_bytes(*ones).wrapping_mul(0x0102_0408_1020_4080);
        *bits = product.to_be_bytes()[0];
    }
    u64::from_le_bytes(bits)
}

/// Writes the quotes whose bits are set; the first bit has the position `base`. What follows the
/// last quote has no meaning.
#[inline(always)]
pub(super) fn write_quotes(mut bits: u64, base: u16, out: &mut [Quote; BLOCK_SIZE]) {
    for out in out.as_chunks_mut::<4>().0 {
        for out in out {
            #[expect(clippy::cast_possible_truncation, reason = "at most 64")]
            {
                *out = Quote::new(base + bits.trailing_zeros() as u16);
            }
            bits &= bits.wrapping_sub(1);
        }
        if bits == 0 {
            break;
        }
    }
}

/// Each bit becomes the parity of itself and all lower bits.
pub(super) fn prefix_xor(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}
