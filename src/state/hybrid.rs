//! The hybrid of run lengths and packed bits, in which Parquet keeps levels and codes of a dictionary.
//!
//! (Parquet, `Encodings.md`, "Run Length Encoding / Bit-Packing Hybrid".) Left out: the length and the
//! width of the codes, which stand in front of it in a page.

/// From how many equal values on a run is shorter than packed bits.
const RUN: usize = 8;

/// The bits that the greatest of so many values takes, at least one.
pub(super) fn width_of(values: usize) -> u32 {
    (usize::BITS - values.saturating_sub(1).leading_zeros()).max(1)
}

/// Appends values of this many bits, at most 32.
pub(super) fn encode(values: &[u32], width: u32, out: &mut Vec<u8>) {
    let mut packed = 0;
    let mut at = 0;
    while let Some((first, rest)) = values.split_at(at).1.split_first() {
        let run = 1 + rest.iter().take_while(|value| *value == first).count();
        if run < RUN {
            at = (at + RUN).min(values.len());
            continue;
        }
        pack(values.get(packed..at).unwrap_or_default(), width, out);
        varint((run as u64) << 1, out);
        let bytes = first.to_le_bytes();
        out.extend(bytes.iter().take(width.div_ceil(8) as usize));
        at += run;
        packed = at;
    }
    pack(values.get(packed..).unwrap_or_default(), width, out);
}

/// Appends values as packed bits, eight at a time; the last eight are filled up with zeros.
fn pack(values: &[u32], width: u32, out: &mut Vec<u8>) {
    if values.is_empty() {
        return;
    }
    varint((values.len().div_ceil(8) as u64) << 1 | 1, out);
    for eight in values.chunks(8) {
        let (mut bits, mut count) = (0_u64, 0);
        for index in 0..8 {
            bits |= u64::from(eight.get(index).copied().unwrap_or_default()) << count;
            count += width;
            if count >= 32 {
                out.extend_from_slice(&low_half(bits).to_le_bytes());
                bits >>= 32;
                count -= 32;
            }
        }
        out.extend(bits.to_le_bytes().iter().take(count.div_ceil(8) as usize));
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
fn low_half(bits: u64) -> u32 {
    bits as u32
}

fn varint(mut number: u64, out: &mut Vec<u8>) {
    loop {
        let low = number.to_le_bytes()[0] & 0x7F;
        number >>= 7;
        if number == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Appends `count` values of this many bits, at most 32; nothing if the bytes are no such values.
pub(super) fn decode(mut bytes: &[u8], width: u32, count: usize, out: &mut Vec<u32>) -> Option<()> {
    let end = out.len() + count;
    while out.len() < end {
        let left = end - out.len();
        let header = usize::try_from(read_varint(&mut bytes)?).ok()?;
        if header & 1 == 0 {
            let run = (header >> 1).min(left);
            let (value, rest) = bytes.split_at_checked(width.div_ceil(8) as usize)?;
            let value = value
                .iter()
                .rev()
                .fold(0, |value, byte| value << 8 | u32::from(*byte));
            if run == 0 {
                return None;
            }
            out.resize(out.len() + run, value);
            bytes = rest;
        } else {
            let length = (header >> 1).checked_mul(width as usize)?;
            let (packed, rest) = bytes.split_at_checked(length)?;
            if packed.is_empty() {
                return None;
            }
            unpack(packed, width, left, out);
            bytes = rest;
        }
    }
    Some(())
}

/// Appends what the packed bits hold, at most so many values.
fn unpack(packed: &[u8], width: u32, at_most: usize, out: &mut Vec<u32>) {
    let mask = u64::from(u32::MAX >> (32 - width));
    let (mut bits, mut count) = (0_u64, 0);
    let mut left = (packed.len() * 8 / width as usize).min(at_most);
    let (words, tail) = packed.as_chunks::<4>();
    let words = words.iter().map(|word| (u32::from_le_bytes(*word), 32));
    let tail = tail.iter().map(|byte| (u32::from(*byte), 8));
    for (word, length) in words.chain(tail) {
        bits |= u64::from(word) << count;
        count += length;
        while count >= width && left > 0 {
            out.push(low_half(bits & mask));
            bits >>= width;
            count -= width;
            left -= 1;
        }
        if left == 0 {
            return;
        }
    }
}

fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for place in 0..9 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn values_survive(
            width in 1_u32..=32,
            runs in prop::collection::vec((any::<u32>(), 1_usize..40), 0..40),
        ) {
            let mask = u32::MAX >> (32 - width);
            let values: Vec<u32> = runs
                .iter()
                .flat_map(|&(value, run)| {
                    // Long runs and single values in turn.
                    let single = (0..run % 7).map(move |step| value.rotate_left(u32::try_from(step).unwrap()));
                    std::iter::repeat_n(value, run / 2).chain(single)
                })
                .map(|value| value & mask)
                .collect();
            let mut bytes = Vec::new();
            encode(&values, width, &mut bytes);
            let mut found = vec![7];
            prop_assert!(decode(&bytes, width, values.len(), &mut found).is_some());
            prop_assert_eq!(found.get(1..), Some(&*values));
        }

        #[test]
        fn any_bytes_are_decoded_or_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..64),
            width in 1_u32..=32,
            count in 0_usize..5000,
        ) {
            let mut found = Vec::new();
            if decode(&bytes, width, count, &mut found).is_some() {
                prop_assert_eq!(found.len(), count);
            }
        }
    }

    #[test]
    fn widths_hold_the_greatest_value() {
        for (values, width) in [(0, 1), (1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (257, 9)] {
            assert_eq!(width_of(values), width, "{values}");
        }
    }
}
