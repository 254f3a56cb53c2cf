//! The two buffers between a log file's bytes and its text: what was read, and what came of it.
//!
//! Knows neither a compression nor what the text says.

use std::io::{self, Read};

use crate::archive::damage::{Compression, Damage};

/// How much is read from disk at a time.
pub(super) const INPUT: usize = 128 << 10;

/// How much room for text there is at least; grows where the consumer keeps more.
const ROOM: usize = 384 << 10;

/// The bytes of a file, a stretch at a time.
pub(super) struct Input<'b> {
    file: &'b mut dyn Read,
    bytes: &'b mut Vec<u8>,
    /// Up to here the decoder is done.
    pub(super) at: usize,
    end: usize,
    taken: u64,
    /// Whether the end has been seen, which need not be asked for twice.
    ended: bool,
}

impl<'b> Input<'b> {
    pub(super) fn new(file: &'b mut dyn Read, bytes: &'b mut Vec<u8>) -> Self {
        bytes.resize(INPUT, 0);
        Self {
            file,
            bytes,
            at: 0,
            end: 0,
            taken: 0,
            ended: false,
        }
    }

    /// How many bytes were read from the file.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..self.end).unwrap_or_default()
    }

    /// The bytes at hand, from the beginning of the buffer, and the place of the first that is not
    /// done with: for decoders that move the place on themselves.
    pub(super) fn parts(&mut self) -> (&[u8], &mut usize) {
        (self.bytes.get(..self.end).unwrap_or_default(), &mut self.at)
    }

    /// Reads on until at least so many bytes are at hand, or the file ends.
    pub(super) fn fill(&mut self, wanted: usize) -> Result<(), Damage> {
        while self.end - self.at < wanted && !self.ended {
            if self.at > 0 {
                self.bytes.copy_within(self.at..self.end, 0);
                self.end -= self.at;
                self.at = 0;
            }
            if self.end == self.bytes.len() {
                self.bytes.resize(self.bytes.len() * 2, 0);
            }
            let room = self.bytes.get_mut(self.end..).unwrap_or_default();
            match self.file.read(room) {
                Ok(0) => self.ended = true,
                Ok(length) => {
                    self.end += length;
                    self.taken += length as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Damage::Read(error)),
            }
        }
        Ok(())
    }

    /// The next `N` bytes, taken; `None` where the file ends before.
    pub(super) fn take<const N: usize>(&mut self) -> Result<Option<[u8; N]>, Damage> {
        self.fill(N)?;
        let bytes = self.rest().first_chunk::<N>().copied();
        if bytes.is_some() {
            self.at += N;
        }
        Ok(bytes)
    }

    /// Whether the file has nothing more.
    pub(super) fn is_at_end(&mut self) -> Result<bool, Damage> {
        self.fill(1)?;
        Ok(self.rest().is_empty())
    }

    /// Ends a file whose data have ended: zeros may follow, which are padding as gzip has it.
    /// Where the file ends in the first bytes of further data, which `begins` tells, it was cut
    /// there.
    pub(super) fn end(
        &mut self,
        compression: Compression,
        begins: impl FnOnce(&[u8]) -> bool,
    ) -> Result<bool, Damage> {
        if !self.is_at_end()? && begins(self.rest()) {
            return Err(Damage::Truncated(compression));
        }
        while !self.is_at_end()? {
            if self.rest().iter().any(|&byte| byte != 0) {
                return Err(Damage::Trailing(compression));
            }
            self.at = self.end;
        }
        Ok(false)
    }
}

/// Text on its way to the consumer: what it is not done with, behind enough history to decode.
pub(super) struct Text<'b> {
    bytes: &'b mut Vec<u8>,
    /// Up to here the consumer is done.
    done: usize,
    /// Up to here there is text.
    pub(super) end: usize,
    /// How much text a decoder needs in front of what it adds.
    history: usize,
    added: u64,
}

impl<'b> Text<'b> {
    pub(super) fn new(bytes: &'b mut Vec<u8>, history: usize) -> Self {
        Self {
            bytes,
            done: 0,
            end: 0,
            history,
            added: 0,
        }
    }

    /// How much text there was.
    pub(super) fn added(&self) -> u64 {
        self.added
    }

    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.done..self.end).unwrap_or_default()
    }

    /// The text from a place in the buffer on.
    pub(super) fn since(&self, start: usize) -> &[u8] {
        self.bytes.get(start..self.end).unwrap_or_default()
    }

    /// All of the buffer, and the place where text ends: for decoders that move the place on
    /// themselves.
    pub(super) fn parts(&mut self) -> (&mut [u8], &mut usize) {
        (self.bytes, &mut self.end)
    }

    /// Makes room behind the text, of which only what is needed is kept.
    pub(super) fn make_room(&mut self) {
        if self.bytes.len() - self.end >= ROOM / 2 {
            return;
        }
        let keep = self.done.min(self.end.saturating_sub(self.history));
        self.bytes.copy_within(keep..self.end, 0);
        self.done -= keep;
        self.end -= keep;
        if self.bytes.len() - self.end < ROOM {
            let length = (self.end + ROOM + self.history).max(self.end * 2);
            self.bytes.resize(length, 0);
        }
    }

    /// Counts the text, which has grown from `before` on.
    pub(super) fn count(&mut self, before: usize) {
        self.added += (self.end - before) as u64;
    }

    /// Notes that the consumer is done with so many bytes more.
    pub(super) fn consume(&mut self, length: usize) {
        self.done += length.min(self.end - self.done);
    }

    /// Adds the bytes at hand as they are, as far as there is room, and at most so many.
    pub(super) fn copy_from(&mut self, input: &mut Input<'_>, most: u64) -> usize {
        let room = self.bytes.get_mut(self.end..).unwrap_or_default();
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let length = room.len().min(input.rest().len()).min(most);
        let (Some(room), Some(bytes)) = (room.get_mut(..length), input.rest().get(..length)) else {
            return 0;
        };
        room.copy_from_slice(bytes);
        input.at += length;
        self.end += length;
        length
    }
}
