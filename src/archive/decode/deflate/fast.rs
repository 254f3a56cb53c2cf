//! The fast loop, which nearly all output comes from.
//!
//! It runs while the input has the bits of a whole round and the output has room for one, so that a
//! round checks neither. The end of a block, a missing code and the ends of the buffers are left to
//! the inflater.
#![expect(
    clippy::cast_possible_truncation,
    reason = "bits are taken from the word as bytes and small numbers"
)]
#![expect(
    clippy::inline_always,
    reason = "the loop is compiled once for each set of target features, and all of it has to be"
)]
#![expect(
    unsafe_code,
    reason = "accesses whose bounds are checked once a round, and a call across target features"
)]

use super::bytes::{load, store};
use super::cursor::{BitBuffer, InputCursor, OutputCursor};
use super::error::InflateError;
use super::table::{CodeTables, EXCEPTION, LITERAL, LITLEN_BITS, SUBTABLE, extra};

/// Input bytes a round may look at: three refills, each of which takes seven bytes at most and
/// looks at one more.
const INPUT_MARGIN: usize = 3 * 8;
/// Output bytes a round may write: three look-ups of two literals, the longest match and what a copy
/// writes beyond its end.
const OUTPUT_MARGIN: usize = 3 * 2 + 258 + 2 * CHUNK;
/// The unit matches are copied in.
const CHUNK: usize = 32;

/// The least number of valid bits after a refill; the refill sets these bits of the number.
const REFILLED: u32 = 0b11_1000;
/// The most bits of a distance symbol: code and extra bits.
const DISTANCE_TOTAL: u32 = 15 + 13;

/// Decodes symbols while there is room for whole rounds.
///
/// Leaves bits set above the valid ones, which the caller trims.
pub(super) fn run(
    tables: &CodeTables,
    bits: &mut BitBuffer,
    input: &mut InputCursor,
    output: &mut OutputCursor,
) -> Result<(), InflateError> {
    if input.bytes.len() - input.position < INPUT_MARGIN
        || output.bytes.len() - output.position < OUTPUT_MARGIN
    {
        return Ok(());
    }
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("avx2")
    {
        // SAFETY: the processor has the features that the function is compiled for, as just checked.
        return unsafe { rounds_with_avx2(tables, bits, input, output) };
    }
    rounds(tables, bits, input, output)
}

/// `rounds` with shifts by any register and with chunks in one register, which makes it a tenth
/// faster.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "bmi1,bmi2,avx2")]
fn rounds_with_avx2(
    tables: &CodeTables,
    bits: &mut BitBuffer,
    input: &mut InputCursor,
    output: &mut OutputCursor,
) -> Result<(), InflateError> {
    rounds(tables, bits, input, output)
}

#[inline(always)]
#[expect(
    clippy::too_many_lines,
    reason = "a loop whose state has to stay in registers"
)]
fn rounds(
    tables: &CodeTables,
    bits: &mut BitBuffer,
    input: &mut InputCursor,
    output: &mut OutputCursor,
) -> Result<(), InflateError> {
    let (Some(last_input), Some(last_output)) = (
        input.bytes.len().checked_sub(INPUT_MARGIN),
        output.bytes.len().checked_sub(OUTPUT_MARGIN),
    ) else {
        return Ok(());
    };
    let source = input.bytes;
    let target = &mut *output.bytes;
    let floor = output.floor;
    let BitBuffer {
        mut word,
        mut count,
    } = *bits;
    let mut next = input.position;
    let mut position = output.position;
    if next > last_input || position > last_output || floor > position {
        return Ok(());
    }

    macro_rules! refill {
        () => {
            // SAFETY: a round begins at or before `last_input` and has three refills at most, each
            // of which moves on by seven bytes at most, so that the last one still finds eight.
            let loaded = u64::from_le_bytes(unsafe { load(source, next) });
            // More than fits is loaded; what is not counted is loaded again by the next refill.
            word |= loaded.wrapping_shl(count);
            next += ((63 ^ count) as usize >> 3) & 7;
            count |= REFILLED;
        };
    }
    macro_rules! consume {
        ($entry:expr) => {
            word = word.wrapping_shr($entry);
            // Only the low six bits of `count` are used, so the entry need not be masked.
            count = count.wrapping_sub($entry);
        };
    }
    macro_rules! put_literals {
        ($entry:expr) => {
            // SAFETY: a round begins at or before `last_output`, and three look-ups move on by six
            // bytes at most.
            unsafe { store(target, position, (($entry >> 16) as u16).to_le_bytes()) };
            position += ($entry >> 12 & 3) as usize;
        };
    }

    refill!();
    let mut entry = tables.litlen.main(word);
    let result = 'rounds: loop {
        // The entry was looked up before this refill, so that nothing waits for the refill.
        refill!();
        'symbol: {
            if entry & LITERAL != 0 {
                put_literals!(entry);
                consume!(entry);
                entry = tables.litlen.main(word);
                if entry & LITERAL != 0 {
                    put_literals!(entry);
                    consume!(entry);
                    entry = tables.litlen.main(word);
                    if entry & LITERAL != 0 {
                        put_literals!(entry);
                        consume!(entry);
                        entry = tables.litlen.main(word);
                        break 'symbol;
                    }
                }
            }
            if entry & EXCEPTION != 0 {
                if entry & SUBTABLE == 0 {
                    break 'rounds Ok(());
                }
                let found = tables.litlen.sub(entry, word);
                if found & EXCEPTION != 0 {
                    break 'rounds Ok(());
                }
                entry = found;
                if entry & LITERAL != 0 {
                    put_literals!(entry);
                    consume!(entry);
                    entry = tables.litlen.main(word);
                    break 'symbol;
                }
            }

            // Of the 56 bits of the refill, two look-ups of literals leave 34, and a length takes at
            // most 20.
            put_literals!(entry);
            let length = (entry >> 24) as usize + 3 + extra(entry, word);
            consume!(entry);
            // Beside the distance, the bits of the next look-up have to be there; one always is.
            if count & 63 < DISTANCE_TOTAL + LITLEN_BITS - 1 {
                refill!();
            }
            let mut distance_entry = tables.distance.main(word);
            if distance_entry & EXCEPTION != 0 {
                if distance_entry & SUBTABLE != 0 {
                    distance_entry = tables.distance.sub(distance_entry, word);
                }
                if distance_entry & EXCEPTION != 0 {
                    break 'rounds Err(InflateError::DistanceSymbol);
                }
            }
            let distance = (distance_entry >> 16) as usize + extra(distance_entry, word);
            consume!(distance_entry);
            if distance > position - floor {
                break 'rounds Err(InflateError::DistanceTooFar);
            }
            entry = tables.litlen.main(word);
            // SAFETY: the distance was just checked, a length is 258 at most, and the margin has
            // room for that and two chunks.
            unsafe { copy_match(target, position, distance, length) };
            position += length;
        }
        if next > last_input || position > last_output {
            break 'rounds Ok(());
        }
    };

    *bits = BitBuffer {
        word,
        count: count & 63,
    };
    input.position = next;
    output.position = position;
    result
}

/// Copies a match in chunks, the last of which may write beyond its end.
///
/// Two chunks are copied whatever the length: few matches are longer, and a branch for those that
/// one chunk is enough for is often mispredicted.
///
/// # Safety
///
/// `distance` must be from 1 to `position`, and `position + length + 2 * CHUNK` must not be beyond the end of
/// `bytes`.
#[inline(always)]
unsafe fn copy_match(bytes: &mut [u8], position: usize, distance: usize, length: usize) {
    debug_assert!((1..=position).contains(&distance));
    let end = position + length;
    let mut from = position - distance;
    let mut to = position;
    if distance >= CHUNK {
        loop {
            // SAFETY: `to` is before `end` and `from` at least a chunk before `to`, so both chunks end
            // within the margin.
            unsafe {
                store(bytes, to, load::<CHUNK>(bytes, from));
                store(bytes, to + CHUNK, load::<CHUNK>(bytes, from + CHUNK));
            }
            from += 2 * CHUNK;
            to += 2 * CHUNK;
            if to >= end {
                break;
            }
        }
    } else if distance >= 8 {
        loop {
            // SAFETY: as above, with shorter chunks.
            unsafe { store(bytes, to, load::<8>(bytes, from)) };
            from += 8;
            to += 8;
            if to >= end {
                break;
            }
        }
    } else {
        // The bytes between source and target are repeated to a word, and the word is written in
        // steps of whole repetitions.
        let shift = distance as u32 * 8;
        // SAFETY: `from` is before `position`, and there is a chunk of room behind that.
        let loaded = u64::from_le_bytes(unsafe { load(bytes, from) });
        let mut word = loaded & ((1 << shift) - 1);
        let mut filled = shift;
        while filled < 64 {
            word |= word << filled;
            filled *= 2;
        }
        let step = 8 - 8 % distance;
        while to < end {
            // SAFETY: `to` is before `end`, behind which there is a chunk of room.
            unsafe { store(bytes, to, word.to_le_bytes()) };
            to += step;
        }
    }
}

/// `copy_match` for tests, its conditions checked.
#[cfg(test)]
pub(super) fn copy_match_checked(
    bytes: &mut [u8],
    position: usize,
    distance: usize,
    length: usize,
) {
    assert!(distance >= 1 && distance <= position && position + length + 2 * CHUNK <= bytes.len());
    // SAFETY: the conditions were just checked.
    unsafe { copy_match(bytes, position, distance, length) }
}
