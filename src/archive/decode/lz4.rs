//! LZ4 frames, which Log Service offers for downloads.
//!
//! Left out: the legacy frame, and dictionaries. The checksum of the text is compared; those of
//! single blocks, which few programs write, and of the header are skipped.
//!
//! The crate `lz4_flex` (0.14) is not used: it decodes a block as a whole, so that a fault costs all
//! text of its block, and for that it keeps up to 4 MiB twice.

use super::buffer::{InputBuffer, TextBuffer};
use super::zstd::is_skippable;
use crate::archive::damage::{Compression, Damage};

/// How far back a copy may reach.
pub(super) const WINDOW: usize = 64 << 10;

const MAGIC: [u8; 4] = 0x184D_2204_u32.to_le_bytes();

const DICTIONARY: u8 = 1;
const CONTENT_CHECKSUM: u8 = 1 << 2;
const CONTENT_SIZE: u8 = 1 << 3;
const BLOCK_CHECKSUMS: u8 = 1 << 4;
const INDEPENDENT: u8 = 1 << 5;

/// Whether bytes begin as a frame does.
pub(super) fn is_frame(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Decodes a file of LZ4 frames.
#[derive(Default)]
pub(super) struct Lz4Decoder {
    state: Lz4State,
    /// The flags of the frame.
    flags: u8,
    /// How many bytes of text matches may reach back over.
    reach: u64,
    /// Bytes that are left of the current block, or of a skippable frame.
    left: u64,
    /// Bytes that are left of the current run of literals.
    literal: u64,
    /// Bytes that are left of the current match, and how far back it reaches.
    match_length: u64,
    distance: usize,
    /// The low half of the token of a sequence, until its match begins.
    token: Option<u8>,
    checksum: Xxh32,
}

/// Where in a file the decoder is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Lz4State {
    /// Before a frame.
    #[default]
    Frame,
    /// Before a block.
    Block,
    /// In a block that is not compressed.
    Stored,
    /// In a compressed block, which is a list of sequences: literals, then a match.
    Sequences,
    /// In a skippable frame.
    Skipped,
}

impl Lz4Decoder {
    /// Decodes on; `false` at the end of the file.
    pub(super) fn step(
        &mut self,
        input: &mut InputBuffer<'_>,
        text: &mut TextBuffer<'_>,
    ) -> Result<bool, Damage> {
        let start = text.end;
        let result = self.decode(input, text);
        if self.flags & CONTENT_CHECKSUM != 0 {
            self.checksum.update(text.since(start));
        }
        result
    }

    fn decode(
        &mut self,
        input: &mut InputBuffer<'_>,
        text: &mut TextBuffer<'_>,
    ) -> Result<bool, Damage> {
        match self.state {
            Lz4State::Frame => return self.begin_frame(input),
            Lz4State::Block => self.begin_block(input)?,
            Lz4State::Sequences => self.decode_sequences(input, text)?,
            Lz4State::Stored if self.left == 0 => self.end_block(input)?,
            Lz4State::Skipped if self.left == 0 => self.state = Lz4State::Frame,
            Lz4State::Stored | Lz4State::Skipped if input.is_at_end()? => {
                return Err(Damage::Truncated(Compression::Lz4));
            }
            Lz4State::Stored => {
                let length = text.copy_from(input, self.left) as u64;
                self.left -= length;
                self.reach += length;
            }
            Lz4State::Skipped => self.left -= input.skip(self.left),
        }
        Ok(true)
    }

    /// Begins a frame; `false` at the end of the file.
    fn begin_frame(&mut self, input: &mut InputBuffer<'_>) -> Result<bool, Damage> {
        let truncated = || Damage::Truncated(Compression::Lz4);
        let corrupt = || Damage::Corrupt(Compression::Lz4);
        if input.is_at_end()? {
            return Ok(false);
        }
        input.fill(4)?;
        if !is_frame(input.rest()) {
            if input.rest().len() >= 4 && is_skippable(input.rest()) {
                input.position += 4;
                let length = input.take::<4>()?.ok_or_else(truncated)?;
                self.left = u64::from(u32::from_le_bytes(length));
                self.state = Lz4State::Skipped;
                return Ok(true);
            }
            input.check_end(Compression::Lz4, |rest| {
                MAGIC.starts_with(rest) || is_skippable(rest)
            })?;
            return Ok(false);
        }
        input.position += 4;
        let [flags, _sizes] = input.take::<2>()?.ok_or_else(truncated)?;
        if flags >> 6 != 1 {
            return Err(corrupt());
        }
        if flags & DICTIONARY != 0 {
            return Err(Damage::UnsupportedFeature(Compression::Lz4, "a dictionary"));
        }
        self.flags = flags;
        if flags & CONTENT_SIZE != 0 {
            input.take::<8>()?.ok_or_else(truncated)?;
        }
        input.take::<1>()?.ok_or_else(truncated)?;
        self.reach = 0;
        self.checksum = Xxh32::default();
        self.state = Lz4State::Block;
        Ok(true)
    }

    /// Begins a block, or ends the frame.
    fn begin_block(&mut self, input: &mut InputBuffer<'_>) -> Result<(), Damage> {
        let truncated = || Damage::Truncated(Compression::Lz4);
        let size = input.take::<4>()?.ok_or_else(truncated)?;
        let size = u32::from_le_bytes(size);
        if size == 0 {
            if self.flags & CONTENT_CHECKSUM != 0 {
                let expected = input.take::<4>()?.ok_or_else(truncated)?;
                if u32::from_le_bytes(expected) != self.checksum.digest() {
                    return Err(Damage::Checksum(Compression::Lz4));
                }
            }
            self.state = Lz4State::Frame;
            return Ok(());
        }
        if self.flags & INDEPENDENT != 0 {
            self.reach = 0;
        }
        self.left = u64::from(size & !(1 << 31));
        self.state = if size >> 31 == 1 {
            Lz4State::Stored
        } else {
            Lz4State::Sequences
        };
        Ok(())
    }

    fn end_block(&mut self, input: &mut InputBuffer<'_>) -> Result<(), Damage> {
        if self.flags & BLOCK_CHECKSUMS != 0 {
            let truncated = || Damage::Truncated(Compression::Lz4);
            input.take::<4>()?.ok_or_else(truncated)?;
        }
        self.state = Lz4State::Block;
        Ok(())
    }

    /// Decodes sequences of a block, as far as there is input and room.
    fn decode_sequences(
        &mut self,
        input: &mut InputBuffer<'_>,
        text: &mut TextBuffer<'_>,
    ) -> Result<(), Damage> {
        let truncated = || Damage::Truncated(Compression::Lz4);
        let corrupt = || Damage::Corrupt(Compression::Lz4);
        loop {
            if self.literal > 0 {
                if input.is_at_end()? {
                    return Err(truncated());
                }
                let length = text.copy_from(input, self.literal.min(self.left)) as u64;
                if length == 0 {
                    return if self.left == 0 {
                        Err(corrupt())
                    } else {
                        Ok(())
                    };
                }
                self.literal -= length;
                self.left -= length;
                self.reach += length;
            } else if let Some(token) = self.token.take() {
                // The last sequence of a block has no match.
                if self.left == 0 {
                    return self.end_block(input);
                }
                let [low, high] = self.take::<2>(input)?;
                self.distance = usize::from(u16::from_le_bytes([low, high]));
                if self.distance == 0 || self.distance as u64 > self.reach {
                    return Err(corrupt());
                }
                self.match_length = self.length(u64::from(token), input)? + 4;
            } else if self.match_length > 0 {
                let (room, end) = text.parts();
                let start = end.checked_sub(self.distance).ok_or_else(corrupt)?;
                // A match may overlap itself: what it writes is copied again.
                let length = usize::try_from(self.match_length).unwrap_or(usize::MAX);
                let length = length.min(self.distance).min(room.len() - *end);
                if length == 0 {
                    return Ok(());
                }
                room.copy_within(start..start + length, *end);
                *end += length;
                self.match_length -= length as u64;
                self.reach += length as u64;
            } else if self.left == 0 {
                return Err(corrupt());
            } else {
                let [token] = self.take::<1>(input)?;
                self.literal = self.length(u64::from(token >> 4), input)?;
                self.token = Some(token & 15);
            }
        }
    }

    /// Reads a length, of which the token has four bits: where all are set, bytes that are added
    /// follow, up to the first that is not 255.
    fn length(&mut self, bits: u64, input: &mut InputBuffer<'_>) -> Result<u64, Damage> {
        let mut length = bits;
        if bits == 15 {
            loop {
                let [more] = self.take::<1>(input)?;
                length += u64::from(more);
                if more != 255 {
                    break;
                }
            }
        }
        Ok(length)
    }

    /// Takes the next bytes of the block.
    fn take<const N: usize>(&mut self, input: &mut InputBuffer<'_>) -> Result<[u8; N], Damage> {
        let corrupt = Damage::Corrupt(Compression::Lz4);
        self.left = self.left.checked_sub(N as u64).ok_or(corrupt)?;
        input
            .take::<N>()?
            .ok_or(Damage::Truncated(Compression::Lz4))
    }
}

const PRIMES: [u32; 5] = [
    0x9E37_79B1,
    0x85EB_CA77,
    0xC2B2_AE3D,
    0x27D4_EB2F,
    0x1656_67B1,
];

/// The checksum of LZ4 frames: XXH32 with the seed 0.
struct Xxh32 {
    lanes: [u32; 4],
    /// Bytes that are less than a stripe.
    rest: Vec<u8>,
    length: u32,
    /// Whether there was a stripe.
    has_stripe: bool,
}

impl Default for Xxh32 {
    fn default() -> Self {
        let [one, two, ..] = PRIMES;
        Self {
            lanes: [one.wrapping_add(two), two, 0, one.wrapping_neg()],
            rest: Vec::with_capacity(STRIPE),
            length: 0,
            has_stripe: false,
        }
    }
}

const STRIPE: usize = 16;

impl Xxh32 {
    fn update(&mut self, mut bytes: &[u8]) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the length counts modulo 2³²"
        )]
        {
            self.length = self.length.wrapping_add(bytes.len() as u32);
        }
        if !self.rest.is_empty() {
            let wanted = (STRIPE - self.rest.len()).min(bytes.len());
            let (head, tail) = bytes.split_at(wanted);
            self.rest.extend_from_slice(head);
            bytes = tail;
            if self.rest.len() < STRIPE {
                return;
            }
            let stripe = std::mem::take(&mut self.rest);
            self.stripe(&stripe);
        }
        let stripes = bytes.chunks_exact(STRIPE);
        self.rest.extend_from_slice(stripes.remainder());
        for stripe in stripes {
            self.stripe(stripe);
        }
    }

    fn stripe(&mut self, stripe: &[u8]) {
        let [one, two, ..] = PRIMES;
        for (lane, bytes) in self.lanes.iter_mut().zip(stripe.chunks_exact(4)) {
            let word = word(bytes).wrapping_mul(two);
            *lane = lane.wrapping_add(word).rotate_left(13).wrapping_mul(one);
        }
        self.has_stripe = true;
    }

    fn digest(&self) -> u32 {
        let [one, two, three, four, five] = PRIMES;
        let mut digest = if self.has_stripe {
            let rotations = [1, 7, 12, 18];
            let lanes = self.lanes.iter().zip(rotations);
            lanes.fold(0_u32, |digest, (lane, by)| {
                digest.wrapping_add(lane.rotate_left(by))
            })
        } else {
            five
        };
        digest = digest.wrapping_add(self.length);
        let words = self.rest.chunks_exact(4);
        let bytes = words.remainder();
        for bytes in words {
            let word = word(bytes).wrapping_mul(three);
            digest = digest.wrapping_add(word).rotate_left(17).wrapping_mul(four);
        }
        for &byte in bytes {
            let byte = u32::from(byte).wrapping_mul(five);
            digest = digest.wrapping_add(byte).rotate_left(11).wrapping_mul(one);
        }
        digest = (digest ^ digest >> 15).wrapping_mul(two);
        digest = (digest ^ digest >> 13).wrapping_mul(three);
        digest ^ digest >> 16
    }
}

fn word(bytes: &[u8]) -> u32 {
    bytes
        .first_chunk::<4>()
        .map_or(0, |bytes| u32::from_le_bytes(*bytes))
}
