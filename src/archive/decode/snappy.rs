//! Snappy: its blocks, and the four ways in which files hold them.
//!
//! Log Service ships a file as one bare block (its page on decompression tools: `Snappy.uncompress`,
//! or the stream of snappy-java; the official framing is not what it writes). Hadoop and most tools
//! have framings of their own. A bare block has no mark, so it is told by where it leads: a length,
//! then a literal that begins as the text of a log file does.
//!
//! Blocks are decoded as they come, with 64 KiB of history: the compressor cuts its input into
//! pieces of that size and never looks back beyond one. A block that does is refused as corrupt.

use super::buffer::{Input, Text};
use crate::archive::damage::{Compression, Damage};

/// How far back a copy may reach.
pub(super) const WINDOW: usize = 64 << 10;

/// The beginning of the official framing: its first chunk.
const FRAMED: &[u8] = b"\xff\x06\x00\x00sNaPpY";

/// The beginning of a stream of snappy-java; two numbers of four bytes follow.
const JAVA: &[u8] = b"\x82SNAPPY\0";

/// The most text of one chunk of the official framing.
const MAX_CHUNK: u64 = 64 << 10;

/// A file being decoded.
pub(super) struct Snappy {
    framing: Framing,
    /// The block at hand, and how many of its bytes are to come, where the framing tells.
    block: Option<(Block, Option<u64>)>,
    /// Bytes of a chunk that is stored as it is, or passed over.
    verbatim: u64,
    skipped: u64,
    /// What the text of the chunk at hand has to sum up to.
    promised: Option<u32>,
    sum: Crc32c,
    /// Text that Hadoop's framing still promises in this block.
    owed: u64,
    begun: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Bare,
    Official,
    Java,
    Hadoop,
}

/// The decoder for a file that begins with these bytes, if it is Snappy.
pub(super) fn of(bytes: &[u8]) -> Option<Snappy> {
    let framing = if bytes.starts_with(FRAMED) {
        Framing::Official
    } else if bytes.starts_with(JAVA) {
        Framing::Java
    } else if is_block(bytes) {
        Framing::Bare
    } else if is_hadoop(bytes) {
        Framing::Hadoop
    } else {
        return None;
    };
    Some(Snappy {
        framing,
        block: None,
        verbatim: 0,
        skipped: 0,
        promised: None,
        sum: Crc32c::default(),
        owed: 0,
        begun: false,
    })
}

/// Whether bytes begin as Hadoop's framing: the length of the text, that of the block, the block.
fn is_hadoop(bytes: &[u8]) -> bool {
    let Some((lengths, block)) = bytes.split_first_chunk::<8>() else {
        return false;
    };
    lengths.first() == Some(&0) && lengths.get(4) == Some(&0) && is_block(block)
}

/// Whether bytes begin as a block whose text is that of a log file: JSON, or the header of CSV.
///
/// Only blocks of 128 bytes of text or more, which is less than one event: their length takes two
/// bytes, of which the first is none of ASCII, and so no text is taken for a block.
fn is_block(bytes: &[u8]) -> bool {
    let Some((_, at @ 2..)) = varint(bytes) else {
        return false;
    };
    let Some((&tag, rest)) = bytes.get(at..).and_then(<[u8]>::split_first) else {
        return false;
    };
    if tag & 3 != 0 || bytes.starts_with(BOM) {
        return false;
    }
    let extra = usize::from(tag >> 2).saturating_sub(59);
    let text = rest.get(extra..).unwrap_or_default();
    let json = text.strip_prefix(BOM).unwrap_or(text);
    match json.trim_ascii_start().first() {
        Some(b'{' | b'[') => true,
        _ => {
            let mut header = text.iter().take(8);
            text.len() > 4 && header.all(|byte| matches!(byte, b' '..=b'~'))
        }
    }
}

/// U+FEFF, which marks a text as UTF-8.
const BOM: &[u8] = b"\xEF\xBB\xBF";

impl Snappy {
    /// Decodes on; `false` at the end of the file.
    pub(super) fn step(
        &mut self,
        input: &mut Input<'_>,
        text: &mut Text<'_>,
    ) -> Result<bool, Damage> {
        let truncated = || Damage::Truncated(Compression::Snappy);
        let corrupt = || Damage::Corrupt(Compression::Snappy);
        let before = text.end;
        if self.skipped > 0 {
            if input.is_at_end()? {
                return Err(truncated());
            }
            let length = (input.rest().len() as u64).min(self.skipped);
            self.skipped -= length;
            input.at += usize::try_from(length).unwrap_or_default();
        } else if self.verbatim > 0 {
            if input.is_at_end()? {
                return Err(truncated());
            }
            self.verbatim -= text.copy_from(input, self.verbatim) as u64;
            self.sum.update(text.since(before));
        } else if let Some((block, left)) = &mut self.block {
            input.fill(MAX_TAG)?;
            let most = left.map_or(usize::MAX, |left| {
                usize::try_from(left).unwrap_or(usize::MAX)
            });
            let taken_before = input.at;
            let (bytes, at) = input.parts();
            let end = bytes.len().min(at.saturating_add(most));
            let bytes = bytes.get(..end).unwrap_or_default();
            let (room, text_end) = text.parts();
            let status = block.decode(bytes, at, room, text_end);
            let taken = (input.at - taken_before) as u64;
            if self.promised.is_some() {
                self.sum.update(text.since(before));
            }
            if let Some(left) = left {
                *left -= taken;
            }
            match status {
                Ok(Progress::Done) => {
                    if left.is_some_and(|left| left > 0) {
                        return Err(corrupt());
                    }
                    if self.framing == Framing::Hadoop {
                        self.owed = self.owed.checked_sub(block.length).ok_or_else(corrupt)?;
                    }
                    self.block = None;
                }
                Ok(Progress::Full) => {}
                Ok(Progress::Hungry) => {
                    if *left == Some(0) {
                        return Err(corrupt());
                    }
                    if taken == 0 && text.end == before {
                        let had = input.rest().len();
                        input.fill(had + 1)?;
                        if input.rest().len() == had || had >= MAX_TAG {
                            return Err(truncated());
                        }
                    }
                }
                Err(Invalid) => return Err(corrupt()),
            }
        } else {
            if let Some(promised) = self.promised.take()
                && promised != self.sum.masked()
            {
                return Err(Damage::Checksum(Compression::Snappy));
            }
            return self.next(input);
        }
        Ok(true)
    }

    /// Begins the next block; `false` at the end of the file.
    fn next(&mut self, input: &mut Input<'_>) -> Result<bool, Damage> {
        let truncated = || Damage::Truncated(Compression::Snappy);
        let corrupt = || Damage::Corrupt(Compression::Snappy);
        let begun = std::mem::replace(&mut self.begun, true);
        if input.is_at_end()? {
            return if self.owed > 0 {
                Err(truncated())
            } else {
                Ok(false)
            };
        }
        match self.framing {
            Framing::Bare if begun => return Err(Damage::Trailing(Compression::Snappy)),
            Framing::Bare => self.block = Some((Block::default(), None)),
            Framing::Java => {
                if !begun || input.rest().starts_with(JAVA) {
                    input.take::<16>()?.ok_or_else(truncated)?;
                    return Ok(true);
                }
                let length = input.take::<4>()?.ok_or_else(truncated)?;
                let length = u64::from(u32::from_be_bytes(length));
                self.block = Some((Block::default(), Some(length)));
            }
            Framing::Hadoop => {
                if self.owed == 0 {
                    let length = input.take::<4>()?.ok_or_else(truncated)?;
                    self.owed = u64::from(u32::from_be_bytes(length));
                    if self.owed == 0 {
                        return Ok(true);
                    }
                }
                let length = input.take::<4>()?.ok_or_else(truncated)?;
                let length = u64::from(u32::from_be_bytes(length));
                self.block = Some((Block::default(), Some(length)));
            }
            Framing::Official => {
                let [kind, length @ ..] = input.take::<4>()?.ok_or_else(truncated)?;
                let [low, middle, high] = length;
                let length = u64::from(u32::from_le_bytes([low, middle, high, 0]));
                match kind {
                    0 | 1 => {
                        let sum = input.take::<4>()?.ok_or_else(truncated)?;
                        self.promised = Some(u32::from_le_bytes(sum));
                        self.sum = Crc32c::default();
                        let length = length.checked_sub(4).ok_or_else(corrupt)?;
                        if kind == 0 {
                            let block = Block {
                                most: MAX_CHUNK,
                                ..Block::default()
                            };
                            self.block = Some((block, Some(length)));
                        } else if length <= MAX_CHUNK {
                            self.verbatim = length;
                        } else {
                            return Err(corrupt());
                        }
                    }
                    2..=0x7f => return Err(corrupt()),
                    // Padding, chunks for others, and the mark at the beginning of a stream.
                    0x80..=0xff => self.skipped = length,
                }
            }
        }
        Ok(true)
    }
}

/// A block being decoded.
struct Block {
    begun: bool,
    length: u64,
    most: u64,
    given: u64,
    literal: u64,
    copy: usize,
    offset: usize,
}

impl Default for Block {
    fn default() -> Self {
        Self {
            begun: false,
            length: 0,
            most: u64::from(u32::MAX),
            given: 0,
            literal: 0,
            copy: 0,
            offset: 0,
        }
    }
}

/// Why decoding came back.
#[derive(Debug, PartialEq, Eq)]
enum Progress {
    /// The next element is not whole.
    Hungry,
    /// There is no more room.
    Full,
    /// The block is at its end.
    Done,
}

/// The block is none.
#[derive(Debug)]
struct Invalid;

/// The most bytes of a tag with what belongs to it, and of a length.
const MAX_TAG: usize = 5;

impl Block {
    /// Decodes from `input` at `at` to `room` at `end`, as far as both go.
    fn decode(
        &mut self,
        input: &[u8],
        at: &mut usize,
        room: &mut [u8],
        end: &mut usize,
    ) -> Result<Progress, Invalid> {
        if !self.begun {
            let rest = input.get(*at..).unwrap_or_default();
            let Some((length, taken)) = varint(rest) else {
                return if rest.len() >= MAX_TAG {
                    Err(Invalid)
                } else {
                    Ok(Progress::Hungry)
                };
            };
            if length > self.most {
                return Err(Invalid);
            }
            (self.begun, self.length) = (true, length);
            *at += taken;
        }
        loop {
            if self.literal > 0 {
                let rest = input.get(*at..).unwrap_or_default();
                let space = room.get_mut(*end..).unwrap_or_default();
                let length = rest
                    .len()
                    .min(space.len())
                    .min(usize::try_from(self.literal).unwrap_or(usize::MAX));
                if length == 0 {
                    return Ok(if space.is_empty() {
                        Progress::Full
                    } else {
                        Progress::Hungry
                    });
                }
                if let (Some(space), Some(rest)) = (space.get_mut(..length), rest.get(..length)) {
                    space.copy_from_slice(rest);
                }
                *at += length;
                *end += length;
                self.literal -= length as u64;
            } else if self.copy > 0 {
                let start = end.checked_sub(self.offset).ok_or(Invalid)?;
                // A copy may reach into what it writes: it is repeated as often as it fits.
                let length = self.copy.min(self.offset).min(room.len() - *end);
                if length == 0 {
                    return Ok(Progress::Full);
                }
                room.copy_within(start..start + length, *end);
                *end += length;
                self.copy -= length;
            } else if self.given == self.length {
                return Ok(Progress::Done);
            } else {
                let Some(taken) = self.element(input.get(*at..).unwrap_or_default())? else {
                    return Ok(Progress::Hungry);
                };
                *at += taken;
            }
        }
    }

    /// Begins the next element; how many bytes its tag has, `None` where that is not whole.
    fn element(&mut self, bytes: &[u8]) -> Result<Option<usize>, Invalid> {
        let Some((&tag, rest)) = bytes.split_first() else {
            return Ok(None);
        };
        let short = usize::from(tag >> 2);
        let (length, offset, extra) = match tag & 3 {
            0 => {
                let extra = short.saturating_sub(59);
                let Some(number) = little(rest, extra) else {
                    return Ok(None);
                };
                let length = if extra == 0 { short as u64 } else { number };
                (length + 1, None, extra)
            }
            1 => {
                let Some(low) = little(rest, 1) else {
                    return Ok(None);
                };
                let offset = u64::from(tag >> 5) << 8 | low;
                ((short & 7) as u64 + 4, Some(offset), 1)
            }
            kind => {
                let extra = if kind == 2 { 2 } else { 4 };
                let Some(offset) = little(rest, extra) else {
                    return Ok(None);
                };
                (short as u64 + 1, Some(offset), extra)
            }
        };
        let given = self.given + length;
        if given > self.length {
            return Err(Invalid);
        }
        match offset {
            None => self.literal = length,
            Some(offset) => {
                if offset == 0 || offset > self.given || offset > WINDOW as u64 {
                    return Err(Invalid);
                }
                self.offset = usize::try_from(offset).map_err(|_| Invalid)?;
                self.copy = usize::try_from(length).map_err(|_| Invalid)?;
            }
        }
        self.given = given;
        Ok(Some(1 + extra))
    }
}

/// A number of so many bytes, the lowest first.
fn little(bytes: &[u8], length: usize) -> Option<u64> {
    let bytes = bytes.get(..length)?;
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |number, &byte| number << 8 | u64::from(byte)),
    )
}

/// A length of up to 32 bits, seven of them a byte, and how many bytes it takes.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0;
    for (at, &byte) in bytes.iter().take(MAX_TAG).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return u32::try_from(number).ok().map(|_| (number, at + 1));
        }
    }
    None
}

/// The checksum of the official framing: CRC-32 by Castagnoli's polynomial.
struct Crc32c(u32);

impl Default for Crc32c {
    fn default() -> Self {
        Self(!0)
    }
}

impl Crc32c {
    fn update(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let slot = (self.0 ^ u32::from(byte)) & 0xff;
            let entry = TABLE.get(slot as usize).copied().unwrap_or_default();
            self.0 = self.0 >> 8 ^ entry;
        }
    }

    /// The sum as the framing writes it: turned and shifted, so that a sum of data with sums in
    /// them is not trivial.
    fn masked(&self) -> u32 {
        (!self.0).rotate_right(15).wrapping_add(0xa282_ead8)
    }
}

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut slot = 0;
    while slot < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "a slot is below 256")]
        let mut sum = slot as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 1 == 1 {
                sum >> 1 ^ 0x82f6_3b78
            } else {
                sum >> 1
            };
            bit += 1;
        }
        #[expect(
            clippy::indexing_slicing,
            reason = "the loop ends at the table's length"
        )]
        {
            table[slot] = sum;
        }
        slot += 1;
    }
    table
};
