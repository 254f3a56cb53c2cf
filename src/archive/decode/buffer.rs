//! The two buffers between a log file's bytes and its text: what was read, and what was decoded.
//!
//! Left out: compressions, and what the text means.

use std::io::{self, Read};

use crate::archive::damage::{Compression, Damage};

/// How many bytes are read at a time.
pub(super) const READ_SIZE: usize = 128 << 10;

/// How much room for text there is at least; it grows where the consumer keeps more.
const TEXT_ROOM: usize = 384 << 10;

/// The bytes of a file, read piece by piece.
pub(super) struct InputBuffer<'b> {
    reader: &'b mut dyn Read,
    bytes: &'b mut Vec<u8>,
    /// Where the bytes begin that are not decoded.
    pub(super) position: usize,
    end: usize,
    total: u64,
    /// Whether the reader has reached its end.
    has_ended: bool,
}

impl<'b> InputBuffer<'b> {
    pub(super) fn new(reader: &'b mut dyn Read, bytes: &'b mut Vec<u8>) -> Self {
        bytes.resize(READ_SIZE, 0);
        Self {
            reader,
            bytes,
            position: 0,
            end: 0,
            total: 0,
            has_ended: false,
        }
    }

    /// How many bytes were read in all.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// The bytes that are read and not decoded.
    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.position..self.end).unwrap_or_default()
    }

    /// The bytes from the beginning of the buffer, and the position of the first that is not
    /// decoded, for decoders that advance the position themselves.
    pub(super) fn parts(&mut self) -> (&[u8], &mut usize) {
        (
            self.bytes.get(..self.end).unwrap_or_default(),
            &mut self.position,
        )
    }

    /// Reads until the rest has at least `wanted` bytes, or the file ends.
    pub(super) fn fill(&mut self, wanted: usize) -> Result<(), Damage> {
        while self.end - self.position < wanted && !self.has_ended {
            if self.position > 0 {
                self.bytes.copy_within(self.position..self.end, 0);
                self.end -= self.position;
                self.position = 0;
            }
            if self.end == self.bytes.len() {
                self.bytes.resize(self.bytes.len() * 2, 0);
            }
            let room = self.bytes.get_mut(self.end..).unwrap_or_default();
            match self.reader.read(room) {
                Ok(0) => self.has_ended = true,
                Ok(length) => {
                    self.end += length;
                    self.total += length as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Damage::Read(error)),
            }
        }
        Ok(())
    }

    /// Takes the next `N` bytes; `None` where the file ends before.
    pub(super) fn take<const N: usize>(&mut self) -> Result<Option<[u8; N]>, Damage> {
        self.fill(N)?;
        let bytes = self.rest().first_chunk::<N>().copied();
        if bytes.is_some() {
            self.position += N;
        }
        Ok(bytes)
    }

    /// Skips up to `limit` bytes of the rest; returns how many.
    pub(super) fn skip(&mut self, limit: u64) -> u64 {
        let rest = self.rest().len();
        let length = usize::try_from(limit).map_or(rest, |limit| limit.min(rest));
        self.position += length;
        length as u64
    }

    /// Whether the file has no more bytes.
    pub(super) fn is_at_end(&mut self) -> Result<bool, Damage> {
        self.fill(1)?;
        Ok(self.rest().is_empty())
    }

    /// Checks what follows the end of the compressed data: nothing, or zeros, which are padding as
    /// gzip has it. If `begins_data` finds in it the first bytes of further data, the file is
    /// truncated there.
    pub(super) fn check_end(
        &mut self,
        compression: Compression,
        begins_data: impl FnOnce(&[u8]) -> bool,
    ) -> Result<(), Damage> {
        if !self.is_at_end()? && begins_data(self.rest()) {
            return Err(Damage::Truncated(compression));
        }
        while !self.is_at_end()? {
            if self.rest().iter().any(|&byte| byte != 0) {
                return Err(Damage::Trailing(compression));
            }
            self.position = self.end;
        }
        Ok(())
    }
}

/// Decoded text on its way to the consumer: what is not consumed yet, behind as much history as the
/// decoder needs.
pub(super) struct TextBuffer<'b> {
    bytes: &'b mut Vec<u8>,
    /// Where the text begins that is not consumed.
    consumed: usize,
    /// Where the text ends.
    pub(super) end: usize,
    /// How much text a decoder needs in front of what it adds.
    history: usize,
    total: u64,
}

impl<'b> TextBuffer<'b> {
    pub(super) fn new(bytes: &'b mut Vec<u8>, history: usize) -> Self {
        Self {
            bytes,
            consumed: 0,
            end: 0,
            history,
            total: 0,
        }
    }

    /// How many bytes of text were counted in all.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// The text that is not consumed.
    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.consumed..self.end).unwrap_or_default()
    }

    /// The text from a position in the buffer on.
    pub(super) fn since(&self, start: usize) -> &[u8] {
        self.bytes.get(start..self.end).unwrap_or_default()
    }

    /// All of the buffer, and the position where text ends, for decoders that advance the position
    /// themselves.
    pub(super) fn parts(&mut self) -> (&mut [u8], &mut usize) {
        (self.bytes, &mut self.end)
    }

    /// Makes room behind the text, of which only what is needed is kept.
    pub(super) fn make_room(&mut self) {
        if self.bytes.len() - self.end >= TEXT_ROOM / 2 {
            return;
        }
        let keep = self.consumed.min(self.end.saturating_sub(self.history));
        self.bytes.copy_within(keep..self.end, 0);
        self.consumed -= keep;
        self.end -= keep;
        if self.bytes.len() - self.end < TEXT_ROOM {
            let length = (self.end + TEXT_ROOM + self.history).max(self.end * 2);
            self.bytes.resize(length, 0);
        }
    }

    /// Counts the text from `start` on, which is new.
    pub(super) fn count(&mut self, start: usize) {
        self.total += (self.end - start) as u64;
    }

    /// Takes back the text that is not consumed.
    pub(super) fn discard(&mut self) {
        self.total -= (self.end - self.consumed) as u64;
        self.end = self.consumed;
    }

    /// Consumes `length` bytes of text.
    pub(super) fn consume(&mut self, length: usize) {
        self.consumed += length.min(self.end - self.consumed);
    }

    /// Copies up to `limit` bytes of the input as they are, as far as there is room; returns how
    /// many.
    pub(super) fn copy_from(&mut self, input: &mut InputBuffer<'_>, limit: u64) -> usize {
        let room = self.bytes.get_mut(self.end..).unwrap_or_default();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let length = room.len().min(input.rest().len()).min(limit);
        let (Some(room), Some(bytes)) = (room.get_mut(..length), input.rest().get(..length)) else {
            return 0;
        };
        room.copy_from_slice(bytes);
        input.position += length;
        self.end += length;
        length
    }
}
