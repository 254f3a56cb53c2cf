//! LZ4 frames: what Log Service offers for downloads.
//!
//! Left out: the legacy frame, and dictionaries. The checksum of the text counts; those of single
//! blocks, which few programs write, and of the header are passed over.

use super::buffer::{Input, Text};
use super::zstd::is_skippable;
use crate::archive::damage::{Compression, Damage};

/// How far back a copy may reach.
pub(super) const WINDOW: usize = 64 << 10;

const MAGIC: [u8; 4] = 0x184D_2204_u32.to_le_bytes();

const DICTIONARY: u8 = 1;
const CONTENT_SUM: u8 = 1 << 2;
const CONTENT_SIZE: u8 = 1 << 3;
const BLOCK_SUMS: u8 = 1 << 4;
const INDEPENDENT: u8 = 1 << 5;

/// Whether bytes begin as a frame does.
pub(super) fn is_frame(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// A file being decoded.
#[derive(Default)]
pub(super) struct Lz4 {
    state: State,
    /// What the frame's header says of sums, and whether blocks stand for themselves.
    flags: u8,
    /// The text of the frame that the next block may reach into.
    reach: u64,
    /// Bytes of the block at hand that are to come.
    left: u64,
    literal: u64,
    copy: u64,
    offset: usize,
    /// The low half of the token, of a sequence whose copy is to come.
    token: Option<u8>,
    sum: Xxh32,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Frame,
    Block,
    Stored,
    Sequences,
    Skipped,
}

impl Lz4 {
    /// Decodes on; `false` at the end of the file.
    pub(super) fn step(
        &mut self,
        input: &mut Input<'_>,
        text: &mut Text<'_>,
    ) -> Result<bool, Damage> {
        let before = text.end;
        let more = self.decode(input, text);
        if self.flags & CONTENT_SUM != 0 {
            self.sum.update(text.since(before));
        }
        more
    }

    fn decode(&mut self, input: &mut Input<'_>, text: &mut Text<'_>) -> Result<bool, Damage> {
        let truncated = || Damage::Truncated(Compression::Lz4);
        match self.state {
            State::Frame => self.frame(input),
            State::Block => self.block(input).map(|()| true),
            State::Skipped | State::Stored => {
                if self.left == 0 {
                    if self.state == State::Stored {
                        self.end_block(input)?;
                    } else {
                        self.state = State::Frame;
                    }
                    return Ok(true);
                }
                if input.is_at_end()? {
                    return Err(truncated());
                }
                if self.state == State::Stored {
                    let length = text.copy_from(input, self.left) as u64;
                    self.left -= length;
                    self.reach += length;
                } else {
                    let length = (input.rest().len() as u64).min(self.left);
                    self.left -= length;
                    input.at += usize::try_from(length).unwrap_or_default();
                }
                Ok(true)
            }
            State::Sequences => self.sequences(input, text).map(|()| true),
        }
    }

    /// Begins a frame; `false` at the end of the file.
    fn frame(&mut self, input: &mut Input<'_>) -> Result<bool, Damage> {
        let truncated = || Damage::Truncated(Compression::Lz4);
        let corrupt = || Damage::Corrupt(Compression::Lz4);
        if input.is_at_end()? {
            return Ok(false);
        }
        input.fill(4)?;
        if !is_frame(input.rest()) {
            if input.rest().len() >= 4 && is_skippable(input.rest()) {
                input.at += 4;
                let length = input.take::<4>()?.ok_or_else(truncated)?;
                self.left = u64::from(u32::from_le_bytes(length));
                self.state = State::Skipped;
                return Ok(true);
            }
            return input.end(Compression::Lz4, |rest| {
                MAGIC.starts_with(rest) || is_skippable(rest)
            });
        }
        input.at += 4;
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
        self.sum = Xxh32::default();
        self.state = State::Block;
        Ok(true)
    }

    /// Begins a block, or ends the frame.
    fn block(&mut self, input: &mut Input<'_>) -> Result<(), Damage> {
        let truncated = || Damage::Truncated(Compression::Lz4);
        let size = input.take::<4>()?.ok_or_else(truncated)?;
        let size = u32::from_le_bytes(size);
        if size == 0 {
            if self.flags & CONTENT_SUM != 0 {
                let promised = input.take::<4>()?.ok_or_else(truncated)?;
                if u32::from_le_bytes(promised) != self.sum.sum() {
                    return Err(Damage::Checksum(Compression::Lz4));
                }
            }
            self.state = State::Frame;
            return Ok(());
        }
        if self.flags & INDEPENDENT != 0 {
            self.reach = 0;
        }
        self.left = u64::from(size & !(1 << 31));
        self.state = if size >> 31 == 1 {
            State::Stored
        } else {
            State::Sequences
        };
        Ok(())
    }

    fn end_block(&mut self, input: &mut Input<'_>) -> Result<(), Damage> {
        if self.flags & BLOCK_SUMS != 0 {
            let truncated = || Damage::Truncated(Compression::Lz4);
            input.take::<4>()?.ok_or_else(truncated)?;
        }
        self.state = State::Block;
        Ok(())
    }

    /// Goes on through the sequences of a block, as far as there is input and room.
    fn sequences(&mut self, input: &mut Input<'_>, text: &mut Text<'_>) -> Result<(), Damage> {
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
                // The last sequence of a block has no copy.
                if self.left == 0 {
                    return self.end_block(input);
                }
                let [low, high] = self.bytes::<2>(input)?;
                self.offset = usize::from(u16::from_le_bytes([low, high]));
                if self.offset == 0 || self.offset as u64 > self.reach {
                    return Err(corrupt());
                }
                self.copy = self.length(u64::from(token), input)? + 4;
            } else if self.copy > 0 {
                let (room, end) = text.parts();
                let start = end.checked_sub(self.offset).ok_or_else(corrupt)?;
                let most = usize::try_from(self.copy).unwrap_or(usize::MAX);
                let length = most.min(self.offset).min(room.len() - *end);
                if length == 0 {
                    return Ok(());
                }
                room.copy_within(start..start + length, *end);
                *end += length;
                self.copy -= length as u64;
                self.reach += length as u64;
            } else if self.left == 0 {
                return Err(corrupt());
            } else {
                let [token] = self.bytes::<1>(input)?;
                self.literal = self.length(u64::from(token >> 4), input)?;
                self.token = Some(token & 15);
            }
        }
    }

    /// A length of which the token holds four bits: where they are full, bytes that add to it
    /// follow, up to the first that is not full.
    fn length(&mut self, bits: u64, input: &mut Input<'_>) -> Result<u64, Damage> {
        let mut length = bits;
        if bits == 15 {
            loop {
                let [more] = self.bytes::<1>(input)?;
                length += u64::from(more);
                if more != 255 {
                    break;
                }
            }
        }
        Ok(length)
    }

    /// The next bytes of the block.
    fn bytes<const N: usize>(&mut self, input: &mut Input<'_>) -> Result<[u8; N], Damage> {
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

/// The checksum of LZ4's frames: xxHash of 32 bits, without a seed.
struct Xxh32 {
    lanes: [u32; 4],
    /// Bytes that do not fill a stripe yet.
    rest: Vec<u8>,
    length: u32,
    /// Whether a stripe was full.
    striped: bool,
}

impl Default for Xxh32 {
    fn default() -> Self {
        let [one, two, ..] = PRIMES;
        Self {
            lanes: [one.wrapping_add(two), two, 0, one.wrapping_neg()],
            rest: Vec::with_capacity(STRIPE),
            length: 0,
            striped: false,
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
        self.striped = true;
    }

    fn sum(&self) -> u32 {
        let [one, two, three, four, five] = PRIMES;
        let mut sum = if self.striped {
            let turns = [1, 7, 12, 18];
            let turned = self.lanes.iter().zip(turns);
            turned.fold(0_u32, |sum, (lane, by)| {
                sum.wrapping_add(lane.rotate_left(by))
            })
        } else {
            five
        };
        sum = sum.wrapping_add(self.length);
        let words = self.rest.chunks_exact(4);
        let bytes = words.remainder();
        for bytes in words {
            let word = word(bytes).wrapping_mul(three);
            sum = sum.wrapping_add(word).rotate_left(17).wrapping_mul(four);
        }
        for &byte in bytes {
            let byte = u32::from(byte).wrapping_mul(five);
            sum = sum.wrapping_add(byte).rotate_left(11).wrapping_mul(one);
        }
        sum = (sum ^ sum >> 15).wrapping_mul(two);
        sum = (sum ^ sum >> 13).wrapping_mul(three);
        sum ^ sum >> 16
    }
}

fn word(bytes: &[u8]) -> u32 {
    bytes
        .first_chunk::<4>()
        .map_or(0, |bytes| u32::from_le_bytes(*bytes))
}
