//! The text of a log file: opened, told by its content to be gzip or not, and inflated.
//!
//! The text is handed on in pieces that fit a processor's cache, so a record is read while it is
//! still there, and memory does not grow with the file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use libdeflater::Crc;
use thiserror::Error;

use super::deflate::{Inflater, Status, WINDOW};
use super::gzip::{self, Header};

/// How much is read from disk at a time.
const INPUT: usize = 128 << 10;

/// How much room for text there is at least; grows where the consumer keeps more.
const ROOM: usize = 384 << 10;

/// The most room for text that is kept from file to file.
const KEPT: usize = 4 << 20;

/// What is wrong with a log file's bytes.
#[derive(Debug, Error)]
pub enum Damage {
    /// The file cannot be opened.
    #[error("cannot be opened")]
    Open(#[source] io::Error),
    /// The file cannot be read to its end.
    #[error("cannot be read")]
    Read(#[source] io::Error),
    /// The gzip data end before their time.
    #[error("the gzip data end early: truncated")]
    Truncated,
    /// The deflated bytes make no sense from some point on.
    #[error("the gzip data are corrupt")]
    Corrupt,
    /// The text is not the one that was compressed.
    #[error("the gzip checksum is wrong")]
    Checksum,
    /// The text has not the length of the one that was compressed.
    #[error("the gzip length is wrong")]
    Length,
    /// Something other than zeros or another member follows the gzip data.
    #[error("bytes that are no gzip data follow the gzip data")]
    Trailing,
}

impl Damage {
    /// Whether the text breaks off because of it.
    pub fn cuts_text(&self) -> bool {
        match self {
            Self::Open(_) | Self::Read(_) | Self::Truncated | Self::Corrupt => true,
            Self::Checksum | Self::Length | Self::Trailing => false,
        }
    }
}

/// What came of reading a log file's text.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Bytes read from disk.
    pub compressed: u64,
    /// Bytes of text handed on.
    pub inflated: u64,
    /// What was wrong, if something was; the first of several.
    pub damage: Option<Damage>,
}

/// Reads the text of log files, one after another, with buffers that are kept.
#[derive(Default)]
pub struct TextReader {
    inflater: Inflater,
    input: Vec<u8>,
    text: Vec<u8>,
}

impl TextReader {
    /// Reads one log file and hands its text to `consume` piece by piece.
    ///
    /// `consume` gets the text at hand and whether it is the last, and returns how many bytes it is
    /// done with; the rest comes again in front of the next piece. It has to take something once
    /// it has been given enough, or memory grows without bound. The last piece, which may be
    /// empty, comes whatever happens.
    pub fn read(&mut self, path: &Path, mut consume: impl FnMut(&[u8], bool) -> usize) -> Outcome {
        match File::open(path) {
            Ok(file) => self.read_bytes(file, consume),
            Err(error) => {
                consume(&[], true);
                Outcome {
                    damage: Some(Damage::Open(error)),
                    ..Outcome::default()
                }
            }
        }
    }

    /// Reads the bytes of a log file as [`Self::read`] does, wherever they come from.
    pub fn read_bytes(
        &mut self,
        bytes: impl Read,
        mut consume: impl FnMut(&[u8], bool) -> usize,
    ) -> Outcome {
        self.input.resize(INPUT, 0);
        let mut input = Input {
            file: bytes,
            bytes: &mut self.input,
            at: 0,
            end: 0,
            taken: 0,
            ended: false,
        };
        let mut text = Text {
            bytes: &mut self.text,
            done: 0,
            end: 0,
            inflated: 0,
        };
        let result = match input.fill(gzip::MAGIC.len()) {
            Ok(()) if input.rest().starts_with(&gzip::MAGIC) => {
                members(&mut self.inflater, &mut input, &mut text, &mut consume)
            }
            Ok(()) => plain(&mut input, &mut text, &mut consume),
            Err(error) => Err(Damage::Read(error)),
        };
        consume(text.rest(), true);
        let outcome = Outcome {
            compressed: input.taken,
            inflated: text.inflated,
            damage: result.err(),
        };
        // One hostile file must not keep its memory for the rest of the archive.
        for buffer in [&mut self.input, &mut self.text] {
            if buffer.len() > KEPT {
                *buffer = Vec::new();
            }
        }
        outcome
    }
}

/// Reads a file that is not compressed.
fn plain(
    input: &mut Input<'_, impl Read>,
    text: &mut Text<'_>,
    consume: &mut impl FnMut(&[u8], bool) -> usize,
) -> Result<(), Damage> {
    loop {
        input.fill(1).map_err(Damage::Read)?;
        if input.rest().is_empty() {
            return Ok(());
        }
        text.make_room();
        let before = text.end;
        let room = text.bytes.get_mut(before..).unwrap_or_default();
        let length = room.len().min(input.rest().len());
        let (Some(room), Some(bytes)) = (room.get_mut(..length), input.rest().get(..length)) else {
            return Ok(());
        };
        room.copy_from_slice(bytes);
        input.at += length;
        text.end += length;
        text.added(before, consume);
    }
}

/// Reads one gzip member after another.
fn members(
    inflater: &mut Inflater,
    input: &mut Input<'_, impl Read>,
    text: &mut Text<'_>,
    consume: &mut impl FnMut(&[u8], bool) -> usize,
) -> Result<(), Damage> {
    let mut first = true;
    loop {
        input.fill(gzip::MAGIC.len()).map_err(Damage::Read)?;
        if !first && !input.rest().starts_with(&gzip::MAGIC) {
            return input.only_zeros();
        }
        first = false;
        let header = loop {
            match gzip::header(input.rest()) {
                Header::Length(length) => break length,
                Header::Unfinished => {
                    let had = input.rest().len();
                    input.fill(had + 1).map_err(Damage::Read)?;
                    if input.rest().len() == had {
                        return Err(Damage::Truncated);
                    }
                }
                Header::Invalid => return Err(Damage::Corrupt),
            }
        };
        input.at += header;
        let (crc, length) = member(inflater, input, text, consume)?;
        input.fill(gzip::FOOTER).map_err(Damage::Read)?;
        let (promised_crc, promised_length) =
            gzip::footer(input.rest()).ok_or(Damage::Truncated)?;
        input.at += gzip::FOOTER;
        if crc != promised_crc {
            return Err(Damage::Checksum);
        }
        if length != promised_length {
            return Err(Damage::Length);
        }
    }
}

/// Inflates one member; gives the CRC-32 and the length of its text.
fn member(
    inflater: &mut Inflater,
    input: &mut Input<'_, impl Read>,
    text: &mut Text<'_>,
    consume: &mut impl FnMut(&[u8], bool) -> usize,
) -> Result<(u32, u32), Damage> {
    inflater.reset();
    let mut crc = Crc::new();
    let mut length = 0_u32;
    loop {
        input.fill(1).map_err(Damage::Read)?;
        text.make_room();
        let (taken_before, given_before) = (input.at, text.end);
        let bytes = input.bytes.get(..input.end).unwrap_or_default();
        let status = inflater.inflate(bytes, &mut input.at, text.bytes, &mut text.end);
        let given = text.bytes.get(given_before..text.end).unwrap_or_default();
        crc.update(given);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "gzip keeps the length modulo 2³²"
        )]
        {
            length = length.wrapping_add(given.len() as u32);
        }
        let moved = input.at > taken_before || !given.is_empty();
        text.added(given_before, consume);
        match status {
            Ok(Status::Done) => return Ok((crc.sum(), length)),
            Ok(Status::NeedInput | Status::OutputFull) if moved => {}
            Ok(Status::NeedInput | Status::OutputFull) => return Err(Damage::Truncated),
            Err(_) => return Err(Damage::Corrupt),
        }
    }
}

/// The bytes of the file, a stretch at a time.
struct Input<'b, R> {
    file: R,
    bytes: &'b mut Vec<u8>,
    at: usize,
    end: usize,
    taken: u64,
    /// Whether the end has been seen, which need not be asked for twice.
    ended: bool,
}

impl<R: Read> Input<'_, R> {
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..self.end).unwrap_or_default()
    }

    /// Reads on until at least so many bytes are at hand, or the file ends.
    fn fill(&mut self, wanted: usize) -> io::Result<()> {
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
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Looks through what follows the last member: zeros are padding, as gzip has it.
    fn only_zeros(&mut self) -> Result<(), Damage> {
        loop {
            self.fill(1).map_err(Damage::Read)?;
            if self.rest().is_empty() {
                return Ok(());
            }
            if self.rest().iter().any(|&byte| byte != 0) {
                return Err(Damage::Trailing);
            }
            self.at = self.end;
        }
    }
}

/// Text on its way to the consumer: what it is not done with, behind enough history to inflate.
struct Text<'b> {
    bytes: &'b mut Vec<u8>,
    /// Up to here the consumer is done.
    done: usize,
    /// Up to here there is text.
    end: usize,
    inflated: u64,
}

impl Text<'_> {
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.done..self.end).unwrap_or_default()
    }

    /// Makes room behind the text, of which only what is needed is kept.
    fn make_room(&mut self) {
        if self.bytes.len() - self.end >= ROOM / 2 {
            return;
        }
        let keep = self.done.min(self.end.saturating_sub(WINDOW));
        self.bytes.copy_within(keep..self.end, 0);
        self.done -= keep;
        self.end -= keep;
        if self.bytes.len() - self.end < ROOM {
            let length = (self.end + ROOM + WINDOW).max(self.end * 2);
            self.bytes.resize(length, 0);
        }
    }

    /// Hands on the text, which has grown from `before` on.
    fn added(&mut self, before: usize, consume: &mut impl FnMut(&[u8], bool) -> usize) {
        self.inflated += (self.end - before) as u64;
        if self.end > before {
            self.done += consume(self.rest(), false).min(self.end - self.done);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_never_ends_is_corrupt_and_is_not_gathered() {
        for flag in [1 << 3, 1 << 4] {
            let header: &[u8] = &[0x1f, 0x8b, 8, flag, 0, 0, 0, 0, 0, 3];
            let mut reader = TextReader::default();
            let outcome = reader.read_bytes(header.chain(io::repeat(b'n')), |text, _| text.len());
            assert!(matches!(outcome.damage, Some(Damage::Corrupt)));
            assert_eq!(outcome.inflated, 0);
            assert!(outcome.compressed <= INPUT as u64, "{}", outcome.compressed);
        }
    }
}
