//! Snappy: its blocks, and the four framings in which files hold them.
//!
//! Log Service ships a file as one bare block (its page on decompression tools: `Snappy.uncompress`,
//! or the stream of snappy-java; the official framing is not what it writes). Hadoop and most tools
//! have framings of their own. A bare block has no magic bytes, so it is detected by its content: a
//! length, then a literal that begins as the text of a log file does.
//!
//! Blocks are decoded as they are read, with 64 KiB of history: the compressor cuts its input into
//! pieces of that size and never reaches back beyond one. A block that does is refused as corrupt.
//!
//! The crate `snap` (1.1) is not used: it decodes a block only with all its input and all its output
//! in memory, which for a bare block is the whole file and whatever length it announces; and it reads
//! only one of the four framings.

use super::buffer::{InputBuffer, TextBuffer};
use crate::archive::damage::{Compression, Damage};

/// How far back a copy may reach, in bytes.
pub(super) const WINDOW: usize = 64 << 10;

/// The beginning of the official framing: its first chunk.
const OFFICIAL: &[u8] = b"\xff\x06\x00\x00sNaPpY";

/// The beginning of a stream of snappy-java; two numbers of four bytes follow.
const JAVA: &[u8] = b"\x82SNAPPY\0";

/// The most text of one chunk of the official framing.
const MAX_CHUNK: u64 = 64 << 10;

/// Decodes a Snappy file.
pub(super) struct SnappyDecoder {
    framing: Framing,
    /// Whether something was read.
    has_begun: bool,
    /// The current block, and how many of its bytes are left where the framing has its length.
    block: Option<(BlockDecoder, Option<u64>)>,
    /// Bytes that are left of a chunk that is stored uncompressed.
    stored: u64,
    /// Bytes that are left of a chunk that is skipped.
    skipped: u64,
    /// The expected checksum of the current chunk, and that of its text so far.
    expected_checksum: Option<u32>,
    checksum: Crc32c,
    /// Bytes of text that are left of a block of Hadoop's framing, which can have several blocks of
    /// Snappy.
    hadoop_left: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// One block and nothing else.
    Bare,
    Official,
    Java,
    Hadoop,
}

/// Whether bytes begin as Hadoop's framing: the length of the text, that of the block, the block.
fn is_hadoop(bytes: &[u8]) -> bool {
    let Some((lengths, block)) = bytes.split_first_chunk::<8>() else {
        return false;
    };
    lengths.first() == Some(&0) && lengths.get(4) == Some(&0) && is_block(block)
}

/// Whether bytes begin as a block whose text is that of a log file: JSON, whatever its first value, or
/// the header of CSV.
///
/// Only blocks of 128 bytes of text or more, which is less than one event: their length has two bytes
/// or more, of which the first is not ASCII, so that no text is taken for a block.
fn is_block(bytes: &[u8]) -> bool {
    let Some((_, length @ 2..)) = varint(bytes) else {
        return false;
    };
    let Some((&tag, rest)) = bytes.get(length..).and_then(<[u8]>::split_first) else {
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
            // The header of CSV, or a value of JSON such as a number in front of the events.
            let length = match extra {
                0 => usize::from(tag >> 2) + 1,
                _ => usize::MAX,
            };
            if length < 4 {
                return false;
            }
            let mut header = text.iter().take(length.min(8));
            let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n');
            text.len() > 4 && header.all(is_text) && !is_utf8_text(bytes)
        }
    }
}

/// Whether bytes are text themselves: UTF-8, cut off or not, without controls.
fn is_utf8_text(bytes: &[u8]) -> bool {
    let valid = match str::from_utf8(bytes) {
        Ok(_) => bytes,
        Err(error) if error.error_len().is_none() => {
            bytes.get(..error.valid_up_to()).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let mut valid = valid.iter();
    valid.all(|byte| !byte.is_ascii_control() || byte.is_ascii_whitespace())
}

/// The byte order mark of UTF-8.
const BOM: &[u8] = b"\xEF\xBB\xBF";

impl SnappyDecoder {
    /// The decoder for a file that begins with these bytes, if it is Snappy.
    pub(super) fn detect(bytes: &[u8]) -> Option<Self> {
        let framing = if bytes.starts_with(OFFICIAL) {
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
        Some(Self {
            framing,
            has_begun: false,
            block: None,
            stored: 0,
            skipped: 0,
            expected_checksum: None,
            checksum: Crc32c::default(),
            hadoop_left: 0,
        })
    }

    /// Decodes on; `false` at the end of the file.
    pub(super) fn step(
        &mut self,
        input: &mut InputBuffer<'_>,
        text: &mut TextBuffer<'_>,
    ) -> Result<bool, Damage> {
        let start = text.end;
        if self.skipped > 0 || self.stored > 0 {
            if input.is_at_end()? {
                return Err(Damage::Truncated(Compression::Snappy));
            }
            self.skipped -= input.skip(self.skipped);
            self.stored -= text.copy_from(input, self.stored) as u64;
            self.checksum.update(text.since(start));
        } else if self.block.is_some() {
            self.decode_block(input, text)?;
        } else {
            if let Some(expected) = self.expected_checksum.take()
                && expected != self.checksum.masked()
            {
                return Err(Damage::Checksum(Compression::Snappy));
            }
            return self.begin_block(input);
        }
        Ok(true)
    }

    /// Decodes the current block, as far as there is input and room.
    fn decode_block(
        &mut self,
        input: &mut InputBuffer<'_>,
        text: &mut TextBuffer<'_>,
    ) -> Result<(), Damage> {
        let corrupt = || Damage::Corrupt(Compression::Snappy);
        let Some((block, left)) = &mut self.block else {
            return Ok(());
        };
        input.fill(MAX_ELEMENT)?;
        let (input_start, text_start) = (input.position, text.end);
        let limit = left.and_then(|left| usize::try_from(left).ok());
        let (bytes, position) = input.parts();
        let end = bytes
            .len()
            .min(position.saturating_add(limit.unwrap_or(usize::MAX)));
        let bytes = bytes.get(..end).unwrap_or_default();
        let (room, text_end) = text.parts();
        let status = block.decode(bytes, position, room, text_end);
        let taken = (input.position - input_start) as u64;
        if self.expected_checksum.is_some() {
            self.checksum.update(text.since(text_start));
        }
        if let Some(left) = left {
            *left -= taken;
        }
        match status.map_err(|InvalidBlock| corrupt())? {
            BlockStatus::Done => {
                if left.is_some_and(|left| left > 0) {
                    return Err(corrupt());
                }
                if self.framing == Framing::Hadoop {
                    let left = self.hadoop_left.checked_sub(block.length);
                    self.hadoop_left = left.ok_or_else(corrupt)?;
                }
                self.block = None;
            }
            BlockStatus::OutputFull => {}
            BlockStatus::NeedInput => {
                if *left == Some(0) {
                    return Err(corrupt());
                }
                if taken == 0 && text.end == text_start {
                    let length = input.rest().len();
                    input.fill(length + 1)?;
                    if input.rest().len() == length || length >= MAX_ELEMENT {
                        return Err(Damage::Truncated(Compression::Snappy));
                    }
                }
            }
        }
        Ok(())
    }

    /// Begins the next block or chunk; `false` at the end of the file.
    fn begin_block(&mut self, input: &mut InputBuffer<'_>) -> Result<bool, Damage> {
        let truncated = || Damage::Truncated(Compression::Snappy);
        let corrupt = || Damage::Corrupt(Compression::Snappy);
        let has_begun = std::mem::replace(&mut self.has_begun, true);
        if input.is_at_end()? {
            return if self.hadoop_left > 0 {
                Err(truncated())
            } else {
                Ok(false)
            };
        }
        match self.framing {
            Framing::Bare if has_begun => return Err(Damage::Trailing(Compression::Snappy)),
            Framing::Bare => self.block = Some((BlockDecoder::new(MAX_TEXT), None)),
            Framing::Java => {
                if !has_begun || input.rest().starts_with(JAVA) {
                    input.take::<16>()?.ok_or_else(truncated)?;
                    return Ok(true);
                }
                let length = input.take::<4>()?.ok_or_else(truncated)?;
                let length = u64::from(u32::from_be_bytes(length));
                self.block = Some((BlockDecoder::new(MAX_TEXT), Some(length)));
            }
            Framing::Hadoop => {
                if self.hadoop_left == 0 {
                    let length = input.take::<4>()?.ok_or_else(truncated)?;
                    self.hadoop_left = u64::from(u32::from_be_bytes(length));
                    if self.hadoop_left == 0 {
                        return Ok(true);
                    }
                }
                let length = input.take::<4>()?.ok_or_else(truncated)?;
                let length = u64::from(u32::from_be_bytes(length));
                self.block = Some((BlockDecoder::new(MAX_TEXT), Some(length)));
            }
            Framing::Official => {
                let [kind, low, middle, high] = input.take::<4>()?.ok_or_else(truncated)?;
                let length = u64::from(u32::from_le_bytes([low, middle, high, 0]));
                match kind {
                    0 | 1 => {
                        let checksum = input.take::<4>()?.ok_or_else(truncated)?;
                        self.expected_checksum = Some(u32::from_le_bytes(checksum));
                        self.checksum = Crc32c::default();
                        let length = length.checked_sub(4).ok_or_else(corrupt)?;
                        if kind == 0 {
                            self.block = Some((BlockDecoder::new(MAX_CHUNK), Some(length)));
                        } else if length <= MAX_CHUNK {
                            self.stored = length;
                        } else {
                            return Err(corrupt());
                        }
                    }
                    2..=0x7f => return Err(corrupt()),
                    // Padding, chunks that may be skipped, and the beginning of a stream.
                    0x80..=0xff => self.skipped = length,
                }
            }
        }
        Ok(true)
    }
}

/// Decodes one block: the length of its text, then elements, which are literals or copies.
struct BlockDecoder {
    has_begun: bool,
    /// The most text that the block may have.
    limit: u64,
    /// How much text it has.
    length: u64,
    /// How much text its elements have so far, the current one included.
    announced: u64,
    /// Bytes that are left of the current literal.
    literal: u64,
    /// Bytes that are left of the current copy, and how far back it reaches.
    copy: usize,
    distance: usize,
}

/// Why a block decoder came back.
#[derive(Debug, PartialEq, Eq)]
enum BlockStatus {
    /// The next element is incomplete.
    NeedInput,
    /// There is no more room.
    OutputFull,
    /// The block is at its end.
    Done,
}

/// The bytes are no block.
#[derive(Debug)]
struct InvalidBlock;

/// The most text of a block, by the format.
const MAX_TEXT: u64 = u32::MAX as u64;

/// The most bytes that begin an element (its tag, and its length or its distance), and of the length
/// of a block.
const MAX_ELEMENT: usize = 5;

impl BlockDecoder {
    fn new(limit: u64) -> Self {
        Self {
            has_begun: false,
            limit,
            length: 0,
            announced: 0,
            literal: 0,
            copy: 0,
            distance: 0,
        }
    }

    /// Decodes from `input` at `position` to `room` at `end`, and advances both.
    fn decode(
        &mut self,
        input: &[u8],
        position: &mut usize,
        room: &mut [u8],
        end: &mut usize,
    ) -> Result<BlockStatus, InvalidBlock> {
        if !self.has_begun {
            let rest = input.get(*position..).unwrap_or_default();
            let Some((length, taken)) = varint(rest) else {
                return if rest.len() >= MAX_ELEMENT {
                    Err(InvalidBlock)
                } else {
                    Ok(BlockStatus::NeedInput)
                };
            };
            if length > self.limit {
                return Err(InvalidBlock);
            }
            (self.has_begun, self.length) = (true, length);
            *position += taken;
        }
        loop {
            if self.literal > 0 {
                let rest = input.get(*position..).unwrap_or_default();
                let space = room.get_mut(*end..).unwrap_or_default();
                let length = rest
                    .len()
                    .min(space.len())
                    .min(usize::try_from(self.literal).unwrap_or(usize::MAX));
                if length == 0 {
                    return Ok(if space.is_empty() {
                        BlockStatus::OutputFull
                    } else {
                        BlockStatus::NeedInput
                    });
                }
                if let (Some(space), Some(rest)) = (space.get_mut(..length), rest.get(..length)) {
                    space.copy_from_slice(rest);
                }
                *position += length;
                *end += length;
                self.literal -= length as u64;
            } else if self.copy > 0 {
                let start = end.checked_sub(self.distance).ok_or(InvalidBlock)?;
                // A copy may overlap itself: what it writes is copied again.
                let length = self.copy.min(self.distance).min(room.len() - *end);
                if length == 0 {
                    return Ok(BlockStatus::OutputFull);
                }
                room.copy_within(start..start + length, *end);
                *end += length;
                self.copy -= length;
            } else if self.announced == self.length {
                return Ok(BlockStatus::Done);
            } else {
                let Some(taken) = self.begin_element(input.get(*position..).unwrap_or_default())?
                else {
                    return Ok(BlockStatus::NeedInput);
                };
                *position += taken;
            }
        }
    }

    /// Begins the next element; returns how many bytes begin it, `None` where they are incomplete.
    fn begin_element(&mut self, bytes: &[u8]) -> Result<Option<usize>, InvalidBlock> {
        let Some((&tag, rest)) = bytes.split_first() else {
            return Ok(None);
        };
        let short = usize::from(tag >> 2);
        let (length, distance, extra) = match tag & 3 {
            0 => {
                let extra = short.saturating_sub(59);
                let Some(number) = little_endian(rest, extra) else {
                    return Ok(None);
                };
                let length = if extra == 0 { short as u64 } else { number };
                (length + 1, None, extra)
            }
            1 => {
                let Some(low) = little_endian(rest, 1) else {
                    return Ok(None);
                };
                let distance = u64::from(tag >> 5) << 8 | low;
                ((short & 7) as u64 + 4, Some(distance), 1)
            }
            kind => {
                let extra = if kind == 2 { 2 } else { 4 };
                let Some(distance) = little_endian(rest, extra) else {
                    return Ok(None);
                };
                (short as u64 + 1, Some(distance), extra)
            }
        };
        let announced = self.announced + length;
        if announced > self.length {
            return Err(InvalidBlock);
        }
        match distance {
            None => self.literal = length,
            Some(distance) => {
                if distance == 0 || distance > self.announced || distance > WINDOW as u64 {
                    return Err(InvalidBlock);
                }
                self.distance = usize::try_from(distance).map_err(|_| InvalidBlock)?;
                self.copy = usize::try_from(length).map_err(|_| InvalidBlock)?;
            }
        }
        self.announced = announced;
        Ok(Some(1 + extra))
    }
}

/// A number of `length` bytes, the lowest first.
fn little_endian(bytes: &[u8], length: usize) -> Option<u64> {
    let bytes = bytes.get(..length)?;
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |number, &byte| number << 8 | u64::from(byte)),
    )
}

/// A number of up to 32 bits, seven of them a byte, and how many bytes it has.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0;
    for (index, &byte) in bytes.iter().take(MAX_ELEMENT).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return u32::try_from(number).ok().map(|_| (number, index + 1));
        }
    }
    None
}

/// The checksum of the official framing: CRC-32C (Castagnoli).
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
            let entry = CRC32C_TABLE.get(slot as usize).copied().unwrap_or_default();
            self.0 = self.0 >> 8 ^ entry;
        }
    }

    /// The checksum as the framing stores it: rotated, and a constant added, so that data with CRCs in
    /// them can have one (`framing_format.txt`, section 3).
    fn masked(&self) -> u32 {
        (!self.0).rotate_right(15).wrapping_add(0xa282_ead8)
    }
}

const CRC32C_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut slot = 0;
    while slot < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "a slot is below 256")]
        let mut crc = slot as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0x82f6_3b78
            } else {
                crc >> 1
            };
            bit += 1;
        }
        #[expect(
            clippy::indexing_slicing,
            reason = "the loop ends at the table's length"
        )]
        {
            table[slot] = crc;
        }
        slot += 1;
    }
    table
};
